//! Watches the workspace's files for changes, for editors that do not report them.
//!
//! Events are collected until they pause, then reported as the current state: a file was changed or is gone.
//! Where the system watches single folders (Linux, BSD), only the folders that a walk enters are watched;
//! elsewhere the roots are watched, and events in other folders are dropped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::ModifyKind;
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::workspace::files;
use crate::workspace::guard::Guard;

/// Changes are reported after a pause of `QUIET`, or after `PATIENCE` at the latest.
const QUIET: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(1);

/// More paths than this at once are reported as `WatchReport::Lost`.
const MAX_PATHS: usize = 10_000;

/// Maximum number of watched folders: all programs share the system's limit.
const MAX_FOLDERS: usize = 16_384;

/// Whether a watch covers one folder, or everything below a root.
const BY_FOLDER: bool = !cfg!(any(windows, target_os = "macos"));

/// Stops watching when dropped.
pub struct FileWatch {
    orders: Sender<Order>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchReport {
    /// Watching has started: changes from now on are reported.
    Watching { folders: usize },
    /// The changes, each path once.
    Changes(Vec<FileChange>),
    /// Changes were missed, or were too many at once: everything has to be read again.
    Lost,
    /// The reason why not everything can be watched. Reported once for a set of roots.
    Failed(String),
}

/// A change of a file, or of a folder with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    Changed(PathBuf),
    Removed(PathBuf),
}

enum Order {
    Roots(Vec<PathBuf>),
    Event(notify::Result<Event>),
    Stop,
}

impl FileWatch {
    /// Watches `roots` on a new thread, which calls `report`.
    pub fn start(
        roots: Vec<PathBuf>,
        guard: Arc<Guard>,
        report: impl FnMut(WatchReport) + Send + 'static,
    ) -> Self {
        let (orders, inbox) = mpsc::channel();
        let watch = Self { orders: orders.clone() };
        watch.set_roots(roots);
        thread::spawn(move || {
            let mut report = report;
            let handler = move |event| {
                let _ = orders.send(Order::Event(event));
            };
            match notify::recommended_watcher(handler) {
                Ok(watcher) => Worker::new(watcher, guard, Box::new(report)).run(&inbox),
                Err(error) => report(WatchReport::Failed(format!("cannot watch files: {error}"))),
            }
        });
        watch
    }

    /// Replaces the watched roots.
    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        // Without a watcher there is no receiver, which was reported.
        let _ = self.orders.send(Order::Roots(roots));
    }
}

impl Drop for FileWatch {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
    }
}

struct Worker {
    watcher: RecommendedWatcher,
    guard: Arc<Guard>,
    report: Box<dyn FnMut(WatchReport) + Send>,
    roots: Vec<PathBuf>,
    watched: BTreeSet<PathBuf>,
    failed: bool,
    pending: BTreeSet<PathBuf>,
    lost: bool,
    /// Times of the first and the last pending event.
    since: Option<(Instant, Instant)>,
}

impl Worker {
    fn new(
        watcher: RecommendedWatcher,
        guard: Arc<Guard>,
        report: Box<dyn FnMut(WatchReport) + Send>,
    ) -> Self {
        Self {
            watcher,
            guard,
            report,
            roots: Vec::new(),
            watched: BTreeSet::new(),
            failed: false,
            pending: BTreeSet::new(),
            lost: false,
            since: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            let order = match self.due() {
                Some(due) => inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Ok(Order::Roots(roots)) => self.set_roots(roots),
                Ok(Order::Event(event)) => self.note(event, Instant::now()),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.tell(),
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        self.since.map(|(first, last)| (last + QUIET).min(first + PATIENCE))
    }

    fn set_roots(&mut self, roots: Vec<PathBuf>) {
        for path in std::mem::take(&mut self.watched) {
            // The watch of a deleted folder is gone already.
            let _ = self.watcher.unwatch(&path);
        }
        self.failed = false;
        self.roots = roots;
        self.watch_roots();
        (self.report)(WatchReport::Watching { folders: self.watched.len() });
    }

    fn watch_roots(&mut self) {
        for root in self.roots.clone() {
            if !root.is_dir() {
                self.fail(format!("cannot watch {}: not a folder", root.display()));
            }
            self.watch(&root);
        }
    }

    /// Watches a root, or a new folder in one, with everything below.
    fn watch(&mut self, path: &Path) {
        if !BY_FOLDER {
            return self.watch_one(path, RecursiveMode::Recursive);
        }
        for folder in files::folders(&[path.to_owned()], &self.guard) {
            if self.watched.len() >= MAX_FOLDERS {
                return self.fail(format!("cannot watch more than {MAX_FOLDERS} folders"));
            }
            if !self.watched.contains(&folder) {
                self.watch_one(&folder, RecursiveMode::NonRecursive);
            }
        }
    }

    fn watch_one(&mut self, path: &Path, mode: RecursiveMode) {
        match self.watcher.watch(path, mode).map_err(|it| it.kind) {
            Ok(()) => {
                self.watched.insert(path.to_owned());
            }
            Err(ErrorKind::MaxFilesWatch) => self.fail(format!(
                "cannot watch more than {} folders: the system's limit of watches is reached",
                self.watched.len()
            )),
            // A folder may be gone again or belong to another user; a root may not.
            Err(kind) if self.roots.iter().any(|it| it == path) => {
                let reason = notify::Error::new(kind);
                self.fail(format!("cannot watch {}: {reason}", path.display()));
            }
            Err(_) => {}
        }
    }

    fn fail(&mut self, reason: String) {
        if !self.failed {
            self.failed = true;
            (self.report)(WatchReport::Failed(reason));
        }
    }

    fn note(&mut self, event: notify::Result<Event>, now: Instant) {
        let Ok(event) = event else { return };
        let lost = event.need_rescan() || self.pending.len() > MAX_PATHS;
        match event.kind {
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) if !lost => return,
            _ => {}
        }
        if let EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) = event.kind {
            // The watch is gone with the folder: a new folder of that name needs another one.
            for path in &event.paths {
                self.unwatch(path);
            }
        }
        self.lost |= lost;
        // Lost changes need no names, so their memory does not grow with the files.
        if !self.lost {
            self.pending.extend(event.paths);
        }
        self.since = Some((self.since.map_or(now, |it| it.0), now));
    }

    fn tell(&mut self) {
        self.since = None;
        let paths = std::mem::take(&mut self.pending);
        if paths.iter().any(|it| Guard::is_rule(it)) {
            // Folders that were hidden may be visible now.
            self.guard.refresh();
            self.watch_roots();
        }
        if std::mem::take(&mut self.lost) {
            // Which folders were created or replaced is unknown, too.
            self.guard.refresh();
            for root in self.roots.clone() {
                self.unwatch(&root);
            }
            self.watch_roots();
            return (self.report)(WatchReport::Lost);
        }
        let changes: Vec<FileChange> = paths.into_iter().filter_map(|it| self.change(it)).collect();
        if !changes.is_empty() {
            (self.report)(WatchReport::Changes(changes));
        }
    }

    /// Stops watching a folder and everything below it.
    fn unwatch(&mut self, folder: &Path) {
        let below = self.watched.range(folder.to_owned()..);
        for path in below.take_while(|it| it.starts_with(folder)).cloned().collect::<Vec<_>>() {
            // The watch of a deleted folder is gone already.
            let _ = self.watcher.unwatch(&path);
            self.watched.remove(&path);
        }
    }

    /// The current state of a path, if a walk would find it.
    fn change(&mut self, path: PathBuf) -> Option<FileChange> {
        let path = self.as_opened(path);
        if !files::is_reached(&path, &self.roots) {
            return None;
        }
        let Ok(metadata) = path.symlink_metadata() else {
            self.unwatch(&path);
            return Some(FileChange::Removed(path));
        };
        if !metadata.is_dir() {
            return self.guard.check(&path).is_ok().then_some(FileChange::Changed(path));
        }
        if files::is_skipped(&path) || self.guard.check_folder(&path).is_err() {
            return None;
        }
        if BY_FOLDER {
            self.watch(&path);
        }
        Some(FileChange::Changed(path))
    }

    /// Some systems report a path with links resolved; the editor uses the root as it opened it.
    fn as_opened(&self, path: PathBuf) -> PathBuf {
        if self.roots.iter().any(|it| path.starts_with(it)) {
            return path;
        }
        let opened =
            |root: &PathBuf| Some(root.join(path.strip_prefix(root.canonicalize().ok()?).ok()?));
        self.roots.iter().find_map(opened).unwrap_or(path)
    }
}

#[cfg(test)]
mod tests;
