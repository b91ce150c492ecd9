//! Retrievers of other projects, according to their sources.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::ground::Ground;
use crate::random::Random;

/// As many complete pieces as fit, and the start of the next.
fn fill(pieces: impl IntoIterator<Item = String>, bytes: usize) -> String {
    let mut text = String::new();
    for piece in pieces {
        let left = bytes.saturating_sub(text.len() + 1);
        text.push_str(&piece[..piece.floor_char_boundary(left)]);
        text.push('\n');
        if piece.len() >= left {
            break;
        }
    }
    text
}

/// The nearest files by folder.
fn near<'a>(ground: &'a Ground, own: &Path, count: usize) -> Vec<(&'a PathBuf, &'a String)> {
    let shared =
        |path: &Path| path.components().zip(own.components()).take_while(|it| it.0 == it.1).count();
    let mut files: Vec<_> = ground.files.iter().collect();
    files.sort_by(|a, b| shared(b.0).cmp(&shared(a.0)).then(a.0.cmp(b.0)));
    files.truncate(count);
    files
}

/// A ring of chunks of 32 lines, sampled at random around the user's recent places.
pub(crate) fn ring(
    ground: &Ground,
    own: &Path,
    before: &str,
    random: &mut Random,
    bytes: usize,
) -> String {
    let files = near(ground, own, 5);
    let chunk = |_| {
        let text = match random.below(3) {
            0 => before,
            _ => files.get(random.below(files.len())).map_or(before, |it| it.1.as_str()),
        };
        let lines: Vec<&str> = text.lines().collect();
        let start = random.below(lines.len().saturating_sub(32));
        lines[start..lines.len().min(start + 32)].join("\n")
    };
    fill((0..16).map(chunk).collect::<Vec<_>>(), bytes)
}

/// The best window of 60 lines in each of 20 files, by shared names.
pub(crate) fn jaccard(ground: &Ground, own: &Path, prefix: &str, bytes: usize) -> String {
    let last: Vec<&str> = prefix.lines().rev().take(60).collect();
    let wanted: HashSet<&str> = last.iter().flat_map(|it| idents(it)).collect();
    let mut best: Vec<(f64, String)> = Vec::new();
    for (_, text) in near(ground, own, 20) {
        let lines: Vec<&str> = text.lines().collect();
        let names: Vec<Vec<&str>> = lines.iter().map(|it| idents(it).collect()).collect();
        let mut top = (0.0, 0);
        for start in (0..lines.len()).step_by(4) {
            let window: HashSet<&str> =
                names[start..lines.len().min(start + 60)].iter().flatten().copied().collect();
            let shared = window.iter().filter(|it| wanted.contains(**it)).count();
            let score = shared as f64 / (window.len() + wanted.len() - shared).max(1) as f64;
            if score > top.0 {
                top = (score, start);
            }
        }
        if top.0 > 0.0 {
            best.push((top.0, lines[top.1..lines.len().min(top.1 + 60)].join("\n")));
        }
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    fill(best.into_iter().take(4).map(|it| it.1), bytes)
}

/// Query lines of a place: eight lines below, then the last line before it.
fn query<'a>((prefix, suffix): (&'a str, &'a str)) -> Vec<&'a str> {
    let mut lines: Vec<&str> = prefix.lines().rev().take(25).collect();
    lines.reverse();
    suffix.lines().take(8).chain(lines).collect()
}

/// Chunks alone.
pub(crate) fn bm25(ground: &Ground, own: &Path, around: (&str, &str), bytes: usize) -> String {
    let lines = query(around);
    let weight = |nth: usize| 0.3 + 0.7 * (nth + 1) as f32 / lines.len() as f32;
    let words =
        lines.iter().enumerate().flat_map(|(nth, it)| idents(it).map(move |it| (it, weight(nth))));
    let found = ground.chunks.search(words, Some(own), 40);
    fill(
        found
            .iter()
            .filter_map(|it| Some(ground.files.get(&*it.path)?.get(it.range.clone())?.to_owned())),
        bytes,
    )
}

/// Keywords, which a prompt does not need.
const KEYWORDS: &str = " abstract and assert async await bool break case catch class const continue crate def default del elif else enum except export extends extern false final finally fn for from function global impl import instanceof interface lambda let loop match mod move mut new None nonlocal not null pass private protected pub public raise readonly ref return self Self static string struct super switch this throw trait true True False try type typeof undefined unsafe use usize var void where while with yield str u16 u32 u64 i16 i32 i64 f32 f64 number boolean any the that are can will but has have its was which when one all may used using ";

/// Identifiers of three characters or more.
pub(crate) fn idents(text: &str) -> impl Iterator<Item = &str> {
    understudy::workspace::chunks::words(text).filter(|it| !KEYWORDS.contains(&format!(" {it} ")))
}
