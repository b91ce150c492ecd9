//! What stands before the cursor, said again.

use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;

/// Lines above that are looked for.
const LINES: usize = 40;
/// Characters of a line's head that may be no chance.
const LEAST: usize = 4;

pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    let end = lines(&draft.text, hole).or_else(|| head(&draft.text, hole));
    let end = end.or_else(|| word(&draft.text, hole)).unwrap_or(0);
    draft.text.drain(..end);
}

/// The end of the last lines before the cursor, with the head of its own line.
fn lines(text: &str, hole: &Hole) -> Option<usize> {
    let starts = hole.before.rmatch_indices('\n').map(|it| it.0 + 1).chain([0]);
    let mut found = None;
    // The first start is the cursor's own line.
    for start in starts.skip(1).take(LINES) {
        let said = hole.before[start..].trim_start();
        let lead = text.len() - text.trim_start().len();
        let is_enough = said.lines().next().is_some_and(|it| it.trim().len() >= 2 * LEAST);
        if is_enough && text[lead..].starts_with(said) {
            found = Some(lead + said.len());
        }
    }
    found
}

/// The end of the cursor's line up to it.
fn head(text: &str, hole: &Hole) -> Option<usize> {
    let head = hole.head().trim_start();
    let lead = text.len() - text.trim_start().len();
    let said = text[lead..].strip_prefix(head)?;
    let is_call = head.ends_with(['(', '[', '{', '.', ':', ',', '=']) || head.ends_with(' ');
    let goes_on = said.starts_with(|it: char| it.is_alphanumeric() || it == '_');
    let is_word = head.ends_with(|it: char| it.is_alphanumeric() || it == '_');
    let letters = head.chars().filter(|it| it.is_alphanumeric()).count();
    let is_enough = letters >= LEAST && (is_call || is_word && head.contains([' ', '.']))
        || is_word && goes_on && letters >= LEAST;
    is_enough.then_some(lead + head.len())
}

/// The end of the half word before the cursor, if the text starts with all of it.
fn word(text: &str, hole: &Hole) -> Option<usize> {
    let is_part = |it: char| it.is_alphanumeric() || it == '_';
    let start = hole.head().trim_end_matches(is_part).len();
    let half = &hole.head()[start..];
    let goes_on = text.strip_prefix(half)?.starts_with(is_part);
    (half.chars().count() >= LEAST && goes_on).then_some(half.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Extent;

    #[test]
    fn what_stands_before_the_cursor_is_not_said_again() {
        let check = |before: &str, reply: &str, expected: &str| {
            let mut draft = Draft::new(reply, true);
            filter(&mut draft, &Hole::new(before, "", "rust", Extent::Line, &[]));
            assert_eq!(draft.text, expected, "{before:?} {reply:?}");
        };
        check("    let total = ", "let total = 5;", "5;");
        check("    let total = ", "    let total = 5;", "5;");
        check("    let total = ", "5;", "5;");
        check("    return conf", "config.get()", "ig.get()");
        check("    return conf", "ig.get()", "ig.get()");
        check("fn f(a: u8) {\n    let b = ", "fn f(a: u8) {\n    let b = a;\n}", "a;\n}");
        check("f(", "f(x)", "f(x)");
        check("a", "ab", "ab");
        check("", "x", "x");
        check("    self.items.", "self.items.len()", "len()");
    }
}
