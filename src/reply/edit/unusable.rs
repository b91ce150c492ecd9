//! Why an answer cannot be applied.

use thiserror::Error;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    #[error("the answer is empty")]
    Empty,
    #[error("the answer contains no code")]
    Prose,
    #[error("the answer holds {0} pieces of code and does not say which one to use")]
    Several(usize),
    /// A fence, a block or the reasoning is not closed.
    #[error("the answer ends in the middle of its code")]
    Half,
    #[error("the answer is too long: {0} bytes")]
    TooLong(usize),
    /// Blocks are counted from 1.
    #[error("block {0} of the answer searches for lines that do not exist")]
    NotFound(usize),
    #[error("block {0} of the answer matches more than one place")]
    Ambiguous(usize),
    /// A placeholder for old lines that cannot be identified.
    #[error("the answer has the placeholder `{0}` in place of code")]
    Elided(String),
    #[error("the answer changes code outside the selection")]
    Outside,
    #[error("the answer changes nothing")]
    Unchanged,
    #[error("the answer contains the invisible character U+{:04X}", u32::from(*.0))]
    Unseen(char),
}
