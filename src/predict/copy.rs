//! The line that followed the most similar text of the document, its names changed as the similar
//! text's names differ: what a pair, a match arm or a test beside another usually is.

use crate::predict::cursor::Constraint;
use crate::workspace::tokens::base::TokenBase;
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Tokens of likeness that are measured, and that a copied line may have.
const MAX_MATCH: usize = 40;
const MIN_MATCH: usize = 3;
const MAX_LINE: usize = 60;
/// A name that makes up this much of the workspace is grammar, and stays as it is.
const COMMON: f32 = 0.002;
/// What a name that differs adds to likeness, where one that is the same adds 1.
const RENAMED: f32 = 0.55;
/// What distance takes from likeness, by its logarithm.
const DISTANCE: f32 = 0.15;
const AFTER_DISTANCE: usize = 20;

/// A copied line and what it was copied on the strength of.
pub(super) struct Copy {
    pub(super) tokens: Vec<Token>,
    /// Tokens before it that are alike, and the same.
    pub(super) matched: usize,
    pub(super) exact: usize,
    /// Names of the line that were changed.
    pub(super) renamed: usize,
}

/// A row of the document's tokens and the same row with every name that may change made equal.
#[derive(Clone, Copy)]
pub(super) struct CopyRow<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) shapes: &'a [Token],
}

/// A place whose last tokens are like the cursor's.
struct Model<'a> {
    row: CopyRow<'a>,
    at: usize,
    matched: usize,
    exact: usize,
    score: f32,
}

/// The shape of a token: any name that is not grammar has the same, but for its space.
pub(super) fn shape(words: &WordTable, base: &TokenBase, token: Token) -> Token {
    let common = (COMMON * base.len() as f32).max(1.0);
    if words.is_identifier(token) && (base.count(token) as f32) < common {
        return Token::new(Token::FILE_END.word(), token.spaced());
    }
    token
}

/// The best copy for the end of `before`, out of it or of `after`.
pub(super) fn line(
    words: &WordTable,
    before: CopyRow<'_>,
    after: CopyRow<'_>,
    constraint: &Constraint<'_>,
) -> Option<Copy> {
    let mut best = None;
    let end = before.tokens.len();
    for at in 2..end.saturating_sub(1) {
        consider(words, constraint, before, before, at, end - at, &mut best);
    }
    for at in 2..after.tokens.len().saturating_sub(1) {
        consider(words, constraint, after, before, at, at + AFTER_DISTANCE, &mut best);
    }
    best?.copy(before).filter(|it| constraint.allows(words, it.tokens[0]))
}

fn consider<'a>(
    words: &WordTable,
    constraint: &Constraint<'_>,
    row: CopyRow<'a>,
    before: CopyRow<'_>,
    at: usize,
    distance: usize,
    best: &mut Option<Model<'a>>,
) {
    let next = row.tokens[at + 1];
    let changes = row.shapes[at + 1] != next;
    if before.shapes.last() != Some(&row.shapes[at]) {
        return;
    }
    let (matched, exact) = likeness(row, before, at);
    let score = exact as f32 + RENAMED * (matched - exact) as f32;
    let least = best.as_ref().map_or(f32::MIN, |it| it.score);
    if matched < MIN_MATCH || score <= least || !changes && !constraint.allows(words, next) {
        return;
    }
    let score = score - DISTANCE * (distance as f32).ln();
    if score > least {
        *best = Some(Model { row, at, matched, exact, score });
    }
}

/// How many tokens up to `at` have the shapes of those up to the cursor, and how many are the same.
fn likeness(row: CopyRow<'_>, before: CopyRow<'_>, at: usize) -> (usize, usize) {
    let shapes = row.shapes[..=at].iter().rev().zip(before.shapes.iter().rev());
    let matched = shapes.take(MAX_MATCH).take_while(|(a, b)| a == b).count();
    let tokens = row.tokens[..=at].iter().rev().zip(before.tokens.iter().rev());
    (matched, tokens.take(matched).filter(|(a, b)| a == b).count())
}

impl Model<'_> {
    /// What follows it on its line, with its names changed into the cursor's; nothing if some of that
    /// was not read.
    fn copy(&self, before: CopyRow<'_>) -> Option<Copy> {
        let mut copy =
            Copy { tokens: Vec::new(), matched: self.matched, exact: self.exact, renamed: 0 };
        for at in self.at + 1..self.row.tokens.len().min(self.at + 1 + MAX_LINE) {
            let token = self.row.tokens[at];
            if token == Token::UNKNOWN {
                return None;
            }
            let renamed = self.renamed(before, at).unwrap_or(token);
            copy.renamed += usize::from(renamed != token);
            copy.tokens.push(renamed);
            if token == Token::LINE_END {
                break;
            }
        }
        (!copy.tokens.is_empty()).then_some(copy)
    }

    /// The name that stands where the name at `at` last stood in what is alike.
    fn renamed(&self, before: CopyRow<'_>, at: usize) -> Option<Token> {
        let token = self.row.tokens[at];
        if self.row.shapes[at] == token {
            return None;
        }
        let alike = self.row.tokens[..=self.at].iter().rev().take(self.matched);
        let mut pairs = alike.zip(before.tokens.iter().rev());
        let (_, name) = pairs.find(|(it, _)| it.word() == token.word())?;
        Some(Token::new(name.word(), token.spaced()))
    }
}
