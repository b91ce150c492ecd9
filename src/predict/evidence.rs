//! What the confidences are fitted on: for a place whose line is known, what each judgement of a search
//! rests on, and whether it was right.

use crate::predict::cursor::Cursor;
use crate::predict::{PredictOptions, PredictQuery, search};

/// What a judgement rests on, and whether it was right.
pub type Sample = (Vec<f32>, bool);

/// The judgements of one search: of its words, of its lines and of its copy.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Of the line's words, up to the first that is wrong.
    pub steps: Vec<Sample>,
    pub lines: Vec<Sample>,
    /// Of the copied line, where the guessed one says something else.
    pub copy: Option<Sample>,
    /// Of the import, where the guessed line says something else.
    pub import: Option<Sample>,
}

/// The evidence at a place whose line goes on with `truth`, by the weights and without the gains that
/// `options` name; none where nothing is searched.
pub fn gather(query: &PredictQuery<'_>, truth: &str, options: &PredictOptions) -> Option<Evidence> {
    let cursor = Cursor::new(query)?;
    Some(search::evidence(query, &cursor, truth, options))
}
