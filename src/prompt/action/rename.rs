//! Improves names within the selection.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

/// The form of an answer about variables that are listed.
pub(super) fn form(subject: &Subject<'_>) -> String {
    let lines: String = subject.names.iter().map(|it| format!("{it} -> NEW_NAME\n")).collect();
    let count = match subject.names.len() {
        1 => "this line".to_owned(),
        count => format!("these {count} lines"),
    };
    format!(
        "Answer only with {count}, with a new name of one to three words in place of each NEW_NAME.\n```text\n{lines}```"
    )
}

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
    let list =
        |names: &[String]| names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let taken = match subject.good_names {
        [] => String::new(),
        names => {
            format!(" {} are good names and keep their meaning: do not use them.", list(names))
        }
    };
    format!(
        "The selection has variables and parameters whose names can be better: {}. Choose a new name for \
         each of them that says what it holds, in the style of the other names, and that is not used yet.{taken}",
        list(subject.names)
    )
}
