//! Limits a reply to the requested number of lines.

use crate::prompt::CompletionScope;
use crate::reply::completion::hole::{Hole, ReplyDraft};

/// Length of a fence in bytes.
const FENCE: usize = 3;

pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    // If a text starts with a line end, its first line is below the cursor.
    let lead = match hole.extent {
        CompletionScope::Line => 0,
        CompletionScope::Lines(_) => {
            draft.text.len() - draft.text.trim_start_matches([' ', '\t', '\n']).len()
        }
    };
    let mut ends = draft.text.match_indices('\n').map(|it| it.0).filter(|it| *it >= lead);
    if let Some(end) = ends.nth(hole.extent.lines() - 1) {
        // Before code, the line end can be part of the text or of a fence.
        let is_code = !hole.right().trim().is_empty();
        if is_code && draft.was_fenced && !draft.ended && draft.text.len() <= end + FENCE {
            return;
        }
        let end = if is_code { end + 1 } else { end };
        draft.cut(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_at_most_the_requested_lines() {
        let check = |extent, reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, false);
            filter(&mut draft, &Hole::new("f(", "", "go", extent, &[]));
            assert_eq!(draft.text, expected, "{reply:?}");
            assert_eq!(draft.ended, reply != expected, "{reply:?}");
        };
        check(CompletionScope::Line, "a)\nb", "a)");
        check(CompletionScope::Line, "a)", "a)");
        check(CompletionScope::Lines(2), "a\nb\nc", "a\nb");
        check(CompletionScope::Lines(2), "\na\nb\nc", "\na\nb");
        check(CompletionScope::Lines(0), "a\nb", "a");
    }
}
