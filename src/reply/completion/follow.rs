//! Removes a repetition of the text after the cursor.

use crate::reply::completion::brackets::ReplyBrackets;
use crate::reply::completion::hole::{Hole, ReplyDraft, width};
use crate::reply::completion::{fit, scope};
use crate::text;

/// Minimum number of letters of a truncated line that repeats the start of the next; shorter ones occur by
/// chance.
const HALF: usize = 4;
/// The same where the line ends within a word or a bracket pair that the next line closes.
const CUT: usize = 2;
/// Minimum number of characters of a truncated line, letters or not.
const LONG: usize = 6;

/// Ends the text before a line that repeats the next line below, if it is the last of the reply or the line
/// after it repeats the one after too.
pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    let mut below = hole.below();
    let (Some(first), second) = (below.next(), below.next()) else { return };
    let head = hole.head();
    let lines = lines(draft);
    let full = |nth: usize| match nth {
        0 => [head, lines[0].1].concat(),
        _ => lines[nth].1.to_owned(),
    };
    let same = |a: &str, b: &str| a.trim_end() == b.trim_end();
    let is_last = |nth: usize| nth + 1 == lines.len();
    let is_again = |nth: usize| {
        let line = full(nth);
        if is_last(nth) && !is_closer(&line) {
            return draft.ended
                && (same(&line, first) && !closes(draft, nth, &lines, hole)
                    || is_half(&line, first));
        }
        // A word that closes a block ends the text, so the next line can be missing.
        if is_closer(&line) && same(&line, first) && !closes(draft, nth, &lines, hole) {
            return true;
        }
        // A text that continues differently from the lines below repeats the line on purpose.
        if is_last(nth) {
            return false;
        }
        let next = full(nth + 1);
        let is_next = second.is_some_and(|it| {
            same(&next, it) || is_last(nth + 1) && draft.ended && it.starts_with(next.trim_end())
        });
        same(&line, first) && is_next
    };
    let from = usize::from(!head.trim().is_empty());
    if let Some(nth) = (from..lines.len()).find(|it| is_again(*it)) {
        let at = lines[nth].0;
        draft.cut(at);
    }
}

/// The lines so far that are not blank, with their positions.
fn lines(draft: &ReplyDraft) -> Vec<(usize, &str)> {
    draft.lines().filter(|it| !it.1.trim().is_empty()).collect()
}

/// Whether a line that is also below closes a block of the lines before it in the text.
fn closes(draft: &ReplyDraft, nth: usize, lines: &[(usize, &str)], hole: &Hole) -> bool {
    let (at, line) = lines[nth];
    if is_closer(line) {
        // A closer with the indentation of the text closes the text's own block.
        let base = if hole.head().is_empty() { width(lines[0].1) } else { width(hole.head()) };
        return width(line) != base;
    }
    let mut brackets = ReplyBrackets::new(hole.language);
    brackets.read(&draft.text[..at]);
    let opened = brackets.depth();
    brackets.read(line);
    // A closer below without an opener belongs to the text's bracket.
    let is_closed = hole.is_whole() && hole.closed.depth() + hole.opened.depth() < 0;
    opened > 0 && brackets.depth() < opened && brackets.unmatched() == 0 && !is_closed
}

fn is_closer(line: &str) -> bool {
    let word = line.trim_start().split(|it: char| !it.is_alphanumeric()).next();
    word.is_some_and(|it| scope::CLOSERS.contains(&it))
}

/// Whether a line is the first half of `next`, truncated by the end of the reply.
fn is_half(line: &str, next: &str) -> bool {
    let Some(rest) = next.trim_end().strip_prefix(line.trim_end()).filter(|it| !it.is_empty())
    else {
        return false;
    };
    let letters = line.chars().filter(|it| it.is_alphanumeric()).count();
    let is_part = text::is_word;
    let is_word = line.trim_end().ends_with(is_part) && rest.starts_with(is_part);
    let said = line.trim_end();
    let is_quote = said.matches('"').count() % 2 == 1;
    let goes_on = said.ends_with(['=', '+', ',', '.', '&', '|']);
    let is_open = is_quote || goes_on || !fit::closers(line).is_empty();
    let is_statement = said.ends_with([';', '}']);
    let is_ended = is_statement || said.ends_with([')', '"', '\'']);
    // Characters count if a word is truncated after them.
    let signs = said.trim_start().chars().count();
    letters >= CUT && (is_word || is_open)
        || letters > 0 && is_word && signs >= HALF
        || signs >= LONG + letters.min(CUT).abs_diff(CUT) && !is_ended
        || letters >= HALF && !is_ended
        || letters >= 2 * HALF && !is_statement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::CompletionScope;

    #[test]
    fn lines_below_are_not_repeated() {
        let check = |before: &str, after: &str, reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new(before, after, "rust", CompletionScope::Lines(9), &[]));
            assert_eq!(draft.text, expected, "{after:?} {reply:?}");
        };
        check("    ", "\n    return value;\n}", "a();\n    return value;", "a();\n");
        check("    ", "\n    b();\n}", "a();\n    b();\n}", "a();\n");
        check("    ", "\n    b();\n    c();\n}", "b();\n    d();", "b();\n    d();");
        check("a = 1\n", "\nc = 3", "b = 2\nc = 3\n", "b = 2\n");
        check("    ", "\n    return_value(a, b)\n", "c()\n    return_value(a", "c()\n");
        check("```python\n", "\n```\n", "print(1)\n```", "print(1)\n");
        check("fn f() {\n", "\n}\n", "if a {\n}", "if a {\n}");
        check("g(\n    ", "\n        c, d)\n", "f(\n        c, d)", "f(\n        c, d)");
        check("b(\n    ", "\n        c, d), e);\n", "f(\n        c, d), e);", "f(\n");
        check("    ", "\n    \"a #{b} c\"\n", "d();\n    \"a #{b}", "d();\n");
        check("  ", "\n    it = a.b\n", "each do |a|\n    it = ", "each do |a|\n");
        check("  ", "\n  -> loc:Loc.t\n", "-> a\n  -> loc:", "-> a\n");
        check("", "\n| ------- |\n", "| A |\n| -------", "| A |\n");
        check("    ", "\n    /** The */\n", "a();\n    /** T", "a();\n");
        check("    ", "", "a();", "a();");
    }
}
