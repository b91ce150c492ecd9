use proptest::prelude::*;

use super::*;
use crate::text::Document;

/// A document whose edits are noted.
struct Desk {
    document: Document,
    hunks: Hunks,
    now: Instant,
}

impl Desk {
    fn new(text: &str) -> Self {
        let document = Document::new(text, 0, "rust");
        Self { document, hunks: Hunks::default(), now: Instant::now() }
    }

    fn replace(&mut self, range: Range<usize>, text: &str, manner: Manner) {
        let before = self.document.rope.clone();
        let edit = self.document.replace(range, text);
        self.hunks.edited([&before, &self.document.rope], &edit, manner, self.now);
        self.now += Duration::from_millis(100);
    }

    /// Replaces the `nth` occurrence of a text, key by key.
    fn types(&mut self, old: &str, nth: usize, new: &str) {
        let text = self.document.rope.to_string();
        let at = text.match_indices(old).nth(nth).unwrap().0;
        self.replace(at..at + old.len(), "", Manner::Typed);
        for (offset, key) in new.char_indices() {
            self.replace(at + offset..at + offset, key.encode_utf8(&mut [0; 4]), Manner::Typed);
        }
    }

    fn found(&self) -> Vec<String> {
        let mut examples = self.hunks.examples(&self.document.rope, "\"", self.now);
        examples.sort_by_key(|it| it.place.clone().map(|it| it.start));
        let text = self.document.rope.to_string();
        for it in &examples {
            let place = it.place.clone().unwrap_or_default();
            assert!(it.place.is_none() || text[place] == it.rewrite.text, "{it:?}");
        }
        let said = examples.iter().map(|it| &it.rewrite);
        said.map(|it| format!("{} > {}", it.old.join(" "), it.new.join(" "))).collect()
    }
}

const TEXT: &str = "a = one(x);\nb = 2;\nc = one(y);\n\nd = one(z);\n";

#[test]
fn what_was_typed_through_leaves_no_trace() {
    let mut desk = Desk::new(TEXT);
    desk.types("one", 0, "onnn");
    desk.types("onnn", 0, "three");
    assert_eq!(desk.found(), ["one > three"]);
    desk.types("one", 0, "three");
    assert_eq!(desk.found(), ["one > three", "one > three"]);
}

#[test]
fn an_undo_ends_the_latest_edit_and_its_example_until_a_redo() {
    let mut desk = Desk::new(TEXT);
    desk.types("one", 0, "two");
    assert!(desk.hunks.latest().is_some());
    desk.replace(4..7, "one", Manner::Typed);
    assert_eq!((desk.found(), desk.hunks.latest()), (vec![], None));
    desk.replace(4..7, "two", Manner::Typed);
    assert_eq!(desk.found().len(), 1);
    assert!(desk.hunks.latest().is_some(), "a redo makes it again");
}

#[test]
fn what_is_done_in_several_places_at_once_is_no_example() {
    let mut desk = Desk::new(TEXT);
    desk.replace(4..7, "two", Manner::Bulk);
    desk.replace(23..26, "two", Manner::Bulk);
    assert_eq!((desk.found(), desk.hunks.latest()), (vec![], None));
    desk.types("one", 0, "two");
    assert_eq!(desk.found(), ["one > two"]);
}

#[test]
fn an_edit_after_a_pause_is_another_and_the_first_stays() {
    let mut desk = Desk::new(TEXT);
    desk.types("one", 0, "two");
    desk.now += PAUSE * 2;
    desk.types("two", 0, "three");
    assert_eq!(desk.found(), ["one > two", "two > three"]);
    desk.now += AGE;
    assert_eq!(desk.found().len(), 0);
}

#[test]
fn a_text_replaced_as_a_whole_forgets_everything() {
    let mut desk = Desk::new(TEXT);
    desk.types("one", 0, "two");
    let end = desk.document.rope.len_bytes();
    desk.replace(0..end, "new", Manner::Typed);
    assert_eq!((desk.found(), desk.hunks.latest()), (vec![], None));
}

#[test]
fn large_pastes_are_not_read_and_old_hunks_make_room() {
    let mut desk = Desk::new(TEXT);
    desk.replace(12..12, &"let x = one(q);\n".repeat(LINES + 1), Manner::Typed);
    assert_eq!(desk.found().len(), 0);
    let mut desk = Desk::new(&"one;\n\n\n".repeat(KEPT + 9));
    for _ in 0..KEPT + 9 {
        desk.types("one", 0, "two");
    }
    assert_eq!(desk.found().len(), KEPT);
}

fn edits() -> impl Strategy<Value = Vec<(usize, usize, &'static str, bool)>> {
    let texts = vec!["", "x", "one", "\n", "a\nb\n", "é", "\r\n", "(y, z)"];
    prop::collection::vec(
        (0..80_usize, 0..12_usize, prop::sample::select(texts), any::<bool>()),
        0..40,
    )
}

proptest! {
    /// Applied backwards, every live hunk gives the lines as they stood.
    #[test]
    fn hunks_put_back_give_the_first_text(edits in edits()) {
        let mut desk = Desk::new(TEXT);
        for (at, length, text, _) in edits {
            let rope = &desk.document.rope;
            let byte = |it: usize| rope.char_to_byte(rope.byte_to_char(it.min(rope.len_bytes())));
            let (start, end) = (byte(at), byte(at + length));
            if start == 0 && end == rope.len_bytes() {
                continue;
            }
            desk.replace(start..end, text, Manner::Typed);
            desk.found();
        }
        let mut hunks = std::mem::take(&mut desk.hunks.live);
        prop_assert!(hunks.iter().all(|it| it.old.is_some()));
        hunks.sort_by_key(|it| std::cmp::Reverse(it.lines.start));
        let mut rope = desk.document.rope.clone();
        for it in hunks {
            let at = |line: usize| rope.line_to_char(line.min(rope.len_lines()));
            let range = at(it.lines.start)..at(it.lines.end);
            rope.remove(range.clone());
            rope.insert(range.start, it.old.as_deref().unwrap_or_default());
        }
        prop_assert_eq!(rope.to_string(), TEXT);
    }

    #[test]
    fn any_edits_in_any_manner_are_read_without_fail(edits in edits()) {
        let mut desk = Desk::new(TEXT);
        for (at, length, text, is_bulk) in edits {
            let rope = &desk.document.rope;
            let byte = |it: usize| rope.char_to_byte(rope.byte_to_char(it.min(rope.len_bytes())));
            let range = byte(at)..byte(at + length);
            desk.replace(range, text, if is_bulk { Manner::Bulk } else { Manner::Typed });
            desk.found();
            desk.now += Duration::from_secs(if is_bulk { 70 } else { 1 });
        }
    }
}
