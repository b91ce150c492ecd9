//! What comes next, by all that came before: n-grams of every order up to `MAX_ORDER`, mixed from the
//! longest match down as Witten and Bell weigh them (The zero-frequency problem, 1991), the open
//! document ahead of the workspace at each order.

use std::ops::Range;

use crate::predict::cursor::Constraint;
use crate::predict::scratch::{FILE, SUPPORT_ORDER, Scratch, ScratchStep, WORKSPACE};
use crate::workspace::tokens::Hidden;
use crate::workspace::tokens::base::{MAX_ORDER, TokenBase};
use crate::workspace::tokens::vocabulary::{Token, WordTable};

/// Places of the base looked at for one order; more are sampled evenly. Behind a half-typed word few
/// of them fit, so more are looked at.
const SAMPLES: usize = 96;
const PREFIX_SAMPLES: usize = 1024;
/// Matches in changed files looked at for one step.
const MAX_CHANGED: usize = 8192;
/// Matches in the document that count for one order, nearest first before the cursor and then after it.
const NEAREST: usize = 512;
/// Tokens searched at a time.
const CHUNK: usize = 32;
/// Names of the base that a half-typed word may become.
const MAX_NAMES: usize = 400;
/// What a token is worth that the document does not hold, by where it was found.
const UNSEEN_IN_FILE: f32 = 0.05;
const UNSEEN_IN_WORKSPACE: f32 = 0.02;
/// What each time a name stands in the workspace adds, where only its first letters tell.
const NAMED: f32 = 0.01;
/// A match in the document counts 1.5 next to the cursor and 1 this many tokens away.
const HALF_NEAR: f32 = 3000.0;
/// Places looked at for one that is not hidden.
const PLACES: usize = 16;
/// A rest of the probability that no longer tells tokens apart.
const NEGLIGIBLE: f32 = 1e-4;
/// How much farther away what stands after the cursor counts, in tokens.
const AFTER_DISTANCE: usize = 20;

/// One query's view of what it may learn from.
pub(super) struct Mixture<'a> {
    pub(super) words: &'a WordTable,
    pub(super) base: &'a TokenBase,
    pub(super) hidden: Hidden<'a>,
    pub(super) changed: Vec<&'a [Token]>,
    pub(super) after: &'a [Token],
    /// Tokens of the context that stand in the document; those behind were guessed.
    pub(super) known: usize,
}

impl Mixture<'_> {
    /// The distribution behind `scratch.context`; `None` if nothing is known.
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

    /// How many tokens before the last of `context` stand before it elsewhere too, in the document and in
    /// the workspace.
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

    /// Mixes from the longest order down; gives what probability is left.
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

    /// Samples the base's places that match exactly `order` tokens.
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

    /// Gives what probability is left to the candidates as they stand in the document, and to names
    /// that match nothing but what was typed.
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

/// Where the chunks start that a row is searched by.
pub(super) fn chunks(row: &[Token]) -> impl DoubleEndedIterator<Item = usize> + use<> {
    (0..row.len()).step_by(CHUNK)
}

/// Calls back with each place of `row` that ends with the context's last token and has a token behind
/// it, and how many tokens up to there are the context's.
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
        // A chunk without the token is passed over at the speed of memory.
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
