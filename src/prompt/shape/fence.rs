//! Markdown fences around code.

use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;

const FENCE: &str = "```";

/// The text within a fence that leads the reply; else the text up to a fence that closes it.
pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    if hole.is_prose || hole.before.lines().any(|it| it.trim_start().starts_with(FENCE)) {
        return;
    }
    let lead = draft.text.len() - draft.text.trim_start().len();
    if draft.text[lead..].starts_with(FENCE) {
        match draft.text[lead..].find('\n') {
            Some(end) => draft.text.drain(..=lead + end),
            None => draft.text.drain(..),
        };
        draft.was_fenced = true;
    }
    let close = draft.lines().find(|(_, line)| line.trim_start().starts_with(FENCE)).map(|it| it.0);
    if let Some(at) = close {
        draft.cut(at);
    } else if draft.was_fenced
        && let Some(at) = draft.text.find(FENCE)
    {
        // Closed on a line of code.
        draft.cut(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Extent;

    fn check(language: &str, reply: &str, expected: &str) {
        let mut draft = Draft::new(reply, true);
        filter(&mut draft, &Hole::new("", "", language, Extent::Line, &[]));
        assert_eq!(draft.text, expected, "{reply:?}");
    }

    #[test]
    fn a_fence_is_no_part_of_the_code_it_holds() {
        check("rust", "```rust\na();\n```\nThis calls a.", "a();\n");
        check("rust", "\n```\na();", "a();");
        check("rust", "```rust", "");
        check("rust", "a();\n```\n", "a();\n");
        check("rust", "```\na();```", "a();");
        check("rust", "a();\n", "a();\n");
    }

    #[test]
    fn in_words_it_is() {
        check("markdown", "```rust\na();\n```\n", "```rust\na();\n```\n");
    }
}
