//! When a next edit is shown: by how often its rewrite was made, how much context fits, and how far away
//! it is. The shares are measured on replayed commits (`benches/next_edit`).

/// What speaks for an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// How often the same rewrite was made.
    pub(super) examples: usize,
    /// Lexemes of context that fit, up to ten.
    pub(super) same: usize,
    pub(super) distance: Distance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// Lines from the last example.
    Lines(usize),
    AnotherDocument,
}

/// Lines within which two examples are enough.
/// Examples without which nothing is shown.
pub(super) const LEAST: usize = 2;
const NEAR: usize = 50;

/// The probability that the edit is right; `None` where it is too low to be shown.
pub(super) fn confidence(evidence: Evidence) -> Option<f32> {
    let is_near = matches!(evidence.distance, Distance::Lines(0..=NEAR));
    match (evidence.examples, evidence.same) {
        (0 | 1, _) | (_, 0..=3) => None,
        (2, 6..) if is_near => Some(0.7),
        (2, _) => None,
        (3.., 6..) => Some(0.9),
        (3.., _) => Some(0.8),
    }
}
