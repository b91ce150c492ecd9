//! Why an answer changes nothing.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    Empty,
    /// It has no code in it.
    Prose,
    /// It has several codes, and nothing says which is meant.
    Several(usize),
    /// A fence, a block or the reasoning is not closed.
    Half,
    TooLong(usize),
    /// A block searches for what is not there, or stands there more than once; counted from 1.
    NotFound(usize),
    Ambiguous(usize),
    /// A placeholder stands for old lines, and nothing says for which.
    Elided(String),
    /// It changes the line beside the selection.
    Outside,
    /// The new text is the old one.
    Unchanged,
    /// It brings a character that nobody would see.
    Unseen(char),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the answer is empty"),
            Self::Prose => f.write_str("the answer contains no code"),
            Self::Several(count) => {
                write!(
                    f,
                    "the answer holds {count} pieces of code and does not say which one to use"
                )
            }
            Self::Half => f.write_str("the answer ends in the middle of its code"),
            Self::TooLong(bytes) => write!(f, "the answer is too long: {bytes} bytes"),
            Self::NotFound(block) => {
                write!(f, "block {block} of the answer searches for lines that do not exist")
            }
            Self::Ambiguous(block) => {
                write!(f, "block {block} of the answer matches more than one place")
            }
            Self::Elided(line) => {
                write!(f, "the answer has the placeholder `{line}` in place of code")
            }
            Self::Outside => f.write_str("the answer changes code outside the selection"),
            Self::Unchanged => f.write_str("the answer changes nothing"),
            Self::Unseen(it) => {
                let it = u32::from(*it);
                write!(f, "the answer contains the invisible character U+{it:04X}")
            }
        }
    }
}

impl std::error::Error for Unusable {}
