//! An open document as tokens, updated line by line.

use std::ops::Range;

use ropey::Rope;

use crate::text::Edit;
use crate::workspace::tokens::Tokens;
use crate::workspace::tokens::vocabulary::Token;

/// The tokens of an open document. `edited` records an edit and `read` applies it; until then the tokens are
/// those of the last `read`.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    tokens: Vec<Token>,
    /// Where the tokens of each line end.
    ends: Vec<u32>,
    unread: Option<Unread>,
}

/// The lines edited since the last `read`: all but the first `head` and the last `tail`.
#[derive(Clone, Copy, Debug)]
struct Unread {
    head: usize,
    tail: usize,
    /// Expected number of lines of the document.
    rows: usize,
}

impl Buffer {
    /// An empty buffer; the first `read` reads the whole document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records an edit of the document. The cost does not depend on the size of the document or the edit.
    pub fn edited(&mut self, edit: &Edit) {
        let rows = self.ends.len();
        let unread = self.unread.unwrap_or(Unread { head: rows, tail: rows, rows });
        let (old_rows, new_rows) = (edit.old_end_point.row + 1, edit.new_end_point.row + 1);
        // Between a CR and an LF, the line of an edit's start is ambiguous: take the earlier.
        let head = edit.start_point.row.min(edit.new_end_point.row);
        self.unread = Some(Unread {
            head: unread.head.min(head),
            tail: unread.tail.min(unread.rows.saturating_sub(old_rows)),
            rows: (unread.rows + new_rows).saturating_sub(old_rows),
        });
    }

    /// Reads the lines edited since the last call, or all lines if the edits do not add up to `rope`.
    pub fn read(&mut self, tokens: &Tokens, rope: &Rope) {
        let rows = rope.len_lines();
        let unread = match self.unread.take() {
            None if self.ends.len() == rows => return,
            Some(it) if it.rows == rows && it.head + it.tail <= rows.min(self.ends.len()) => it,
            None | Some(_) => Unread { head: 0, tail: 0, rows },
        };
        let mut fresh = Vec::new();
        let mut ends = Vec::with_capacity(rows - unread.head - unread.tail);
        let start = self.line_start(unread.head);
        let mut contiguous = String::new();
        for line in rope.lines_at(unread.head).take(rows - unread.head - unread.tail) {
            let line = line.as_str().unwrap_or_else(|| {
                contiguous.clear();
                contiguous.extend(line.chunks());
                &contiguous
            });
            tokens.vocabulary().line(line, &mut fresh);
            ends.push((start + fresh.len()) as u32);
        }
        self.splice(unread, fresh, ends);
    }

    /// Tokens of all lines before `row`.
    pub(super) fn before(&self, row: usize) -> &[Token] {
        &self.tokens[..self.line_start(row)]
    }

    /// Tokens of all lines after `row`.
    pub(super) fn after(&self, row: usize) -> &[Token] {
        &self.tokens[self.line_start(row + 1)..]
    }

    fn splice(&mut self, unread: Unread, fresh: Vec<Token>, ends: Vec<u32>) {
        let rows: Range<usize> = unread.head..self.ends.len() - unread.tail;
        let replaced = self.line_start(rows.start)..self.line_start(rows.end);
        let moved = fresh.len() as u32;
        let gone = replaced.len() as u32;
        self.tokens.splice(replaced, fresh);
        let tail = unread.head + ends.len();
        self.ends.splice(rows, ends);
        self.ends[tail..].iter_mut().for_each(|it| *it = *it + moved - gone);
    }

    fn line_start(&self, row: usize) -> usize {
        match row.checked_sub(1) {
            None => 0,
            Some(last) => self.ends.get(last).map_or(self.tokens.len(), |it| *it as usize),
        }
    }
}
