//! Finds the place that is most like the cursor's: the lines before it are like those before the cursor, so what follows
//! them is likely to follow here.

use std::hash::BuildHasher;
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use crate::workspace::tokens::lexer;

/// Lines before the cursor's that are compared, without blank ones, and how much each counts relative to the one below it.
const LINES: usize = 7;
const FARTHER: f32 = 0.8;
/// How much the words before the cursor on its own line count.
const TYPED: f32 = 2.0;

/// The words of a line as hashes, sorted.
type Words = Vec<u64>;

/// The line at the cursor up to the cursor, and the lines before it, nearest first.
pub(super) struct CursorLines<'a> {
    typed: &'a str,
    words: Words,
    above: Vec<Words>,
}

/// A text split into lines.
pub(super) struct TextLines<'a> {
    text: &'a str,
    rows: Vec<Range<usize>>,
    words: Vec<Words>,
}

impl<'a> CursorLines<'a> {
    /// `before` ends with the line at the cursor.
    pub(super) fn new(before: &[&'a str]) -> Self {
        let (typed, above) =
            before.split_last().map_or(("", before), |it| (it.0.trim_start(), it.1));
        let above = above.iter().rev().map(|it| words(it)).filter(|it| !it.is_empty());
        Self { typed, words: words(typed), above: above.take(LINES).collect() }
    }
}

impl<'a> TextLines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut at = 0;
        let row = |line: &str| {
            at += line.len();
            at - line.len()..at
        };
        let rows: Vec<_> = text.split_inclusive('\n').map(row).collect();
        let words = rows.iter().map(|it| words(&text[it.clone()])).collect();
        Self { text, rows, words }
    }

    /// Where the line starts, of those that start in `range`, that is most like the cursor's, and its likeness: from above 0 to
    /// about 6.
    pub(super) fn most_alike(
        &self,
        range: &Range<usize>,
        cursor: &CursorLines<'_>,
    ) -> Option<(f32, usize)> {
        let first = self.rows.partition_point(|it| it.start < range.start);
        let last = self.rows.partition_point(|it| it.start < range.end);
        let rows = (first..last).map(|it| (self.likeness(it, cursor), it));
        let best =
            rows.filter(|it| it.0 > 0.0).reduce(|best, it| if it.0 > best.0 { it } else { best });
        best.map(|(likeness, row)| (likeness, self.rows[row].start))
    }

    fn likeness(&self, row: usize, cursor: &CursorLines<'_>) -> f32 {
        let above = self.words[..row].iter().rev().filter(|it| !it.is_empty());
        let mut weight = 1.0;
        let mut sum = 0.0;
        for (own, other) in cursor.above.iter().zip(above) {
            sum += weight * shared(own, other);
            weight *= FARTHER;
        }
        if !cursor.words.is_empty() {
            let line = self.text[self.rows[row].clone()].trim_start();
            let begin = &line[..line.floor_char_boundary(cursor.typed.len())];
            sum += TYPED * shared(&cursor.words, &words(begin));
        }
        sum
    }
}

/// The whole lines of `within` around the line that starts at `at`, with up to `bytes`: two from that line on for each above it.
pub(crate) fn around(text: &str, at: usize, within: &Range<usize>, bytes: usize) -> Range<usize> {
    let (mut start, mut end) = (at, at);
    loop {
        let before = start..end;
        for is_below in [true, true, false] {
            let (above, below) = (&text[within.start..start], &text[end..within.end]);
            let line = if is_below {
                below.split_inclusive('\n').next()
            } else {
                above.split_inclusive('\n').next_back()
            };
            let length = line.map_or(0, str::len);
            if end - start + length > bytes {
                continue;
            }
            if is_below { end += length } else { start -= length }
        }
        if before == (start..end) {
            return before;
        }
    }
}

fn words(line: &str) -> Words {
    let hash = |it: lexer::TokenSpan| FxBuildHasher.hash_one(&line[it.start..it.end]);
    let mut words: Words = lexer::lex(line).map(hash).collect();
    words.sort_unstable();
    words
}

/// The words that two lines share, as a share of all words of both (Jaccard), with repetitions.
fn shared(a: &[u64], b: &[u64]) -> f32 {
    let (mut shared, mut at, mut other) = (0, 0, 0);
    while at < a.len() && other < b.len() {
        match a[at].cmp(&b[other]) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                at += 1;
                other += 1;
            }
        }
    }
    shared as f32 / (a.len() + b.len() - shared).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "open(a)\nread(a)\nlet x = 1;\n\nopen(b)\nlock(b)\nread(b)\nlet y = 2;\n";

    #[track_caller]
    fn check<'a>(before: &[&str], expected: impl Into<Option<&'a str>>) {
        let lines = TextLines::new(TEXT);
        let found = lines.most_alike(&(0..TEXT.len()), &CursorLines::new(before));
        assert_eq!(found.and_then(|it| TEXT[it.1..].split_inclusive('\n').next()), expected.into());
    }

    #[test]
    fn the_lines_above_decide_nearest_first() {
        check(&["open(c)", "lock(c)", ""], "read(b)\n");
        check(&["open(c)", ""], "read(a)\n");
        check(&["lock(c)", "", "read(c)", ""], "let y = 2;\n");
    }

    #[test]
    fn the_words_before_the_cursor_count_most() {
        check(&["lock(c)", "read(c)", "lo"], "lock(b)\n");
        check(&["unknown", "let x"], "let x = 1;\n");
        check(&["unknown", ""], None);
        check(&[], None);
    }

    #[test]
    fn a_piece_has_two_lines_below_for_each_above_and_stays_in_its_range() {
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let around = |at, within: Range<usize>, bytes| &text[around(text, at, &within, bytes)];
        assert_eq!(around(8, 0..18, 12), "3\n4\n5\n6\n7\n8\n");
        assert_eq!(around(8, 0..18, 7), "4\n5\n6\n");
        assert_eq!(around(8, 6..12, 99), "4\n5\n6\n");
        assert_eq!(around(0, 0..18, 6), "1\n2\n3\n");
        assert_eq!(around(16, 0..18, 6), "7\n8\n9\n");
        assert_eq!(around(0, 0..18, 1), "");
    }
}
