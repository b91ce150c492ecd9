//! Predicts import lines: imports of other files that the document does not contain, preferring those of
//! files in the same folder and those whose names the document already uses.

use std::ops::Range;
use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::predict::cursor::Constraint;
use crate::predict::mixture::{Mixture, chunks, each_match};
use crate::predict::scratch::Scratch;
use crate::workspace::tokens::base::MAX_ORDER;
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Places of the base per search; more are sampled evenly.
const SAMPLES: usize = 1024;
/// Maximum number of tokens in an import.
const MAX_LINE: usize = 40;
/// Weights of an import in a file of the same folder, of an import whose name the document uses, and of an
/// import that breaks the sorting.
const NEAR: f32 = 4.0;
const USED: f32 = 6.0;
const UNORDERED: f32 = 0.25;

/// The most likely import with its features.
pub(super) struct ImportedName {
    /// From the cursor to the line end.
    pub(super) tokens: Vec<Token>,
    /// Its share of the total score.
    pub(super) share: f32,
    /// How often it occurs in other files, and in files of the same folder.
    pub(super) count: f32,
    pub(super) near: f32,
    /// Whether the document uses a name that it imports.
    pub(super) used: bool,
    /// Whether it keeps the sorting of the adjacent imports; `None` if there are none.
    pub(super) ordered: Option<bool>,
    /// Number of candidates.
    pub(super) rivals: usize,
    /// Number of tokens of the line before it.
    pub(super) typed: usize,
}

/// How often an import occurs, in total and in the document's folder.
#[derive(Clone, Copy, Default)]
struct Seen {
    count: f32,
    near: f32,
}

/// The cursor's line and its neighbours.
struct Lines<'a> {
    head: &'a [Token],
    above: &'a [Token],
    below: &'a [Token],
}

/// The most likely import at the cursor in a document at `path`; `None` if the line is not an import.
pub(super) fn best(
    mixture: &Mixture<'_>,
    scratch: &Scratch,
    constraint: &Constraint<'_>,
    path: Option<&Path>,
) -> Option<ImportedName> {
    let words = mixture.words;
    let known = &scratch.context[..mixture.known];
    let lines = Lines::around(known, mixture.after);
    let start = lines.start(words)?;
    let own = own(mixture, known, start, lines.head.len());
    let mut seen = elsewhere(mixture, start, lines.head.len(), path);
    seen.retain(|rest, _| constraint.allows(words, rest[0]) && !own.contains(rest));
    let (mut best, mut total): (Option<(f32, ImportedName)>, f32) = (None, 0.0);
    let rivals = seen.len();
    for (rest, Seen { count, near }) in seen {
        let line = [lines.head, &rest].concat();
        if !imports(words, &line) {
            continue;
        }
        let used = brings(words, &line).iter().any(|it| scratch.holds(*it));
        let ordered = lines.ordered(words, &line);
        let mut score = count + NEAR * near;
        score *= if used { USED } else { 1.0 };
        score *= if ordered == Some(false) { UNORDERED } else { 1.0 };
        total += score;
        let least = best.as_ref();
        if least.is_none_or(|(it, other)| score > *it || score == *it && rest < other.tokens) {
            let typed = lines.head.len();
            let tokens = rest;
            let share = 0.0;
            let it = ImportedName { tokens, share, count, near, used, ordered, rivals, typed };
            best = Some((score, it));
        }
    }
    best.map(|(score, it)| ImportedName { share: score / total, ..it })
}

impl<'a> Lines<'a> {
    fn around(known: &'a [Token], after: &'a [Token]) -> Self {
        let line = |it: &[Token]| it.iter().rposition(|it| *it == Token::LINE_END);
        let head = line(known).map_or(0, |it| it + 1);
        let rest = &known[..head.saturating_sub(1)];
        let above = &rest[line(rest).map_or(0, |it| it + 1)..];
        let below = after.split(|it| *it == Token::LINE_END).next().unwrap_or_default();
        Self { head: &known[head..], above, below }
    }

    /// The tokens with which an import at the cursor must start: the line's own, or the first of a neighbour.
    fn start(&self, words: &WordTable) -> Option<&'a [Token]> {
        let beside = [self.above, self.below].into_iter().find(|it| imports(words, it));
        let start = match self.head {
            [] => &beside?[..1],
            head if imports(words, head) => head,
            head => beside.filter(|it| it[0] == head[0]).map(|_| head)?,
        };
        (start.len() < MAX_ORDER).then_some(start)
    }

    fn ordered(&self, words: &WordTable, line: &[Token]) -> Option<bool> {
        let text = |it: &[Token]| it.iter().map(|it| words.text(*it)).collect::<Vec<_>>().concat();
        let line = text(line);
        let above = imports(words, self.above).then(|| text(self.above) < line);
        let below = imports(words, self.below).then(|| line < text(self.below));
        above.into_iter().chain(below).reduce(|a, b| a && b)
    }
}

/// Whether a line is an import, judged by its words.
fn imports(words: &WordTable, line: &[Token]) -> bool {
    let word = |at: usize| line.get(at).map_or("", |it| words.text(*it));
    let has =
        |count, names: &[&str]| line.iter().take(count).any(|it| names.contains(&words.text(*it)));
    match word(0) {
        "use" | "import" | "from" | "using" | "require" | "require_relative" => true,
        "#" => word(1) == "include",
        "pub" => has(5, &["use"]),
        "const" | "let" | "var" | "export" => has(MAX_LINE, &["require", "from"]),
        _ => false,
    }
}

/// The names that an import introduces: those before its quoted path, or else the last one.
fn brings<'a>(words: &WordTable, line: &'a [Token]) -> Vec<Token> {
    let name = |it: &&'a Token| words.is_identifier(**it);
    let quote = line.iter().position(|it| words.text(*it).starts_with(['"', '\'']));
    match quote {
        Some(quote) => line[..quote].iter().skip(1).filter(name).copied().collect(),
        None => line.iter().rfind(name).copied().into_iter().collect(),
    }
}

/// The rests of the document's own lines with this start.
fn own(
    mixture: &Mixture<'_>,
    known: &[Token],
    start: &[Token],
    typed: usize,
) -> FxHashSet<Vec<Token>> {
    let mut own = FxHashSet::default();
    for row in [known, mixture.after] {
        each_match(row, chunks(row), start, |at, order| {
            let first = (at + 1).wrapping_sub(start.len());
            let starts = first == 0 || row.get(first.wrapping_sub(1)) == Some(&Token::LINE_END);
            if order >= start.len() && starts {
                own.extend(rest(row[first + typed..].iter().copied()));
            }
        });
    }
    own
}

/// The rests of lines with this start in other files.
fn elsewhere(
    mixture: &Mixture<'_>,
    start: &[Token],
    typed: usize,
    path: Option<&Path>,
) -> FxHashMap<Vec<Token>, Seen> {
    let mut seen: FxHashMap<Vec<Token>, Seen> = FxHashMap::default();
    let base = mixture.base;
    let folder = path.map(|it| base.folder(it)).unwrap_or_default();
    let mut ranges = Vec::new();
    for end in [Token::LINE_END, Token::FILE_END] {
        let context = [&[end], start].concat();
        base.ranges(&context, &mut ranges);
        let Some(range) = ranges.get(context.len() - 1).cloned() else { continue };
        let step = (range.len() / SAMPLES).max(1);
        for at in range.step_by(step) {
            let place = base.place(at);
            if mixture.hidden.contains(place) {
                continue;
            }
            let first = place + 1 + typed as u32 - start.len() as u32;
            let Some(rest) = rest((first..).map_while(|it| base.token(it))) else { continue };
            let it = seen.entry(rest).or_default();
            it.count += step as f32;
            it.near += if is_near(&folder, place) { step as f32 } else { 0.0 };
        }
        for row in &mixture.changed {
            each_match(row, chunks(row), &context, |at, order| {
                if order >= context.len() {
                    let rest = rest(row[at + 1 + typed - start.len()..].iter().copied());
                    rest.into_iter().for_each(|it| seen.entry(it).or_default().count += 1.0);
                }
            });
        }
    }
    seen
}

fn is_near(folder: &[Range<u32>], place: u32) -> bool {
    let at = folder.partition_point(|it| it.end <= place);
    folder.get(at).is_some_and(|it| it.contains(&place))
}

/// The tokens up to the line end; `None` without a line end, or if the line is too long for an import.
fn rest(tokens: impl Iterator<Item = Token>) -> Option<Vec<Token>> {
    let mut rest = Vec::new();
    for token in tokens.take(MAX_LINE) {
        if token == Token::UNKNOWN {
            return None;
        }
        rest.push(token);
        if token == Token::LINE_END {
            return Some(rest);
        }
    }
    None
}
