use proptest::prelude::*;
use ropey::Rope;

use super::*;
use crate::text::position::Encoding;
use crate::text::{Change, Document};

const SECOND: Duration = Duration::from_secs(1);

struct Desk {
    journal: Journal,
    document: Document,
    path: Arc<Path>,
    now: Instant,
}

impl Desk {
    fn new(path: &str, text: &str) -> Self {
        let guard = Arc::new(Guard::new(Vec::new(), &[]).expect("no globs"));
        Self {
            journal: Journal::new(guard),
            document: Document::new(text, 0, "rust"),
            path: Path::new(path).into(),
            now: Instant::now(),
        }
    }

    /// Replaces the bytes `from..to` with `text`, one second after the last edit.
    fn edit(&mut self, from: usize, to: usize, text: &str) {
        let removed = self.document.rope.byte_slice(from..to).to_string();
        let place = |it| self.document.position(it, Encoding::Utf8);
        let change = Change { range: Some(place(from)..place(to)), text: text.to_owned() };
        let edit = self.document.apply(&change, Encoding::Utf8);
        self.now += SECOND;
        let removed = Rope::from_str(&removed);
        self.journal.edited(&self.path, &edit, removed.slice(..), text, self.now);
    }

    fn check(&self, expected: &[&str]) {
        let edits = self.journal.edits().map(|it| match &it.texts {
            Some(JournalTexts { removed, inserted }) => {
                format!("{}: {removed:?} {inserted:?}", it.line)
            }
            None => format!("{}: long", it.line),
        });
        assert_eq!(edits.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn typing_is_one_edit_and_so_is_undoing_it() {
    let mut desk = Desk::new("/p/a.rs", "fn a() {}\nfn b() {}\n");
    for (at, text) in ["l", "e", "t"].iter().enumerate() {
        desk.edit(8 + at, 8 + at, text);
    }
    desk.check(&["0: \"\" \"let\""]);
    desk.edit(10, 11, "");
    desk.edit(7, 10, "+");
    desk.check(&["0: \"{\" \"+\""]);
}

#[test]
fn an_edit_elsewhere_or_after_a_pause_is_another() {
    let mut desk = Desk::new("/p/a.rs", "one\ntwo\nthree\n");
    desk.edit(0, 0, "a");
    desk.edit(9, 10, "b");
    desk.now += PAUSE;
    desk.edit(10, 10, "c");
    desk.check(&["2: \"\" \"c\"", "2: \"t\" \"b\"", "0: \"\" \"a\""]);
}

#[test]
fn a_long_edit_is_recorded_without_its_texts() {
    let mut desk = Desk::new("/p/a.rs", "");
    desk.edit(0, 0, &"x".repeat(MAX_TEXT + 1));
    desk.edit(0, 0, "y");
    desk.check(&["0: \"\" \"y\"", "0: long"]);
}

#[test]
fn the_oldest_edits_are_forgotten() {
    let mut desk = Desk::new("/p/a.rs", "");
    for _ in 0..2 * EDITS {
        desk.now += 2 * PAUSE;
        desk.edit(0, 0, "x");
    }
    assert_eq!(desk.journal.edits().count(), EDITS);
}

#[test]
fn secret_files_are_not_recorded() {
    let mut desk = Desk::new("/p/.env", "");
    desk.edit(0, 0, "KEY=1");
    desk.journal.visited(&desk.path, 0, desk.now);
    desk.check(&[]);
    assert_eq!(desk.journal.age(&desk.path, desk.now), None);
}

#[test]
fn nearby_visits_are_merged_and_the_age_counts_from_the_last() {
    let mut desk = Desk::new("/p/a.rs", "");
    for line in [1, 100, 5] {
        desk.now += SECOND;
        desk.journal.visited(&desk.path, line, desk.now);
    }
    let lines: Vec<_> = desk.journal.visits().map(|it| it.line).collect();
    assert_eq!(lines, [5, 100]);
    assert_eq!(desk.journal.age(&desk.path, desk.now + SECOND), Some(SECOND));
    desk.journal.forget(&desk.path);
    assert_eq!(desk.journal.visits().count(), 0);
}

proptest! {
    #[test]
    fn joined_edits_lead_from_the_first_text_to_the_last(
        edits in prop::collection::vec((0..12usize, 0..4usize, "[xyz\n]{0,3}"), 1..12),
    ) {
        let mut desk = Desk::new("/p/a.rs", "abcdef\nghi");
        let mut before = desk.document.rope.to_string();
        for (at, length, text) in edits {
            let (last, count) = (desk.document.rope.to_string(), desk.journal.edits().count());
            let from = at.min(last.len());
            desk.edit(from, (from + length).min(last.len()), &text);
            if desk.journal.edits().count() > count {
                before = last;
            }
            let edited = desk.journal.edits().next().expect("an edit");
            let texts = edited.texts.clone().expect("short texts");
            let now = desk.document.rope.to_string();
            prop_assert_eq!(&now[edited.start..edited.end], &texts.inserted);
            let rest = [&now[..edited.start], &texts.removed, &now[edited.end..]].concat();
            prop_assert_eq!(&rest, &before);
        }
    }
}
