use ropey::Rope;

use super::*;
use crate::reply::check::imports;

/// Checks the change of the text between `⟦` and `⟧` to `new`: the document after it, or the reason.
fn outcome(language: &str, text: &str, new: &str, (freedom, said): (Freedom, &str)) -> String {
    let (syntax, _) = Syntax::new(None);
    let language = Language::named(language).expect("a language of the table");
    let (before, rest) = text.split_once('⟦').expect("a start");
    let (old, after) = rest.split_once('⟧').expect("an end");
    let rope = Rope::from_str(&format!("{before}{old}{after}"));
    let range = before.len()..before.len() + old.len();
    let tree = syntax.parse(language, &rope).expect("a grammar");
    let place = imports::place(&syntax, &tree, &range);
    let checked = checked(&Proposal {
        syntax: &syntax,
        language,
        rope: &rope,
        range: &range,
        new,
        imports: place.as_ref(),
        freedom,
        said,
    });
    match checked {
        Ok(Checked { new, imports, .. }) => {
            let mut text = rope.to_string();
            text.replace_range(range, &new);
            imports.into_iter().rev().for_each(|(range, it)| text.replace_range(range, &it));
            text
        }
        Err(flaw) => flaw.to_string(),
    }
}

#[track_caller]
fn check(language: &str, said: &str, text: &str, new: &str, expected: &str) {
    let found = outcome(language, text, new, (Freedom::Instruction, said));
    assert_eq!(found, expected, "{language}: {new}");
}

#[test]
fn a_definition_of_the_selection_survives_unless_the_instruction_names_it() {
    let text = "⟦def f():\n    return 1\n⟧\n\ndef g():\n    return 2\n";
    let neighbour = "def g():\n    return 2\n";
    check("python", "Return a set.", text, neighbour, "the answer has no `f`");
    // A copy of the neighbour is no new function, whatever the instruction says.
    check(
        "python",
        "Remove f.",
        text,
        neighbour,
        "the answer repeats `g`, which is outside the selection",
    );
    let renamed = "def h():\n    return 1\n";
    check("python", "Return 2.", text, renamed, "the answer has no `f`");
    let variable = "⟦def f():\n    count = 1\n    return count\n⟧";
    let said = "Rename the variable count to total.";
    check("python", said, variable, "def total():\n    return 1\n", "the answer has no `f`");
    for said in ["Call it h.", "Rename the function.", "f needs another name"] {
        check(
            "python",
            said,
            text,
            renamed,
            "def h():\n    return 1\n\n\ndef g():\n    return 2\n",
        );
    }
    let inner = "⟦def f():\n    def g():\n        return 1\n    return g()\n⟧";
    check("python", "Return 2.", inner, "def f():\n    return 1\n", "def f():\n    return 1\n");
}

/// A function with its neighbour in each language that has documentation, and the same function changed.
const NEIGHBOURS: [(&str, &str, &str, &str, &str); 21] = [
    ("bash", "", "f() {\n  a 1\n}\n", "g() {\n  b 2\n}\n", ""),
    ("c", "", "int f(void) {\n  return 1;\n}\n", "int g(void) {\n  return 2;\n}\n", ""),
    ("cpp", "", "int f() {\n  return 1;\n}\n", "int g() {\n  return 2;\n}\n", ""),
    ("c-sharp", "class A {\n", "  int F() { return 1; }\n", "  int G() { return 2; }\n", "}\n"),
    ("elixir", "defmodule A do\n", "  def f(a), do: a + 1\n", "  def g(a), do: a + 2\n", "end\n"),
    (
        "go",
        "package a\n\n",
        "func f() int {\n\treturn 1\n}\n",
        "func g() int {\n\treturn 2\n}\n",
        "",
    ),
    ("haskell", "", "f :: Int -> Int\nf a = a + 1\n", "g :: Int -> Int\ng b = b + 2\n", ""),
    ("java", "class A {\n", "  int f() { return 1; }\n", "  int g() { return 2; }\n", "}\n"),
    ("javascript", "", "function f() {\n  return 1;\n}\n", "function g() {\n  return 2;\n}\n", ""),
    ("kotlin", "", "fun f(): Int {\n  return 1\n}\n", "fun g(): Int {\n  return 2\n}\n", ""),
    ("lua", "", "function f()\n  return 1\nend\n", "function g()\n  return 2\nend\n", ""),
    ("ocaml", "", "let f x = x + 1\n", "let g x = x + 2\n", ""),
    ("php", "<?php\n", "function f() {\n  return 1;\n}\n", "function g() {\n  return 2;\n}\n", ""),
    ("python", "", "def f():\n    return 1\n", "def g():\n    return 2\n", ""),
    ("ruby", "", "def f\n  1\nend\n", "def g\n  2\nend\n", ""),
    ("rust", "", "fn f() -> u8 {\n    1\n}\n", "fn g() -> u8 {\n    2\n}\n", ""),
    ("scala", "object A {\n", "  def f(a: Int) = a + 1\n", "  def g(a: Int) = a + 2\n", "}\n"),
    ("swift", "", "func f() -> Int {\n  return 1\n}\n", "func g() -> Int {\n  return 2\n}\n", ""),
    ("tsx", "", "function f() {\n  return 1;\n}\n", "function g() {\n  return 2;\n}\n", ""),
    ("typescript", "", "function f() {\n  return 1;\n}\n", "function g() {\n  return 2;\n}\n", ""),
    ("zig", "", "fn f() u8 {\n    return 1;\n}\n", "fn g() u8 {\n    return 2;\n}\n", ""),
];

#[test]
fn in_every_language_the_neighbour_does_not_replace_the_selection_and_a_change_does() {
    for (language, head, selected, neighbour, tail) in NEIGHBOURS {
        let text = format!("{head}⟦{selected}⟧\n{neighbour}{tail}");
        let found = outcome(language, &text, neighbour, (Freedom::Instruction, "Add one."));
        assert!(found.starts_with("the answer has no `"), "{language}: {found}");
        for (changed, freedom) in [
            (selected.replace('1', "3"), Freedom::Instruction),
            (selected.to_owned(), Freedom::Documentation),
            (selected.to_owned(), Freedom::Types),
        ] {
            let expected = format!("{head}{changed}\n{neighbour}{tail}");
            assert_eq!(
                outcome(language, &text, &changed, (freedom, "Add two.")),
                expected,
                "{language}"
            );
        }
    }
}

#[test]
fn in_every_language_a_repeated_neighbour_is_removed_from_an_answer() {
    for (language, head, selected, neighbour, tail) in NEIGHBOURS {
        let changed = selected.replace('1', "3");
        let text = format!("{head}⟦{selected}⟧\n{neighbour}{tail}");
        let expected = format!("{head}{changed}\n{neighbour}{tail}");
        for new in [format!("{changed}\n{neighbour}"), format!("{neighbour}\n{changed}")] {
            let found = outcome(language, &text, &new, (Freedom::Instruction, "Return 3."));
            assert_eq!(found, expected, "{language}");
        }
    }
}

#[test]
fn a_repeated_definition_between_others_is_refused() {
    let text = "⟦def f():\n    return 1\n⟧\n\ndef g():\n    return 2\n";
    let new = "def f():\n    return 3\n\n\ndef g():\n    return 2\n\n\ndef h():\n    return 4\n";
    check(
        "python",
        "Return 3.",
        text,
        new,
        "the answer repeats `g`, which is outside the selection",
    );
    // The same name in another place is another definition.
    let methods = "class A:\n⟦    def f(self):\n        return 1\n⟧\n\nclass B:\n    def g(self):\n        pass\n";
    let new = "    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n";
    let expected = methods
        .replace('⟦', "")
        .replace("        return 1\n⟧", "        return 1\n\n    def g(self):\n        return 2\n");
    check("python", "Add g.", methods, new, &expected);
    let overloads = "class A {\n⟦  int f() { return 1; }\n⟧  int g(int a) { return a; }\n}\n";
    let new = "  int f() { return 1; }\n  int g() { return 2; }\n";
    let expected = "class A {\n  int f() { return 1; }\n  int g() { return 2; }\n  int g(int a) { return a; }\n}\n";
    check("java", "Add g without a parameter.", overloads, new, expected);
}

#[test]
fn a_copy_of_the_start_of_the_file_is_removed_from_an_answer() {
    let head = "import os\nimport typing as t\n\nif t.TYPE_CHECKING:\n    from a import B\n\n\ndef g() -> bool:\n    return 2\n\n\n";
    let text = format!("{head}⟦def f():\n    x = 1\n    return x\n⟧");
    let new = "import os\n\nif t.TYPE_CHECKING:\n    from a import B\n\n\ndef g() -> bool:\n    return not not 2\n\n\ndef f():\n    return 1\n";
    check("python", "Simplify.", &text, new, &format!("{head}def f():\n    return 1\n"));
    let other = new.replace("if t.TYPE_CHECKING:", "if True:");
    let refused = "the answer repeats `g`, which is outside the selection";
    check("python", "Simplify.", &text, &other, refused);
}

#[test]
fn documentation_and_types_leave_the_other_tokens_as_they_were() {
    let text = "⟦def f(a):\n    return a + 1\n⟧";
    let document = |new| outcome("python", text, new, (Freedom::Documentation, ""));
    let new = "def f(a):\n    \"\"\"Adds one.\"\"\"\n    return a + 1\n";
    assert_eq!(document(new), new);
    let replaced = "the answer replaces `1` in line 2 with `2`";
    assert_eq!(document("def f(a):\n    # Adds one.\n    return a + 2\n"), replaced);
    let typed = "def f(a: int) -> int:\n    return a + 1\n";
    assert_eq!(document(typed), "the answer replaces `)` in line 1 with `:`");
    assert_eq!(document("def f(a):\n    return a\n"), "the answer omits `+` in line 2");
    assert_eq!(
        document("def f(a):\n    return a + 1\n\n\nprint(f)\n"),
        "the answer adds `print` after the selected code"
    );
    let types = |new| outcome("python", text, new, (Freedom::Types, ""));
    assert_eq!(types(typed), typed);
    assert_eq!(
        types("def f(a: int):\n    return int(a)\n"),
        "the answer replaces `a` in line 2 with `int`"
    );
}

#[test]
fn a_large_deletion_needs_an_instruction_that_asks_for_it() {
    let text = "⟦def f(a, b):\n    \"\"\"Adds the numbers, as the users of the shop expect it.\"\"\"\n    first = a\n    second = b\n    third = first + second\n    return third\n⟧";
    let new = "def f(a, b):\n    return a\n";
    let refused = outcome("python", text, new, (Freedom::Instruction, "Return a."));
    assert!(refused.starts_with("the answer deletes more than half"), "{refused}");
    for said in ["Remove the sum.", "simplify", "Shorten it!", "this is unused"] {
        assert_eq!(outcome("python", text, new, (Freedom::Instruction, said)), new, "{said}");
    }
    let new = "def f(a, b):\n    return a + b\n";
    assert_eq!(outcome("python", text, new, (Freedom::Form, "")), new);
}

#[test]
fn a_shorter_function_still_uses_its_parameters() {
    let text = "⟦def flag(name, default):\n    value = get(name)\n    if not value:\n        return default\n    return value\n⟧";
    let check = |new: &str, expected: &str| {
        assert_eq!(outcome("python", text, new, (Freedom::Form, "")), expected);
    };
    let shorter = "def flag(name, default):\n    return get(name) or default\n";
    check(shorter, shorter);
    let other = "def flag(name, default):\n    return get(name)\n";
    check(other, "the answer does not use the parameter `default` any more");
    let unused = "⟦fn f(_x: u8, y: u8) -> u8 {\n    let z = y;\n    z\n}\n⟧";
    let new = "fn f(_x: u8, y: u8) -> u8 {\n    y\n}\n";
    assert_eq!(outcome("rust", unused, new, (Freedom::Form, "")), new);
    let closure = "⟦const g = (a: A[]) => a.map((x) => f(x));\n⟧";
    let new = "const g = (a: A[]) => a.map(f);\n";
    assert_eq!(outcome("typescript", closure, new, (Freedom::Form, "")), new);
}

#[test]
fn imports_of_an_answer_go_to_the_imports_of_the_file() {
    let text = "import os\nimport re\n\n\nclass A:\n⟦    def f(self):\n        return 1\n⟧";
    let new = "import re\nimport json\n\n    def f(self):\n        return json.dumps(re)\n";
    let expected = "import os\nimport re\nimport json\n\n\nclass A:\n    def f(self):\n        return json.dumps(re)\n";
    check("python", "Use JSON.", text, new, expected);
    let text = "use std::fs;\n\n⟦fn f() -> u8 {\n    1\n}\n⟧";
    let new = "use std::io::Read;\n\nfn f() -> u8 {\n    2\n}\n";
    check(
        "rust",
        "Read.",
        text,
        new,
        "use std::fs;\nuse std::io::Read;\n\nfn f() -> u8 {\n    2\n}\n",
    );
    let text = "class A:\n⟦    def f(self):\n        return 1\n⟧";
    let new = "    import re\n\n    def f(self):\n        return re\n";
    let expected = "import re\n\nclass A:\n    def f(self):\n        return re\n";
    check("python", "Use re.", text, new, expected);
}

#[test]
fn an_answer_that_only_repeats_code_and_imports_is_no_change() {
    let text = "import os\nimport re\n\n\n⟦def f():\n    return re\n⟧";
    let new = "import re\n\ndef f():\n    return re\n";
    check("python", "Use re.", text, new, "the answer changes nothing");
}

#[test]
fn a_name_is_imported_once() {
    let cases = [
        ("python", "import a\n", "import a, b\n", "import a, b\n"),
        ("python", "import a, c\n", "import a, b\n", "import a, c\nimport b\n"),
        ("python", "from m import a\n", "from m import a, b\n", "from m import a, b\n"),
        (
            "python",
            "from m import a, c\n",
            "from m import a, b\n",
            "from m import a, c\nfrom m import b\n",
        ),
        (
            "python",
            "from m import a\nfrom m import c\nimport d\n",
            "from m import (\n    a,\n    b,\n    c,\n)\n",
            "from m import (\n    a,\n    b,\n    c,\n)\nimport d\n",
        ),
        (
            "typescript",
            "import { a } from 'm';\n",
            "import { a, b } from 'm';\n",
            "import { a, b } from 'm';\n",
        ),
        ("tsx", "import A from 'm'\n", "import A, { b } from 'm'\n", "import A, { b } from 'm'\n"),
        (
            "javascript",
            "const { a, c } = require('m');\n",
            "const { a, b } = require('m');\n",
            "const { a, c } = require('m');\nconst { b } = require('m');\n",
        ),
        ("rust", "use m::a;\n", "use m::{a, b};\n", "use m::{a, b};\n"),
        (
            "rust",
            "use m::{a, c};\nuse n::d;\n",
            "use m::{a, b};\nuse n::{d, e};\n",
            "use m::{a, c};\nuse n::{d, e};\nuse m::b;\n",
        ),
    ];
    for (language, there, new, expected) in cases {
        let (old, code) = match language {
            "python" => ("def f():\n    return 1\n", "def f():\n    return a(b)\n"),
            "rust" => ("fn f() -> u8 {\n    1\n}\n", "fn f() -> u8 {\n    a(b)\n}\n"),
            _ => ("function f() {\n  return 1;\n}\n", "function f() {\n  return a(b);\n}\n"),
        };
        let text = format!("{there}\n⟦{old}⟧");
        let (new, expected) = (format!("{new}\n{code}"), format!("{expected}\n{code}"));
        check(language, "Use b.", &text, &new, &expected);
        let crlf = |it: &str| it.replace('\n', "\r\n");
        check(language, "Use b.", &crlf(&text), &crlf(&new), &crlf(&expected));
    }
    let text = "import x  # noqa\n\n\ndef f():\n    import a\n    return a\n\n\n⟦def g():\n    return 1\n⟧";
    let new = "import x, y\nimport a\n\ndef g():\n    return a(y)\n";
    let expected = "import x  # noqa\nimport y\nimport a\n\n\ndef f():\n    import a\n    return a\n\n\ndef g():\n    return a(y)\n";
    check("python", "Use a.", text, new, expected);
}

#[test]
fn data_and_prose_are_checked_for_syntax_errors_only() {
    let changed = "# Begin\n\nNew.\n";
    check(
        "markdown",
        "Be friendly.",
        "⟦# Start\n\nOld.\n⟧\n# Start\n",
        changed,
        "# Begin\n\nNew.\n\n# Start\n",
    );
    check("json", "Rename.", "⟦{\"a\": 1}\n⟧", "{\"b\": 1}\n", "{\"b\": 1}\n");
    check(
        "json",
        "Rename.",
        "⟦{\"a\": 1}\n⟧",
        "{\"b\": }\n",
        "the answer would add a syntax error",
    );
}

#[test]
fn a_simplification_keeps_literals_and_uses_what_it_used() {
    let text = "⟦@a\ndef g(b):\n    if b:\n        return f('-')\n    return 60\n⟧\n\ndef f(a):\n    return a\n";
    let rest = "\n\ndef f(a):\n    return a\n";
    for (body, expected) in [
        ("@a\ndef g(b):\n    return f('-') if b else 60\n", None),
        ("@a\ndef g(b):\n    return f('-') if b else 6\n", Some("`60` of line 5")),
        ("@a\ndef g(b):\n    return f('') if b else 60\n", Some("`-` of line 4")),
        ("@a\ndef g(b):\n    return '-' if b else 60\n", Some("`f` of line 4")),
        ("def g(b):\n    return f('-') if b else 60\n", Some("`@a` of line 1")),
    ] {
        let found = outcome("python", text, body, (Freedom::Form, ""));
        let refused = |it: &str| format!("the answer omits {it}, so it behaves differently");
        assert_eq!(found, expected.map_or_else(|| format!("{body}{rest}"), refused), "{body}");
    }
}

#[test]
fn a_rename_changes_only_names_of_variables_and_each_everywhere() {
    let text = "⟦def f(a, b):\n    return a.b + g(b)\n⟧";
    for (new, expected) in [
        ("def f(node, b):\n    return node.b + g(b)\n", None),
        ("def f(b, c):\n    return b.b + g(c)\n", None),
        ("def f(node, b):\n    return a.b + g(b)\n", Some("renames `a` in some places only")),
        ("def f(b, b):\n    return b.b + g(b)\n", Some("gives two things the name `b`")),
        ("def f(a, b):\n    return a.b + h(b)\n", Some("replaces `g` in line 2 with `h`")),
        ("def f(a, b):\n    return a.b\n", Some("omits `+` in line 2")),
    ] {
        let found = outcome("python", text, new, (Freedom::Names, ""));
        assert_eq!(
            found,
            expected.map_or(new.to_owned(), |it| format!("the answer {it}")),
            "{new}"
        );
    }
}

#[test]
fn a_definition_that_the_answer_gives_twice_is_refused() {
    let text = "⟦def f():\n    return 1\n⟧\nx = 1\n";
    let new = "def f():\n    return 3\n\n\ndef f():\n    return 2\n";
    check("python", "Return 2.", text, new, "the answer defines `f` twice");
    // A function of TypeScript has other signatures, but one body.
    let text = "⟦function f(a: number): number {\n  return a;\n}\n⟧";
    let with = |signature: &str| format!("function f({signature} {{\n  return 2;\n}}\n");
    let doubled = with("a: number): number") + "\n" + &with("a: number, b = 2): number");
    check("typescript", "Return 2.", text, &doubled, "the answer defines `f` twice");
    let overloaded = "function f(a: string): number;\nfunction f(a: number): number;\n".to_owned()
        + &with("a: unknown): number");
    check("typescript", "Return 2.", text, &overloaded, &overloaded);
}

#[test]
fn a_class_is_not_nested_in_itself() {
    let text = "impl A {\n    fn f() {}\n\n⟦    fn g() -> u8 {\n        1\n    }\n⟧}\n";
    let new = "    impl A {\n        fn g() -> u8 {\n            2\n        }\n    }\n";
    let why = |head: &str| format!("the answer repeats `{head}`, which is outside the selection");
    check("rust", "Return 2.", text, new, &why("impl A {"));
    let text = "class A:\n    x = 1\n\n⟦    def g(self):\n        return 1\n⟧";
    let new = "    class A:\n        def g(self):\n            return 2\n";
    check("python", "Return 2.", text, new, &why("class A:"));
}

#[test]
fn the_code_as_it_was_is_left_out_of_an_answer_that_has_it_beside_the_changed_code() {
    let (old, new) = ("def f():\n    return 1\n", "def f():\n    return 2\n");
    let helper = "def g():\n    return 2\n";
    let text = format!("⟦{old}⟧\nx = 1\n");
    for (answer, expected) in [
        (format!("{old}\n\n{new}"), new.to_owned()),
        (format!("# Before\n{old}\n\n# After\n{new}"), format!("# After\n{new}")),
        (format!("{new}\n\n{old}"), new.to_owned()),
        (format!("{helper}\n\n{old}\n\n{new}"), format!("{helper}\n\n{new}")),
        (format!("{old}\n\n{helper}\n\n{new}"), format!("{helper}\n\n{new}")),
        (format!("{new}\n\n{old}\n\n{helper}"), format!("{new}\n\n{helper}")),
    ] {
        check("python", "Return 2.", &text, &answer, &format!("{expected}\nx = 1\n"));
    }
    let twice = format!("{old}\n\n{old}");
    check("python", "Return 2.", &text, &twice, "the answer defines `f` twice");
    // A copy with documentation is more than a copy.
    let text = "⟦# One.\ndef f():\n    return 1\n⟧\nx = 1\n";
    let documented = format!("# One.\n{old}\n\n{new}");
    check("python", "Return 2.", text, &documented, "the answer defines `f` twice");
    let text = "⟦export function f(a: number): number {\n  return a;\n}\n⟧";
    let (old, new) =
        (text.trim_matches(['⟦', '⟧']), "export function f(a: number): number {\n  return 2;\n}\n");
    check("typescript", "Return 2.", text, &format!("// f.ts\n\n{old}\n{new}"), new);
}

#[test]
fn a_renamed_variable_keeps_the_name_of_its_member() {
    let text = "⟦function f(a: number) {\n  return { a };\n}\n⟧";
    let right = "function f(width: number) {\n  return { a: width };\n}\n";
    assert_eq!(outcome("typescript", text, right, (Freedom::Names, "")), right);
    let wrong = "function f(width: number) {\n  return { width };\n}\n";
    let refused = outcome("typescript", text, wrong, (Freedom::Names, ""));
    assert_eq!(refused, "the answer renames the member `a`");
}

#[test]
fn a_simplified_function_keeps_its_signature() {
    let text = "⟦def f(a: int, b: bool = True) -> int:\n    c = a\n    return c if b else 0\n⟧";
    let right = "def f(\n    a: int,\n    b: bool = True,\n) -> int:\n    return a if b else 0\n";
    assert_eq!(outcome("python", text, right, (Freedom::Form, "")), right);
    let untyped = "def f(a, b=True):\n    return a if b else 0\n";
    let refused = "the answer changes the signature of `f`";
    assert_eq!(outcome("python", text, untyped, (Freedom::Form, "")), refused);
}

#[test]
fn blank_lines_alone_are_no_change() {
    let text = "def g():\n    return 1\n\n\n⟦def f():\n    return 1\n⟧";
    let new = "\ndef f():\n\n    return 1  \n";
    check("python", "Return 2.", text, new, "the answer changes nothing");
    let spaced = outcome("python", text, new, (Freedom::Instruction, "Add a blank line."));
    assert!(spaced.ends_with(new), "{spaced}");
}

#[test]
fn an_extracted_function_is_new_and_is_called() {
    let text = "⟦def f(a):\n    b = a * 2\n    return b + 10\n⟧";
    let helper = "def doubled(a):\n    return a * 2\n";
    let with = |f: &str| format!("def f(a):\n    return {f} + 10\n\n\n{helper}");
    let called = with("doubled(a)");
    let recursive = "def f(a):\n    return g(a)\n\n\ndef g(a):\n    return f(a) * 2 + 10\n";
    for (new, expected) in [
        (called.clone(), called),
        (with("a * 2"), "the answer calls no new function".to_owned()),
        (
            "def f(a):\n    return a * 2 + 10\n".to_owned(),
            "the answer calls no new function".to_owned(),
        ),
        (
            recursive.to_owned(),
            "the new function `g` calls `f`, which did not call itself".to_owned(),
        ),
    ] {
        assert_eq!(outcome("python", text, &new, (Freedom::Split, "")), expected);
    }
    let text = "class A:\n⟦    def f(self):\n        return self.b * 2\n⟧";
    let new = "    def f(self):\n        return self.g()\n\n    def g(self):\n        return self.b * 2\n";
    assert_eq!(outcome("python", text, new, (Freedom::Split, "")), format!("class A:\n{new}"));
    let bare = new.replace("self.g()", "g(self)");
    assert_eq!(
        outcome("python", text, &bare, (Freedom::Split, "")),
        "the answer calls the new method `g` without an object"
    );
}

#[test]
fn an_extracted_function_is_a_part_of_the_code() {
    let text = "⟦def f(a):\n    b = 0\n    for c in a:\n        b += c * c\n    return b + 1\n⟧";
    let right = "def f(a):\n    return squares(a) + 1\n\n\ndef squares(a):\n    b = 0\n    for c in a:\n        b += c * c\n    return b\n";
    let more = "def f(a):\n    b = 0\n    for c in a:\n        b += c * c\n    return b + one(a)\n\n\ndef one(a):\n    return min(max(len(a) + 1, 1), 1)\n";
    assert_eq!(outcome("python", text, right, (Freedom::Split, "")), right);
    let why = "the answer moves no code into a new function";
    assert_eq!(outcome("python", text, more, (Freedom::Split, "")), why);
}

#[test]
fn an_extracted_function_keeps_the_comparisons_of_the_code() {
    let text = "⟦fn f(a: u8, b: u8) -> bool {\n    if a == 0 {\n        return true;\n    }\n    a != b\n}\n⟧";
    let with = |rest: &str, helper: &str| {
        format!(
            "fn f(a: u8, b: u8) -> bool {{\n    if a == 0 {{\n        return true;\n    }}\n    {rest}\n}}\n\n\
             fn differ(one: u8, other: u8) -> bool {{\n    {helper}\n}}\n"
        )
    };
    let right = with("differ(a, b)", "one != other");
    let turned = with("!differ(a, b)", "one == other");
    let wrong = with("differ(a, b)", "one > 0 && other > 0");
    // The same comparison at two places is one.
    let twice = with("a == 0 || differ(a, b)", "one > 0 && other > 0");
    for (new, expected) in [
        (&right, right.as_str()),
        (&turned, &turned),
        (&wrong, "the answer omits `!=` of line 5, so it behaves differently"),
        (&twice, "the answer omits `!=` of line 5, so it behaves differently"),
    ] {
        assert_eq!(outcome("rust", text, new, (Freedom::Split, "")), expected);
    }
}

#[test]
fn a_rewrite_does_not_fail_where_the_code_did_not() {
    let text = "⟦fn f(a: Option<u8>) -> u8 {\n    match a {\n        Some(b) => b,\n        None => 0,\n    }\n}\n⟧";
    let with = |body: &str| format!("fn f(a: Option<u8>) -> u8 {{\n    {body}\n}}\n");
    let (right, wrong) = (with("a.unwrap_or(0)"), with("a.unwrap()"));
    assert_eq!(outcome("rust", text, &right, (Freedom::Form, "")), right);
    let why = "the answer adds `unwrap`, so it can fail where the code did not";
    assert_eq!(outcome("rust", text, &wrong, (Freedom::Form, "")), why);
    check("rust", "Unwrap a.", text, &wrong, &wrong);
    let text = "⟦fun f(a: String?): Int {\n    if (a == null) return 0\n    return a.length\n}\n⟧";
    let wrong = "fun f(a: String?): Int {\n    return a!!.length\n}\n";
    let why = "the answer adds `!!`, so it can fail where the code did not";
    assert_eq!(outcome("kotlin", text, wrong, (Freedom::Form, "")), why);
}

#[test]
fn an_instruction_that_only_renames_changes_nothing_else() {
    let text = "⟦def f(part):\n    count = len(part)\n    return count + 1\n⟧";
    let right = "def f(part):\n    total = len(part)\n    return total + 1\n";
    let partly = "def f(part):\n    total = len(part)\n    return count + 1\n";
    let more = "def f(part):\n    total = len(part)\n    return total + 2\n";
    let said = "Rename the variable count to total.";
    check("python", said, text, right, right);
    check("python", said, text, partly, "the answer renames `count` in some places only");
    check("python", said, text, more, "the answer replaces `1` in line 3 with `2`");
    let other = "def f(total):\n    count = len(total)\n    return count + 1\n";
    let why = "the answer renames `part`, which the instruction does not name";
    check("python", said, text, other, why);
    check("python", "Rename count to total and add 2.", text, more, more);
}

#[test]
fn a_variable_does_not_take_the_name_of_a_function() {
    let text = "⟦def f(a):\n    return a\n⟧";
    let new = "def f(a):\n    return a + 1\n\nf = lambda a: f(a)\n";
    check("python", "Add 1.", text, new, "the answer defines `f` twice");
    let local = "def f(a):\n    f = a\n    return f\n";
    check("python", "Use a variable.", text, local, local);
}

#[test]
fn of_documented_code_that_was_changed_only_the_documentation_is_taken() {
    let check = |language: &str, text: &str, new: &str, expected: &str| {
        assert_eq!(outcome(language, text, new, (Freedom::Documentation, "")), expected, "{new}");
    };
    let text = "⟦def f(a):\n    b = a\n    return b\n⟧";
    check(
        "python",
        text,
        "def f(a):\n    \"\"\"Gives a.\n\n    Never fails.\n    \"\"\"\n    if not a:\n        raise ValueError(a)\n\n    b = a\n    return b\n",
        "def f(a):\n    \"\"\"Gives a.\n\n    Never fails.\n    \"\"\"\n    b = a\n    return b\n",
    );
    check(
        "python",
        text,
        "def f(a):\n    # Empty?\n    if not a:\n        raise ValueError(a)\n    b = a\n    return b\n",
        "the answer replaces `b` in line 2 with `if`",
    );
    check(
        "rust",
        "⟦fn f(a: u8) -> u8 {\n    a + 1\n}\n⟧",
        "/// The next number.\npub fn f(a: u8) -> u8 {\n    a.wrapping_add(1)\n}\n",
        "/// The next number.\nfn f(a: u8) -> u8 {\n    a + 1\n}\n",
    );
    check(
        "typescript",
        "⟦// Old.\nfunction f(a: number) {\n  return a;\n}\n⟧",
        "/** Gives `a`. */\nfunction f(a: number): number {\n  return a;\n}\n",
        "/** Gives `a`. */\nfunction f(a: number) {\n  return a;\n}\n",
    );
}

#[test]
fn a_condition_is_turned_around_only_if_the_instruction_can_mean_that() {
    let first = "def get_debug_flag():\n    val = read()\n    return val not in (\"0\", \"no\")\n";
    let second = "def get_load_dotenv(default):\n    return read() in (\"0\", \"no\")\n";
    let turned = second.replace("() in", "() not in");
    let as_set = first.replace("(\"0\", \"no\")", "{\"0\", \"no\"}");
    let text = format!("⟦{first}\n\n{second}⟧");
    let flaw = "the answer only turns the condition in line 7 around";
    let said = "use a set for the values that count as false";
    for first in [first, &as_set] {
        let new = format!("{first}\n\n{turned}");
        check("python", said, &text, &new, flaw);
        check("python", "skip these values", &text, &new, &new);
    }
    let new = format!("{as_set}\n\n{second}");
    check("python", said, &text, &new, &new);
    // Other words for the same condition, and a condition that the instruction names.
    for (language, old, new, said, expected) in [
        ("python", "x = not a == b\n", "x = a != b\n", "Use one operator.", None),
        ("python", "x = a == b\n", "x = a != b\n", "Use one operator.", Some(1)),
        ("python", "x = a == b\n", "x = a is not b\n", "Compare identities.", Some(1)),
        ("python", "x = a == b\n", "x = a != b\n", "True if they are not the same.", None),
        (
            "rust",
            "fn f(a: bool) -> bool {\n    a\n}\n",
            "fn f(a: bool) -> bool {\n    !a\n}\n",
            "Return a boolean.",
            Some(2),
        ),
        (
            "rust",
            "fn f(a: bool) -> bool {\n    !(!a)\n}\n",
            "fn f(a: bool) -> bool {\n    a\n}\n",
            "Use a.",
            None,
        ),
        (
            "rust",
            "fn f(a: bool) -> bool {\n    a\n}\n",
            "fn f(a: bool) -> bool {\n    !a\n}\n",
            "Negate it.",
            None,
        ),
        (
            "typescript",
            "const a = b === c;\n",
            "const a = b !== c;\n",
            "Compare strictly.",
            Some(1),
        ),
        ("typescript", "if (!b) f();\n", "if (b === undefined) f();\n", "Compare strictly.", None),
        ("ruby", "f if b\n", "f unless b\n", "Use one line.", Some(1)),
    ] {
        let expected = expected.map_or(new.to_owned(), |it: usize| {
            format!("the answer only turns the condition in line {it} around")
        });
        check(language, said, &format!("⟦{old}⟧"), new, &expected);
    }
    let (old, new) = ("def f(a):\n    return a == 1\n", "def f(a):\n    return a != 1\n");
    let text = format!("⟦{old}⟧");
    let flaw = "the answer only turns the condition in line 2 around";
    assert_eq!(outcome("python", &text, new, (Freedom::Form, "")), flaw);
    assert_eq!(outcome("python", &text, new, (Freedom::Repair, "the test fails")), new);
}
