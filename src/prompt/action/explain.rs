//! Explains code.

use crate::prompt::action::{Action, ActionKind, ActionOutput};

pub(super) fn action() -> Action {
    Action::new(
        "explain",
        "Explain",
        (ActionKind::Ask, ActionOutput::Answer),
        |_| Some(70),
        |_| {
            "Explain what the selection does and why it is written this way: first in one sentence, \
         then what is not obvious (edge cases, side effects, cost, traps). Do not retell it line by \
         line."
            .to_owned()
        },
    )
}
