//! `textDocument/completion`: the same suggestion for editors without ghost text.

use tower_lsp_server::gen_lsp_types::{
    CompletionParams, CompletionResponse, CompletionTriggerKind,
};

use crate::feature::completion::CompletionRequest;
use crate::prompt::Trigger;
use crate::server::handlers::status;
use crate::server::session::Session;
use crate::server::to_proto;

pub(crate) async fn run(session: &Session, params: CompletionParams) -> Option<CompletionResponse> {
    let at = params.text_document_position_params;
    let snap = session.snapshot(&at.text_document.uri)?;
    let place = snap.place(at.position);
    let kind = params.context.map(|it| it.trigger_kind);
    // Editors also send "invoked" at the start of each word: only a request without a word is one of the
    // user.
    let trigger = match kind {
        Some(CompletionTriggerKind::Invoked) if !place.after_word() => Trigger::Invoked,
        _ => Trigger::Automatic,
    };
    let answer =
        snap.engine.completer.respond(&place, &CompletionRequest { trigger, selected: None }).await;
    status::after_completion(session, &snap);
    Some(to_proto::completions(&snap, &answer, session.state().abilities))
}
