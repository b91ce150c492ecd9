//! Any changes to any document: it stays what a plain string would be, and each edit says what it did.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::text::Change;
use understudy::text::Document;
use understudy::text::Point;
use understudy::text::position::Encoding;
use understudy::text::position::Position;

type Input = (String, u8, Vec<(Option<[u8; 4]>, String)>);

fuzz_target!(|input: Input| {
    let (text, encoding, changes) = input;
    let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][usize::from(encoding % 3)];
    let mut document = Document::new(&text, 0, "rust");
    let mut plain = text;
    for (range, text) in changes {
        let range = range.map(|it| position(it[0], it[1])..position(it[2], it[3]));
        let before = document.clone();
        let edit = document.apply(&Change { range, text: text.clone() }, encoding);
        assert_eq!(edit.start_point, point(&before, edit.start));
        assert_eq!(edit.old_end_point, point(&before, edit.old_end));
        plain.replace_range(edit.start..edit.old_end, &text);
        assert_eq!(document.rope, plain.as_str());
        assert_eq!(edit.new_end, edit.start + text.len());
        assert_eq!(edit.new_end_point, point(&document, edit.new_end));
    }
});

fn position(line: u8, character: u8) -> Position {
    let far = |it| if it == u8::MAX { u32::MAX } else { u32::from(it) };
    Position { line: far(line), character: far(character) }
}

fn point(document: &Document, offset: usize) -> Point {
    let row = document.rope.byte_to_line(offset);
    Point { row, column: offset - document.rope.line_to_byte(row) }
}
