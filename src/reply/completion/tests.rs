mod cases;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::prompt::CompletionScope;
use crate::syntax::language::Language;
use crate::syntax::region::Region;

/// How chat models begin.
const INTRODUCED: [&str; 3] = ["Here is", "Sure!", "The code"];

/// Language, document with the cursor as `|`, reply, and the shown text followed by one `^` per replaced
/// byte.
#[track_caller]
fn check(cases: &[[&str; 4]]) {
    let mut broken = Vec::new();
    for case @ [language, document, reply, expected] in cases {
        let (before, after) = document.split_once('|').expect("a cursor");
        let head = before.rsplit('\n').next().unwrap_or_default();
        let right = after.split('\n').next().unwrap_or_default();
        let extent = CompletionScope::automatic(head, right, Region::Code);
        let hole = Hole::new(before, after, language, extent, &["<|fim_suffix|>"]);
        let (mut whole, mut pieces) = (PostProcessor::new(hole.clone()), PostProcessor::new(hole));
        whole.push(reply);
        for piece in reply.split_inclusive(|_: char| true) {
            if pieces.push(piece) == ReplyProgress::Complete {
                break;
            }
            // What is shown while the reply arrives is the beginning of what is shown at its end.
            let begun = pieces.beginning().filter(|it| !expected.starts_with(&it.text));
            if let Some(it) = begun.filter(|_| !INTRODUCED.iter().any(|it| reply.starts_with(it))) {
                broken.push(format!("{case:?}: {:?} at first", it.text));
                break;
            }
        }
        for shown in [whole.finish(), pieces.finish()] {
            let shown = shown.map(|it| [it.text.as_str(), &"^".repeat(it.covers)].concat());
            let shown = shown.unwrap_or_default();
            if shown != *expected {
                broken.push(format!("{case:?}: {shown:?}"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_beginning_of_a_reply_is_shown_in_complete_words_or_lines() {
    let shown = |document: &str, reply: &str| {
        let (before, after) = document.split_once('|').expect("a cursor");
        let mut processor =
            PostProcessor::new(Hole::new(before, after, "rust", CompletionScope::Lines(9), &[]));
        processor.push(reply);
        processor.beginning().map(|it| it.text)
    };
    let check = |document: &str, reply: &str, expected: Option<&str>| {
        assert_eq!(shown(document, reply).as_deref(), expected, "{document:?} {reply:?}");
    };
    check("let a = |\n", "first.second(thi", Some("first.second("));
    check("let a = |\n", "first_second_third", None);
    check("let a = |\n", "f(a, b", None);
    check("fn f() {\n    |\n}\n", "let a = 1;\n    let b", Some("let a = 1;"));
    check(
        "fn f() {\n    |\n}\n",
        "let a = 1;\n    let b = 2;\n    x",
        Some("let a = 1;\n    let b = 2;"),
    );
    check("call(|);\n", "first, second, thi", Some("first, second,"));
    // The bracket right of the cursor would be replaced.
    check("call(|);\n", "first, second);\n", None);
    check("let a = |\n", "area(width, height) * dep", Some("area(width, height)"));
    // The model may repeat the line.
    check("let total = compute(first, |\n", "let total = comp", None);
    check("let a = |.len();\n", "first, second, thi", Some("first, second,"));
}

#[test]
fn replies_fit_their_holes_in_many_languages() {
    check(&[
        ["rust", "fn f() {\n    let a = |\n}\n", "```rust\nlet a = 5;\n```", "5;"],
        ["rust", "fn f() {\n    g(|);\n}\n", "a, b);", "a, b);^^"],
        ["rust", "fn f() {\n    |\n}\n", "a();\n    b();\n}\n\nfn g() {}", "a();\n    b();"],
        ["python", "def f(x):\n    |\n", "    return x\n\ndef g():\n    pass\n", "return x"],
        ["python", "def f(x):\n    return |\n", " x + 1<|fim_suffix|>", "x + 1"],
        ["javascript", "const f = (|)\n", "a) => a", "a) => a^"],
        ["javascript", "f(() => {|})\n", "\n  g()\n})\nh()", "\n  g()\n})^^"],
        [
            "typescript",
            "interface A {\n  |\n}\n",
            "b: string;\n  c: number;\n}",
            "b: string;\n  c: number;",
        ],
        [
            "go",
            "func f() error {\n\t|\n}\n",
            "if err != nil {\n        return err\n    }\n    g()",
            "if err != nil {\n\t\treturn err\n\t}",
        ],
        [
            "c",
            "int f(void) {\n  |\n}\n",
            "Here is the code:\n\n```c\nint a = 1;\nreturn a;\n```",
            "int a = 1;\n  return a;",
        ],
        ["cpp", "std::vector<int> v;\nv.push_|\n", "v.push_back(1);\nv.size();", "back(1);"],
        ["java", "class A {\n    int b|\n}\n", ";\n    int c;\n", ";"],
        ["kotlin", "fun f() {|}\n", "\n    g()\n}\n", "\n    g()\n}^"],
        ["ruby", "def f\n  |\nend\n", "  g\n  h\nend\n", "g\n  h"],
        ["lua", "function f()\n  |\nend\n", "return 1\nend\n", "return 1"],
        ["bash", "for a in b; do\n  |\ndone\n", "echo \"$a\"\ndone\n", "echo \"$a\""],
        ["php", "<?php\nfunction f() {\n    return |;\n}\n", "1;", "1;^"],
        ["css", "a {\n  color: |\n}\n", "red;\n  margin: 0;", "red;"],
        ["html", "<ul>\n  <li>|</li>\n</ul>\n", "One</li>", "One"],
        ["json", "{\n  \"a\": |\n}\n", "1,\n  \"b\": 2", "1,"],
        [
            "yaml",
            "jobs:\n  test:\n    |\n",
            "steps:\n      - run: make\n  build:\n",
            "steps:\n      - run: make",
        ],
        ["markdown", "# A\n\n|\n", "Sure, it is:\n\n```\na\n```\n", "Sure, it is:\n\n```\na\n```"],
    ]);
}

#[test]
fn a_reply_without_content_is_not_shown() {
    check(&[
        ["rust", "let a = |\n", "", ""],
        ["rust", "let a = |\n", "  \n\n", ""],
        ["rust", "    let abcdef = 1;\n    |\n", "let abcdef = 1;", ""],
        ["rust", "let a = |\n", "<think>Hm, what", ""],
        ["rust", "f(|)\n", ")", ""],
        ["rust", "|\n", "Sure! Here is what you asked for.", ""],
    ]);
}

#[test]
fn line_ends_match_the_document() {
    check(&[["rust", "fn f() {\r\n    |\r\n}\r\n", "a();\n    b();\n}", "a();\r\n    b();"]]);
}

#[test]
fn a_stream_is_dropped_once_its_text_is_complete() {
    let mut shape =
        PostProcessor::new(Hole::new("let a = ", "\n", "rust", CompletionScope::Line, &[]));
    assert_eq!(shape.push("<think>\nHm.\n</think>\n"), ReplyProgress::Continue);
    assert_eq!(shape.push("5;"), ReplyProgress::Continue);
    assert_eq!(shape.push("\n"), ReplyProgress::Complete);
    assert_eq!(shape.push("more"), ReplyProgress::Complete);
    assert_eq!(shape.finish(), Some(Fit { text: "5;".to_owned(), covers: 0 }));
}

/// All files of this repository in a supported language.
fn files() -> Vec<(PathBuf, Language, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = ["src", "tests", "benches", "fuzz/fuzz_targets", "editors"]
        .map(|it| root.join(it))
        .to_vec();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|it| it.path()) {
            let is_ours = !path.ends_with("node_modules");
            if path.is_dir() && is_ours {
                folders.push(path);
            } else if let Some(language) = Language::detect("", Some(&path), "")
                && let Ok(text) = fs::read_to_string(&path)
                && !matches!(language.name(), "markdown" | "json")
            {
                files.push((path, language, text));
            }
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

/// A line with the deeper lines below it, and the line that closes them.
fn statement(lines: &[&str], from: usize) -> usize {
    let width = hole::width;
    let mut end = from + 1;
    while end < lines.len()
        && (width(lines[end]) > width(lines[from]) || lines[end].trim().is_empty())
    {
        end += 1;
    }
    let closes = lines.get(end).is_some_and(|it| {
        width(it) == width(lines[from])
            && it.trim_start().starts_with(['}', ')', ']'])
            && !it.trim_end().ends_with(['{', '('])
    });
    while !closes && end > from + 1 && lines[end - 1].trim().is_empty() {
        end -= 1;
    }
    if closes { end + 1 } else { end }
}

#[test]
fn correct_code_passes_the_filters() {
    let (mut lost, mut all, mut seed) = (Vec::new(), 0, 7usize);
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below.max(1)
    };
    for (path, language, text) in files() {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let starts: Vec<usize> = lines
            .iter()
            .scan(0, |at, it| {
                *at += it.len();
                Some(*at - it.len())
            })
            .collect();
        for _ in 0..6 {
            let line = random(lines.len());
            let (Some(text_line), Some(start)) = (lines.get(line), starts.get(line)) else {
                continue;
            };
            let indent = text_line.len() - text_line.trim_start().len();
            if text_line.trim().is_empty() {
                continue;
            }
            let (at, end, extent) = match random(2) {
                0 => {
                    let at = text_line.floor_char_boundary(indent + random(text_line.trim().len()));
                    (start + at, start + text_line.trim_end().len(), CompletionScope::Line)
                }
                _ => {
                    let last = statement(&lines, line);
                    if last - line > 12 {
                        continue;
                    }
                    let end = starts[last - 1] + lines[last - 1].trim_end().len();
                    (start + indent, end, CompletionScope::Lines(12))
                }
            };
            let truth = text[at..end].trim_end();
            if truth.trim().is_empty() {
                continue;
            }
            all += 1;
            let mut shape = PostProcessor::new(Hole::new(
                &text[..at],
                &text[end..],
                language.name(),
                extent,
                &[],
            ));
            let mut rest = &text[at..text.floor_char_boundary(end + 200).max(end)];
            rest = &rest[..rest.floor_char_boundary(end - at + 1)];
            while !rest.is_empty() {
                let cut = rest.ceil_char_boundary(1 + random(12)).min(rest.len());
                let progress = shape.push(&rest[..cut]);
                rest = &rest[cut..];
                if progress == ReplyProgress::Complete {
                    break;
                }
            }
            let shown = shape.finish().map(|it| it.text).unwrap_or_default();
            let truth = truth
                .strip_prefix(if text[..at].ends_with(' ') { " " } else { "" })
                .unwrap_or(truth);
            if shown.trim() != truth.trim() {
                lost.push(format!("{}:{}\n--- {truth:?}\n+++ {shown:?}", path.display(), line + 1));
            }
        }
    }
    assert!(all > 500, "{all}");
    assert!(lost.len() * 100 < all, "{} of {all}\n{}", lost.len(), lost.join("\n"));
}

proptest! {
    #[test]
    fn splitting_a_reply_does_not_change_the_result(
        before in "(fn f\\(\\) \\{|    |a|\\(|\n|\t|é){0,12}",
        after in "(\\}|\\)|;|\n|b|    ){0,8}",
        pieces in prop::collection::vec("(fn g|```|<think>|</think>|Sure!|a\\(\\);|\\{|\\}|\n|    |\t|\"|é|\r\n){0,4}", 0..8),
        lines in 1u32..5,
    ) {
        for extent in [CompletionScope::Line, CompletionScope::Lines(lines)] {
            let hole = Hole::new(&before, &after, "rust", extent, &["<EOT>"]);
            let (mut cut, mut whole) = (PostProcessor::new(hole.clone()), PostProcessor::new(hole));
            for piece in &pieces {
                cut.push(piece);
            }
            whole.push(&pieces.concat());
            if let (Some(fit), Some(_)) = (cut.finish(), whole.finish()) {
                prop_assert!(fit.covers <= after.len());
                prop_assert!(!fit.text.trim().is_empty());
            }
        }
    }
}
