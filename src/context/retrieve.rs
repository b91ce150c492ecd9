//! Code of other places that a model should see: chunks that share words with the cursor's place, and
//! what followed elsewhere on what stands before it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::context::near::Seen;
use crate::context::outline::Reader;
use crate::workspace::chunks;
use crate::workspace::chunks::Chunks;
use crate::workspace::tokens::Snapshot;
use crate::workspace::tokens::lexer;
use crate::workspace::tokens::vocabulary::Token;

/// Chunks looked at, and lines of a continuation.
const CHUNKS: usize = 40;
const LINES: usize = 8;
/// Continuations shown, places looked at for each length of match, tokens of context.
const CONTINUATIONS: usize = 12;
const SAMPLES: usize = 24;
const CONTEXT: usize = 24;
/// A match of so few tokens is chance.
const SHORTEST: usize = 1;
/// What more places continue says nothing.
const COMMON: usize = 4000;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snippet {
    pub(super) path: Arc<Path>,
    pub(super) text: String,
}

/// Chunks for the lines around the cursor, those before it in their order, best first.
pub(super) fn chunks(
    index: &Chunks,
    reader: &mut Reader<'_>,
    lines: &[&str],
    (own, seen): (&Path, &Seen<'_>),
    (bytes, go_on): (usize, &dyn Fn() -> bool),
) -> Vec<Snippet> {
    let count = lines.len().max(1) as f32;
    let words = lines.iter().enumerate().flat_map(|(nth, line)| {
        let weight = 0.3 + 0.7 * (nth + 1) as f32 / count;
        chunks::words(line).map(move |it| (it, weight))
    });
    let found = index.search(words, Some(own), CHUNKS);
    let mut snippets = Vec::new();
    let mut size = 0;
    for chunk in found {
        if size >= bytes || !go_on() {
            break;
        }
        let text = reader.text(&chunk.path).and_then(|it| Some(it.get(chunk.range)?.to_owned()));
        if let Some(text) = text.filter(|it| !seen.holds(it)) {
            size += text.len();
            snippets.push(Snippet { path: chunk.path, text });
        }
    }
    snippets
}

/// Lines that followed on the longest ends of `before`, longest first.
pub(super) fn continuations(
    tokens: &Snapshot,
    reader: &mut Reader<'_>,
    before: &[&str],
    (own, seen): (&Path, &Seen<'_>),
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
    let (mut snippets, mut size) = (Vec::new(), 0);
    let mut taken = Vec::new();
    let hidden = tokens.hidden(Some(own));
    for (place, file) in places.iter().zip(base.files_at(&places)) {
        let Some((path, start)) = file.filter(|_| !hidden.contains(*place)) else { continue };
        if size >= bytes || snippets.len() == CONTINUATIONS || !go_on() {
            break;
        }
        let ends = (start..*place).filter(|it| base.token(*it) == Some(Token::LINE_END)).count();
        if taken.contains(&(start, ends / LINES)) {
            continue;
        }
        taken.push((start, ends / LINES));
        let path: Arc<Path> = path.into();
        let Some(text) = reader.text(&path) else { continue };
        // The index leaves blank lines out.
        let lines = text.split_inclusive('\n').filter(|it| !it.trim().is_empty());
        let text: String = lines.skip(ends).take(LINES).collect();
        if !text.is_empty() && !seen.holds(&text) {
            size += text.len();
            snippets.push(Snippet { path, text });
        }
    }
    snippets
}

/// Where a match goes on with the word that is begun at the cursor.
fn goes_on(tokens: &Snapshot, range: Range<usize>, begun: &str) -> Vec<u32> {
    let (base, words) = (tokens.base(), tokens.vocabulary().read());
    let starts =
        |place: &u32| base.token(*place + 1).is_some_and(|it| words.text(it).starts_with(begun));
    let places = range.map(|it| base.place(it));
    places.filter(|it| begun.is_empty() || starts(it)).collect()
}

/// The last tokens before the cursor, and the word that is begun at it.
fn context<'a>(tokens: &Snapshot, before: &[&'a str]) -> (Vec<Token>, &'a str) {
    let last = before.last().copied().unwrap_or_default();
    let whole = last.trim_end_matches(|it: char| it.is_alphanumeric() || it == '_').len();
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
