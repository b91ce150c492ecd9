//! The place in a document that a text was made for, valid while its line is unchanged.

use ropey::Rope;

use crate::text::Edit;

/// The most text typed since that is compared, in bytes. No suggestion is longer.
const FURTHEST: usize = 4 << 10;

/// A place, with its line before and after it.
#[derive(Clone, Debug)]
pub struct Anchor {
    at: usize,
    head: String,
    tail: String,
    /// Bytes from the place to the document's end. Text that was already there was not typed since.
    after: usize,
}

impl Anchor {
    pub fn new(rope: &Rope, at: usize) -> Self {
        let after = rope.len_bytes() - at;
        Self { at, head: line_before(rope, at), tail: line_after(rope, at), after }
    }

    /// Bytes from the document's start.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether the line is unchanged before the place and after a cursor at `offset`.
    pub fn holds(&self, rope: &Rope, offset: usize) -> bool {
        rope.len_bytes().checked_sub(offset) == Some(self.after)
            && line_before(rope, self.at) == self.head
            && line_after(rope, offset) == self.tail
    }

    /// The text between the place and a cursor at `offset`, if the line is otherwise unchanged.
    pub fn typed(&self, rope: &Rope, offset: usize) -> Option<String> {
        let length = offset.checked_sub(self.at)?;
        let near = length <= FURTHEST && self.holds(rope, offset);
        near.then(|| rope.byte_slice(self.at..offset).to_string())
    }

    /// Moves the place with an edit. Returns false if the edit reaches from before the place past it.
    pub fn follow(&mut self, edit: &Edit) -> bool {
        if edit.start >= self.at {
            return true;
        }
        if edit.old_end > self.at {
            return false;
        }
        self.at = self.at - edit.old_end + edit.new_end;
        true
    }
}

fn line_before(rope: &Rope, offset: usize) -> String {
    let start = rope.line_to_byte(rope.byte_to_line(offset));
    rope.byte_slice(start..offset).to_string()
}

fn line_after(rope: &Rope, offset: usize) -> String {
    let line = rope.byte_to_line(offset);
    let end =
        if line + 1 < rope.len_lines() { rope.line_to_byte(line + 1) } else { rope.len_bytes() };
    rope.byte_slice(offset..end).to_string()
}
