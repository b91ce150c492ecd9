//! Reasoning that a model writes before its answer.

use crate::reply::edit::fence;

/// Tags around reasoning.
pub const TAGS: [&str; 4] = ["think", "thinking", "reasoning", "thought"];

/// An answer without leading reasoning; `None` if the reasoning has not ended. Servers can omit the opening
/// tag. Tags that occur in `known` are text of the document.
pub fn without<'a>(answer: &'a str, known: &str) -> Option<&'a str> {
    let mut text = answer;
    for tag in TAGS {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        if known.contains(&open) || known.contains(&close) {
            continue;
        }
        match (text.trim_start().starts_with(&open), text.find(&close)) {
            (true, None) => return None,
            (leads, Some(at)) if leads || is_reasoning(&text[..at], &text[at..]) => {
                text = text[at + close.len()..].trim_start_matches(['\n', '\r']);
            }
            (_, _) => {}
        }
    }
    Some(text)
}

/// Whether text before a closing tag without an opening one is reasoning: it has no code, or a complete draft of the code
/// that is behind the tag.
fn is_reasoning(before: &str, behind: &str) -> bool {
    let marks = ["```", "~~~"];
    let is_fenced = |text: &str| marks.iter().any(|it| text.contains(it));
    let fences = before.lines().filter(|it| fence::mark(it).is_some()).count();
    !is_fenced(before) || fences > 0 && fences % 2 == 0 && is_fenced(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_not_part_of_an_answer() {
        for (answer, known, expected) in [
            ("<think>\nHm.\n</think>\n\na", "", Some("a")),
            ("\n<thinking>a ```b``` c</thinking>a", "", Some("a")),
            ("Hm, so it is.\n</think>\na", "", Some("a")),
            ("<think>Hm", "", None),
            ("a", "", Some("a")),
            ("```\na </think> b\n```", "", Some("```\na </think> b\n```")),
            ("So:\n```\na\n```\nNo.\n</think>\n```\nb\n```", "", Some("```\nb\n```")),
            ("```\na\n```\n</think> is a tag", "", Some("```\na\n```\n</think> is a tag")),
            ("<think>a</think>b", "x = '<think>'", Some("<think>a</think>b")),
        ] {
            assert_eq!(without(answer, known), expected, "{answer}");
        }
    }
}
