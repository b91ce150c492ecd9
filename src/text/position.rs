//! Positions in an editor's units: UTF-8, UTF-16 or UTF-32 code units of a line.

use ropey::RopeSlice;

/// A position as an editor counts: a line from zero, and code units of `Encoding` in the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub character: u32,
}

/// The unit of `Position::character`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// LSP's default, if the editor states none.
    #[default]
    Utf16,
    Utf32,
}

/// The byte column of a count of code units in `line` (without a line end), clamped to the line.
pub(crate) fn byte_column(line: RopeSlice<'_>, character: usize, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => {
            let byte = character.min(line.len_bytes());
            line.char_to_byte(line.byte_to_char(byte))
        }
        Encoding::Utf16 => {
            let unit = character.min(line.len_utf16_cu());
            line.char_to_byte(line.utf16_cu_to_char(unit))
        }
        Encoding::Utf32 => line.char_to_byte(character.min(line.len_chars())),
    }
}

/// Code units of the first `column` bytes of `line`.
pub(crate) fn character(line: RopeSlice<'_>, column: usize, encoding: Encoding) -> usize {
    let char = line.byte_to_char(column);
    match encoding {
        Encoding::Utf8 => line.char_to_byte(char),
        Encoding::Utf16 => line.char_to_utf16_cu(char),
        Encoding::Utf32 => char,
    }
}
