//! Hovers: facts from the index, cached explanations, and a way to request one that works in the editor.

use std::fs;

use serde_json::{Value, json};

use crate::support::editor::{Editor, uri};
use crate::support::stage::{Stage, answer, capabilities};
use crate::support::upstream::script::{Script, Step};

const FACTS: &str =
    "```rust\nfn area(w: f64, h: f64) -> f64\n```\n\n`area.rs:1`, 1 occurrence in this workspace";
const BY_ACTION: &str = "The code action \"Understudy: Explain\" requests an explanation from p0/m";

/// A stage with this editor name, plugin options, and hover capabilities.
fn hovering(name: &str, options: Value, hover: Value, scripts: Vec<Script>) -> Stage {
    let mut capabilities = capabilities();
    capabilities["textDocument"]["hover"] = hover;
    Stage::greeted("", "", options, (name, capabilities), scripts)
}

fn named(name: &str, scripts: Vec<Script>) -> Stage {
    hovering(name, json!({}), json!({ "contentFormat": ["markdown", "plaintext"] }), scripts)
}

impl Stage {
    fn hover(&mut self, line: u32, character: u32) -> Option<String> {
        let at = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": self.uri }, "position": at });
        let hover = self.editor.request("textDocument/hover", params);
        hover["contents"]["value"].as_str().map(str::to_owned)
    }

    /// Waits for a hover that contains a text: the document is parsed and indexed in the background.
    fn hovered(&mut self, line: u32, character: u32, text: &str) -> String {
        let at = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": self.uri }, "position": at });
        let mut value = String::new();
        self.editor.until(|it| {
            it.turn();
            let hover = it.request("textDocument/hover", params.clone());
            value = hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
            value.contains(text)
        });
        value
    }

    fn explain(&mut self, line: u32, character: u32) {
        let at = json!({ "line": line, "character": character });
        self.run_explain(json!({ "uri": self.uri, "position": at }));
    }

    fn run_explain(&mut self, argument: Value) {
        let params = json!({ "command": "understudy.explain", "arguments": [argument] });
        let id = self.editor.send("workspace/executeCommand", params);
        assert_eq!(self.editor.result(id), Value::Null);
    }
}

#[test]
fn a_hover_by_pointer_sends_no_request_and_names_the_explain_action() {
    for name in ["Visual Studio Code", "emacs", "Eglot", "Sublime Text LSP", "Zed", "kate"] {
        let mut stage = named(name, vec![answer("x")]);
        let shown = stage.hovered(0, 4, "1 occurrence");
        assert_eq!(shown, format!("{FACTS}\n\n{BY_ACTION}"), "{name}");
        assert_eq!(stage.hits(), [0], "{name}");
    }
}

#[test]
fn an_editor_with_command_links_gets_a_link_that_explains() {
    let options = json!({ "commandLinks": true, "answers": true });
    let mut stage =
        hovering("Visual Studio Code", options, json!({}), vec![answer("It multiplies.")]);
    let shown = stage.hovered(0, 4, "[Explain with p0/m](command:understudy.explain?");
    let query = shown.split_once('?').unwrap().1.strip_suffix(')').unwrap().to_owned();
    let arguments: Value = serde_json::from_str(&decoded(&query)).unwrap();
    let at = json!({ "line": 0, "character": 4 });
    assert_eq!(arguments, json!([{ "uri": stage.uri, "position": at }]));
    stage.run_explain(arguments[0].clone());
    for kind in ["begin", "delta", "end"] {
        assert_eq!(stage.editor.take("understudy/answer")["kind"], kind);
    }
    let shown = stage.hovered(0, 5, "multiplies");
    assert!(shown.ends_with("\n\n---\n\nIt multiplies.\n\n*p0/m*"), "{shown}");
    assert_eq!(stage.hits(), [1]);
}

/// The inverse of `encodeURIComponent`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap() as u8;
        bytes.push(if byte == b'%' { digit() * 16 + digit() } else { byte });
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_explain_command_is_named_as_the_plugin_declares_it() {
    let options = json!({ "explain": "M-x understudy-explain" });
    let plain = json!({ "contentFormat": ["plaintext"] });
    let mut stage = hovering("Eglot", options, plain, vec![answer("x")]);
    let shown = stage.hovered(0, 4, "1 occurrence");
    let facts = "fn area(w: f64, h: f64) -> f64\n\narea.rs:1, 1 occurrence in this workspace";
    assert_eq!(
        shown,
        format!("{facts}\n\nM-x understudy-explain requests an explanation from p0/m")
    );
    // The option is no setting, so it is not reported as an unknown key.
    assert_eq!(stage.hits(), [0]);
}

#[test]
fn a_client_that_prefers_plain_text_gets_no_markdown() {
    let plain = json!({ "contentFormat": ["plaintext", "markdown"] });
    let mut stage = hovering("ALE", json!({}), plain, vec![answer("x")]);
    let at = json!({ "line": 0, "character": 4 });
    let params = json!({ "textDocument": { "uri": stage.uri }, "position": at });
    stage.hovered(0, 4, "area.rs:1");
    let hover = stage.editor.request("textDocument/hover", params);
    assert_eq!(hover["contents"]["kind"], "plaintext");
    assert!(!hover["contents"]["value"].as_str().unwrap().contains('`'), "{hover}");
    assert_eq!(hover["range"]["start"], json!({ "line": 0, "character": 3 }));
    assert_eq!(hover["range"]["end"], json!({ "line": 0, "character": 7 }));
}

/// Editors where a key requests a hover, by their name in `clientInfo`.
#[test]
fn a_hover_by_key_requests_an_explanation_that_the_next_hover_shows() {
    for name in ["Neovim", "helix", "vim-lsp", "Kakoune"] {
        let mut stage = named(name, vec![answer("It **multiplies**.")]);
        let first = stage.hovered(0, 4, "area.rs:1");
        assert!(first.starts_with("```rust\nfn area("), "{name}: {first}");
        assert!(
            first.ends_with("\n\n*p0/m is writing an explanation: hover again to see it*"),
            "{first}"
        );
        let second = stage.hovered(0, 7, "multiplies");
        assert!(second.ends_with("\n\n---\n\nIt **multiplies**.\n\n*p0/m*"), "{second}");
        assert_eq!(stage.hits(), [1], "{name}");
        assert!(stage.asked(0).contains("let a = w * h;"), "{name}");
    }
}

#[test]
fn after_an_answer_without_text_the_next_hover_requests_again() {
    let line = "Wait, the height might be zero. Let me check that again.\n";
    let delta = json!({ "choices": [{ "index": 0, "delta": { "reasoning_content": line } }] });
    let endless = Step::Endless(format!("data: {delta}\n\n").into_bytes());
    for useless in [Script::stream("").then(endless), answer(" \n"), answer("<think>Hm.</think>")] {
        let mut stage = named("helix", vec![answer("")]);
        stage.upstreams[0].answers_in_turn(vec![useless, answer("It multiplies.")]);
        let shown = stage.hovered(0, 4, "multiplies");
        assert!(shown.ends_with("\n\n---\n\nIt multiplies.\n\n*p0/m*"), "{shown}");
        assert_eq!(stage.hits(), [2]);
    }
}

#[test]
fn a_changed_definition_discards_the_explanation() {
    let mut stage = named("Zed", vec![answer("It multiplies.")]);
    stage.hovered(0, 4, "area.rs:1");
    stage.explain(0, 5);
    stage.editor.take("window/showMessage");
    stage.hovered(0, 4, "It multiplies.");
    let uri = stage.uri.clone();
    stage.editor.insert(&uri, 1, (1, 8), "b");
    stage.hovered(0, 4, BY_ACTION);
}

/// Helix and ALE send the character or the word under the cursor as the range of an action.
#[test]
fn explain_without_a_larger_selection_explains_the_symbol_at_the_cursor() {
    for (from, to) in [(5, 5), (3, 4), (3, 7)] {
        let mut stage = named("Zed", vec![answer("It multiplies.")]);
        stage.hovered(0, 4, "area.rs:1");
        let at = |it: u32| json!({ "line": 0, "character": it });
        let id = stage.start("explain", json!({ "range": { "start": at(from), "end": at(to) } }));
        stage.editor.result(id);
        stage.editor.take("window/showMessage");
        stage.hovered(0, 4, "It multiplies.\n\n*p0/m*");
        assert!(stage.asked(0).contains("The definition of `area`"));
    }
}

#[test]
fn without_a_provider_a_hover_shows_only_facts() {
    for options in [json!({}), json!({ "commandLinks": true }), json!({ "explain": ":X" })] {
        let mut stage = hovering("Neovim", options, json!({}), Vec::new());
        assert_eq!(stage.hovered(0, 4, "1 occurrence"), FACTS);
    }
}

#[test]
fn a_model_that_is_forbidden_or_has_no_key_is_not_offered() {
    let rows = "[[provider]]\nname = \"groq\"\nkind = \"groq\"\nkey = { env = \"NOT_SET\" }\nmodels = [\"m\"]\n";
    for (settings, tables) in [("only = []", ""), ("", rows)] {
        let scripts = if tables.is_empty() { vec![answer("x")] } else { Vec::new() };
        let options = json!({ "commandLinks": true });
        let mut stage =
            Stage::greeted(settings, tables, options, ("Neovim", capabilities()), scripts);
        stage.editor.forgiving = true;
        assert_eq!(stage.hovered(0, 4, "1 occurrence"), FACTS, "{settings} {tables}");
        assert!(stage.hits().iter().all(|it| *it == 0));
    }
}

#[test]
fn hover_mode_off_shows_no_hover() {
    let mut stage = named("Zed", vec![answer("x")]);
    stage.hovered(0, 4, "area.rs:1");
    let settings = json!({ "settings": { "understudy": { "hover": { "mode": "off" } } } });
    stage.editor.notify("workspace/didChangeConfiguration", settings);
    assert_eq!(stage.hover(0, 4), None);
    assert_eq!(stage.hits(), [0]);
}

#[test]
fn paused_excluded_and_disabled_documents_have_no_hover() {
    let mut stage = Stage::introduced(
        "complete.languages = { python = false }",
        json!({ "status": true }),
        "Neovim",
        vec![answer("x")],
    );
    stage.editor.forgiving = true;
    let hidden = uri(&stage.folder.path().join("ignored/area.rs"));
    let python = uri(&stage.folder.path().join("area.py"));
    stage.editor.open(&hidden, "rust", crate::support::stage::TEXT);
    stage.editor.open(&python, "python", "def area(w):\n    return w\n");
    let own = std::mem::replace(&mut stage.uri, hidden);
    assert_eq!(stage.hover(0, 4), None);
    stage.uri = python;
    assert_eq!(stage.hover(0, 5), None);
    stage.uri = own;
    let pause = json!({ "command": "understudy.pause", "arguments": [{ "uri": stage.uri }] });
    stage.editor.request("workspace/executeCommand", pause);
    assert_eq!(stage.hover(0, 4), None);
    assert_eq!(stage.hits(), [0]);
    let resume = json!({ "command": "understudy.resume", "arguments": [{}] });
    stage.editor.request("workspace/executeCommand", resume);
    stage.hovered(0, 4, "area.rs:1");
}

#[test]
fn only_symbols_of_the_workspace_have_a_hover() {
    for name in ["Neovim", "Visual Studio Code"] {
        let mut stage = named(name, vec![answer("x")]);
        stage.hovered(5, 4, "area.rs:6");
        if name == "Neovim" {
            let upstream = &stage.upstreams[0];
            stage.editor.until(|it| (it.turn(), upstream.hits() == 1).1);
        }
        let hits = stage.hits();
        for (line, character) in [(0, 2), (0, 12), (4, 0), (99, 9)] {
            assert_eq!(stage.hover(line, character), None, "{name} {line}:{character}");
        }
        assert_eq!(stage.hits(), hits);
    }
}

const OTHERS: &str = "/// The [volume](command:understudy.explain?x), <b>once</b>.\n#[inline]\npub fn volume(d: f64) -> f64 {\n    d\n}\n";

#[test]
fn a_symbol_of_another_file_shows_its_documentation_sanitized() {
    let mut stage = named("Visual Studio Code", vec![answer("x")]);
    fs::write(stage.folder.path().join("solid.rs"), OTHERS).unwrap();
    fs::write(stage.folder.path().join("solid.py"), "def breadth():\n    pass\n").unwrap();
    let changed = ["solid.rs", "solid.py"].map(|it| uri(&stage.folder.path().join(it)));
    let changes = changed.map(|it| json!({ "uri": it, "type": 1 }));
    stage.editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    let text = "fn use_it() {\n    volume(1.0); // of volume\n    breadth();\n    \"volume\";\n}\n";
    stage.uri = uri(&stage.folder.path().join("use.rs"));
    stage.editor.open(&stage.uri.clone(), "rust", text);
    let shown = stage.hovered(1, 5, "solid.rs:3`, ");
    assert!(shown.starts_with("```rust\npub fn volume(d: f64) -> f64\n```\n\nThe "), "{shown}");
    assert!(!shown.contains("command:") && !shown.contains("<b>"), "{shown}");
    // A comment, a string, and a name that only another language defines.
    for (line, character) in [(1, 24), (3, 6), (2, 5)] {
        assert_eq!(stage.hover(line, character), None, "{line}:{character}");
    }
    assert_eq!(stage.hits(), [0]);
}

#[test]
fn a_hover_of_an_unknown_editor_sends_no_request() {
    let mut editor = Editor::raw(None);
    let folder = tempfile::tempdir().unwrap();
    let uri = uri(&folder.path().join("area.rs"));
    editor.request("initialize", json!({ "capabilities": {} }));
    editor.notify("initialized", json!({}));
    editor.open(&uri, "rust", crate::support::stage::TEXT);
    let at = json!({ "line": 0, "character": 4 });
    let params = json!({ "textDocument": { "uri": uri }, "position": at });
    let mut hover = Value::Null;
    editor.until(|it| {
        it.turn();
        hover = it.request("textDocument/hover", params.clone());
        !hover.is_null()
    });
    assert_eq!(hover["contents"]["kind"], "markdown");
}
