//! Pauses: a folder or everything, for a duration or until resumed. Paused files get no suggestions and are
//! not sent.
//!
//! Pauses are stored in the state folder, so they apply to all windows and after a restart.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, fs, io};

use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::storage;

/// The file name in the state folder.
pub const FILE: &str = "paused.json";
/// Interval of checks for changes to the file: a pause of another window applies within this time.
const RECHECK: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The paused folder; `None` for everything.
    pub folder: Option<PathBuf>,
    /// The end in seconds since 1970; `None` for a pause until resumed.
    pub until: Option<u64>,
}

#[derive(Default)]
pub struct Pauses {
    file: Option<PathBuf>,
    state: Mutex<State>,
    /// Notified after a change by this process.
    changed: Notify,
}

#[derive(Default)]
struct State {
    all: Vec<Pause>,
    /// The time of the last check.
    checked: Option<Instant>,
    /// The modification time and the size of the file at that time.
    stamp: Option<(SystemTime, u64)>,
    /// The last state that `has_changed` compared.
    seen: Vec<Pause>,
}

impl Pause {
    fn is_over(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|it| it <= seconds(now))
    }

    fn holds(&self, path: Option<&Path>) -> bool {
        match &self.folder {
            None => true,
            Some(folder) => path.is_some_and(|it| it.starts_with(folder)),
        }
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.folder {
            None => f.write_str("paused everywhere")?,
            Some(folder) => write!(f, "paused in {}", folder.display())?,
        }
        let Some(until) = self.until else { return Ok(()) };
        let left = until.saturating_sub(seconds(SystemTime::now()));
        write!(f, ", {} min left", left.div_ceil(60))
    }
}

impl Pauses {
    /// The pauses in a file, which may be missing. Without a file they apply to this process only.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file, ..Self::default() }
    }

    /// The pause that applies to a file or, for `None`, to a document without a file; the widest of several.
    pub fn holds(&self, path: Option<&Path>) -> Option<Pause> {
        let now = SystemTime::now();
        let state = self.read(RECHECK);
        let holding = state.all.iter().filter(|it| !it.is_over(now) && it.holds(path));
        let width = |it: &&Pause| it.folder.as_ref().map_or(0, |it| it.components().count());
        holding.min_by_key(width).cloned()
    }

    /// Resolves with a pause that applies to one of these files, as soon as there is one. `None` is a document without a
    /// file.
    pub async fn begun(&self, paths: &[Option<&Path>]) -> Pause {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(pause) = paths.iter().find_map(|it| self.holds(*it)) {
                return pause;
            }
            _ = timeout(RECHECK, changed).await;
        }
    }

    /// A pause of any folder; the widest of several.
    pub fn any(&self) -> Option<Pause> {
        let now = SystemTime::now();
        let state = self.read(RECHECK);
        let holding = state.all.iter().filter(|it| !it.is_over(now));
        holding.min_by_key(|it| it.folder.as_ref().map_or(0, |it| it.components().count())).cloned()
    }

    /// Pauses a folder, or everything, for `span`, or until resumed.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn pause(&self, folder: Option<PathBuf>, span: Option<Duration>) -> io::Result<Pause> {
        let until = span.map(|it| seconds(SystemTime::now()).saturating_add(it.as_secs()));
        let pause = Pause { folder, until };
        self.change(|all| {
            all.retain(|it| it.folder != pause.folder);
            all.push(pause.clone());
        })?;
        Ok(pause)
    }

    /// Ends the pauses that apply to a file; for `None`, all pauses.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn resume(&self, path: Option<&Path>) -> io::Result<()> {
        self.change(|all| all.retain(|it| path.is_some() && !it.holds(path)))
    }

    /// Whether a pause has begun, ended or expired since the last call.
    pub fn has_changed(&self) -> bool {
        let now = SystemTime::now();
        let mut state = self.read(RECHECK);
        let held: Vec<Pause> = state.all.iter().filter(|it| !it.is_over(now)).cloned().collect();
        let changed = state.seen != held;
        state.seen = held;
        changed
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Pause>)) -> io::Result<()> {
        let mut state = self.read(Duration::ZERO);
        let now = SystemTime::now();
        let mut all = state.all.clone();
        all.retain(|it| !it.is_over(now));
        change(&mut all);
        if let Some(file) = &self.file {
            storage::write(file, &serde_json::to_string(&all)?)?;
            state.stamp = stamp(file);
        }
        state.all = all;
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    /// The state, which is read again if the last check is older than `max_age` and the file has changed.
    fn read(&self, max_age: Duration) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        let Some(file) = &self.file else { return state };
        if state.checked.is_some_and(|it| it.elapsed() < max_age) {
            return state;
        }
        state.checked = Some(Instant::now());
        let stamp = stamp(file);
        if stamp != state.stamp {
            state.stamp = stamp;
            state.all = match fs::read_to_string(file).map(|it| serde_json::from_str(&it)) {
                Ok(Ok(all)) => all,
                Err(it) if it.kind() == io::ErrorKind::NotFound => Vec::new(),
                Ok(Err(_)) | Err(_) => {
                    tracing::warn!(file = %file.display(), "cannot read the pauses: everything is paused");
                    // The file contained pauses of unknown scope: pausing too much is safer.
                    vec![Pause { folder: None, until: None }]
                }
            };
        }
        state
    }
}

fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn paused_folder(pauses: &Pauses, path: &str) -> Option<Option<PathBuf>> {
        pauses.holds(Some(Path::new(path))).map(|it| it.folder)
    }

    #[test]
    fn a_pause_applies_to_a_folder_and_everything_below_it_only() {
        let pauses = Pauses::default();
        pauses.pause(Some("/work/client".into()), None).unwrap();
        assert_eq!(paused_folder(&pauses, "/work/client/a.rs"), Some(Some("/work/client".into())));
        assert_eq!(paused_folder(&pauses, "/work/client2/a.rs"), None);
        assert_eq!(pauses.holds(None), None);
    }

    #[test]
    fn a_pause_of_everything_applies_to_documents_without_a_file() {
        let pauses = Pauses::default();
        pauses.pause(Some("/work".into()), None).unwrap();
        pauses.pause(None, Some(HOUR)).unwrap();
        assert_eq!(pauses.holds(None).unwrap().folder, None);
        assert_eq!(paused_folder(&pauses, "/work/a.rs"), Some(None));
        assert!(pauses.holds(None).unwrap().to_string().ends_with("everywhere, 60 min left"));
    }

    #[test]
    fn resuming_a_file_ends_only_the_pauses_that_apply_to_it() {
        let pauses = Pauses::default();
        pauses.pause(Some("/a".into()), None).unwrap();
        pauses.pause(Some("/b".into()), None).unwrap();
        pauses.resume(Some(Path::new("/a/x.rs"))).unwrap();
        assert_eq!(
            [paused_folder(&pauses, "/a/x"), paused_folder(&pauses, "/b/x")],
            [None, Some(Some("/b".into()))]
        );
        pauses.resume(None).unwrap();
        assert_eq!(paused_folder(&pauses, "/b/x"), None);
    }

    #[test]
    fn a_pause_expires_and_the_change_is_reported_once() {
        let pauses = Pauses::default();
        assert!(!pauses.has_changed());
        pauses.pause(None, Some(HOUR)).unwrap();
        assert_eq!([pauses.has_changed(), pauses.has_changed()], [true, false]);
        pauses.state.lock().all[0].until = Some(1);
        assert_eq!(pauses.holds(None), None);
        assert_eq!([pauses.has_changed(), pauses.has_changed()], [true, false]);
    }

    #[test]
    fn pauses_apply_to_all_processes_and_a_broken_file_pauses_everything() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let pauses = || Pauses::new(Some(file.clone()));
        pauses().pause(Some("/a".into()), None).unwrap();
        pauses().pause(Some("/b".into()), None).unwrap();
        assert!(
            paused_folder(&pauses(), "/a/x").is_some()
                && paused_folder(&pauses(), "/b/x").is_some()
        );
        fs::write(&file, "[{").unwrap();
        assert_eq!(paused_folder(&pauses(), "/c/x"), Some(None));
        pauses().resume(None).unwrap();
        assert_eq!(paused_folder(&pauses(), "/c/x"), None);
    }
}
