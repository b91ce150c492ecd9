//! What the user has selected, for editors with a block cursor.

use std::ops::Range;

use tower_lsp_server::gen_lsp_types as lsp;

use crate::server::from_proto;
use crate::server::session::{SessionState, Snapshot};
use crate::text;

/// Bytes of the longest word.
const LONGEST: usize = 256;

impl SessionState {
    /// The range of bytes that the user has selected; empty for a cursor.
    pub(crate) fn selection(&self, snap: &Snapshot, range: lsp::Range) -> Range<usize> {
        let range = snap.range(from_proto::range(range));
        match self.abilities.block_cursor && is_motion(snap, &range) {
            true => range.start..range.start,
            false => range,
        }
    }
}

/// Whether a range is what a block cursor selects by itself: one character, or the word that a motion passed.
fn is_motion(snap: &Snapshot, range: &Range<usize>) -> bool {
    if range.len() > LONGEST {
        return false;
    }
    let text = snap.open.document.rope.byte_slice(range.clone()).to_string();
    let word = text.trim();
    word.chars().all(text::is_word) || word.chars().nth(1).is_none()
}
