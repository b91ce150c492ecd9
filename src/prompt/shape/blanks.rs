//! The blanks a reply starts with.

use crate::prompt::Extent;
use crate::prompt::extent::opens;
use crate::prompt::indentation::Indentation;
use crate::prompt::indentation::blanks;
use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;
use crate::prompt::shape::hole::width;
use crate::prompt::shape::style;
use crate::syntax::region::Region;

/// On an empty line the text starts with no other, and goes on at the cursor's column.
pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    let head = hole.head();
    if !head.trim().is_empty() {
        // Words that stand further in are aligned.
        let is_aligned = hole.region() != Region::Code && head.ends_with("  ");
        let twice = head.ends_with([' ', '\t']) && draft.text.starts_with(' ') && !is_aligned;
        let lead = draft.text.len() - draft.text.trim_start_matches(' ').len();
        if twice && !draft.text[lead..].starts_with('\n') {
            draft.text.drain(..lead);
        }
        if hole.extent == Extent::Line && draft.text.starts_with('\n') {
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
        // A single blank is no indentation, unless the lines around have one.
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
    let is_label =
        style::is_label(&draft.text) || draft.text.trim_start().starts_with(['}', ')', ']']);
    let deeper = if is_deeper(hole) && is_step && !is_label { unit.text() } else { String::new() };
    draft.text.replace_range(..lead, &deeper);
}

/// Whether the next line belongs deeper than the cursor stands.
fn is_deeper(hole: &Hole) -> bool {
    hole.above().next().is_some_and(|it| opens(it) && width(it) >= width(hole.head()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_starts_where_the_cursor_is() {
        let check = |before: &str, reply: &str, expected: &str| {
            let mut draft = Draft::new(reply, true);
            filter(&mut draft, &Hole::new(before, "", "rust", Extent::Lines(9), &[]));
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
    }
}
