//! The role of a name at its place: bound there (a parameter, a variable, a loop variable), a label, a member.
//!
//! Grammars name the nodes of declarations alike, so one rule serves all languages.

use std::ops::Range;

use tree_sitter::Node;

use crate::syntax::tree::Tree;

/// Levels between a name and its declaration: patterns, types, decorations.
const LEVELS: usize = 4;
/// Fields of a declaration that contain the bound name.
const TARGETS: [&str; 7] =
    ["name", "left", "pattern", "declarator", "alias", "parameter", "capture"];
/// Fields that contain expressions and types.
const OTHERS: [&str; 6] = ["value", "right", "type", "body", "default_value", "condition"];
/// Parts of the names of nodes that declare what is in their target.
const DECLARATIONS: [&str; 7] =
    ["declarat", "let", "for", "variable", "as_pattern", "named_expression", "range_clause"];
/// The same for nodes that also change what is declared elsewhere, unless they are part of a declaration.
const ASSIGNMENT: &str = "assignment";
/// Parts of the names of nodes whose names are bound wherever they match.
const PATTERNS: [&str; 2] = ["match_pattern", "case_pattern"];
/// Parts of the names of nodes that name a member of something, with or without its value.
const LABELS: [&str; 3] = ["property", "field", "shorthand"];
/// Parts of the names of nodes that are a label with its mark: `name:`, `name@`.
const MARKED: [&str; 2] = ["label", "symbol"];
/// Parts of the names of nodes that contain arguments; macros of Rust contain tokens.
const LISTS: [&str; 2] = ["argument", "token_tree"];
/// What follows the name of an argument.
const NAMED: [&str; 2] = ["=", ":"];
/// What precedes the name of a member.
const SEPARATORS: [&str; 8] = [".", "?.", "!.", "&.", "::", "->", "?->", "optional_chain"];
/// Parts of the names of nodes whose contents are used, not bound.
const EXPRESSIONS: [&str; 9] = [
    "function",
    "call",
    "block",
    "attribute",
    "member",
    "subscript",
    "selector",
    "scoped",
    "dotted",
];
/// Assignments that read their target first.
const UPDATES: [&str; 2] = ["augmented", "compound"];
/// Words in the names of nodes outside of which the names that are bound in them are not visible.
const SCOPES: [&str; 39] = [
    "block",
    "body",
    "compound",
    "function",
    "method",
    "func",
    "constructor",
    "lambda",
    "closure",
    "arrow",
    "anonymous",
    "comprehension",
    "generator",
    "class",
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
/// Words in the names of nodes that are a part of one.
const HEADS: [&str; 4] = ["parameter", "parameters", "pattern", "declarator"];

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
    let is_name = nodes.last().is_some_and(|it| it.byte_range() == *range && it.is_named());
    let mut outward = nodes.iter().rev().skip_while(|it| it.byte_range() == *range);
    let mut inner = nodes.last().filter(|_| is_name)?;
    let is_list = |it: &&Node<'_>| {
        let mut parts = PATTERNS.iter().chain(&["parameter"]);
        it.byte_range() == *range && parts.any(|part| it.kind().contains(part))
    };
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
            let typed = outer.filter(|it| it.child_by_field_name("type").is_some());
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

/// The text in which the name that is bound at `range` is visible, as far as blocks tell; `None` for the whole document.
pub(super) fn visible(tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
    let nodes = tree.nodes_at(range.start);
    let is_scope = |it: &&Node<'_>| {
        let parts: Vec<&str> = it.kind().split('_').collect();
        let has = |words: &[&str]| parts.iter().any(|it| words.contains(it));
        has(&SCOPES) && !has(&HEADS)
    };
    let mut outward = nodes.iter().rev().filter(|it| it.byte_range() != *range);
    outward.find(is_scope).map(|it| tree.range(*it))
}

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
    if is_field_key(*name) {
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

/// Whether the name at `range` is that of a member and of the variable with its value, as in `{ name }`.
pub(super) fn is_shorthand(tree: &Tree, range: &Range<usize>) -> bool {
    let nodes = tree.nodes_at(range.start);
    nodes
        .iter()
        .rev()
        .take(2)
        .any(|it| it.byte_range() == *range && it.kind().contains("shorthand"))
}

/// Whether the name at `range` is declared as a type parameter.
pub(super) fn is_type_parameter(tree: &Tree, range: &Range<usize>) -> bool {
    let nodes = tree.nodes_at(range.start);
    nodes.iter().rev().take(LEVELS).any(|it| it.kind().contains("type_parameter"))
}

/// The object whose member the name at `range` is: `a` in `a.name`, `A` in `A::name`. Empty if it is not written.
pub(super) fn receiver(tree: &Tree, range: &Range<usize>) -> Option<Range<usize>> {
    let nodes = tree.nodes_at(range.start);
    let name = nodes.last().filter(|it| it.start_byte() == range.start)?;
    let separator = before(*name)?;
    let parent = separator.parent().map_or("", |it| it.kind());
    let is_method = separator.kind() == ":" && parent.contains("method");
    if !is_method && !SEPARATORS.contains(&separator.kind()) {
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
        () if is_in(&OTHERS) || is_one_of(&UPDATES) => Some(None),
        () if kind.contains("parameter") || is_in(&["parameter"]) => Some(Some(Binding::Parameter)),
        () if is_one_of(&DECLARATIONS) && is_in(&TARGETS) => Some(Some(Binding::Variable)),
        () if is_one_of(&PATTERNS) => Some(Some(Binding::Variable)),
        () if kind.contains(ASSIGNMENT) && is_in(&TARGETS) => Some(Some(Binding::Assigned)),
        () if is_one_of(&EXPRESSIONS) => Some(None),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use ropey::Rope;

    use super::Binding;
    use super::Binding::{Assigned, Parameter, Variable};
    use crate::syntax::Syntax;
    use crate::syntax::language::Language;
    use crate::syntax::tree::Tree;

    /// Calls `what` with the range of the name that is marked with `$` on both sides.
    fn at<T>(
        language: &str,
        text: &str,
        what: impl FnOnce(&Syntax, &Tree, &Range<usize>) -> T,
    ) -> T {
        let (syntax, _) = Syntax::new(None);
        let language = Language::named(language).expect("a language of the table");
        let [before, name, behind] = text.split('$').collect::<Vec<_>>()[..] else {
            panic!("{text}: two marks")
        };
        let rope = Rope::from_str(&[before, name, behind].concat());
        let tree = syntax.parse(language, &rope).expect("a grammar");
        what(&syntax, &tree, &(before.len()..before.len() + name.len()))
    }

    #[track_caller]
    fn check(language: &str, text: &str, expected: impl Into<Option<Binding>>) {
        let (found, tree) = at(language, text, |syntax, tree, range| {
            (syntax.binding(tree, range), format!("{tree:?}"))
        });
        assert_eq!(found, expected.into(), "{text}\n{tree}");
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
    fn names_of_patterns_are_bindings() {
        check("python", "with f() as $x$:\n    pass\n", Variable);
        check("python", "try:\n    f()\nexcept E as $x$:\n    pass\n", Variable);
        check("python", "if ($x$ := f()):\n    pass\n", Variable);
        check("python", "match y:\n    case $x$:\n        pass\n", Variable);
        check("python", "a = [x for $x$ in y]\n", Variable);
        check("python", "a = lambda $x$: x\n", Parameter);
        check("python", "match y:\n    case A.$x$:\n        pass\n", None);
        check("rust", "fn f() { match y { $x$ => x } }", Variable);
        check("rust", "fn f() { match y { Some($x$) => x } }", Variable);
        check("rust", "fn f() { match y { $Some$(x) => x } }", None);
        check("rust", "fn f() { match y { A::$X$ => 1 } }", None);
        check("rust", "fn f() { if let Some($x$) = y { } }", Variable);
        check("javascript", "try { } catch ($x$) { }", Parameter);
        check("javascript", "f($x$ => x)", Parameter);
        check("go", "package a\nfunc f() { for _, $x$ := range y { } }", Variable);
    }

    #[test]
    fn a_declaration_has_the_type_or_value_of_its_name() {
        for (language, text, expected) in [
            ("python", "def f(a: A, $x$: B, c):\n    pass\n", "x: B"),
            ("python", "def f(a, $x$, c):\n    pass\n", "x"),
            ("python", "$x$ = A(1)\n", "x = A(1)"),
            ("python", "for $x$ in A(1):\n    f(x)\n", "for x in A(1):\n    "),
            ("rust", "fn f() { let $x$ = A::new(); }", "let x = A::new();"),
            ("javascript", "const a = 1, $x$ = new A();", "x = new A()"),
            ("go", "package a\nfunc f(a A, $x$ *B) { }", "x *B"),
            ("java", "class A { void f() { B $x$ = g(); } }", "B x = g();"),
        ] {
            let found = at(language, text, |syntax, tree, range| {
                syntax.declaration(tree, range).map(|it| tree.text(it.1))
            });
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_bound_name_is_visible_in_its_block() {
        for (language, text, expected) in [
            ("python", "def f($x$):\n    g()\n", Some("def f(x):\n    g()")),
            ("python", "def f():\n    if a:\n        $x$ = 1\n    g()\n", Some("x = 1")),
            ("python", "a = [x for $x$ in b]\n", Some("for x in b")),
            ("python", "$x$ = 1\n", None),
            ("javascript", "f($x$ => x)", Some("x => x")),
            ("typescript", "function f($x$: A) { g(); }", Some("function f(x: A) { g(); }")),
            ("typescript", "const f = ($x$: A) => g();", Some("(x: A) => g()")),
            ("rust", "fn f() { { let $x$ = 1; } g(); }", Some("{ let x = 1; }")),
            ("rust", "fn f() { match a { B($x$) => g(), c => h() } }", Some("B(x) => g(),")),
            ("go", "package a\nfunc f($x$ A) { g() }", Some("func f(x A) { g() }")),
            ("java", "class A { void f(B $x$) { g(); } }", Some("void f(B x) { g(); }")),
            ("c", "void f(int $x$) { g(); }", Some("void f(int x) { g(); }")),
        ] {
            let found = at(language, text, |syntax, tree, range| {
                syntax.visible(tree, range).map(|it| tree.text(it))
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_member_has_a_receiver() {
        for (language, text, expected) in [
            ("python", "a.b.$x$()", Some("a.b")),
            ("python", "f(a=$x$)", None),
            ("javascript", "f(1)?.$x$()", Some("f(1)")),
            ("rust", "fn f() { A::$x$(); }", Some("A")),
            ("rust", "fn f() { a.$x$(); }", Some("a")),
            ("rust", "fn f() { g(a, $x$); }", None),
            ("go", "package a\nfunc f() { a.$x$() }", Some("a")),
            ("java", "class A { void f() { a.$x$(); } }", Some("a")),
            ("c-sharp", "class A { void f() { a.$x$(); } }", Some("a")),
            ("c-sharp", "class A { void f() { this.$x$(); } }", Some("this")),
            ("kotlin", "fun f() { a.$x$() }", Some("a")),
            ("swift", "a.$x$()", Some("a")),
            ("ruby", "a.$x$()", Some("a")),
            ("lua", "a:$x$()", Some("a")),
            ("cpp", "void f() { a->$x$(); b::c(); }", Some("a")),
            ("c", "struct a b = { .$x$ = 1 };", Some("")),
        ] {
            let found = at(language, text, |syntax, tree, range| {
                syntax.receiver(tree, range).map(|it| tree.text(it))
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn labels_are_names_of_members_and_arguments() {
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
            ("python", "f(a, name=1)"),
            ("rust", "fn f() { info!(name = 1, \"a\"); }"),
            ("c-sharp", "class A { void f() { g(name: 1); } }"),
            ("kotlin", "fun f() { g(name = 1) }"),
            ("php", "<?php g(name: 1);"),
            ("ruby", "g(name: 1)"),
            ("scala", "object A { def f = g(name = 1) }"),
            ("swift", "g(name: 1)"),
            ("ocaml", "let a = g ~name:1"),
            ("go", "package a\nvar b = &A{name: 1}"),
            ("go", "package a\nvar b = []A{{name: 1}}"),
        ] {
            assert!(is_label(language, text), "{text}");
        }
        for (language, text) in [
            ("javascript", "const a = { b: name };"),
            ("javascript", "name()"),
            ("rust", "fn f() -> A { name }"),
            ("rust", "fn f() -> A { A { b: name } }"),
            ("python", "a = { name: 1 }"),
            ("python", "f(a=name)"),
            ("python", "f(name, 1)"),
            ("rust", "fn f() { assert_eq!(a, name); }"),
            ("javascript", "f(a ? name : 1)"),
            ("kotlin", "fun f() { g(a = name) }"),
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
