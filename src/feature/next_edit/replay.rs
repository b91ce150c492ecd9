//! Rebuilds the hunks of a document from the last edits that another program reports.

use std::time::{Duration, Instant};

use similar::{ChangeTag, TextDiff};

use crate::feature::next_edit::hunk::{Hunks, Manner};
use crate::prompt::edit::PastEdit;
use crate::text::Document;

/// Between two edits, so that they have an order.
const APART: Duration = Duration::from_millis(1);

/// A replacement of whole lines.
struct Step {
    /// In bytes of the text before it.
    start: usize,
    old: String,
    new: String,
}

/// The hunks of a document with this text after these edits of it, the oldest first. Edits whose result is not
/// in the text are left out.
pub(super) fn hunks(text: &str, cursor: usize, edits: &[PastEdit], now: Instant) -> Hunks {
    let (steps, before) = undone(text, cursor, edits);
    let mut hunks = Hunks::default();
    let mut document = Document::new(&before, 0, "");
    let count = steps.len() as u32;
    for (at, step) in steps.into_iter().enumerate() {
        let rope = document.rope.clone();
        // A common line end is not part of the edit, which would touch the next line with it.
        let cut = step.old.strip_suffix('\n').zip(step.new.strip_suffix('\n'));
        let (old, new) = cut.unwrap_or((&step.old, &step.new));
        let edit = document.replace(step.start..step.start + old.len(), new);
        let made = now.checked_sub(APART * (count - at as u32)).unwrap_or(now);
        hunks.edited([&rope, &document.rope], &edit, Manner::Typed, made);
    }
    hunks
}

/// The text before these edits, and the steps from there.
fn undone(text: &str, cursor: usize, edits: &[PastEdit]) -> (Vec<Step>, String) {
    let (mut text, mut steps) = (text.to_owned(), Vec::new());
    for edit in edits.iter().rev() {
        let Some(start) = place(&text, &edit.new, cursor) else { continue };
        for mut step in split(edit).into_iter().rev() {
            // The steps before this one in the same edit are not undone yet.
            let end = start + step.start + step.new.len();
            step.start += start;
            text.replace_range(step.start..end, &step.old);
            steps.push(step);
        }
    }
    steps.reverse();
    (steps, text)
}

/// The place of some lines in a text, the one nearest to the cursor.
fn place(text: &str, lines: &str, cursor: usize) -> Option<usize> {
    if lines.trim().is_empty() {
        return None;
    }
    let starts = text.match_indices(lines).map(|it| it.0);
    let whole = starts.filter(|it| *it == 0 || text.as_bytes()[it - 1] == b'\n');
    whole.min_by_key(|it| it.abs_diff(cursor))
}

/// An edit as steps of adjacent lines, each line by itself if their number is the same before and after.
/// Their starts are bytes of the new text of the edit.
fn split(edit: &PastEdit) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut at, mut is_open) = (0, false);
    for change in TextDiff::from_lines(&edit.old, &edit.new).iter_all_changes() {
        let line = change.value();
        if change.tag() == ChangeTag::Equal {
            (at, is_open) = (at + line.len(), false);
            continue;
        }
        if !std::mem::replace(&mut is_open, true) {
            steps.push(Step { start: at, old: String::new(), new: String::new() });
        }
        let Some(step) = steps.last_mut() else { continue };
        match change.tag() {
            ChangeTag::Insert => {
                step.new.push_str(line);
                at += line.len();
            }
            ChangeTag::Delete | ChangeTag::Equal => step.old.push_str(line),
        }
    }
    steps.into_iter().flat_map(by_line).collect()
}

fn by_line(step: Step) -> Vec<Step> {
    let [old, new] = [&step.old, &step.new].map(|it| it.split_inclusive('\n').collect::<Vec<_>>());
    if old.len() != new.len() || old.len() < 2 {
        return vec![step];
    }
    let mut start = step.start;
    let lines = old.into_iter().zip(new).map(|(old, new)| {
        let line = Step { start, old: old.to_owned(), new: new.to_owned() };
        start += new.len();
        line
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edit(old: &str, new: &str) -> PastEdit {
        PastEdit { old: old.to_owned(), new: new.to_owned(), ..PastEdit::default() }
    }

    /// The old and the new lines of each hunk.
    fn check(text: &str, edits: &[PastEdit], expected: &[[&str; 2]]) {
        let (now, document) = (Instant::now(), Document::new(text, 0, ""));
        let changes = hunks(text, 0, edits, now).changes(&document.rope, now);
        let mut changes: Vec<[String; 2]> =
            changes.into_iter().map(|it| [it.old, it.new]).collect();
        changes.sort();
        assert_eq!(changes, expected, "{edits:?}");
    }

    #[test]
    fn edits_are_undone_and_made_again() {
        let text = "let a = fetch(1);\nx();\ny();\nlet b = fetch(2);\n";
        let first = edit("let a = load(1);\n", "let a = fetch(1);\n");
        let second = edit("y();\nlet b = load(2);\n", "y();\nlet b = fetch(2);\n");
        let hunks = [
            ["let a = load(1);\n", "let a = fetch(1);\n"],
            ["let b = load(2);\n", "let b = fetch(2);\n"],
        ];
        check(text, &[first.clone(), second.clone()], &hunks);
        let both = edit(&text.replace("fetch", "load"), text);
        check(text, &[both], &hunks);
        // An edit that is not in the text, and one without a place.
        let other = edit("a\n", "b\n");
        check(text, &[first, other, edit("z();\n", "")], &hunks[..1]);
    }

    #[test]
    fn the_last_edit_is_the_latest() {
        let text = "a2\nx\nx\nx\nb2\n";
        let latest =
            |edits: &[PastEdit]| hunks(text, 0, edits, Instant::now()).latest().map(|it| it.offset);
        let (a, b) = (edit("a1\n", "a2\n"), edit("b1\n", "b2\n"));
        assert_eq!(latest(&[a.clone(), b.clone()]), Some(11));
        assert_eq!(latest(&[b, a]), Some(2));
        assert_eq!(latest(&[]), None);
    }

    proptest! {
        #[test]
        fn any_history_ends_in_the_text(
            text in "([ab]{0,2}\n){0,6}", edits in prop::collection::vec(("([ab]{0,2}\n){0,3}", "([ab]{0,2}\n){0,3}"), 0..4),
        ) {
            let edits: Vec<PastEdit> = edits.iter().map(|(old, new)| edit(old, new)).collect();
            let (steps, before) = undone(&text, 0, &edits);
            let mut now = before;
            for step in steps {
                now.replace_range(step.start..step.start + step.old.len(), &step.new);
            }
            prop_assert_eq!(now, text.clone());
            hunks(&text, 0, &edits, Instant::now());
        }
    }
}
