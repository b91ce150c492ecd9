//! Removes sentences about the answer.

use crate::reply::completion::hole::{Hole, ReplyDraft};
use crate::syntax::region::Region;

/// Starts of such lines, in lower case.
const STARTS: &[&str] = &[
    "here is",
    "here's",
    "here are",
    "sure",
    "certainly",
    "of course",
    "okay",
    "the missing",
    "the completed",
    "the completion",
    "to complete",
    "to fill",
    "i'll",
    "i will",
    "i would",
    "based on",
    "below is",
    "this is the",
    "absolutely",
    "great",
    "the code",
    "the text",
];

/// Drops introductory lines before the text. Not in prose, comments and strings, where sentences belong, nor
/// within a line.
pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    if hole.is_prose
        || hole.region() != Region::Code
        || !hole.head().trim().is_empty() && !draft.text.contains("```")
    {
        return;
    }
    let fence = draft.text.find("\n```");
    loop {
        let lead = draft.text.len() - draft.text.trim_start().len();
        let Some(end) = draft.text[lead..].find('\n').map(|it| lead + it) else { break };
        if !is_chatter(draft.text[lead..end].trim()) || fence.is_some_and(|it| it < lead) {
            break;
        }
        draft.text.drain(..=end);
    }
    // The reply is a single line, or was reduced to one.
    if draft.text.trim().lines().count() == 1 && is_chatter(draft.text.trim()) {
        draft.text.clear();
    }
}

fn is_chatter(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let is_said = STARTS.iter().any(|it| {
        lower
            .strip_prefix(it)
            .is_some_and(|rest| !rest.starts_with(|it: char| it.is_alphanumeric()))
    });
    let is_words = line.split_whitespace().count() >= 2 || line.ends_with(['!', '.']);
    let code = ["= ", " =", "::", "();", "->", "=>", "{", "}"];
    is_said
        && is_words
        && line.ends_with([':', '.', '!'])
        && !code.iter().any(|it| line.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    #[test]
    fn sentences_are_kept_in_comments_and_strings() {
        let check = |before: &str, after: &str, reply: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new(before, after, "python", CompletionScope::Lines(9), &[]));
            assert_eq!(draft.text, reply, "{before:?}");
        };
        check("def f():\n    \"\"\"A.\n\n    ", "\n    \"\"\"\n", "The code is run once.");
        check("x = \"\"\"\n", "\"\"\"\n", "Here is how it works:\nFirst.\n");
        check("# ", "\n", "I will be called.");
    }

    #[test]
    fn remarks_about_the_text_are_removed() {
        let check = |reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new("", "", "python", CompletionScope::Lines(9), &[]));
            assert_eq!(draft.text, expected, "{reply:?}");
        };
        check("Here is the code:\n\nx = 1\n", "\nx = 1\n");
        check("Sure!\nHere's the completion:\n```\nx\n```", "```\nx\n```");
        check("sure = 1\n", "sure = 1\n");
        check("okay.\n", "");
        check("here.is(a)\nb\n", "here.is(a)\nb\n");
        check("surely: int\n", "surely: int\n");
        check("x = 1\n", "x = 1\n");
    }
}
