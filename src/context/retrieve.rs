//! Finds related code: chunks that share words with the text at the cursor, lines that follow the same text
//! elsewhere, and parts of the same file outside the window.

use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use ropey::Rope;
use rustc_hash::FxHashSet;

use crate::context::alike::CursorLines;
use crate::context::choose::Snippet;
use crate::context::near::SeenLines;
use crate::context::outline::OutlineReader;
use crate::context::{PartKind, alike, terse};
use crate::text;
use crate::workspace::chunks;
use crate::workspace::chunks::{ChunkMatch, Chunks};
use crate::workspace::tokens::vocabulary::Token;
use crate::workspace::tokens::{TokensSnapshot, lexer};

/// Maximum number of chunks examined, and of lines in a snippet.
const CHUNKS: usize = 40;
const LINES: usize = 8;
/// Less space than this is not used for lines as they are, in bytes.
const LEAST: usize = 200;
/// Chunks in which a place like the cursor's is searched, and bytes of the same file before and after the window.
const COMPARED: usize = 12;
const OUTSIDE: usize = 32 << 10;
/// What the best chunk, and the same file, are worth in units of likeness.
const BEST_CHUNK: f32 = 8.0;
const OWN: f32 = 6.0;
/// Maximum numbers of continuations, places examined for each length of match, and tokens of context.
const CONTINUATIONS: usize = 12;
const SAMPLES: usize = 24;
const CONTEXT: usize = 24;
/// A match of up to this many tokens is ignored as chance.
const SHORTEST: usize = 1;
/// A match with more places is ignored as common.
const COMMON: usize = 4000;
/// Bytes of the same file examined before and after the window. A file of more than `LARGE`
/// bytes is not read from its start.
const REACH: usize = 8 << 10;
const LARGE: usize = 128 << 10;

/// The probability that the names in the best chunk are needed, those in the first continuation, and those in
/// a snippet of the same file that shares many words; fitted on the TRAIN trees of `benches/README.md`.
const BY_CHUNK: f32 = 0.5;
const BY_CONTINUATION: f32 = 0.3;
const BY_OWN: f32 = 0.9;
/// Decrease for each further continuation.
const FURTHER: f32 = 0.15;
/// Number of shared words that gives half of `BY_OWN`.
const HALF: f32 = 3.0;

/// Chunks of other files that share words with the lines around the cursor, best first. Later lines weigh more.
pub(super) fn similar(index: &Chunks, lines: &[&str], own: &Path) -> Vec<ChunkMatch> {
    let count = lines.len().max(1) as f32;
    let words = lines.iter().enumerate().flat_map(|(nth, line)| {
        let weight = 0.3 + 0.7 * (nth + 1) as f32 / count;
        chunks::words(line).map(move |it| (it, weight))
    });
    index.search(words, Some(own), CHUNKS)
}

/// The places most like the cursor's as they are, best first: in the best chunks, and in the same file outside the window.
pub(super) fn alike(
    found: &[ChunkMatch],
    (rope, window, path): (&Rope, &Range<usize>, &Path),
    (cursor, seen): (&CursorLines<'_>, &SeenLines<'_>),
    reader: &mut OutlineReader<'_>,
    (bytes, go_on): (usize, &dyn Fn() -> bool),
) -> Vec<Snippet> {
    let near = rope_around(rope, window, OUTSIDE);
    // A secret may extend into it.
    let read = rope_around(rope, window, OUTSIDE + terse::NEAR);
    let from = read.start;
    let text = Rc::new(rope.byte_slice(read).to_string());
    let path: Arc<Path> = path.into();
    let mut places = Vec::new();
    for within in [near.start - from..window.start - from, window.end - from..near.end - from] {
        if let Some((likeness, at)) = alike::most_alike(&text, &within, cursor) {
            places.push((OWN + likeness, at, (Arc::clone(&path), from), Rc::clone(&text), within));
        }
    }
    let best = found.first().map_or(1.0, |it| it.score);
    for ChunkMatch { path, range, score } in found.iter().take(COMPARED) {
        if !go_on() {
            break;
        }
        let Some(text) = reader.text(path).filter(|it| it.get(range.clone()).is_some()) else {
            continue;
        };
        let Some((likeness, at)) = alike::most_alike(&text, range, cursor) else {
            continue;
        };
        let (worth, within) = (BEST_CHUNK * score / best + likeness, 0..text.len());
        places.push((worth, at, (Arc::clone(path), 0), text, within));
    }
    places.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut pieces, mut left): (Vec<Snippet>, usize) = (Vec::new(), bytes);
    for (_, at, (path, from), text, within) in places {
        if left < LEAST {
            break;
        }
        let piece = alike::around(&text, at, &within, left);
        let (at, next) = (from + piece.start, from + piece.end);
        let is_shown = |it: &Snippet| it.path == path && it.at < next && at < it.next;
        let text = terse::whole(&text, piece).filter(|it| !it.is_empty() && !seen.holds(it));
        let Some(text) = text.filter(|_| !pieces.iter().any(is_shown)) else { continue };
        left -= text.len();
        pieces.push(Snippet { kind: PartKind::Snippet, path, at, next, text, likely: BY_CHUNK });
    }
    pieces
}

/// The range of whole lines that start up to `bytes` before a window or end up to as many behind it.
fn rope_around(rope: &Rope, window: &Range<usize>, bytes: usize) -> Range<usize> {
    let line = |byte: usize| rope.line_to_byte(rope.byte_to_line(byte.min(rope.len_bytes())));
    let end = (window.end + bytes).min(rope.len_bytes());
    let end = if end == rope.len_bytes() { end } else { line(end).max(window.end) };
    line(window.start.saturating_sub(bytes)).min(window.start)..end
}

/// Snippets of chunks, best first.
pub(super) fn chunks(
    found: Vec<ChunkMatch>,
    reader: &mut OutlineReader<'_>,
    seen: &SeenLines<'_>,
    (bytes, go_on): (usize, &dyn Fn() -> bool),
) -> Vec<Snippet> {
    let best = found.first().map_or(1.0, |it| it.score);
    let (mut pieces, mut size) = (Vec::new(), 0);
    for chunk in found {
        if size >= bytes || !go_on() {
            break;
        }
        let Some(text) = reader.text(&chunk.path) else { continue };
        let likely = BY_CHUNK * (chunk.score / best).powi(2);
        for piece in pieces_of(&chunk.path, &text, chunk.range, |_| likely) {
            if !seen.holds(&piece.text) {
                size += piece.text.len();
                pieces.push(piece);
            }
        }
    }
    pieces
}

/// Snippets of the same file outside the window. Their probability grows with the words shared with `lines`.
pub(super) fn own(rope: &Rope, window: &Range<usize>, lines: &[&str], path: &Path) -> Vec<Snippet> {
    let wanted: FxHashSet<&str> = lines.iter().flat_map(|it| chunks::words(it)).collect();
    let likely = |text: &str| {
        let mut shared: Vec<&str> = chunks::words(text).filter(|it| wanted.contains(it)).collect();
        shared.sort_unstable();
        shared.dedup();
        let shared = shared.len() as f32;
        BY_OWN * shared / (shared + HALF)
    };
    let line = |byte: usize| rope.line_to_byte(rope.byte_to_line(byte.min(rope.len_bytes())));
    let above = |bytes| line(window.start.saturating_sub(bytes));
    let below = |bytes| line(window.end + bytes).max(window.end);
    let from = if rope.len_bytes() > LARGE { above(REACH + terse::NEAR) } else { 0 };
    let text = rope.byte_slice(from..below(REACH + terse::NEAR)).to_string();
    let path: Arc<Path> = path.into();
    let outside =
        |it: Range<usize>| pieces_of(&path, &text, it.start - from..it.end - from, likely);
    let (before, behind) = (above(REACH)..window.start, window.end..below(REACH));
    outside(before).chain(outside(behind)).filter(|it| it.likely > 0.0).collect()
}

/// Splits a range of a text into snippets of `LINES` lines.
fn pieces_of(
    path: &Arc<Path>,
    text: &str,
    range: Range<usize>,
    likely: impl Fn(&str) -> f32,
) -> impl Iterator<Item = Snippet> {
    let start = range.start;
    let lines = terse::lines(path, text, range).unwrap_or_default();
    let texts: Vec<String> = lines.chunks(LINES).map(terse::dedented).collect();
    let path = Arc::clone(path);
    texts.into_iter().enumerate().map(move |(nth, text)| {
        let likely = likely(&text);
        let at = start + nth;
        Snippet { kind: PartKind::Snippet, path: Arc::clone(&path), at, next: at + 1, text, likely }
    })
}

/// Lines that follow the longest endings of `before`, longest match first.
pub(super) fn continuations(
    tokens: &TokensSnapshot,
    reader: &mut OutlineReader<'_>,
    before: &[&str],
    (own, seen): (&Path, &SeenLines<'_>),
    (bytes, go_on): (usize, &dyn Fn() -> bool),
) -> Vec<Snippet> {
    let (context, begun) = context(tokens, before);
    let base = tokens.base();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    base.ranges(&context, &mut ranges);
    let mut places = Vec::new();
    for range in ranges.iter().skip(SHORTEST).rev().take_while(|it| it.len() <= COMMON) {
        let goes_on = goes_on(tokens, range.clone(), begun);
        let step = (goes_on.len() / SAMPLES).max(1);
        places.extend(goes_on.into_iter().step_by(step));
        if places.len() > SAMPLES * CONTINUATIONS {
            break;
        }
    }
    let (mut pieces, mut size): (Vec<Snippet>, usize) = (Vec::new(), 0);
    let mut taken = Vec::new();
    let hidden = tokens.hidden(Some(own));
    for (place, file) in places.iter().zip(base.files_at(&places)) {
        let Some((path, start)) = file.filter(|_| !hidden.contains(*place)) else { continue };
        if size >= bytes || pieces.len() == CONTINUATIONS || !go_on() {
            break;
        }
        let ends = base.lines(start..*place);
        if taken.contains(&(start, ends / LINES)) {
            continue;
        }
        taken.push((start, ends / LINES));
        let path: Arc<Path> = path.into();
        let Some(text) = reader.text(&path) else { continue };
        let Some(piece) = lines_from(&text, ends) else { continue };
        let Some(lines) = terse::lines(&path, &text, piece.clone()) else { continue };
        let shown = terse::dedented(&lines);
        if !lines.is_empty() && !seen.holds(&shown) {
            size += shown.len();
            let (kind, at) = (PartKind::Snippet, piece.start);
            let likely = BY_CONTINUATION / (1.0 + FURTHER * pieces.len() as f32);
            pieces.push(Snippet { kind, path, at, next: at + 1, text: shown, likely });
        }
    }
    pieces
}

/// The range of some lines of a text, counted without blank lines, as in the index.
fn lines_from(text: &str, first: usize) -> Option<Range<usize>> {
    let mut at = 0;
    let placed = text.split_inclusive('\n').map(|it| {
        at += it.len();
        (at - it.len()..at, it)
    });
    let filled = placed.filter(|it| !it.1.trim_start().is_empty()).map(|it| it.0);
    let mut lines = filled.skip(first).take(LINES);
    let start = lines.next()?;
    Some(start.start..lines.last().map_or(start.end, |it| it.end))
}

/// Places of a match that continue with the partial word at the cursor.
fn goes_on(tokens: &TokensSnapshot, range: Range<usize>, begun: &str) -> Vec<u32> {
    let (base, words) = (tokens.base(), tokens.vocabulary().read());
    let starts =
        |place: &u32| base.token(*place + 1).is_some_and(|it| words.text(it).starts_with(begun));
    let places = range.map(|it| base.place(it));
    places.filter(|it| begun.is_empty() || starts(it)).collect()
}

/// The last tokens before the cursor, and the partial word at the cursor.
fn context<'a>(tokens: &TokensSnapshot, before: &[&'a str]) -> (Vec<Token>, &'a str) {
    let last = before.last().copied().unwrap_or_default();
    let whole = last.trim_end_matches(text::is_word).len();
    let words = tokens.vocabulary().read();
    let mut context = Vec::new();
    for (nth, line) in before.iter().enumerate() {
        let is_last = nth + 1 == before.len();
        let line = if is_last { &line[..whole] } else { line };
        let read = lexer::lex(line).map(|it| words.token(&line[it.start..it.end], it.spaced));
        let length = context.len();
        context.extend(read);
        if !is_last && context.len() > length {
            context.push(Token::LINE_END);
        }
    }
    (context.split_off(context.len().saturating_sub(CONTEXT)), &last[whole..])
}
