//! Finds the place that is most like the cursor's: the lines before it are like those before the cursor, so what follows
//! them is likely to follow here.

use std::hash::BuildHasher;
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use crate::workspace::tokens::lexer;

/// Lines before the cursor's that are compared, without blank ones, and how much each counts relative to the one below it.
const LINES: usize = 7;
const FARTHER: f32 = 0.8;
/// Lines before a range that are read for the comparison.
const ABOVE: usize = 16;
/// How much the words before the cursor on its own line count.
const TYPED: f32 = 2.0;

/// The line at the cursor up to the cursor, and the lines before it, nearest first. Words are hashes, sorted by line.
pub(super) struct CursorLines<'a> {
    typed: &'a str,
    words: Vec<u32>,
    above: Vec<Vec<u32>>,
}

impl<'a> CursorLines<'a> {
    /// `before` ends with the line at the cursor.
    pub(super) fn new(before: &[&'a str]) -> Self {
        let (typed, above) =
            before.split_last().map_or(("", before), |it| (it.0.trim_start(), it.1));
        let words = |line: &str| {
            let mut words = Vec::new();
            push_words(&mut words, line);
            words
        };
        let above = above.iter().rev().map(|it| words(it)).filter(|it| !it.is_empty());
        Self { typed, words: words(typed), above: above.take(LINES).collect() }
    }
}

/// Where the line starts, of those that start in `range`, that is most like the cursor's, and its likeness: from above 0 to
/// about 6.
pub(super) fn most_alike(
    text: &str,
    range: &Range<usize>,
    cursor: &CursorLines<'_>,
) -> Option<(f32, usize)> {
    let above =
        text[..range.start].split_inclusive('\n').rev().take(ABOVE).map(str::len).sum::<usize>();
    let mut start = range.start - above;
    // The words of all lines one after the other, and where those of each line that has some are.
    let (mut words, mut begun, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let mut best: Option<(f32, usize)> = None;
    for line in text[start..range.end].split_inclusive('\n') {
        if start >= range.start {
            let mut likeness = 0.0;
            let mut weight = 1.0;
            for (other, line) in cursor.above.iter().zip(lines.iter().rev()) {
                likeness += weight * shared(other, &words[Range::clone(line)]);
                weight *= FARTHER;
            }
            if !cursor.words.is_empty() {
                let line = line.trim_start();
                begun.clear();
                push_words(&mut begun, &line[..line.floor_char_boundary(cursor.typed.len())]);
                likeness += TYPED * shared(&cursor.words, &begun);
            }
            if likeness > best.map_or(0.0, |it| it.0) {
                best = Some((likeness, start));
            }
        }
        start += line.len();
        let first = words.len();
        push_words(&mut words, line);
        if words.len() > first {
            lines.push(first..words.len());
        }
    }
    best
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

/// Adds the words of a line, sorted.
fn push_words(words: &mut Vec<u32>, line: &str) {
    let first = words.len();
    let hash =
        |it: lexer::TokenSpan| (FxBuildHasher.hash_one(&line[it.start..it.end]) >> 32) as u32;
    words.extend(lexer::lex(line).map(hash));
    words[first..].sort_unstable();
}

/// The words that two lines share, as a share of all words of both (Jaccard), with repetitions.
fn shared(a: &[u32], b: &[u32]) -> f32 {
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
        let found = most_alike(TEXT, &(0..TEXT.len()), &CursorLines::new(before));
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
