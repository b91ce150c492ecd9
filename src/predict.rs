//! The embedded model: continues the line at the cursor with what the document and its workspace make
//! likely, and says how sure it is. It learns by reading alone, so what is typed counts at once.
//!
//! Two searches answer. `mixture` guesses word by word; `copy` takes the line after the most similar
//! text of the document, renamed. `confidence` judges both. Deciding whether to show the answer, and
//! where code right of the cursor allows it, is the caller's.

mod brackets;
pub mod buffer;
mod confidence;
mod copy;
mod cursor;
pub mod gains;
mod imports;
mod line;
mod mixture;
mod scratch;
mod search;
mod slots;
mod surroundings;
pub mod weights;

use std::path::Path;
use std::time::Duration;

use ropey::Rope;

use crate::predict::buffer::Buffer;
use crate::predict::cursor::Cursor;
use crate::predict::gains::Gains;
use crate::predict::weights::{FITTED, Weights};
use crate::workspace::tokens::TokensSnapshot;

/// A place to continue at.
#[derive(Clone, Copy)]
pub struct PredictQuery<'a> {
    pub snapshot: &'a TokensSnapshot,
    /// The tokens of `rope`, as last read.
    pub buffer: &'a Buffer,
    pub rope: &'a Rope,
    /// In bytes.
    pub offset: usize,
    /// Of the document itself: what the index knows of it is older than the buffer, and not used.
    pub path: Option<&'a Path>,
}

/// Seldom needed even once: for a machine so busy that its reader is glad of a late word.
const DEADLINE: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictOptions {
    /// The least confidence, from 0 to 1. Less sure of a line, a part of it may still be offered.
    pub threshold: f32,
    /// The least characters an offer is worth showing for.
    pub min_chars: usize,
    /// Time after which no further word is looked for.
    pub deadline: Duration,
    /// What is left undone, to measure what it is worth.
    pub without: Gains,
    /// What confidences rest on.
    pub weights: &'static Weights,
}

/// Text for the place a query asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// What to insert: the rest of the line, without its end, or a part of it.
    pub text: String,
    /// How likely every character of it is what will be typed.
    pub confidence: f32,
    /// Whether the line is thought to end behind it.
    pub line_complete: bool,
}

impl Default for PredictOptions {
    /// What typing asks for.
    fn default() -> Self {
        Self {
            threshold: 0.89,
            min_chars: 3,
            deadline: DEADLINE,
            without: Gains::NONE,
            weights: &FITTED,
        }
    }
}

/// What most likely follows, or nothing where that is not known well enough.
pub fn suggest(query: &PredictQuery<'_>, options: &PredictOptions) -> Option<Prediction> {
    alternatives(query, options, 1).pop()
}

/// Up to `count` suggestions that differ, best first. The first is sure enough, the others continue
/// where it is not the only likely start.
pub fn alternatives(
    query: &PredictQuery<'_>,
    options: &PredictOptions,
    count: usize,
) -> Vec<Prediction> {
    let Some(cursor) = Cursor::new(query) else { return Vec::new() };
    let mut offers: Vec<Prediction> = Vec::new();
    for offer in search::answers(query, &cursor, options, count) {
        let long = offer.text.trim().chars().count() >= options.min_chars.max(1);
        if long && offers.len() < count && offers.iter().all(|it| it.text != offer.text) {
            offers.push(offer);
        }
    }
    offers
}

#[cfg(test)]
mod tests;
