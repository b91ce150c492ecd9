//! What stands in the workspace's files, kept up in the background: tokens first, then definitions.
//!
//! Whoever learns of a change tells it here and goes on; one thread gathers what it is told until
//! it is quiet (`queue`) and reads it (`worker`). The unsaved text of an open document stands before
//! what its file holds. Nothing is read that the guard refuses.

mod queue;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ropey::Rope;

use crate::syntax::Syntax;
use crate::workspace::chunks::Chunks;
use crate::workspace::guard::Guard;
use crate::workspace::index::queue::IndexState;
use crate::workspace::index::worker::IndexWorker;
use crate::workspace::symbols::Symbols;
use crate::workspace::tokens::Tokens;

/// The index of a workspace. Its thread ends soon after it is dropped.
pub struct Index {
    guard: Arc<Guard>,
    tokens: Arc<Tokens>,
    symbols: Arc<Symbols>,
    chunks: Arc<Chunks>,
    shared: Arc<IndexState>,
    defined: Arc<AtomicBool>,
}

/// How much an index may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexOptions {
    /// Tokens at most, at eight bytes each, their words included; and one in four again, at four
    /// bytes, that changed since the rest was sorted.
    pub tokens: usize,
    /// Definitions at most, at some 120 bytes each, 160 where all names differ.
    pub definitions: usize,
    /// Bytes of what files are about, piece by piece; half as many more at most.
    pub chunk_bytes: usize,
    /// Files longer than this are left out.
    pub max_file_bytes: u64,
    /// Files at most: the nearest to open documents, then those changed last.
    pub max_files: usize,
}

/// What the index is doing. Each `Began` is followed by one `Learned` or `Abandoned`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexProgress {
    /// All files of so many roots are being read.
    Began { roots: usize },
    /// So many of them were.
    Read { files: usize, of: usize },
    /// The tokens of so many files and lines are in place; definitions follow.
    Learned { files: usize, lines: usize, elapsed: Duration },
    /// It was stopped, or starts over: there is a newer order.
    Abandoned,
    /// Every definition is in place, or as many as may be.
    Defined { definitions: usize, elapsed: Duration },
}

impl IndexOptions {
    /// Room for so many tokens, for the definitions that go with them, one for 32, and three bytes
    /// each for chunks.
    pub fn with_tokens(tokens: usize) -> Self {
        let (definitions, chunk_bytes) = (tokens / 32, tokens * 3);
        Self { tokens, definitions, chunk_bytes, max_file_bytes: 400_000, max_files: 50_000 }
    }

    /// The most that is held for good, but for what the allocator adds: half as much again while a
    /// new tree is sorted.
    pub fn bytes(&self) -> usize {
        9 * self.tokens + 160 * self.definitions + self.chunk_bytes * 3 / 2
    }
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self::with_tokens(8_000_000)
    }
}

impl Index {
    /// Starts to read `roots`, which are those of `guard`, on a thread that calls `progress`.
    pub fn start(
        roots: Vec<PathBuf>,
        guard: Arc<Guard>,
        syntax: Arc<Syntax>,
        options: IndexOptions,
        progress: impl Fn(IndexProgress) + Send + 'static,
    ) -> Self {
        let tokens = Arc::new(Tokens::new(options.tokens));
        let symbols = Arc::new(Symbols::new(options.definitions));
        let chunks = Arc::new(Chunks::new(options.chunk_bytes));
        let shared = Arc::new(IndexState::new(roots));
        let defined = Arc::new(AtomicBool::new(false));
        let worker = IndexWorker::new(
            (tokens.clone(), symbols.clone(), chunks.clone()),
            (shared.clone(), defined.clone()),
            (guard.clone(), syntax, options),
            Box::new(progress),
        );
        let thread = thread::Builder::new().name("index".to_owned());
        if let Err(error) = thread.spawn(move || worker.run()) {
            // The worker was dropped with the closure, so nobody will wait for it.
            tracing::error!("cannot start the thread of the index: {error}");
        }
        Self { guard, tokens, symbols, chunks, shared, defined }
    }

    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.tokens
    }

    pub fn symbols(&self) -> &Arc<Symbols> {
        &self.symbols
    }

    pub fn chunks(&self) -> &Arc<Chunks> {
        &self.chunks
    }

    /// Are the definitions and chunks of all files in place, as of the last `IndexProgress::Defined`?
    pub fn is_defined(&self) -> bool {
        self.defined.load(Ordering::Acquire)
    }

    /// A file was made, changed or saved; or a folder, with all that is in it.
    pub fn changed(&self, path: &Path) {
        self.shared.order(|it, now| it.changed(path, now));
    }

    /// A file is gone; or a folder, with all that was in it.
    pub fn removed(&self, path: &Path) {
        self.shared.order(|it, now| it.changed(path, now));
    }

    /// The text of an open document, which stands before its file's until `closed`.
    pub fn update(&self, path: &Path, text: &Rope) {
        self.shared.order(|it, now| it.opened(path, text, now));
    }

    /// The text of an open document, as it was told last.
    pub fn text(&self, path: &Path) -> Option<Rope> {
        self.shared.text(path)
    }

    /// The document is closed: what its file holds counts again.
    pub fn closed(&self, path: &Path) {
        self.shared.order(|it, now| it.closed(path, now));
    }

    /// Replaces the folders that are read, here and in the guard.
    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        self.guard.set_roots(roots.clone());
        self.shared.order(|it, _| it.set_roots(roots));
    }

    /// Changes were missed: reads everything again.
    pub fn reread(&self) {
        self.shared.order(|it, _| it.reread());
    }

    /// Stops reading the tree that is being read. What was learned before stays.
    pub fn abandon(&self) {
        self.shared.order(|it, _| it.abandon());
    }

    /// Blocks until all that was told is read: for tests and the command line.
    pub fn settle(&self) {
        self.shared.settle();
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.shared.order(|it, _| it.stop());
    }
}

#[cfg(test)]
mod tests;
