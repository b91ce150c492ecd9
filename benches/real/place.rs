//! The places of a file: a line whose rest is missing.

use std::path::{Path, PathBuf};

use understudy::text::is_word;

use crate::random::Random;

/// Lines at the beginning and the end of a file that have no place.
const HEAD: usize = 10;
const TAIL: usize = 3;
/// A line has at least this many bytes without its indentation, and a hole at least so many.
const LEAST_LINE: usize = 8;
const LEAST_HOLE: usize = 4;
/// One place in this many is at the start of its line.
const AT_START: usize = 4;
const TRIES: usize = 400;
/// How lines without code begin.
const COMMENTS: [&str; 6] = ["//", "#", "*", "/*", "'''", "\"\"\""];

/// A hole from the cursor to the end of its line.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) row: usize,
    /// Bytes before the cursor on its line.
    pub(crate) column: usize,
    /// The text without the hole, and the cursor in it.
    pub(crate) text: String,
    pub(crate) offset: usize,
    pub(crate) truth: String,
}

/// At most `count` places of a file, always the same.
pub(crate) fn choose(path: &Path, text: &str, count: usize) -> Vec<Place> {
    let lines: Vec<&str> = text.split('\n').collect();
    let seed = text.bytes().take(4096).fold(0x9E37_79B9_7F4A_7C15, |sum: u64, it| {
        (sum ^ u64::from(it)).wrapping_mul(0x100_0000_01B3)
    });
    let mut random = Random(seed | 1);
    let mut rows: Vec<usize> = Vec::new();
    let mut places = Vec::new();
    for _ in 0..TRIES {
        if places.len() == count || lines.len() <= HEAD + TAIL {
            break;
        }
        let row = HEAD + random.below(lines.len() - HEAD - TAIL);
        let line = lines[row].trim_end();
        let indent = line.len() - line.trim_start().len();
        let is_comment = COMMENTS.iter().any(|it| line[indent..].starts_with(it));
        if line.len() - indent < LEAST_LINE || is_comment || rows.contains(&row) {
            continue;
        }
        let mut cuts = cuts(line, indent);
        if cuts.is_empty() || random.below(AT_START) == 0 {
            cuts = vec![indent];
        }
        let column = cuts[random.below(cuts.len())];
        rows.push(row);
        places.push(cut(path, &lines, row, column));
    }
    places
}

/// Columns where a word or a sign begins behind the indentation.
fn cuts(line: &str, indent: usize) -> Vec<usize> {
    let is_cut = |at: usize, it: char| {
        let before = line[..at].chars().next_back().is_some_and(is_word);
        at > indent && line.len() - at >= LEAST_HOLE && (!is_word(it) || !before)
    };
    let cuts = line.char_indices().filter(|(at, it)| !it.is_whitespace() && is_cut(*at, *it));
    cuts.map(|it| it.0).collect()
}

fn cut(path: &Path, lines: &[&str], row: usize, column: usize) -> Place {
    let line = lines[row].trim_end();
    let before: String = lines[..row].iter().flat_map(|it| [it, "\n"]).collect();
    let offset = before.len() + column;
    let behind = &lines[row][line.len()..];
    let after: String = lines[row + 1..].iter().flat_map(|it| ["\n", it]).collect();
    Place {
        path: path.to_owned(),
        row,
        column,
        text: [&before, &line[..column], behind, &after].concat(),
        offset,
        truth: line[column..].to_owned(),
    }
}
