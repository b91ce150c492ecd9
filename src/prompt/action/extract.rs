//! Extracts a part of a function into a new function.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};
use crate::syntax::scope::ScopeKind;

/// The form of an answer.
pub(super) const FORM: &str = "Return the selection with the call, and the new function beside it, complete, in a \
                               single fenced code block, and nothing else: no explanation, nothing left out.";

pub(super) fn action() -> Action {
    Action::new(
        "extract",
        "Extract function",
        (ActionKind::Extract, ActionOutput::Edit),
        fits,
        |_| {
            "Move a part of the selection that does one thing into a new function, named after what it \
             does, and call it in its place. The behaviour stays the same."
            .to_owned()
        },
    )
}

/// Applies only within a function.
fn fits(subject: &Subject<'_>) -> Option<u8> {
    let long = subject.selection.lines().count() >= 5;
    match subject.scope {
        Some(ScopeKind::Function | ScopeKind::Block) if long => Some(35),
        Some(ScopeKind::Function | ScopeKind::Block) => Some(10),
        Some(ScopeKind::Class | ScopeKind::Module) | None => None,
    }
}
