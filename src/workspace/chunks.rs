//! Which pieces of the workspace's files share words with a given text.
//!
//! A file is cut into chunks of some lines. Only the hashes of a chunk's words are stored, not its text.
//! Ranking is BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009).

use std::hash::BuildHasher;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use parking_lot::RwLock;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::text;

/// A chunk ends at a blank line once it has `SHORT` lines, and always at `LONG` lines.
const SHORT: usize = 12;
const LONG: usize = 30;

/// BM25's `k1`: how soon a repeated word adds nothing; and `b`: how much long chunks are penalised.
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.75;

/// A word that is in more than one in `COMMON` chunks is ignored.
const COMMON: usize = 5;

/// One part in this many of the limit is reserved for files that change.
const SPARE: usize = 8;

/// Bytes of a word besides its list, and of a file.
const WORD: usize = size_of::<(u64, Vec<u32>)>() + 1;
const FILE: usize = size_of::<(Arc<Path>, Range<usize>)>() + 1 + 80;

/// The chunks of a workspace. A reader waits only while a writer replaces one file.
pub struct Chunks {
    table: RwLock<Table>,
    limit: usize,
}

/// A piece of a file. `range` is in bytes of its text as indexed.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkMatch {
    pub path: Arc<Path>,
    pub range: Range<usize>,
    pub score: f32,
}

#[derive(Default)]
struct Table {
    chunks: Vec<Chunk>,
    files: FxHashMap<Arc<Path>, Range<usize>>,
    /// By a word's hash: the chunks that contain it, with the count, at most 255, in the low byte.
    words: FxHashMap<u64, Vec<u32>>,
    postings: usize,
    dead: usize,
    /// Capacity of all lists, in entries.
    lists: usize,
    length: u64,
}

struct Chunk {
    /// `None` once the file has changed or is gone.
    path: Option<Arc<Path>>,
    range: Range<u32>,
    /// Words with repetitions (`words`) and without (`kinds`).
    words: u32,
    kinds: u32,
}

impl Chunks {
    /// An index of about `limit` bytes, and of half as many more at most.
    pub fn new(limit: usize) -> Self {
        Self { table: RwLock::default(), limit }
    }

    /// Replaces the chunks of a file. Returns `false` if the index is full and the file is left out.
    pub fn update(&self, path: &Path, text: &str) -> bool {
        let pieces: Vec<_> = pieces(text).map(|it| (it.clone(), counts(&text[it]))).collect();
        let mut table = self.table.write();
        let known = table.remove(path);
        let words: usize = pieces.iter().map(|it| it.1.len()).sum();
        // Only known files may use the reserve: their old chunks take space until they are compacted.
        let limit = if known { self.limit } else { self.limit - self.limit / SPARE };
        let fits = |table: &Table| {
            table.bytes_with(words, pieces.len()) <= limit && table.chunks.len() < 1 << 23
        };
        if !fits(&table) && table.dead > table.postings / (2 * SPARE) {
            table.compact();
        }
        let fits = fits(&table);
        if fits {
            table.insert(path, pieces);
        }
        fits
    }

    pub fn remove(&self, path: &Path) {
        self.table.write().remove(path);
    }

    /// The `count` chunks that share most words, best first, without those of `own`. `words` are pairs of a
    /// word and its weight.
    pub fn search<'a>(
        &self,
        words: impl Iterator<Item = (&'a str, f32)>,
        own: Option<&Path>,
        count: usize,
    ) -> Vec<ChunkMatch> {
        let mut weights: FxHashMap<u64, f32> = FxHashMap::default();
        for (word, weight) in words {
            let held = weights.entry(hash(word)).or_default();
            *held = held.max(weight);
        }
        let table = self.table.read();
        let mut best = table.scores(&weights);
        let own = own.and_then(|it| table.files.get(it)).cloned().unwrap_or_default();
        best.retain(|it| table.chunks[it.0].path.is_some() && !own.contains(&it.0));
        let better = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if best.len() > count {
            best.select_nth_unstable_by(count, better);
            best.truncate(count);
        }
        best.sort_unstable_by(better);
        best.into_iter().filter_map(|(chunk, score)| table.found(chunk, score)).collect()
    }

    /// Bytes held, without the allocator's overhead.
    pub fn memory(&self) -> usize {
        self.table.read().memory()
    }
}

impl Table {
    fn memory(&self) -> usize {
        let paths = self.files.capacity() * FILE;
        4 * self.lists
            + self.words.capacity() * WORD
            + self.chunks.capacity() * size_of::<Chunk>()
            + paths
    }

    /// `memory` with this many more words and chunks, with every table counted as three quarters full: the
    /// true share is between half and all.
    fn bytes_with(&self, words: usize, chunks: usize) -> usize {
        let held = (self.words.len() + words) * WORD * 4 / 3;
        let chunks = (self.chunks.len() + chunks) * size_of::<Chunk>() * 4 / 3;
        4 * (self.lists + words) + held + chunks + self.files.len() * FILE * 4 / 3
    }

    fn insert(&mut self, path: &Path, pieces: Vec<(Range<usize>, FxHashMap<u64, u8>)>) {
        let path: Arc<Path> = path.into();
        let first = self.chunks.len();
        for (range, counts) in pieces {
            let number = self.chunks.len() as u32;
            let words: u32 = counts.values().map(|it| u32::from(*it)).sum();
            let kinds = counts.len() as u32;
            self.length += u64::from(words);
            self.postings += counts.len();
            for (word, count) in counts {
                let list = self.words.entry(word).or_default();
                let held = list.capacity();
                // Grows by a third, not by doubling: most words are in few chunks.
                if list.len() == held {
                    list.reserve_exact(1 + held / 3);
                }
                list.push(number << 8 | u32::from(count));
                self.lists += list.capacity() - held;
            }
            let range = range.start as u32..range.end as u32;
            self.chunks.push(Chunk { path: Some(path.clone()), range, words, kinds });
        }
        self.files.insert(path, first..self.chunks.len());
    }

    /// Returns whether the file was known.
    fn remove(&mut self, path: &Path) -> bool {
        let Some(range) = self.files.remove(path) else { return false };
        for chunk in &mut self.chunks[range] {
            chunk.path = None;
            self.length -= u64::from(chunk.words);
            self.dead += chunk.kinds as usize;
        }
        if self.dead > self.postings / 2 {
            self.compact();
        }
        true
    }

    /// Removes dead entries and renumbers the others.
    fn compact(&mut self) {
        let mut live = 0..;
        let is_live = self.chunks.iter().map(|it| it.path.is_some());
        let numbers: Vec<Option<u32>> =
            is_live.map(|it| if it { live.next() } else { None }).collect();
        let renumber = |it: u32| Some(numbers[(it >> 8) as usize]? << 8 | it & 255);
        self.words.retain(|_, list| {
            *list = list.iter().filter_map(|it| renumber(*it)).collect();
            !list.is_empty()
        });
        self.words.shrink_to_fit();
        self.chunks.retain(|it| it.path.is_some());
        for range in self.files.values_mut() {
            let start = numbers.get(range.start).copied().flatten().unwrap_or(0) as usize;
            *range = start..start + range.len();
        }
        self.chunks.shrink_to_fit();
        self.postings = self.words.values().map(Vec::len).sum();
        self.lists = self.words.values().map(Vec::capacity).sum();
        self.dead = 0;
    }

    fn scores(&self, weights: &FxHashMap<u64, f32>) -> Vec<(usize, f32)> {
        let count = self.chunks.len().max(1);
        let mean = (self.length as f32 / count as f32).max(1.0);
        let mut scores = vec![0f32; self.chunks.len()];
        for (word, weight) in weights {
            let Some(list) = self.words.get(word).filter(|it| it.len() * COMMON <= count + 20)
            else {
                continue;
            };
            let rare = ((count - list.len().min(count)) as f32 + 0.5) / (list.len() as f32 + 0.5);
            let gain = weight * (rare + 1.0).ln() * (SATURATION + 1.0);
            for posting in list {
                let chunk = (posting >> 8) as usize;
                let (times, long) =
                    ((posting & 255) as f32, self.chunks[chunk].words as f32 / mean);
                scores[chunk] +=
                    gain * times / (times + SATURATION * (1.0 - LENGTH + LENGTH * long));
            }
        }
        scores.into_iter().enumerate().filter(|it| it.1 > 0.0).collect()
    }

    fn found(&self, chunk: usize, score: f32) -> Option<ChunkMatch> {
        let chunk = &self.chunks[chunk];
        let range = chunk.range.start as usize..chunk.range.end as usize;
        Some(ChunkMatch { path: chunk.path.clone()?, range, score })
    }
}

/// The names in a text, in order, with repetitions. Numbers and names of fewer than three bytes are left out.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = text::is_word;
    text.split(move |it| !is_part(it))
        .filter(|it| it.len() >= 3 && !it.starts_with(|it: char| it.is_ascii_digit()))
}

fn counts(text: &str) -> FxHashMap<u64, u8> {
    let mut counts: FxHashMap<u64, u8> = FxHashMap::default();
    for word in words(text) {
        let count = counts.entry(hash(word)).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

fn hash(word: &str) -> u64 {
    FxBuildHasher.hash_one(word)
}

fn pieces(text: &str) -> impl Iterator<Item = Range<usize>> {
    let (mut start, mut at, mut lines) = (0, 0, 0);
    let mut pieces = Vec::new();
    for line in text.split_inclusive('\n') {
        at += line.len();
        lines += 1;
        if lines >= SHORT && line.trim().is_empty() || lines >= LONG {
            pieces.push(start..at);
            (start, lines) = (at, 0);
        }
    }
    pieces.push(start..at);
    pieces.into_iter().filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(chunks: &Chunks, words: &str) -> Vec<String> {
        let words = super::words(words).map(|it| (it, 1.0));
        let found = chunks.search(words, Some(Path::new("own")), 9);
        found.iter().map(|it| format!("{}:{:?}", it.path.display(), it.range)).collect()
    }

    fn about(word: &str) -> String {
        format!("{word}\n").repeat(LONG)
    }

    #[test]
    fn chunks_that_share_rare_words_come_first() {
        let chunks = Chunks::new(100_000);
        for nth in 0..30 {
            chunks.update(Path::new(&format!("{nth}")), &format!("common only{nth}\n"));
        }
        chunks.update(Path::new("a"), &[about("apple"), about("pear")].concat());
        chunks.update(Path::new("own"), "apple");
        assert_eq!(search(&chunks, "pear"), ["a:180..330"]);
        assert_eq!(search(&chunks, "apple"), ["a:0..180"]);
        assert_eq!(search(&chunks, "only7"), ["7:0..13"]);
        assert!(search(&chunks, "common").is_empty());
    }

    #[test]
    fn a_file_is_replaced_and_removed_as_a_whole() {
        let chunks = Chunks::new(100_000);
        let path = Path::new("a");
        for _ in 0..50 {
            chunks.update(path, "apple\n");
            chunks.update(Path::new("b"), "pear\n");
            chunks.update(path, "plum\n");
        }
        assert!(search(&chunks, "apple").is_empty());
        assert_eq!(search(&chunks, "plum"), ["a:0..5"]);
        assert_eq!(search(&chunks, "pear"), ["b:0..5"]);
        chunks.remove(path);
        assert!(search(&chunks, "plum").is_empty());
        assert!(chunks.memory() < 10_000);
    }

    #[test]
    fn a_full_index_accepts_only_changes() {
        let chunks = Chunks::new(20_000);
        let text = |it: usize| format!("apple of{it} pear of{it}\n").repeat(3);
        let full = (0..).find(|it| !chunks.update(Path::new(&it.to_string()), &text(*it)));
        let full = full.expect("the index fills up");
        assert!(full > 20 && chunks.memory() <= 30_000, "{full}");
        // A changed file reuses the room of its old version, however often it changes.
        for round in 0..100 {
            let path = (round % full).to_string();
            assert!(chunks.update(Path::new(&path), &text(1_000 + round)), "{round}");
            assert!(chunks.memory() <= 30_000);
        }
    }
}
