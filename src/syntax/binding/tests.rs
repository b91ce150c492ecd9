use std::ops::Range;

use ropey::Rope;

use super::Binding;
use super::Binding::{Assigned, Parameter, Variable};
use crate::syntax::Syntax;
use crate::syntax::language::Language;
use crate::syntax::tree::Tree;

/// Calls `what` with the range of the name that is marked with `$` on both sides.
fn at<T>(language: &str, text: &str, what: impl FnOnce(&Syntax, &Tree, &Range<usize>) -> T) -> T {
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
    check("java", "class A { B c = $x$ -> x; }", Parameter);
    check("swift", "func f() { guard let $x$ = y() else { return } }", Variable);
    check("swift", "func f() { for $x$ in y { } }", Variable);
    check("kotlin", "fun f(x: $X$) { }", None);
    check("ruby", "begin\nrescue E => $x$\nend\n", Variable);
    check("ruby", "def f\n  @$x$ = 1\nend\n", Assigned);
    check("cpp", "void $X$::f(int a) { }", None);
    check("typescript", "const { x: $y$ } = z;", Variable);
    check("typescript", "const { $x$: y } = z;", None);
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
        ("python", "a = [x for $x$ in b]\n", Some("[x for x in b]")),
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
fn a_name_may_be_bound_within_a_statement() {
    for (language, text, expected) in [
        ("python", "def f($x$):\n    g()\n", false),
        ("python", "def f():\n    $x$ = 1\n", false),
        ("python", "for $x$ in y:\n    g()\n", true),
        ("python", "a = [x for $x$ in y]\n", true),
        ("python", "a = lambda $x$: x\n", true),
        ("rust", "fn f() { let $x$ = 1; }", false),
        ("rust", "fn f($x$: u8) { }", false),
        ("rust", "fn f() { g(|$x$| x); }", true),
        ("rust", "fn f() { for $x$ in y { } }", true),
        ("rust", "fn f() { match y { Some($x$) => x } }", true),
        ("javascript", "f($x$ => x)", true),
        ("javascript", "function f($x$) { }", false),
        ("typescript", "class A { f($x$: B) { } }", false),
        ("go", "package a\nfunc f($x$ A) { }", false),
        ("go", "package a\nfunc f() { for $x$ := range y { } }", true),
        ("java", "class A { void f(B $x$) { } }", false),
        ("java", "class A { void f() { for (B $x$ : y) { } } }", true),
        ("java", "class A { void f() { B $x$ = y; } }", false),
        ("c", "void f(int $x$) { }", false),
        ("cpp", "void f() { for (auto $x$ : y) { } }", true),
        ("kotlin", "fun f($x$: A) { }", false),
        ("ruby", "def f($x$)\nend\n", false),
        ("ruby", "y.each { |$x$| g }\n", true),
    ] {
        let found = at(language, text, |syntax, tree, range| syntax.is_inner(tree, range));
        assert_eq!(found, expected, "{text}");
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
        ("rust", "fn f(a: u8) -> $X$ { a }", None),
        ("python", "def f(a) -> $X$:\n    pass\n", None),
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

#[test]
fn labels_of_statements_are_labels() {
    for (language, text) in [
        ("rust", "fn f() { '$name$: loop { } }"),
        ("rust", "fn f() { break '$name$; }"),
        ("go", "package a\nfunc f() {\n$name$:\n\tfor {}\n}"),
        ("go", "package a\nfunc f() { continue $name$ }"),
        ("java", "class A { void f() { $name$: for (;;) { } } }"),
        ("java", "class A { void f() { break $name$; } }"),
        ("typescript", "$name$: for (;;) { }"),
        ("typescript", "for (;;) { continue $name$; }"),
        ("kotlin", "fun f() { $name$@ while (true) { } }"),
        ("kotlin", "fun f() { while (true) { break@$name$ } }"),
        ("c", "void f(void) { $name$: g(); }"),
        ("c", "void f(void) { goto $name$; }"),
        ("c-sharp", "class A { void F() { $name$: G(); } }"),
        ("c-sharp", "class A { void F() { goto $name$; } }"),
        ("swift", "func f() { $name$: while true { } }"),
        ("swift", "func f() { while true { break $name$ } }"),
        ("php", "<?php\ngoto $name$;"),
    ] {
        let (found, tree) = at(language, text, |syntax, tree, range| {
            (syntax.is_label(tree, range), format!("{tree:?}"))
        });
        assert!(found, "{text}\n{tree}");
    }
}
