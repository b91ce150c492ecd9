//! `textDocument/didSave`: the file now says what the document says, so others may learn it.

use tower_lsp_server::gen_lsp_types::DidSaveTextDocumentParams;

use crate::server::from_proto;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidSaveTextDocumentParams) {
    if let Some(path) = from_proto::path(&params.text_document.uri) {
        session.state().engine.shared.index.changed(&path);
    }
}
