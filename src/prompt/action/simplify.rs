//! Simplifies code without changing its behaviour.

use crate::prompt::action::{Action, ActionKind, ActionOutput};

pub(super) fn action() -> Action {
    Action::new(
        "simplify",
        "Simplify",
        (ActionKind::Rewrite, ActionOutput::Edit),
        |_| Some(40),
        |_| {
            "Simplify the selection without changing its behaviour: fewer branches, less nesting, no \
             state that can be derived, functions of the library in place of code that does the same. \
             Every input must give the same result as before. Keep its name, parameters and literals."
                .to_owned()
        },
    )
}
