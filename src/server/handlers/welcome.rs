//! A message at the first start of a user without a config file: what works, and how to set up more. It is
//! shown once, by one window.

use std::path::Path;

use tower_lsp_server::gen_lsp_types::MessageType;

use crate::server::session::Session;
use crate::storage;

/// The file in the state folder that records that the message was shown.
const MARK: &str = "welcomed";

const WELCOME: &str = "Understudy suggests what it has learned from this folder: no key, no network. \
     To add models on this machine or from a provider, run `understudy setup`. This message is shown \
     once.";

pub(crate) async fn run(session: &Session) {
    let is_set_up = session.environment.config.path().is_some_and(Path::exists);
    let Some(folder) = session.environment.state.clone().filter(|_| !is_set_up) else { return };
    let marked = tokio::task::spawn_blocking(move || mark(&folder)).await;
    if marked.is_ok_and(|is_first| is_first) {
        session.client.show_message(MessageType::Info, WELCOME).await;
    }
}

/// Whether this is the first start. If the mark cannot be written it returns false: the message would be
/// shown at every start.
fn mark(folder: &Path) -> bool {
    let there = storage::folder().recursive(true).create(folder);
    there.is_ok() && storage::file().write(true).create_new(true).open(folder.join(MARK)).is_ok()
}
