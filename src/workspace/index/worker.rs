//! The thread that reads files for the index.
//!
//! The tokens of a new tree are read in one pass. Its definitions are then parsed file by file; reported
//! changes are read in between. A failure affects only the file that caused it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ropey::Rope;

use crate::memory;
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::workspace::chunks::Chunks;
use crate::workspace::files;
use crate::workspace::files::{FoundFile, LeftOut, Stamp};
use crate::workspace::guard::Guard;
use crate::workspace::index::queue::{CALM, IndexState, Task};
use crate::workspace::index::{IndexOptions, IndexProgress};
use crate::workspace::symbols::Symbols;
use crate::workspace::tokens::Tokens;

/// Files between two reports of progress.
const STEP: usize = 256;
/// One part in this many of the definitions is reserved for files that change.
const SPARE: usize = 8;

pub(super) struct IndexWorker {
    tokens: Arc<Tokens>,
    symbols: Arc<Symbols>,
    chunks: Arc<Chunks>,
    shared: Arc<IndexState>,
    defined: Arc<AtomicBool>,
    guard: Arc<Guard>,
    syntax: Arc<Syntax>,
    options: IndexOptions,
    progress: Box<dyn Fn(IndexProgress) + Send>,
    roots: Vec<PathBuf>,
    learned: BTreeMap<PathBuf, Learned>,
    /// Files that remain to be parsed, in order, since `began`.
    backlog: VecDeque<PathBuf>,
    began: Instant,
    /// Some files have no definitions because the limit was reached.
    short: bool,
    /// How long the last tree took.
    took: Duration,
    /// Many or large trees were dropped, whose memory the allocator still holds.
    holds_freed: bool,
}

/// The state of an indexed file.
#[derive(Clone, Copy)]
struct Learned {
    /// The state of the file whose definitions are indexed; `None` for open documents and files without
    /// definitions.
    stamp: Option<Stamp>,
    /// Its tokens did not fit.
    left_out: bool,
}

impl IndexWorker {
    pub(super) fn new(
        (tokens, symbols, chunks): (Arc<Tokens>, Arc<Symbols>, Arc<Chunks>),
        (shared, defined): (Arc<IndexState>, Arc<AtomicBool>),
        (guard, syntax, options): (Arc<Guard>, Arc<Syntax>, IndexOptions),
        progress: Box<dyn Fn(IndexProgress) + Send>,
    ) -> Self {
        Self {
            tokens,
            symbols,
            chunks,
            shared,
            defined,
            guard,
            syntax,
            options,
            progress,
            roots: Vec::new(),
            learned: BTreeMap::new(),
            backlog: VecDeque::new(),
            began: Instant::now(),
            short: false,
            took: Duration::ZERO,
            holds_freed: false,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            match self.shared.next(self.backlog.len()) {
                Task::Stop => return,
                Task::Build(roots) => {
                    self.roots = roots.unwrap_or_else(|| std::mem::take(&mut self.roots));
                    self.guard.refresh();
                    self.build();
                }
                Task::Read(paths) => self.read_all(paths),
                Task::Rest => self.define_next(),
            }
            if self.holds_freed && self.backlog.is_empty() {
                memory::give_back();
                self.holds_freed = false;
            }
        }
    }

    /// Reads every file of the roots and every open document into a new token index.
    fn build(&mut self) {
        self.began = Instant::now();
        (self.progress)(IndexProgress::Began { roots: self.roots.len() });
        let gathered = self.gather();
        let elapsed = self.began.elapsed();
        self.shared.order(|it, now| it.built(elapsed, now));
        match gathered {
            Some((files, lines)) => {
                self.took = elapsed;
                (self.progress)(IndexProgress::Learned { files, lines, elapsed });
                self.tell_defined();
            }
            None => (self.progress)(IndexProgress::Abandoned),
        }
    }

    /// The numbers of files and lines that were indexed; `None` if superseded.
    fn gather(&mut self) -> Option<(usize, usize)> {
        let found = self.find()?;
        let mut builder = self.tokens.builder();
        let (mut files, mut lines) = (0, 0);
        let mut learned = BTreeMap::new();
        for (count, (path, stamp)) in found.iter().enumerate() {
            if self.shared.is_superseded() {
                return None;
            }
            if count % STEP == 0 {
                (self.progress)(IndexProgress::Read { files: count, of: found.len() });
            }
            // Once the token index is full, the remaining files are read for their definitions at most.
            if builder.is_full() {
                learned.insert(path.clone(), Learned { stamp: *stamp, left_out: true });
                continue;
            }
            let Some(Ok(text)) = contained(path, || self.text(path)) else { continue };
            let fits = contained(path, || builder.add(path, &text)).unwrap_or(true);
            learned.insert(path.clone(), Learned { stamp: *stamp, left_out: !fits });
            if fits {
                files += 1;
                lines += text.lines().count();
            }
        }
        self.tokens.install(builder);
        self.replace(learned, found.into_iter().map(|it| it.0));
        Some((files, lines))
    }

    /// The open documents, then the files of the roots, best first.
    fn find(&self) -> Option<Vec<(PathBuf, Option<Stamp>)>> {
        let open = self.shared.open();
        let near: Vec<PathBuf> = open.keys().cloned().collect();
        let found = files::walk(&self.roots, &self.guard)
            .take_while(|_| !self.shared.is_superseded())
            .filter(|it| !open.contains_key(&it.path));
        let found = files::best(found, &near, self.options.max_files);
        let files = found.into_iter().map(|FoundFile { path, stamp }| (path, Some(stamp)));
        let all = near.into_iter().map(|it| (it, None)).chain(files).collect();
        (!self.shared.is_superseded()).then_some(all)
    }

    /// Switches to a new tree: forgets missing files and queues new and changed ones for parsing.
    fn replace(
        &mut self,
        learned: BTreeMap<PathBuf, Learned>,
        order: impl Iterator<Item = PathBuf>,
    ) {
        for path in self.learned.keys().filter(|it| !learned.contains_key(*it)) {
            self.symbols.remove(path);
            self.chunks.remove(path);
        }
        // The definitions of unparsed files do not match their stamps yet.
        for path in self.backlog.drain(..) {
            self.learned.remove(&path);
        }
        let order: Vec<PathBuf> = order.filter(|it| learned.contains_key(it)).collect();
        if std::mem::take(&mut self.short) {
            // Removes half of the definitions in favour of files that are nearer now.
            for path in order.iter().rev() {
                if self.symbols.len() <= self.options.definitions / 2 {
                    break;
                }
                self.symbols.remove(path);
                self.learned.remove(path);
            }
        }
        let stamp = |all: &BTreeMap<PathBuf, Learned>, path: &PathBuf| all.get(path)?.stamp;
        let same = |path: &PathBuf| {
            stamp(&learned, path).is_some_and(|it| stamp(&self.learned, path) == Some(it))
        };
        self.backlog = order.into_iter().filter(|it| !same(it)).collect();
        self.learned = learned;
    }

    /// Whether there are as many definitions as a tree may fill.
    fn is_defined(&self) -> bool {
        let limit = self.options.definitions;
        self.symbols.len() >= limit - limit / SPARE
    }

    fn define_next(&mut self) {
        let Some(path) = self.backlog.pop_front() else { return };
        // Later changes of the file are reported separately.
        if let Some(Ok(text)) = contained(&path, || self.text(&path)) {
            contained(&path, || self.define(&path, &text));
            self.holds_freed = true;
        }
        if self.is_defined() {
            // The remaining files are the least relevant.
            self.short = !self.backlog.is_empty();
            for path in self.backlog.drain(..) {
                self.learned.entry(path).and_modify(|it| it.stamp = None);
            }
        }
        self.tell_defined();
    }

    fn tell_defined(&self) {
        self.defined.store(self.backlog.is_empty(), Ordering::Release);
        if self.backlog.is_empty() {
            let (definitions, elapsed) = (self.symbols.len(), self.began.elapsed());
            (self.progress)(IndexProgress::Defined { definitions, elapsed });
        }
    }

    fn read_all(&mut self, paths: Vec<PathBuf>) {
        if paths.iter().any(|it| Guard::is_rule(it)) {
            self.shared.order(|it, _| it.reread());
        }
        for path in paths {
            if self.shared.is_superseded() {
                return;
            }
            match path.symlink_metadata().is_ok_and(|it| it.is_dir()) {
                true => self.read_folder(&path),
                false => self.read(&path),
            }
        }
        if self.tokens.wants_rebuild() {
            self.shared.order(|it, _| it.reread());
        }
    }

    /// Reads new and changed files of a folder up to the limit, and forgets missing ones.
    fn read_folder(&mut self, path: &Path) {
        if files::is_skipped(path) || !files::is_reached(path, &self.roots) {
            return;
        }
        let mut gone: BTreeSet<PathBuf> = self.below(path).collect();
        let mut room = self.options.max_files.saturating_sub(self.learned.len());
        for file in files::walk(&[path.to_owned()], &self.guard) {
            if self.shared.is_superseded() {
                return;
            }
            gone.remove(&file.path);
            match self.learned.get(&file.path) {
                Some(known) if known.stamp == Some(file.stamp) => continue,
                Some(_) => {}
                None if room > 0 => room -= 1,
                None => continue,
            }
            self.read(&file.path);
        }
        for path in gone {
            self.read(&path);
        }
    }

    /// Indexes a file again, or forgets it.
    fn read(&mut self, path: &Path) {
        let stamp = match self.shared.text(path) {
            Some(_) => None,
            None => files::stamp(path),
        };
        match contained(path, || self.text(path)) {
            Some(Ok(text)) => {
                contained(path, || self.tokens.update(path, &text));
                let fits = contained(path, || self.define(path, &text)).unwrap_or(true);
                self.holds_freed |= text.len() >= memory::LARGE;
                self.short |= !fits;
                self.bring_near(path, stamp.is_none());
                let stamp = stamp.filter(|_| fits);
                self.learned.insert(path.to_owned(), Learned { stamp, left_out: false });
            }
            Some(Err(LeftOut::NoFile)) => self.forget_below(path),
            Some(Err(_)) | None => self.forget(path),
        }
    }

    /// Schedules a reorder when a document is open among files that did not fit, so that they replace distant
    /// ones.
    fn bring_near(&self, path: &Path, open: bool) {
        if open && self.learned.get(path).is_some_and(|it| it.left_out) {
            let when = self.began + self.took * CALM;
            self.shared.order(|it, _| it.reorder(when));
        }
    }

    /// The text of an open document, or of a file that is worth reading.
    fn text(&self, path: &Path) -> Result<String, LeftOut> {
        if let Some(text) = self.shared.text(path) {
            return files::written(
                path,
                &self.guard,
                text.to_string(),
                self.options.max_file_bytes,
            );
        }
        if !self.guard.in_roots(path) || !files::is_reached(path, &self.roots) {
            return Err(LeftOut::NoFile);
        }
        files::read(path, &self.guard, self.options.max_file_bytes)
    }

    /// Returns `false` if the definitions of the file do not fit.
    fn define(&self, path: &Path, text: &str) -> bool {
        // Definitions are kept even if the chunks do not fit.
        self.chunks.update(path, text);
        let first_line = text.lines().next().unwrap_or_default();
        let rope = Rope::from_str(text);
        let tree = Language::detect("", Some(path), first_line)
            .and_then(|it| self.syntax.parse(it, &rope));
        let definitions = tree.map(|it| self.syntax.definitions(&it)).unwrap_or_default();
        self.symbols.update(path, &rope, &definitions)
    }

    fn forget_below(&mut self, path: &Path) {
        for path in self.below(path).collect::<Vec<_>>() {
            self.forget(&path);
        }
    }

    /// The indexed paths at and below `path`.
    fn below(&self, path: &Path) -> impl Iterator<Item = PathBuf> {
        let from = self.learned.range(path.to_owned()..).map(|it| it.0.clone());
        from.take_while(move |it| it.starts_with(path))
    }

    fn forget(&mut self, path: &Path) {
        if self.learned.remove(path).is_some() {
            self.tokens.remove(path);
            self.symbols.remove(path);
            self.chunks.remove(path);
        }
    }
}

impl Drop for IndexWorker {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!("indexing stopped: its thread panicked");
        }
        self.shared.end();
    }
}

/// The result of `work`; `None` if it panicked, which is logged.
fn contained<T>(path: &Path, work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    if done.is_err() {
        tracing::error!("{} is not indexed: reading it panicked", path.display());
    }
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_affects_one_file_only() {
        assert_eq!(contained(Path::new("a.rs"), || panic!("on purpose")), None::<()>);
        assert_eq!(contained(Path::new("b.rs"), || 1), Some(1));
    }
}
