//! An edit was made that a compiler could have checked: asked once for each language. The user's choice is written to
//! the config file, which is read again at once.

use std::io;
use std::path::Path;

use toml_edit::Array;
use tower_lsp_server::gen_lsp_types::{MessageActionItem, MessageType};

use crate::config::edit;
use crate::feature::action::verify::known::KnownCheck;
use crate::server::session::Session;

const YES: &str = "Yes";
const NO: &str = "No";

pub(crate) async fn run(session: &Session, check: KnownCheck) {
    let offers = session.state().abilities.offers;
    // An editor that cannot ask would show the same message in each session.
    let Some(path) = session.environment.config.path().filter(|_| offers) else { return };
    let message = format!(
        "Understudy: shall `{check}` check each edit before it is offered? It runs in a copy of the folder, with the \
         project's build scripts"
    );
    let item = |title: &str| MessageActionItem { title: title.to_owned(), ..Default::default() };
    let items = Some(vec![item(YES), item(NO)]);
    let answer = session.client.show_message_request(MessageType::Info, message, items).await;
    let words = match answer.ok().flatten() {
        Some(chosen) if chosen.title == YES => check.words,
        Some(chosen) if chosen.title == NO => &[],
        Some(_) | None => return,
    };
    match write(path, check.language, words).await {
        Ok(()) => session.reload(None),
        Err(error) => {
            let failed = format!("cannot change {}: {error}", path.display());
            session.client.show_message(MessageType::Warning, failed).await;
        }
    }
}

async fn write(path: &Path, language: &'static str, words: &[&str]) -> io::Result<()> {
    let (path, words): (_, Array) = (path.to_owned(), words.iter().copied().collect());
    let written = move || edit::write(&path, &["actions", "check", language], words);
    tokio::task::spawn_blocking(written).await.unwrap_or_else(|it| Err(io::Error::other(it)))
}
