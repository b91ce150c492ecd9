//! `textDocument/hover`: what the symbol under the cursor is for.

use tower_lsp_server::gen_lsp_types::Hover;
use tower_lsp_server::gen_lsp_types::HoverParams;
use tower_lsp_server::gen_lsp_types::MarkupContent;
use tower_lsp_server::gen_lsp_types::MarkupKind;

use crate::feature::hover::Asker;
use crate::server::session::Session;
use crate::server::to_proto;

pub(crate) async fn run(session: &Session, params: HoverParams) -> Option<Hover> {
    let at = params.text_document_position_params;
    let snap = session.snapshot(&at.text_document.uri)?;
    let place = snap.place(at.position);
    let asker = match session.state().abilities.hovers_by_key {
        true => Asker::Key,
        false => Asker::Mouse,
    };
    // The loop goes on with the next message while a task of this request's own computes.
    tokio::task::yield_now().await;
    let shown = snap.engine.hover(&place, asker).await?;
    Some(Hover {
        contents: MarkupContent { kind: MarkupKind::Markdown, value: shown.text }.into(),
        range: Some(to_proto::range(&snap, &shown.range)),
    })
}
