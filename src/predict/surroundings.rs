//! What the surrounding lines imply for the cursor's line: which brackets it must open or close, and how deep
//! it is indented compared to them.

use std::borrow::Cow;
use std::cmp::Ordering;

use ropey::Rope;

use crate::predict::brackets;
use crate::predict::brackets::Net;

/// Lines examined in each direction.
const REACH: usize = 200;

/// The block that contains the cursor's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// The bracket balance of the rest of the block; `None` if the ends of the block are out of reach.
    net: Option<Net>,
    /// The depth of the next line compared to the cursor's line; `None` if there is no next line.
    below: Option<Ordering>,
}

/// The lines of the block on one side of the cursor's line.
#[derive(Default)]
struct Side {
    net: Net,
    /// Depth of the nearest line.
    next: Option<usize>,
    /// Whether the first or last line of the block was found.
    bounded: bool,
}

/// How a line fits its block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StandingWeight {
    /// Every bracket of the block has its match.
    pub(super) even: bool,
    /// A bracket has no match, or the line closes a bracket that was not opened.
    pub(super) uneven: bool,
    /// A deeper line follows, but this line opens no block.
    pub(super) unopened: bool,
    /// This line opens a block, but no deeper line follows.
    pub(super) hollow: bool,
}

impl Surroundings {
    /// The surroundings of line `row`, which starts with the indentation of `head`.
    pub(super) fn of(rope: &Rope, row: usize, head: &str) -> Self {
        let depth = indentation(head);
        let first = row.saturating_sub(REACH);
        let above =
            Side::of((first..row).rev(), rope, depth, |it| Net::of(brackets::without_closers(it)));
        let end = rope.len_lines().min(row + 1 + REACH);
        let below = Side::of(row + 1..end, rope, depth, Net::leading);
        let bounded = (above.bounded || first == 0) && (below.bounded || end == rope.len_lines());
        Self {
            net: bounded.then_some(above.net + below.net),
            below: below.next.map(|it| it.cmp(&depth)),
        }
    }

    /// How `line` fits as the cursor's line.
    pub(super) fn standing(&self, line: &str) -> StandingWeight {
        let whole = self.net.map(|it| it + Net::of(line));
        let known = self.below.is_some();
        let (even, closes) = (whole.is_some_and(Net::is_even), whole.is_some_and(Net::closes));
        let opens = brackets::opens(line);
        let deeper = self.below == Some(Ordering::Greater);
        // The block is balanced without this line: the block that it opens may be new, with its lines still
        // to be written.
        let fresh = opens && !deeper && self.net.is_some_and(Net::is_even);
        StandingWeight {
            even: known && even,
            uneven: whole.is_some() && !fresh && (closes || known && !even),
            unopened: deeper && !opens,
            hollow: known && !deeper && opens && !fresh,
        }
    }
}

impl Side {
    /// `bound` returns the brackets of the first or last line that belong to the block.
    fn of(
        rows: impl Iterator<Item = usize>,
        rope: &Rope,
        depth: usize,
        bound: fn(&str) -> Net,
    ) -> Self {
        let mut side = Self::default();
        for row in rows {
            let line = Cow::from(rope.line(row));
            if line.trim().is_empty() {
                continue;
            }
            let its = indentation(&line);
            side.next.get_or_insert(its);
            side.bounded = its < depth || its == 0;
            let net = if side.bounded { bound(&line) } else { Net::of(&line) };
            side.net = side.net + net;
            if side.bounded {
                break;
            }
        }
        side
    }
}

/// The depth of a line, in columns.
fn indentation(line: &str) -> usize {
    let blank = line.chars().take_while(|it| matches!(it, ' ' | '\t'));
    blank.map(|it| if it == '\t' { 4 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(text: &str, line: &str) -> StandingWeight {
        let (before, after) = text.split_once("$0").expect("a cursor");
        let rope = Rope::from_str(&[before, after].concat());
        let row = before.matches('\n').count();
        let head = before.rsplit('\n').next().unwrap_or_default();
        Surroundings::of(&rope, row, head).standing(&format!("{head}{line}"))
    }

    #[test]
    fn a_line_must_balance_the_brackets_of_its_block() {
        let text = "fn f() {\n    if a {\n        b();\n    $0\n    c();\n}\n";
        assert!(standing(text, "}").even);
        assert!(standing(text, "b();").uneven);
        let text = "fn f() {\n    $0\n        b();\n    }\n}\n";
        assert!(standing(text, "if a {").even);
        assert!(standing(text, "if a").unopened);
        let text = "f(\n    a,\n    $0\n)\n";
        assert!(standing(text, "b[0],").even);
        assert!(standing(text, "b[0,").uneven);
        let text = "fn f() {\n    $0\n    b();\n}\n";
        assert_eq!(standing(text, "if a {"), StandingWeight::default());
    }

    #[test]
    fn at_the_end_of_a_file_a_line_may_open_a_block() {
        let text = "fn f() {\n    $0";
        assert_eq!(standing(text, "if a {"), StandingWeight::default());
        assert!(standing(text, "))").uneven);
    }
}
