//! How much to ask for at a place: the rest of the line, or lines.

use crate::prompt::Extent;
use crate::syntax::region::Region;

/// Lines at most where several are asked for.
const LINES: u32 = 10;

impl Extent {
    /// At a cursor with `head` before it on its line and `right` behind it: several lines on an
    /// empty one or behind what opens a block, one in words and before code.
    pub fn automatic(head: &str, right: &str, region: Region) -> Self {
        let at_end = right.trim().is_empty();
        let closes = right.trim_start().starts_with([')', ']', '}']) && right.trim().len() <= 3;
        let open = match region {
            Region::Comment | Region::String => false,
            Region::Code => head.trim().is_empty() && at_end || opens(head) && (at_end || closes),
        };
        if open { Self::Lines(LINES) } else { Self::Line }
    }

    /// Lines an answer may have.
    pub fn lines(self) -> usize {
        match self {
            Self::Line => 1,
            Self::Lines(count) => count.max(1) as usize,
        }
    }
}

/// Whether a line's head opens a block, or a list.
pub(super) fn opens(head: &str) -> bool {
    let head = head.trim_end();
    let word = head.rsplit(|it: char| !it.is_alphanumeric() && it != '_').next();
    let words = ["do", "then", "else", "begin", "repeat", "of", "where", "try"];
    head.ends_with(['{', '(', '[', ':', '|']) && !head.ends_with("::") && !head.ends_with("||")
        || head.ends_with("=>")
        || head.ends_with("->")
        || word.is_some_and(|it| words.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_asked_for_on_an_empty_one_and_behind_an_opener() {
        let check = |head, right, region, lines| {
            let extent = Extent::automatic(head, right, region);
            assert_eq!(extent.lines(), lines, "{head:?} before {right:?}");
        };
        check("", "", Region::Code, 10);
        check("    ", "", Region::Code, 10);
        check("fn f() {", "", Region::Code, 10);
        check("fn f() {", "}", Region::Code, 10);
        check("def f():", "", Region::Code, 10);
        check("if x then", "", Region::Code, 10);
        check("let a = ", "", Region::Code, 1);
        check("f(", "a, b)", Region::Code, 1);
        check("use a::", "", Region::Code, 1);
        check("    // ", "", Region::Comment, 1);
        check("", "foo();", Region::Code, 1);
    }
}
