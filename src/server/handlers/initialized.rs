//! `initialized`: what we want to be told of, then what happens in the background, told in turn
//! until the session ends.

use tower_lsp_server::gen_lsp_types::DidChangeWatchedFilesRegistrationOptions;
use tower_lsp_server::gen_lsp_types::FileSystemWatcher;
use tower_lsp_server::gen_lsp_types::MessageType;
use tower_lsp_server::gen_lsp_types::ProgressToken;
use tower_lsp_server::gen_lsp_types::Registration;

use crate::config::Problem;
use crate::server::handlers::did_change_configuration;
use crate::server::session::Event;
use crate::server::session::Session;
use crate::workspace::index::Progress;

/// The one thing we show progress of.
const INDEXING: &str = "understudy/index";

pub(crate) async fn run(session: &Session) {
    let inbox = session.inbox.lock().expect("no holder of the inbox panics").take();
    let Some(mut inbox) = inbox else { return };
    let abilities = session.state().abilities;
    if abilities.watches_files {
        watch(session).await;
    }
    if abilities.configuration
        && let Some(given) = did_change_configuration::pull(session).await
    {
        session.reload(Some(given));
    }
    while let Some(event) = inbox.recv().await {
        match event {
            Event::Index(progress) if abilities.progress => report(session, progress).await,
            Event::Index(_) => {}
            Event::Settings(problems) => tell(session, &problems).await,
            Event::Reload => session.reload(None),
        }
    }
}

async fn watch(session: &Session) {
    let watcher = FileSystemWatcher { glob_pattern: "**/*".to_owned().into(), kind: None };
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
    let registration = Registration {
        id: "files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: serde_json::to_value(options).ok(),
    };
    if let Err(error) = session.client.register_capability(vec![registration]).await {
        tracing::warn!(%error, "the editor does not tell of changed files");
    }
}

async fn report(session: &Session, progress: Progress) {
    let _ = (session, progress);
}

pub(crate) fn cancel(_session: &Session, _token: &ProgressToken) {}

/// One message however much is wrong: nobody reads the fifth popup.
async fn tell(session: &Session, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    session.client.show_message(MessageType::Warning, lines.join("\n")).await;
}
