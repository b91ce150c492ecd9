//! Implements what a comment announces.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

/// Markers of such comments; escaped so that this file contains none.
const MARKS: [&str; 3] = ["TO\u{44}O", "FIXME", "unimplemented"];

pub(super) fn action() -> Action {
    Action::new(
        "todo",
        "Complete what is left to do",
        (ActionKind::Rewrite, ActionOutput::Edit),
        fits,
        |_| {
            "The selection holds comments or stubs that say what is left to do. Do it, and take out \
         those that are done. Change nothing else."
            .to_owned()
        },
    )
}

fn fits(subject: &Subject<'_>) -> Option<u8> {
    MARKS.iter().any(|it| subject.selection.contains(it)).then_some(80)
}
