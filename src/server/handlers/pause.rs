//! `understudy.pause` and `understudy.resume`: stop suggestions in a folder or everywhere for a time, and
//! start them again.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tower_lsp_server::gen_lsp_types::{MessageType, Uri};
use tower_lsp_server::jsonrpc::{Error, Result};

use crate::feature::pause::Pauses;
use crate::server::ext::PauseParams;
use crate::server::from_proto;
use crate::server::session::{Session, SessionEvent};

pub(crate) async fn run(session: &Session, wish: Option<PauseParams>) -> Result<()> {
    let wish = wish.unwrap_or_default();
    let folder = wish.uri.as_ref().map(|it| folder(session, it)).transpose()?;
    let span = wish.minutes.map(|it| Duration::from_secs(u64::from(it.get()) * 60));
    let outcome = change(session, move |pauses| {
        let pause = pauses.pause(folder, span)?;
        Ok(pause.to_string())
    });
    report(session, outcome.await).await
}

/// `understudy.resume`: ends the pause of the document's folder, or all pauses.
pub(crate) async fn end(session: &Session, wish: Option<PauseParams>) -> Result<()> {
    let path = wish.unwrap_or_default().uri.map(|it| path(&it)).transpose()?;
    let outcome = change(session, move |pauses| {
        pauses.resume(path.as_deref())?;
        Ok("resumed".to_owned())
    });
    report(session, outcome.await).await
}

async fn change(
    session: &Session,
    change: impl FnOnce(&Pauses) -> io::Result<String> + Send + 'static,
) -> io::Result<String> {
    let pauses = Arc::clone(&session.state().engine.core.shared.pauses);
    let changed = tokio::task::spawn_blocking(move || change(&pauses)).await;
    changed.unwrap_or_else(|it| Err(io::Error::other(it)))
}

/// Reports the result: in the status if the editor shows it, else in a message.
async fn report(session: &Session, outcome: io::Result<String>) -> Result<()> {
    let outcome = outcome.map_err(|it| Error {
        message: format!("cannot save the pause: {it}").into(),
        ..Error::internal_error()
    })?;
    let abilities = session.state().abilities;
    if abilities.status || abilities.copilot {
        session.tell(SessionEvent::Status);
    }
    if !abilities.status {
        session.client.show_message(MessageType::Info, format!("Understudy: {outcome}")).await;
    }
    Ok(())
}

/// The innermost workspace folder that contains a document, else its parent folder.
fn folder(session: &Session, uri: &Uri) -> Result<PathBuf> {
    let path = path(uri)?;
    let state = session.state();
    let roots = state.roots.iter().filter(|it| path.starts_with(it));
    let innermost = roots.max_by_key(|it| it.components().count());
    let folder = innermost.cloned().or_else(|| path.parent().map(PathBuf::from));
    Ok(folder.unwrap_or(path))
}

fn path(uri: &Uri) -> Result<PathBuf> {
    let none = || Error::invalid_params("cannot pause a folder: the document is not a file");
    from_proto::path(uri).ok_or_else(none)
}
