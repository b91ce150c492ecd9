//! Every model costs more than the limit for a suggestion: shown once, with the possible remedies. The user's
//! choice is written to the config file, which is read again at once.

use tower_lsp_server::gen_lsp_types::MessageType;

use crate::feature::completion::price::TooDear;
use crate::server::handlers::setting;
use crate::server::session::Session;

const ALLOW: &str = "Allow";
/// The limit does not apply to suggestions on request: if it stays, the models answer only those.
const ON_REQUEST: &str = "Only on request";

pub(crate) async fn run(session: &Session, excess: TooDear) {
    let offers = session.state().abilities.offers;
    let Some(path) = session.environment.config.path().filter(|_| offers) else {
        return show(session, &excess.to_string(), excess.allowing()).await;
    };
    let usd = match setting::ask(session, excess.to_string(), &[ALLOW, ON_REQUEST]).await {
        Some(0) => excess.allowing(),
        Some(_) => excess.limit.dollars(),
        None => return,
    };
    if let Err(failed) = setting::save(session, path, ["limit", "complete", "usd"], usd).await {
        show(session, &failed, usd).await;
    }
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
