//! The blocks in which a name is visible.

use std::ops::Range;

use tree_sitter::Node;

use crate::syntax::binding::LEVELS;
use crate::syntax::tree::Tree;

/// Words in the names of nodes outside of which the names that are bound in them are not visible.
const FUNCTIONS: [&str; 10] = [
    "function",
    "method",
    "func",
    "constructor",
    "lambda",
    "closure",
    "arrow",
    "anonymous",
    "generator",
    "class",
];
/// The same, except for the variables of a whole function.
const BLOCKS: [&str; 29] = [
    "block",
    "body",
    "compound",
    "comprehension",
    "struct",
    "interface",
    "trait",
    "enum",
    "for",
    "foreach",
    "while",
    "until",
    "loop",
    "do",
    "if",
    "elif",
    "unless",
    "else",
    "match",
    "arm",
    "case",
    "switch",
    "when",
    "select",
    "try",
    "catch",
    "except",
    "rescue",
    "using",
];
/// The parameters of Kotlin that are visible in their class, and the head of a loop of Go.
const OUTER: [&str; 3] = ["primary_constructor", "for_clause", "range_clause"];
/// Words in the names of nodes that contain statements of their own.
const PLAIN: [&str; 7] = ["block", "body", "compound", "class", "struct", "interface", "enum"];
/// The part of a comprehension that binds its names.
const CLAUSE: &str = "for_in_clause";
/// Words in the names of nodes that are a part of one.
const HEADS: [&str; 5] = ["parameter", "parameters", "pattern", "declarator", "subject"];

/// The text in which the name that is bound at `range` is visible, as far as blocks tell; `None` for the whole document.
pub(super) fn visible(tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
    let scope = scope(tree, range)?;
    let comprehension = scope.parent().filter(|_| scope.kind() == CLAUSE);
    Some(tree.range(comprehension.unwrap_or(scope)))
}

/// Whether the name at `range` is bound by a loop, a lambda or another part of a statement, not by a statement of its
/// own or as the parameter of a function with a name.
pub(super) fn is_inner(tree: &Tree, range: &Range<usize>) -> bool {
    scope(tree, range).is_some_and(|it| {
        let mut parts = it.kind().split('_');
        it.child_by_field_name("name").is_none_or(|it| it.byte_range() == *range)
            && it.child_by_field_name("declarator").is_none_or(|_| it.kind().contains("for"))
            // A block of Ruby has parameters.
            && (it.child_by_field_name("parameters").is_some()
                || !parts.any(|it| PLAIN.contains(&it)))
    })
}

/// The node in which the name that is bound at `range` is visible.
fn scope<'a>(tree: &'a Tree, range: &Range<usize>) -> Option<Node<'a>> {
    let nodes = tree.nodes_at(range.start);
    // `var` of JavaScript.
    let is_hoisted = nodes.iter().rev().take(LEVELS).any(|it| {
        it.kind() == "variable_declaration" && it.child(0).is_some_and(|it| it.kind() == "var")
    });
    let is_scope = |it: &&Node<'_>| {
        let parts: Vec<&str> = it.kind().split('_').collect();
        let has = |words: &[&str]| parts.iter().any(|it| words.contains(it));
        let is_head = has(&HEADS) || OUTER.contains(&it.kind());
        (has(&FUNCTIONS) || !is_hoisted && has(&BLOCKS)) && !is_head
    };
    let mut outward = nodes.iter().rev().filter(|it| it.byte_range() != *range);
    outward.find(is_scope).copied()
}

/// The comprehension whose clause binds the name at `range`.
pub(super) fn comprehension(tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
    let nodes = tree.nodes_at(range.start);
    let mut clauses = nodes.iter().rev().take(LEVELS).filter(|it| it.kind() == CLAUSE);
    clauses.next().and_then(|it| it.parent()).map(|it| tree.range(it))
}
