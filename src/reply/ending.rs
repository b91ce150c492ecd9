//! Ends an answer before its model ends it.

use crate::reply::edit::overrun::Overrun;
use crate::reply::repetition::RepetitionWatch;
use crate::reply::suite::limit::TestLimit;

/// Where an answer is complete.
#[derive(Clone)]
pub enum Ending {
    /// Before code behind the selection.
    Overrun(Overrun),
    /// After as many tests as are wanted from a model on this machine, which can take minutes for the others.
    Tests(TestLimit),
}

/// Watches an answer for its end.
#[derive(Clone, Default)]
pub struct AnswerWatch {
    ending: Option<Ending>,
    repetition: RepetitionWatch,
}

/// An answer that was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedAnswer {
    pub text: String,
    /// Whether it has no end, since it repeated itself.
    pub repeats: bool,
}

impl AnswerWatch {
    /// For an answer about a selection.
    pub fn new(ending: Option<Ending>, selection: &str) -> Self {
        Self { ending, repetition: RepetitionWatch::beside(selection) }
    }

    /// For the answer of a model on this machine, or of another one.
    #[must_use]
    pub fn of_model(&self, is_local: bool) -> Self {
        let applies = |it: &Ending| is_local || matches!(it, Ending::Overrun(_));
        Self { ending: self.ending.clone().filter(applies), ..self.clone() }
    }

    /// For the reasoning before the answer, which arrives apart from it.
    pub fn of_reasoning(&self) -> RepetitionWatch {
        self.repetition.of_reasoning()
    }

    /// Adds a piece of the answer. Returns the answer if it ends here.
    pub fn push(&mut self, piece: &str) -> Option<EndedAnswer> {
        let complete = match &mut self.ending {
            Some(Ending::Overrun(it)) => it.push(piece),
            Some(Ending::Tests(it)) => it.push(piece),
            None => None,
        };
        let repeated = self.repetition.push(piece);
        let complete = complete.map(|text| EndedAnswer { text, repeats: false });
        complete.or_else(|| Some(EndedAnswer { text: repeated?.to_owned(), repeats: true }))
    }
}
