//! What its user has paused: a folder or everything, for a while or until they go on. Nothing is
//! suggested there, and nothing of it is sent.
//!
//! It stands in a file in the folder of our state, so it holds in all windows, and after a restart.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, fs, io};

use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};

use crate::storage;

/// The file, in the folder of our state.
pub const FILE: &str = "paused.json";
/// How old may be what is known of the file: what another window pauses is seen within this time.
const FRESH: Duration = Duration::from_secs(1);

/// One pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Where it holds; everywhere without one.
    pub folder: Option<PathBuf>,
    /// When it ends, in seconds since 1970; without one its user ends it.
    pub until: Option<u64>,
}

/// All pauses, as far as they are known.
#[derive(Default)]
pub struct Pauses {
    file: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    all: Vec<Pause>,
    /// When the file was looked at last, and what it looked like.
    looked: Option<Instant>,
    stamp: Option<(SystemTime, u64)>,
    /// What `has_changed` saw last.
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
    /// Those of a file, which need not be there yet; without one they are this process's own.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file, state: Mutex::default() }
    }

    /// Which pause holds for a file, or for what is no file; the widest, if several do.
    pub fn holds(&self, path: Option<&Path>) -> Option<Pause> {
        let now = SystemTime::now();
        let state = self.read(FRESH);
        let holding = state.all.iter().filter(|it| !it.is_over(now) && it.holds(path));
        let width = |it: &&Pause| it.folder.as_ref().map_or(0, |it| it.components().count());
        holding.min_by_key(width).cloned()
    }

    /// A pause that holds anywhere; the widest, if several do.
    pub fn any(&self) -> Option<Pause> {
        let now = SystemTime::now();
        let state = self.read(FRESH);
        let holding = state.all.iter().filter(|it| !it.is_over(now));
        holding.min_by_key(|it| it.folder.as_ref().map_or(0, |it| it.components().count())).cloned()
    }

    /// Pauses a folder, or everything, for so long, or until its user goes on.
    pub fn pause(&self, folder: Option<PathBuf>, span: Option<Duration>) -> io::Result<Pause> {
        let until = span.map(|it| seconds(SystemTime::now()).saturating_add(it.as_secs()));
        let pause = Pause { folder, until };
        self.change(|all| {
            all.retain(|it| it.folder != pause.folder);
            all.push(pause.clone());
        })?;
        Ok(pause)
    }

    /// Ends whatever holds for a file; without one, all there is.
    pub fn resume(&self, path: Option<&Path>) -> io::Result<()> {
        self.change(|all| all.retain(|it| path.is_some() && !it.holds(path)))
    }

    /// Whether something was paused, ended or ran out since this was asked last.
    pub fn has_changed(&self) -> bool {
        let now = SystemTime::now();
        let mut state = self.read(FRESH);
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
        Ok(())
    }

    /// What is known, read anew if that is older than it may be and the file has changed.
    fn read(&self, fresh: Duration) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        let Some(file) = &self.file else { return state };
        if state.looked.is_some_and(|it| it.elapsed() < fresh) {
            return state;
        }
        state.looked = Some(Instant::now());
        let stamp = stamp(file);
        if stamp != state.stamp {
            state.stamp = stamp;
            state.all = match fs::read_to_string(file).map(|it| serde_json::from_str(&it)) {
                Ok(Ok(all)) => all,
                Err(it) if it.kind() == io::ErrorKind::NotFound => Vec::new(),
                Ok(Err(_)) | Err(_) => {
                    tracing::warn!(file = %file.display(), "what is paused cannot be read");
                    // Its user wanted a pause somewhere: rather too wide than too narrow.
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

    fn folders(pauses: &Pauses, path: &str) -> Option<Option<PathBuf>> {
        pauses.holds(Some(Path::new(path))).map(|it| it.folder)
    }

    #[test]
    fn a_folder_is_paused_with_all_below_it_and_nothing_beside_it() {
        let pauses = Pauses::default();
        pauses.pause(Some("/work/client".into()), None).unwrap();
        assert_eq!(folders(&pauses, "/work/client/a.rs"), Some(Some("/work/client".into())));
        assert_eq!(folders(&pauses, "/work/client2/a.rs"), None);
        assert_eq!(pauses.holds(None), None);
    }

    #[test]
    fn everywhere_holds_for_what_is_no_file_too() {
        let pauses = Pauses::default();
        pauses.pause(Some("/work".into()), None).unwrap();
        pauses.pause(None, Some(HOUR)).unwrap();
        assert_eq!(pauses.holds(None).unwrap().folder, None);
        assert_eq!(folders(&pauses, "/work/a.rs"), Some(None));
        assert!(pauses.holds(None).unwrap().to_string().ends_with("everywhere, 60 min left"));
    }

    #[test]
    fn going_on_ends_what_holds_there_and_nothing_else() {
        let pauses = Pauses::default();
        pauses.pause(Some("/a".into()), None).unwrap();
        pauses.pause(Some("/b".into()), None).unwrap();
        pauses.resume(Some(Path::new("/a/x.rs"))).unwrap();
        assert_eq!(
            [folders(&pauses, "/a/x"), folders(&pauses, "/b/x")],
            [None, Some(Some("/b".into()))]
        );
        pauses.resume(None).unwrap();
        assert_eq!(folders(&pauses, "/b/x"), None);
    }

    #[test]
    fn it_ends_by_itself_and_that_is_noticed_once() {
        let pauses = Pauses::default();
        assert!(!pauses.has_changed());
        pauses.pause(None, Some(HOUR)).unwrap();
        assert_eq!([pauses.has_changed(), pauses.has_changed()], [true, false]);
        pauses.state.lock().all[0].until = Some(1);
        assert_eq!(pauses.holds(None), None);
        assert_eq!([pauses.has_changed(), pauses.has_changed()], [true, false]);
    }

    #[test]
    fn it_holds_for_all_who_share_the_file_and_a_broken_file_pauses_everything() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let pauses = || Pauses::new(Some(file.clone()));
        pauses().pause(Some("/a".into()), None).unwrap();
        pauses().pause(Some("/b".into()), None).unwrap();
        assert!(folders(&pauses(), "/a/x").is_some() && folders(&pauses(), "/b/x").is_some());
        fs::write(&file, "[{").unwrap();
        assert_eq!(folders(&pauses(), "/c/x"), Some(None));
        pauses().resume(None).unwrap();
        assert_eq!(folders(&pauses(), "/c/x"), None);
    }
}
