//! Helix, Kakoune and Kate as they introduced themselves when they were tried: `tests/fixtures/clients`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::support::editor::{Editor, Hello, inline, uri};
use crate::support::stage::{Stage, TEXT, answer, lines};
use crate::support::upstream::script::Step;

const LINES: &str = "fn first() {\n    let total = compute(alpha, beta);\n}\nfn second() {\n    let total = compute(alpha, beta);\n}\nfn third() {\n    let total = compute(alpha, be)\n}\n";

/// The name and the capabilities of an editor.
pub(crate) fn recorded(editor: &str) -> (String, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients");
    let text = fs::read_to_string(folder.join(format!("{editor}.json"))).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let name = all["clientInfo"]["name"].as_str().unwrap_or_default();
    (name.to_owned(), all["capabilities"].clone())
}

fn stage(editor: &str, reply: &str) -> Stage {
    let (name, capabilities) = recorded(editor);
    let mut stage = Stage::greeted("", "", json!({}), (&name, capabilities), vec![answer(reply)]);
    stage.editor.forgiving = true;
    stage
}

/// An editor with a document in a folder of its own, without a provider.
fn alone(editor: &str, options: Value, text: &str) -> (TempDir, Editor, String) {
    let folder = tempfile::tempdir().unwrap();
    let (name, capabilities) = recorded(editor);
    let roots = vec![folder.path().to_owned()];
    let mut editor =
        Editor::hello(Hello { name, capabilities, options, roots, ..Hello::default() });
    editor.indexed();
    editor.forgiving = true;
    let uri = uri(&folder.path().join("main.rs"));
    editor.open(&uri, "rust", text);
    (folder, editor, uri)
}

impl Stage {
    /// The menu of this range of a line.
    fn menu_at(&mut self, (line, from, to): (u32, u32, u32)) -> Vec<Value> {
        let at = |character: u32| json!({ "line": line, "character": character });
        let range = json!({ "start": at(from), "end": at(to) });
        let context = json!({ "diagnostics": [], "triggerKind": 1 });
        let params =
            json!({ "textDocument": { "uri": self.uri }, "range": range, "context": context });
        let menu = self.editor.request("textDocument/codeAction", params);
        menu.as_array().unwrap().clone()
    }

    /// Starts the action of a menu.
    fn starts(&mut self, menu: &[Value], title: &str) -> i64 {
        let is_it = |it: &&Value| it["title"] == format!("Understudy: {title}");
        let command = &menu.iter().find(is_it).expect("the action")["command"];
        let params = json!({ "command": command["command"], "arguments": command["arguments"] });
        self.editor.send("workspace/executeCommand", params)
    }

    /// What the model is asked if the user chooses an action at this range.
    fn chosen(&mut self, title: &str, range: (u32, u32, u32)) -> String {
        let menu = self.menu_at(range);
        let id = self.starts(&menu, title);
        self.editor.result(id);
        let body: Value = serde_json::from_str(&self.asked(0)).unwrap();
        body["messages"][1]["content"].as_str().unwrap().to_owned()
    }
}

#[test]
fn the_word_under_a_block_cursor_is_not_a_selection() {
    // A character, a word with the space behind it, the word before the cursor, the end of a line.
    for range in [(1, 4, 5), (1, 4, 8), (1, 3, 7), (0, 32, 33)] {
        for editor in ["helix", "kakoune"] {
            let asked = stage(editor, "It is the area.").chosen("Explain", range);
            assert!(
                asked.contains("-> f64 {\n    let a = w * h;\n    a\n}"),
                "{editor} {range:?}: {asked}"
            );
        }
    }
    // Without a block cursor, and for more than a word, the lines of the selection are explained.
    for (editor, range) in [("kate", (1, 4, 8)), ("helix", (1, 12, 17)), ("kakoune", (1, 12, 17))] {
        let asked = stage(editor, "It is the area.").chosen("Explain", range);
        assert!(asked.contains("```rust\n    let a = w * h;\n```"), "{editor}: {asked}");
    }
}

#[test]
fn an_editor_that_keeps_the_text_behind_the_cursor_inserts_no_bracket_twice() {
    let options = json!({ "embedded": { "threshold": 0.1, "invoked_threshold": 0.1 } });
    let inserted = |editor: &str| {
        let (_folder, mut client, uri) = alone(editor, options.clone(), LINES);
        let list = client.request("textDocument/completion", inline(&uri, (7, 33), 1));
        let edit = &list["items"][0]["textEdit"];
        (
            edit["newText"].as_str().unwrap_or_default().to_owned(),
            edit["range"]["end"]["character"].clone(),
        )
    };
    assert_eq!(inserted("helix"), ("beta);".to_owned(), json!(34)));
    assert_eq!(inserted("kakoune"), ("beta".to_owned(), json!(33)));
    assert_eq!(inserted("kate"), ("beta".to_owned(), json!(33)));
}

#[test]
fn an_editor_that_sends_the_whole_text_has_next_edits_and_keeps_findings() {
    for editor in ["kakoune", "kate"] {
        let text = "fn load() {}\n\nfn main() {\n    load();\n    load();\n}\n";
        let (_folder, mut client, uri) = alone(editor, json!({ "next_edit": "hint" }), text);
        for (version, new) in ["f", "fe", "fetch"].into_iter().enumerate() {
            let text = text.replacen("load", new, 1);
            client.change(&uri, version as i32 + 1, json!([{ "text": text }]));
        }
        let hint = client.take("textDocument/publishDiagnostics")["diagnostics"][0].clone();
        assert_eq!(hint["message"], "Next edit: line 4, `load` → `fetch`", "{editor}");

        let mut stage = stage(editor, "2: warning: `a` is needless\n-     let a = w * h;\n");
        stage.act("review");
        let found = |stage: &mut Stage| {
            let shown = stage.editor.take("textDocument/publishDiagnostics");
            shown["diagnostics"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["range"]["start"]["line"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(found(&mut stage), [1], "{editor}");
        let uri = stage.uri.clone();
        stage.editor.change(&uri, 1, json!([{ "text": format!("// A line.\n{TEXT}") }]));
        assert_eq!(found(&mut stage), [2], "{editor}");
    }
}

#[test]
fn each_answer_is_a_page_of_its_own() {
    let words = ["words"; 13].join(" ");
    let mut stage = stage("helix", &format!("{words} {words}"));
    let mut pages = Vec::new();
    for _ in 0..60 {
        let menu = stage.menu_at((1, 4, 5));
        let id = stage.starts(&menu, "Explain");
        stage.editor.result(id);
        let shown = stage.editor.take_request("window/showDocument");
        pages.push(shown["uri"].as_str().unwrap().to_owned());
    }
    // Helix does not read a page again that it still shows.
    assert!(
        pages[0].ends_with("/explain-1.md") && pages[59].ends_with("/explain-60.md"),
        "{pages:?}"
    );
    let kept = fs::read_dir(stage.state.path().join("answers")).unwrap().count();
    assert_eq!(kept, 50);
    let newest = stage.state.path().join("answers/explain-60.md");
    // Helix does not wrap long lines.
    assert_eq!(fs::read_to_string(newest).unwrap(), format!("{words}\n{words}\n"));
}

#[test]
fn a_page_is_not_put_in_place_of_the_text_in_which_the_user_types() {
    let gate = Arc::new(Semaphore::new(0));
    let mut script = answer("It is the area.");
    script.steps.insert(0, Step::Gate(Arc::clone(&gate)));
    let (name, capabilities) = recorded("helix");
    let mut stage = Stage::greeted("", "", json!({}), (&name, capabilities), vec![script]);
    stage.editor.forgiving = true;
    let menu = stage.menu_at((1, 4, 5));
    let id = stage.starts(&menu, "Explain");
    stage.editor.take_request("window/workDoneProgress/create");
    let uri = stage.uri.clone();
    stage.editor.insert(&uri, 1, (5, 0), "typed");
    gate.add_permits(1);
    stage.editor.result(id);
    let said = stage.editor.take("window/showMessage")["message"].take();
    let said = said.as_str().unwrap();
    assert!(said.starts_with("Understudy: Explain: the answer is in "), "{said}");
    assert!(said.ends_with("explain-1.md"), "{said}");
    assert!(!stage.editor.has_unread("window/showDocument"));
}

#[test]
fn a_message_names_a_file_that_is_created_in_the_background() {
    let mut stage = stage("helix", "```python\ndef test_f():\n    assert f() == 1\n```");
    let uri = uri(&stage.folder.path().join("f.py"));
    stage.editor.open(&uri, "python", "def f():\n    return 1\n");
    stage.uri = uri;
    let yes = json!({ "title": "Yes" });
    stage.editor.replies.insert("window/showMessageRequest", yes);
    let id = stage.start("test", json!({ "range": lines(0, 2) }));
    stage.editor.result(id);
    let said = stage.editor.take("window/showMessage")["message"].take();
    assert_eq!(said, "Understudy: the tests are in the new file tests/test_f.py");
}

#[test]
fn the_question_about_other_actions_is_as_wide_as_their_titles() {
    let mut stage = stage("helix", "");
    let menu = stage.menu_at((1, 12, 17));
    let id = stage.starts(&menu, "More…");
    stage.editor.result(id);
    let asked = stage.editor.take_request("window/showMessageRequest");
    let width = |it: &Value| it.as_str().unwrap().chars().count();
    for action in asked["actions"].as_array().unwrap() {
        assert!(width(&action["title"]) <= width(&asked["message"]), "{asked}");
    }
}

/// Kakoune shows no question by itself, and no change before it is applied.
#[test]
fn an_editor_that_asks_nothing_gets_messages_instead_of_questions() {
    let mut stage = stage("kakoune", "```python\ndef test_f():\n    assert f() == 1\n```");
    let uri = uri(&stage.folder.path().join("f.py"));
    stage.editor.open(&uri, "python", "def f():\n    return 1\n");
    stage.uri = uri;
    let menu = stage.menu_at((0, 0, 0));
    let id = stage.starts(&menu, "More…");
    stage.editor.result(id);
    let said = stage.editor.take("window/showMessage");
    assert!(said["message"].as_str().unwrap().contains("open the code actions again"), "{said}");
    let menu = stage.menu_at((0, 0, 0));
    let id = stage.starts(&menu, "Write tests");
    stage.editor.result(id);
    assert!(!stage.editor.has_unread("workspace/applyEdit"));
    assert!(!stage.editor.has_unread("window/showMessageRequest"));
}
