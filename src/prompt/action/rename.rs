//! Improves names within the selection.

use crate::prompt::action::{Action, ActionKind, ActionOutput};

pub(super) fn action() -> Action {
    Action::new(
        "rename",
        "Rename for clarity",
        (ActionKind::Rewrite, ActionOutput::Edit),
        |_| Some(15),
        |_| {
            "Give the local variables, parameters and private helpers that the selection itself defines \
         names that say what they hold. Names that are defined or used outside of it stay as they \
         are, and so does everything else."
            .to_owned()
        },
    )
}
