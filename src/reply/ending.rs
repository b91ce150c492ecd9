//! Where an answer ends before its model ends it.

use crate::reply::edit::overrun::Overrun;
use crate::reply::suite::limit::TestLimit;

/// What ends an answer.
#[derive(Clone)]
pub enum Ending {
    /// Code behind the selection.
    Overrun(Overrun),
    /// More tests than are wanted.
    Tests(TestLimit),
}

impl Ending {
    /// Adds a piece of the answer. Returns whether the answer is complete.
    pub fn push(&mut self, piece: &str) -> bool {
        match self {
            Self::Overrun(it) => it.push(piece),
            Self::Tests(it) => it.push(piece),
        }
    }

    /// The complete answer; `None` if nothing is behind its end.
    pub fn cut(&self) -> Option<String> {
        match self {
            Self::Overrun(it) => it.cut(),
            Self::Tests(it) => it.cut(),
        }
    }
}
