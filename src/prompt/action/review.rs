//! Reviews the selection.

use crate::prompt::action::{Action, ActionKind, ActionOutput};

pub const NAME: &str = "review";

/// The form of the answer, which `reply::review` parses. Small models follow an example, not placeholders.
pub const FORM: &str = "Answer with at most five findings, the worst first. A finding is one line with the number of \
    the line, the severity (error, warning, info or hint) and the reason; then the code that it is about, copied \
    exactly, on lines that begin with `-`; then the corrected code on lines that begin with `+`. For example:\n\n\
    12: error: the last step is outside the list\n\
    - for at in 0..=items.len() {\n\
    + for at in 0..items.len() {\n\n\
    Leave out the `+` lines if no simple change corrects it. If there is nothing worth saying, answer `none`.";

pub(super) fn action() -> Action {
    Action::new(
        NAME,
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
