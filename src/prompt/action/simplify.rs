//! Simplifies code without changing its behaviour.

use crate::prompt::action::{Action, ActionKind, ActionOutput};

pub(super) fn action() -> Action {
    Action::new(
        "simplify",
        "Simplify",
        (ActionKind::Rewrite, ActionOutput::Edit),
        |_| Some(40),
        |_| {
            "Write the selection more simply without changing what it does: fewer branches, less \
         nesting, no state that can be derived, the library's own words for what is spelled out. \
         Keep its names and its interface."
                .to_owned()
        },
    )
}
