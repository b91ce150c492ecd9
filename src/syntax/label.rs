//! Names of members, of arguments and of statements.

use std::ops::Range;

use tree_sitter::Node;

use crate::syntax::binding::ASSIGNMENT;
use crate::syntax::tree::Tree;

/// Parts of the names of nodes that name a member of something, with or without its value.
const LABELS: [&str; 3] = ["property", "field", "shorthand"];
/// Parts of the names of nodes that are a label with its mark: `name:`, `name@`.
const MARKED: [&str; 2] = ["label", "symbol"];
/// The same for the labels of jumps, and the statements that jump there.
const JUMPS: [&str; 5] = ["label", "break_statement", "continue_statement", "goto", "jump"];
/// The words of such statements.
const WORDS: [&str; 3] = ["break", "continue", "goto"];
/// Words of Kotlin that a label follows.
const RETURN: &str = "return@";
const THIS: [&str; 2] = ["this@", "super@"];
/// Objects of C# whose members are set in braces.
const ANONYMOUS: &str = "anonymous_object_creation_expression";
const INITIALIZERS: [&str; 2] = ["initializer_expression", "with_initializer"];
/// Parts of the names of nodes that contain arguments; macros of Rust contain tokens.
const LISTS: [&str; 2] = ["argument", "token_tree"];
/// What follows the name of an argument.
const NAMED: [&str; 2] = ["=", ":"];

/// Whether the name at `range` is the name of a member or of an argument, as in `{ name: 1 }`, `{ name }`, `a.name` and
/// `f(name=1)`.
pub(super) fn is_label(tree: &Tree, range: &Range<usize>) -> bool {
    let nodes = tree.nodes_at(range.start);
    let mut outward = nodes.iter().rev();
    let is_it = |it: &&Node<'_>| it.byte_range() == *range;
    let is_named =
        |it: &Node<'_>, parts: &[&str]| parts.iter().any(|part| it.kind().contains(part));
    let is_marked = |it: &Node<'_>| it.start_byte() == range.start && is_named(it, &MARKED);
    if nodes.iter().rev().take(2).any(|it| is_it(&it) && is_named(it, &LABELS) || is_marked(it)) {
        return true;
    }
    let Some(name) = outward.by_ref().take_while(is_it).last() else { return false };
    // The label of `this@Type` is a type.
    let mark = name.prev_sibling().map_or("", |it| it.kind());
    let is_type = || tree.text(range.clone()).starts_with(char::is_uppercase);
    if mark == RETURN || THIS.contains(&mark) && !is_type() {
        return true;
    }
    if is_field_key(*name) || is_jump(*name) || is_set(*name) || is_projected(*name) {
        return true;
    }
    let is_before = name.next_sibling().is_some_and(|it| NAMED.contains(&it.kind()));
    let around = nodes.iter().rev().skip_while(|it| is_it(it)).take(2).collect::<Vec<_>>();
    is_before
        && match around[..] {
            [list, _] | [list] if is_named(list, &LISTS) => true,
            [pair, list] => is_named(pair, &[ASSIGNMENT]) && is_named(list, &["argument"]),
            _ => false,
        }
}

/// Whether a node is the label of a statement, or of one that jumps there.
fn is_jump(name: Node<'_>) -> bool {
    let parent = name.parent().map_or("", |it| it.kind());
    let before = name.prev_sibling().map_or("", |it| it.kind());
    match parent {
        "labeled_statement" => before.is_empty(),
        // `break` of Swift; the same of Rust has a value.
        kind if WORDS.contains(&before) => !kind.contains("expression"),
        kind => JUMPS.iter().any(|it| kind.contains(it)),
    }
}

/// Whether a node is a key of a literal of Go that may be a struct: those of maps and lists are expressions.
fn is_field_key(name: Node<'_>) -> bool {
    let is_key = name.next_sibling().is_some_and(|it| it.kind() == ":");
    let pair = name.parent().filter(|it| is_key && it.kind() == "keyed_element");
    let literal = pair.and_then(|it| it.parent()?.parent());
    let kind = literal.and_then(|it| it.child_by_field_name("type"));
    pair.is_some()
        && !kind
            .is_some_and(|it| ["map", "slice", "array"].iter().any(|part| it.kind().contains(part)))
}

/// Whether a node is a member that a new object of C# gets: `{ name = value }`.
fn is_set(name: Node<'_>) -> bool {
    let parent = name.parent();
    let is_left = name.next_sibling().is_some_and(|it| it.kind() == "=");
    let outward = [parent, parent.and_then(|it| it.parent())].into_iter().flatten();
    let kinds: Vec<&str> = outward.map(|it| it.kind()).collect();
    is_left
        && match kinds[..] {
            [ANONYMOUS, ..] => true,
            [kind, list] => {
                INITIALIZERS.contains(&kind)
                    || kind.contains(ASSIGNMENT) && INITIALIZERS.contains(&list)
            }
            _ => false,
        }
}

/// Whether a node is a variable of C# that gives a member its name: `new { name }`.
fn is_projected(name: Node<'_>) -> bool {
    let is_beside = |it: Option<Node<'_>>| it.is_some_and(|it| it.kind() == "=");
    name.parent().is_some_and(|it| it.kind() == ANONYMOUS)
        && name.kind() == "identifier"
        && !is_beside(name.prev_sibling())
        && !is_beside(name.next_sibling())
}

/// Whether the name at `range` is that of a member and of the variable with its value, as in `{ name }`.
pub(super) fn is_shorthand(tree: &Tree, range: &Range<usize>) -> bool {
    let nodes = tree.nodes_at(range.start);
    nodes.iter().rev().take(2).any(|it| {
        let is_it = it.byte_range() == *range;
        is_it && (it.kind().contains("shorthand") || is_projected(*it))
    })
}
