//! Predicts the next token by n-grams of every order up to `MAX_ORDER`. They are mixed from the longest match
//! down with the weights of Witten and Bell (The zero-frequency problem, 1991). At each order the open
//! document precedes the workspace.

use std::ops::Range;

use crate::predict::cursor::Constraint;
use crate::predict::scratch::{FILE, SUPPORT_ORDER, Scratch, ScratchStep, WORKSPACE};
use crate::workspace::tokens::Hidden;
use crate::workspace::tokens::base::{MAX_ORDER, TokenBase};
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Places of the base examined for one order; more are sampled evenly. Few of them match a partial word, so
/// more are examined then.
const SAMPLES: usize = 96;
const PREFIX_SAMPLES: usize = 1024;
/// Matches in changed files examined for one step.
const MAX_CHANGED: usize = 8192;
/// Matches in the document used for one order: the nearest before the cursor, then the nearest after it.
const NEAREST: usize = 512;
/// Tokens searched at a time.
const CHUNK: usize = 32;
/// Maximum number of names of the base considered for a partial word.
const MAX_NAMES: usize = 400;
/// Prior of a token that is not in the document, by where it was found.
const UNSEEN_IN_FILE: f32 = 0.05;
const UNSEEN_IN_WORKSPACE: f32 = 0.02;
/// Prior added by each occurrence of a name in the workspace if only its first letters are known.
const NAMED: f32 = 0.01;
/// A match in the document weighs 1.5 at the cursor and 1 at this distance in tokens.
const HALF_NEAR: f32 = 3000.0;
/// Places examined for one that is not hidden.
const PLACES: usize = 16;
/// A remaining probability that no longer distinguishes tokens.
const NEGLIGIBLE: f32 = 1e-4;
/// Tokens added to the distance of a match after the cursor.
const AFTER_DISTANCE: usize = 20;

/// The data that one query reads.
pub(super) struct Mixture<'a> {
    pub(super) words: &'a WordTable,
    pub(super) base: &'a TokenBase,
    pub(super) hidden: Hidden<'a>,
    pub(super) changed: Vec<&'a [Token]>,
    pub(super) after: &'a [Token],
    /// Tokens of the context that are in the document; the following ones were predicted.
    pub(super) known: usize,
}

impl Mixture<'_> {
    /// The distribution after `scratch.context`; `None` without any candidate.
    pub(super) fn step(
        &self,
        scratch: &mut Scratch,
        constraint: &Constraint<'_>,
    ) -> Option<ScratchStep> {
        scratch.start_step();
        self.match_document(scratch, constraint);
        self.match_changed(scratch, constraint);
        let mut ranges = std::mem::take(&mut scratch.ranges);
        self.base.ranges(&scratch.context, &mut ranges);
        let rest = self.mix(scratch, constraint, &ranges);
        scratch.ranges = ranges;
        self.add_priors(scratch, constraint, rest);
        scratch.best()
    }

    /// How many tokens before the last of `context` also precede it elsewhere: in the document and in the
    /// workspace.
    pub(super) fn longest(&self, known: &[Token], context: &[Token]) -> [usize; 2] {
        let (mut file, mut ranges) = (0, Vec::new());
        for row in [known, self.after] {
            each_match(row, chunks(row), context, |_, order| file = file.max(order));
        }
        self.base.ranges(context, &mut ranges);
        let seen = |range: &Range<usize>| {
            range.clone().take(PLACES).any(|it| !self.hidden.contains(self.base.place(it)))
        };
        let workspace = ranges.iter().rposition(seen).map_or(0, |it| it + 1);
        [file, workspace].map(|it| it.saturating_sub(1))
    }

    fn match_document(&self, scratch: &mut Scratch, constraint: &Constraint<'_>) {
        let context = std::mem::take(&mut scratch.context);
        let known = &context[..self.known];
        let mut take = |next: Token, order: usize, distance: usize| {
            let full = scratch.matches[FILE][order].len() >= NEAREST;
            if !full && constraint.allows(self.words, next) {
                let weight = 0.5 + 1.0 / (1.0 + distance as f32 / HALF_NEAR);
                let slot = scratch.list(next, UNSEEN_IN_FILE);
                scratch.matches[FILE][order].push((slot as u32, weight));
            }
        };
        each_match(known, chunks(known).rev(), &context, |at, order| {
            take(known[at + 1], order, known.len() - at);
        });
        each_match(self.after, chunks(self.after), &context, |at, order| {
            take(self.after[at + 1], order, at + AFTER_DISTANCE);
        });
        scratch.context = context;
    }

    fn match_changed(&self, scratch: &mut Scratch, constraint: &Constraint<'_>) {
        let context = std::mem::take(&mut scratch.context);
        let mut left = MAX_CHANGED;
        for file in &self.changed {
            each_match(file, chunks(file), &context, |at, order| {
                left = left.saturating_sub(1);
                let sampled = left > 0 && scratch.matches[WORKSPACE][order].len() < 2 * SAMPLES;
                if sampled && constraint.allows(self.words, file[at + 1]) {
                    let slot = scratch.list(file[at + 1], UNSEEN_IN_WORKSPACE);
                    scratch.matches[WORKSPACE][order].push((slot as u32, 1.0));
                }
            });
        }
        scratch.context = context;
    }

    /// Mixes from the longest order down; returns the remaining probability.
    fn mix(
        &self,
        scratch: &mut Scratch,
        constraint: &Constraint<'_>,
        ranges: &[Range<usize>],
    ) -> f32 {
        let mut rest = 1.0;
        for order in (1..=MAX_ORDER).rev() {
            if rest < NEGLIGIBLE && order < SUPPORT_ORDER {
                break;
            }
            self.match_base(scratch, constraint, ranges, order);
            for level in [FILE, WORKSPACE] {
                scratch.count(level, order);
                rest = scratch.blend(level, rest);
            }
        }
        rest
    }

    /// Samples the places of the base that match exactly `order` tokens.
    fn match_base(
        &self,
        scratch: &mut Scratch,
        constraint: &Constraint<'_>,
        ranges: &[Range<usize>],
        order: usize,
    ) {
        let Some(range) = ranges.get(order - 1) else { return };
        let longer = ranges.get(order).cloned().unwrap_or(range.end..range.end);
        let base = self.base;
        let samples = match constraint {
            Constraint::Prefix { .. } => PREFIX_SAMPLES,
            Constraint::LineStart | Constraint::Free | Constraint::Spaced => SAMPLES,
        };
        let step = ((range.len() - longer.len()) / samples).max(1);
        let sides = (range.start..longer.start).step_by(step);
        for at in sides.chain((longer.end..range.end).step_by(step)) {
            let place = base.place(at);
            let Some(next) = base.token(place + 1) else { continue };
            if constraint.allows(self.words, next) && !self.hidden.contains(place) {
                let slot = scratch.list(next, UNSEEN_IN_WORKSPACE);
                scratch.matches[WORKSPACE][order].push((slot as u32, step as f32));
            }
        }
    }

    /// Distributes the remaining probability: to the candidates by their priors, and to names that match only
    /// the partial word.
    fn add_priors(&self, scratch: &mut Scratch, constraint: &Constraint<'_>, rest: f32) {
        let mut unseen = 1.0;
        if let Constraint::Prefix { text, spaced } = *constraint {
            unseen = 0.0;
            let base = self.base;
            for name in base.names_from(self.words, text, spaced).take(MAX_NAMES) {
                let slot = scratch.list(name, 0.0);
                scratch.cells[slot].prior += base.count(name) as f32 * NAMED;
            }
            for slot in 0..scratch.slots.tokens().len() {
                let token = scratch.slots.tokens()[slot];
                if scratch.cells[slot].recency > 0.0 && constraint.allows(self.words, token) {
                    scratch.list(token, 0.0);
                }
            }
        }
        let priors: f32 = scratch.listed.iter().map(|it| scratch.cells[*it as usize].prior).sum();
        let total = if unseen > 0.0 { 2.0 * priors + unseen } else { priors };
        for &slot in &scratch.listed {
            let cell = &mut scratch.cells[slot as usize];
            cell.probability += rest * cell.prior / total.max(f32::MIN_POSITIVE);
        }
    }
}

/// The start of each chunk in which a row is searched.
pub(super) fn chunks(row: &[Token]) -> impl DoubleEndedIterator<Item = usize> + use<> {
    (0..row.len()).step_by(CHUNK)
}

/// Calls `found` with each place of `row` that ends with the context's last token and has a next token, and
/// with the number of tokens up to it that match the context.
pub(super) fn each_match(
    row: &[Token],
    chunks: impl Iterator<Item = usize>,
    context: &[Token],
    mut found: impl FnMut(usize, usize),
) {
    let Some((&last, earlier)) = context.split_last() else { return };
    let searched = &row[..row.len().saturating_sub(1)];
    for start in chunks {
        let chunk = &searched[start..searched.len().min(start + CHUNK)];
        // A chunk without the token is skipped at memory speed.
        if !chunk.iter().fold(false, |any, it| any | (*it == last)) {
            continue;
        }
        for at in (start..start + chunk.len()).filter(|it| searched[*it] == last) {
            let pairs = row[..at].iter().rev().zip(earlier.iter().rev());
            let longer = pairs.take(MAX_ORDER - 1).take_while(|(a, b)| a == b).count();
            found(at, longer + 1);
        }
    }
}
