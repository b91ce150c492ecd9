//! The first start of a user who has set nothing up: what works as it is, and how to have more. Said
//! once ever, by one window.

use std::path::Path;

use tower_lsp_server::gen_lsp_types::MessageType;

use crate::server::session::Session;
use crate::storage;

/// The file in the folder of our state that says that it was said.
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

/// Whether nobody was here before. Where no mark can be left nothing is said either: it would be
/// said at every start.
fn mark(folder: &Path) -> bool {
    let there = storage::folder().recursive(true).create(folder);
    there.is_ok() && storage::file().write(true).create_new(true).open(folder.join(MARK)).is_ok()
}
