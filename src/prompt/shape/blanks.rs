//! The blanks a reply starts with.

use crate::prompt::Extent;
use crate::prompt::extent::opens;
use crate::prompt::indentation::blanks;
use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;
use crate::prompt::shape::hole::width;

/// On an empty line the text starts with no other, and not with the blanks that are there already.
pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    let head = hole.head();
    if !head.trim().is_empty() {
        let twice = head.ends_with([' ', '\t']) && draft.text.starts_with(' ');
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
    let said = blanks(&draft.text).len();
    if !head.is_empty() && draft.text.starts_with(head) && !is_deeper(hole) {
        draft.text.drain(..head.len());
    } else if !head.is_empty() && said > 0 && said < head.len() && empty > 0 {
        draft.text.drain(..said);
    }
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
        check("fn f() {", "\n    a();", "\n    a();");
        check("let a =", " 5;", " 5;");
    }
}
