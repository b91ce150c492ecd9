//! `textDocument/didChange`: the document is changed before the next message is read.

use std::sync::atomic::Ordering;

use tower_lsp_server::gen_lsp_types::{
    DidChangeTextDocumentParams, TextDocumentContentChangeEvent, VersionedTextDocumentIdentifier,
};

use crate::config::value::{Hinting, NextEditSetting};
use crate::server::from_proto;
use crate::server::session::{Session, SessionEvent};

pub(crate) fn run(session: &Session, params: DidChangeTextDocumentParams) {
    change(session, params.text_document, params.content_changes);
}

/// Changes a document, which may be a notebook's cell.
pub(crate) fn change(
    session: &Session,
    id: VersionedTextDocumentIdentifier,
    changes: Vec<TextDocumentContentChangeEvent>,
) {
    let changes: Vec<_> = changes.into_iter().map(from_proto::change).collect();
    session.edits.fetch_add(1, Ordering::Relaxed);
    session.turn_to(id.text_document_identifier.uri.as_ref());
    let mut state = session.state();
    let (engine, encoding) = (state.engine.clone(), state.abilities.encoding);
    let Some(open) = state.documents.get_mut(id.text_document_identifier.uri.as_ref()) else {
        return;
    };
    let lines = open.document.rope.len_lines();
    open.change(&changes, id.version, encoding, &engine.core.shared);
    engine.completer.typed(open);
    let rope = open.document.rope.clone();
    let uri = id.text_document_identifier.uri;
    if state.config.next_edit == NextEditSetting::With(Hinting::Hint) {
        session.tell(SessionEvent::Edited(uri.clone(), id.version));
    }
    let Some(findings) = state.findings.get_mut(uri.as_ref()) else { return };
    let count = findings.len();
    findings.retain(|it| it.finding.range(&rope).is_some());
    let is_moved = rope.len_lines() != lines && count > 0;
    if is_moved || findings.len() < count {
        session.tell(SessionEvent::Findings(uri));
    }
}
