//! Removes reasoning before the answer.

use crate::reply::completion::hole::{Hole, ReplyDraft};

const TAGS: &[&str] = &["think", "thinking", "reasoning", "thought"];

/// Drops leading reasoning. While it has not ended, there is no answer yet.
pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    for tag in TAGS {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        if hole.before.contains(&open) || hole.after.contains(&close) {
            continue;
        }
        let leads = draft.text.trim_start().starts_with(&open);
        match draft.text.rfind(&close) {
            Some(at) => {
                let rest = &draft.text[at + close.len()..];
                draft.text = rest.trim_start_matches('\n').to_owned();
            }
            None if leads => draft.text.clear(),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    #[test]
    fn reasoning_is_removed() {
        let check = |reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new("", "", "rust", CompletionScope::Line, &[]));
            assert_eq!(draft.text, expected, "{reply:?}");
        };
        check("<think>\nHm.\n</think>\n\na();", "a();");
        check("\n<think>Hm", "");
        check("Hm, so it is\n</think>\na();", "a();");
        check("a<think>", "a<think>");
    }
}
