//! The edits of one reply, which are suggested one after another while the user accepts them.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use crate::text::Edit;
use crate::usage::record::CallId;

/// What a model has suggested for a window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Predicted {
    /// The revision of the document that it was made for, and the lines that the model was shown.
    pub(crate) revision: u64,
    pub(crate) lines: Range<usize>,
    /// The next one first. They do not overlap.
    pub(crate) edits: Vec<PredictedEdit>,
    /// The probability of the reply, if known.
    pub(crate) probability: Option<f32>,
    /// The model and its call.
    pub(crate) by: Arc<str>,
    pub(crate) call: Option<CallId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PredictedEdit {
    pub(crate) range: Range<usize>,
    pub(crate) old: String,
    pub(crate) new: String,
}

impl Predicted {
    /// What is left of it after an edit of the document; `None` if the user did something else.
    pub(crate) fn edited(mut self, edit: &Edit, rope: &Rope) -> Option<Self> {
        let grown = edit.new_end as isize - edit.old_end as isize;
        let moved = |at: usize| at.saturating_add_signed(grown);
        let next = self.edits.first_mut()?;
        let is_inside = edit.start >= next.range.start && edit.old_end <= next.range.end;
        if !is_inside {
            return None;
        }
        let end = next.range.end;
        next.range.end = moved(end);
        let is_done = rope.get_byte_slice(next.range.clone()).is_some_and(|it| it == *next.new);
        for other in self.edits.iter_mut().skip(1).filter(|it| it.range.start >= end) {
            other.range = moved(other.range.start)..moved(other.range.end);
        }
        if is_done {
            self.edits.remove(0);
        }
        // An edit that is applied in parts stays until its last part.
        Some(self)
    }

    /// The next edit, if its place still has the text that it replaces.
    pub(crate) fn next(&self, rope: &Rope) -> Option<&PredictedEdit> {
        let next = self.edits.first()?;
        rope.get_byte_slice(next.range.clone()).is_some_and(|it| it == *next.old).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Document;

    fn predicted() -> (Document, Predicted) {
        let edit = |range, old: &str, new: &str| PredictedEdit {
            range,
            old: old.to_owned(),
            new: new.to_owned(),
        };
        let edits = vec![edit(2..3, "b", "bbb"), edit(4..5, "c", "C"), edit(0..1, "a", "A")];
        let lines = 0..1;
        let by = "p/m".into();
        (Document::new("a b c", 0, ""), Predicted { lines, edits, by, ..Predicted::default() })
    }

    #[test]
    fn accepting_an_edit_moves_the_others() {
        let (mut document, mut predicted) = predicted();
        for (count, expected) in [(2, "a bbb c"), (1, "a bbb C"), (0, "A bbb C")] {
            let next = predicted.next(&document.rope).expect("its place is unchanged").clone();
            let edit = document.replace(next.range, &next.new);
            assert_eq!(document.rope, expected);
            predicted = predicted.edited(&edit, &document.rope).unwrap();
            assert_eq!(predicted.edits.len(), count);
        }
    }

    #[test]
    fn an_edit_applied_in_parts_is_accepted_and_another_edit_ends_all() {
        let (mut document, mut predicted) = predicted();
        for (range, text) in [(2..3, ""), (2..2, "bb"), (4..4, "b")] {
            let edit = document.replace(range, text);
            predicted = predicted.edited(&edit, &document.rope).unwrap();
        }
        assert_eq!(predicted.next(&document.rope).map(|it| &*it.old), Some("c"));
        let edit = document.replace(0..0, "x");
        assert!(predicted.edited(&edit, &document.rope).is_none());
    }

    #[test]
    fn a_changed_place_gets_no_edit() {
        let (mut document, predicted) = predicted();
        let edit = document.replace(2..3, "x");
        let predicted = predicted.edited(&edit, &document.rope).unwrap();
        assert_eq!(predicted.next(&document.rope), None);
    }
}
