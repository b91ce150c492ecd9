//! What the index was told and has not read yet.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ropey::Rope;
use rustc_hash::{FxHashMap, FxHashSet};

/// Changes are read once nothing was told for `QUIET`, or after `PATIENCE`.
const QUIET: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(2);

/// More changed files than this at once (a branch was switched) are read as a new tree.
const STORM: usize = 500;
/// Trees that nobody waits for are read again for at most this share of the time.
pub(super) const CALM: u32 = 10;

/// The queue between those who tell of changes and the thread that reads them.
pub(super) struct IndexState {
    queue: Mutex<IndexQueue>,
    told: Condvar,
    settled: Condvar,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Task {
    /// Read every file of the roots: of these from now on, if there are some.
    Build(Option<Vec<PathBuf>>),
    /// Read these again.
    Read(Vec<PathBuf>),
    /// Nothing is urgent.
    Rest,
    Stop,
}

#[derive(Default)]
pub(super) struct IndexQueue {
    roots: Option<Vec<PathBuf>>,
    reread: bool,
    /// When to read everything again because what is left out is nearer than what is not.
    reorder: Option<Instant>,
    changed: FxHashSet<PathBuf>,
    open: FxHashMap<PathBuf, Rope>,
    /// When the first and the last change was told.
    since: Option<(Instant, Instant)>,
    /// More has changed than `changed` names.
    storm: bool,
    /// The last tree that was read.
    last: Option<Built>,
    /// Somebody waits for all to be read.
    hurry: bool,
    stop: bool,
    /// What the worker does now is not wanted any more.
    abandon: bool,
    /// The worker waits, or is gone.
    idle: bool,
}

/// A tree that was read.
#[derive(Clone, Copy)]
struct Built {
    ended: Instant,
    took: Duration,
    /// How many before it were read one soon after the other.
    row: u32,
}

impl Built {
    /// How long to leave the next alone that has no new roots: not at all behind a single one; then as
    /// long as this one took, and twice as long each time, for as long as it goes on.
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
        let mut queue = self.lock();
        order(&mut queue, Instant::now());
        queue.idle &= queue.stop;
        self.told.notify_all();
    }

    /// Waits until the worker has nothing to do.
    pub(super) fn settle(&self) {
        let mut queue = self.lock();
        queue.hurry = true;
        self.told.notify_all();
        while !queue.idle {
            queue = self.settled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.hurry = false;
    }

    /// What to do, once there is something; `Task::Rest` at once if `backlog` is not empty.
    pub(super) fn next(&self, backlog: usize) -> Task {
        let mut queue = self.lock();
        loop {
            let now = Instant::now();
            let task = queue.take(now);
            if !matches!(task, Task::Rest) || backlog > 0 {
                return task;
            }
            let told = match queue.due() {
                Some(due) => {
                    let left = due.saturating_duration_since(now);
                    let waited = self.told.wait_timeout(queue, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    queue.idle = true;
                    self.settled.notify_all();
                    self.told.wait(queue).unwrap_or_else(PoisonError::into_inner)
                }
            };
            queue = told;
        }
    }

    /// Is what the worker does now in vain?
    pub(super) fn is_superseded(&self) -> bool {
        self.lock().is_superseded()
    }

    /// The documents that are open, and their texts.
    pub(super) fn open(&self) -> FxHashMap<PathBuf, Rope> {
        self.lock().open.clone()
    }

    pub(super) fn text(&self, path: &Path) -> Option<Rope> {
        self.lock().open.get(path).cloned()
    }

    /// The worker is gone, so nobody waits for it.
    pub(super) fn end(&self) {
        let mut queue = self.lock();
        queue.stop = true;
        queue.idle = true;
        self.settled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, IndexQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IndexQueue {
    pub(super) fn changed(&mut self, path: &Path, now: Instant) {
        // A storm needs no names, and must not take memory by the file.
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

    /// Reads everything again at `when`, unless that happens before for another reason.
    pub(super) fn reorder(&mut self, when: Instant) {
        self.reorder.get_or_insert(when);
    }

    pub(super) fn abandon(&mut self) {
        self.abandon = true;
    }

    pub(super) fn stop(&mut self) {
        self.stop = true;
    }

    /// A tree was read, or begun and given up.
    pub(super) fn built(&mut self, took: Duration, now: Instant) {
        let soon = self.last.filter(|it| now <= it.ended + it.took * (2 * CALM) + took);
        self.last = Some(Built { ended: now, took, row: soon.map_or(0, |it| it.row + 1) });
    }

    /// Is what is being read in vain? The second of two trees in a row is read to its end, or none
    /// ever would be.
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
            // Single changes are kept: they may be of files that no root holds.
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

    /// What was written meanwhile need not wait until the storm is over.
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

    /// When there may be something to do.
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
    fn typing_without_a_pause_is_read_all_the_same() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        for key in 0..40 {
            queue.opened(Path::new("a"), &Rope::from_str("text"), start + key * PATIENCE / 40);
        }
        check(&mut queue, start + PATIENCE - QUIET / 2, "Rest");
        check(&mut queue, start + PATIENCE, r#"Read(["a"])"#);
    }

    #[test]
    fn a_storm_of_changes_is_a_new_tree() {
        let (mut queue, start) = (IndexQueue::default(), Instant::now());
        for file in 0..=STORM {
            queue.changed(Path::new(&file.to_string()), start);
        }
        check(&mut queue, start + QUIET / 2, "Rest");
        check(&mut queue, start + QUIET, "Build(None)");
        check(&mut queue, start + QUIET, "Rest");
    }

    #[test]
    fn a_storm_takes_no_memory_by_the_file() {
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
    fn storm_after_storm_leaves_most_of_the_time_to_others() {
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
    fn a_branch_that_is_switched_back_is_read_soon() {
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
    fn what_is_typed_in_a_storm_is_read_before_it_is_over() {
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
    fn rereading_without_end_is_read_to_an_end() {
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
    fn a_new_order_waits_for_its_time_and_comes_once() {
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
    fn new_roots_come_first_and_stopping_before_them() {
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
