//! Whether a place is code or words.

use tree_sitter::Query;

use crate::syntax::tree::Tree;

/// What a cursor is inside of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Region {
    #[default]
    Code,
    /// Documentation too.
    Comment,
    /// A string or a character, its quotes on both sides.
    String,
}

/// The region of the cursor between the bytes `offset - 1` and `offset`. At the end of a comment
/// that its line ends it is still inside; right after what closes a string or comment it is not.
/// The smallest node has the say, and for the same node the last pattern.
pub(super) fn region(query: &Query, tree: &Tree, offset: usize) -> Region {
    let Some(before) = offset.min(tree.rope().len_bytes()).checked_sub(1) else {
        return Region::Code;
    };
    let offset = before + 1;
    let ends_line = matches!(tree.rope().byte(before), b'\n' | b'\r');
    let names = query.capture_names();
    let mut best = (usize::MAX, 0, Region::Code);
    tree.captures_at(query, before, |pattern, captures| {
        for capture in captures {
            let range = tree.range(capture.node);
            let within = range.start < offset && offset < range.end;
            let region = match names[capture.index as usize] {
                "code" if within => Region::Code,
                "comment" if within => Region::Comment,
                "comment.line" if within || offset == range.end && !ends_line => Region::Comment,
                "string" if within => Region::String,
                _ => continue,
            };
            if range.len() < best.0 || range.len() == best.0 && pattern >= best.1 {
                best = (range.len(), pattern, region);
            }
        }
    });
    best.2
}
