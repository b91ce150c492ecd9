//! Names that a function binds: parameters, variables, loop variables.
//!
//! Grammars name the nodes of declarations alike, so one rule serves all languages.

use std::ops::Range;

use tree_sitter::Node;

use crate::syntax::tree::Tree;

/// Levels between a name and its declaration: patterns, types, decorations.
const LEVELS: usize = 4;
/// Fields of a declaration that contain the bound name.
const TARGETS: [&str; 4] = ["name", "left", "pattern", "declarator"];
/// Fields that contain expressions and types.
const OTHERS: [&str; 6] = ["value", "right", "type", "body", "default_value", "condition"];
/// Parts of the names of nodes that declare what is in their target.
const DECLARATIONS: [&str; 5] = ["assignment", "declarat", "let", "for", "variable"];
/// Parts of the names of nodes whose contents are used, not bound.
const EXPRESSIONS: [&str; 7] =
    ["function", "call", "block", "attribute", "member", "subscript", "selector"];
/// Assignments that read their target first.
const UPDATES: [&str; 2] = ["augmented", "compound"];

/// Whether the name at `range` is a parameter, or the target of a declaration or an assignment.
pub(super) fn is_binding(tree: &Tree, range: &Range<usize>) -> bool {
    let nodes = tree.nodes_at(range.start);
    let mut outward = nodes.iter().rev().skip_while(|it| it.byte_range() == *range);
    let is_name = nodes.last().is_some_and(|it| it.byte_range() == *range && it.is_named());
    let found = outward.by_ref().take(LEVELS).find_map(|it| declares(*it, range));
    is_name && found.unwrap_or(false)
}

/// Whether a node declares the name; `None` if that depends on the nodes around it.
fn declares(node: Node<'_>, name: &Range<usize>) -> Option<bool> {
    let kind = node.kind();
    let is_in = |fields: &[&str]| {
        let mut found = fields.iter().filter_map(|it| node.child_by_field_name(it));
        found.any(|it| it.start_byte() <= name.start && name.end <= it.end_byte())
    };
    let is_one_of = |parts: &[&str]| parts.iter().any(|it| kind.contains(it));
    match () {
        () if is_in(&OTHERS) || is_one_of(&UPDATES) => Some(false),
        () if kind.contains("parameter") => Some(true),
        () if is_one_of(&DECLARATIONS) && is_in(&TARGETS) => Some(true),
        () if is_one_of(&EXPRESSIONS) => Some(false),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use ropey::Rope;

    use crate::syntax::Syntax;
    use crate::syntax::language::Language;

    /// Checks the name that is marked with `$` on both sides.
    #[track_caller]
    fn check(language: &str, text: &str, expected: bool) {
        let (syntax, _) = Syntax::new(None);
        let language = Language::named(language).expect("a language of the table");
        let [before, name, behind] = text.split('$').collect::<Vec<_>>()[..] else {
            panic!("{text}: two marks")
        };
        let rope = Rope::from_str(&[before, name, behind].concat());
        let tree = syntax.parse(language, &rope).expect("a grammar");
        let range = before.len()..before.len() + name.len();
        assert_eq!(syntax.is_binding(&tree, &range), expected, "{text}\n{tree:?}");
    }

    #[test]
    fn parameters_and_variables_are_bindings() {
        check("rust", "fn f($x$: u8) { x; }", true);
        check("rust", "fn f() { let $x$ = 1; }", true);
        check("rust", "fn f() { let ($x$, y) = p; }", true);
        check("rust", "fn f() { for $x$ in y {} }", true);
        check("python", "def f($x$, y=1):\n    pass\n", true);
        check("python", "def f(x, $y$=1):\n    pass\n", true);
        check("python", "def f($x$: int = 1):\n    pass\n", true);
        check("python", "def f():\n    $x$ = 1\n", true);
        check("python", "def f():\n    $x$, y = 1, 2\n", true);
        check("python", "def f():\n    for $x$ in y:\n        pass\n", true);
        check("javascript", "function f($x$) {}", true);
        check("javascript", "const f = ($x$, y) => {}", true);
        check("javascript", "function f() { const $x$ = 1; }", true);
        check("typescript", "function f($x$: string) {}", true);
        check("typescript", "function f() { for (const $x$ of y) {} }", true);
        check("go", "package a\nfunc f($x$ int) { }", true);
        check("go", "package a\nfunc f() { $x$ := 1 }", true);
        check("java", "class A { void f(int $x$) { } }", true);
        check("java", "class A { void f() { int $x$ = 1; } }", true);
        check("c", "void f(int $x$) { }", true);
        check("c", "void f() { int *$x$ = 0; }", true);
        check("cpp", "void f(const A &$x$) { }", true);
    }

    #[test]
    fn other_names_are_none() {
        check("rust", "fn f(x: $u8$) { }", false);
        check("rust", "fn f() { let x = $y$; }", false);
        check("rust", "fn f() { $g$(x); }", false);
        check("rust", "fn $f$() { }", false);
        check("python", "def f(x=$y$):\n    pass\n", false);
        check("python", "def f():\n    x = $y$\n", false);
        check("python", "def f():\n    $x$ += 1\n", false);
        check("python", "def f():\n    $x$.a = 1\n", false);
        check("python", "def f():\n    x[$y$] = 1\n", false);
        check("python", "def f():\n    g($x$)\n", false);
        check("python", "def f():\n    g($x$=1)\n", false);
        check("python", "def f():\n    for x in $y$:\n        pass\n", false);
        check("javascript", "function f() { return $x$; }", false);
        check("javascript", "function f(a = $x$) {}", false);
        check("go", "package a\nfunc f() { $x$() }", false);
        check("java", "class A { void f($B$ x) { } }", false);
    }
}
