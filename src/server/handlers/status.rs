//! `understudy/status`: which models answer, which are unavailable, today's cost, what is blocked for a
//! document and why. It is sent on request and when it changes.

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tower_lsp_server::gen_lsp_types::{MessageType, TextDocumentIdentifier};

use crate::feature::Engine;
use crate::feature::document::OpenDocument;
use crate::feature::eligibility::{self, Restriction, RestrictionScope};
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
        // The user may run `why` after looking at the status.
        engine.completer.silences.write_counts(open);
    }
    status(&engine, open).await
}

/// After a completion request: queues news about the models, and the reason if nothing was shown.
pub(crate) fn after_completion(session: &Session, snap: &Snapshot) {
    after(session, &snap.engine, snap.open.path.as_deref());
    if snap.engine.completer.silences.should_report(&snap.open) {
        session.tell(SessionEvent::Silence);
    }
}

/// Queues what happened to the models during a request about a file. It is sent after the response.
pub(crate) fn after(session: &Session, engine: &Engine, path: Option<&Path>) {
    let mut has_changed = engine.core.shared.pauses.has_changed();
    if let Some(models) = &engine.core.models {
        let news = models.news();
        if !news.is_empty() {
            session.tell(SessionEvent::News(news));
        }
        if let Some(price) = models.price_news() {
            session.tell(SessionEvent::Price(price));
        }
        has_changed |= models.has_changed();
        let excluded = models.newly_excluded(&engine.core.options(path).policy);
        if !excluded.is_empty() {
            session.tell(SessionEvent::Excluded(excluded));
        }
    }
    if has_changed {
        session.tell(SessionEvent::Status);
    }
}

/// One message for all news.
pub(crate) async fn tell_news(session: &Session, news: Vec<String>) {
    session.client.show_message(MessageType::Warning, news.join("\n")).await;
}

/// Sends the status about the current document, only to clients that announced support: in others it would be
/// noise in a log.
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

/// Sends the status if only the reason of the last silence is new, which Copilot's clients do not show.
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
    if let Some(models) = &engine.core.models {
        models.ready().await;
    }
    let paused = engine.core.shared.pauses.holds(path);
    let silence = open.as_ref().and_then(|it| engine.completer.silences.last(it));
    let blocks = blocks(engine, open.clone()).await;
    let standings = engine.core.models.as_ref().map(|it| it.standings());
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
        serving: engine.core.models.as_ref().and_then(|it| it.serving()).map(|it| it.to_string()),
        providers: standings.into_iter().flatten().map(provider).collect(),
        spent_today: match &engine.core.models {
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

/// The restrictions on a document. The guard may have to look at its folders.
async fn blocks(engine: &Arc<Engine>, open: Option<OpenDocument>) -> Vec<Restriction> {
    let Some(open) = open else { return Vec::new() };
    let engine = Arc::clone(engine);
    tokio::task::spawn_blocking(move || eligibility::restrictions(&engine.core, &open))
        .await
        .unwrap_or_default()
}

/// The state of the models, and a one-line description.
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
            RestrictionScope::NextEdits => "nextEdits".to_owned(),
            RestrictionScope::Model(name) => name.to_string(),
        },
        rule: it.rule.name().to_owned(),
        reason: it.reason,
    }
}
