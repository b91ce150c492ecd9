//! Every model costs more than the limit for a suggestion: shown once, with the possible remedies. The user's
//! choice is written to the config file, which is read again at once.

use std::io;
use std::path::Path;

use tower_lsp_server::gen_lsp_types::{MessageActionItem, MessageType};

use crate::config::edit;
use crate::feature::completion::price::TooDear;
use crate::server::session::Session;

const ALLOW: &str = "Allow";
/// The limit does not apply to suggestions on request: if it stays, the models answer only those.
const ON_REQUEST: &str = "Only on request";

pub(crate) async fn run(session: &Session, excess: TooDear) {
    let offers = session.state().abilities.offers;
    let Some(path) = session.environment.config.path().filter(|_| offers) else {
        return show(session, &excess.to_string(), excess.allowing()).await;
    };
    let item = |title: &str| MessageActionItem { title: title.to_owned(), ..Default::default() };
    let items = Some(vec![item(ALLOW), item(ON_REQUEST)]);
    let message = excess.to_string();
    let answer = session.client.show_message_request(MessageType::Info, message, items).await;
    let usd = match answer.ok().flatten() {
        Some(chosen) if chosen.title == ALLOW => excess.allowing(),
        Some(chosen) if chosen.title == ON_REQUEST => excess.limit.dollars(),
        Some(_) | None => return,
    };
    match write(path, usd).await {
        Ok(()) => session.reload(None),
        Err(error) => {
            let failed = format!("cannot change {}: {error}", path.display());
            show(session, &failed, usd).await;
        }
    }
}

async fn write(path: &Path, usd: f64) -> io::Result<()> {
    let path = path.to_owned();
    let written = move || edit::write(&path, &["limit", "complete", "usd"], usd);
    tokio::task::spawn_blocking(written).await.unwrap_or_else(|it| Err(io::Error::other(it)))
}

/// Shows the line for the config file if the user cannot choose.
async fn show(session: &Session, what: &str, usd: f64) {
    let path = session.environment.config.path();
    let place = path.map_or("your config file".to_owned(), |it| it.display().to_string());
    let message = format!(
        "{what}. To set the limit, write `usd = {usd}` below `[limit.complete]` in {place}"
    );
    session.client.show_message(MessageType::Warning, message).await;
}
