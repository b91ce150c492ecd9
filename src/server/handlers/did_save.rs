//! `textDocument/didSave`: the file equals the document, so other documents may learn from it.

use tower_lsp_server::gen_lsp_types::DidSaveTextDocumentParams;

use crate::server::from_proto;
use crate::server::handlers::did_change_watched_files::is_settings;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidSaveTextDocumentParams) {
    let Some(path) = from_proto::path(&params.text_document.uri) else { return };
    let state = session.state();
    if let Some(open) = state.documents.get(params.text_document.uri.as_ref()) {
        state.engine.core.shared.index.update(&path, &open.whole().rope);
    }
    drop(state);
    // The first config file may be in a folder that did not exist and was not watched.
    if is_settings(session, &path) {
        session.reload(None);
    }
}
