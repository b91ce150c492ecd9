//! The text around a place: its line, and whether it is code, a comment or a string.

use crate::feature::SharedState;
use crate::feature::document::Place;
use crate::reply::completion::fit::CursorLine;
use crate::syntax::language;
use crate::syntax::region::Region;

/// Bytes before the cursor that are searched for open delimiters.
const REACH: usize = 8 * 1024;

/// Prose counts as a comment, whatever its grammar. Without a tree, the language's quotes decide.
pub(super) fn region(shared: &SharedState, place: &Place) -> Region {
    let open = &place.open;
    if [open.language_name(), &open.document.language].into_iter().any(language::is_prose) {
        return Region::Comment;
    }
    known_region(shared, place).unwrap_or_else(|| line(shared, place).region())
}

/// The region of a place according to the document's tree; `None` without one.
pub(super) fn known_region(shared: &SharedState, place: &Place) -> Option<Region> {
    let tree = shared.trees.newest(&place.open.key)?;
    Some(shared.syntax.region(&tree, place.offset))
}

/// The cursor's line, and the delimiters open there.
pub(super) fn line(shared: &SharedState, place: &Place) -> CursorLine {
    let (rope, open) = (&place.open.document.rope, &place.open);
    let from = rope.char_to_byte(rope.byte_to_char(place.offset.saturating_sub(REACH)));
    let before = rope.byte_slice(from..place.offset).to_string();
    CursorLine::new(&before, &place.right(), open.language_name(), known_region(shared, place))
}
