//! Removes Markdown fences around code.

use crate::reply::completion::hole::{Hole, ReplyDraft};
use crate::syntax::region::Region;

const FENCES: [&str; 2] = ["```", "~~~"];
/// Languages with backticks in code.
const BACKTICKS: &[&str] = &[
    "bash",
    "elixir",
    "go",
    "haskell",
    "javascript",
    "kotlin",
    "ocaml",
    "ocaml-interface",
    "php",
    "ruby",
    "scala",
    "sql",
    "swift",
    "tsx",
    "typescript",
];

/// Keeps the text within a leading fence, or the text up to a closing fence.
pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    if hole.is_prose {
        // In prose, a fence quotes code.
        let lead = draft.text.trim_start();
        let is_words = |fence: &str| {
            let name =
                lead.strip_prefix(fence).and_then(|it| it.split_once('\n')).map(|it| it.0.trim());
            matches!(name, Some("markdown" | "md" | "text"))
        };
        if let Some(fence) = FENCES.iter().find(|it| is_words(it)) {
            unfence(draft, fence);
        }
        return;
    }
    for fence in FENCES {
        if is_said(draft, hole, fence) {
            continue;
        }
        if !hole.before.lines().any(|it| it.trim_start().starts_with(fence)) {
            unfence(draft, fence);
        }
    }
    backticks(draft, hole);
    header(draft, hole);
}

/// Whether a comment contains a fence: its next line, if any, starts with the comment marker.
fn is_said(draft: &ReplyDraft, hole: &Hole, fence: &str) -> bool {
    let text = draft.text.trim_start();
    let sign: String =
        hole.head().trim_start().chars().take_while(|it| "*/#-;".contains(*it)).collect();
    let rest = text.split_once('\n').map(|it| it.1.trim());
    hole.region() == Region::Comment
        && !sign.is_empty()
        && text.starts_with(fence)
        && rest.map_or(draft.ended, |it| it.starts_with(&sign))
}

fn unfence(draft: &mut ReplyDraft, fence: &str) {
    let lead = draft.text.len() - draft.text.trim_start().len();
    let mut is_fenced = false;
    if draft.text[lead..].starts_with(fence) {
        match draft.text[lead..].find('\n') {
            Some(end) => draft.text.drain(..=lead + end),
            None => draft.text.drain(..),
        };
        is_fenced = true;
        draft.was_fenced = true;
    }
    let close = draft.lines().find(|(_, line)| line.trim_start().starts_with(fence)).map(|it| it.0);
    // The closing fence can be on a line of code.
    let close = close.or_else(|| draft.text.find(fence).filter(|_| is_fenced));
    if let Some(at) = close {
        // The line end before a fence belongs to the fence.
        let end = draft.text[..at].strip_suffix('\n').filter(|_| is_fenced).map_or(at, str::len);
        draft.cut(end);
    }
}

/// Removes backticks around a line of code.
fn backticks(draft: &mut ReplyDraft, hole: &Hole) {
    let is_part = hole.language.is_some_and(|it| BACKTICKS.contains(&it.name()));
    let is_quoted = hole.head().ends_with('`') || hole.right().starts_with('`');
    if is_part || is_quoted || hole.region() != Region::Code || !draft.ended {
        return;
    }
    let code = draft.text.trim().strip_prefix('`').and_then(|it| it.strip_suffix('`'));
    if let Some(code) = code.filter(|it| !it.is_empty() && !it.contains(['`', '\n'])) {
        draft.text = code.to_owned();
    }
}

/// Removes a first line that contains only a file name: `# Path: a.py`.
fn header(draft: &mut ReplyDraft, hole: &Hole) {
    let lead = draft.text.len() - draft.text.trim_start().len();
    let Some(end) = draft.text[lead..].find('\n').map(|it| lead + it) else { return };
    let line = draft.text[lead..end].trim();
    let words = line.trim_start_matches(|it: char| !it.is_alphanumeric());
    let is_comment = words.len() < line.len();
    let path = ["Path:", "File:", "Filename:", "path:", "file:", "filename:"]
        .iter()
        .find_map(|it| words.strip_prefix(it))
        .map(|it| it.trim().trim_end_matches("*/").trim_end_matches("-->").trim());
    let is_path = path.is_some_and(|it| {
        let has_ending = it.rsplit_once('.').is_some_and(|it| !it.1.contains(['/', ' ']));
        let is_name = !it.contains(char::is_whitespace) || it.contains('/') && has_ending;
        !it.is_empty() && is_name && it.contains(['.', '/'])
    });
    if is_comment && is_path && hole.head().trim().is_empty() && !hole.before.contains(line) {
        draft.text.drain(..=end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    fn check(language: &str, reply: &str, expected: &str) {
        let mut draft = ReplyDraft::new(reply, true);
        filter(&mut draft, &Hole::new("", "", language, CompletionScope::Line, &[]));
        assert_eq!(draft.text, expected, "{reply:?}");
    }

    #[test]
    fn a_fence_around_code_is_removed() {
        check("rust", "```rust\na();\n```\nThis calls a.", "a();");
        check("rust", "\n```\na();", "a();");
        check("rust", "```rust", "");
        check("rust", "a();\n```\n", "a();\n");
        check("rust", "```\na();```", "a();");
        check("rust", "a();\n", "a();\n");
        check("rust", "~~~rust\na();\n~~~\nThis calls a.", "a();");
        check("rust", "`a();`", "a();");
        check("javascript", "`a`", "`a`");
        check("python", "# Path: a.py\nx = 1", "x = 1");
        check("python", "# Path: src/a b/c.py\nx = 1", "x = 1");
        check("python", "# Path to a\nx = 1", "# Path to a\nx = 1");
    }

    #[test]
    fn a_comment_may_contain_a_fence() {
        let check = |reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(
                &mut draft,
                &Hole::new("/**\n *", "\n */", "javascript", CompletionScope::Line, &[]),
            );
            assert_eq!(draft.text, expected, "{reply:?}");
        };
        check(" ```js\n * a();", " ```js\n * a();");
        check(" ```js", " ```js");
        check("```\n It calls a.\n```", " It calls a.");
    }

    #[test]
    fn prose_may_contain_a_fence() {
        check("markdown", "```rust\na();\n```\n", "```rust\na();\n```\n");
    }
}
