//! Explain one symbol, from its definition alone: so the words serve every use of it.

use crate::prompt::action::{SYSTEM, longest_fence};
use crate::prompt::{Chat, Role, Turn};

/// Of an answer, in tokens: a hover is small.
pub const TOKENS: u32 = 220;

/// What a model is asked about a symbol.
pub fn chat(name: &str, language: &str, path: &str, definition: &str) -> Chat {
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
        max_tokens: TOKENS,
        stop: Vec::new(),
        thinks: false,
    }
}
