//! Translates comments into English.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

pub(super) fn action() -> Action {
    Action::new(
        "translate",
        "Translate comments",
        (ActionKind::Rewrite, ActionOutput::Edit),
        fits,
        words,
    )
}

/// Letters beyond ASCII indicate another language.
fn fits(subject: &Subject<'_>) -> Option<u8> {
    let foreign = subject.selection.chars().filter(|it| !it.is_ascii() && it.is_alphabetic());
    Some(if foreign.count() >= 3 { 45 } else { 5 })
}

fn words(subject: &Subject<'_>) -> String {
    let language = subject.instruction.unwrap_or("English");
    format!(
        "Translate the comments and documentation of the selection into {language}, as a native \
         programmer would write them. Code, names and strings stay exactly as they are."
    )
}
