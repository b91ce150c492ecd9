//! Answers that repeat the surroundings of the selection, or use another style than the document.

use super::*;

/// The selection is between `⟦` and `⟧`.
#[track_caller]
fn edited(text: &str, answer: &str) -> Result<String, Unusable> {
    let (before, rest) = text.split_once('⟦').unwrap();
    let (old, after) = rest.split_once('⟧').unwrap();
    let whole = format!("{before}{old}{after}");
    let site = Site {
        before,
        after,
        unit: Indentation::of(&whole),
        has_crlf: whole.contains("\r\n"),
        ..Site::alone(old)
    };
    read(&format!("```\n{answer}```\n"), &site).map(|it| format!("{before}{it}{after}"))
}

#[track_caller]
fn becomes(text: &str, answer: &str, expected: &str) {
    assert_eq!(edited(text, answer).as_deref(), Ok(expected), "{answer}");
}

#[test]
fn repeated_lines_around_the_selection_are_context() {
    let text = "a = 1\n⟦value = 2\n⟧print(value)\n";
    let new = "a = 1\nvalue = 3\nprint(value)\n";
    for answer in [
        "value = 3\n",
        "value = 3\nprint(value)\n",
        "a = 1\nvalue = 3\n",
        "a = 1\nvalue = 3\nprint(value)\n",
        "a = 1\n\nvalue = 3\n\nprint(value)\n",
    ] {
        becomes(text, answer, new);
    }
    let text = "fn f() {\n    let a = 1;\n⟦    let b = 2;\n⟧    a + b\n}\n";
    let new = "fn f() {\n    let a = 1;\n    let b = 3;\n    a + b\n}\n";
    for answer in [
        "let b = 3;\na + b\n",
        "    let b = 3;\n    a + b\n}\n",
        "fn f() {\n    let a = 1;\n    let b = 3;\n    a + b\n}\n",
        "let a = 1;\nlet b = 3;\n",
    ] {
        becomes(text, answer, new);
    }
}

#[test]
fn a_definition_around_the_selection_is_not_nested_in_itself() {
    let text = "def f(a):\n    x = a\n⟦    return x\n⟧";
    let answer = "def f(a, b):\n    return a + b\n";
    assert_eq!(edited(text, answer), Err(Unusable::Outside));
    let text = "if check(a):\n⟦    b()\n⟧";
    becomes(text, "if check(b):\n    c()\n", "if check(a):\n    if check(b):\n        c()\n");
    let text = "def f(a):\n⟦    return a\n⟧";
    becomes(
        text,
        "def g(b):\n    return b\nreturn g(a)\n",
        "def f(a):\n    def g(b):\n        return b\n    return g(a)\n",
    );
}

#[test]
fn a_class_around_the_new_text_is_context() {
    let text =
        "impl A {\n    fn f() {}\n\n⟦    fn g() -> u8 {\n        1\n    }\n⟧\n    fn h() {}\n}\n";
    let new =
        "impl A {\n    fn f() {}\n\n    fn g() -> u8 {\n        2\n    }\n\n    fn h() {}\n}\n";
    for answer in [
        "impl A {\n    fn g() -> u8 {\n        2\n    }\n}\n",
        "    impl A {\n        fn g() -> u8 {\n            2\n        }\n    }\n",
        "impl A {\n\n    fn g() -> u8 {\n        2\n    }\n\n    fn h() {}\n}\n",
    ] {
        becomes(text, answer, new);
    }
    let text = "class A:\n    def f(self):\n        pass\n\n⟦    def g(self):\n        return 1\n⟧";
    let new = "class A:\n    def f(self):\n        pass\n\n    def g(self):\n        return 2\n";
    becomes(text, "class A:\n    def g(self):\n        return 2\n", new);
    let text = "class A\n  def f\n  end\n\n⟦  def g\n    1\n  end\n⟧end\n";
    let new = "class A\n  def f\n  end\n\n  def g\n    2\n  end\nend\n";
    becomes(text, "class A\n  def g\n    2\n  end\nend\n", new);
    // Another class is new text.
    let text = "class A:\n    def f(self):\n        pass\n\n⟦    def g(self):\n        return 1\n⟧";
    let new = "class A:\n    def f(self):\n        pass\n\n    class B:\n        def g(self):\n            return 2\n";
    becomes(text, "class B:\n    def g(self):\n        return 2\n", new);
}

#[test]
fn brackets_of_the_new_text_are_not_context() {
    let text = "fn f() {\n⟦    g();\n⟧}\n";
    becomes(text, "if a {\n    g();\n}\n", "fn f() {\n    if a {\n        g();\n    }\n}\n");
    becomes(text, "    h();\n}\n", "fn f() {\n    h();\n}\n");
    let text = "if a {\n⟦    if b {\n        g();\n    }\n⟧}\n";
    becomes(text, "if b {\n    h();\n}\n", "if a {\n    if b {\n        h();\n    }\n}\n");
}

#[test]
fn a_line_at_the_edge_of_the_old_text_is_kept() {
    becomes("x += 1\n⟦x += 1\ny = 2\n⟧", "x += 1\ny = 3\n", "x += 1\nx += 1\ny = 3\n");
    becomes("⟦y = 2\nx += 1\n⟧x += 1\n", "y = 3\nx += 1\n", "y = 3\nx += 1\nx += 1\n");
    becomes("⟦y = 2\nx += 1\n⟧x += 1\n", "y = 3\nx += 1\nx += 1\n", "y = 3\nx += 1\nx += 1\n");
}

#[test]
fn an_answer_without_a_fence_that_repeats_its_surroundings_is_code() {
    let site = Site { before: "a = 1\n", after: "print(value)\n", ..Site::alone("value = 2\n") };
    assert_eq!(read("value = 3\nprint(value)", &site).as_deref(), Ok("value = 3\n"));
}

#[test]
fn spaces_become_tabs_where_the_document_has_tabs() {
    let text = "def f():\n⟦\tx = 1\n⟧\treturn x\n";
    let new = "def f():\n\tif a:\n\t\tx = 2\n\treturn x\n";
    for answer in [
        "if a:\n    x = 2\n",
        "if a:\n  x = 2\n",
        "    if a:\n        x = 2\n",
        "def f():\n    if a:\n        x = 2\n    return x\n",
    ] {
        becomes(text, answer, new);
    }
    becomes("a:\n⟦\tf(a,\n\t  b)\n⟧", "    f(c,\n      b)\n", "a:\n\tf(c,\n\t  b)\n");
}

#[test]
fn tabs_become_spaces_and_steps_match_the_document() {
    let text = "function f() {\n⟦  a();\n⟧}\n";
    let new = "function f() {\n  if (b) {\n    a();\n  }\n}\n";
    for answer in [
        "if (b) {\n\ta();\n}\n",
        "\tif (b) {\n\t\ta();\n\t}\n",
        "if (b) {\n    a();\n}\n",
        "    if (b) {\n        a();\n    }\n",
    ] {
        becomes(text, answer, new);
    }
    let text = "class A {\n    void f() {\n⟦        a();\n⟧    }\n}\n";
    becomes(
        text,
        "b(\n        c);\n",
        "class A {\n    void f() {\n        b(\n                c);\n    }\n}\n",
    );
    // Alignment is not a step, and kept lines show the document's own step.
    let text = "⟦int f(int a,\n      int b) {\n  return a;\n}\n⟧";
    let new = "int f(int a,\n      int c) {\n  return c;\n}\n";
    becomes(text, new, new);
}

#[test]
fn a_new_document_uses_the_convention_of_its_language() {
    let unit = Indentation::in_document("func f() {}\n", || None, "go", None);
    let site = Site { unit, language: "go", ..Site::alone("func f() {}\n") };
    let new = read("```go\nfunc f() {\n    g()\n}\n```", &site);
    assert_eq!(new.as_deref(), Ok("func f() {\n\tg()\n}\n"));
}

#[test]
fn new_lines_have_the_line_ends_of_the_document() {
    becomes("a\r\n⟦b⟧\r\nc\r\n", "b\nd\n", "a\r\nb\r\nd\r\nc\r\n");
    becomes("a\r\n⟦b\r\n⟧c\r\n", "b\nd\n", "a\r\nb\r\nd\r\nc\r\n");
}

#[test]
fn reasoning_is_not_part_of_the_new_text() {
    let old = "let a = 1;\n";
    for answer in [
        "<think>\nWith ```rust\nlet b = 2;\n``` perhaps?\n</think>\n```\nlet a = 3;\n```\n",
        "Hm, so it is 3.\n</think>\n```\nlet a = 3;\n```\n",
        "<reasoning>3</reasoning>```\nlet a = 3;\n```",
    ] {
        assert_eq!(read(answer, &Site::alone(old)).as_deref(), Ok("let a = 3;\n"), "{answer}");
    }
    let half = read("<think>\n```\nlet a = 3;\n```\n", &Site::alone(old));
    assert_eq!(half, Err(Unusable::Half));
}

#[test]
fn blank_lines_at_the_edges_are_kept() {
    becomes("a\n⟦\nb\n\n⟧c\n", "d\n", "a\n\nd\n\nc\n");
    becomes("a\n⟦\n\nb\n⟧c\n", "\nd\n", "a\n\n\nd\nc\n");
    becomes("a\n⟦\nb\n\n⟧c\n", "a\nd\nc\n", "a\n\nd\n\nc\n");
}

#[test]
fn only_the_selected_part_of_a_line_changes() {
    let text = "    y = ⟦2 * x⟧ + 1;\n    z();\n";
    let new = "    y = square(x) + 1;\n    z();\n";
    for answer in [
        "square(x)\n",
        "    square(x)\n",
        "y = square(x) + 1;\n",
        "    y = square(x) + 1;\n",
        "    y = square(x) + 1;\n    z();\n",
    ] {
        becomes(text, answer, new);
    }
    for answer in ["    y = square(x) + 2;\n", "y=square(x) + 1;\n"] {
        assert_eq!(edited(text, answer), Err(Unusable::Outside), "{answer}");
    }
    becomes("f(⟦f(x)⟧)\n", "f(y)\n", "f(f(y))\n");
    becomes("f(⟦a⟧, b)\n", "c, b)\n", "f(c, b)\n");
    becomes("return ⟦a⟧\n", "return_value\n", "return return_value\n");
    becomes("⟦a⟧ = 1\n", "total = 1\n", "total = 1\n");
    let site = Site { before: "y = ", after: " + 1\n", ..Site::alone("2 * x") };
    assert_eq!(read("`square(x)`", &site).as_deref(), Ok("square(x)"));
    assert_eq!(read("I would rather not.", &site), Err(Unusable::Prose));
    becomes("f(⟦a⟧)\r\n", "a,\nb\n", "f(a,\r\nb)\r\n");
}
