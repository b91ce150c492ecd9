//! Servers of the user's own that are started when they are first needed.
//!
//! Each runs under a keeper, a process of its own, so that it outlives the window that needed it
//! first and is stopped once no window has used it for a while. One file stands between windows and
//! keeper: who holds its lock keeps the server, its time says when that was last used, and its text
//! is why the server could not be started.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use futures::future::BoxFuture;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::storage;

/// How often it is seen whether a server answers by now.
const LOOK: Duration = Duration::from_millis(250);
/// A server whose keeper was another window's has so long to answer before it is kept here.
const TAKEOVER: Duration = Duration::from_secs(5);
/// A server that could not be started is tried again after so long.
const AGAIN: Duration = Duration::from_secs(60);
/// A use is noted at most so often.
const NOTED: Duration = Duration::from_secs(10);

/// How keepers are run.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// This very program.
    pub program: PathBuf,
    /// Where the files between windows and keepers stand.
    pub folder: PathBuf,
}

/// A server that is started when it is needed.
#[derive(Debug)]
pub struct LocalServer {
    name: String,
    words: Vec<String>,
    keeper: Supervisor,
    file: PathBuf,
    state: Mutex<State>,
    noted: Mutex<Option<Instant>>,
}

/// Whether somebody can be asked by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readiness {
    /// As far as anybody knows.
    #[default]
    Ready,
    Starting,
    /// It is tried again, later.
    CannotStart,
    /// The command that prints its key is running.
    KeyPending,
}

#[derive(Clone, Debug)]
enum State {
    /// It is asked, and started if it is not there.
    Unwatched,
    Starting,
    Failed {
        until: Instant,
        reason: String,
    },
}

/// Asks once whether a server answers.
pub type Look = Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

impl LocalServer {
    /// A server that answers at `url` once `words`, its program first, are run.
    pub fn new(name: String, url: &str, words: Vec<String>, keeper: Supervisor) -> Self {
        let mut hasher = DefaultHasher::new();
        url.hash(&mut hasher);
        let file = keeper.folder.join(format!("{:016x}", hasher.finish()));
        let (state, noted) = (Mutex::new(State::Unwatched), Mutex::default());
        Self { name, words, keeper, file, state, noted }
    }

    pub fn readiness(&self) -> Readiness {
        match &*lock(&self.state) {
            State::Unwatched => Readiness::Ready,
            State::Starting => Readiness::Starting,
            State::Failed { until, .. } if Instant::now() < *until => Readiness::CannotStart,
            State::Failed { .. } => Readiness::Ready,
        }
    }

    /// Why it could not be started, where it could not.
    pub fn trouble(&self) -> Option<String> {
        match &*lock(&self.state) {
            State::Failed { reason, .. } => Some(reason.clone()),
            State::Unwatched | State::Starting => None,
        }
    }

    /// Notes that it was used, so that it is not stopped.
    pub fn used(&self) {
        let mut noted = lock(&self.noted);
        if noted.is_some_and(|it| it.elapsed() < NOTED) {
            return;
        }
        *noted = Some(Instant::now());
        drop(noted);
        let file = self.file.clone();
        // A server that nobody keeps for us has no such file, and needs none.
        tokio::task::spawn_blocking(move || touch(&file).unwrap_or_default());
    }

    /// Has it started, unless it is being started already; `look` says when it answers.
    pub fn start(self: &Arc<Self>, look: Look) {
        let mut state = lock(&self.state);
        if matches!(*state, State::Starting) {
            return;
        }
        *state = State::Starting;
        drop(state);
        tracing::info!(server = self.name, "started, since it is needed");
        let local = Arc::clone(self);
        tokio::spawn(async move {
            let now = match local.wait(&look).await {
                Ok(()) => {
                    tracing::info!(server = local.name, "it answers");
                    State::Unwatched
                }
                Err(reason) => {
                    tracing::warn!(server = local.name, reason, "the server could not be started");
                    State::Failed { until: Instant::now() + AGAIN, reason }
                }
            };
            *lock(&local.state) = now;
        });
    }

    /// Waits until it answers, or its keeper has given up.
    async fn wait(&self, look: &Look) -> Result<(), String> {
        let (mut keeper, mut since) = (Some(self.keep()?), Instant::now());
        while !look().await {
            match keeper.as_mut().map(Child::try_wait) {
                None | Some(Ok(None)) => {}
                // Somebody else keeps it.
                Some(Ok(Some(status))) if status.success() => keeper = None,
                Some(Ok(Some(_))) => return Err(self.last_words()),
                Some(Err(error)) => {
                    return Err(format!("the keeper process cannot be watched: {error}"));
                }
            }
            if keeper.is_none() && since.elapsed() > TAKEOVER {
                (keeper, since) = (Some(self.keep()?), Instant::now());
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Runs a keeper, which goes on when this process ends.
    fn keep(&self) -> Result<Child, String> {
        let mut command = Command::new(&self.keeper.program);
        command.args(["keep", "--name", &self.name, "--file"]).arg(&self.file);
        command.arg("--").args(&self.words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let made = storage::folder().recursive(true).create(&self.keeper.folder);
        made.map_err(|it| format!("cannot create {}: {it}", self.keeper.folder.display()))?;
        command.current_dir(&self.keeper.folder);
        detach(&mut command);
        command.spawn().map_err(|it| format!("{}: {it}", self.keeper.program.display()))
    }

    fn last_words(&self) -> String {
        let words = fs::read_to_string(&self.file).unwrap_or_default();
        match words.trim() {
            "" => "the server ended at once".to_owned(),
            words => words.to_owned(),
        }
    }
}

/// Out of reach of what ends the group of the process that starts it.
#[cfg(unix)]
fn detach(command: &mut Command) {
    command.process_group(0);
}

/// Without a console, and out of its group.
#[cfg(windows)]
fn detach(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

/// Says in the file that its server was used just now.
fn touch(file: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(file)?.set_modified(SystemTime::now())
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}
