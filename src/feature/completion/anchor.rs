//! The place in a document that a text was made for, for as long as its line stays as it was.

use ropey::Rope;

use crate::text::Edit;

/// What is typed behind a place is looked at so far: nobody is suggested more at once.
const FURTHEST: usize = 4 << 10;

/// A place, and its line before and behind it.
#[derive(Clone, Debug)]
pub struct Anchor {
    at: usize,
    head: String,
    tail: String,
    /// Bytes from it to the document's end: what stood there already was not typed since.
    behind: usize,
}

impl Anchor {
    pub fn new(rope: &Rope, at: usize) -> Self {
        let behind = rope.len_bytes() - at;
        Self { at, head: line_before(rope, at), tail: line_behind(rope, at), behind }
    }

    /// Bytes from the document's start.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether a cursor at `offset`, behind the place, has the same before it and behind it.
    pub fn holds(&self, rope: &Rope, offset: usize) -> bool {
        rope.len_bytes().checked_sub(offset) == Some(self.behind)
            && line_before(rope, self.at) == self.head
            && line_behind(rope, offset) == self.tail
    }

    /// What stands between the place and a cursor at `offset`, all else being as it was.
    pub fn typed(&self, rope: &Rope, offset: usize) -> Option<String> {
        let length = offset.checked_sub(self.at)?;
        let near = length <= FURTHEST && self.holds(rope, offset);
        near.then(|| rope.byte_slice(self.at..offset).to_string())
    }

    /// Follows an edit of the document; false once the edit reaches into the place before it.
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

fn line_behind(rope: &Rope, offset: usize) -> String {
    let line = rope.byte_to_line(offset);
    let end =
        if line + 1 < rope.len_lines() { rope.line_to_byte(line + 1) } else { rope.len_bytes() };
    rope.byte_slice(offset..end).to_string()
}
