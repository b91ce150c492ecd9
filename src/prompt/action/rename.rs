//! Improves names within the selection.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

/// The form of an answer about variables that are listed.
pub(super) const FORM: &str = "Answer with one line for each name that you change, as `old: new`, in a single fenced \
                               code block, and nothing else.";

pub(super) fn action() -> Action {
    Action::new(
        "rename",
        "Rename for clarity",
        (ActionKind::Rewrite, ActionOutput::Edit),
        |_| Some(15),
        words,
    )
}

fn words(subject: &Subject<'_>) -> String {
    if subject.names.is_empty() {
        return "Give the local variables, parameters and private helpers that the selection itself \
                defines names that say what they hold. Names that are defined or used outside of it stay \
                as they are, and so does everything else."
            .to_owned();
    }
    let names = subject.names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    format!(
        "The selection defines these variables and parameters: {names}. Choose a better name for each \
         that does not say what it holds, such as a single letter, in the style of the other names."
    )
}
