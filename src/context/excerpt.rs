//! The text around the cursor that a model sees.

use std::ops::Range;

use ropey::Rope;

use crate::syntax::scope::{Scope, ScopeKind};

/// The window starts at a multiple of this many lines where possible, so that the prompts of successive
/// keystrokes have the same beginning and a provider can cache it.
const ANCHOR: usize = 64;

/// The text before and after the cursor, with the document's line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub prefix: String,
    pub suffix: String,
    /// The range of both in the document, in bytes.
    pub range: Range<usize>,
}

/// The largest sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExcerptBudget {
    pub prefix: usize,
    pub suffix: usize,
}

impl Default for ExcerptBudget {
    fn default() -> Self {
        Self { prefix: 4096, suffix: 1024 }
    }
}

impl Excerpt {
    /// The window around `offset`. `scopes` enclose it, innermost first; the window starts before the head of
    /// a function or class if it fits.
    pub fn around(rope: &Rope, offset: usize, scopes: &[Scope], budget: ExcerptBudget) -> Self {
        let offset = boundary(rope, offset);
        Self::between(rope, start(rope, offset, scopes, budget.prefix), offset, budget)
    }

    /// The window around `offset` with the start of an earlier one; `None` if that start is no longer
    /// suitable.
    pub fn kept(rope: &Rope, start: usize, offset: usize, budget: ExcerptBudget) -> Option<Self> {
        let offset = boundary(rope, offset);
        let line = rope.byte_to_line(start.min(rope.len_bytes()));
        let serves = start <= offset
            && offset - start <= budget.prefix
            && rope.line_to_byte(line) == start
            && (start == 0 || rope.byte_to_line(offset) - line >= ANCHOR / 4);
        serves.then(|| Self::between(rope, start, offset, budget))
    }

    fn between(rope: &Rope, start: usize, offset: usize, budget: ExcerptBudget) -> Self {
        let end = end(rope, offset, budget.suffix);
        let text = |range: Range<usize>| rope.byte_slice(range).to_string();
        Self { prefix: text(start..offset), suffix: text(offset..end), range: start..end }
    }
}

fn start(rope: &Rope, offset: usize, scopes: &[Scope], budget: usize) -> usize {
    let fits = |start: usize| offset - start <= budget;
    let line = rope.byte_to_line(offset);
    let anchored = |line: usize| rope.line_to_byte(line / ANCHOR * ANCHOR);
    // One anchor above the nearest, so that the window is not short right after an anchor.
    let (far, near) = (anchored(line.saturating_sub(ANCHOR)), anchored(line));
    let window = match (fits(far), fits(near)) {
        (true, _) => far,
        (false, true) => near,
        (false, false) => return long(rope, offset, line, budget),
    };
    let heads = scopes.iter().rev().filter(|it| it.kind != ScopeKind::Module);
    let heads = heads.map(|it| rope.byte_to_line(it.range.start.min(offset)));
    let widened = heads.flat_map(|it| [anchored(it), rope.line_to_byte(it)]);
    widened.filter(|it| *it < window).find(|it| fits(*it)).unwrap_or(window)
}

/// The start if lines are long: whole lines in decreasing steps, or else a part of a line.
fn long(rope: &Rope, offset: usize, line: usize, budget: usize) -> usize {
    for step in [ANCHOR / 4, ANCHOR / 16, 1] {
        let first = (line + 1).saturating_sub(ANCHOR) / step * step;
        let lines = (first..=line).step_by(step).map(|it| rope.line_to_byte(it));
        // At least half a window; otherwise a smaller step shows more of it.
        let least = if step == 1 { 1 } else { budget / 2 };
        let mut fitting = lines.filter(|it| offset - it <= budget && offset - it >= least);
        if let Some(start) = fitting.next() {
            return start;
        }
    }
    if rope.line_to_byte(line) == offset {
        return offset;
    }
    boundary(rope, offset.saturating_sub(budget) + 3).min(offset)
}

/// The end of the last whole line that fits, or a part of the first line.
fn end(rope: &Rope, offset: usize, budget: usize) -> usize {
    let furthest = boundary(rope, offset.saturating_add(budget).min(rope.len_bytes()));
    if furthest == rope.len_bytes() {
        return furthest;
    }
    let start = rope.line_to_byte(rope.byte_to_line(furthest));
    if start > offset { start } else { furthest }
}

/// The start of the character that contains a byte.
fn boundary(rope: &Rope, offset: usize) -> usize {
    rope.char_to_byte(rope.byte_to_char(offset.min(rope.len_bytes())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbered(lines: usize) -> String {
        (0..lines).map(|it| format!("line {it}\n")).collect()
    }

    fn around(text: &str, offset: usize, scopes: &[Scope]) -> Excerpt {
        Excerpt::around(&Rope::from_str(text), offset, scopes, ExcerptBudget::default())
    }

    #[test]
    fn the_excerpt_of_a_small_document_is_all_of_it() {
        let excerpt = around("abc\ndef\n", 5, &[]);
        assert_eq!((excerpt.prefix.as_str(), excerpt.suffix.as_str()), ("abc\nd", "ef\n"));
        assert_eq!(excerpt.range, 0..8);
    }

    #[test]
    fn the_window_starts_at_the_same_line_during_typing() {
        let text = numbered(400);
        let rope = Rope::from_str(&text);
        for line in 192..256 {
            let excerpt = around(&text, rope.line_to_byte(line) + 3, &[]);
            assert!(excerpt.prefix.starts_with("line 128\n"), "{line}");
        }
    }

    #[test]
    fn the_excerpt_includes_the_head_of_a_function_that_fits() {
        let text = numbered(400);
        let rope = Rope::from_str(&text);
        let (head, cursor) = (rope.line_to_byte(70), rope.line_to_byte(250));
        let scope = Scope { kind: ScopeKind::Function, range: head..cursor + 9, body: None };
        assert!(around(&text, cursor, &[scope]).prefix.starts_with("line 64\n"));
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let excerpt = around(&"é".repeat(10_000), 10_001, &[]);
        assert!(excerpt.prefix.len() <= 4096 && excerpt.prefix.len() > 4000);
        assert!(excerpt.suffix.len() <= 1024 && excerpt.suffix.len() > 1000);
        let rows: String = (0..300).map(|it| format!("{it:4}{}\n", "x".repeat(200))).collect();
        let excerpt = around(&rows, 205 * 250, &[]);
        assert!(excerpt.prefix.starts_with(" 240") && excerpt.prefix.len() >= 2048);
    }

    proptest! {
        #[test]
        fn every_position_of_every_text_has_an_excerpt(
            text in "([a-zé😀]{0,30}(\n|\r\n)){0,60}", at in 0usize..2000, budget in 0usize..400
        ) {
            let rope = Rope::from_str(&text);
            let budget = ExcerptBudget { prefix: budget, suffix: budget / 4 };
            let excerpt = Excerpt::around(&rope, at, &[], budget);
            let seen = [excerpt.prefix.as_str(), &excerpt.suffix].concat();
            prop_assert_eq!(&text[excerpt.range.clone()], seen);
            prop_assert!(excerpt.prefix.len() <= budget.prefix);
            prop_assert!(excerpt.suffix.len() <= budget.suffix);
        }
    }
}
