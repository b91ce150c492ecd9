//! `initialized`: registers for the editor's notifications, then handles background events until the session
//! ends.

use std::collections::HashSet;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::time::timeout;
use tower_lsp_server::gen_lsp_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, MessageType, ProgressNotification,
    ProgressParams, ProgressToken, Registration,
};
use tower_lsp_server::{Bounded, Cancellable, OngoingProgress};

use crate::config::Problem;
use crate::server::client::{Abilities, PATIENCE};
use crate::server::handlers::{
    checks, diagnostic, did_change_configuration, did_change_watched_files, next_edit, price,
    status, training, welcome,
};
use crate::server::session::{Session, SessionEvent};
use crate::workspace::index::IndexProgress;

/// How long to wait after `initialized`: eglot of Emacs 28 confuses its messages if it gets a request while
/// it sends this notification, and receives nothing from then on.
const CALM: Duration = Duration::from_millis(100);

/// The token of the only progress that the server starts for the index.
const LEARNING: &str = "understudy/learning";

type Shown = OngoingProgress<Bounded, Cancellable>;

pub(crate) async fn run(session: &Session) {
    let Some(mut inbox) = session.inbox() else { return };
    let abilities = session.state().abilities;
    prepare(session, abilities).await;
    let (mut learning, mut reported, mut offered) = (None, Vec::new(), HashSet::new());
    // A question to the user, or to a model, must not block other events.
    let mut questions = FuturesUnordered::new();
    loop {
        let event = tokio::select! {
            event = inbox.recv() => event,
            Some(()) = questions.next() => continue,
        };
        let Some(event) = event else { break };
        match event {
            SessionEvent::Index(progress) if abilities.progress => {
                learning = report(session, learning, progress).await;
            }
            SessionEvent::Index(_) => {}
            SessionEvent::Changed(paths) => did_change_watched_files::changed(session, &paths),
            SessionEvent::Missed => session.state().engine.core.shared.index.reread(),
            SessionEvent::News(news) => status::tell_news(session, news).await,
            SessionEvent::Excluded(excluded) => training::tell(session, excluded).await,
            SessionEvent::Price(price) => questions.push(price::run(session, price).boxed()),
            SessionEvent::Unchecked(check) if !offered.insert(check.language) => {}
            SessionEvent::Unchecked(check) => questions.push(checks::run(session, check).boxed()),
            SessionEvent::Dropped(token) => end(session, token).await,
            SessionEvent::Findings(uri) => diagnostic::publish(session, uri).await,
            SessionEvent::Edited(uri, version) => {
                questions.push(next_edit::hint(session, uri, version).boxed());
            }
            SessionEvent::Status => status::tell(session).await,
            SessionEvent::Silence => status::tell_silence(session).await,
            SessionEvent::Settings(problems) if problems == reported => {}
            SessionEvent::Settings(problems) => {
                tell(session, &problems).await;
                reported = problems;
            }
        }
    }
}

/// Starts what needs the client: watching files, the HTTP endpoint, the client's settings, the first status.
async fn prepare(session: &Session, abilities: Abilities) {
    if abilities.watches_files || abilities.configuration {
        tokio::time::sleep(CALM).await;
    }
    if abilities.watches_files {
        ask_to_watch(session).await;
        // Files may have changed since they were read.
        let roots = session.state().roots.clone();
        did_change_watched_files::changed(session, &roots);
    }
    session.watch();
    session.serve_http();
    if abilities.configuration
        && let Some(given) = did_change_configuration::pull(session).await
    {
        session.reload(Some(given));
    }
    welcome::run(session).await;
    if abilities.copilot {
        // Copilot's clients show that the server starts until they get a status.
        status::tell(session).await;
    }
}

/// `window/workDoneProgress/cancel`: cancels an action, or the indexing of the workspace.
pub(crate) fn cancel(session: &Session, token: &ProgressToken) {
    session.cancel(token);
    if *token == ProgressToken::from(LEARNING.to_owned()) {
        session.state().engine.core.shared.index.abandon();
    }
}

/// Ends the progress of work that was dropped.
async fn end(session: &Session, token: ProgressToken) {
    let value = serde_json::json!({ "kind": "end" });
    session.client.send_notification::<ProgressNotification>(ProgressParams { token, value }).await;
}

async fn ask_to_watch(session: &Session) {
    let watcher = FileSystemWatcher { glob_pattern: "**/*".to_owned().into(), kind: None };
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
    let registration = Registration {
        id: "files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: serde_json::to_value(options).ok(),
    };
    let registered = session.client.register_capability(vec![registration]);
    if let Ok(Err(error)) = timeout(PATIENCE, registered).await {
        tracing::warn!(%error, "the editor does not tell of changed files");
    }
}

/// Shows the progress of the index. Its definitions follow without progress.
async fn report(session: &Session, shown: Option<Shown>, progress: IndexProgress) -> Option<Shown> {
    match (progress, shown) {
        (IndexProgress::Began { roots: 0 }, shown) => shown,
        (IndexProgress::Began { .. }, None) => begin(session).await,
        (IndexProgress::Read { files, of }, Some(shown)) => {
            shown.report((100 * files / of.max(1)) as u32, None).await;
            Some(shown)
        }
        (IndexProgress::Learned { files, lines, elapsed }, Some(shown)) => {
            let seconds = elapsed.as_secs_f64();
            let learned = format!("learned {lines} lines in {files} files in {seconds:.2} s");
            shown.finish_with_message(learned).await;
            None
        }
        (IndexProgress::Abandoned, Some(shown)) => {
            shown.finish().await;
            None
        }
        (_, shown) => shown,
    }
}

async fn begin(session: &Session) -> Option<Shown> {
    let token = ProgressToken::from(LEARNING.to_owned());
    let created = session.client.create_work_done_progress(token.clone());
    timeout(PATIENCE, created).await.ok()?.ok()?;
    let progress = session.client.progress(token, "Understudy");
    let progress = progress.with_message("learning the workspace").with_percentage(0);
    Some(progress.with_cancel_button().begin().await)
}

/// One message for all problems: users do not read many popups.
async fn tell(session: &Session, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    session.client.show_message(MessageType::Warning, lines.join("\n")).await;
}
