//! A setting that the user chooses in a message: asked for, and written to the config file.

use std::io;
use std::path::Path;

use toml_edit::Value;
use tower_lsp_server::gen_lsp_types::{MessageActionItem, MessageType};

use crate::config::edit;
use crate::server::session::Session;

/// The position of the user's answer in `titles`; `None` without an answer.
pub(super) async fn ask(session: &Session, message: String, titles: &[&str]) -> Option<usize> {
    let item =
        |title: &&str| MessageActionItem { title: (*title).to_owned(), ..Default::default() };
    let items = Some(titles.iter().map(item).collect());
    let answer = session.client.show_message_request(MessageType::Info, message, items).await;
    let chosen = answer.ok().flatten()?;
    titles.iter().position(|it| *it == chosen.title)
}

/// Writes a setting to the user's file, which is read again at once.
///
/// # Errors
///
/// Why the file was not changed.
pub(super) async fn save<const N: usize>(
    session: &Session,
    path: &Path,
    keys: [&'static str; N],
    value: impl Into<Value> + Send + 'static,
) -> Result<(), String> {
    let file = path.to_owned();
    let written = tokio::task::spawn_blocking(move || edit::write(&file, &keys, value));
    match written.await.unwrap_or_else(|it| Err(io::Error::other(it))) {
        Ok(()) => session.reload(None),
        Err(error) => return Err(format!("cannot change {}: {error}", path.display())),
    }
    Ok(())
}
