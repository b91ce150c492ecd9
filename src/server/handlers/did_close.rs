//! `textDocument/didClose`: the file is authoritative again, and the document's state is dropped.

use tower_lsp_server::gen_lsp_types::{DidCloseTextDocumentParams, Uri};

use crate::server::session::{Session, SessionEvent};

pub(crate) fn run(session: &Session, params: &DidCloseTextDocumentParams) {
    close(session, &params.text_document.uri);
}

/// Closes a document. A notebook's file stays open until its last cell is closed.
pub(crate) fn close(session: &Session, uri: &Uri) {
    let mut state = session.state();
    let Some(open) = state.documents.remove(uri.as_ref()) else {
        return;
    };
    open.close();
    state.engine.completer.silences.write_counts(&open);
    state.engine.next_edits.keep_examples(&open);
    let findings = state.findings.remove(uri.as_ref()).unwrap_or_default();
    if state.hinted.take_if(|it| it.0 == *uri).is_some() || !findings.is_empty() {
        session.tell(SessionEvent::Findings(uri.clone()));
    }
    state.engine.core.shared.trees.close(&open.key);
    if let Some(notebook) = &open.notebook {
        notebook.remove(&open.key);
        state.notebooks.retain(|_, it| !it.is_empty());
    }
    let is_open = state.documents.values().any(|it| it.notebook.is_some() && it.path == open.path);
    if let Some(path) = open.path.as_ref().filter(|_| !is_open) {
        state.engine.core.shared.index.closed(path);
    }
}
