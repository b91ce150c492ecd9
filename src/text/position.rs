//! Positions in the units an editor counts in: UTF-8, UTF-16 or UTF-32 code units of a line.

use ropey::RopeSlice;

/// A place as an editor counts: a line from zero and code units of `Encoding` into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub character: u32,
}

/// What one unit of `Position::character` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// What an editor means that does not say.
    #[default]
    Utf16,
    Utf32,
}

/// Bytes into `line` (which has no line end) of a count of code units, clamped to it.
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
