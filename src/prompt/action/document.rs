//! Writes documentation for a function, type or module.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject, convention};
use crate::syntax::scope::ScopeKind;

pub(super) fn action() -> Action {
    Action::new("document", "Document", (ActionKind::Rewrite, ActionOutput::Edit), fits, words)
}

fn fits(subject: &Subject<'_>) -> Option<u8> {
    convention::documentation(subject.language)?;
    match subject.scope {
        Some(ScopeKind::Function | ScopeKind::Class) => Some(55),
        Some(ScopeKind::Block | ScopeKind::Module) | None => Some(25),
    }
}

fn words(subject: &Subject<'_>) -> String {
    let convention = convention::documentation(subject.language).unwrap_or("comments above it");
    format!(
        "Write the missing documentation of what the selection defines, as {convention}. Say what it \
         is for, what its parameters and results mean where their names do not, which errors the code \
         raises, and nothing that the code says already. Leave the code itself exactly as it is."
    )
}
