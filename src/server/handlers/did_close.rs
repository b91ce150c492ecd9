//! `textDocument/didClose`: the file is the truth again, and nothing of the document is kept.

use tower_lsp_server::gen_lsp_types::DidCloseTextDocumentParams;

use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidCloseTextDocumentParams) {
    let mut state = session.state();
    let Some(open) = state.documents.remove(params.text_document.uri.as_ref()) else {
        return;
    };
    open.close();
    state.engine.shared.trees.close(&open.key);
    if let Some(path) = &open.path {
        state.engine.shared.index.closed(path);
    }
}
