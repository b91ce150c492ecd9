//! Explains code or a single symbol.

use crate::prompt::action::{Action, ActionKind, ActionOutput, SYSTEM, longest_fence};
use crate::prompt::{Chat, Role, Turn};

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

/// Limit for the explanation of a symbol, in tokens. A hover is small.
pub const SYMBOL_TOKENS: u32 = 220;

/// Explains a symbol from its definition alone, so the explanation is valid for every use of it.
pub fn symbol(name: &str, language: &str, path: &str, definition: &str) -> Chat {
    let fence = "`".repeat(longest_fence(&[definition]).max(2) + 1);
    let text = format!(
        "The definition of `{name}`, in `{path}`:\n{fence}{language}\n{definition}\n{fence}\n\n\
         Say to somebody who meets `{name}` in other code what it is for, and what to mind when using \
         it. Two or three sentences of Markdown, no heading, no code, nothing that its name already \
         says."
    );
    Chat {
        system: SYSTEM.to_owned(),
        parts: Vec::new(),
        turns: vec![Turn { role: Role::User, text }],
        max_tokens: SYMBOL_TOKENS,
        stop: Vec::new(),
        thinks: false,
        exact: false,
    }
}
