//! Local servers that are started when they are first needed.
//!
//! Each runs under a supervisor, a separate process, so that it outlives the window that started it. The
//! supervisor stops the server once no window has used it for a while. One file connects windows and
//! supervisor: the supervisor holds its lock, its modification time is the time of the last use, and its text
//! is the reason if the server could not be started.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::storage;

/// Interval between checks whether a server answers.
const LOOK: Duration = Duration::from_millis(250);
/// Time that a server under another window's supervisor has to answer before this window runs a supervisor.
const TAKEOVER: Duration = Duration::from_secs(5);
/// Time before a server that could not be started is tried again.
const AGAIN: Duration = Duration::from_secs(60);
/// Shortest interval between two updates of the time of last use.
const NOTED: Duration = Duration::from_secs(10);

/// The program that runs supervisors.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// The path of the running program.
    pub program: PathBuf,
    /// The folder of the files that connect windows and supervisors.
    pub folder: PathBuf,
    /// The folder of the built-in engine's models.
    pub models: PathBuf,
}

#[derive(Debug)]
pub struct LocalServer {
    name: String,
    words: Vec<String>,
    after_crash: Option<&'static str>,
    keeper: Supervisor,
    file: PathBuf,
    state: Mutex<State>,
    noted: Mutex<Option<Instant>>,
}

/// Whether a target can be called now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readiness {
    /// Ready, or unknown.
    #[default]
    Ready,
    Starting,
    /// It could not be started; it is tried again later.
    CannotStart,
    /// The command that prints its key is running.
    KeyPending,
}

#[derive(Clone, Debug)]
enum State {
    /// Requests are sent; the server is started if it does not answer.
    Unwatched,
    Starting,
    Failed {
        until: Instant,
        reason: String,
    },
}

/// Checks once whether a server answers.
pub type Look = Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

impl LocalServer {
    /// `words` is the command that starts the server at `url`: program first, then arguments. The supervisor starts a
    /// server that ends by itself once more with the argument `after_crash`.
    pub fn new(
        name: String,
        url: &str,
        words: Vec<String>,
        after_crash: Option<&'static str>,
        keeper: Supervisor,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        url.hash(&mut hasher);
        let file = keeper.folder.join(format!("{:016x}", hasher.finish()));
        let (state, noted) = (Mutex::new(State::Unwatched), Mutex::default());
        Self { name, words, after_crash, keeper, file, state, noted }
    }

    pub fn readiness(&self) -> Readiness {
        match &*self.state.lock() {
            State::Unwatched => Readiness::Ready,
            State::Starting => Readiness::Starting,
            State::Failed { until, .. } if Instant::now() < *until => Readiness::CannotStart,
            State::Failed { .. } => Readiness::Ready,
        }
    }

    /// The reason if the server could not be started.
    pub fn trouble(&self) -> Option<String> {
        match &*self.state.lock() {
            State::Failed { reason, .. } => Some(reason.clone()),
            State::Unwatched | State::Starting => None,
        }
    }

    /// Records a use, so that the supervisor does not stop the server.
    pub fn used(&self) {
        let mut noted = self.noted.lock();
        if noted.is_some_and(|it| it.elapsed() < NOTED) {
            return;
        }
        *noted = Some(Instant::now());
        drop(noted);
        let file = self.file.clone();
        // A server without a supervisor has no such file and needs none.
        tokio::task::spawn_blocking(move || touch(&file).unwrap_or_default());
    }

    /// Starts the server, unless that is in progress. `look` checks whether it answers.
    pub fn start(self: &Arc<Self>, look: Look) {
        let mut state = self.state.lock();
        if matches!(*state, State::Starting) {
            return;
        }
        *state = State::Starting;
        drop(state);
        tracing::info!(server = self.name, "starting on demand");
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
            *local.state.lock() = now;
        });
    }

    /// Waits until the server answers or its supervisor gives up.
    async fn wait(&self, look: &Look) -> Result<(), String> {
        let (mut keeper, mut since) = (Some(self.keep()?), Instant::now());
        while !look().await {
            match keeper.as_mut().map(Child::try_wait) {
                None | Some(Ok(None)) => {}
                // Another supervisor runs it.
                Some(Ok(Some(status))) if status.success() => keeper = None,
                Some(Ok(Some(_))) => return Err(self.last_words()),
                Some(Err(error)) => {
                    return Err(format!("the supervisor process cannot be watched: {error}"));
                }
            }
            if keeper.is_none() && since.elapsed() > TAKEOVER {
                (keeper, since) = (Some(self.keep()?), Instant::now());
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Runs a supervisor, which continues when this process ends.
    fn keep(&self) -> Result<Child, String> {
        let mut command = Command::new(&self.keeper.program);
        command.args(["keep", "--name", &self.name, "--file"]).arg(&self.file);
        command.args(self.after_crash.into_iter().flat_map(|it| ["--after-crash", it]));
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
            "" => "the server exited immediately".to_owned(),
            words => words.to_owned(),
        }
    }
}

/// Puts the supervisor into a process group of its own, so that signals to this process's group do not reach
/// it.
#[cfg(unix)]
fn detach(command: &mut Command) {
    command.process_group(0);
}

/// Starts the supervisor without a console and in a process group of its own.
#[cfg(windows)]
fn detach(command: &mut Command) {
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

/// Sets the time of last use.
fn touch(file: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(file)?.set_modified(SystemTime::now())
}
