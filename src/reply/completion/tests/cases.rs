//! Replies at a cursor and the resulting documents, grouped by the fault of the reply.

use super::*;

/// How the request was made: the scope depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Typing,
    Key,
}
use By::{Key, Typing};

/// Language, document with the cursor as `|`, request, reply, and the document after accepting; `-` if
/// nothing is shown.
type Case<'a> = (&'a str, &'a str, By, &'a str, &'a str);

fn accepted((language, document, by, reply, _): Case<'_>) -> String {
    let (before, after) = document.rsplit_once('|').expect("a cursor");
    let head = before.rsplit('\n').next().unwrap_or_default();
    let right = after.split('\n').next().unwrap_or_default();
    let region = fit::CursorLine::new(before, after, language, None).region();
    let extent = match by {
        Key if right.trim().is_empty() => CompletionScope::Lines(10),
        Key | Typing => CompletionScope::automatic(head, right, region),
    };
    let mut shape = PostProcessor::new(Hole::new(before, after, language, extent, &[]));
    for piece in reply.split_inclusive(|_: char| true) {
        if shape.push(piece) == ReplyProgress::Complete {
            break;
        }
    }
    match shape.finish() {
        Some(fit) => [before, &fit.text, &after[fit.covers..]].concat(),
        None => "-".to_owned(),
    }
}

#[track_caller]
fn check(cases: &[Case<'_>]) {
    let wrong = cases.iter().filter_map(|it| {
        let document = accepted(*it);
        (document != it.4).then(|| format!("{it:?}\n  became {document:?}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn blanks_and_line_ends_stay_before_code() {
    check(&[
        ("python", "f(|\"b\")\n", Typing, "a, ", "f(a, \"b\")\n"),
        ("python", "if |x > 3:\n", Key, "not ", "if not x > 3:\n"),
        ("rust", "f(|b)\n", Key, "&mut ", "f(&mut b)\n"),
        ("python", "|import os\n", Key, "import sys\n", "import sys\nimport os\n"),
        (
            "javascript",
            "function f() {|}\n",
            Typing,
            "\n  return 1;\n",
            "function f() {\n  return 1;\n}\n",
        ),
        ("javascript", "f(() => {|});\n", Typing, "\n  g();\n", "f(() => {\n  g();\n});\n"),
        ("javascript", "a = [|]\n", Typing, "\n  1,\n", "a = [\n  1,\n]\n"),
        ("python", "a = |\n", Typing, "1  \n", "a = 1\n"),
    ]);
}

#[test]
fn quotes_and_brackets_are_closed_once() {
    check(&[
        ("r", "print(\"|\")\n", Typing, "hello\");", "print(\"hello\");\n"),
        ("r", "print(|)\n", Typing, "\":)\"", "print(\":)\")\n"),
        ("rust", "let a: Vec<|>\n", Typing, "u8>", "let a: Vec<u8>\n"),
        ("rust", "foo(|);\n", Typing, "a, b)?;", "foo(a, b)?;\n"),
        ("python", "print(|)\n", Typing, "\":)\"", "print(\":)\")\n"),
        ("javascript", "console.log(\"|\")\n", Typing, "hello\");", "console.log(\"hello\");\n"),
        ("python", "d[\"|\"]\n", Typing, "key\"] + 1", "d[\"key\"] + 1\n"),
        (
            "javascript",
            "app.get('/|')\n",
            Typing,
            "', (req, res) => {",
            "app.get('/', (req, res) => {)\n",
        ),
        (
            "javascript",
            "app.get('/|\n",
            Typing,
            "', (req, res) => {",
            "app.get('/', (req, res) => {\n",
        ),
    ]);
}

#[test]
fn indentation_matches_the_document() {
    check(&[
        ("python", "def f(x):\n    |\n", Typing, " return x", "def f(x):\n    return x\n"),
        (
            "python",
            "def f(x):\n    |\n",
            Key,
            " y = x\n    return y",
            "def f(x):\n    y = x\n    return y\n",
        ),
        (
            "java",
            "class A {\n\tint a;\n\t|\n}\n",
            Typing,
            " int b;",
            "class A {\n\tint a;\n\tint b;\n}\n",
        ),
        (
            "java",
            "{\n\tf {\n\t\tg();\n\t\t|\n",
            Typing,
            "        h();",
            "{\n\tf {\n\t\tg();\n\t\th();\n",
        ),
        ("makefile", "a: b\n|\n", Typing, "    cc b", "a: b\n\tcc b\n"),
        ("makefile", "a: b\n\t|\n", Key, "cc b\n    ld c", "a: b\n\tcc b\n\tld c\n"),
        (
            "javascript",
            "f {\n  a();\n  |\n}\n",
            Key,
            "if (b) {\n        c();\n    }",
            "f {\n  a();\n  if (b) {\n    c();\n  }\n}\n",
        ),
        (
            "javascript",
            "f {\n  a();\n}\n|\n",
            Key,
            "g {\n    c();\n}",
            "f {\n  a();\n}\ng {\n  c();\n}\n",
        ),
        ("go", "|\n", Key, "func f() {\n    a()\n}", "func f() {\n\ta()\n}\n"),
    ]);
}

#[test]
fn text_before_the_cursor_is_not_repeated() {
    check(&[
        ("r", "library(tidyverse|)\n", Typing, "library(tidyverse)", "-"),
        ("r", "library(tidyverse|\n", Typing, "library(tidyverse)", "library(tidyverse)\n"),
        ("python", "foo(|)\n", Typing, "foo(a)", "foo(a)\n"),
        ("python", "a = |\n", Typing, "a = 5", "a = 5\n"),
        ("python", "x = y.|\n", Typing, "x = y.z()", "x = y.z()\n"),
        ("python", "v = com|\n", Typing, "compute(a)", "v = compute(a)\n"),
        ("python", "v = np.ar|\n", Typing, "np.array(a)", "v = np.array(a)\n"),
        ("python", "def f():\n    ret|\n", Typing, "return x", "def f():\n    return x\n"),
        ("python", "# |\n", Typing, "# compute it", "# compute it\n"),
        ("rust", "// |\n", Typing, "// compute it", "// compute it\n"),
        ("rust", "/// |\n", Typing, "/// compute it", "/// compute it\n"),
        ("lua", "-- |\n", Typing, "-- compute it", "-- compute it\n"),
        ("c", "/**\n * |\n */\n", Typing, " * Computes it", "/**\n * Computes it\n */\n"),
        ("markdown", "- |\n", Typing, "- one", "- one\n"),
        ("markdown", "## |\n", Typing, "## One", "## One\n"),
        ("markdown", "2. |\n", Typing, "2. Two", "2. Two\n"),
    ]);
}

#[test]
fn text_after_the_cursor_is_not_repeated() {
    check(&[
        ("python", "a = 1\n|\nc = 3\n", Typing, "b = 2\nc = 3\n", "a = 1\nb = 2\nc = 3\n"),
        (
            "python",
            "b = 1\n|\nreturn_value(a, b)\n",
            Typing,
            "a = 2\nreturn_value(a",
            "b = 1\na = 2\nreturn_value(a, b)\n",
        ),
        ("markdown", "```python\n|\n```\n", Key, "print(1)\n```", "```python\nprint(1)\n```\n"),
    ]);
}

#[test]
fn special_tokens_and_wrappers_are_removed() {
    let tokens = [
        "<end_of_turn>",
        "<eos>",
        "<EOT>",
        "<|eot_id|>",
        "<|end_of_text|>",
        "<|end|>",
        "<|EOT|>",
        "[/INST]",
        "<fim_middle>",
        "<file_sep>",
        "<|anything_new|>",
    ];
    for token in tokens {
        let reply = format!("5{token}\nmore");
        check(&[("python", "a = |\n", Typing, &reply, "a = 5\n")]);
        let document = format!("t = \"{token}\"\na = |\n");
        let expected = format!("t = \"{token}\"\na = \"{token}\"\n");
        check(&[("python", &document, Typing, &format!("\"{token}\""), &expected)]);
    }
    check(&[
        ("python", "|\n", Key, "~~~python\nx = 1\n~~~\n", "x = 1\n"),
        ("python", "a = |\n", Typing, "`5`", "a = 5\n"),
        ("python", "|\n", Key, "# Path: a.py\nx = 1\n", "x = 1\n"),
    ]);
}

#[test]
fn sentences_are_text_in_comments_and_strings() {
    check(&[
        ("python", "# |\n", Typing, "The code is run once.", "# The code is run once.\n"),
        (
            "python",
            "def f():\n    \"\"\"A.\n\n    |\n    \"\"\"\n",
            Typing,
            "Here is how it works:",
            "def f():\n    \"\"\"A.\n\n    Here is how it works:\n    \"\"\"\n",
        ),
        ("c", "/*\n|\n*/\n", Typing, "I will be called.", "/*\nI will be called.\n*/\n"),
        ("python", "|\n", Key, "Here is the code:\n\nx = 1\n", "x = 1\n"),
    ]);
}
