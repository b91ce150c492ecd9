//! `textDocument/didSave`: the file now says what the document says, so others may learn it.

use tower_lsp_server::gen_lsp_types::DidSaveTextDocumentParams;

use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidSaveTextDocumentParams) {
    let state = session.state();
    let open = state.documents.get(params.text_document.uri.as_ref());
    if let Some((open, path)) = open.and_then(|it| Some((it, it.path.as_ref()?))) {
        state.engine.shared.index.update(path, &open.document.rope);
    }
}
