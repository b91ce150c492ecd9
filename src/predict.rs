//! The built-in n-gram model: continues the line at the cursor with text that is likely in the document and
//! its workspace, and estimates its confidence. It learns by reading only, so typed text counts at once.
//!
//! There are two searches. `mixture` predicts word by word; `copy` takes the line after the most similar text
//! of the document and renames its names. `confidence` rates both. The caller decides whether to show the
//! result, and whether the code right of the cursor allows it.

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

/// A position to continue from.
#[derive(Clone, Copy)]
pub struct PredictQuery<'a> {
    pub snapshot: &'a TokensSnapshot,
    /// The tokens of `rope` as of the last `Buffer::read`.
    pub buffer: &'a Buffer,
    pub rope: &'a Rope,
    /// In bytes.
    pub offset: usize,
    /// The document's own path. The index may hold an older version of it, which is not used.
    pub path: Option<&'a Path>,
}

/// Rarely reached: it bounds the delay on a very busy machine.
const DEADLINE: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictOptions {
    /// Minimum confidence, from 0 to 1. If a whole line is below it, a part of the line may still be
    /// suggested.
    pub threshold: f32,
    /// Minimum length of a suggestion in characters.
    pub min_chars: usize,
    /// Time after which no further word is predicted.
    pub deadline: Duration,
    /// Features that are disabled, to measure their effect.
    pub without: Gains,
    /// The weights of the confidence models.
    pub weights: &'static Weights,
}

/// A suggestion for the position of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The text to insert: the rest of the line without its line end, or a part of it.
    pub text: String,
    /// The probability that every character is what the user will type.
    pub confidence: f32,
    /// Whether the line probably ends after the text.
    pub line_complete: bool,
}

impl Default for PredictOptions {
    /// The options for typing.
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

/// The most likely continuation; `None` if the confidence is below the threshold.
pub fn suggest(query: &PredictQuery<'_>, options: &PredictOptions) -> Option<Prediction> {
    alternatives(query, options, 1).pop()
}

/// Up to `count` different suggestions, best first. The first reaches the threshold; the others start with
/// less likely words.
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
