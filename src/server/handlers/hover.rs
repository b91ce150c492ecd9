//! `textDocument/hover`: describes the symbol at a position, and offers a model's explanation.

use tower_lsp_server::gen_lsp_types::{Hover, HoverParams, MarkupContent, MarkupKind};

use crate::feature::action::EXPLAIN;
use crate::feature::hover::Asker;
use crate::server::ext::Explain;
use crate::server::handlers::hover::text::{Request, Style};
use crate::server::session::Session;
use crate::server::{ext, to_proto};
use crate::text::uri;

mod text;

pub(crate) async fn run(session: &Session, params: HoverParams) -> Option<Hover> {
    let at = params.text_document_position_params;
    let snap = session.snapshot(&at.text_document.uri)?;
    let place = snap.place(at.position);
    let abilities = session.state().abilities;
    let asker = match abilities.hovers_by_key {
        true => Asker::Key,
        false => Asker::Mouse,
    };
    // The loop continues with the next message while this request computes in its own task.
    tokio::task::yield_now().await;
    let shown = snap.engine.hovers.hover(&place, asker)?;
    let request = match session.explain_command() {
        _ if abilities.command_links => {
            let explain = Explain { uri: at.text_document.uri, position: at.position };
            Request::Link(link(&explain)?)
        }
        Some(command) => Request::Command(command.to_owned()),
        None => Request::Action(snap.engine.actions.title(&snap.open, EXPLAIN)),
    };
    let (kind, style) = match abilities.plain_hovers {
        true => (MarkupKind::PlainText, Style::Plain),
        false => (MarkupKind::Markdown, Style::Markdown),
    };
    let value = text::text(&shown, &request, style);
    let range = Some(to_proto::range(&snap, &shown.range));
    Some(Hover { contents: MarkupContent { kind, value }.into(), range })
}

/// A URI that runs `understudy.explain` in VS Code. The arguments are the query, as JSON.
/// <https://code.visualstudio.com/api/extension-guides/command#command-uris>
fn link(explain: &Explain) -> Option<String> {
    let arguments = serde_json::to_string(&[explain]).ok()?;
    Some(format!("command:{}?{}", ext::EXPLAIN, uri::encode(&arguments)))
}
