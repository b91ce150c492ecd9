//! A suggestion on the screen, and the rest of it as the user types along.
//!
//! It stays valid for every key that matches it, for an accepted word or line of it, and for backspaces
//! within it. None of these sends a request.

use std::sync::Arc;

use ropey::Rope;

use crate::feature::completion::anchor::Anchor;
use crate::feature::completion::suggestion::Suggestion;
use crate::feature::document::Place;
use crate::text::Edit;
use crate::usage::record::CallId;

/// A suggestion as it was offered, bound to its place in the document.
#[derive(Clone, Debug)]
pub struct ShownSuggestion {
    anchor: Anchor,
    text: String,
    pub by: Arc<str>,
    pub confidence: Option<f32>,
    /// The call that returned it, if any.
    pub call: Option<CallId>,
    /// Bytes of it that the user accepted at once: inferred from edits, or reported by the editor.
    pub accepted: usize,
    /// The editor reported that it was on the screen.
    pub seen: bool,
    /// It is the beginning of a text that its model was still writing.
    goes_on: bool,
}

/// A text that is known without a request.
pub(super) struct KnownText {
    pub(super) text: String,
    pub(super) by: Arc<str>,
    pub(super) confidence: Option<f32>,
    /// Whether its model was still writing the rest.
    pub(super) goes_on: bool,
}

impl ShownSuggestion {
    pub fn new(
        rope: &Rope,
        anchor: usize,
        text: &str,
        by: Arc<str>,
        confidence: Option<f32>,
    ) -> Self {
        let (anchor, text) = (Anchor::new(rope, anchor), text.to_owned());
        Self { anchor, text, by, confidence, call: None, accepted: 0, seen: false, goes_on: false }
    }

    /// The rest to insert with the cursor at `offset`. `None` if the text there differs from the suggestion,
    /// or all of it has been typed.
    pub fn left(&self, rope: &Rope, offset: usize) -> Option<&str> {
        let typed = offset.checked_sub(self.anchor.at())?;
        let (typed, left) = self.text.split_at_checked(typed)?;
        let holds = !left.is_empty()
            && self.anchor.holds(rope, offset)
            && rope.byte_slice(self.anchor.at()..offset) == typed;
        holds.then_some(left)
    }

    /// Moves the place with an edit. Returns false if the edit reaches from before the place past it.
    pub fn follow(&mut self, edit: &Edit) -> bool {
        self.anchor.follow(edit)
    }

    /// Whether an edit accepted some of the suggestion at once: all of it, a word or a line. `rope` is the
    /// text after the edit. A single character counts as typing.
    pub fn take(&mut self, rope: &Rope, edit: &Edit) -> bool {
        let Some(taken) = self.taken(rope, edit) else { return false };
        self.accepted = self.accepted.max(taken);
        true
    }

    /// The editor showed `text`. Returns whether that is this suggestion or the rest of it.
    pub fn show(&mut self, text: &str) -> bool {
        self.seen |= self.text.ends_with(text);
        self.text.ends_with(text)
    }

    /// The editor inserted this many UTF-16 code units of a text that it showed. Returns whether that is this
    /// suggestion or the rest of it.
    pub fn accept(&mut self, text: &str, units: usize) -> bool {
        let Some(before) = self.text.strip_suffix(text) else { return false };
        let mut left = units;
        let bytes = text.chars().map_while(|it| {
            left = left.checked_sub(it.len_utf16())?;
            Some(it.len_utf8())
        });
        self.accepted = self.accepted.max(before.len() + bytes.sum::<usize>());
        self.seen = true;
        true
    }

    /// Length of the suggestion in bytes.
    pub fn offered(&self) -> usize {
        self.text.len()
    }

    /// The end, within the suggestion, of what an edit accepted at once.
    fn taken(&self, rope: &Rope, edit: &Edit) -> Option<usize> {
        let anchor = self.anchor.at();
        let end = edit.new_end.checked_sub(anchor)?;
        let taken = self.text.get(..end)?;
        let inserted = self.text.get(edit.old_end.checked_sub(anchor)?..end)?;
        let at_once = edit.start >= anchor && inserted.chars().nth(1).is_some();
        (at_once && rope.byte_slice(anchor..edit.new_end) == taken).then_some(end)
    }
}

/// The rest of a suggestion on the screen of `place`, if it continues at `at`, which may have another text.
pub(super) fn rest(place: &Place, at: &Place) -> Option<KnownText> {
    let rope = &at.open.document.rope;
    place.open.state().shown.iter().find_map(|it| {
        let text = it.left(rope, at.offset)?.to_owned();
        let ShownSuggestion { confidence, goes_on, .. } = *it;
        Some(KnownText { text, by: Arc::clone(&it.by), confidence, goes_on })
    })
}

/// Adds new suggestions to those still shown.
pub(super) fn remember(place: &Place, offers: &[Suggestion]) {
    let rope = &place.open.document.rope;
    let mut state = place.open.state();
    if state.revision != place.revision {
        return;
    }
    state.keep_shown(|it| it.left(rope, place.offset).is_some());
    let new = offers.iter().map(|it| {
        let by = Arc::clone(&it.by);
        let mut shown = ShownSuggestion::new(rope, place.offset, &it.text, by, it.confidence);
        (shown.call, shown.goes_on) = (it.call, it.goes_on);
        shown
    });
    state.shown.extend(new);
}

/// A suggestion on the screen goes on with `written`, which its model has written since.
pub(super) fn extend(place: &Place, written: &Suggestion) {
    let rope = &place.open.document.rope;
    let mut state = place.open.state();
    if state.revision != place.revision {
        return;
    }
    let begun = state.shown.iter_mut().filter(|it| it.goes_on);
    for it in begun.filter(|it| it.left(rope, place.offset).is_some()) {
        it.text.truncate(place.offset - it.anchor.at());
        it.text.push_str(&written.text);
        (it.confidence, it.call, it.goes_on) = (written.confidence, written.call, false);
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::text::position::Encoding;
    use crate::text::{Change, Document};

    const OFFERED: &str = "println!(\"{}\", x);";

    /// A document with `OFFERED` shown at `$0`, and the edits made to it since.
    struct Case {
        document: Document,
        shown: Option<ShownSuggestion>,
        cursor: usize,
    }

    impl Case {
        fn new(text: &str) -> Self {
            let cursor = text.find("$0").expect("a cursor");
            let document = Document::new(&text.replace("$0", ""), 0, "rust");
            let shown =
                ShownSuggestion::new(&document.rope, cursor, OFFERED, "embedded".into(), None);
            Self { document, shown: Some(shown), cursor }
        }

        fn replace(mut self, range: Range<usize>, text: &str) -> Self {
            let at = |offset| self.document.position(offset, Encoding::Utf8);
            let change = Change { range: Some(at(range.start)..at(range.end)), text: text.into() };
            let edit = self.document.apply(&change, Encoding::Utf8);
            if !self.shown.as_mut().is_some_and(|it| it.follow(&edit)) {
                self.shown = None;
            }
            if let Some(shown) = &mut self.shown {
                shown.take(&self.document.rope, &edit);
            }
            self.cursor = edit.new_end;
            self
        }

        fn typed(self, text: &str) -> Self {
            text.chars().fold(self, |case, it| {
                let at = case.cursor;
                case.replace(at..at, it.encode_utf8(&mut [0; 4]))
            })
        }

        fn accepted(&self) -> usize {
            self.shown.as_ref().map_or(0, |it| it.accepted)
        }

        fn left(&self) -> Option<&str> {
            self.shown.as_ref()?.left(&self.document.rope, self.cursor)
        }
    }

    #[test]
    fn typing_a_suggestion_leaves_the_rest_and_is_not_an_acceptance() {
        let case = Case::new("fn f() {\n    $0\n}\n").typed("print");
        assert_eq!(case.left(), Some("ln!(\"{}\", x);"));
        assert_eq!(case.accepted(), 0);
    }

    #[test]
    fn a_different_character_hides_a_suggestion_and_a_backspace_restores_it() {
        let case = Case::new("    $0\n").typed("pro");
        assert_eq!(case.left(), None);
        let end = case.cursor;
        assert_eq!(case.replace(end - 1..end, "").left(), Some("intln!(\"{}\", x);"));
    }

    #[test]
    fn accepting_a_word_leaves_the_rest_and_is_counted() {
        let case = Case::new("    $0\n").replace(4..4, "println");
        assert_eq!(case.accepted(), "println".len());
        assert_eq!(case.left(), Some("!(\"{}\", x);"));
        let all = case.replace(11..11, "!(\"{}\", x);");
        assert_eq!((all.accepted(), all.left()), (OFFERED.len(), None));
    }

    #[test]
    fn reports_from_the_editor_refine_what_was_inferred() {
        let mut shown =
            ShownSuggestion::new(&Rope::from_str(""), 0, "é😀 = x;", "embedded".into(), None);
        assert!(shown.show("é😀 = x;") && shown.accept("é😀 = x;", 3));
        assert_eq!((shown.accepted, shown.seen), ("é😀".len(), true));
        assert!(shown.accept(" = x;", 99) && !shown.accept("other", 1));
        assert_eq!(shown.accepted, shown.offered());
    }

    #[test]
    fn a_suggestion_follows_edits_above_and_ends_with_edits_of_its_own_line() {
        assert_eq!(
            Case::new("a\n    $0\n").replace(0..1, "bcd\ne").shown.map(|it| it.anchor.at()),
            Some(10)
        );
        let mut case = Case::new("x = $0\n").replace(0..1, "y");
        case.cursor = 4;
        assert_eq!(case.left(), None);
        assert!(Case::new("a\nx = $0\n").replace(0..8, "").shown.is_none());
    }

    #[test]
    fn code_that_appears_after_the_cursor_ends_a_suggestion() {
        let mut case = Case::new("    $0\n").replace(4..4, ")");
        case.cursor = 4;
        assert_eq!(case.left(), None);
    }
}
