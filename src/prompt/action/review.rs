//! Reviews the selection.

use crate::prompt::action::{Action, ActionKind, ActionOutput};

pub(super) fn action() -> Action {
    Action::new(
        "review",
        "Review",
        (ActionKind::Ask, ActionOutput::Findings),
        |_| Some(38),
        |_| {
            "Review the selection as a careful colleague would: what is wrong, unsafe, slow or \
         misleading, and how to mend it. Only what you are sure of and what matters; no praise, no \
         taste."
                .to_owned()
        },
    )
}
