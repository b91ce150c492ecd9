//! The imports of a text.

use std::cmp::Reverse;
use std::ops::Range;

use tree_sitter::{Node, Query, QueryCursor, StreamingIterator};

use crate::syntax::tree::Tree;

/// One import statement. The range is in bytes of the tree's newest text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    pub range: Range<usize>,
    /// The imported module as written, without quotes; the first one if there are several.
    pub source: Option<String>,
    /// The imported names, as used in this text.
    pub names: Vec<String>,
}

/// Bytes searched at the start of a text: a request at a cursor has no time for all of a long one.
pub const HEAD: usize = 8 << 10;

/// The imports that touch a range, in order.
pub(super) fn imports(query: &Query, tree: &Tree, range: &Range<usize>) -> Vec<Import> {
    let names = query.capture_names();
    let mut cursor = QueryCursor::new();
    cursor.set_byte_range(range.clone());
    let text = |node: Node<'_>| tree.bytes(node.byte_range());
    let mut matches = cursor.matches(query, tree.root(), text);
    let mut captures = Vec::new();
    while let Some(found) = matches.next() {
        let of_it = found.captures().iter();
        captures.extend(of_it.map(|it| (tree.range(it.node), found.pattern_index, it.index)));
    }
    // In the order of the text, a statement before its parts.
    captures.sort_by_key(|(range, pattern, _)| (range.start, Reverse(range.end), *pattern));
    let mut imports: Vec<Import> = Vec::new();
    // A name found by several patterns counts once.
    let mut name_end = 0;
    for (range, _, index) in captures {
        let import = imports.last_mut().filter(|it| range.end <= it.range.end);
        match (names[index as usize], import) {
            ("import", None) => imports.push(Import { range, source: None, names: Vec::new() }),
            ("import.source", Some(import)) => {
                import.source.get_or_insert_with(|| unquoted(&tree.text(range)));
            }
            ("import.name", Some(import)) if name_end <= range.start => {
                name_end = range.end;
                import.names.push(tree.text(range));
            }
            _ => {}
        }
    }
    imports
}

fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'', '`', '<', '>']).to_owned()
}
