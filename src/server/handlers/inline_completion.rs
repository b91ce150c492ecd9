//! `textDocument/inlineCompletion`: ghost text at the cursor.

use tower_lsp_server::gen_lsp_types::{
    InlineCompletionParams, InlineCompletionResponse, InlineCompletionTriggerKind,
};

use crate::feature::completion::{CompletionRequest, SelectedItem};
use crate::prompt::Trigger;
use crate::server::ext::formatting::Formatting;
use crate::server::handlers::status;
use crate::server::session::Session;
use crate::server::{from_proto, to_proto};

pub(crate) async fn run(
    session: &Session,
    params: InlineCompletionParams,
    formatting: Option<Formatting>,
) -> Option<InlineCompletionResponse> {
    let at = params.text_document_position_params;
    let snap = session.snapshot(&at.text_document.uri)?;
    snap.indent(formatting);
    let place = snap.place(at.position);
    let trigger = match params.context.trigger_kind {
        InlineCompletionTriggerKind::Invoked => Trigger::Invoked,
        InlineCompletionTriggerKind::Automatic | InlineCompletionTriggerKind::Custom(_) => {
            Trigger::Automatic
        }
    };
    let selected = params
        .context
        .selected_completion_info
        .map(|it| SelectedItem { range: snap.range(from_proto::range(it.range)), text: it.text });
    let answer =
        snap.engine.completer.respond(&place, &CompletionRequest { trigger, selected }).await;
    status::after_completion(session, &snap);
    to_proto::inline_completions(&snap, &answer)
}
