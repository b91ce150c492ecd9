//! The role of a name at its place: bound there (a parameter, a variable, a loop variable), a member.
//!
//! Grammars name the nodes of declarations alike, so one rule serves all languages.

use std::ops::Range;

use tree_sitter::Node;

use crate::syntax::tree::Tree;

/// Levels between a name and its declaration: patterns, types, decorations.
pub(super) const LEVELS: usize = 4;
/// The field of a pattern of Swift that contains the bound name.
const BOUND: &str = "bound_identifier";
/// Fields of a declaration that contain the bound name.
const TARGETS: [&str; 7] =
    ["name", "left", "pattern", "declarator", "alias", "parameter", "capture"];
/// Fields that contain expressions and types.
const OTHERS: [&str; 6] = ["value", "right", "type", "body", "default_value", "condition"];
/// Parts of the names of nodes that declare what is in their target.
const DECLARATIONS: [&str; 12] = [
    "catch_clause",
    "declarat",
    "let",
    "for",
    "variable",
    "as_pattern",
    "named_expression",
    "range_clause",
    "var_spec",
    "const_spec",
    "type_switch",
    "receive_statement",
];
/// The same for nodes that also change what is declared elsewhere, unless they are part of a declaration.
pub(super) const ASSIGNMENT: &str = "assignment";
/// Parts of the names of nodes whose names are bound wherever they match.
const PATTERNS: [&str; 2] = ["match_pattern", "case_pattern"];
/// What precedes the name of a member.
const SEPARATORS: [&str; 7] = [".", "?.", "!.", "&.", "::", "?->", "optional_chain"];
/// Parts of the names of nodes in which `->` precedes one.
const MEMBERS: [&str; 3] = ["field", "member", "call"];
/// Parts of the names of nodes whose contents are used, not bound.
const EXPRESSIONS: [&str; 10] = [
    "function",
    "call",
    "block",
    "attribute",
    "member",
    "subscript",
    "selector",
    "scoped",
    "dotted",
    "qualified",
];
/// A variable of Ruby whose node includes its `@`.
const INSTANCE: &str = "instance_variable";
/// A property and its variable in a pattern: `{ name: variable }`.
const PAIR: &str = "pair_pattern";
/// A type of Kotlin and Swift, whose field may be called `name`.
const TYPE: &str = "user_type";
/// Declarations whose first name is the bound one, without fields, and the declaration around one with its value.
const NAMELESS: [&str; 3] = ["variable_declaration", "catch_block", "exception_variable"];
const PROPERTY: &str = "property_declaration";
/// Assignments that read their target first.
const UPDATES: [&str; 2] = ["augmented", "compound"];

/// How a name is bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    Parameter,
    /// The target of a declaration.
    Variable,
    /// The target of an assignment, which declares it in some languages.
    Assigned,
}

/// How the name at `range` is bound there, and the text that declares it, without a body; `None` if it is used
/// there, or is the name of a definition.
pub(super) fn declaration(tree: &Tree, range: &Range<usize>) -> Option<(Binding, Range<usize>)> {
    let nodes = tree.nodes_at(range.start);
    let range = &with_sigil(&nodes, range);
    let is_name = nodes.last().is_some_and(|it| it.byte_range() == *range && it.is_named());
    let is_inner = |it: &&Node<'_>| it.byte_range() == *range && it.kind() != NAMELESS[0];
    let mut outward = nodes.iter().rev().skip_while(is_inner);
    let mut inner = nodes.last().filter(|_| is_name)?;
    let is_list = |it: &&Node<'_>| {
        let mut parts = PATTERNS.iter().chain(&["parameter"]);
        it.byte_range() == *range && parts.any(|part| it.kind().contains(part))
    };
    if nodes.iter().any(|it| it.byte_range() == *range && it.kind() == TYPE) {
        return None;
    }
    // A pattern or a list of nothing else.
    if let Some(list) = nodes.iter().find(is_list) {
        return Some((declares(*list, range)??, range.clone()));
    }
    for node in outward.by_ref().take(LEVELS) {
        if let Some(found) = declares(*node, range) {
            let outer = outward.next().filter(|it| is_declaration(it));
            let found = match found? {
                Binding::Assigned if outer.is_some() => Binding::Variable,
                found => found,
            };
            // A list declares each of its parts, and may contain their type.
            let is_whole =
                |it: &&Node<'_>| it.child_by_field_name("type").is_some() || it.kind() == PROPERTY;
            let typed = outer.filter(is_whole);
            let whole = match node.kind().ends_with("parameters") {
                true => inner,
                false => typed.unwrap_or(node),
            };
            let body = whole.child_by_field_name("body").map(|it| it.start_byte());
            let whole = tree.range(*whole);
            return Some((found, whole.start..body.unwrap_or(whole.end).min(whole.end)));
        }
        inner = node;
    }
    None
}

/// The name at `range` with the mark before it that is part of its node: `@name`.
fn with_sigil(nodes: &[Node<'_>], range: &Range<usize>) -> Range<usize> {
    let whole = nodes.last().map_or(range.clone(), |it| it.byte_range());
    let is_marked = nodes.last().is_some_and(|it| it.kind() == INSTANCE);
    if is_marked && whole.end == range.end { whole } else { range.clone() }
}

/// Whether the name at `range` is part of a pattern: `{ name }` in `let A { name } = a`.
pub(super) fn is_pattern(tree: &Tree, range: &Range<usize>) -> bool {
    tree.nodes_at(range.start).iter().rev().take(LEVELS).any(|it| it.kind().contains("pattern"))
}

/// The attribute of Rust around the name at `range`.
pub(super) fn attribute(tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
    let nodes = tree.nodes_at(range.start);
    let found = nodes.iter().rev().find(|it| it.kind().contains("attribute_item"));
    found.map(|it| tree.range(*it))
}

/// The name of the macro of Rust in whose tokens the text at `range` is.
pub(super) fn macro_name(tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
    let nodes = tree.nodes_at(range.start);
    let found = nodes.iter().rev().find(|it| it.kind() == "macro_invocation")?;
    Some(tree.range(found.child_by_field_name("macro")?))
}

/// Whether the name at `range` is declared as a type parameter.
pub(super) fn is_type_parameter(tree: &Tree, range: &Range<usize>) -> bool {
    let nodes = tree.nodes_at(range.start);
    let is_it = |it: &Node<'_>| it.kind().contains("type_parameter") && !is_type_argument(*it);
    nodes.iter().rev().take(LEVELS).any(is_it)
}

/// The object whose member the name at `range` is: `a` in `a.name`, `A` in `A::name`. Empty if it is not written.
pub(super) fn receiver(tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
    let nodes = tree.nodes_at(range.start);
    let name = nodes.last().filter(|it| it.start_byte() == range.start)?;
    let separator = before(*name)?;
    let parent = separator.parent().map_or("", |it| it.kind());
    let is_separator = match separator.kind() {
        ":" => parent.contains("method"),
        // Not that of a return type.
        "->" => MEMBERS.iter().any(|it| parent.contains(it)),
        kind => SEPARATORS.contains(&kind),
    };
    if !is_separator {
        return None;
    }
    // `this` is a keyword in some grammars.
    let is_word = |it: &Node<'_>| it.is_named() || it.kind().chars().all(char::is_alphabetic);
    let object = before(separator).filter(is_word);
    Some(object.map_or(range.start..range.start, |it| tree.range(it)))
}

/// The node that ends before a node, in the innermost node that contains both.
fn before(mut node: Node<'_>) -> Option<Node<'_>> {
    loop {
        match node.prev_sibling() {
            Some(it) => return Some(it),
            None => node = node.parent()?,
        }
    }
}

fn is_declaration(node: &Node<'_>) -> bool {
    DECLARATIONS.iter().any(|it| node.kind().contains(it))
}

/// How a node binds the name; `None` if that depends on the nodes around it.
fn declares(node: Node<'_>, name: &Range<usize>) -> Option<Option<Binding>> {
    let kind = node.kind();
    let is_in = |fields: &[&str]| {
        let mut found = fields.iter().filter_map(|it| node.child_by_field_name(it));
        found.any(|it| it.start_byte() <= name.start && name.end <= it.end_byte())
    };
    let is_one_of = |parts: &[&str]| parts.iter().any(|it| kind.contains(it));
    match () {
        () if is_first(node, name) => Some(Some(Binding::Variable)),
        () if kind == PAIR => (!is_in(&["value"])).then_some(None),
        () if is_in(&[BOUND]) => Some(Some(Binding::Variable)),
        () if is_each(node, name) => Some(Some(Binding::Variable)),
        () if is_in(&OTHERS) || is_one_of(&UPDATES) || kind == TYPE => Some(None),
        // `list[Item]` in Python.
        () if is_type_argument(node) => Some(None),
        () if kind.contains("parameter") || is_in(&["parameter"]) || is_only(node, name) => {
            Some(Some(Binding::Parameter))
        }
        () if is_one_of(&DECLARATIONS) && is_in(&TARGETS) => Some(Some(Binding::Variable)),
        () if is_one_of(&PATTERNS) => Some(Some(Binding::Variable)),
        () if kind.contains(ASSIGNMENT) && is_in(&TARGETS) => Some(Some(Binding::Assigned)),
        () if is_one_of(&EXPRESSIONS) => Some(None),
        () => None,
    }
}

/// Whether a name is what a declaration without fields declares, as those of Kotlin are.
fn is_first(node: Node<'_>, name: &Range<usize>) -> bool {
    let mut names = (0..node.named_child_count()).filter_map(|it| node.named_child(it as u32));
    NAMELESS.contains(&node.kind())
        && node.child_by_field_name("type").is_none()
        && names.find(|it| it.kind() == "identifier").is_some_and(|it| it.byte_range() == *name)
}

/// Whether a name is the only parameter of a lambda of Java.
fn is_only(node: Node<'_>, name: &Range<usize>) -> bool {
    node.child_by_field_name("parameters").is_some_and(|it| it.byte_range() == *name)
}

/// Whether a name is what a loop of PHP declares: `foreach ($rows as $key => $row)`.
fn is_each(node: Node<'_>, name: &Range<usize>) -> bool {
    let mut children = (0..node.child_count()).filter_map(|it| node.child(it));
    let around = children.find(|it| it.start_byte() <= name.start && name.end <= it.end_byte());
    let before = around.and_then(|it| it.prev_sibling());
    node.kind() == "foreach_statement" && before.is_some_and(|it| it.kind() == "as")
}

fn is_type_argument(node: Node<'_>) -> bool {
    node.kind() == "type_parameter" && node.parent().is_some_and(|it| it.kind() == "generic_type")
}

#[cfg(test)]
mod tests;
