//! The index of the workspace's files, kept current in the background: tokens first, then definitions.
//!
//! Callers report changes here and do not wait. One thread collects the changes until they pause (`queue`),
//! then reads the files (`worker`). The unsaved text of an open document takes precedence over its file.
//! Paths that the guard refuses are not read.

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

/// Limits of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexOptions {
    /// Maximum number of tokens, at eight bytes each with their words. A quarter more, at four bytes each,
    /// may have changed since the rest was sorted.
    pub tokens: usize,
    /// Maximum number of definitions, at about 120 bytes each, or 160 if all names differ.
    pub definitions: usize,
    /// Bytes of the chunks; half as many more at most.
    pub chunk_bytes: usize,
    /// Longer files are left out.
    pub max_file_bytes: u64,
    /// Maximum number of files: the nearest to open documents, then the most recently changed.
    pub max_files: usize,
}

/// Progress of the index. Each `Began` is followed by one `Learned` or `Abandoned`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexProgress {
    /// Started to read all files of the roots.
    Began { roots: usize },
    /// Files read so far.
    Read { files: usize, of: usize },
    /// The tokens are indexed; definitions follow.
    Learned { files: usize, lines: usize, elapsed: Duration },
    /// Stopped, or superseded by a newer order.
    Abandoned,
    /// All definitions are indexed, up to the limit.
    Defined { definitions: usize, elapsed: Duration },
}

impl IndexOptions {
    /// Limits for this many tokens, with one definition for every 32 tokens and three bytes of chunks for
    /// each.
    pub fn with_tokens(tokens: usize) -> Self {
        let (definitions, chunk_bytes) = (tokens / 32, tokens * 3);
        Self { tokens, definitions, chunk_bytes, max_file_bytes: 400_000, max_files: 50_000 }
    }

    /// Maximum memory in bytes that is held permanently, without the allocator's overhead. While a new tree
    /// is sorted, half as much again.
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
            // The worker was dropped with the closure, so no caller waits for it.
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

    /// Whether the definitions and chunks of all files are indexed, as of the last `IndexProgress::Defined`.
    pub fn is_defined(&self) -> bool {
        self.defined.load(Ordering::Acquire)
    }

    /// Reports that a file was created, changed or saved, or a folder with everything in it. A changed ignore
    /// file applies at once: a later request must not send a file that it hides.
    pub fn changed(&self, path: &Path) {
        if Guard::is_rule(path) {
            self.guard.refresh();
        }
        self.shared.order(|it, now| it.changed(path, now));
    }

    /// Reports that a file is gone, or a folder with everything in it.
    pub fn removed(&self, path: &Path) {
        self.changed(path);
    }

    /// Sets the text of an open document, which replaces the text of its file until `closed`.
    pub fn update(&self, path: &Path, text: &Rope) {
        self.shared.order(|it, now| it.opened(path, text, now));
    }

    /// The last text of an open document given to `update`.
    pub fn text(&self, path: &Path) -> Option<Rope> {
        self.shared.text(path)
    }

    /// Reports that a document was closed: its file's text counts again.
    pub fn closed(&self, path: &Path) {
        self.shared.order(|it, now| it.closed(path, now));
    }

    /// Replaces the roots, here and in the guard.
    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        self.guard.set_roots(roots.clone());
        self.shared.order(|it, _| it.set_roots(roots));
    }

    /// Reads everything again, after changes were missed.
    pub fn reread(&self) {
        self.shared.order(|it, _| it.reread());
    }

    /// Stops reading the current tree. Everything indexed before is kept.
    pub fn abandon(&self) {
        self.shared.order(|it, _| it.abandon());
    }

    /// Blocks until all reported changes are read: for tests and the command line.
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
