//! The definitions of a text: their names and ranges.

use std::cmp::Reverse;
use std::ops::Range;

use tree_sitter::{Node, Query, QueryCapture, QueryCursor, StreamingIterator};

use crate::syntax::tree::Tree;

/// A definition. Ranges are bytes of the tree's newest text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    pub name: String,
    pub kind: DefinitionKind,
    pub name_range: Range<usize>,
    /// The whole definition, without attributes, decorators and comments before it.
    pub range: Range<usize>,
    /// From the start of the definition to its body, or to its end without a body.
    pub signature: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DefinitionKind {
    /// A class, struct, union or record.
    Class,
    Constant,
    Enum,
    Field,
    Function,
    /// An interface, trait or protocol.
    Interface,
    Macro,
    Method,
    Module,
    Type,
    Variable,
    /// One of an enum's values.
    Variant,
}

impl DefinitionKind {
    /// Whether it is a type whose body contains members.
    pub fn has_members(self) -> bool {
        match self {
            Self::Class | Self::Enum | Self::Interface => true,
            Self::Constant
            | Self::Field
            | Self::Function
            | Self::Macro
            | Self::Method
            | Self::Module
            | Self::Type
            | Self::Variable
            | Self::Variant => false,
        }
    }

    /// Whether it is called with arguments.
    pub fn is_function(self) -> bool {
        matches!(self, Self::Function | Self::Method)
    }

    fn of(capture: &str) -> Option<Self> {
        Some(match capture.strip_prefix("definition.")? {
            "class" => Self::Class,
            "constant" => Self::Constant,
            "enum" => Self::Enum,
            "field" => Self::Field,
            "function" => Self::Function,
            "interface" => Self::Interface,
            "macro" => Self::Macro,
            "method" => Self::Method,
            "module" => Self::Module,
            "type" => Self::Type,
            "variable" => Self::Variable,
            "variant" => Self::Variant,
            _ => return None,
        })
    }
}

/// The definitions that touch a range, in the order of the names. If several patterns find the same name, the last one
/// wins.
pub(super) fn definitions(query: &Query, tree: &Tree, range: &Range<usize>) -> Vec<Definition> {
    let names = query.capture_names();
    let mut cursor = QueryCursor::new();
    cursor.set_byte_range(range.clone());
    let text = |node: Node<'_>| tree.bytes(node.byte_range());
    let mut matches = cursor.matches(query, tree.root(), text);
    let mut found: Vec<(usize, Definition)> = Vec::new();
    while let Some(it) = matches.next() {
        if let Some(definition) = definition(names, tree, it.captures()) {
            found.push((it.pattern_index, definition));
        }
    }
    found.sort_by_key(|(pattern, it)| (it.name_range.start, Reverse(*pattern)));
    found.dedup_by_key(|(_, it)| it.name_range.start);
    found.into_iter().map(|(_, it)| it).collect()
}

fn definition(names: &[&str], tree: &Tree, captures: &[QueryCapture<'_>]) -> Option<Definition> {
    let (mut whole, mut name, mut body) = (None, None, None);
    for capture in captures {
        let range = tree.range(capture.node);
        match names[capture.index as usize] {
            "name" => name = Some(range),
            "body" => body = Some(range),
            other => whole = DefinitionKind::of(other).map(|it| (it, range)).or(whole),
        }
    }
    let ((kind, range), name_range) = (whole?, name?);
    let head = range.start..body.map_or(range.end, |it| it.start);
    Some(Definition {
        name: tree.text(name_range.clone()),
        kind,
        name_range,
        signature: trimmed(tree, head),
        range,
    })
}

/// The range without trailing white space.
fn trimmed(tree: &Tree, range: Range<usize>) -> Range<usize> {
    let text = tree.text(range.clone());
    range.start..range.start + text.trim_end().len().min(range.len())
}
