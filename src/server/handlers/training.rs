//! A message about providers that the training policy excludes: one for all of them, and only once.

use tower_lsp_server::gen_lsp_types::MessageType;

use crate::feature::training::ExcludedProvider;
use crate::server::session::Session;

pub(crate) async fn tell(session: &Session, excluded: Vec<ExcludedProvider>) {
    let models = session.state().engine.core.models.clone();
    let Some(models) = models else { return };
    let new = models.not_reported(excluded).await;
    if !new.is_empty() {
        session.client.show_message(MessageType::Warning, message(session, &new)).await;
    }
}

fn message(session: &Session, excluded: &[ExcludedProvider]) -> String {
    let mut lines: Vec<String> = excluded.iter().map(ExcludedProvider::sentence).collect();
    let names: Vec<&str> = excluded.iter().map(|it| &*it.provider).collect();
    let file = session.environment.config.path();
    let file = file.map_or_else(|| "the config file".to_owned(), |it| it.display().to_string());
    lines.push(format!(
        "To allow it, write `training = \"allow\"` into the [[provider]] row in {file}, or run \
         `understudy setup --allow-training {}`.",
        names.join(",")
    ));
    lines.join("\n")
}
