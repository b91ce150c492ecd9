//! Indentation as the document has it.

use crate::prompt::indentation::Indentation;
use crate::prompt::indentation::blanks;
use crate::prompt::shape::hole::Draft;
use crate::prompt::shape::hole::Hole;
use crate::prompt::shape::hole::width;

/// Indents lines as deep as the cursor's where a fence lost that, and with tabs or spaces as the
/// document does.
pub(super) fn filter(draft: &mut Draft, hole: &Hole) {
    if draft.was_fenced {
        shift(draft, hole);
    }
    let document = [hole.before.as_str(), &hole.after].concat();
    let from = if hole.head().is_empty() {
        0
    } else {
        draft.text.find('\n').map_or(draft.text.len(), |it| it + 1)
    };
    let is_foreign = |wrong: char| {
        draft.text[from..].lines().any(|it| blanks(it).contains(wrong) && !it.trim().is_empty())
    };
    let tabs = || hole.head().starts_with('\t').then_some(Indentation::Tabs);
    let style = match Indentation::of(&document).or_else(tabs) {
        Some(Indentation::Tabs) if is_foreign(' ') => Indentation::Tabs,
        Some(Indentation::Spaces(count)) if is_foreign('\t') => Indentation::Spaces(count),
        _ => return,
    };
    // Between tabs there are spaces that align; those a document has are its own.
    if style == Indentation::Tabs && draft.text[from..].lines().any(|it| it.starts_with('\t')) {
        return;
    }
    let step = step(&draft.text[from..]);
    let (first, rest) = draft.text.split_at(from);
    let lines = rest.split_inclusive('\n').map(|it| styled(it, style, step));
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

fn styled(line: &str, style: Indentation, step: usize) -> String {
    let old = blanks(line);
    let new = match style {
        Indentation::Tabs if old.len() >= step => {
            ["\t".repeat(old.len() / step), " ".repeat(old.len() % step)].concat()
        }
        Indentation::Tabs => old.to_owned(),
        Indentation::Spaces(_) => old.replace('\t', &style.text()),
    };
    [&new, &line[old.len()..]].concat()
}

/// A text all of whose lines start at the margin, in a place that does not.
fn shift(draft: &mut Draft, hole: &Hole) {
    let head = blanks(hole.head());
    let lines = || draft.text.split('\n').skip(1).filter(|it| !it.trim().is_empty());
    let at_margin = lines().map(width).min() == Some(0) && width(&draft.text) == 0;
    if head.is_empty() || !at_margin {
        return;
    }
    let shifted = draft.text.split('\n').enumerate().map(|(nth, line)| match line.trim() {
        "" => String::new(),
        _ if nth == 0 => line.to_owned(),
        _ => [head, line].concat(),
    });
    draft.text = shifted.collect::<Vec<_>>().join("\n");
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
        check(false, "", "a\n  b", "a\n  b");
    }

    #[test]
    fn what_a_fence_moved_to_the_margin_is_moved_back() {
        check(true, "f {\n    ", "if b {\n    c\n}", "if b {\n        c\n    }");
        check(false, "f {\n    a\n    ", "if b {\n        c\n    }", "if b {\n        c\n    }");
    }
}
