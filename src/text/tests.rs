use proptest::prelude::*;

use super::*;

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// A document as a plain string, with simple and slow implementations.
struct Naive(String);

impl Naive {
    /// Byte ranges of the lines without their line ends.
    fn lines(&self) -> Vec<Range<usize>> {
        let bytes = self.0.as_bytes();
        let (mut lines, mut start, mut at) = (Vec::new(), 0, 0);
        while at < bytes.len() {
            let end = match &bytes[at..] {
                [b'\r', b'\n', ..] => 2,
                [b'\r' | b'\n', ..] => 1,
                _ => 0,
            };
            if end > 0 {
                lines.push(start..at);
                start = at + end;
            }
            at += end.max(1);
        }
        lines.push(start..bytes.len());
        lines
    }

    fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let Some(line) = self.lines().into_iter().nth(position.line as usize) else {
            return self.0.len();
        };
        let mut units = 0;
        for (at, char) in self.0[line.clone()].char_indices() {
            units += width(char, encoding);
            if units > position.character as usize {
                return line.start + at;
            }
        }
        line.end
    }

    fn apply(&mut self, change: &Change, encoding: Encoding) {
        let range = match &change.range {
            Some(range) => {
                let start = self.offset(range.start, encoding);
                start..self.offset(range.end, encoding).max(start)
            }
            None => 0..self.0.len(),
        };
        self.0.replace_range(range, &change.text);
    }
}

fn width(char: char, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => char.len_utf8(),
        Encoding::Utf16 => char.len_utf16(),
        Encoding::Utf32 => 1,
    }
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("é"),
        Just("😀"),
        Just("日"),
        Just("\u{2028}"),
        Just("a"),
        Just(" "),
        Just("fn x()"),
        Just("\u{85}"),
        Just("e\u{301}"),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|it| it.concat())
}

fn position() -> impl Strategy<Value = Position> {
    let far = prop_oneof![9 => 0..12u32, 1 => Just(u32::MAX)];
    (far.clone(), far).prop_map(|(line, character)| Position { line, character })
}

fn change() -> impl Strategy<Value = Change> {
    let range = prop_oneof![
        9 => (position(), position()).prop_map(|(start, end)| Some(start..end)),
        1 => Just(None),
    ];
    (range, text()).prop_map(|(range, text)| Change { range, text })
}

proptest! {
    #[test]
    fn edits_agree_with_a_plain_string(
        start in text(),
        changes in prop::collection::vec(change(), 1..12),
        encoding in prop::sample::select(&ENCODINGS),
    ) {
        let mut document = Document::new(&start, 0, "rust");
        let mut naive = Naive(start);
        for change in &changes {
            let before = naive.0.clone();
            let edit = document.apply(change, encoding);
            naive.apply(change, encoding);
            prop_assert_eq!(document.rope.to_string(), naive.0.as_str());
            let is_part = change.text.contains(&naive.0[edit.start..edit.new_end]);
            prop_assert!(is_part && (change.range.is_none() || edit.new_end - edit.start == change.text.len()));
            prop_assert_eq!(&naive.0[edit.new_end..], &before[edit.old_end..]);
        }
    }

    #[test]
    fn offsets_and_positions_are_inverse(text in text(), encoding in prop::sample::select(&ENCODINGS)) {
        let document = Document::new(&text, 0, "");
        for (offset, _) in text.char_indices() {
            let position = document.position(offset, encoding);
            let inside_line_end = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
            let expected = if inside_line_end { offset - 1 } else { offset };
            prop_assert_eq!(document.offset(position, encoding), expected);
            prop_assert_eq!(Naive(text.clone()).offset(position, encoding), expected);
        }
    }
}

#[test]
fn positions_past_the_end_are_clamped() {
    let document = Document::new("ab\r\nc", 0, "");
    let check = |line, character, offset| {
        for encoding in ENCODINGS {
            assert_eq!(document.offset(Position { line, character }, encoding), offset);
        }
    };
    check(0, 99, 2);
    check(1, 99, 5);
    check(2, 0, 5);
    check(u32::MAX, u32::MAX, 5);
}

#[test]
fn utf16_counts_an_emoji_as_two() {
    let document = Document::new("😀😀x", 0, "");
    assert_eq!(document.offset(Position { line: 0, character: 4 }, Encoding::Utf16), 8);
    assert_eq!(document.offset(Position { line: 0, character: 3 }, Encoding::Utf16), 4);
    assert_eq!(document.position(8, Encoding::Utf16), Position { line: 0, character: 4 });
}

/// Kakoune, Kate and ALE send the whole text after each key.
#[test]
fn of_a_whole_text_only_what_differs_is_an_edit() {
    let check = |old: &str, new: &str, range: Range<usize>, text: &str| {
        let document = Document::new(old, 0, "");
        let change = Change { range: None, text: new.to_owned() };
        assert_eq!(document.difference(&change, Encoding::Utf16), (range, text), "{old:?} {new:?}");
    };
    check("a load(b)\nc", "a fetch(b)\nc", 2..6, "fetch");
    check("a\nb\n", "a!\nb\n", 1..1, "!");
    check("aa", "aaa", 2..2, "a");
    check("aaa", "aa", 2..3, "");
    check("é\n", "è\n", 0..2, "è");
    check("a\r\nb", "a\nb", 1..3, "\n");
    check("a\nb", "a\r\nb", 1..2, "\r\n");
    check("same", "same", 4..4, "");
    check("", "new", 0..0, "new");
    check("old", "", 0..3, "");
}
