//! `textDocument/didChange`: the edit is in the document before the next message is read.

use tower_lsp_server::gen_lsp_types::DidChangeTextDocumentParams;

use crate::server::from_proto;
use crate::server::session::Event;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: DidChangeTextDocumentParams) {
    let id = params.text_document;
    let changes: Vec<_> = params.content_changes.into_iter().map(from_proto::change).collect();
    session.turn_to(id.text_document_identifier.uri.as_ref());
    let mut state = session.state();
    let (engine, encoding) = (state.engine.clone(), state.abilities.encoding);
    let Some(open) = state.documents.get_mut(id.text_document_identifier.uri.as_ref()) else {
        return;
    };
    open.change(&changes, id.version, encoding, &engine.shared);
    engine.typed(open);
    let uri = id.text_document_identifier.uri;
    let Some(findings) = state.findings.get_mut(uri.as_ref()) else { return };
    let count = findings.len();
    findings.retain(|it| it.0.range().is_some());
    if findings.len() < count {
        session.tell(Event::Findings(uri));
    }
}
