//! `understudy/status`: who serves, who is out, what today cost, what is not done for a document
//! and why; asked for, or told when it changes.

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tower_lsp_server::gen_lsp_types::{MessageType, TextDocumentIdentifier};

use crate::feature::Engine;
use crate::feature::document::OpenDocument;
use crate::feature::eligibility::{Restriction, RestrictionScope};
use crate::feature::models::ProviderStatus;
use crate::server::ext::{
    Blocked, Paused, ProviderState, SilenceStatus, Status, StatusChanged, StatusState,
};
use crate::server::handlers::copilot;
use crate::server::session::{Session, SessionEvent, Snapshot};

pub(crate) async fn run(session: &Session, document: Option<&TextDocumentIdentifier>) -> Status {
    let (engine, open) = {
        let state = session.state();
        let open = document.and_then(|it| state.documents.get(it.uri.as_ref()).cloned());
        (Arc::clone(&state.engine), open)
    };
    if let Some(open) = &open {
        // Who asks the status may run `why` next.
        engine.write_silences(open);
    }
    status(&engine, open).await
}

/// After a request for ghost text: what happened to the models, and why nothing was shown.
pub(crate) fn after_completion(session: &Session, snap: &Snapshot) {
    after(session, &snap.engine, snap.open.path.as_deref());
    if snap.engine.has_silence_to_tell(&snap.open) {
        session.tell(SessionEvent::Silence);
    }
}

/// What happened to the models while a request about a file was answered is told once the answer is out.
pub(crate) fn after(session: &Session, engine: &Engine, path: Option<&Path>) {
    let mut has_changed = engine.shared.pauses.has_changed();
    if let Some(models) = &engine.models {
        let news = models.news();
        if !news.is_empty() {
            session.tell(SessionEvent::News(news));
        }
        if let Some(price) = models.price_news() {
            session.tell(SessionEvent::Price(price));
        }
        has_changed |= models.has_changed();
        let excluded = engine.newly_excluded(path);
        if !excluded.is_empty() {
            session.tell(SessionEvent::Excluded(excluded));
        }
    }
    if has_changed {
        session.tell(SessionEvent::Status);
    }
}

/// One message for everything that is new.
pub(crate) async fn tell_news(session: &Session, news: Vec<String>) {
    session.client.show_message(MessageType::Warning, news.join("\n")).await;
}

/// Only clients that announced it are told: to others it would be noise in a log. It is about the
/// document its user is at.
pub(crate) async fn tell(session: &Session) {
    let abilities = session.state().abilities;
    let (engine, open) = current(session);
    if !abilities.copilot && !abilities.status {
        return;
    }
    let status = status(&engine, open).await;
    if abilities.copilot {
        copilot::tell(session, &status).await;
    }
    if abilities.status {
        session.client.send_notification::<StatusChanged>(status).await;
    }
}

/// The same when only the reason of the last silence is new, which Copilot's clients do not show.
pub(crate) async fn tell_silence(session: &Session) {
    if session.state().abilities.status {
        let (engine, open) = current(session);
        let status = status(&engine, open).await;
        session.client.send_notification::<StatusChanged>(status).await;
    }
}

fn current(session: &Session) -> (Arc<Engine>, Option<OpenDocument>) {
    let state = session.state();
    let open = state.current.as_ref().and_then(|it| state.documents.get(it).cloned());
    (Arc::clone(&state.engine), open)
}

async fn status(engine: &Arc<Engine>, open: Option<OpenDocument>) -> Status {
    let path = open.as_ref().and_then(|it| it.path.as_deref());
    if let Some(models) = &engine.models {
        models.ready().await;
    }
    let paused = engine.shared.pauses.holds(path);
    let silence = open.as_ref().and_then(|it| engine.last_silence(it));
    let blocks = blocks(engine, open.clone()).await;
    let standings = engine.models.as_ref().map(|it| it.standings());
    let (mut state, mut message) = standing(standings.as_deref(), &blocks);
    if let Some(block) = blocks.iter().find(|it| it.what == RestrictionScope::Everything) {
        (state, message) = (StatusState::Blocked, format!("no suggestions here: {}", block.reason));
    }
    if let Some(pause) = &paused {
        (state, message) = (StatusState::Paused, pause.to_string());
    }
    Status {
        state,
        message,
        serving: engine.models.as_ref().and_then(|it| it.serving()).map(|it| it.to_string()),
        providers: standings.into_iter().flatten().map(provider).collect(),
        spent_today: match &engine.models {
            Some(models) => Some(models.spent_today().await.dollars()),
            None => None,
        },
        paused: paused.map(|it| Paused {
            folder: it.folder.map(|it| it.to_string_lossy().into_owned()),
            until: it.until,
        }),
        blocked: blocks.into_iter().map(blocked).collect(),
        silence: silence.map(|it| SilenceStatus {
            message: format!("nothing shown: {}", it.reason),
            at: it.last.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            count: it.count,
        }),
    }
}

/// What holds for a document; the guard may have to look at its folders.
async fn blocks(engine: &Arc<Engine>, open: Option<OpenDocument>) -> Vec<Restriction> {
    let Some(open) = open else { return Vec::new() };
    let engine = Arc::clone(engine);
    tokio::task::spawn_blocking(move || engine.blocks(&open)).await.unwrap_or_default()
}

/// How the models are doing, and in a line what that means.
fn standing(standings: Option<&[ProviderStatus]>, blocks: &[Restriction]) -> (StatusState, String) {
    let Some(all) = standings else {
        let message = "the built-in model answers: no provider is set up";
        return (StatusState::Embedded, message.to_owned());
    };
    let closed = |it: &ProviderStatus| {
        blocks.iter().any(|block| block.what == RestrictionScope::Model(it.name.clone()))
    };
    let out: Vec<&str> = all.iter().filter(|it| it.out.is_some()).map(|it| &*it.name).collect();
    if !all.is_empty() && all.iter().all(closed) {
        let message = "no provider may receive this file: the built-in model answers";
        (StatusState::Embedded, message.to_owned())
    } else if out.is_empty() {
        (StatusState::Ok, "all providers are available".to_owned())
    } else if all.iter().all(|it| it.out.is_some() || closed(it)) {
        (StatusState::Embedded, "no provider is available: the built-in model answers".to_owned())
    } else {
        (
            StatusState::Degraded,
            format!("{} unavailable: the other providers answer", out.join(", ")),
        )
    }
}

fn provider(it: ProviderStatus) -> ProviderState {
    ProviderState { name: it.name.to_string(), up: it.out.is_none(), reason: it.out }
}

fn blocked(it: Restriction) -> Blocked {
    Blocked {
        what: match it.what {
            RestrictionScope::Everything => "everything".to_owned(),
            RestrictionScope::Unasked => "unasked".to_owned(),
            RestrictionScope::Model(name) => name.to_string(),
        },
        rule: it.rule.name().to_owned(),
        reason: it.reason,
    }
}
