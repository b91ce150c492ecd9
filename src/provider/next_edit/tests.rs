use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::context::{Part, PartKind};
use crate::prompt::edit::PastEdit;

const WINDOW: &str = "function greet(name) {\n  return \"hello\";\n}\n";
const EDITED: &str = "function greet(name) {\n  return \"hello \" + name;\n}\n";

fn prompt(window: &str) -> EditPrompt {
    let cursor = window.find(';').unwrap_or(window.len());
    EditPrompt {
        path: "greet.js".to_owned(),
        language: "javascript".to_owned(),
        parts: vec![Part {
            kind: PartKind::Snippet,
            path: "main.js".to_owned(),
            text: "greet(user);\n".to_owned(),
            rank: 1,
        }],
        history: vec![PastEdit {
            path: "greet.js".to_owned(),
            line: 3,
            old: "function greet() {\n".to_owned(),
            new: "function greet(name) {\n".to_owned(),
        }],
        before: "\"use strict\";\n\n".to_owned(),
        after: "greet();\n".to_owned(),
        window: EditWindow {
            text: window.to_owned(),
            cursor,
            earlier: window.replace("(name)", "()"),
        },
        max_tokens: 256,
    }
}

#[track_caller]
fn check(format: EditFormat, expected: Expect) {
    expected.assert_eq(&format.render(&prompt(WINDOW)));
}

#[test]
fn each_format_has_the_markers_of_its_model() {
    check(
        EditFormat::Zeta2,
        expect![[r#"
            <[fim-suffix]>greet();
            <[fim-prefix]><filename>main.js
            greet(user);

            <filename>edit_history
            --- a/greet.js
            +++ b/greet.js
            @@ -3,1 +3,1 @@
            -function greet() {
            +function greet(name) {

            <filename>greet.js
            "use strict";

            <<<<<<< CURRENT
            function greet(name) {
              return "hello"<|user_cursor|>;
            }
            =======
            <[fim-middle]>"#]],
    );
    check(
        EditFormat::Zeta21,
        expect![[r#"
            <[fim-suffix]>greet();
            <[fim-prefix]><filename>main.js
            greet(user);

            <filename>edit_history
            --- a/greet.js
            +++ b/greet.js
            @@ -3,1 +3,1 @@
            -function greet() {
            +function greet(name) {

            <filename>greet.js
            "use strict";

            <|marker_1|>function greet(name) {
              return "hello"<|user_cursor|>;
            }
            <|marker_2|>
            <[fim-middle]>"#]],
    );
    check(
        EditFormat::Sweep,
        expect![[r#"
            <|file_sep|>main.js
            greet(user);
            <|file_sep|>greet.js.diff
            original:
            function greet() {
            updated:
            function greet(name) {
            <|file_sep|>original/greet.js
            function greet() {
              return "hello";
            }
            <|file_sep|>current/greet.js
            function greet(name) {
              return "hello";
            }
            <|file_sep|>updated/greet.js
        "#]],
    );
    check(
        EditFormat::Mercury,
        expect![[r#"
            <|recently_viewed_code_snippets|>
            <|recently_viewed_code_snippet|>
            code_snippet_file_path: main.js
            greet(user);
            <|/recently_viewed_code_snippet|>
            <|/recently_viewed_code_snippets|>

            <|current_file_content|>
            current_file_path: greet.js
            "use strict";

            <|code_to_edit|>
            function greet(name) {
              return "hello"<|cursor|>;
            }
            <|/code_to_edit|>
            greet();
            <|/current_file_content|>

            <|edit_diff_history|>
            --- greet.js
            +++ greet.js
            @@ -3,1 +3,1 @@
            -function greet() {
            +function greet(name) {

            <|/edit_diff_history|>
        "#]],
    );
}

#[test]
fn an_empty_history_and_no_snippets_leave_out_or_keep_the_sections_as_documented() {
    let mut prompt = prompt(WINDOW);
    (prompt.parts, prompt.history) = Default::default();
    let of = |format: EditFormat| format.render(&prompt);
    assert!(
        of(EditFormat::Mercury).starts_with(
            "<|recently_viewed_code_snippets|>\n\n<|/recently_viewed_code_snippets|>\n"
        )
    );
    assert!(of(EditFormat::Mercury).ends_with("<|edit_diff_history|>\n\n<|/edit_diff_history|>\n"));
    assert!(!of(EditFormat::Zeta2).contains("edit_history"));
    assert!(of(EditFormat::Sweep).starts_with("<|file_sep|>original/"));
}

#[track_caller]
fn reads(format: EditFormat, reply: &str, expected: Option<&str>) {
    assert_eq!(format.read(reply, &prompt(WINDOW)).as_deref(), expected, "{format:?} {reply:?}");
}

#[test]
fn replies_as_the_models_write_them_are_read() {
    // Shapes of recorded replies: with and without the end, the fence, the cursor.
    for reply in [EDITED, &EDITED.replace("name;", "name;<|user_cursor|>")] {
        reads(EditFormat::Zeta2, reply, Some(EDITED));
        reads(EditFormat::Zeta2, &format!("{reply}>>>>>>> UPDATED\n"), Some(EDITED));
        reads(EditFormat::Zeta2, &format!("{}\n>>>>>>> UPDATED", reply.trim_end()), Some(EDITED));
        reads(EditFormat::Zeta21, &format!("<|marker_1|>{reply}<|marker_2|>"), Some(EDITED));
        let ended = format!("<|marker_1|>{reply}<|marker_2|><[end▁of▁sentence]>");
        reads(EditFormat::Zeta21, &ended, Some(EDITED));
    }
    for reply in [format!("{EDITED}<|file_sep|>"), format!("{EDITED}</s>"), EDITED.to_owned()] {
        reads(EditFormat::Sweep, &reply, Some(EDITED));
    }
    let body = EDITED.trim_end();
    for reply in [
        format!("```\n{body}\n```"),
        format!("```javascript\n{body}\n```\n"),
        format!("```\n<|code_to_edit|>\n{body}\n<|/code_to_edit|>\n```"),
        body.to_owned(),
    ] {
        reads(EditFormat::Mercury, &reply, Some(EDITED));
    }
    let edit = "<old>\n  return \"hello\";\n</old><new>\n  return \"hello \" + name;\n";
    reads(EditFormat::Chat, edit, Some(EDITED));
    reads(EditFormat::Chat, &format!("Sure!\n{edit}</new>\n"), Some(EDITED));
}

#[test]
fn a_reply_without_an_edit_or_in_another_format_is_none() {
    for (format, replies) in [
        (EditFormat::Zeta2, &["NO_EDITS\n>>>>>>> UPDATED", "", "\n", WINDOW][..]),
        (EditFormat::Zeta2, &["<[fim-suffix]>x", "a\n=======\nb\n", "<<<<<<< CURRENT\na\n"]),
        (EditFormat::Zeta21, &["<|marker_1|><|marker_1|>", "<|marker_2|>x<|marker_1|>", ""]),
        (EditFormat::Zeta21, &["<|marker_1|>x", "<|marker_1|>x<|marker_9|>", "x", "<|marker_"]),
        (EditFormat::Sweep, &["", "<|file_sep|>", WINDOW]),
        (EditFormat::Mercury, &["None", "```\nNone\n```", "", "```\n```", "``` "]),
        (EditFormat::Chat, &["<none/>", "", "<old>\nx\n</old><new>\ny\n</new>", "<old></old>"]),
        (EditFormat::Chat, &["<old>\n\n</old><new>\ny\n</new>"]),
    ] {
        replies.iter().for_each(|it| reads(format, it, None));
    }
}

#[test]
fn lines_that_occur_twice_are_ambiguous_in_a_chat() {
    let window = "a();\nb();\na();\n";
    let of = |reply: &str| EditFormat::Chat.read(reply, &prompt(window));
    assert_eq!(of("<old>\na();\n</old><new>\nc();\n</new>"), None);
    let edited = of("<old>\na();\nb();\n</old><new>\nb();\n</new>");
    assert_eq!(edited.as_deref(), Some("b();\na();\n"));
    assert_eq!(of("<old>\n();\n</old><new>\nx\n</new>"), None, "a part of a line");
}

#[test]
fn blank_lines_at_the_ends_of_the_window_are_kept() {
    let window = format!("\n{WINDOW}\n\n");
    let prompt = prompt(&window);
    let expected = Some(format!("\n{EDITED}\n\n"));
    assert_eq!(EditFormat::Sweep.read(EDITED, &prompt), expected);
    assert_eq!(EditFormat::Mercury.read(&format!("```\n{EDITED}\n```"), &prompt), expected);
    assert_eq!(EditFormat::Zeta2.read(&format!("\n\n\n{EDITED}"), &prompt), expected);
    assert_eq!(EditFormat::Sweep.read(WINDOW, &prompt), None);
}

#[test]
fn a_users_text_is_never_a_marker() {
    let window = "let a = \"<|file_sep|> <|cursor|> <|marker_1|> <new>\";\n=======\n";
    for format in EditFormat::ALL {
        let prompt = prompt(window);
        let text = format.render(&prompt);
        // Sweep's prompt contains the window before and after the last edit.
        let count = if format == EditFormat::Sweep { 2 } else { 1 };
        assert_eq!(text.matches("<|marker_1|>").count(), count, "{format:?}");
        let new = window.replace("let a", "let b");
        let sent = format.escape(&new);
        let reply = match format {
            EditFormat::Zeta21 => format!("<|marker_1|>{sent}<|marker_2|>"),
            EditFormat::Mercury => mercury::write(&sent),
            EditFormat::Chat => {
                let old = format.escape(window.lines().next().unwrap());
                format!("<old>\n{old}\n</old><new>\n{}\n</new>", sent.lines().next().unwrap())
            }
            EditFormat::Zeta2 | EditFormat::Sweep => sent,
        };
        assert_eq!(format.read(&reply, &prompt), Some(new), "{format:?}");
    }
}

#[test]
fn markers_divide_a_window_as_zed_does() {
    let blocks = |lines: &[&str]| {
        let text: String = lines.iter().map(|it| format!("{it}\n")).collect();
        let offsets = markers::boundaries(&text);
        let starts = offsets.iter().map(|it| text[..*it].matches('\n').count());
        starts.collect::<Vec<_>>()
    };
    assert_eq!(blocks(&[]), [0, 0]);
    assert_eq!(blocks(&["a"; 15]), [0, 15]);
    // At most 16 lines.
    assert_eq!(blocks(&["a"; 21]), [0, 16, 21]);
    // After a blank line, with at least six lines on both sides.
    let mut lines = ["a"; 14];
    lines[6] = "";
    assert_eq!(blocks(&lines), [0, 7, 14]);
    lines[6] = "a";
    lines[9] = "";
    assert_eq!(blocks(&lines), [0, 14]);
    // Not before a line that ends a block.
    let mut lines = ["a"; 21];
    (lines[16], lines[17]) = ("}", "return;");
    assert_eq!(blocks(&lines), [0, 18, 21]);
}

#[test]
fn a_model_is_recognised_by_its_whole_name() {
    let of = |id: &str| model(id).map(|it| it.format.name());
    for (id, expected) in [
        ("zed-industries/zeta-2.1", Some("zeta2.1")),
        ("zed-industries_zeta-2-Q8_0.gguf", Some("zeta2")),
        ("zeta2", Some("zeta2")),
        ("zeta2.1:latest", Some("zeta2.1")),
        ("hf.co/sweepai/sweep-next-edit-1.5B:Q8_0", Some("sweep")),
        ("sweep-next-edit-v2-7B", Some("sweep")),
        ("mercury-edit-2", Some("mercury")),
        ("inception/mercury-edit", Some("mercury")),
        ("zeta-2.2", None),
        ("zeta", None),
        ("beta-zeta-20", None),
        ("mercury-2", None),
        ("mercury-coder", None),
    ] {
        assert_eq!(of(id), expected, "{id}");
    }
}

#[test]
fn every_format_has_a_name() {
    assert!(EditFormat::ALL.into_iter().all(|it| EditFormat::named(it.name()) == Some(it)));
    assert!(EditFormat::ALL.into_iter().all(|it| it.stops().len() <= 4));
}

#[test]
fn prompts_as_other_programs_write_them_are_parsed() {
    // Zed's line ends, cursortab.nvim's line numbers and cursor, Inception's example.
    let cases = [
        (
            "<[fim-suffix]>\n<[fim-prefix]><filename>edit_history\n--- a/greet.js\n+++ b/greet.js\n-a\n+b\n\n\
             <filename>greet.js\n<<<<<<< CURRENT\nfunction greet(name) {\n  return \"hello\"<|user_cursor|>;\n}\n=======\n<[fim-middle]>",
            EditFormat::Zeta2,
        ),
        (
            "<[fim-suffix]>\n<[fim-prefix]><filename>greet.js\n<|marker_1|>function greet(name) {\n  return \"hello\"<|user_cursor|>;\n}\n<|marker_2|>\n<[fim-middle]>",
            EditFormat::Zeta21,
        ),
        (
            "<|file_sep|>greet.js\nx\nfunction greet(name) {\n  return \"hello\";\n}\ny\n<|file_sep|>greet.js.diff\noriginal:\na\nupdated:\nb\n\
             <|file_sep|>original/greet.js:1:3\nfunction greet(name) {\n  return \"hello\";\n}\n<|file_sep|>current/greet.js:1:3\n\
             function greet(name) {\n  return \"hello\"<|cursor|>;\n}\n<|file_sep|>updated/greet.js:1:3\nfunction greet(name) {\n",
            EditFormat::Sweep,
        ),
        (
            "<|recently_viewed_code_snippets|>\n\n<|/recently_viewed_code_snippets|>\n\n<|current_file_content|>\ncurrent_file_path: greet.js\n\
             <|code_to_edit|>\nfunction greet(name) {\n  return \"hello\"<|cursor|>;\n}\n<|/code_to_edit|>\n<|/current_file_content|>\n\n\
             <|edit_diff_history|>\n--- greet.js\n+++ greet.js\n@@ -6,1 +6,1 @@\n-a\n+b\n\n<|/edit_diff_history|>",
            EditFormat::Mercury,
        ),
    ];
    for (text, format) in cases {
        assert!(parse::is_next_edit(text), "{text}");
        let foreign = parse::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((foreign.format, &*foreign.prompt.window.text), (format, WINDOW));
        assert_eq!(foreign.prompt.window.cursor, WINDOW.find(';').unwrap());
        assert_eq!(foreign.prompt.path, "greet.js");
        let edits = foreign.prompt.history.iter().map(|it| (&*it.path, &*it.old, &*it.new));
        let expected = [("greet.js", "a\n", "b\n")];
        let count = usize::from(format != EditFormat::Zeta21);
        assert_eq!(edits.collect::<Vec<_>>(), expected[..count]);
        let expected = match format {
            EditFormat::Zeta21 => format!("<|marker_1|>{EDITED}<|marker_2|>"),
            EditFormat::Mercury => format!("```\n{}\n```", EDITED.trim_end()),
            EditFormat::Sweep => EDITED.split_once('\n').unwrap().1.to_owned(),
            EditFormat::Zeta2 | EditFormat::Chat => EDITED.to_owned(),
        };
        assert_eq!(foreign.write(EDITED), expected);
        assert!(foreign.allows(EDITED));
    }
    let sweep = parse::parse(cases[2].0).unwrap();
    assert_eq!([&*sweep.prompt.before, &*sweep.prompt.after], ["x\n", "y\n"]);
    assert!(!sweep.allows("other\n"));
}

#[test]
fn a_cursor_on_the_empty_last_line_adds_no_line() {
    let mut prompt = prompt(WINDOW);
    prompt.window.cursor = WINDOW.len();
    prompt.after.clear();
    for format in [EditFormat::Mercury, EditFormat::Zeta2, EditFormat::Zeta21, EditFormat::Sweep] {
        let foreign = parse::parse(&format.render(&prompt)).unwrap();
        assert_eq!(foreign.prompt.window.text, WINDOW, "{format:?}");
    }
}

#[test]
fn other_prompts_are_not_parsed() {
    for text in [
        "",
        "fn main() {",
        "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>",
        "<[fim-suffix]>a<[fim-prefix]>b<[fim-middle]>",
        "<|file_sep|>original/a\n<|file_sep|>updated/a\n",
        "<|marker_1|>",
        "<[fim-suffix]>\n<[fim-prefix]><filename>a\n<|marker_1|>x\n<[fim-middle]>",
    ] {
        assert_eq!(parse::parse(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn a_rendered_prompt_parses_back_and_an_edit_arrives(
        window in "([a-c{} é]{0,6}\n){1,24}", new in "([a-c{} é]{0,6}\n){1,24}",
        before in "([a-c]{0,4}\n){0,3}", after in "([a-c]{1,4}\n){1,3}", cursor in 0usize..40,
    ) {
        let mut prompt = prompt(&window);
        prompt.window.cursor = window.floor_char_boundary(cursor.min(window.len() - 1));
        (prompt.before, prompt.after) = (before, after);
        for format in [EditFormat::Mercury, EditFormat::Zeta2, EditFormat::Zeta21, EditFormat::Sweep] {
            let foreign = parse::parse(&format.render(&prompt)).expect("it is in the format");
            prop_assert_eq!(foreign.format, format);
            prop_assert_eq!(&foreign.prompt.window.text, &window);
            if format != EditFormat::Sweep {
                prop_assert_eq!(foreign.prompt.window.cursor, prompt.window.cursor);
                prop_assert_eq!(&foreign.prompt.before, &prompt.before);
            }
            prop_assert_eq!(foreign.prompt.history.len(), 1);
            let expected = settled(&new, &prompt.window);
            let read = format.read(&foreign.write(&expected), &prompt);
            prop_assert_eq!(read, (expected != window).then_some(expected));
            prop_assert_eq!(format.read(&foreign.unchanged(), &prompt), None);
        }
    }

    #[test]
    fn foreign_replies_and_prompts_never_panic(
        reply in "(<\\|marker_[0-9]{0,3}\\|?>?|```|<old>|</old>|<new>|<\\|file_sep\\|>|[a-zé\n]|=======\n|NO_EDITS){0,12}",
        window in "([a-zé<>|= ]{0,12}\n?){0,9}",
    ) {
        for format in EditFormat::ALL {
            if let Some(new) = format.read(&reply, &prompt(&window)) {
                prop_assert!(new != window);
            }
        }
        if let Some(foreign) = parse::parse(&reply) {
            foreign.write(&window);
        }
    }
}
