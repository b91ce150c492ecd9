//! `textDocument/copilotPanelCompletion` and the older `getPanelCompletions`: several suggestions side by
//! side, as for an invoked completion.

use serde_json::{Value, json};

use crate::feature::completion::CompletionResponse;
use crate::prompt::Trigger;
use crate::server::ext::legacy::{PanelSolution, PanelSolutionsDone};
use crate::server::ext::{Panel, legacy};
use crate::server::handlers::get_completions;
use crate::server::session::Session;
use crate::server::to_proto;

pub(crate) async fn run(session: &Session, params: &Panel) -> Value {
    let none = json!({ "items": [] });
    let Some(snap) = session.snapshot(&params.text_document.uri) else { return none };
    let offers = get_completions::ask(session, &snap, params.position, Trigger::Invoked).await;
    match to_proto::inline_completions(&snap, &CompletionResponse::Offers(offers)) {
        Some(list) => serde_json::to_value(list).unwrap_or(none),
        None => none,
    }
}

pub(crate) async fn legacy(session: &Session, params: &legacy::AskPanel) -> legacy::PanelBegun {
    let ask = legacy::LegacyRequest { doc: params.doc.clone() };
    let found = get_completions::run(session, &ask, Trigger::Invoked).await.completions;
    let (panel_id, count) = (params.panel_id.clone(), found.len());
    for (place, it) in found.into_iter().enumerate() {
        let solution = legacy::Solution {
            panel_id: panel_id.clone(),
            solution_id: it.uuid,
            range: it.range,
            completion_text: it.text.clone(),
            display_text: it.text,
            // The best first, for clients that sort.
            score: 1.0 / (place + 1) as f32,
        };
        session.client.send_notification::<PanelSolution>(solution).await;
    }
    let done = legacy::LegacyResult { panel_id, status: legacy::OK.to_owned() };
    session.client.send_notification::<PanelSolutionsDone>(done).await;
    legacy::PanelBegun { solution_count_target: count }
}
