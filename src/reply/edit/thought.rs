//! Reasoning that a model writes before its answer.

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
            (leads, Some(at)) if leads || !text[..at].contains("```") => {
                text = text[at + close.len()..].trim_start_matches(['\n', '\r']);
            }
            (_, _) => {}
        }
    }
    Some(text)
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
            ("<think>a</think>b", "x = '<think>'", Some("<think>a</think>b")),
        ] {
            assert_eq!(without(answer, known), expected, "{answer}");
        }
    }
}
