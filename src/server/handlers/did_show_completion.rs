//! `textDocument/didShowCompletion`: a suggestion is on the screen.

use tower_lsp_server::gen_lsp_types::InsertText;

use crate::server::ext::DidShowCompletion;
use crate::server::session::Session;

pub(crate) fn run(session: &Session, params: &DidShowCompletion) {
    let InsertText::String(text) = &params.item.insert_text else { return };
    session.suggestion(|it| it.show(text));
}
