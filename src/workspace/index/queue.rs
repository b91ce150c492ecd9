//! The changes that the index has not read yet.

use std::mem;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use ropey::Rope;
use rustc_hash::{FxHashMap, FxHashSet};

/// Changes are read after a pause of `QUIET`, or after `PATIENCE` at the latest.
const QUIET: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(2);

/// More changed files than this at once (a switched branch) are read as a new tree.
const STORM: usize = 500;
/// A tree without new roots is read again for at most one part in `CALM` of the time.
pub(super) const CALM: u32 = 10;

/// The queue between reporters of changes and the thread that reads them.
pub(super) struct IndexState {
    queue: Mutex<IndexQueue>,
    told: Condvar,
    settled: Condvar,
}

/// The worker's next task.
#[derive(Debug)]
pub(super) enum Task {
    /// Read every file of the roots; if present, these are the new roots.
    Build(Option<Vec<PathBuf>>),
    /// Read these paths again.
    Read(Vec<PathBuf>),
    /// Nothing is urgent.
    Rest,
    Stop,
}

#[derive(Default)]
pub(super) struct IndexQueue {
    roots: Option<Vec<PathBuf>>,
    reread: bool,
    /// When to read everything again because a file that was left out is nearer than others.
    reorder: Option<Instant>,
    changed: FxHashSet<PathBuf>,
    open: FxHashMap<PathBuf, Rope>,
    /// Times of the first and the last change.
    since: Option<(Instant, Instant)>,
    /// More paths have changed than `changed` contains.
    storm: bool,
    /// The last tree that was read.
    last: Option<Built>,
    /// A caller of `settle` waits.
    hurry: bool,
    stop: bool,
    /// The worker's current task is no longer needed.
    abandon: bool,
    /// The worker waits for a task, or has ended.
    idle: bool,
}

/// A tree that was read.
#[derive(Clone, Copy)]
struct Built {
    ended: Instant,
    took: Duration,
    /// How many trees before it were read in quick succession.
    row: u32,
}

impl Built {
    /// The pause before the next tree without new roots. No pause after a single tree; then as long as this
    /// one took, doubled each time.
    fn rest(self) -> Duration {
        self.took * (1 << self.row.min(CALM) >> 1).min(CALM)
    }
}

impl IndexState {
    pub(super) fn new(roots: Vec<PathBuf>) -> Self {
        let queue = IndexQueue { roots: Some(roots), ..IndexQueue::default() };
        Self { queue: Mutex::new(queue), told: Condvar::new(), settled: Condvar::new() }
    }

    pub(super) fn order(&self, order: impl FnOnce(&mut IndexQueue, Instant)) {
        let mut queue = self.queue.lock();
        order(&mut queue, Instant::now());
        queue.idle &= queue.stop;
        self.told.notify_all();
    }

    /// Waits until the worker has no task left.
    pub(super) fn settle(&self) {
        let mut queue = self.queue.lock();
        queue.hurry = true;
        self.told.notify_all();
        while !queue.idle {
            self.settled.wait(&mut queue);
        }
        queue.hurry = false;
    }

    /// Waits for the next task. Returns `Task::Rest` at once if `backlog` is not empty.
    pub(super) fn next(&self, backlog: usize) -> Task {
        let mut queue = self.queue.lock();
        loop {
            let now = Instant::now();
            let task = queue.take(now);
            if !matches!(task, Task::Rest) || backlog > 0 {
                return task;
            }
            match queue.due() {
                Some(due) => {
                    self.told.wait_until(&mut queue, due);
                }
                None => {
                    queue.idle = true;
                    self.settled.notify_all();
                    self.told.wait(&mut queue);
                }
            }
        }
    }

    /// Whether the worker's current task is superseded.
    pub(super) fn is_superseded(&self) -> bool {
        self.queue.lock().is_superseded()
    }

    /// The open documents with their texts.
    pub(super) fn open(&self) -> FxHashMap<PathBuf, Rope> {
        self.queue.lock().open.clone()
    }

    pub(super) fn text(&self, path: &Path) -> Option<Rope> {
        self.queue.lock().open.get(path).cloned()
    }

    /// Ends the queue with the worker, so that no caller of `settle` waits for it.
    pub(super) fn end(&self) {
        let mut queue = self.queue.lock();
        queue.stop = true;
        queue.idle = true;
        self.settled.notify_all();
    }
}

impl IndexQueue {
    pub(super) fn changed(&mut self, path: &Path, now: Instant) {
        // A storm needs no names, so its memory does not grow with the files.
        self.storm |= self.changed.len() > STORM;
        if !self.storm || self.open.contains_key(path) {
            self.changed.insert(path.to_owned());
        }
        self.since = Some((self.since.map_or(now, |it| it.0), now));
    }

    pub(super) fn opened(&mut self, path: &Path, text: &Rope, now: Instant) {
        self.open.insert(path.to_owned(), text.clone());
        self.changed(path, now);
    }

    pub(super) fn closed(&mut self, path: &Path, now: Instant) {
        self.open.remove(path);
        self.changed(path, now);
    }

    pub(super) fn set_roots(&mut self, roots: Vec<PathBuf>) {
        self.roots = Some(roots);
    }

    pub(super) fn reread(&mut self) {
        self.reread = true;
    }

    /// Reads everything again at `when`, unless another reason causes that earlier.
    pub(super) fn reorder(&mut self, when: Instant) {
        self.reorder.get_or_insert(when);
    }

    pub(super) fn abandon(&mut self) {
        self.abandon = true;
    }

    pub(super) fn stop(&mut self) {
        self.stop = true;
    }

    /// Records that a tree was read, or started and abandoned.
    pub(super) fn built(&mut self, took: Duration, now: Instant) {
        let soon = self.last.filter(|it| now <= it.ended + it.took * (2 * CALM) + took);
        self.last = Some(Built { ended: now, took, row: soon.map_or(0, |it| it.row + 1) });
    }

    /// Whether the tree being read is superseded. The second of two trees in a row is read to its end,
    /// otherwise none would ever be complete.
    fn is_superseded(&self) -> bool {
        let again = self.reread && self.last.is_none_or(|it| it.row == 0);
        self.stop || self.abandon || self.roots.is_some() || again
    }

    fn take(&mut self, now: Instant) -> Task {
        self.abandon = false;
        let is_due = |it: Instant| self.hurry || it <= now;
        let due = self.hurry || self.quiet().is_some_and(is_due);
        let reorder = self.reorder.is_some_and(is_due);
        let again = self.reread || self.is_storm() && due;
        let rested = self.rested().is_none_or(is_due);
        if self.stop {
            return Task::Stop;
        }
        if self.roots.is_some() || reorder || again && rested {
            self.reread = false;
            self.reorder = None;
            // Single changes are kept: their files may be outside all roots.
            if self.is_storm() && due {
                self.changed.clear();
                self.storm = false;
                self.since = None;
            }
            return Task::Build(self.roots.take());
        }
        if !due || self.changed.is_empty() {
            return Task::Rest;
        }
        if self.is_storm() {
            return self.take_open();
        }
        self.since = None;
        Task::Read(mem::take(&mut self.changed).into_iter().collect())
    }

    /// Open documents are read during a storm.
    fn take_open(&mut self) -> Task {
        self.storm = true;
        let is_open = |it: &PathBuf| self.open.contains_key(it);
        let open: Vec<PathBuf> = self.changed.extract_if(is_open).collect();
        if open.is_empty() { Task::Rest } else { Task::Read(open) }
    }

    fn is_storm(&self) -> bool {
        self.storm || self.changed.len() > STORM
    }

    /// When everything may be read again.
    fn rested(&self) -> Option<Instant> {
        self.last.map(|it| it.ended + it.rest())
    }

    /// When there may be a task.
    fn due(&self) -> Option<Instant> {
        let again = if self.reread || self.is_storm() { self.rested() } else { None };
        let waits = self.is_storm() && !self.changed.iter().any(|it| self.open.contains_key(it));
        let quiet = match again {
            Some(again) if waits => self.quiet().map(|it| it.max(again)),
            Some(_) | None => self.quiet(),
        };
        let again = again.filter(|_| self.reread);
        quiet.into_iter().chain(self.reorder).chain(again).min()
    }

    fn quiet(&self) -> Option<Instant> {
        self.since.map(|(first, last)| (last + QUIET).min(first + PATIENCE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(queue: &mut IndexQueue, now: Instant, expected: &str) {
        let task = match queue.take(now) {
            Task::Read(mut paths) => {
                paths.sort();
                format!("Read({paths:?})")
            }
            task => format!("{task:?}"),
        };
        assert_eq!(task, expected);
    }

    #[test]
    fn changes_are_read_together_once_it_is_quiet() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        queue.changed(Path::new("a"), start);
        queue.changed(Path::new("b"), start + QUIET / 2);
        queue.changed(Path::new("a"), start + QUIET / 2);
        check(&mut queue, start + QUIET, "Rest");
        check(&mut queue, start + 2 * QUIET, r#"Read(["a", "b"])"#);
        check(&mut queue, start + 2 * QUIET, "Rest");
    }

    #[test]
    fn typing_without_a_pause_is_read_too() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        for key in 0..40 {
            queue.opened(Path::new("a"), &Rope::from_str("text"), start + key * PATIENCE / 40);
        }
        check(&mut queue, start + PATIENCE - QUIET / 2, "Rest");
        check(&mut queue, start + PATIENCE, r#"Read(["a"])"#);
    }

    #[test]
    fn a_storm_of_changes_is_read_as_a_new_tree() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        for file in 0..=STORM {
            queue.changed(Path::new(&file.to_string()), start);
        }
        check(&mut queue, start + QUIET / 2, "Rest");
        check(&mut queue, start + QUIET, "Build(None)");
        check(&mut queue, start + QUIET, "Rest");
    }

    #[test]
    fn the_memory_of_a_storm_does_not_grow_with_its_files() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        for file in 0..100 * STORM {
            queue.changed(Path::new(&file.to_string()), start);
        }
        assert!(queue.changed.len() <= STORM + 1);
        check(&mut queue, start + QUIET, "Build(None)");
    }

    fn storm(queue: &mut IndexQueue, now: Instant) {
        for file in 0..=STORM {
            queue.changed(Path::new(&file.to_string()), now);
        }
    }

    #[test]
    fn continuous_storms_use_a_tenth_of_the_time() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        let (took, step) = (Duration::from_secs(3), Duration::from_millis(50));
        let (mut now, mut at_work) = (start, Duration::ZERO);
        queue.set_roots(vec![PathBuf::from("r")]);
        while now < start + took * 1_000 {
            storm(&mut queue, now);
            if matches!(queue.take(now), Task::Build(_)) {
                now += took;
                at_work += took;
                queue.built(took, now);
            }
            now += step;
        }
        let share = at_work.as_secs_f64() / (now - start).as_secs_f64();
        assert!((0.08..0.11).contains(&share), "{share}");
    }

    #[test]
    fn a_branch_that_is_switched_back_is_read_without_a_long_pause() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        let took = Duration::from_secs(3);
        queue.built(took, start);
        for switch in [start + took, start + took * 100] {
            storm(&mut queue, switch);
            check(&mut queue, switch + QUIET, "Build(None)");
            queue.built(took, switch + took);
            storm(&mut queue, switch + took);
            assert!(queue.due() <= Some(switch + 2 * took));
            check(&mut queue, switch + 2 * took, "Build(None)");
            queue.built(took, switch + 3 * took);
        }
    }

    #[test]
    fn typing_during_a_storm_is_read_before_the_storm_ends() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        let took = Duration::from_secs(3);
        (0..9).for_each(|_| queue.built(took, start));
        storm(&mut queue, start);
        queue.opened(Path::new("a"), &Rope::from_str("text"), start);
        check(&mut queue, start + QUIET, r#"Read(["a"])"#);
        check(&mut queue, start + QUIET, "Rest");
        assert_eq!(queue.due(), Some(start + took * CALM));
        queue.opened(Path::new("a"), &Rope::from_str("text"), start + took);
        check(&mut queue, start + took + QUIET, r#"Read(["a"])"#);
        check(&mut queue, start + took * CALM, "Build(None)");
    }

    #[test]
    fn repeated_requests_to_reread_do_not_abandon_every_tree() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        let took = Duration::from_secs(3);
        queue.reread();
        assert!(queue.is_superseded());
        check(&mut queue, start, "Build(None)");
        queue.built(took, start);
        queue.built(took, start + took);
        queue.reread();
        assert!(!queue.is_superseded());
        check(&mut queue, start + took, "Rest");
        assert_eq!(queue.due(), Some(start + took + took));
        check(&mut queue, start + took + took, "Build(None)");
        queue.set_roots(Vec::new());
        assert!(queue.is_superseded());
    }

    #[test]
    fn a_reorder_waits_for_its_time_and_happens_once() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        queue.reorder(start + PATIENCE);
        queue.reorder(start + 2 * PATIENCE);
        assert_eq!(queue.due(), Some(start + PATIENCE));
        check(&mut queue, start + PATIENCE - QUIET, "Rest");
        check(&mut queue, start + PATIENCE, "Build(None)");
        check(&mut queue, start + 3 * PATIENCE, "Rest");
        queue.reorder(start + 4 * PATIENCE);
        queue.reread();
        check(&mut queue, start + 3 * PATIENCE, "Build(None)");
        check(&mut queue, start + 5 * PATIENCE, "Rest");
    }

    #[test]
    fn new_roots_precede_changes_and_a_stop_precedes_new_roots() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        queue.changed(Path::new("a"), start);
        queue.set_roots(vec![PathBuf::from("r")]);
        check(&mut queue, start, r#"Build(Some(["r"]))"#);
        check(&mut queue, start + QUIET, r#"Read(["a"])"#);
        queue.reread();
        queue.stop();
        check(&mut queue, start, "Stop");
    }
}
