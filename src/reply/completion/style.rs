//! Converts the indentation of a reply to that of the document.
//!
//! The first line of a text starts at the cursor's column; the depth of the other lines is relative to it. A
//! model may have indented from the margin, with tabs or with another step. The second line shows which,
//! since its depth is known: one step deeper after an opener, else the same. If that depth is right, nothing
//! changes.

use crate::prompt::extent;
use crate::prompt::extent::opens;
use crate::prompt::indentation::{Indentation, blanks};
use crate::reply::completion::fit;
use crate::reply::completion::hole::{Hole, ReplyDraft, width};
use crate::syntax::region::Region;

/// Usual steps in columns, most frequent first.
const STEPS: [usize; 4] = [4, 2, 8, 3];

/// Minimum number of characters of a line repeated from below; shorter ones occur by chance.
const AGAIN: usize = 5;

/// How the lines of a text are indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    /// Columns of a step; a tab counts as one.
    step: usize,
    /// Indentation in columns of a line at the cursor's depth, and its number of steps in the document.
    base: usize,
    level: usize,
}

impl Count {
    /// Steps counted from the document's margin.
    fn absolute(step: usize) -> Self {
        Self { step, base: 0, level: 0 }
    }

    /// The steps of a line in the document, and the remaining columns.
    fn of(self, line: &str) -> (usize, usize) {
        let columns = columns(line, self.step) as isize - self.base as isize;
        let step = self.step as isize;
        let level = (self.level as isize + columns.div_euclid(step)).max(0);
        (level as usize, columns.rem_euclid(step) as usize)
    }
}

pub(super) fn filter(draft: &mut ReplyDraft, hole: &Hole) {
    let at_margin = hole.head().is_empty();
    let first = draft.text.find('\n').map_or(draft.text.len(), |it| it + 1);
    let from = if at_margin { 0 } else { first };
    if draft.text[from..].trim().is_empty() {
        return;
    }
    let count = count(draft, hole, first);
    let Some(unit) = hole.unit else {
        if let Some(Count { base: 0, level: 1.., .. }) = count {
            let head = blanks(hole.head()).to_owned();
            rewrite(draft, from, |line| [&head, line].concat());
        }
        return;
    };
    let is_foreign = !hole.mixes_blanks()
        && !hole.has_beside(blanks(&draft.text[from..]))
        && match unit {
            Indentation::Tabs => !draft.text[from..].lines().any(|it| it.starts_with('\t')),
            Indentation::Spaces(_) => {
                draft.text[from..].lines().any(|it| blanks(it).contains('\t'))
            }
        };
    match count {
        Some(count) if count != Count::absolute(unit.width()) || is_foreign => {
            rewrite(draft, from, |line| moved(line, unit, count));
        }
        None if is_foreign => {
            let step =
                if unit == Indentation::Tabs { step(&draft.text[from..]) } else { unit.width() };
            rewrite(draft, from, |line| moved(line, unit, Count::absolute(step)));
        }
        Some(_) | None => {}
    }
}

/// The lines of a text after the first that are not blank, and what shows how they are indented.
struct Lines<'a> {
    draft: &'a ReplyDraft,
    hole: &'a Hole,
    rest: Vec<&'a str>,
    second: &'a str,
    /// The first line, with the text before the cursor.
    full: String,
    /// Columns of a step in the document, of the first line and of the second.
    unit: usize,
    base: usize,
    said: usize,
    /// Whether the second line belongs one step deeper than the first.
    goes_deeper: bool,
}

/// How the lines after the first are indented, if the second line shows it.
fn count(draft: &ReplyDraft, hole: &Hole, first: usize) -> Option<Count> {
    let lines = Lines::new(draft, hole, first)?;
    let (full, base) = (&lines.full, lines.base);
    if lines.is_repeated() {
        return Some(Count::absolute(lines.unit));
    }
    let is_directive =
        full.starts_with('#') && full[1..].starts_with(|it: char| it.is_alphabetic());
    if !base.is_multiple_of(lines.unit) || is_directive {
        return None;
    }
    // A first line deeper than the cursor shows the offset of the others.
    let lead = Some(draft.lead).filter(|it| *it > base && !hole.head().is_empty());
    if lines.are_own() && lead.is_none() {
        return Some(Count::absolute(lines.unit));
    }
    lines.relative(lead)
}

impl<'a> Lines<'a> {
    fn new(draft: &'a ReplyDraft, hole: &'a Hole, first: usize) -> Option<Self> {
        let rest = draft.text[first..].lines().filter(|it| !it.trim().is_empty());
        let rest: Vec<&str> = rest.collect();
        let second = *rest.first()?;
        let full = [hole.head(), draft.text[..first].trim_end()].concat();
        let unit = hole.unit.map_or(4, Indentation::width);
        let (base, said) = (columns(&full, unit), columns(second, unit));
        // Elements in a page of prose have any indentation.
        let is_markup = hole.is_prose && full.trim_start().starts_with(['<', '{']);
        let goes_deeper = opens(&full) && !is_markup || full.ends_with(['=', '\\']);
        Some(Self { draft, hole, rest, second, full, unit, base, said, goes_deeper })
    }

    /// Whether the second line is repeated from below, and so shows the model's indentation.
    fn is_repeated(&self) -> bool {
        let below = self.hole.below().next().filter(|_| !self.hole.head().is_empty());
        below.is_some_and(|it| {
            it.starts_with(self.second.trim_end()) && self.second.trim().len() >= AGAIN
        })
    }

    /// Whether the second line is indented from the document's margin.
    fn are_own(&self) -> bool {
        let &Self { draft, hole, second, unit, base, said, .. } = self;
        let (rest, full) = (&self.rest, &self.full);
        let deeper = said.saturating_sub(base);
        match self.goes_deeper {
            true if said == base => {
                // The closer of a label's block is at least as deep as the label.
                let is_outer =
                    rest.last().is_some_and(|it| extent::closes(it) && columns(it, unit) < base);
                is_label(second) && !is_outer || goes_on(hole, full)
            }
            true if second.trim_start().starts_with('|') && deeper <= unit => said > base,
            true if full.ends_with('(') && deeper == 2 * unit && hole.has_step(deeper) => true,
            true if closes_at(rest, base, unit) && hole.has_step(deeper) => said > base,
            true => said > base && (hole.steps_by(deeper) || deeper % 2 == 1),
            false if said < base => !draft.was_fenced && !is_relative(hole, second),
            false => {
                said == base || !is_ended(full) && hole.steps_by(deeper) || is_aligned(full, deeper)
            }
        }
    }

    /// The indentation that gives the second line the depth that it belongs at.
    fn relative(&self, lead: Option<usize>) -> Option<Count> {
        let level = self.base / self.unit;
        // After a complete statement the next line has the same depth; after any other line it can be deeper.
        let is_deeper =
            self.goes_deeper || self.said > lead.unwrap_or(self.base) && !is_ended(&self.full);
        let depth = level + usize::from(is_deeper);
        // A pair with its end after the cursor contains complete statements.
        let is_pair = self.draft.text.starts_with('\n') && !self.hole.right().is_empty();
        let opens_pair = self.full.ends_with(['{', '(', '[']);
        let last = if is_pair || !opens_pair { depth } else { level };
        let counts = self.counts(lead, level);
        // The line of an argument can be two steps deeper.
        let is_argument = self.full.ends_with('(');
        let further = |counts: &[Count]| {
            let mut counts = counts.iter().copied();
            counts.find(|it| is_argument && self.fits(*it, level + 2, last))
        };
        let is_usual = self.hole.has_step(2 * self.unit);
        let relative = if is_usual { further(&counts[..1]) } else { None };
        let found = || counts.iter().copied().find(|it| self.fits(*it, depth, last));
        relative.or_else(found).or_else(|| further(&counts))
    }

    /// Possible indentations, most probable first.
    fn counts(&self, lead: Option<usize>, level: usize) -> Vec<Count> {
        let unit = self.unit;
        match lead {
            Some(base) => steps(unit).map(|step| Count { step, base, level }).collect(),
            None if self.rest.iter().any(|it| it.starts_with('\t')) => {
                vec![Count::absolute(unit), Count { step: unit, base: 0, level }]
            }
            None => {
                // Lines within a statement have any alignment.
                let base = if self.goes_deeper { self.base } else { 0 };
                let mut counts = counts(unit, base, level);
                counts
                    .retain(|it| self.goes_deeper || it.step.is_multiple_of(2) || it.step == unit);
                counts
            }
        }
    }

    /// Whether an indentation gives the second line the level `depth`, and a closer at the end at most `last`.
    fn fits(&self, count: Count, depth: usize, last: usize) -> bool {
        let is_even = |line: &&str| count.of(line).1 == 0 || line.trim_start().starts_with('*');
        // While the text streams, the closer of an inner pair can be its last line.
        let is_closer =
            |line: &str| extent::closes(line) && fit::closers(&self.draft.text).is_empty();
        count.of(self.second).0 == depth
            && self.rest.last().is_none_or(|it| !is_closer(it) || count.of(it).0 <= last)
            && self.rest.iter().all(is_even)
    }
}

/// Possible indentations of a text at `level`, most probable first.
fn counts(unit: usize, base: usize, level: usize) -> Vec<Count> {
    let relative = Count { step: unit, base: 0, level };
    let of = |base, level| steps(unit).skip(1).map(move |step| Count { step, base, level });
    std::iter::once(relative).chain(of(0, 0)).chain(of(0, level)).chain(of(base, level)).collect()
}

/// Whether the last line closes a block that was opened at this indentation.
fn closes_at(rest: &[&str], base: usize, unit: usize) -> bool {
    base > 0 && rest.last().is_some_and(|it| extent::closes(it) && columns(it, unit) == base)
}

/// The document's own step, then the usual ones.
fn steps(unit: usize) -> impl Iterator<Item = usize> {
    std::iter::once(unit).chain(STEPS).filter(move |it| *it <= 2 * unit || *it <= STEPS[0])
}

/// Whether a line that continues in the next is itself a continuation.
fn goes_on(hole: &Hole, line: &str) -> bool {
    line.ends_with('\\') && hole.above().next().is_some_and(|it| it.ends_with('\\'))
}

/// Whether a line ends within a statement with an aligned next line.
fn is_aligned(line: &str, deeper: usize) -> bool {
    line.ends_with([',', '+', '&']) || deeper % 2 == 1
}

/// Whether a line ends a statement, so that the next line is not deeper.
fn is_ended(line: &str) -> bool {
    line.ends_with([';', '}']) && !line.ends_with("%}") && !line.ends_with("}}")
}

/// Whether a second line at the margin was indented from there, instead of ending the cursor's block.
fn is_relative(hole: &Hole, second: &str) -> bool {
    if hole.head().is_empty() {
        return false;
    }
    let is_words = hole.region() != Region::Code && !hole.is_prose;
    is_words || hole.line.is_bracketed() && !extent::closes(second) && blanks(second).is_empty()
}

/// Lines at the depth of their block or at the margin.
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

/// Indentation in columns with this tab width.
fn columns(line: &str, tab: usize) -> usize {
    blanks(line).chars().map(|it| if it == '\t' { tab } else { 1 }).sum()
}

fn moved(line: &str, unit: Indentation, count: Count) -> String {
    let (level, rest) = count.of(line);
    let blanks = [unit.text().repeat(level), " ".repeat(rest)].concat();
    [&blanks, line.trim_start_matches([' ', '\t'])].concat()
}

/// Replaces the lines after `from` that are not blank.
fn rewrite(draft: &mut ReplyDraft, from: usize, line: impl Fn(&str) -> String) {
    let (first, rest) = draft.text.split_at(from);
    let lines = rest.split_inclusive('\n').map(|it| match it.trim() {
        "" => it.to_owned(),
        _ => line(it),
    });
    draft.text = std::iter::once(first.to_owned()).chain(lines).collect();
}

/// One step of a text that is indented with spaces: the greatest common divisor of its lines if it is 2 or 3,
/// else 4.
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
    use crate::prompt::CompletionScope;

    fn check(fenced: bool, before: &str, reply: &str, expected: &str) {
        let mut draft = ReplyDraft::new(reply, true);
        draft.was_fenced = fenced;
        filter(&mut draft, &Hole::new(before, "", "go", CompletionScope::Lines(9), &[]));
        assert_eq!(draft.text, expected, "{before:?} {reply:?}");
    }

    #[test]
    fn lines_are_indented_as_in_the_document() {
        check(false, "f {\n\ta\n\t", "if b {\n        c\n    }", "if b {\n\t\tc\n\t}");
        check(false, "f {\n  a\n  ", "if b {\n\t\tc\n\t}", "if b {\n    c\n  }");
        check(false, "f {\n\ta\n\t", "if b {\n\t\tc\n\t}", "if b {\n\t\tc\n\t}");
        check(false, "", "a\n  b", "a\n\tb");
    }

    #[test]
    fn a_document_that_mixes_tabs_and_spaces_keeps_the_indentation_of_a_text() {
        let before = "f {\n\ta\n\tb\n}\ng {\n    c\n    d\n}\n";
        check(false, before, "h {\n    i\n}", "h {\n    i\n}");
        check(false, before, "h {\n\ti\n}", "h {\n\ti\n}");
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
        check("a:\n    b\n    ", "if c:\n            d\n    e", "if c:\n        d\n    e");
        check("f {\n  a\n  ", "b()\n      .c()", "b()\n      .c()");
        check("a \\\n  b \\\n  ", "c \\\n  d", "c \\\n  d");
        check(
            "f {\n    a(b)\n    ",
            "a(\n  b {\n    c\n  }\n)",
            "a(\n        b {\n            c\n        }\n    )",
        );
        check("a:\n    b:\n    ", "c:\n    d", "c:\n        d");
        check("a {\n  b\n  ", "c {\n  case d:\n}", "c {\n    case d:\n  }");
        check("t =\n    a\n\n", "u =\n  | a\n  | b", "u =\n  | a\n  | b");
    }

    #[test]
    fn lines_below_a_first_line_that_is_too_deep_move_with_it() {
        let check = |before: &str, lead, reply: &str, expected: &str| {
            let mut draft = ReplyDraft::new(reply, true);
            draft.lead = lead;
            filter(&mut draft, &Hole::new(before, "", "go", CompletionScope::Lines(9), &[]));
            assert_eq!(draft.text, expected, "{before:?} {reply:?}");
        };
        check("f {\n\ta\n\t", 8, "if b {\n\t\t\tc\n\t\t}", "if b {\n\t\tc\n\t}");
        check("f {\n\ta\n\t", 8, "b\n\t\tc", "b\n\tc");
        check("f {\n  a\n  ", 4, "if b {\n        c\n    }", "if b {\n    c\n  }");
    }

    #[test]
    fn lines_that_a_fence_moved_to_the_margin_move_back() {
        check(true, "f {\n    ", "if b {\n    c\n}", "if b {\n        c\n    }");
        check(false, "f {\n    a\n    ", "if b {\n        c\n    }", "if b {\n        c\n    }");
    }
}
