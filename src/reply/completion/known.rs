//! Detects replies without new content.

use crate::reply::completion::hole::Hole;

/// Minimum number of letters and digits of a line; shorter matches occur by chance.
const LEAST: usize = 8;

/// Whether a text is empty, or repeats the line directly above or below.
pub(super) fn is_known(text: &str, hole: &Hole) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return true;
    }
    let letters = text.chars().filter(|it| it.is_alphanumeric()).count();
    if text.contains('\n') || letters < LEAST || !hole.head().trim().is_empty() {
        return false;
    }
    neighbours(hole).any(|it| it == text)
}

/// Whether the line directly above or below begins with a text that may go on.
pub(super) fn is_begun(text: &str, hole: &Hole) -> bool {
    hole.head().trim().is_empty() && neighbours(hole).any(|it| it.starts_with(text.trim()))
}

fn neighbours(hole: &Hole) -> impl Iterator<Item = &str> {
    hole.above().take(1).chain(hole.below().take(1)).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    #[test]
    fn a_repeated_neighbour_line_is_not_shown() {
        let check = |before: &str, after: &str, text: &str, expected: bool| {
            let hole = Hole::new(before, after, "rust", CompletionScope::Line, &[]);
            assert_eq!(is_known(text, &hole), expected, "{text:?}");
        };
        check("    let total = 5;\n    ", "", "let total = 5;", true);
        check("    ", "\n    let total = 5;\n", "let total = 5;", true);
        check("    let a = ", "\n    let a = 5;\n", "5;", false);
        check("    }\n    ", "\n", "}", false);
        check("", "", " \n ", true);
    }
}
