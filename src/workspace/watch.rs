//! Changes of the workspace's files, for editors that do not report them.
//!
//! Events are gathered until it is quiet, then told as what is so now: a file was changed or is
//! gone. Where the system watches single folders (Linux, BSD), only those that a walk enters are
//! watched; elsewhere roots are, and what happens in other folders is dropped.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use notify::ErrorKind;
use notify::Event;
use notify::EventKind;
use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher;
use notify::event::ModifyKind;

use crate::workspace::files;
use crate::workspace::guard::Guard;

/// Changes are told once nothing has happened for `QUIET`, or after `PATIENCE`.
const QUIET: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(1);

/// More paths than this at once are told as `Report::Lost`.
const MAX_PATHS: usize = 10_000;

/// Folders watched at most: the system's share is for all its programs.
const MAX_FOLDERS: usize = 16_384;

/// One watch a folder, or one that sees all below a root?
const BY_FOLDER: bool = !cfg!(any(windows, target_os = "macos"));

/// Watches until it is dropped.
pub struct Watch {
    orders: Sender<Order>,
}

/// What the watch has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Everything is watched that can be: changes from now on are told.
    Watching { folders: usize },
    /// What has changed, each path once.
    Changes(Vec<Change>),
    /// Changes were missed, or too many at once: all has to be read again.
    Lost,
    /// Not everything can be watched, and why. Said once for a set of roots.
    Failed(String),
}

/// A file, or a folder with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Changed(PathBuf),
    Removed(PathBuf),
}

enum Order {
    Roots(Vec<PathBuf>),
    Event(notify::Result<Event>),
    Stop,
}

impl Watch {
    /// Watches `roots` on a thread of its own, which calls `report`.
    pub fn start(
        roots: Vec<PathBuf>,
        guard: Arc<Guard>,
        report: impl FnMut(Report) + Send + 'static,
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
                Err(error) => report(Report::Failed(format!("cannot watch files: {error}"))),
            }
        });
        watch
    }

    /// Watches these roots instead.
    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        // Without a watcher nobody listens, which was reported.
        let _ = self.orders.send(Order::Roots(roots));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
    }
}

struct Worker {
    watcher: RecommendedWatcher,
    guard: Arc<Guard>,
    report: Box<dyn FnMut(Report) + Send>,
    roots: Vec<PathBuf>,
    watched: BTreeSet<PathBuf>,
    failed: bool,
    pending: BTreeSet<PathBuf>,
    lost: bool,
    /// When the first and the last pending event came.
    since: Option<(Instant, Instant)>,
}

impl Worker {
    fn new(
        watcher: RecommendedWatcher,
        guard: Arc<Guard>,
        report: Box<dyn FnMut(Report) + Send>,
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
            // A folder that is gone is watched no more.
            let _ = self.watcher.unwatch(&path);
        }
        self.failed = false;
        self.roots = roots;
        self.watch_roots();
        (self.report)(Report::Watching { folders: self.watched.len() });
    }

    fn watch_roots(&mut self) {
        for root in self.roots.clone() {
            if !root.is_dir() {
                self.fail(format!("cannot watch {}: no folder", root.display()));
            }
            self.watch(&root);
        }
    }

    /// Watches a root or a new folder in one, and what is below.
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
            // A folder may be gone again, or be another user's; a root may not.
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
            (self.report)(Report::Failed(reason));
        }
    }

    fn note(&mut self, event: notify::Result<Event>, now: Instant) {
        let Ok(event) = event else { return };
        let lost = event.need_rescan() || self.pending.len() > MAX_PATHS;
        match event.kind {
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) if !lost => return,
            _ => {}
        }
        self.lost |= lost;
        self.pending.extend(event.paths);
        self.since = Some((self.since.map_or(now, |it| it.0), now));
    }

    fn tell(&mut self) {
        self.since = None;
        let paths = std::mem::take(&mut self.pending);
        if paths.iter().any(|it| Guard::is_rule(it)) {
            // Folders that were hidden may be seen now.
            self.guard.refresh();
            self.watch_roots();
        }
        let changes: Vec<Change> = paths.into_iter().filter_map(|it| self.change(it)).collect();
        if std::mem::take(&mut self.lost) {
            (self.report)(Report::Lost);
        } else if !changes.is_empty() {
            (self.report)(Report::Changes(changes));
        }
    }

    /// What is so of a path now, if it is one that a walk would find.
    fn change(&mut self, path: PathBuf) -> Option<Change> {
        let path = self.as_opened(path);
        if !files::is_reached(&path, &self.roots) {
            return None;
        }
        let Ok(metadata) = path.symlink_metadata() else {
            self.watched.retain(|it| !it.starts_with(&path));
            return Some(Change::Removed(path));
        };
        if !metadata.is_dir() {
            return self.guard.check(&path).is_ok().then_some(Change::Changed(path));
        }
        if files::is_skipped(&path) || self.guard.check_folder(&path).is_err() {
            return None;
        }
        if BY_FOLDER {
            self.watch(&path);
        }
        Some(Change::Changed(path))
    }

    /// Some systems tell where a file truly lies; the editor knows it by the root it opened.
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
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// Ten times what it may take.
    const HANG: Duration = Duration::from_secs(20);

    struct Desk {
        tree: TempDir,
        reports: Receiver<Report>,
        watch: Watch,
    }

    impl Desk {
        fn new(files: &[(&str, &str)], roots: &[&str]) -> Self {
            let tree = tempfile::tempdir().expect("a temporary folder");
            for (name, text) in files {
                write(&tree.path().join(name), text);
            }
            let roots: Vec<PathBuf> = roots.iter().map(|it| tree.path().join(it)).collect();
            let guard = Arc::new(Guard::new(roots.clone(), &[]).expect("no globs"));
            let (sender, reports) = mpsc::channel();
            let watch = Watch::start(roots, guard, move |it| drop(sender.send(it)));
            let desk = Self { tree, reports, watch };
            desk.ready();
            desk
        }

        fn ready(&self) {
            while !matches!(self.next(), Report::Watching { .. }) {}
        }

        fn next(&self) -> Report {
            self.reports.recv_timeout(HANG).expect("a report")
        }

        /// Waits until each of the paths was told of; anything else that is told fails.
        fn check(&self, expected: &[&str]) {
            let mut missing: BTreeSet<String> = expected.iter().map(|it| it.to_string()).collect();
            while !missing.is_empty() {
                let Report::Changes(changes) = self.next() else { continue };
                for change in changes {
                    let (mark, path) = match change {
                        Change::Changed(path) => ('+', path),
                        Change::Removed(path) => ('-', path),
                    };
                    let path = path.strip_prefix(self.tree.path()).expect("in the tree");
                    let said = format!("{mark}{}", path.display());
                    missing.remove(&said);
                    assert!(expected.contains(&said.as_str()), "{said}");
                }
            }
        }

        fn write(&self, name: &str) {
            write(&self.tree.path().join(name), "text\n");
        }
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("in the tree")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    #[test]
    fn changed_and_removed_files_are_told_and_hidden_ones_are_not() {
        let desk = Desk::new(
            &[(".gitignore", "out/\n*.gen\n"), ("src/a.rs", ""), ("out/b.rs", ""), ("c.rs", "")],
            &[""],
        );
        for name in ["out/b.rs", "x.gen", ".env", "src/a.rs"] {
            desk.write(name);
        }
        fs::remove_file(desk.tree.path().join("c.rs")).expect("a file");
        desk.check(&["+src/a.rs", "-c.rs"]);
    }

    #[test]
    fn files_in_a_new_folder_are_told() {
        let desk = Desk::new(&[("a.rs", "")], &[""]);
        fs::create_dir(desk.tree.path().join("new")).expect("a folder");
        desk.check(&["+new"]);
        desk.write("new/b.rs");
        desk.check(&["+new/b.rs"]);
    }

    #[test]
    fn a_folder_that_is_hidden_no_more_is_watched() {
        let desk = Desk::new(&[(".gitignore", "out/\n"), ("out/a.rs", "")], &[""]);
        write(&desk.tree.path().join(".gitignore"), "\n");
        desk.check(&["+.gitignore"]);
        desk.write("out/a.rs");
        desk.check(&["+out/a.rs"]);
    }

    #[test]
    fn other_roots_are_watched_instead() {
        let desk = Desk::new(&[("one/a.rs", ""), ("two/a.rs", "")], &["one"]);
        desk.watch.set_roots(vec![desk.tree.path().join("two")]);
        desk.ready();
        desk.write("one/a.rs");
        desk.write("two/a.rs");
        desk.check(&["+two/a.rs"]);
    }

    #[test]
    fn a_root_that_cannot_be_watched_is_said_and_the_watch_goes_on() {
        let desk = Desk::new(&[("one/a.rs", "")], &["one"]);
        let roots = ["gone", "one"].map(|it| desk.tree.path().join(it));
        desk.watch.set_roots(roots.to_vec());
        assert!(matches!(desk.next(), Report::Failed(_)));
        desk.ready();
        desk.write("one/a.rs");
        desk.check(&["+one/a.rs"]);
    }

    #[test]
    fn a_dropped_watch_tells_no_more() {
        let Desk { tree: _tree, reports, watch } = Desk::new(&[("a.rs", "")], &[""]);
        drop(watch);
        assert_eq!(reports.recv_timeout(HANG), Err(RecvTimeoutError::Disconnected));
    }
}
