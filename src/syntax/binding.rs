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
const DECLARATIONS: [&str; 4] = ["declarat", "let", "for", "variable"];
/// The same for nodes that also change what is declared elsewhere, unless they are part of a declaration.
const ASSIGNMENT: &str = "assignment";
/// Parts of the names of nodes that name a member of something, with or without its value.
const LABELS: [&str; 3] = ["property", "field", "shorthand"];
/// Parts of the names of nodes whose contents are used, not bound.
const EXPRESSIONS: [&str; 7] =
    ["function", "call", "block", "attribute", "member", "subscript", "selector"];
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

/// How the name at `range` is bound there; `None` if it is used there, or is the name of a definition.
pub(super) fn binding(tree: &Tree, range: &Range<usize>) -> Option<Binding> {
    let nodes = tree.nodes_at(range.start);
    let mut outward = nodes.iter().rev().skip_while(|it| it.byte_range() == *range);
    let is_name = nodes.last().is_some_and(|it| it.byte_range() == *range && it.is_named());
    let found = outward.by_ref().take(LEVELS).find_map(|it| declares(*it, range));
    let found = match found.flatten().filter(|_| is_name)? {
        Binding::Assigned if outward.next().is_some_and(is_declaration) => Binding::Variable,
        found => found,
    };
    Some(found)
}

/// Whether the name at `range` is the name of a member, as in `{ name: 1 }`, `{ name }` and `a.name`.
pub(super) fn is_label(tree: &Tree, range: &Range<usize>) -> bool {
    let nodes = tree.nodes_at(range.start);
    let is_it = |it: &Node<'_>| it.byte_range() == *range;
    nodes.iter().any(|node| is_it(node) && LABELS.iter().any(|it| node.kind().contains(it)))
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
        () if is_in(&OTHERS) || is_one_of(&UPDATES) => Some(None),
        () if kind.contains("parameter") => Some(Some(Binding::Parameter)),
        () if is_one_of(&DECLARATIONS) && is_in(&TARGETS) => Some(Some(Binding::Variable)),
        () if kind.contains(ASSIGNMENT) && is_in(&TARGETS) => Some(Some(Binding::Assigned)),
        () if is_one_of(&EXPRESSIONS) => Some(None),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use ropey::Rope;

    use super::Binding;
    use super::Binding::{Assigned, Parameter, Variable};
    use crate::syntax::Syntax;
    use crate::syntax::language::Language;

    /// Checks the name that is marked with `$` on both sides.
    #[track_caller]
    fn check(language: &str, text: &str, expected: impl Into<Option<Binding>>) {
        let (syntax, _) = Syntax::new(None);
        let language = Language::named(language).expect("a language of the table");
        let [before, name, behind] = text.split('$').collect::<Vec<_>>()[..] else {
            panic!("{text}: two marks")
        };
        let rope = Rope::from_str(&[before, name, behind].concat());
        let tree = syntax.parse(language, &rope).expect("a grammar");
        let range = before.len()..before.len() + name.len();
        assert_eq!(syntax.binding(&tree, &range), expected.into(), "{text}\n{tree:?}");
    }

    #[test]
    fn parameters_and_variables_are_bindings() {
        check("rust", "fn f($x$: u8) { x; }", Parameter);
        check("rust", "fn f() { let $x$ = 1; }", Variable);
        check("rust", "fn f() { let ($x$, y) = p; }", Variable);
        check("rust", "fn f() { for $x$ in y {} }", Variable);
        check("python", "def f($x$, y=1):\n    pass\n", Parameter);
        check("python", "def f(x, $y$=1):\n    pass\n", Parameter);
        check("python", "def f($x$: int = 1):\n    pass\n", Parameter);
        check("python", "def f():\n    $x$ = 1\n", Assigned);
        check("python", "def f():\n    $x$, y = 1, 2\n", Assigned);
        check("python", "def f():\n    for $x$ in y:\n        pass\n", Variable);
        check("javascript", "function f($x$) {}", Parameter);
        check("javascript", "const f = ($x$, y) => {}", Parameter);
        check("javascript", "function f() { const $x$ = 1; }", Variable);
        check("javascript", "function f() { $x$ = 1; }", Assigned);
        check("lua", "local $x$ = 1", Variable);
        check("lua", "$x$ = 1", Assigned);
        check("typescript", "function f($x$: string) {}", Parameter);
        check("typescript", "function f() { for (const $x$ of y) {} }", Variable);
        check("go", "package a\nfunc f($x$ int) { }", Parameter);
        check("go", "package a\nfunc f() { $x$ := 1 }", Variable);
        check("java", "class A { void f(int $x$) { } }", Parameter);
        check("java", "class A { void f() { int $x$ = 1; } }", Variable);
        check("c", "void f(int $x$) { }", Parameter);
        check("c", "void f() { int *$x$ = 0; }", Variable);
        check("cpp", "void f(const A &$x$) { }", Parameter);
    }

    #[test]
    fn labels_are_names_of_members() {
        let is_label = |language: &str, text: &str| {
            let (syntax, _) = Syntax::new(None);
            let language = Language::named(language).expect("a language of the table");
            let tree = syntax.parse(language, &Rope::from_str(text)).expect("a grammar");
            let start = text.rfind("name").expect("a name");
            syntax.is_label(&tree, &(start..start + 4))
        };
        for (language, text) in [
            ("javascript", "const a = { b, name };"),
            ("javascript", "const a = { name: 1 };"),
            ("typescript", "const { name } = a;"),
            ("typescript", "a.name()"),
            ("rust", "fn f() -> A { A { name } }"),
            ("rust", "fn f() -> A { A { name: 1 } }"),
        ] {
            assert!(is_label(language, text), "{text}");
        }
        for (language, text) in [
            ("javascript", "const a = { b: name };"),
            ("javascript", "name()"),
            ("rust", "fn f() -> A { name }"),
            ("rust", "fn f() -> A { A { b: name } }"),
            ("python", "a = { name: 1 }"),
            ("go", "package a\nvar b = map[int]int{name: 1}"),
        ] {
            assert!(!is_label(language, text), "{text}");
        }
    }

    #[test]
    fn other_names_are_none() {
        check("rust", "fn f(x: $u8$) { }", None);
        check("rust", "fn f() { let x = $y$; }", None);
        check("rust", "fn f() { $g$(x); }", None);
        check("rust", "fn $f$() { }", None);
        check("python", "def f(x=$y$):\n    pass\n", None);
        check("python", "def f():\n    x = $y$\n", None);
        check("python", "def f():\n    $x$ += 1\n", None);
        check("python", "def f():\n    $x$.a = 1\n", None);
        check("python", "def f():\n    x[$y$] = 1\n", None);
        check("python", "def f():\n    g($x$)\n", None);
        check("python", "def f():\n    g($x$=1)\n", None);
        check("python", "def f():\n    for x in $y$:\n        pass\n", None);
        check("javascript", "function f() { return $x$; }", None);
        check("javascript", "function f(a = $x$) {}", None);
        check("go", "package a\nfunc f() { $x$() }", None);
        check("java", "class A { void f($B$ x) { } }", None);
    }
}
