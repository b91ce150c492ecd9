//! The indexed part of the workspace: all tokens in one list, and an order over them that groups the places
//! that follow the same words.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::path::Path;

use crate::workspace::tokens::lexer;
use crate::workspace::tokens::packed::Packed;
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Longest context in tokens, here and in every comparison of matches.
pub const MAX_ORDER: usize = 24;

/// Maximum number of files below a folder that are checked for being directly in it.
const MAX_FOLDER: usize = 1024;

/// Immutable. Six bytes a token: the token and its place in the order.
pub struct TokenBase {
    tokens: Packed,
    /// Places sorted by the text up to them read backwards, at most `MAX_ORDER` tokens of it.
    order: Packed,
    /// By token index: where its places start in `order`. One more entry ends the last.
    buckets: Vec<u32>,
    /// Numbers of the words that can complete a name, sorted by text.
    names: Vec<u32>,
    files: BTreeMap<Box<Path>, Range<u32>>,
}

impl TokenBase {
    /// Sorts the files of a builder. `tokens` starts with `Token::FILE_END` and every file ends with it;
    /// `files` are ranges of it.
    pub(super) fn new(
        tokens: Packed,
        files: BTreeMap<Box<Path>, Range<u32>>,
        words: &WordTable,
    ) -> Self {
        let buckets = buckets(&tokens, words.tokens());
        let order = sort(&tokens, &buckets);
        let mut base = Self { tokens, order, buckets, names: Vec::new(), files };
        base.names = base.names(words);
        base
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn token(&self, place: u32) -> Option<Token> {
        let place = place as usize;
        (place < self.len()).then(|| Token::from_number(self.tokens.get(place)))
    }

    /// How many lines end between two places.
    pub fn lines(&self, range: Range<u32>) -> usize {
        let end = self.len().min(range.end as usize);
        self.tokens.count(end.min(range.start as usize)..end, Token::LINE_END.number())
    }

    /// The place at index `at` of the order, as in `ranges`.
    pub fn place(&self, at: usize) -> u32 {
        self.order.get(at)
    }

    /// How often a token occurs in the base.
    pub fn count(&self, token: Token) -> u32 {
        match self.buckets.get(token.index()..token.index() + 2) {
            Some(pair) => pair[1] - pair[0],
            None => 0,
        }
    }

    pub fn range(&self, path: &Path) -> Option<Range<u32>> {
        self.files.get(path).cloned()
    }

    /// The ranges of the files in a path's folder, in order of place.
    pub fn folder(&self, path: &Path) -> Vec<Range<u32>> {
        let Some(folder) = path.parent() else { return Vec::new() };
        let files = self.files.range::<Path, _>((Bound::Included(folder), Bound::Unbounded));
        let within = files.take(MAX_FOLDER).take_while(|it| it.0.starts_with(folder));
        let mut ranges: Vec<Range<u32>> =
            within.filter(|it| it.0.parent() == Some(folder)).map(|it| it.1.clone()).collect();
        ranges.sort_unstable_by_key(|it| it.start);
        ranges
    }

    /// The files that contain the places, each with its start, in the order of `places`.
    pub fn files_at(&self, places: &[u32]) -> Vec<Option<(&Path, u32)>> {
        let mut found = vec![None; places.len()];
        let mut sorted: Vec<usize> = (0..places.len()).collect();
        sorted.sort_unstable_by_key(|it| places[*it]);
        for (path, range) in &self.files {
            let first = sorted.partition_point(|it| places[*it] < range.start);
            for it in sorted[first..].iter().take_while(|it| places[**it] < range.end) {
                found[*it] = Some((&**path, range.start));
            }
        }
        found
    }

    /// Fills `ranges`: the k-th is the range of `order` with the places whose last k + 1 tokens are the same
    /// as the context's. Each lies within the previous one; the list ends with the longest match.
    pub fn ranges(&self, context: &[Token], ranges: &mut Vec<Range<usize>>) {
        ranges.clear();
        let Some(last) = context.last().map(|it| it.index()) else { return };
        let Some(bucket) = self.buckets.get(last..last + 2) else { return };
        let (mut low, mut high) = (bucket[0] as usize, bucket[1] as usize);
        for (depth, &wanted) in context.iter().rev().enumerate().take(MAX_ORDER) {
            if depth > 0 {
                let from =
                    self.order.partition(low..high, |it| self.before(it, depth) < Some(wanted));
                low += from;
                let same =
                    self.order.partition(low..high, |it| self.before(it, depth) == Some(wanted));
                high = low + same;
            }
            if low == high {
                return;
            }
            ranges.push(low..high);
        }
    }

    /// Words that start with `prefix`, alphabetically, as tokens with or without a space.
    pub fn names_from<'a>(
        &'a self,
        words: &'a WordTable,
        prefix: &'a str,
        spaced: bool,
    ) -> impl Iterator<Item = Token> + 'a {
        let start = self.names.partition_point(|&it| words.word(it) < prefix);
        let names = self.names[start..].iter();
        names
            .take_while(move |it| words.word(**it).starts_with(prefix))
            .map(move |it| Token::new(*it, spaced))
            .filter(|it| self.count(*it) > 0)
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        let paths: usize = self.files.keys().map(|it| it.as_os_str().len() + 32).sum();
        let numbers = self.buckets.capacity() + self.names.capacity();
        self.tokens.memory() + self.order.memory() + 4 * numbers + paths
    }

    fn before(&self, place: u32, depth: usize) -> Option<Token> {
        place.checked_sub(depth as u32).and_then(|it| self.token(it))
    }

    fn names(&self, words: &WordTable) -> Vec<u32> {
        let spellings = |word: u32| [false, true].map(|it| self.count(Token::new(word, it)));
        let is_name = |word: &u32| {
            words.word(*word).as_bytes().first().is_some_and(|it| lexer::is_wordlike(*it))
        };
        let all = 0..(self.buckets.len() / 2) as u32;
        let mut names: Vec<u32> =
            all.filter(is_name).filter(|it| spellings(*it) != [0, 0]).collect();
        names.sort_unstable_by_key(|it| words.word(*it));
        names.shrink_to_fit();
        names
    }
}

fn buckets(tokens: &Packed, kinds: usize) -> Vec<u32> {
    let mut buckets = vec![0; kinds + 1];
    tokens.iter().for_each(|it| buckets[it as usize + 1] += 1);
    for at in 1..buckets.len() {
        buckets[at] += buckets[at - 1];
    }
    buckets
}

/// A counting sort by the last token, then a sort of each bucket by the preceding tokens.
fn sort(tokens: &Packed, buckets: &[u32]) -> Packed {
    let mut order = Packed::zeros(tokens.len());
    let mut next = buckets.to_vec();
    for (place, token) in tokens.iter().enumerate() {
        let slot = &mut next[token as usize];
        order.set(*slot as usize, place as u32);
        *slot += 1;
    }
    drop(next);
    let mut keyed = Vec::new();
    for pair in buckets.windows(2).filter(|it| it[1] - it[0] > 1) {
        sort_bucket(tokens, &mut order, pair[0] as usize..pair[1] as usize, &mut keyed);
    }
    order
}

/// Most comparisons end within two tokens. These are stored with the place, so the sort stays in cache.
fn sort_bucket(
    tokens: &Packed,
    order: &mut Packed,
    range: Range<usize>,
    keyed: &mut Vec<(u64, u32)>,
) {
    let before = |place: u32, depth: usize| match (place as usize).checked_sub(depth) {
        Some(it) => u64::from(tokens.get(it)) + 1,
        None => 0,
    };
    keyed.clear();
    keyed.extend(range.clone().map(|at| {
        let place = order.get(at);
        (before(place, 1) << 32 | before(place, 2), place)
    }));
    keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| compare(tokens, a.1, b.1)));
    range.zip(keyed).for_each(|(at, it)| order.set(at, it.1));
}

/// The order of two places whose last three tokens are the same.
fn compare(tokens: &Packed, a: u32, b: u32) -> Ordering {
    let back = |place: u32| {
        let rest = (place as usize + 1).saturating_sub(3);
        (rest.saturating_sub(MAX_ORDER - 3)..rest).rev().map(|it| tokens.get(it))
    };
    back(a).cmp(back(b))
}
