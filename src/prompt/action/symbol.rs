//! Explains a symbol from its definition alone, so the explanation is valid for every use of it.

use crate::prompt::action::{SYSTEM, longest_fence};
use crate::prompt::{Chat, Role, Turn};

/// Limit for the reply, in tokens. A hover is small.
pub const TOKENS: u32 = 220;

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
