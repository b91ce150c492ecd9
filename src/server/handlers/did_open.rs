//! `textDocument/didOpen`: from here on the editor's text is the truth, not the file's.

use tower_lsp_server::gen_lsp_types::DidOpenTextDocumentParams;

use crate::feature::document::OpenDocument;
use crate::server::from_proto;
use crate::server::session::Session;
use crate::text::Document;

pub(crate) fn run(session: &Session, params: DidOpenTextDocumentParams) {
    let item = params.text_document;
    if !from_proto::is_ours(&item.uri) {
        return;
    }
    let document = Document::new(&item.text, item.version, item.language_id.as_str());
    let mut state = session.state();
    let shared = &state.engine.shared;
    let open =
        OpenDocument::new(item.uri.as_ref(), from_proto::path(&item.uri), document, &shared.trees);
    let (engine, place) = (state.engine.clone(), open.place(0));
    if let Some(before) = state.documents.insert(item.uri.to_string(), open) {
        before.close();
    }
    drop(state);
    session.turn_to(item.uri.as_ref());
    // The first request should find the document read, and those ready who are asked.
    if let Some(models) = engine.models.clone() {
        tokio::spawn(async move { models.ready().await });
    }
    tokio::task::spawn_blocking(move || engine.prepare(&place));
}
