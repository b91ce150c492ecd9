//! Any position in any document is a place in it, and that place has a position which means it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::text::Document;
use understudy::text::position::Encoding;
use understudy::text::position::Position;

fuzz_target!(|input: (u16, u16, u32, &str)| {
    let (line, character, offset, text) = input;
    let document = Document::new(text, 0, "rust");
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let position = Position { line: line.into(), character: character.into() };
        let place = document.offset(position, encoding);
        assert!(text.is_char_boundary(place));
        let same = document.position(place, encoding);
        assert_eq!(document.offset(same, encoding), place);
        // No offset is too far, none falls inside what an editor counts as one.
        let position = document.position(offset as usize, encoding);
        assert!(document.offset(position, encoding) <= text.len());
    }
});
