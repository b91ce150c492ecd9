//! Do what the user says.

use crate::prompt::action::Action;
use crate::prompt::action::Gives;
use crate::prompt::action::Kind;
use crate::prompt::action::Subject;

pub(super) fn action() -> Action {
    Action::new("edit", "Edit as I say…", (Kind::Rewrite, Gives::Edit), |_| Some(65), words)
}

fn words(subject: &Subject<'_>) -> String {
    let said = subject.instruction.unwrap_or("Improve the selection.");
    format!("Change the selection as its author says, and nothing else:\n{said}")
}
