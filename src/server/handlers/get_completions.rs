//! `getCompletions`, `getCompletionsCycling` and the notifications about their results: completion for
//! Copilot's older clients. The result is always an object, since some clients access it unchecked.

use tower_lsp_server::gen_lsp_types::{Position, Range};

use crate::feature::completion::suggestion::Suggestion;
use crate::feature::completion::{CompletionRequest, CompletionResponse};
use crate::prompt::Trigger;
use crate::server::ext::legacy;
use crate::server::handlers::{copilot, status};
use crate::server::session::{Session, Snapshot};
use crate::server::to_proto;

pub(crate) async fn run(
    session: &Session,
    params: &legacy::LegacyRequest,
    trigger: Trigger,
) -> legacy::Completions {
    let snap = session.snapshot(&params.doc.uri);
    if let Some(snap) = &snap {
        snap.indent(params.doc.formatting);
    }
    copilot::settle(session).await;
    let Some(snap) = snap else { return Default::default() };
    let offers = ask(session, &snap, params.doc.position, trigger).await;
    let completions = offers.iter().map(|it| completion(session, &snap, it)).collect();
    legacy::Completions { completions }
}

pub(crate) async fn ask(
    session: &Session,
    snap: &Snapshot,
    at: Position,
    trigger: Trigger,
) -> Vec<Suggestion> {
    let answer = snap
        .engine
        .completer
        .respond(&snap.place(at), &CompletionRequest { trigger, selected: None })
        .await;
    status::after_completion(session, snap);
    match answer {
        CompletionResponse::Offers(offers) => offers,
        CompletionResponse::Silent(_) | CompletionResponse::Superseded => Vec::new(),
    }
}

/// `notifyShown`: a suggestion is on the screen.
pub(crate) fn shown(session: &Session, params: &legacy::LegacyShown) {
    if let Some(named) = session.offered.find(&params.uuid) {
        session.suggestion(|it| it.show(&named.text));
    }
}

/// `notifyAccepted`: a suggestion was accepted, or its beginning, counted from the line's start.
pub(crate) fn accepted(session: &Session, params: &legacy::Accepted) {
    let Some(named) = session.offered.find(&params.uuid) else { return };
    let all = named.text.encode_utf16().count();
    let units = params.accepted_length.map_or(all, |it| it.saturating_sub(named.before));
    session.suggestion(|it| it.accept(&named.text, units));
}

fn completion(session: &Session, snap: &Snapshot, offer: &Suggestion) -> legacy::Completion {
    let document = &snap.open.document;
    let line = document.rope.line_to_byte(document.rope.byte_to_line(offer.range.start));
    let head = document.rope.byte_slice(line..offer.range.start).to_string();
    let Range { start: position, .. } = to_proto::range(snap, &offer.range);
    legacy::Completion {
        uuid: session.offered.name(&offer.text, head.encode_utf16().count()),
        text: format!("{head}{}", offer.text),
        range: to_proto::range(snap, &(line..offer.range.end)),
        display_text: to_proto::before_covered(snap, offer).to_owned(),
        position,
        doc_version: document.version,
    }
}
