//! Documents as an editor stores them: a rope, a version, a language, edited in place.
//!
//! All other modules use byte offsets of UTF-8. Other ways to count characters (`position`) and to name files
//! (`uri`) are converted here only.

pub mod position;
pub mod uri;

use std::ops::Range;
use std::sync::Arc;

use ropey::{Rope, RopeSlice};

use crate::text::position::{Encoding, Position};

/// Whether a character is part of a word: a letter, a digit or an underscore.
pub fn is_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

/// The words of a text, in order, with repetitions.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it| !is_word(it)).filter(|it| !it.is_empty())
}

/// Whether a text has `word` as a whole word.
pub fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word)
    })
}

/// An open document. A clone is cheap: the rope shares its chunks.
#[derive(Clone, Debug)]
pub struct Document {
    pub rope: Rope,
    /// The editor's version number; it need not be consecutive.
    pub version: i32,
    /// The language identifier from the editor, as in LSP's `TextDocumentItem`.
    pub language: Arc<str>,
}

/// A change as reported by an editor: `text` replaces `range`, or the whole document without a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub range: Option<Range<Position>>,
    pub text: String,
}

/// The effect of a change in bytes: `start..old_end` became `start..new_end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    pub start: usize,
    pub old_end: usize,
    pub new_end: usize,
    pub start_point: Point,
    pub old_end_point: Point,
    pub new_end_point: Point,
}

/// A position in the form that parsers use: a row from zero and a column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub row: usize,
    pub column: usize,
}

impl Edit {
    /// A range of the old text in the new one. Where the edit cuts it, the range grows by the edit.
    pub fn follow(&self, range: &Range<usize>) -> Range<usize> {
        let grown = self.new_end as isize - self.old_end as isize;
        let moved = |at: usize, within: usize| match () {
            () if at >= self.old_end => at.saturating_add_signed(grown),
            () if at <= self.start => at,
            () => within,
        };
        moved(range.start, self.start)..moved(range.end, self.new_end)
    }
}

impl Document {
    pub fn new(text: &str, version: i32, language: &str) -> Self {
        Self { rope: Rope::from_str(text), version, language: language.into() }
    }

    /// Applies one change. A range past the end is clamped; a reversed range is treated as empty at its
    /// start.
    pub fn apply(&mut self, change: &Change, encoding: Encoding) -> Edit {
        let (range, text) = self.difference(change, encoding);
        self.replace(range, text)
    }

    /// What a change replaces by which text. Some editors send the whole text for each change: only what differs counts.
    pub fn difference<'a>(
        &self,
        change: &'a Change,
        encoding: Encoding,
    ) -> (Range<usize>, &'a str) {
        match &change.range {
            Some(range) => {
                let start = self.offset(range.start, encoding);
                (start..self.offset(range.end, encoding).max(start), &change.text)
            }
            None => difference(&self.rope, &change.text),
        }
    }

    /// The byte offset of a position. A position past the end of its line maps to the end of the line, past
    /// the last line to the end of the document, and inside a character to the start of the character.
    pub fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let line = position.line as usize;
        if line >= self.rope.len_lines() {
            return self.rope.len_bytes();
        }
        let text = self.line(line);
        self.rope.line_to_byte(line)
            + position::byte_column(text, position.character as usize, encoding)
    }

    /// The position of a byte offset; an offset past the end maps to the end.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        let offset = offset.min(self.rope.len_bytes());
        let line = self.rope.byte_to_line(offset);
        let column = offset - self.rope.line_to_byte(line);
        // LSP has no position between CR and LF: it maps to the end of the line.
        let text = self.line(line);
        let character = position::character(text, column.min(text.len_bytes()), encoding);
        Position { line: line as u32, character: character as u32 }
    }

    /// A line without its line end.
    pub fn line(&self, line: usize) -> RopeSlice<'_> {
        without_line_end(self.rope.line(line))
    }

    /// Replaces a range of bytes; both ends must be character boundaries.
    pub fn replace(&mut self, range: Range<usize>, text: &str) -> Edit {
        let (start_point, old_end_point) = (self.point(range.start), self.point(range.end));
        let chars = self.rope.byte_to_char(range.start)..self.rope.byte_to_char(range.end);
        self.rope.remove(chars.clone());
        self.rope.insert(chars.start, text);
        let new_end = range.start + text.len();
        Edit {
            start: range.start,
            old_end: range.end,
            new_end,
            start_point,
            old_end_point,
            new_end_point: self.point(new_end),
        }
    }

    fn point(&self, offset: usize) -> Point {
        let row = self.rope.byte_to_line(offset);
        Point { row, column: offset - self.rope.line_to_byte(row) }
    }
}

/// A text that has `\n` with the line ends of a file, which its first line shows.
pub fn with_line_ends_of(file: &str, text: &str) -> String {
    let has_crlf = file.find('\n').is_some_and(|it| file[..it].ends_with('\r'));
    if has_crlf { text.replace('\n', "\r\n") } else { text.to_owned() }
}

/// The bytes of a text that differ from a new one, and what takes their place.
fn difference<'a>(old: &Rope, new: &'a str) -> (Range<usize>, &'a str) {
    let (length, shorter) = (old.len_bytes(), old.len_bytes().min(new.len()));
    // Neither a character nor a line end is cut.
    let is_line_end = |before: Option<u8>, after| before == Some(b'\r') && after == Some(b'\n');
    let byte = |at: usize| new.as_bytes().get(at).copied();
    let cuts = |at: usize, old_at: usize| {
        let before = old_at.checked_sub(1).and_then(|it| old.get_byte(it));
        !new.is_char_boundary(at)
            || is_line_end(at.checked_sub(1).and_then(byte), byte(at))
            || is_line_end(before, old.get_byte(old_at))
    };
    let mut head = old.bytes().zip(new.bytes()).take_while(|it| it.0 == it.1).count();
    while cuts(head, head) {
        head -= 1;
    }
    let reversed = old.bytes_at(length).reversed().zip(new.bytes().rev()).take(shorter - head);
    let mut tail = reversed.take_while(|it| it.0 == it.1).count();
    while cuts(new.len() - tail, length - tail) {
        tail -= 1;
    }
    (head..length - tail, &new[head..new.len() - tail])
}

fn without_line_end(line: RopeSlice<'_>) -> RopeSlice<'_> {
    let chars = line.len_chars();
    let ends = |back: usize, end: char| chars >= back && line.char(chars - back) == end;
    match (ends(1, '\n'), ends(1, '\r'), ends(2, '\r')) {
        (true, _, true) => line.slice(..chars - 2),
        (true, _, false) | (false, true, _) => line.slice(..chars - 1),
        (false, false, _) => line,
    }
}

#[cfg(test)]
mod tests;
