//! Pauses and exclusion rules, as an editor sees them: nothing is suggested or sent, and the status names the
//! rule.

use std::fs;

use serde_json::{Value, json};

use crate::support::editor::{Editor, Hello, inline, texts, uri};
use crate::support::ghost;
use crate::support::stage::{Stage, answer, text_event};
use crate::support::upstream::script::{Script, Step};

fn command(editor: &mut Editor, name: &str, argument: Value) -> Value {
    let params = json!({ "command": name, "arguments": [argument] });
    editor.request("workspace/executeCommand", params)
}

fn status(editor: &mut Editor, uri: &str) -> Value {
    editor.request("understudy/status", json!({ "textDocument": { "uri": uri } }))
}

/// The features that are blocked for a document, each with its rule.
fn blocked(editor: &mut Editor, uri: &str) -> Vec<(String, String)> {
    let status = status(editor, uri);
    let blocked = status["blocked"].as_array().unwrap().iter();
    let word = |it: &Value, field: &str| it[field].as_str().unwrap().to_owned();
    blocked.map(|it| (word(it, "what"), word(it, "rule"))).collect()
}

fn all(rule: &str) -> Vec<(String, String)> {
    vec![("everything".to_owned(), rule.to_owned())]
}

/// An editor with two projects for the built-in model, each with a new file open.
fn two() -> (Editor, [String; 2], [tempfile::TempDir; 2]) {
    let folders = [ghost::project(), ghost::project()];
    let roots = folders.iter().map(|it| it.path().to_owned()).collect();
    let options = json!({ "status": true, "embedded": { "threshold": 0.5 } });
    let mut editor = Editor::hello(Hello { roots, options, ..Hello::default() });
    editor.indexed();
    let uris = [0, 1].map(|it| uri(&folders[it].path().join("new.rs")));
    uris.iter().for_each(|it| editor.open(it, "rust", &ghost::new_file(ghost::BEGUN)));
    (editor, uris, folders)
}

fn suggested(editor: &mut Editor, uri: &str) -> bool {
    let params = inline(uri, ghost::end(ghost::BEGUN), 1);
    !texts(&editor.request("textDocument/inlineCompletion", params)).is_empty()
}

#[test]
fn a_paused_folder_gets_no_suggestions_and_another_folder_does() {
    let (mut editor, [here, there], folders) = two();
    command(&mut editor, "understudy.pause", json!({ "uri": here }));
    assert_eq!([suggested(&mut editor, &here), suggested(&mut editor, &there)], [false, true]);
    assert_eq!(blocked(&mut editor, &here), all("pause"));
    assert_eq!(blocked(&mut editor, &there), []);
    let told = status(&mut editor, &here);
    let folder = folders[0].path().to_str().unwrap();
    assert_eq!(told["state"], "paused");
    assert_eq!(told["message"], format!("paused in {folder}"));
    assert_eq!(told["paused"], json!({ "folder": folder, "until": null }));
    command(&mut editor, "understudy.resume", json!({ "uri": here }));
    assert_eq!([suggested(&mut editor, &here), suggested(&mut editor, &there)], [true, true]);
    editor.forgiving = true;
}

#[test]
fn a_pause_of_an_hour_applies_everywhere_and_is_in_the_status() {
    let (mut editor, [here, there], _folders) = two();
    command(&mut editor, "understudy.pause", json!({ "minutes": 60 }));
    assert_eq!([suggested(&mut editor, &here), suggested(&mut editor, &there)], [false, false]);
    editor.until(|it| it.take("understudy/status")["state"] == "paused");
    // Without parameters the status is about no document, which is paused, too.
    let told = editor.request("understudy/status", Value::Null);
    assert_eq!(told["message"], "paused everywhere, 60 min left");
    assert!(told["paused"]["until"].as_u64().unwrap() > 3600);
    // Without an argument, all pauses end.
    editor.request("workspace/executeCommand", json!({ "command": "understudy.resume" }));
    assert!(suggested(&mut editor, &here));
    editor.until(|it| it.take("understudy/status")["state"] != "paused");
    editor.forgiving = true;
}

#[test]
fn an_editor_without_a_status_gets_a_message() {
    let mut editor = Editor::hello(Hello::default());
    editor.request("workspace/executeCommand", json!({ "command": "understudy.pause" }));
    let told = editor.take("window/showMessage");
    assert_eq!(told["message"], "Understudy: paused everywhere");
}

#[test]
fn invalid_pauses_are_refused() {
    let mut editor = Editor::hello(Hello::default());
    for argument in [
        json!({ "minutes": 0 }),
        json!({ "minutes": -1 }),
        json!({ "minutes": "an hour" }),
        json!({ "uri": "untitled:Untitled-1" }),
        json!("everywhere"),
    ] {
        let params = json!({ "command": "understudy.pause", "arguments": [argument] });
        let id = editor.send("workspace/executeCommand", params);
        assert_eq!(editor.error(id), -32602);
    }
    assert_eq!(editor.request("understudy/status", Value::Null)["paused"], Value::Null);
}

#[test]
fn no_request_is_sent_while_paused_and_the_menu_shows_the_reason() {
    let mut stage = Stage::new(vec![answer("x")]);
    let here = stage.uri.clone();
    command(&mut stage.editor, "understudy.pause", json!({ "uri": here }));
    let menu = stage.menu(json!({ "diagnostics": [], "triggerKind": 1 }));
    let reason = menu[0]["disabled"]["reason"].as_str().unwrap();
    assert!(menu.len() == 1 && reason.starts_with("paused in "), "{menu:?}");
    stage.act("explain");
    let question = json!({ "question": "What is it for?", "uri": here });
    command(&mut stage.editor, "understudy.ask", question);
    assert_eq!(stage.hits(), [0]);
    let told: Vec<String> = (0..3)
        .map(|_| stage.editor.take("window/showMessage")["message"].as_str().unwrap().to_owned())
        .collect();
    assert!(told.iter().all(|it| it.starts_with("Understudy: paused in ")), "{told:?}");
}

#[test]
fn a_pause_ends_the_requests_that_run() {
    let stall = Script::stream(text_event("It is")).then(Step::Stall);
    for folder in [true, false] {
        let mut stage = Stage::with("", json!({}), vec![stall.clone()]);
        let question = json!({ "question": "What is it for?", "uri": stage.uri });
        let ask = json!({ "command": "understudy.ask", "arguments": [question] });
        let running = [
            stage.start("explain", json!({})),
            stage.start("simplify", json!({})),
            stage.editor.send("workspace/executeCommand", ask),
        ];
        let upstream = &stage.upstreams[0];
        stage.editor.until(|it| (it.turn(), upstream.hits() == 3).1);
        let argument = if folder { json!({ "uri": stage.uri }) } else { json!({}) };
        command(&mut stage.editor, "understudy.pause", argument);
        for id in running {
            assert_eq!(stage.editor.result(id), Value::Null);
        }
        let told: Vec<Value> =
            (0..4).map(|_| stage.editor.take("window/showMessage")["message"].take()).collect();
        let expected =
            if folder { "Understudy: paused in " } else { "Understudy: paused everywhere" };
        assert!(told.iter().all(|it| it.as_str().unwrap().starts_with(expected)), "{told:?}");
        assert_eq!(stage.hits(), [3], "no other attempt is made");
    }
}

#[test]
fn a_thread_about_a_paused_folder_cannot_be_continued() {
    let mut stage = Stage::new(vec![answer("It is the area.")]);
    stage.act("explain");
    let thread = stage.editor.take("understudy/answer")["thread"].clone();
    let here = stage.uri.clone();
    command(&mut stage.editor, "understudy.pause", json!({ "uri": here }));
    let question = json!({ "question": "And of a circle?", "thread": thread });
    command(&mut stage.editor, "understudy.ask", question);
    assert_eq!(stage.hits(), [1]);
    stage.editor.forgiving = true;
}

#[test]
fn the_status_names_the_rule_that_excludes_a_document() {
    let settings = "index.forbid = [\"client/\"]\ncomplete.languages = { css = false }";
    let mut stage = Stage::with(settings, json!({ "status": true }), vec![answer("x")]);
    let rules = stage.folder.path().join(".understudyignore");
    fs::write(&rules, "notes.md\n").unwrap();
    let params = json!({ "changes": [{ "uri": uri(&rules), "type": 1 }] });
    stage.editor.notify("workspace/didChangeWatchedFiles", params);
    for (name, language, rule) in [
        (".env", "shellscript", "secret"),
        ("client/a.rs", "rust", "index.forbid"),
        ("notes.md", "markdown", "ignored"),
        ("a.css", "css", "complete.languages"),
    ] {
        let uri = uri(&stage.folder.path().join(name));
        stage.editor.open(&uri, language, "a");
        // Ignore files are read again in the background.
        stage.editor.until(|it| blocked(it, &uri) == all(rule));
        let status = status(&mut stage.editor, &uri);
        assert_eq!(status["state"], "blocked", "{name}");
        let message = status["message"].as_str().unwrap();
        assert!(message.starts_with("no suggestions here: "), "{message}");
    }
    stage.editor.forgiving = true;
}

#[test]
fn the_status_names_the_providers_that_a_document_is_not_sent_to() {
    let mut stage = Stage::set_up(
        "complete.trigger = \"manual\"",
        "",
        json!({ "status": true }),
        "Test",
        vec![answer("x"), answer("y")],
    );
    let here = stage.uri.clone();
    let manual = ("unasked".to_owned(), "complete.trigger".to_owned());
    assert_eq!(blocked(&mut stage.editor, &here), std::slice::from_ref(&manual));
    fs::write(stage.folder.path().join(".understudy.toml"), "only = [\"p1\"]").unwrap();
    let changed = uri(&stage.folder.path().join(".understudy.toml"));
    let params = json!({ "changes": [{ "uri": changed, "type": 1 }] });
    stage.editor.notify("workspace/didChangeWatchedFiles", params);
    let closed = ("p0/m".to_owned(), "only".to_owned());
    stage.editor.until(|it| blocked(it, &here) == [manual.clone(), closed.clone()]);
    assert_eq!(status(&mut stage.editor, &here)["message"], "all providers are available");
    stage.editor.forgiving = true;
}

#[test]
fn a_document_outside_every_folder_is_not_sent_to_remote_providers() {
    let far = "[[provider]]\nname = \"far\"\nkind = \"deepseek\"\nkey = { env = \"KEY\" }\n\
               models = [\"deepseek-v4-flash\"]\n";
    let options = json!({ "status": true });
    let mut stage = Stage::set_up("", far, options, "Test", vec![answer("x")]);
    let elsewhere = tempfile::tempdir().unwrap();
    let uri = uri(&elsewhere.path().join("a.rs"));
    stage.editor.open(&uri, "rust", "a");
    let closed = ("far/deepseek-v4-flash".to_owned(), "outside".to_owned());
    assert_eq!(blocked(&mut stage.editor, &uri), [closed]);
    stage.editor.forgiving = true;
}

#[test]
fn optional_parameters_can_be_null_missing_or_empty() {
    let mut editor = Editor::hello(Hello::default());
    for method in
        ["understudy/status", "checkStatus", "signIn", "signOut", "getVersion", "signInInitiate"]
    {
        for params in [Value::Null, json!({}), json!([null])] {
            assert!(editor.request(method, params).is_object(), "{method}");
        }
        let id = editor.send_bare(method);
        assert!(editor.result(id).is_object(), "{method}");
    }
}
