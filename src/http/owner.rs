//! Decides which of the user's processes listens: the one that holds a lock. When it ends for any reason,
//! the system releases the lock, and another process takes over.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::access::Access;
use crate::http::connection::{self, Listeners};
use crate::http::token::{self, Token};
use crate::http::{Gateway, Listening, routes};
use crate::storage;

/// The endpoint's folder within the state folder.
pub const FOLDER: &str = "http";
const LOCK: &str = "lock";
const STATE: &str = "state.json";

/// Time between attempts to take over.
const RETRY: Duration = Duration::from_secs(1);

/// The state of the process that holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub pid: u32,
    pub port: u16,
    /// Why it does not listen, if it cannot.
    pub problem: Option<String>,
}

/// Serves as soon as no other process of the user does, until the future is dropped.
pub(super) async fn serve(listening: Listening, gateway: Arc<Gateway>) {
    let mut told = None;
    loop {
        let Err(error) = own(&listening, &gateway).await else { return };
        // A held lock is normal and not logged.
        let is_news = error.kind() != io::ErrorKind::WouldBlock;
        let problem = error.to_string();
        if is_news && told.as_ref() != Some(&problem) {
            tracing::warn!(port = listening.port, problem, "the HTTP endpoint is not served");
            told = Some(problem);
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Takes the lock and the port, and serves.
async fn own(listening: &Listening, gateway: &Arc<Gateway>) -> io::Result<()> {
    let _lock = lock(&listening.folder)?;
    let taken = take(listening).await;
    let problem = taken.as_ref().err().map(|it| problem(it, listening.port));
    let port = taken.as_ref().map_or(listening.port, |it| it.2);
    let state = Owner { pid: std::process::id(), port, problem: problem.clone() };
    storage::write(&listening.folder.join(STATE), &serde_json::to_string(&state)?)?;
    let (listeners, access, port) =
        taken.map_err(|_| io::Error::other(problem.unwrap_or_default()))?;
    tracing::info!(port, "serving HTTP");
    connection::serve(&listeners, Arc::new(access), routes::router(Arc::clone(gateway))).await;
    Ok(())
}

/// The sockets, the access rules and the port. Port 0 in the settings means any free port.
async fn take(listening: &Listening) -> io::Result<(Listeners, Access, u16)> {
    // If a token is required and cannot be read, nothing is served.
    let token = match listening.require_token {
        true => Some(Token::new(&token::read_or_make(&listening.folder)?)?),
        false => None,
    };
    let listeners = Listeners::bind(listening.port).await?;
    let port = listeners.port()?;
    Ok((listeners, Access::new(port, listening.origins.clone(), token), port))
}

fn problem(error: &io::Error, port: u16) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("another program listens on port {port}: set `http.port` to a free one")
        }
        _ => error.to_string(),
    }
}

/// Holds the lock until dropped.
fn lock(folder: &Path) -> io::Result<File> {
    storage::folder().recursive(true).create(folder)?;
    let mut open = storage::file();
    let file = open.read(true).write(true).create(true).truncate(false).open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The process that holds the lock; `None` if there is none.
pub fn owner(folder: &Path) -> Option<Owner> {
    let text = std::fs::read_to_string(folder.join(STATE)).ok()?;
    let owner = serde_json::from_str(&text).ok()?;
    match lock(folder) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Some(owner),
        Ok(_) | Err(_) => None,
    }
}
