//! Removes leading white space from a reply.

use crate::prompt::extent::opens;
use crate::prompt::indentation::{Indentation, blanks};
use crate::prompt::{CompletionScope, extent};
use crate::reply::completion::hole::{Hole, ReplyDraft, width};
use crate::reply::completion::style;
use crate::syntax::region::Region;

/// Lines above and below the cursor that its line can be aligned with.
const BESIDE: usize = 3;
/// Maximum number of lines of a header.
const HEADER: usize = 20;

/// On an empty line, removes leading empty lines and starts the text at the cursor's column.
pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    let head = hole.head();
    if !head.trim().is_empty() {
        // Words further to the right are aligned.
        let is_column = hole.region() != Region::Code && head.ends_with("  ");
        let lead = draft.text.len() - draft.text.trim_start_matches(' ').len();
        // A single extra blank can be a coincidence.
        let gap = if lead > 1 { 1 } else { 2 };
        let is_aligned =
            || is_aligned(hole, head.len() + lead, gap) && !is_aligned(hole, head.len(), gap);
        let twice = head.ends_with([' ', '\t']) && lead > 0 && !is_column && !is_aligned();
        if twice && !draft.text[lead..].starts_with('\n') {
            draft.text.drain(..lead);
        }
        if hole.extent == CompletionScope::Line && draft.text.starts_with('\n') {
            draft.cut(0);
        }
        return;
    }
    let is_empty = |it: &&str| it.ends_with('\n') && it.trim().is_empty();
    let empty: usize = draft.text.split_inclusive('\n').take_while(is_empty).map(str::len).sum();
    draft.text.drain(..empty);
    let lead = blanks(&draft.text).len();
    if lead == 0 {
        return;
    }
    let said = width(&draft.text);
    draft.lead = said;
    let unit = hole.unit.unwrap_or(Indentation::Spaces(4));
    if head.is_empty() {
        // A single blank is not indentation unless a line around has it too.
        let has_one = |it: &str| width(it) == said;
        let around =
            hole.above().next().is_some_and(has_one) || hole.below().next().is_some_and(has_one);
        if said < unit.width().min(2) && !around {
            draft.text.drain(..lead);
            draft.lead = 0;
        }
        return;
    }
    let is_step = said >= unit.width().min(2);
    let is_label = style::is_label(&draft.text) || extent::closes(&draft.text);
    let deeper = if is_deeper(hole) && is_step && !is_label { unit.text() } else { String::new() };
    draft.text.replace_range(..lead, &deeper);
}

/// Whether the next line is deeper than the cursor.
fn is_deeper(hole: &Hole) -> bool {
    hole.above().next().is_some_and(opens)
        && header(hole).is_some_and(|it| width(it) == width(hole.head()))
}

/// The first line of a header that ends above the cursor. A header can have several lines.
fn header(hole: &Hole) -> Option<&str> {
    let mut open = 0;
    hole.above().take(HEADER).find(|line| {
        for it in line.chars() {
            match it {
                ')' | ']' => open += 1,
                '(' | '[' => open -= 1,
                _ => {}
            }
        }
        open <= 0
    })
}

/// Whether a line near the cursor, with the same indentation, has a character at `column` after `gap` blanks.
fn is_aligned(hole: &Hole, column: usize, gap: usize) -> bool {
    let head = hole.head();
    hole.above().take(BESIDE).chain(hole.below().take(BESIDE)).any(|line| {
        let is_blank = |it: usize| line.as_bytes().get(it).is_none_or(|it| *it == b' ');
        width(line) == width(head)
            && !is_blank(column)
            && (1..=gap).all(|it| is_blank(column.saturating_sub(it)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_starts_where_the_cursor_is() {
        let check = |before: &str, reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            filter(&mut draft, &Hole::new(before, "", "rust", CompletionScope::Lines(9), &[]));
            assert_eq!(draft.text, expected, "{before:?} {reply:?}");
        };
        check("fn f() {\n    ", "    a();\n    b();", "a();\n    b();");
        check("fn f() {\n    ", "\n    a();", "a();");
        check("fn f() {\n", "    a();", "    a();");
        check("    if x {\n    ", "    a();", "    a();");
        check("let a = ", " 5;", "5;");
        check("    ", " return x", "return x");
        check("class A {\n\t", " int b;", "int b;");
        check("f {\n\t\t", "        h();", "h();");
        check("", " y", "y");
        check("fn f() {", "\n    a();", "\n    a();");
        check("let a =", " 5;", " 5;");
        check("fn f(\n    a: u8,\n    b: u8) {\n  ", "  a();", "a();");
        check("fn f(\n  a: u8,\n) {\n", "  a();", "  a();");
        check("f {\n  a:    1,\n  bc: ", "  2,", "  2,");
        check("f {\n  a:    1,\n  bc: ", " 2,", "2,");
        check("f {\n  abc: 1,\n  b: ", "  2,", "  2,");
        check("fn f()\n    -> u8 {\n  ", "  a();", "a();");
    }
}
