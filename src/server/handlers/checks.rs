//! An edit was made that a compiler could have checked: asked once for each language. The user's choice is written to
//! the config file, which is read again at once.

use toml_edit::Array;
use tower_lsp_server::gen_lsp_types::MessageType;

use crate::feature::action::verify::known::KnownCheck;
use crate::server::handlers::setting;
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
    let words: Array = match setting::ask(session, message, &[YES, NO]).await {
        Some(0) => check.words.iter().copied().collect(),
        Some(_) => Array::new(),
        None => return,
    };
    let keys = ["actions", "check", check.language];
    if let Err(failed) = setting::save(session, path, keys, words).await {
        session.client.show_message(MessageType::Warning, failed).await;
    }
}
