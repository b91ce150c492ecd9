//! Copies the line that follows the most similar text of the document and renames its names as they differ
//! between the two texts. This fits pairs of statements, match arms and tests.

use crate::predict::cursor::Constraint;
use crate::workspace::tokens::base::TokenBase;
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Limits in tokens: the longest and shortest match, and the longest copied line.
const MAX_MATCH: usize = 40;
const MIN_MATCH: usize = 3;
const MAX_LINE: usize = 60;
/// A name that makes up this share of the workspace is treated as syntax and is not renamed.
const COMMON: f32 = 0.002;
/// The score of a renamed token; an identical token scores 1.
const RENAMED: f32 = 0.55;
/// The penalty for distance: this factor times its logarithm.
const DISTANCE: f32 = 0.15;
const AFTER_DISTANCE: usize = 20;

/// A copied line and the match that it is based on.
pub(super) struct Copy {
    pub(super) tokens: Vec<Token>,
    /// Number of tokens before it that match in shape, and that are identical.
    pub(super) matched: usize,
    pub(super) exact: usize,
    /// Number of renamed names in the line.
    pub(super) renamed: usize,
}

/// Tokens of the document, and their shapes: every name that can be renamed has the same shape.
#[derive(Clone, Copy)]
pub(super) struct CopyRow<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) shapes: &'a [Token],
}

/// A place whose preceding tokens are similar to the cursor's.
struct Model<'a> {
    row: CopyRow<'a>,
    at: usize,
    matched: usize,
    exact: usize,
    score: f32,
}

/// The shape of a token: the same for every name that can be renamed, apart from its space.
pub(super) fn shape(words: &WordTable, base: &TokenBase, token: Token) -> Token {
    let common = (COMMON * base.len() as f32).max(1.0);
    if words.is_identifier(token) && (base.count(token) as f32) < common {
        return Token::new(Token::FILE_END.word(), token.spaced());
    }
    token
}

/// The best copied line for the end of `before`, from `before` or `after`.
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

/// How many tokens up to `at` have the same shapes as those before the cursor, and how many are identical.
fn likeness(row: CopyRow<'_>, before: CopyRow<'_>, at: usize) -> (usize, usize) {
    let shapes = row.shapes[..=at].iter().rev().zip(before.shapes.iter().rev());
    let matched = shapes.take(MAX_MATCH).take_while(|(a, b)| a == b).count();
    let tokens = row.tokens[..=at].iter().rev().zip(before.tokens.iter().rev());
    (matched, tokens.take(matched).filter(|(a, b)| a == b).count())
}

impl Model<'_> {
    /// The rest of the line with renamed names; `None` if a token is unknown.
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

    /// The name at the cursor that corresponds to the last occurrence of the name at `at` in the match.
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
