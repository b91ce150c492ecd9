//! `textDocument/didShowInlineEdit`: a next edit is on the screen.

use crate::server::ext::next_edit::DidShowInlineEdit;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidShowInlineEdit) {
    let engine = session.state().engine.clone();
    let id = params.item.command.arguments.as_ref().and_then(|it| it.first()?.as_str());
    id.inspect(|it| engine.core.shared.next_edits.shown(it));
}
