//! `understudy.act`: an action is asked of a model, and what comes of it reaches the document or its
//! user. One message says why where nothing does.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::poll_immediate;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower_lsp_server::Cancellable;
use tower_lsp_server::OngoingProgress;
use tower_lsp_server::Unbounded;
use tower_lsp_server::gen_lsp_types as lsp;
use tower_lsp_server::gen_lsp_types::MessageType;
use tower_lsp_server::gen_lsp_types::ProgressToken;

use crate::feature::action::Ask;
use crate::feature::action::Consent;
use crate::feature::action::Done;
use crate::feature::action::Reply;
use crate::feature::action::change::Change;
use crate::feature::question::Told;
use crate::feature::refusal::Refusal;
use crate::server::client::PATIENCE;
use crate::server::ext::Act;
use crate::server::from_proto;
use crate::server::handlers::act::voice::Voice;
use crate::server::handlers::status;
use crate::server::session::Running;
use crate::server::session::Session;
use crate::server::session::Snapshot;
use crate::server::to_proto;

mod append;
mod voice;

/// An editor applies an edit within so long, or it hangs.
const APPLIES: Duration = Duration::from_secs(30);
/// An edit that its user's typing overtook is sent again so often.
const AGAIN: usize = 5;

type Shown = OngoingProgress<Unbounded, Cancellable>;

pub(crate) async fn run(session: &Session, act: Act, token: Option<ProgressToken>) {
    let done = match session.snapshot(&act.uri) {
        None => Err("that document is not open".to_owned()),
        Some(snap) if snap.open.document.version != act.version => {
            Err("the document has changed since this was offered: choose it again".to_owned())
        }
        Some(snap) => work(session, &snap, &act, token).await,
    };
    if let Err(reason) = done {
        session.client.show_message(MessageType::Warning, format!("Understudy: {reason}")).await;
    }
}

/// Asks, with progress that can be cancelled, and acts on the reply.
async fn work(
    session: &Session,
    snap: &Snapshot,
    act: &Act,
    token: Option<ProgressToken>,
) -> Result<(), String> {
    let abilities = session.state().abilities;
    let own = ProgressToken::from(format!("understudy/act/{}", session.number()));
    let is_own = token.is_none();
    let mut running = session.running(token.unwrap_or(own));
    let title = snap.engine.title(&snap.open, &act.action);
    let mut voice = Voice::new(session, &title);
    let mut ask = Ask {
        action: act.action.clone(),
        range: snap.range(from_proto::range(act.range)),
        diagnostics: act.diagnostics.iter().map(from_proto::diagnostic).collect(),
        instruction: act.instruction.clone(),
        consent: Consent::UpToLimit,
    };
    let reply = loop {
        match round(session, snap, &ask, (&title, is_own), &mut running, &mut voice).await {
            Some(Err(Refusal::Dear(money))) if abilities.offers => {
                let question = format!("{title} would cost about {money}. Ask?");
                if !agrees(session, question).await {
                    return Ok(());
                }
                ask.consent = Consent::Given;
            }
            Some(reply) => break reply,
            None => {
                voice.end(Err("cancelled".to_owned())).await;
                return Ok(());
            }
        }
    };
    status::after(session, &snap.engine);
    let reply = reply.map_err(|it| it.to_string());
    voice.end(reply.as_ref().map_err(Clone::clone)).await;
    settle(session, snap, act, &title, voice.was_heard(), reply?).await
}

/// Asks once; `None` where its user cancelled it.
async fn round(
    session: &Session,
    snap: &Snapshot,
    ask: &Ask,
    (title, is_own): (&str, bool),
    running: &mut Running<'_>,
    voice: &mut Voice<'_>,
) -> Option<Result<Reply, Refusal>> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let ear = Arc::new(move |it| _ = tell.send(it));
    let cancelled = Arc::clone(&running.cancelled);
    let mut cancelled = pin!(cancelled.notified());
    // Polled before anything is awaited: it is about the document as it is now.
    let mut acting = pin!(snap.engine.act(&snap.open, ask, ear));
    let early = poll_immediate(&mut acting).await;
    let mut shown = None;
    if early.is_none() && session.state().abilities.progress {
        shown = begin(session, &running.token, is_own, title).await;
        running.is_shown = shown.is_some();
    }
    let reply = match early {
        Some(reply) => Some(reply),
        None => loop {
            tokio::select! {
                biased;
                () = &mut cancelled => break None,
                Some(it) = told.recv() => {
                    say_who(shown.as_ref(), &it).await;
                    voice.hear(it).await;
                }
                reply = &mut acting => break Some(reply),
            }
        },
    };
    while let Ok(it) = told.try_recv() {
        voice.hear(it).await;
    }
    running.is_shown = false;
    if let Some(shown) = shown {
        shown.finish().await;
    }
    reply
}

/// Brings the reply to where it belongs.
async fn settle(
    session: &Session,
    snap: &Snapshot,
    act: &Act,
    title: &str,
    heard: bool,
    reply: Reply,
) -> Result<(), String> {
    match reply.done {
        Done::Change(change) => apply(session, &act.uri, &change).await,
        Done::Append { path, text } => append::run(session, &path, &text, title).await,
        Done::Answer(_) if heard => Ok(()),
        Done::Answer(text) => {
            voice::show(session, title, &text).await;
            Ok(())
        }
        Done::Findings(findings) => {
            let rope = &snap.open.document.rope;
            let marked = findings.into_iter().map(|(line, remark)| {
                let line = rope.line_to_byte(line)..rope.line_to_byte(line + 1);
                (snap.open.mark(line), remark)
            });
            let marked: Vec<_> = marked.collect();
            let none = marked.is_empty();
            session.state().findings.insert(act.uri.as_ref().to_owned(), marked);
            publish(session, act.uri.clone()).await;
            if none {
                let message = format!("Understudy: {title}: nothing to remark");
                session.client.show_message(MessageType::Info, message).await;
            }
            Ok(())
        }
    }
}

/// Sends the edit for the document as it is now, again where its user's typing overtook it.
async fn apply(session: &Session, uri: &lsp::Uri, change: &Change) -> Result<(), String> {
    let mut said = "the editor did not apply the edit".to_owned();
    for _ in 0..AGAIN {
        let (snap, replacements) = {
            // Under the lock that changes take, so that the document and the ranges fit.
            let state = session.state();
            let open = state.documents.get(uri.as_ref()).ok_or("the document was closed")?.clone();
            let (engine, encoding) = (Arc::clone(&state.engine), state.abilities.encoding);
            (Snapshot { engine, open, encoding }, change.replacements())
        };
        let replacements =
            replacements.ok_or("those lines have changed meanwhile: nothing was done")?;
        let versions = session.state().abilities.versions;
        let edit = to_proto::document_edit(&snap, &replacements, versions);
        match timeout(APPLIES, session.client.apply_edit(edit)).await {
            Ok(Ok(result)) if result.applied => return Ok(()),
            Ok(Ok(result)) => said = result.failure_reason.unwrap_or(said),
            Ok(Err(error)) => said = error.message.into_owned(),
            Err(_) => {}
        }
        let now = session.snapshot(uri).map(|it| it.open.document.version);
        if now == Some(snap.open.document.version) {
            break;
        }
    }
    Err(said)
}

/// Shows the remarks that still hold, as hints.
pub(crate) async fn publish(session: &Session, uri: lsp::Uri) {
    let Some(snap) = session.snapshot(&uri) else { return };
    let diagnostics = {
        let state = session.state();
        let findings = state.findings.get(uri.as_ref()).into_iter().flatten();
        let hint = |(mark, remark): &(_, String)| {
            let mark: &crate::feature::document::Mark = mark;
            let range = mark.range()?;
            let line = snap.open.document.rope.byte_to_line(range.start);
            let end = range.start + snap.open.document.line(line).len_bytes();
            Some(lsp::Diagnostic {
                range: to_proto::range(&snap, &(range.start..end)),
                severity: Some(lsp::DiagnosticSeverity::Hint),
                source: Some(to_proto::SOURCE.to_owned()),
                message: remark.clone().into(),
                ..Default::default()
            })
        };
        findings.filter_map(hint).collect()
    };
    let version = Some(snap.open.document.version);
    session.client.publish_diagnostics(uri, diagnostics, version).await;
}

async fn begin(
    session: &Session,
    token: &ProgressToken,
    is_own: bool,
    title: &str,
) -> Option<Shown> {
    if is_own {
        let created = session.client.create_work_done_progress(token.clone());
        timeout(PATIENCE, created).await.ok()?.ok()?;
    }
    let progress = session.client.progress(token.clone(), format!("Understudy: {title}"));
    Some(progress.with_cancel_button().begin().await)
}

/// Whoever is being asked is named.
async fn say_who(shown: Option<&Shown>, told: &Told) {
    if let (Some(shown), Told::Began(by)) = (shown, told) {
        shown.report_with_message(by.to_string(), None).await;
    }
}

/// Asks for a yes.
async fn agrees(session: &Session, question: String) -> bool {
    let item =
        |title: &str| lsp::MessageActionItem { title: title.to_owned(), ..Default::default() };
    let items = Some(vec![item("Yes"), item("No")]);
    let asked = session.client.show_message_request(MessageType::Info, question, items).await;
    asked.ok().flatten().is_some_and(|it| it.title == "Yes")
}
