//! What a text brings in from elsewhere.

use std::ops::Range;

use tree_sitter::Query;
use tree_sitter::QueryCursor;
use tree_sitter::StreamingIterator;

use crate::syntax::tree::Tree;

/// One statement that imports. Its range is in bytes of the tree's newest text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    pub range: Range<usize>,
    /// Where from, as written, without quotes; the first where it names several.
    pub source: Option<String>,
    /// The names it brings, as they are called in this text.
    pub names: Vec<String>,
}

/// Every import, in order.
pub(super) fn imports(query: &Query, tree: &Tree) -> Vec<Import> {
    let names = query.capture_names();
    let mut cursor = QueryCursor::new();
    let text = |it: tree_sitter::Node<'_>| tree.bytes(it.byte_range());
    let mut captures = cursor.captures(query, tree.root(), text);
    let mut imports: Vec<Import> = Vec::new();
    let mut last = usize::MAX;
    // In the order of the text, and a statement comes before what stands in it.
    while let Some((found, index)) = captures.next() {
        let capture = found.captures()[*index];
        let range = tree.range(capture.node);
        let name = names[capture.index as usize];
        match (name, imports.last_mut()) {
            ("import", last) if last.as_ref().is_none_or(|it| it.range.end <= range.start) => {
                imports.push(Import { range, source: None, names: Vec::new() });
            }
            ("import.source", Some(import)) if range.end <= import.range.end => {
                import.source.get_or_insert_with(|| unquoted(&tree.text(range)));
            }
            ("import.name", Some(import))
                if range.end <= import.range.end && last != range.start =>
            {
                last = range.start;
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
