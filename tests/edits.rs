//! Edits that code actions make from answers of real models: they fit the document or are refused with a
//! reason.

use serde_json::{Value, json};

use crate::support::editor::uri;
use crate::support::stage::{Stage, answer, applied};

/// A document with its selection between `⟦` and `⟧`, the code of the answer, and the expected result.
struct Case {
    name: &'static str,
    text: &'static str,
    answer: &'static str,
    expected: Result<&'static str, &'static str>,
}

/// A byte offset as a UTF-8 position.
fn position(text: &str, offset: usize) -> Value {
    let line = text[..offset].matches('\n').count();
    let start = text[..offset].rfind('\n').map_or(0, |it| it + 1);
    json!({ "line": line, "character": offset - start })
}

/// The document after an action on its selection, or the message that says why it is unchanged.
fn edited(case: &Case, action: &str) -> Result<String, String> {
    let mut stage = Stage::new(vec![answer(&format!("```\n{}```\n", case.answer))]);
    let (before, rest) = case.text.split_once('⟦').unwrap();
    let (selection, after) = rest.split_once('⟧').unwrap();
    let text = format!("{before}{selection}{after}");
    stage.uri = uri(&stage.folder.path().join(case.name));
    stage.editor.open(&stage.uri.clone(), "", &text);
    let [start, end] = [before.len(), before.len() + selection.len()].map(|it| position(&text, it));
    let more = json!({ "range": { "start": start, "end": end }, "instruction": "Change it." });
    let mut outcome = Err(String::new());
    // The document is parsed in the background.
    let mut tries = 0..50;
    stage.editor.forgiving = true;
    while outcome.as_deref().map_err(|it| it.contains(case.expected.err().unwrap_or("\0")))
        != case.expected.map_err(|_| true)
        && tries.next().is_some()
    {
        let id = stage.start(action, more.clone());
        stage.editor.result(id);
        outcome = if stage.editor.has_unread("workspace/applyEdit") {
            let edit = stage.editor.take_request("workspace/applyEdit");
            let edits = &edit["edit"]["documentChanges"][0]["edits"];
            Ok(applied(&text, edits.as_array().unwrap()))
        } else {
            Err(stage.editor.take("window/showMessage")["message"].as_str().unwrap().to_owned())
        };
    }
    outcome
}

fn check(cases: &[Case]) {
    for case in cases {
        let outcome = edited(case, "edit");
        match (&outcome, case.expected) {
            (Ok(text), Ok(expected)) => {
                assert_eq!(text, expected, "{}: {}", case.name, case.answer)
            }
            (Err(message), Err(why)) if message.contains(why) => {}
            (_, _) => panic!("{}: {}: {outcome:?}", case.name, case.answer),
        }
    }
}

#[test]
fn an_answer_with_the_whole_function_replaces_the_function() {
    check(&[
        Case {
            name: "a.py",
            text: "import os\n\ndef f(a):\n    x = a\n⟦    return x\n⟧\ndef g():\n    pass\n",
            answer: "def f(a, b):\n    x = a + b\n    return x * 2\n",
            expected: Ok(
                "import os\n\ndef f(a, b):\n    x = a + b\n    return x * 2\n\ndef g():\n    pass\n",
            ),
        },
        Case {
            name: "a.rs",
            text: "impl A {\n    fn f(&self) -> u8 {\n⟦        self.a\n⟧    }\n}\n",
            answer: "fn f(&self, b: u8) -> u8 {\n    self.a + b\n}\n",
            expected: Ok(
                "impl A {\n    fn f(&self, b: u8) -> u8 {\n        self.a + b\n    }\n}\n",
            ),
        },
        Case {
            name: "a.js",
            text: "// It says so.\nfunction f(a) {\n⟦  return a;\n⟧}\n\nf(1);\n",
            answer: "// It says so.\nfunction f(a, b) {\n    return a + b;\n}\n",
            expected: Ok("// It says so.\nfunction f(a, b) {\n  return a + b;\n}\n\nf(1);\n"),
        },
    ]);
}

#[test]
fn surrounding_lines_in_an_answer_are_not_duplicated() {
    check(&[
        Case {
            name: "a.py",
            text: "a = 1\n⟦value = 2\n⟧print(value)\n",
            answer: "value = 3\nprint(value)\n",
            expected: Ok("a = 1\nvalue = 3\nprint(value)\n"),
        },
        Case {
            name: "a.txt",
            text: "one\n⟦two\n⟧three\n",
            answer: "one\n2\nthree\n",
            expected: Ok("one\n2\nthree\n"),
        },
    ]);
}

#[test]
fn code_that_an_answer_omits_is_never_deleted() {
    check(&[
        Case {
            name: "a.py",
            text: "⟦def f():\n    a = 1\n    b = 2\n    c = 3\n    return a\n⟧",
            answer: "def f():\n    a = 4\n    # ... existing code ...\n    return b\n",
            expected: Err("the placeholder `# ... existing code ...`"),
        },
        Case {
            name: "a.py",
            text: "⟦def f():\n    a = 1\n    b = 2\n    c = 3\n    return a\n⟧",
            answer: "def f():\n    a = 1\n    ...\n    return a\n    # Done\n",
            expected: Ok("def f():\n    a = 1\n    b = 2\n    c = 3\n    return a\n    # Done\n"),
        },
        Case {
            name: "a.ts",
            text: "⟦function f() {\n  a();\n  b();\n  c();\n}\n⟧",
            answer: "function f() {\n  // ... rest of the function ...\n  d();\n}\n",
            expected: Err("the placeholder `// ... rest of the function ...`"),
        },
    ]);
}

#[test]
fn an_edit_keeps_the_documents_tabs_line_endings_and_blank_lines() {
    check(&[
        Case {
            name: "a.py",
            text: "def f():\n\ta = 1\n⟦\treturn a\n⟧",
            answer: "    if a:\n        return 2\n    return a\n",
            expected: Ok("def f():\n\ta = 1\n\tif a:\n\t\treturn 2\n\treturn a\n"),
        },
        Case {
            name: "a.go",
            text: "package a\n\n⟦func f() {}\n⟧",
            answer: "func f() {\n    g()\n}\n",
            expected: Ok("package a\n\nfunc f() {\n\tg()\n}\n"),
        },
        Case {
            name: "a.py",
            text: "a = 1\r\n⟦b = 2⟧\r\nc = 3\r\n",
            answer: "b = 2\nd = 4\n",
            expected: Ok("a = 1\r\nb = 2\r\nd = 4\r\nc = 3\r\n"),
        },
        Case {
            name: "a.py",
            text: "a = 1\n⟦\nb = 2\n\n⟧c = 3\n",
            answer: "b = 4\n",
            expected: Ok("a = 1\n\nb = 4\n\nc = 3\n"),
        },
        Case {
            name: "Makefile",
            text: "⟦all: a\n⟧",
            answer: "all: a\n    cc a.c\n",
            expected: Ok("all: a\n\tcc a.c\n"),
        },
    ]);
}

/// The result of `act` on a reply indented with tabs, in a document without indentation.
fn indented(stage: &mut Stage, name: &str, more: Value) -> String {
    let text = "function f() {}\n";
    stage.uri = uri(&stage.folder.path().join(name));
    let uri = stage.uri.clone();
    stage.editor.open(&uri, "javascript", text);
    let id = stage.start("edit", more);
    stage.editor.result(id);
    stage.edited(text, 0)
}

#[test]
fn indentation_comes_from_the_editor_or_editorconfig_if_the_document_has_none() {
    let whole =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let more = |formatting: Value| json!({ "range": whole, "instruction": "Call g.", "formattingOptions": formatting });
    let new = |step: &str| format!("function f() {{\n{step}g();\n}}\n");
    let mut stage = Stage::new(vec![answer("```\nfunction f() {\n\tg();\n}\n```\n")]);
    assert_eq!(indented(&mut stage, "a.js", more(Value::Null)), new("\t"));
    let spaces = json!({ "tabSize": 2, "insertSpaces": true });
    assert_eq!(indented(&mut stage, "b.js", more(spaces)), new("  "));
    std::fs::write(stage.folder.path().join(".editorconfig"), "[*.js]\nindent_size = 3\n").unwrap();
    assert_eq!(indented(&mut stage, "c.js", more(json!("none"))), new("   "));
    // The options of a ghost text request are remembered for the document.
    let uri = uri(&stage.folder.path().join("d.js"));
    stage.editor.open(&uri, "javascript", "function f() {}\n");
    let mut asked = crate::support::editor::inline(&uri, (0, 0), 2);
    asked["formattingOptions"] = json!({ "tabSize": 5, "insertSpaces": true });
    stage.editor.request("textDocument/inlineCompletion", asked);
    stage.uri = uri;
    let id = stage.start("edit", more(Value::Null));
    stage.editor.result(id);
    assert_eq!(stage.edited("function f() {}\n", 0), new("     "));
}

#[test]
fn a_selection_within_a_line_changes_only_the_selection() {
    check(&[
        Case {
            name: "a.py",
            text: "y = ⟦2 * x⟧ + 1\nz = y\n",
            answer: "square(x)\n",
            expected: Ok("y = square(x) + 1\nz = y\n"),
        },
        Case {
            name: "a.py",
            text: "y = ⟦2 * x⟧ + 1\nz = y\n",
            answer: "y = square(x) + 1\nz = y\n",
            expected: Ok("y = square(x) + 1\nz = y\n"),
        },
        Case {
            name: "a.py",
            text: "y = ⟦2 * x⟧ + 1\nz = y\n",
            answer: "y = square(x) + 2\n",
            expected: Err("changes code outside the selection"),
        },
    ]);
}

#[test]
fn reasoning_is_not_taken_for_code_and_not_shown() {
    let thought = "<think>\nPerhaps:\n```rust\nfn other() {}\n```\n</think>\n\n";
    let new = "```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let mut stage = Stage::new(vec![answer(&format!("{thought}{new}"))]);
    stage.act("simplify");
    let text = stage.edited(crate::support::stage::TEXT, 0);
    assert!(text.starts_with("fn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n"), "{text}");
    let mut stage = Stage::with("", json!({}), vec![answer(&format!("{thought}It is the area."))]);
    stage.act("explain");
    let message = stage.editor.take("window/showMessage")["message"].take();
    assert_eq!(message.as_str().unwrap().trim(), "It is the area.");
}
