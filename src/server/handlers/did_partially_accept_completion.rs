//! `textDocument/didPartiallyAcceptCompletion`: a word or a line of a suggestion was accepted.

use tower_lsp_server::gen_lsp_types::InsertText;

use crate::server::ext::DidPartiallyAcceptCompletion;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidPartiallyAcceptCompletion) {
    let InsertText::String(text) = &params.item.insert_text else { return };
    session.suggestion(|it| it.accept(text, params.accepted_length));
}
