//! `understudy.act`: sends an action to a model, and applies or shows the result. A failure is shown in one
//! message.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::timeout;
use tower_lsp_server::gen_lsp_types as lsp;
use tower_lsp_server::gen_lsp_types::{MessageType, ProgressToken};

use crate::config::value::ReviewSetting;
use crate::feature::action::change::ActionChange;
use crate::feature::action::verify::CheckNote;
use crate::feature::action::{ActionOutcome, ActionReply, ActionRequest, Consent};
use crate::feature::action_error::ActionError;
use crate::feature::question::ChatEvent;
use crate::server::ext::Act;
use crate::server::handlers::answer::AnswerPublisher;
use crate::server::handlers::{job, review, status};
use crate::server::session::{Session, SessionEvent, Snapshot};
use crate::server::{from_proto, to_proto};

mod insert;

/// How long an editor may take to apply an edit.
const APPLIES: Duration = Duration::from_secs(30);
/// How often an edit is sent again after the user's typing has made it stale.
const AGAIN: usize = 5;
/// How long the user may take to confirm an edit.
const CONFIRMS: Duration = Duration::from_mins(30);
/// Edits of more lines are confirmed.
const LARGE: usize = 30;

pub(crate) async fn run(session: &Session, act: Act, token: Option<ProgressToken>) {
    let done = match session.chosen(&act.uri, act.version, act.range) {
        None => Err("the document is not open".to_owned()),
        Some((_, None)) => {
            Err("these lines have changed since the action was offered: choose it again".to_owned())
        }
        Some((snap, Some(range))) => work(session, &snap, &act, range, token).await,
    };
    if let Err(reason) = done {
        session.client.show_message(MessageType::Warning, format!("Understudy: {reason}")).await;
    }
}

/// Runs the action and handles the reply.
async fn work(
    session: &Session,
    snap: &Snapshot,
    act: &Act,
    range: Range<usize>,
    token: Option<ProgressToken>,
) -> Result<(), String> {
    snap.indent(act.formatting);
    let title = snap.engine.actions.title(&snap.open, &act.action);
    let mut publisher = AnswerPublisher::new(session, &title, None);
    let ask = ActionRequest {
        action: act.action.clone(),
        range,
        diagnostics: act.diagnostics.iter().map(from_proto::diagnostic).collect(),
        instruction: act.instruction.clone(),
        consent: Consent::UpToLimit,
        thread: Some(publisher.thread.clone()),
    };
    let call = |consent, sink| {
        let ask = ActionRequest { consent, ..ask.clone() };
        async move { snap.engine.actions.act(&snap.open, &ask, sink).await }.boxed()
    };
    match job::run(session, &title, token, &mut publisher, call).await {
        None => Ok(()),
        Some(reply) => {
            status::after(session, &snap.engine, snap.open.path.as_deref());
            match reply {
                Ok(reply) => {
                    let check = reply.check.clone();
                    settle(session, act, &title, &publisher, reply).await?;
                    if let Some(CheckNote::Unset(known)) = check {
                        session.tell(SessionEvent::Unchecked(known));
                    }
                    Ok(())
                }
                Err(error) => {
                    show_unusable(&mut publisher, &error).await;
                    Err(error.to_string())
                }
            }
        }
    }
}

/// Shows the answer that was not applied, for the user to read and copy.
async fn show_unusable(publisher: &mut AnswerPublisher<'_>, error: &ActionError) {
    let ActionError::OfNoUse { by, why, answer, .. } = error else { return };
    if answer.is_empty() {
        return;
    }
    if publisher.streams() {
        publisher.hear(ChatEvent::Began(Arc::clone(by))).await;
        publisher.hear(ChatEvent::Delta(answer.clone())).await;
        return publisher.end(Err(format!("not applied: {why}"))).await;
    }
    publisher.show_page(&format!("Not applied: {why}.\n\n{answer}\n")).await;
}

/// Applies or shows the reply.
async fn settle(
    session: &Session,
    act: &Act,
    title: &str,
    publisher: &AnswerPublisher<'_>,
    reply: ActionReply,
) -> Result<(), String> {
    let note = reply.check.as_ref().filter(|it| !matches!(it, CheckNote::Unset(_)));
    match reply.done {
        ActionOutcome::Change(change) => {
            let is_applied = apply(session, &act.uri, (title, note), &change).await?;
            if let Some(note @ CheckNote::Unknown(_)) = note
                && is_applied
                && !needs_review(session, &change)
            {
                let note = format!("Understudy: the edit was {note}");
                session.client.show_message(MessageType::Info, note).await;
            }
            Ok(())
        }
        ActionOutcome::Insert { path, text, insertions } => {
            insert::run(session, (&path, text.as_deref()), &insertions, publisher, note).await
        }
        ActionOutcome::Answer(_) if publisher.was_heard() => Ok(()),
        ActionOutcome::Answer(text) => {
            publisher.show(&text).await;
            Ok(())
        }
        ActionOutcome::Findings(review) => {
            review::show(session, &act.uri, title, review).await;
            Ok(())
        }
    }
}

/// Sends the edit for the document's current version, and again if the user's typing has made it stale. False if the
/// user has refused it.
pub(super) async fn apply(
    session: &Session,
    uri: &lsp::Uri,
    (title, note): (&str, Option<&CheckNote>),
    change: &ActionChange,
) -> Result<bool, String> {
    let mut failure = "the editor did not apply the edit".to_owned();
    let review =
        needs_review(session, change).then(|| to_proto::confirmation(title.to_owned(), note));
    let patience = if review.is_some() { CONFIRMS } else { APPLIES };
    for _ in 0..AGAIN {
        let (snap, replacements) = {
            // Under the lock that changes take, so that the document and the ranges match.
            let state = session.state();
            let open = state.documents.get(uri.as_ref()).ok_or("the document was closed")?.clone();
            let (engine, encoding) = (Arc::clone(&state.engine), state.abilities.encoding);
            (Snapshot { engine, open, encoding }, change.replacements())
        };
        let replacements =
            replacements.ok_or("the lines changed while the model answered: no edit was made")?;
        let versions = session.state().abilities.versions;
        let edit = to_proto::document_edit(&snap, &replacements, versions, review.clone());
        match timeout(patience, session.client.apply_edit(edit)).await {
            Ok(Ok(result)) if result.applied => return Ok(true),
            // The user has seen the edit and refused it.
            Ok(Ok(result)) if review.is_some() && !is_outdated(&result) => return Ok(false),
            Ok(Ok(result)) => failure = result.failure_reason.unwrap_or(failure),
            Ok(Err(error)) => failure = error.message.into_owned(),
            Err(_) => {}
        }
        let now = session.snapshot(uri).map(|it| it.open.document.version);
        if now == Some(snap.open.document.version) {
            break;
        }
    }
    Err(failure)
}

/// Whether Neovim's plugin has refused an edit of an older version of the document, before the user saw it.
fn is_outdated(result: &lsp::ApplyWorkspaceEditResult) -> bool {
    result.failure_reason.as_deref() == Some("outdated")
}

/// Whether the user confirms an edit in the editor.
pub(super) fn needs_review(session: &Session, change: &ActionChange) -> bool {
    let state = session.state();
    let can_review = state.abilities.confirms && state.abilities.versions;
    can_review
        && match state.config.actions.review {
            ReviewSetting::Always => true,
            ReviewSetting::Never => false,
            ReviewSetting::Auto => change.is_uncertain || change.changed_lines() > LARGE,
        }
}
