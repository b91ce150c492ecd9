//! A simulated user: the engine as in the server, without the protocol.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use understudy::feature::completion::CompletionRequest;
use understudy::feature::document::OpenDocument;
use understudy::feature::{Engine, EngineOptions, SharedState};
use understudy::prompt::Trigger;
use understudy::syntax::Syntax;
use understudy::syntax::trees::Trees;
use understudy::text::position::Encoding;
use understudy::text::{Change, Document};
use understudy::workspace::guard::Guard;
use understudy::workspace::index;
use understudy::workspace::index::{Index, IndexProgress};
use understudy::workspace::journal::Journal;

pub(crate) struct Desk {
    engine: Engine,
    progress: Receiver<IndexProgress>,
}

pub(crate) struct Learned {
    pub(crate) files: usize,
    pub(crate) lines: usize,
    pub(crate) elapsed: Duration,
}

/// Duration of each keystroke: its edit and its completion.
#[derive(Default)]
pub(crate) struct Times {
    all: Vec<Duration>,
    /// For the slowest: duration of its edit, CPU time of the thread and its time in the run queue.
    slowest: (Duration, Duration, Scheduled),
}

/// CPU time of this thread and its time in the run queue, from the operating system.
#[derive(Clone, Copy, Default)]
struct Scheduled {
    worked: Duration,
    waited: Duration,
}

impl Scheduled {
    fn now() -> Self {
        let said = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let mut numbers = said.split_whitespace().map(|it| it.parse().unwrap_or(0));
        let mut next = || Duration::from_nanos(numbers.next().unwrap_or(0));
        Self { worked: next(), waited: next() }
    }

    fn since(self, start: Self) -> Self {
        Self { worked: self.worked - start.worked, waited: self.waited - start.waited }
    }
}

impl Desk {
    pub(crate) fn new(roots: Vec<PathBuf>, tokens: usize) -> Self {
        let (sender, progress) = mpsc::channel();
        let syntax = Arc::new(Syntax::new(None).0);
        let guard = Arc::new(Guard::new(roots.clone(), &[]).expect("no glob is bad"));
        let options =
            index::IndexOptions { max_files: 100_000, ..index::IndexOptions::with_tokens(tokens) };
        let tell = move |it| _ = sender.send(it);
        let index = Index::start(roots, guard.clone(), syntax.clone(), options, tell);
        let shared = SharedState {
            trees: Arc::new(Trees::new(syntax.clone())),
            journal: Arc::new(Mutex::new(Journal::new(guard.clone()))),
            index: Arc::new(index),
            syntax,
            guard,
            explained: Arc::default(),
            threads: Arc::default(),
            next_edits: Arc::default(),
            pauses: Arc::default(),
            own_ledger: Arc::default(),
        };
        let engine = Engine::new(shared, EngineOptions::default(), Vec::new(), Vec::new(), None, 0);
        Self { engine, progress }
    }

    pub(crate) fn index(&self) -> &Index {
        &self.engine.core.shared.index
    }

    /// Waits until tokens are indexed.
    pub(crate) fn learned(&self) -> Learned {
        loop {
            match self.progress.recv().expect("the index works on") {
                IndexProgress::Learned { files, lines, elapsed } => {
                    return Learned { files, lines, elapsed };
                }
                IndexProgress::Began { .. }
                | IndexProgress::Read { .. }
                | IndexProgress::Abandoned
                | IndexProgress::Defined { .. } => {}
            }
        }
    }

    /// Waits until definitions are indexed.
    pub(crate) fn defined(&self) -> Duration {
        loop {
            if let IndexProgress::Defined { elapsed, .. } =
                self.progress.recv().expect("it works on")
            {
                return elapsed;
            }
        }
    }

    /// Progress of the index since the last call.
    pub(crate) fn told(&self) -> impl Iterator<Item = IndexProgress> + '_ {
        self.progress.try_iter()
    }

    /// Opens a file, types `keys` into its middle, saves and closes it.
    pub(crate) fn visit(&mut self, path: &Path, keys: usize, times: &mut Times) {
        let Ok(text) = fs::read_to_string(path) else { return };
        let shared = &self.engine.core.shared;
        let key = format!("file://{}", path.display());
        let document = Document::new(&text, 1, "");
        let mut open = OpenDocument::new(&key, Some(path.to_owned()), document, &shared.trees);
        self.engine.completer.prepare(&open.place(0));
        let row = open.document.rope.len_lines() / 2;
        let mut offset = open.document.rope.line_to_byte(row);
        let typed: String = text.lines().skip(row / 2).take(keys).collect::<Vec<_>>().join("\n");
        let typed = format!("\n{typed}");
        for (version, char) in typed.chars().take(keys).enumerate() {
            let (began, start) = (Scheduled::now(), Instant::now());
            let at = open.document.position(offset, Encoding::Utf8);
            let change = Change { range: Some(at..at), text: char.to_string() };
            open.change(&[change], version as i32 + 2, Encoding::Utf8, shared);
            offset += char.len_utf8();
            let edit = start.elapsed();
            let place = open.place(offset);
            let ask = CompletionRequest { trigger: Trigger::Automatic, selected: None };
            std::hint::black_box(futures::executor::block_on(
                self.engine.completer.respond(&place, &ask),
            ));
            times.note(start.elapsed(), edit, Scheduled::now().since(began));
        }
        shared.index.update(path, &open.document.rope);
        shared.index.changed(path);
        shared.index.closed(path);
        shared.trees.close(&key);
    }
}

impl Times {
    fn note(&mut self, whole: Duration, edit: Duration, scheduled: Scheduled) {
        self.all.push(whole);
        if whole > self.slowest.0 {
            self.slowest = (whole, edit, scheduled);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn print(&mut self, name: &str) {
        self.all.sort_unstable();
        let ms = |it: Duration| it.as_secs_f64() * 1e3;
        let at = |share: f64| {
            let place = ((self.all.len() as f64 - 1.0).max(0.0) * share) as usize;
            self.all.get(place).map_or(0.0, |it| ms(*it))
        };
        let name = format!("{} keystrokes {name}: ms p50/p99/most", self.all.len());
        println!("{name:44} {:>6.3} {:>6.3} {:>6.3}", at(0.5), at(0.99), at(1.0));
        let (_, edit, Scheduled { worked, waited }) = self.slowest;
        let (edit, worked, waited) = (ms(edit), ms(worked), ms(waited));
        let name = "of the slowest: ms its edit/worked/kept waiting";
        println!("{name:44} {edit:>6.3} {worked:>6.3} {waited:>6.3}");
    }
}
