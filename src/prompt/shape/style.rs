//! Indentation as the document has it.
//!
//! The first line of a text goes on at the cursor's column; the depth of the others counts from there. A
//! model may have counted it from the margin, in tabs or in another number of spaces. Which of these it did
//! shows in the second line, whose depth is known: one step deeper behind what opens a block, else the
//! same. Where that is as it should be, nothing is changed.

use crate::prompt::extent::opens;
use crate::prompt::indentation::Indentation;
use crate::prompt::indentation::blanks;
use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;
use crate::prompt::shape::hole::width;

/// Steps that texts are indented by, most usual first.
const STEPS: [usize; 3] = [4, 2, 3];

/// How a text's lines are indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    /// Columns of a step, a tab being one.
    step: usize,
    /// Steps that are missing in each line: it was counted from the margin.
    missing: usize,
}

pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    let at_margin = hole.head().is_empty();
    let first = draft.text.find('\n').map_or(draft.text.len(), |it| it + 1);
    let from = if at_margin { 0 } else { first };
    if draft.text[from..].trim().is_empty() {
        return;
    }
    let count = count(draft, hole, first);
    let Some(unit) = hole.unit else {
        if let Some(Count { missing: 1.., .. }) = count {
            let head = blanks(hole.head()).to_owned();
            rewrite(draft, from, |line| [&head, line].concat());
        }
        return;
    };
    let is_foreign = match unit {
        Indentation::Tabs => !draft.text[from..].lines().any(|it| it.starts_with('\t')),
        Indentation::Spaces(_) => draft.text[from..].lines().any(|it| blanks(it).contains('\t')),
    };
    let own = Count { step: unit.width(), missing: 0 };
    match count {
        Some(count) if count != own || is_foreign => {
            rewrite(draft, from, |line| moved(line, unit, count));
        }
        None if is_foreign => {
            let step =
                if unit == Indentation::Tabs { step(&draft.text[from..]) } else { unit.width() };
            rewrite(draft, from, |line| moved(line, unit, Count { step, missing: 0 }));
        }
        Some(_) | None => {}
    }
}

/// How the lines behind the first are indented, where their second shows it.
fn count(draft: &Draft, hole: &Hole, first: usize) -> Option<Count> {
    let rest: Vec<&str> = draft.text[first..].lines().filter(|it| !it.trim().is_empty()).collect();
    let second = *rest.first()?;
    let full = [hole.head(), draft.text[..first].trim_end()].concat();
    let unit = hole.unit.map_or(4, Indentation::width);
    let base = columns(&full, unit);
    if !base.is_multiple_of(unit) {
        return None;
    }
    let said = columns(second, unit);
    let deeper = said.saturating_sub(base);
    let goes_deeper = opens(&full) || full.ends_with(['=', '\\']);
    let is_own = match goes_deeper {
        true if is_label(second) && said == base => true,
        true => said > base && (hole.steps_by(deeper) || deeper % 2 == 1),
        false if said < base => !draft.was_fenced && !is_relative(hole, second),
        false => {
            said == base || !is_ended(&full) && hole.steps_by(deeper) || is_aligned(&full, deeper)
        }
    };
    if is_own {
        return Some(Count { step: unit, missing: 0 });
    }
    // Behind a line that ends a statement the next is as deep; behind any other it may be deeper.
    let level = base / unit;
    let depth = level + usize::from(goes_deeper || said > base && !full.ends_with([';', '}']));
    // A pair whose end stands behind the cursor holds whole statements.
    let is_pair = draft.text.starts_with('\n') && !hole.right().is_empty();
    let opens_pair = full.ends_with(['{', '(', '[']);
    let last = if is_pair || !opens_pair { depth } else { level };
    let closes = |it: &str| it.trim_start().starts_with(['}', ')', ']']);
    let fits = |it: &Count, depth: usize| {
        let of = |line: &str| columns(line, it.step) / it.step + it.missing;
        let is_even = |line: &&str| {
            columns(line, it.step).is_multiple_of(it.step) || line.trim_start().starts_with('*')
        };
        of(second) == depth
            && rest.last().is_none_or(|it| !closes(it) || of(it) <= last)
            && rest.iter().all(is_even)
    };
    let counts = counts(unit, level, rest.iter().any(|it| it.starts_with('\t')));
    let further = if full.ends_with('(') { depth + 1 } else { depth };
    let found =
        [depth, further].into_iter().find_map(|depth| counts.iter().find(|it| fits(it, depth)));
    found.copied()
}

/// The ways a text may be indented, most probable first.
fn counts(unit: usize, missing: usize, has_tabs: bool) -> Vec<Count> {
    let relative = Count { step: unit, missing };
    if has_tabs {
        return vec![Count { step: unit, missing: 0 }, relative];
    }
    let of = |missing| STEPS.into_iter().map(move |step| Count { step, missing });
    std::iter::once(relative).chain(of(0)).chain(of(missing)).collect()
}

/// Whether a line ends within a statement whose next line is aligned with something.
fn is_aligned(line: &str, deeper: usize) -> bool {
    line.ends_with([',', '+', '&']) || deeper % 2 == 1
}

/// Whether a line ends a statement, so that no deeper one follows.
fn is_ended(line: &str) -> bool {
    line.ends_with([';', '}'])
}

/// Whether a second line at the margin was counted from there, rather than ending the cursor's block.
fn is_relative(hole: &Hole, second: &str) -> bool {
    let closes = second.trim_start().starts_with(['}', ')', ']']);
    hole.line.is_bracketed() && !closes && blanks(second).is_empty()
}

/// Lines that stand at their block's depth or at the margin.
pub(super) fn is_label(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("case ")
        || line.starts_with("default")
        || line.starts_with("when ")
        || line.starts_with('#')
        || line.starts_with("public:")
        || line.starts_with("private:")
        || line.starts_with('|')
}

/// Columns a line is indented by, a tab being so many.
fn columns(line: &str, tab: usize) -> usize {
    blanks(line).chars().map(|it| if it == '\t' { tab } else { 1 }).sum()
}

fn moved(line: &str, unit: Indentation, count: Count) -> String {
    let columns = columns(line, count.step);
    let (level, rest) = (columns / count.step + count.missing, columns % count.step);
    let blanks = [unit.text().repeat(level), " ".repeat(rest)].concat();
    [&blanks, line.trim_start_matches([' ', '\t'])].concat()
}

/// Puts other lines in place of those from there on that are not blank.
fn rewrite(draft: &mut Draft, from: usize, line: impl Fn(&str) -> String) {
    let (first, rest) = draft.text.split_at(from);
    let lines = rest.split_inclusive('\n').map(|it| match it.trim() {
        "" => it.to_owned(),
        _ => line(it),
    });
    draft.text = std::iter::once(first.to_owned()).chain(lines).collect();
}

/// Columns of one step of a text that is indented by spaces: what all its lines are multiples of.
fn step(text: &str) -> usize {
    let mut step = 0;
    for mut width in text.lines().map(width) {
        while width > 0 {
            (step, width) = (width, step % width);
        }
    }
    if matches!(step, 2 | 3) { step } else { 4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Extent;

    fn check(fenced: bool, before: &str, reply: &str, expected: &str) {
        let mut draft = Draft::new(reply, true);
        draft.was_fenced = fenced;
        filter(&mut draft, &Hole::new(before, "", "go", Extent::Lines(9), &[]));
        assert_eq!(draft.text, expected, "{before:?} {reply:?}");
    }

    #[test]
    fn lines_are_indented_with_what_the_document_uses() {
        check(false, "f {\n\ta\n\t", "if b {\n        c\n    }", "if b {\n\t\tc\n\t}");
        check(false, "f {\n  a\n  ", "if b {\n\t\tc\n\t}", "if b {\n    c\n  }");
        check(false, "f {\n\ta\n\t", "if b {\n\t\tc\n\t}", "if b {\n\t\tc\n\t}");
        check(false, "", "a\n  b", "a\n\tb");
    }

    #[test]
    fn depth_counts_from_the_cursor() {
        let check =
            |before: &str, reply: &str, expected: &str| check(false, before, reply, expected);
        check("a:\n    b\n    ", "if c:\n    d\ne", "if c:\n        d\n    e");
        check("a:\n  b\n  ", "if c:\n        d\n    e", "if c:\n    d\n  e");
        check("a:\n  b\n  ", "if c:\n    d\n  e", "if c:\n    d\n  e");
        check("a:\n    b\n    ", "if c:\n    d\n  e", "if c:\n        d\n    e");
        check("", "func f() {\n    a()\n}", "func f() {\n\ta()\n}");
        check("a:\n    b\n    ", "c\nd:", "c\nd:");
        check("a {\n    b\n    ", "c;\nd;", "c;\n    d;");
    }

    #[test]
    fn what_a_fence_moved_to_the_margin_is_moved_back() {
        check(true, "f {\n    ", "if b {\n    c\n}", "if b {\n        c\n    }");
        check(false, "f {\n    a\n    ", "if b {\n        c\n    }", "if b {\n        c\n    }");
    }
}
