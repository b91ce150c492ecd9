//! The working memory of a query: its context, data about each token, and the counts of one step.

use std::ops::Range;

use parking_lot::Mutex;

use crate::predict::copy::CopyRow;
use crate::predict::slots::Slots;
use crate::workspace::tokens::base::MAX_ORDER;
use crate::workspace::tokens::vocabulary::Token;

/// Tokens before and after the cursor that count for recency and from which lines are copied.
const NEAR_BEFORE: usize = 1 << 13;
const NEAR_AFTER: usize = 1 << 12;
/// A word weighs half as much at this distance in tokens, and less after the cursor than before it.
const HALF_NEAR: f32 = 200.0;
const AFTER_SHARE: f32 = 0.7;
/// Weight of a word at any distance.
const ANYWHERE: f32 = 0.02;
/// Orders from this one up always count towards the support of a token.
pub(super) const SUPPORT_ORDER: usize = 3;

/// The source of a count.
pub(super) const FILE: usize = 0;
pub(super) const WORKSPACE: usize = 1;
/// The side of the cursor.
const BEFORE: usize = 0;
const AFTER: usize = 1;

const FRESH: ScratchCell = ScratchCell {
    recency: 0.0,
    shape: Token::LINE_END,
    prior: 0.0,
    counts: [0.0; 2],
    support: [0.0; 2],
    probability: 0.0,
    listed: false,
};

/// Candidates for the next token, with the features of the most likely one.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScratchStep {
    /// The most likely tokens, best first, with their probabilities; unused places are `UNKNOWN`, 0.
    pub(super) candidates: [(Token, f32); 3],
    /// The longest match in the document and in the workspace, in tokens.
    pub(super) orders: [usize; 2],
    /// How often the most likely token followed a match of at least three tokens, or of the longest length.
    pub(super) support: [f32; 2],
    /// Sum of the weights of its occurrences in the document by distance; 0 if there are none.
    pub(super) recency: f32,
}

/// Memory that is reused by successive queries.
pub(super) struct Scratch {
    pub(super) context: Vec<Token>,
    shapes: [Vec<Token>; 2],
    pub(super) slots: Slots,
    pub(super) cells: Vec<ScratchCell>,
    /// Slots of this step's candidates.
    pub(super) listed: Vec<u32>,
    levels: [Level; 2],
    pub(super) matches: [[Vec<(u32, f32)>; MAX_ORDER + 1]; 2],
    pub(super) ranges: Vec<Range<usize>>,
}

/// The memory of the last query. Queries seldom run at the same time, so one is kept, not one for each thread:
/// it takes 250 kB.
static KEPT: Mutex<Option<Scratch>> = Mutex::new(None);

/// Data about a token: first for the document, then for this step.
#[derive(Clone, Copy)]
pub(super) struct ScratchCell {
    pub(super) recency: f32,
    shape: Token,
    pub(super) prior: f32,
    counts: [f32; 2],
    support: [f32; 2],
    pub(super) probability: f32,
    listed: bool,
}

#[derive(Default)]
struct Level {
    /// Slots with a count.
    used: Vec<u32>,
    total: f32,
    /// The longest order with a candidate.
    longest: usize,
}

impl Scratch {
    /// Runs a query with the memory of the last one, or with new memory while another query uses that.
    pub(super) fn lent<T>(query: impl FnOnce(&mut Self) -> T) -> T {
        let kept = KEPT.lock().take();
        let mut scratch = kept.unwrap_or_else(Self::new);
        let result = query(&mut scratch);
        *KEPT.lock() = Some(scratch);
        result
    }

    fn new() -> Self {
        Self {
            context: Vec::new(),
            shapes: Default::default(),
            slots: Slots::new(),
            cells: Vec::new(),
            listed: Vec::new(),
            levels: Default::default(),
            matches: Default::default(),
            ranges: Vec::new(),
        }
    }

    /// Clears the last query and reads the document. Words weigh more the nearer they are to the cursor.
    pub(super) fn start(&mut self, after: &[Token], shape: impl Fn(Token) -> Token) {
        self.slots.clear();
        self.cells.clear();
        self.listed.clear();
        self.shapes.iter_mut().for_each(Vec::clear);
        let context = std::mem::take(&mut self.context);
        let near = &context[context.len().saturating_sub(NEAR_BEFORE)..];
        for (at, &token) in near.iter().enumerate() {
            self.recall(BEFORE, token, nearness(near.len() - at), &shape);
        }
        for (at, &token) in after.iter().take(NEAR_AFTER).enumerate() {
            self.recall(AFTER, token, AFTER_SHARE * nearness(at), &shape);
        }
        self.context = context;
    }

    /// The part of the document around the cursor from which lines are copied.
    pub(super) fn rows<'a>(&'a self, known: usize, after: &'a [Token]) -> [CopyRow<'a>; 2] {
        let [before_shapes, after_shapes] = &self.shapes;
        let before = &self.context[known - before_shapes.len()..known];
        [
            CopyRow { tokens: before, shapes: before_shapes },
            CopyRow { tokens: &after[..after_shapes.len()], shapes: after_shapes },
        ]
    }

    fn recall(&mut self, side: usize, token: Token, weight: f32, shape: impl Fn(Token) -> Token) {
        let slot = self.slot(token);
        let cell = &mut self.cells[slot];
        if token != Token::LINE_END {
            if cell.recency == 0.0 {
                cell.shape = shape(token);
            }
            cell.recency += weight;
        }
        self.shapes[side].push(cell.shape);
    }

    fn slot(&mut self, token: Token) -> usize {
        let slot = self.slots.slot(token);
        if slot == self.cells.len() {
            self.cells.push(FRESH);
        }
        slot
    }

    /// Whether the document contains a word, with or without a space. Valid only before the first step.
    pub(super) fn holds(&self, token: Token) -> bool {
        [false, true].into_iter().any(|it| self.slots.holds(Token::new(token.word(), it)))
    }

    pub(super) fn start_step(&mut self) {
        for slot in self.listed.drain(..) {
            let cell = &mut self.cells[slot as usize];
            *cell = ScratchCell { recency: cell.recency, shape: cell.shape, ..FRESH };
        }
        self.levels.iter_mut().for_each(|it| {
            it.used.clear();
            (it.total, it.longest) = (0.0, 0);
        });
        self.matches.iter_mut().flatten().for_each(Vec::clear);
    }

    /// Makes a token a candidate, unless it is one already.
    pub(super) fn list(&mut self, token: Token, prior: f32) -> usize {
        let slot = self.slot(token);
        let cell = &mut self.cells[slot];
        if !cell.listed {
            cell.listed = true;
            cell.prior = cell.recency + prior;
            self.listed.push(slot as u32);
        }
        slot
    }

    /// Adds the matches of an order to a level's counts.
    pub(super) fn count(&mut self, level: usize, order: usize) {
        let counts = &mut self.levels[level];
        let matches = &self.matches[level][order];
        if counts.longest == 0 && !matches.is_empty() {
            counts.longest = order;
        }
        let supports = order >= counts.longest.min(SUPPORT_ORDER);
        for &(slot, weight) in matches {
            let cell = &mut self.cells[slot as usize];
            if cell.counts[level] == 0.0 {
                counts.used.push(slot);
            }
            cell.counts[level] += weight;
            counts.total += weight;
            if supports {
                // The document's weights express distance, not number.
                cell.support[level] += if level == FILE { 1.0 } else { weight };
            }
        }
    }

    /// Gives a level its share of `rest`. The share grows with the total and shrinks with the number of
    /// different tokens.
    pub(super) fn blend(&mut self, level: usize, rest: f32) -> f32 {
        let Level { used, total, .. } = &self.levels[level];
        if *total <= 0.0 {
            return rest;
        }
        let share = 1.0 / (total + used.len() as f32);
        for &slot in used {
            let cell = &mut self.cells[slot as usize];
            cell.probability += rest * share * cell.counts[level];
        }
        rest * share * used.len() as f32
    }

    pub(super) fn best(&self) -> Option<ScratchStep> {
        let mut candidates = [(Token::UNKNOWN, 0.0); 3];
        let mut first = None;
        for &slot in &self.listed {
            let (token, cell) = (self.slots.tokens()[slot as usize], &self.cells[slot as usize]);
            let better = |&(other, probability): &(Token, f32)| {
                cell.probability > probability || cell.probability == probability && token < other
            };
            if let Some(rank) = candidates.iter().position(better) {
                candidates[rank..].rotate_right(1);
                candidates[rank] = (token, cell.probability);
                first = if rank == 0 { Some(cell) } else { first };
            }
        }
        let orders = [FILE, WORKSPACE].map(|it| self.levels[it].longest);
        let ScratchCell { support, recency, .. } = *first?;
        Some(ScratchStep { candidates, orders, support, recency })
    }
}

fn nearness(distance: usize) -> f32 {
    1.0 / (1.0 + distance as f32 / HALF_NEAR) + ANYWHERE
}
