//! A document change from a model: checked for syntax errors, reduced to the lines that differ, and
//! adjusted while the user types elsewhere.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;
use similar::{ChangeTag, TextDiff};

use crate::feature::document::TrackedRange;
use crate::syntax::Syntax;
use crate::syntax::language::Language;

#[derive(Clone, Debug)]
pub struct ActionChange {
    mark: TrackedRange,
    pub old: String,
    pub new: String,
    /// Imports that the change needs, at their places before it, first to last.
    imports: Vec<ImportChange>,
    /// Some checks were not possible, or the answer was repaired.
    pub is_uncertain: bool,
}

/// New lines of imports, and the lines that they replace.
#[derive(Clone, Debug)]
pub struct ImportChange {
    pub(super) mark: TrackedRange,
    pub old: String,
    pub new: String,
}

/// A byte range of the current document and its new text.
pub type Replacement = (Range<usize>, String);

impl ActionChange {
    pub(super) fn new(mark: TrackedRange, old: String, new: String) -> Self {
        Self { mark, old, new, imports: Vec::new(), is_uncertain: false }
    }

    /// With imports at places before the changed lines.
    pub(super) fn with_imports(self, imports: Vec<ImportChange>) -> Self {
        Self { imports, ..self }
    }

    /// The number of lines that are removed or added.
    pub fn changed_lines(&self) -> usize {
        let changes = TextDiff::from_lines(&self.old, &self.new);
        changes.iter_all_changes().filter(|it| it.tag() != ChangeTag::Equal).count()
    }

    pub fn imports(&self) -> &[ImportChange] {
        &self.imports
    }

    /// The replacements for the current document: the smallest pieces of whole lines, first to last; `None`
    /// if those lines have changed since the request.
    pub fn replacements(&self) -> Option<Vec<Replacement>> {
        let start = self.mark.range()?.start;
        let (mut replaced, mut at): (Vec<Replacement>, usize) = (Vec::new(), start);
        for it in &self.imports {
            replaced.push((it.mark.range()?, it.new.clone()));
        }
        // Whether the current change extends the piece before.
        let mut extends = false;
        for change in TextDiff::from_lines(&self.old, &self.new).iter_all_changes() {
            if change.tag() != ChangeTag::Equal && !extends {
                replaced.push((at..at, String::new()));
            }
            extends = change.tag() != ChangeTag::Equal;
            match (change.tag(), replaced.last_mut()) {
                (ChangeTag::Insert, Some(piece)) => piece.1.push_str(change.value()),
                (ChangeTag::Delete, Some(piece)) => {
                    at += change.value().len();
                    piece.0.end = at;
                }
                (ChangeTag::Equal | ChangeTag::Insert | ChangeTag::Delete, _) => {
                    at += change.value().len();
                }
            }
        }
        Some(replaced)
    }
}

/// Whether `new` in place of `range` adds no syntax error. True without a grammar.
pub(in crate::feature) fn is_sound(
    syntax: &Arc<Syntax>,
    language: Option<Language>,
    rope: &Rope,
    range: &Range<usize>,
    new: &str,
) -> bool {
    let Some(language) = language else { return true };
    let mut changed = rope.clone();
    let chars = rope.byte_to_char(range.start)..rope.byte_to_char(range.end);
    changed.remove(chars.clone());
    changed.insert(chars.start, new);
    match (syntax.parse(language, rope), syntax.parse(language, &changed)) {
        (Some(before), Some(after)) => after.errors() <= before.errors(),
        (_, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::document::OpenDocument;
    use crate::syntax::trees::Trees;
    use crate::text;
    use crate::text::Document;
    use crate::text::position::Encoding;

    fn applied(text: &str, range: Range<usize>, new: &str) -> String {
        let trees = Trees::new(Arc::new(Syntax::new(None).0));
        let open = OpenDocument::new("a", None, Document::new(text, 0, ""), &trees);
        let old = text[range.clone()].to_owned();
        let change = ActionChange::new(open.mark(range), old, new.to_owned());
        let mut text = text.to_owned();
        for (range, new) in change.replacements().unwrap().into_iter().rev() {
            text.replace_range(range, &new);
        }
        text
    }

    #[test]
    fn only_lines_that_differ_are_replaced() {
        let trees = Trees::new(Arc::new(Syntax::new(None).0));
        let text = "x\na\nb\nc\ny\n";
        let open = OpenDocument::new("a", None, Document::new(text, 0, ""), &trees);
        let change =
            ActionChange::new(open.mark(2..8), "a\nb\nc\n".to_owned(), "a\nB\nc\n".to_owned());
        assert_eq!(change.replacements(), Some(vec![(4..6, "B\n".to_owned())]));
    }

    proptest! {
        #[test]
        fn the_replacements_produce_the_new_text(
            before in "[ab\n]{0,6}", old in "[abé\n]{0,12}", new in "[abé\n]{0,12}", after in "[ab\n]{0,6}",
        ) {
            let text = format!("{before}{old}{after}");
            let range = before.len()..before.len() + old.len();
            prop_assert_eq!(applied(&text, range, &new), format!("{before}{new}{after}"));
        }

        /// Edits during a request either move the replaced lines or, if they touch them, discard the change.
        #[test]
        fn text_typed_during_a_request_is_never_lost(
            before in "[ab\n]{0,8}", old in "[cdé\n]{1,8}", new in "[xy\n]{0,8}", after in "[ab\n]{0,8}",
            typed in prop::collection::vec((0..24usize, 0..3usize, "[é1\n]{0,3}"), 0..6),
        ) {
            let trees = Trees::new(Arc::new(Syntax::new(None).0));
            let text = format!("{before}{old}{after}");
            let mut open = OpenDocument::new("a", None, Document::new(&text, 0, ""), &trees);
            let range = before.len()..before.len() + old.len();
            let change = ActionChange::new(open.mark(range.clone()), old.clone(), new.clone());
            let (mut model, mut place) = (text, range);
            let (mut touched, mut beside) = (false, false);
            for (at, removed, inserted) in typed {
                let start = model.floor_char_boundary(at.min(model.len()));
                let end = model.ceil_char_boundary((start + removed).min(model.len()));
                touched |= start < place.end && end > place.start;
                beside |= start <= place.end && end >= place.start;
                let at = |offset| open.document.position(offset, Encoding::Utf8);
                let range = Some(at(start)..at(end));
                let edit = text::Change { range, text: inserted.clone() };
                let edit = open.document.apply(&edit, Encoding::Utf8);
                open.state().edited(&edit, &open.document);
                model.replace_range(start..end, &inserted);
                if end <= place.start && !touched {
                    let moved = |it: usize| it - (end - start) + inserted.len();
                    place = moved(place.start)..moved(place.end);
                }
            }
            match change.replacements() {
                // Text typed directly beside the lines may count as part of them.
                None => prop_assert!(beside),
                Some(pieces) => {
                    prop_assert!(!touched);
                    let mut expected = model.clone();
                    expected.replace_range(place, &new);
                    for (range, new) in pieces.into_iter().rev() {
                        model.replace_range(range, &new);
                    }
                    prop_assert_eq!(model, expected);
                }
            }
        }
    }
}
