//! Makes code faster without changing its behaviour.

use crate::prompt::action::{Action, ActionKind, ActionOutput};

pub(super) fn action() -> Action {
    Action::new(
        "optimise",
        "Optimise",
        (ActionKind::Rewrite, ActionOutput::Edit),
        |_| Some(18),
        |_| {
            "Make the selection do the same with less work: a better algorithm first, then fewer \
         allocations, copies and passes. Its results and its interface stay exactly the same. If \
         nothing is worth changing leave it as it is."
                .to_owned()
        },
    )
}
