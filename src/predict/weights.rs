//! Weights of the features of a suggestion. `quality --fit` fits them on repositories that are not used for
//! reported figures, and prints them in the format used here.
//!
//! `evidence` is the input of the fit: for a place whose line is known, the features of each rating of a
//! search, and whether it was right.

use crate::predict::cursor::Cursor;
use crate::predict::{PredictOptions, PredictQuery, search};

/// Number of features of a word, of a line, of a copied line and of an import.
pub const STEP: usize = 30;
pub const LINE: usize = 33;
pub const COPY: usize = 21;
pub const IMPORT: usize = 17;

/// The weights of four logistic models, one weight per feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    pub step: [f32; STEP],
    pub line: [f32; LINE],
    pub copy: [f32; COPY],
    pub import: [f32; IMPORT],
}

/// The weights in use.
pub static FITTED: Weights = Weights {
    step: [
        -1.2532, 0.5199, 0.3116, -1.3322, -0.0611, 0.2653, 0.1141, 0.5534, -0.1451, 1.1701,
        -0.5902, -0.4071, -0.4193, 0.3063, 0.2551, 0.8154, -0.6754, 0.1990, 0.6190, -0.2995,
        -2.4236, 0.2244, -0.4467, 0.5529, 0.2685, -0.3827, 0.8004, -2.1112, -1.8931, -0.3090,
    ],
    line: [
        -3.3554, 1.1096, -0.6743, -0.2632, -0.2612, 0.3609, -0.1662, -0.4210, -0.0688, 0.2354,
        5.7674, 0.0522, 0.0499, -0.1685, -0.1579, -0.2348, -2.0688, 0.0884, 0.1000, -0.2709,
        -0.0055, -1.0502, -0.3982, -1.8363, -0.7652, -0.2958, 0.1091, 0.1547, -0.3680, -0.6390,
        0.9593, 1.5052, 0.6486,
    ],
    copy: [
        -0.3726, 2.2635, -1.3149, 2.0039, 0.1021, -1.0606, -0.0518, -2.0429, -0.1418, -1.6814,
        -0.8939, -0.1644, 0.7237, 1.2324, -0.1219, -2.1122, -0.9199, -0.3273, 0.3620, -0.3659,
        -0.4345,
    ],
    import: [
        -0.3384, 1.1664, 0.0746, 0.1701, 0.1490, 0.0752, -0.1515, 0.2204, -0.5779, 0.0254, 0.0405,
        0.1180, -1.9043, 0.0919, -0.6723, -1.4094, -0.6701,
    ],
};

/// The features of a rating, and whether it was right.
pub type Sample = (Vec<f32>, bool);

/// The ratings of one search: of its words, its lines, its copied line and its import.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The words of the line, up to the first wrong one.
    pub steps: Vec<Sample>,
    pub lines: Vec<Sample>,
    /// The copied line, if it differs from the predicted line.
    pub copy: Option<Sample>,
    /// The import, if it differs from the predicted line.
    pub import: Option<Sample>,
}

/// The evidence at a place whose line continues with `truth`, with the weights and the disabled features of
/// `options`; `None` if the line is too long.
pub fn evidence(
    query: &PredictQuery<'_>,
    truth: &str,
    options: &PredictOptions,
) -> Option<Evidence> {
    let cursor = Cursor::new(query)?;
    Some(search::evidence(query, &cursor, truth, options))
}
