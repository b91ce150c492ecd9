//! The words of the workspace, in order: the data of the n-gram model.
//!
//! A `TokenBase` holds the indexed files, sorted and immutable. Files changed since are stored beside it as
//! plain lists that hide their ranges of the base. Readers take a `TokensSnapshot` and never wait.

pub mod base;
pub mod lexer;
mod packed;
pub mod vocabulary;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::{Mutex, MutexGuard};

use crate::workspace::tokens::base::TokenBase;
use crate::workspace::tokens::packed::Packed;
use crate::workspace::tokens::vocabulary::{Token, Vocabulary};

/// A rebuild starts beyond this many changed tokens, this share of the limit, or this many changed or removed
/// files. At most twice as many changed tokens are kept; a file that exceeds that is hidden. Every query
/// scans all changed tokens, and they are held in addition to the ranges they hide.
const REBUILD: usize = 300_000;
const REBUILD_SHARE: usize = 8;
const REBUILD_FILES: usize = 10_000;
/// Tokens per word in the vocabulary's limit. Code has eighty, which leaves room for years of new words.
const WORDS: usize = 16;
/// Smallest limit of the vocabulary, in words.
const FEWEST: usize = 4_096;
/// Less free space than this share of the limit counts as full: a search for files that fit would not pay.
const ROOM: usize = 256;

/// The token index of a workspace, shared by readers and writers.
pub struct Tokens {
    limit: usize,
    vocabulary: Arc<Vocabulary>,
    snapshot: ArcSwap<TokensSnapshot>,
    journal: Mutex<Journal>,
}

/// The index at one moment.
#[derive(Clone)]
pub struct TokensSnapshot {
    vocabulary: Arc<Vocabulary>,
    base: Arc<TokenBase>,
    changed: Vec<Arc<Changed>>,
    /// Ranges of the base that are no longer valid, in order.
    stale: Vec<Range<u32>>,
}

/// Collects the files of a new base without blocking readers or writers.
pub struct Builder {
    limit: usize,
    revision: u64,
    vocabulary: Arc<Vocabulary>,
    tokens: Packed,
    /// The file being added.
    file: Vec<Token>,
    files: BTreeMap<Box<Path>, Range<u32>>,
}

/// Places of the base that a query must skip.
pub struct Hidden<'a> {
    own: Range<u32>,
    stale: &'a [Range<u32>],
}

struct Changed {
    path: Box<Path>,
    tokens: Vec<Token>,
}

/// Changed files with the revision of the change; `None` is a removed file.
#[derive(Default)]
struct Journal {
    revision: u64,
    installed: u64,
    changes: BTreeMap<Box<Path>, (u64, Option<Arc<Changed>>)>,
}

impl Tokens {
    /// An empty index of at most `limit` tokens (16 million are possible). A token takes six bytes; there is
    /// one word of about 30 bytes for every sixteen tokens.
    pub fn new(limit: usize) -> Self {
        let limit = limit.min(packed::LIMIT);
        let vocabulary = Arc::new(Vocabulary::new((limit / WORDS).max(FEWEST)));
        let base =
            Arc::new(TokenBase::new(Packed::with_room(0), BTreeMap::new(), &vocabulary.read()));
        let snapshot = TokensSnapshot {
            vocabulary: vocabulary.clone(),
            base,
            changed: Vec::new(),
            stale: Vec::new(),
        };
        let journal = Mutex::default();
        Self { limit, vocabulary, snapshot: ArcSwap::from_pointee(snapshot), journal }
    }

    /// Never waits.
    pub fn snapshot(&self) -> Arc<TokensSnapshot> {
        self.snapshot.load_full()
    }

    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// Starts a new base. Changes from now on are applied to it when it is installed.
    pub fn builder(&self) -> Builder {
        let mut tokens = Packed::with_room(self.limit + 1);
        tokens.extend([Token::FILE_END.number()].into_iter());
        Builder {
            limit: self.limit,
            revision: self.journal().revision,
            vocabulary: self.vocabulary.clone(),
            tokens,
            file: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    /// Sorts the new base (seconds for millions of tokens) and replaces the old one. Does nothing if a base
    /// that was started later is installed already.
    pub fn install(&self, builder: Builder) {
        // A copy, since the lock must not be held while sorting: typing waits for it.
        let words = self.vocabulary.read().clone();
        let base = TokenBase::new(builder.tokens, builder.files, &words);
        let mut journal = self.journal();
        if builder.revision < journal.installed {
            return;
        }
        journal.installed = builder.revision;
        journal.changes.retain(|_, (revision, _)| *revision > builder.revision);
        let mut stale: Vec<_> = journal.changes.keys().filter_map(|it| base.range(it)).collect();
        stale.sort_unstable_by_key(|it| it.start);
        let changed = journal.changes.values().filter_map(|(_, it)| it.clone()).collect();
        let vocabulary = self.vocabulary.clone();
        self.snapshot.store(Arc::new(TokensSnapshot {
            vocabulary,
            base: Arc::new(base),
            changed,
            stale,
        }));
    }

    /// Replaces the text of a file; its range of the base is hidden.
    pub fn update(&self, path: &Path, text: &str) {
        let mut tokens = Vec::new();
        self.vocabulary.lines(text, &mut tokens);
        tokens.push(Token::FILE_END);
        tokens.shrink_to_fit();
        self.change(path, Some(Changed { path: path.into(), tokens }));
    }

    /// Removes a file that is gone or refused.
    pub fn remove(&self, path: &Path) {
        self.change(path, None);
    }

    /// Whether enough has changed for a new base.
    pub fn wants_rebuild(&self) -> bool {
        let tokens = self.snapshot.load().changed_tokens();
        tokens > self.rebuild() || self.journal().changes.len() > REBUILD_FILES
    }

    fn rebuild(&self) -> usize {
        REBUILD.min(self.limit / REBUILD_SHARE)
    }

    /// Bytes held, without old snapshots that readers still use.
    pub fn memory(&self) -> usize {
        let snapshot = self.snapshot.load();
        4 * snapshot.changed_tokens() + snapshot.base.memory() + self.vocabulary.read().memory()
    }

    fn change(&self, path: &Path, changed: Option<Changed>) {
        let mut journal = self.journal();
        let mut snapshot = TokensSnapshot::clone(&self.snapshot.load());
        if let Some((_, Some(old))) = journal.changes.get(path) {
            snapshot.changed.retain(|it| !Arc::ptr_eq(it, old));
        }
        let held = snapshot.changed_tokens();
        let most = 2 * self.rebuild();
        let changed = changed.filter(|it| held + it.tokens.len() <= most).map(Arc::new);
        snapshot.changed.extend(changed.clone());
        if let Some(range) = snapshot.base.range(path) {
            snapshot.hide(range);
        }
        journal.revision += 1;
        let revision = journal.revision;
        journal.changes.insert(path.into(), (revision, changed));
        self.snapshot.store(Arc::new(snapshot));
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock()
    }
}

impl TokensSnapshot {
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    pub fn base(&self) -> &TokenBase {
        &self.base
    }

    pub fn tokens(&self) -> usize {
        self.base.len() + self.changed_tokens()
    }

    /// How often a word occurs in all files but `own`, counted up to `limit`.
    pub fn occurrences(&self, word: &str, own: Option<&Path>, limit: usize) -> usize {
        let words = self.vocabulary.read();
        let tokens = [false, true].map(|spaced| words.token(word, spaced));
        drop(words);
        if tokens.contains(&Token::UNKNOWN) {
            return 0;
        }
        let (hidden, mut ranges) = (self.hidden(own), Vec::new());
        let mut count = 0;
        for token in tokens {
            self.base.ranges(&[token], &mut ranges);
            let places = ranges.first().cloned().unwrap_or_default();
            let places = places.take(limit).map(|it| self.base.place(it));
            count += places.filter(|it| !hidden.contains(*it)).count();
        }
        let changed = self.changed(own).flatten().filter(|it| tokens.contains(it));
        limit.min(count + changed.take(limit).count())
    }

    /// The changed files but `own`, each ending with `Token::FILE_END`.
    pub fn changed<'a>(&'a self, own: Option<&'a Path>) -> impl Iterator<Item = &'a [Token]> {
        let others = self.changed.iter().filter(move |it| Some(&*it.path) != own);
        others.map(|it| it.tokens.as_slice())
    }

    /// The places of the base that a query from `own` must skip.
    pub fn hidden(&self, own: Option<&Path>) -> Hidden<'_> {
        let own = own.and_then(|it| self.base.range(it)).unwrap_or(0..0);
        Hidden { own, stale: &self.stale }
    }

    fn changed_tokens(&self) -> usize {
        self.changed.iter().map(|it| it.tokens.len()).sum()
    }

    fn hide(&mut self, range: Range<u32>) {
        let at = self.stale.partition_point(|it| it.start < range.start);
        if self.stale.get(at) != Some(&range) {
            self.stale.insert(at, range);
        }
    }
}

impl Hidden<'_> {
    pub fn contains(&self, place: u32) -> bool {
        if self.own.contains(&place) {
            return true;
        }
        let at = self.stale.partition_point(|it| it.end <= place);
        self.stale.get(at).is_some_and(|it| it.contains(&place))
    }
}

impl Builder {
    /// Whether the remaining space is negligible.
    pub fn is_full(&self) -> bool {
        self.tokens.len() + self.limit / ROOM >= self.limit
    }

    /// Adds a file. Returns `false` if it does not fit; a smaller one may.
    pub fn add(&mut self, path: &Path, text: &str) -> bool {
        self.file.clear();
        self.vocabulary.lines(text, &mut self.file);
        self.file.push(Token::FILE_END);
        let start = self.tokens.len();
        if start + self.file.len() > self.limit {
            return false;
        }
        self.tokens.extend(self.file.iter().map(|it| it.number()));
        self.files.insert(path.into(), start as u32..self.tokens.len() as u32);
        true
    }
}

#[cfg(test)]
mod tests;
