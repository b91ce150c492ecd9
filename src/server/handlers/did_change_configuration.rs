//! `workspace/didChangeConfiguration`: the editor's settings are read again.

use serde_json::Value;
use tokio::time::timeout;
use tower_lsp_server::gen_lsp_types::{ConfigurationItem, DidChangeConfigurationParams};

use crate::server::client::{Abilities, PATIENCE};
use crate::server::session::Session;

/// Our section of an editor's settings.
const SECTION: &str = "understudy";

pub(crate) async fn run(session: &Session, params: DidChangeConfigurationParams) {
    let abilities = session.state().abilities;
    let given = match abilities.configuration {
        true => pull(session).await,
        false => pushed(params.settings, &abilities),
    };
    if let Some(given) = given {
        session.reload(Some(given));
    }
}

/// The section as the editor returns it; `None` if the editor does not respond.
pub(crate) async fn pull(session: &Session) -> Option<Value> {
    let item = ConfigurationItem { scope_uri: None, section: Some(SECTION.to_owned()) };
    let request = session.client.configuration(vec![item]);
    let answer = timeout(PATIENCE, request).await.ok()?.ok()?;
    answer.into_iter().next().filter(|it| !it.is_null())
}

/// Editors push the section alone or under its name. Settings from Copilot's clients are for Copilot.
fn pushed(settings: Value, abilities: &Abilities) -> Option<Value> {
    let section = settings.get(SECTION).cloned();
    section.or(Some(settings).filter(|_| !abilities.copilot)).filter(|it| it.is_object())
}
