//! The trees of open documents, updated by a worker.
//!
//! Invariant: only `settle` and `settle_within` wait for a parse. An edit moves the nodes of the last tree and returns. The
//! worker parses the newest text, so any number of edits during a parse cost one further parse.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use ropey::Rope;

use crate::memory;
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::syntax::tree::Tree;
use crate::text::Edit;

/// Time without an edit after which unused memory is returned to the system.
const PAUSE: Duration = Duration::from_secs(3);

/// The trees of open documents, by the caller's keys.
pub struct Trees {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when a job is queued, an entry is to be freed, or all has ended.
    work: Condvar,
    parsed: Condvar,
}

#[derive(Default)]
struct State {
    documents: HashMap<String, Entry>,
    /// Keys of documents whose text is newer than their tree, each once.
    queue: VecDeque<String>,
    /// Closed documents, freed by the worker: freeing a large tree would delay a keystroke.
    closed: Vec<Entry>,
    ended: bool,
}

struct Entry {
    language: Language,
    rope: Rope,
    tree: Option<Tree>,
    /// The number of texts so far, and the number of the one that was last parsed.
    revision: u64,
    parsed: u64,
    queued: bool,
    /// Edits made after the running parse started.
    since: Vec<Edit>,
    /// Bytes of the shortest text whose parse was abandoned: a text of at least that length is not tried
    /// again.
    hopeless: usize,
    /// False once closed. Its address distinguishes this opening of the key from the next one.
    open: Arc<AtomicBool>,
}

/// A pending parse.
struct Job {
    key: String,
    language: Language,
    rope: Rope,
    last: Option<Tree>,
    revision: u64,
    hopeless: usize,
    open: Arc<AtomicBool>,
}

impl Trees {
    pub fn new(syntax: Arc<Syntax>) -> Self {
        Self::parsed_by(move |job| {
            syntax.warm(job.language);
            let go_on = || job.open.load(Ordering::Relaxed);
            Tree::parse(job.language, &job.rope, job.last.as_ref(), &go_on)
        })
    }

    fn parsed_by(parse: impl Fn(&Job) -> Option<Tree> + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let worker = Arc::clone(&shared);
        std::thread::spawn(move || worker.work(parse));
        Self { shared }
    }

    /// Adds a document; an existing document with the same key is closed.
    pub fn open(&self, key: &str, language: Language, rope: &Rope) {
        let entry = Entry {
            language,
            rope: rope.clone(),
            tree: None,
            revision: 1,
            parsed: 0,
            queued: false,
            since: Vec::new(),
            hopeless: usize::MAX,
            open: Arc::new(AtomicBool::new(true)),
        };
        let mut state = self.shared.state.lock();
        state.close(key);
        state.documents.insert(key.to_owned(), entry);
        state.enqueue(key);
        self.shared.work.notify_one();
    }

    /// Applies edits, in order; `rope` is the text after the last one.
    pub fn edited(&self, key: &str, edits: &[Edit], rope: &Rope) {
        let mut state = self.shared.state.lock();
        let Some(entry) = state.documents.get_mut(key) else { return };
        if let Some(tree) = &mut entry.tree {
            tree.edit(edits, rope);
        }
        entry.since.extend_from_slice(edits);
        entry.rope = rope.clone();
        entry.revision += 1;
        state.enqueue(key);
        self.shared.work.notify_one();
    }

    /// Removes a document and abandons its parse.
    pub fn close(&self, key: &str) {
        self.shared.state.lock().close(key);
        self.shared.work.notify_one();
    }

    /// The last tree, updated with every edit since. `None` before the first parse, without a grammar, and
    /// for a text that is too large or too hard to parse.
    pub fn newest(&self, key: &str) -> Option<Tree> {
        self.shared.state.lock().documents.get(key)?.tree.clone()
    }

    /// Whether the newest text is not parsed yet.
    pub fn is_behind(&self, key: &str) -> bool {
        self.shared.state.lock().is_behind(key)
    }

    /// Waits until the newest text is parsed or its parse is abandoned.
    pub fn settle(&self, key: &str) {
        let mut state = self.shared.state.lock();
        self.shared.parsed.wait_while(&mut state, |it| it.is_behind(key));
    }

    /// As `settle`, for at most `patience`. Returns whether the newest text is parsed now.
    pub fn settle_within(&self, key: &str, patience: Duration) -> bool {
        let mut state = self.shared.state.lock();
        let behind = |it: &mut State| it.is_behind(key);
        !self.shared.parsed.wait_while_for(&mut state, behind, patience).timed_out()
    }
}

impl Drop for Trees {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        let keys: Vec<String> = state.documents.keys().cloned().collect();
        keys.iter().for_each(|it| state.close(it));
        state.ended = true;
        self.shared.work.notify_one();
    }
}

impl State {
    fn is_behind(&self, key: &str) -> bool {
        self.documents.get(key).is_some_and(|it| it.parsed < it.revision)
    }

    fn enqueue(&mut self, key: &str) {
        let Some(entry) = self.documents.get_mut(key) else { return };
        if !mem::replace(&mut entry.queued, true) {
            self.queue.push_back(key.to_owned());
        }
    }

    fn close(&mut self, key: &str) {
        let Some(entry) = self.documents.remove(key) else { return };
        entry.open.store(false, Ordering::Relaxed);
        self.closed.push(entry);
    }

    /// The next pending parse.
    fn take(&mut self) -> Option<Job> {
        loop {
            let key = self.queue.pop_front()?;
            // The document was closed, or closed and reopened, and therefore queued twice.
            let Some(entry) = self.documents.get_mut(&key).filter(|it| it.queued) else { continue };
            entry.queued = false;
            entry.since.clear();
            return Some(Job {
                key,
                language: entry.language,
                rope: entry.rope.clone(),
                last: entry.tree.clone(),
                revision: entry.revision,
                hopeless: entry.hopeless,
                open: Arc::clone(&entry.open),
            });
        }
    }
}

impl Shared {
    fn work(&self, parse: impl Fn(&Job) -> Option<Tree>) {
        while let Some(job) = self.next() {
            let tree = catch_unwind(AssertUnwindSafe(|| job.parse(&parse)));
            let tree = tree.unwrap_or_else(|_| {
                tracing::error!(language = job.language.name(), "parsing a document panicked");
                None
            });
            self.keep(&job, tree);
        }
    }

    /// Waits for the next job and frees closed documents; `None` once all has ended. Unused memory is returned
    /// after a large document is closed, and once in each pause.
    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock();
        let mut returned = false;
        loop {
            let closed = mem::take(&mut state.closed);
            if !closed.is_empty() {
                drop(state);
                let large = closed.iter().any(|it| it.rope.len_bytes() >= memory::LARGE);
                drop(closed);
                if large {
                    memory::give_back();
                }
                state = self.state.lock();
                returned = false;
            } else if state.ended {
                return None;
            } else if let Some(job) = state.take() {
                return Some(job);
            } else if returned {
                self.work.wait(&mut state);
            } else if self.work.wait_for(&mut state, PAUSE).timed_out() {
                drop(state);
                memory::give_back();
                state = self.state.lock();
                returned = true;
            }
        }
    }

    /// Stores the result of a job, unless its document was closed meanwhile.
    fn keep(&self, job: &Job, mut tree: Option<Tree>) {
        let mut state = self.state.lock();
        let entry = state.documents.get_mut(&job.key);
        if let Some(entry) = entry.filter(|it| Arc::ptr_eq(&it.open, &job.open)) {
            match &mut tree {
                Some(tree) => tree.edit(&entry.since, &entry.rope),
                None => entry.hopeless = entry.hopeless.min(job.rope.len_bytes()),
            }
            mem::swap(&mut entry.tree, &mut tree);
            entry.parsed = job.revision;
        }
        drop(state);
        self.parsed.notify_all();
        // The previous tree, or the tree of a closed document.
        drop(tree);
    }
}

impl Job {
    fn parse(&self, parse: impl Fn(&Self) -> Option<Tree>) -> Option<Tree> {
        (self.rope.len_bytes() < self.hopeless).then(|| parse(self))?
    }
}

#[cfg(test)]
mod tests;
