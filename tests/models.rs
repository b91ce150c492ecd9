//! Ghost text from models over real sockets, as an editor sees it: whoever is out, the next answers,
//! and when nobody is left the embedded model does.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};
use understudy::usage;
use understudy::usage::reader::Reader;

use crate::support::editor::{inline, texts, uri};
use crate::support::models::{OTHER, Stage, answer, said};
use crate::support::upstream::script::{Script, Step};
use crate::support::{ghost, stage};

#[test]
fn a_model_fills_the_hole_in_its_own_markers() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    let prompt = stage.asked();
    assert!(prompt.contains("<|fim_prefix|>use crate::session"), "{prompt}");
    assert!(prompt.contains("let snapshot = ses<|fim_suffix|>\n}"), "{prompt}");
}

#[test]
fn a_model_is_shown_what_goes_with_the_place() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    let prompt = stage.asked_with("pub struct Session");
    let (session, new) =
        (prompt.find("<|file_sep|>session.rs\n"), prompt.find("<|file_sep|>new.rs\n"));
    assert!(session < new && session.is_some(), "{prompt}");
}

#[test]
fn what_is_not_saved_yet_goes_along_as_it_is_written() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    let uri = stage.uri.replace("new.rs", "session.rs");
    let disk = fs::read_to_string(stage.folder.path().join("session.rs")).unwrap();
    stage.editor.open(&uri, "rust", &disk);
    let more = "fn padding() -> u8 { 0 }\n".repeat(20);
    stage.editor.insert(
        &uri,
        1,
        (0, 0),
        &(more + "pub struct Session {\n    pub unsaved: Session,\n}\n"),
    );
    let (main, end) = (stage.uri.clone(), ghost::end(ghost::BEGUN));
    let start = std::time::Instant::now();
    loop {
        // Its user is back at the first, so it is learned. What was gathered there is not held on to.
        stage.editor.close(&main);
        stage.editor.open(&main, "rust", &ghost::new_file(ghost::BEGUN));
        stage.editor.insert(&main, 2, end, "");
        stage.editor.request("textDocument/inlineCompletion", inline(&main, end, 1));
        if stage.asked().contains("pub struct Session\n    pub unsaved: Session") {
            break;
        }
        assert!(start.elapsed().as_secs() < 20, "it never came to be: {}", stage.asked());
    }
}

#[test]
fn what_fewer_may_see_goes_to_nobody_else_along_with_what_more_may() {
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("params.rs"), "pub struct Params {\n    pub x: u8,\n}\n").unwrap();
    let beside = || Stage::beside(&[secret.path()], vec![answer(OTHER)]);
    beside().asked_with("pub struct Params");
    fs::write(secret.path().join(".understudy.toml"), "only = []").unwrap();
    let mut stage = beside();
    // Long after everything else is known.
    for _ in 0..40 {
        let prompt = stage.asked_with("pub struct Session");
        assert!(!prompt.contains("pub struct Params"), "{prompt}");
    }
}

#[test]
fn a_model_that_chats_is_told_what_is_wrong_nearby_until_the_line_is_edited() {
    let rows = "embedded.preempt = 1\n[[provider]]\nname = \"p0\"\nkind = \"openai-compatible\"\n\
                url = \"URL\"\nmodels = [\"m\"]\n[route]\ncomplete = [\"p0\"]\n";
    let mut stage = stage::Stage::dear(rows, stage::answer("a + 1"));
    let line = stage::lines(1, 2);
    let said = json!({
        "textDocument": { "uri": stage.uri },
        "range": line,
        "context": { "diagnostics": [{ "range": line, "message": "planted" }], "triggerKind": 2 },
    });
    stage.editor.request("textDocument/codeAction", said);
    stage.editor.request("textDocument/inlineCompletion", inline(&stage.uri, (2, 5), 1));
    assert!(stage.asked(0).contains("line 2: planted"), "{}", stage.asked(0));
    stage.editor.insert(&stage.uri, 1, (1, 4), "mut ");
    stage.editor.request("textDocument/inlineCompletion", inline(&stage.uri, (2, 5), 1));
    assert!(stage.asked(0).contains("mut let"), "{}", stage.asked(0));
    assert!(!stage.asked(0).contains("planted"), "{}", stage.asked(0));
}

#[test]
fn the_first_key_makes_the_connection_that_the_first_request_needs() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    stage.editor.insert(&stage.uri, 2, ghost::end(ghost::BEGUN), "s");
    stage.editor.until(|editor| {
        editor.request("understudy/status", Value::Null);
        stage.upstreams[0].hits() == 1
    });
    assert_eq!(stage.upstreams[0].requests()[0].method, "HEAD");
    let at = ghost::end(ghost::BEGUN);
    let params = inline(&stage.uri, (at.0, at.1 + 1), 2);
    stage.editor.request("textDocument/inlineCompletion", params);
    assert_eq!((stage.hits()[0], stage.upstreams[0].connections()), (2, 1));
}

#[test]
fn whoever_is_out_the_next_answers_within_the_same_request() {
    let busy = Script::json(429, r#"{"error":{"message":"slow down"}}"#);
    let cut = Script::stream(said("sion.broken")).then(Step::Cut);
    let mut stage = Stage::new(vec![busy, cut, answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    assert_eq!(stage.hits(), [1, 1, 1]);
}

#[test]
fn when_nobody_is_left_the_embedded_model_answers() {
    let dead = Script::status(503);
    let mut stage = Stage::with("embedded.threshold = 0.5", vec![dead.clone(), dead]);
    assert_eq!(stage.ghost(), [ghost::REST]);
    assert_eq!(stage.hits(), [1, 1]);
}

#[test]
fn what_was_paid_for_once_is_not_asked_again() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    assert_eq!(stage.ghost(), [OTHER]);
    let at = ghost::end(ghost::BEGUN);
    stage.editor.insert(&stage.uri, 2, at, "sion");
    let typed = inline(&stage.uri, (at.0, at.1 + 4), 2);
    let left = texts(&stage.editor.request("textDocument/inlineCompletion", typed));
    assert_eq!(left, [".from_elsewhere();"]);
    assert_eq!(stage.hits(), [1]);
}

/// A document that holds a key, and a place behind it.
fn secret() -> (Stage, Value) {
    let key = "sk-proj-Abc123Def456Ghi789Jkl012Mno345Pqr678";
    let mut stage = Stage::new(vec![answer("sion.ok();")]);
    let text = format!("const KEY: &str = \"{key}\";\n{}", ghost::new_file(ghost::BEGUN));
    let uri = uri(&stage.folder.path().join("secret.rs"));
    stage.editor.open(&uri, "rust", &text);
    let (line, column) = ghost::end(ghost::BEGUN);
    (stage, inline(&uri, (line + 1, column), 2))
}

#[test]
fn a_secret_leaves_nothing_but_its_place_and_comes_back_where_it_was() {
    let (mut stage, place) = secret();
    let shown = texts(&stage.editor.request("textDocument/inlineCompletion", place));
    assert_eq!(shown, ["sion.ok();"]);
    let body = String::from_utf8(stage.upstreams[0].requests()[0].body.clone()).unwrap();
    assert!(!body.contains("Abc123Def456"), "{body}");
    assert!(body.contains("const KEY"), "{body}");
}

#[test]
fn what_left_the_machine_can_be_read_word_for_word_and_stands_in_no_file() {
    let (mut stage, place) = secret();
    stage.editor.request("textDocument/inlineCompletion", place);
    let sent =
        stage.editor.request("workspace/executeCommand", json!({ "command": "understudy.sent" }));
    let body = String::from_utf8(stage.upstreams[0].requests()[0].body.clone()).unwrap();
    let newest = &sent[0];
    assert_eq!((&newest["text"], &newest["provider"]), (&json!(body), &json!("p0/qwen2.5-coder")));
    assert!(newest["url"].as_str().unwrap().ends_with("/completions"), "{newest}");
    assert!(body.contains("const KEY") && !body.contains("Abc123Def456"), "{body}");
    for file in walk(stage.state.path()) {
        let Ok(held) = fs::read(&file) else { continue };
        let line = b"let snapshot = ses";
        assert!(!held.windows(line.len()).any(|it| it == line), "{}", file.display());
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries.flat_map(|it| if it.is_dir() { walk(&it) } else { vec![it] }).collect()
}

#[test]
fn a_file_the_guard_refuses_is_never_sent() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    let uri = uri(&stage.folder.path().join(".env"));
    stage.editor.open(&uri, "shellscript", "TOKEN=abc\nTO");
    let params = inline(&uri, (1, 2), 1);
    let shown = texts(&stage.editor.request("textDocument/inlineCompletion", params));
    assert_eq!(shown, [""; 0]);
    assert_eq!(stage.hits(), [0]);
}

#[test]
fn a_workspace_may_forbid_a_provider_and_name_none() {
    let narrow = "only = []\n[[provider]]\nname = \"x\"\nkind = \"ollama\"\n";
    let mut stage = Stage::narrowed("", narrow, vec![answer(OTHER)]);
    assert_ne!(stage.ghost(), [OTHER]);
    assert_eq!(stage.hits(), [0]);
    let told = stage.editor.take("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("may only turn off"), "{told}");
}

#[test]
fn a_request_that_is_overtaken_hangs_up() {
    let slow = Script::stream(said("sion")).then(Step::Stall);
    let mut stage = Stage::new(vec![slow]);
    let at = ghost::end(ghost::BEGUN);
    let first = stage.editor.send("textDocument/inlineCompletion", inline(&stage.uri, at, 2));
    let upstream = &stage.upstreams[0];
    stage.editor.until(|it| {
        it.turn();
        upstream.hits() == 1
    });
    stage.editor.insert(&stage.uri, 2, at, "x");
    assert_eq!(stage.editor.result(first), Value::Null);
    let upstream = &stage.upstreams[0];
    stage.editor.until(|it| {
        it.turn();
        upstream.hang_ups() == 1
    });
}

#[test]
fn however_many_requests_are_overtaken_the_next_is_asked() {
    for begun in [said("sion"), String::new()] {
        let mut stage = Stage::new(vec![Script::stream(begun).then(Step::Stall)]);
        let (line, mut column) = ghost::end(ghost::BEGUN);
        for count in 1..40 {
            let params = inline(&stage.uri, (line, column), 2);
            let asked = stage.editor.send("textDocument/inlineCompletion", params);
            let upstream = &stage.upstreams[0];
            stage.editor.until(|it| {
                it.turn();
                // The connection that is made ahead is no question.
                upstream.requests().iter().filter(|it| it.method == "POST").count() == count
            });
            // What stands before the cursor is another text: no answer fits it.
            stage.editor.insert(&stage.uri, 2, (line, 4), "x");
            column += 1;
            assert_eq!(stage.editor.result(asked), Value::Null);
        }
    }
}

#[test]
fn the_status_says_who_serves_and_who_is_out() {
    let refused = Script::json(401, r#"{"error":{"message":"Incorrect API key provided"}}"#);
    let mut stage = Stage::new(vec![refused, answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    let status = stage.editor.request("understudy/status", Value::Null);
    assert_eq!(status["state"], "degraded");
    assert_eq!(status["serving"], "p1/qwen2.5-coder");
    let up: Vec<_> =
        status["providers"].as_array().unwrap().iter().map(|it| it["up"].clone()).collect();
    assert_eq!(up, [false, true]);
    // It is told once, however many keys are typed.
    let told = stage.editor.take("window/showMessage");
    assert!(
        told["message"].as_str().unwrap().starts_with("p0/qwen2.5-coder is unavailable"),
        "{told}"
    );
}

#[test]
fn what_is_accepted_counts_for_the_call_that_brought_it() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    let at = ghost::end(ghost::BEGUN);
    stage.editor.insert(&stage.uri, 2, at, OTHER);
    // What became of a suggestion is known with the next requests.
    let behind = (at.0, at.1 + OTHER.len() as u32);
    let params = inline(&stage.uri, behind, 2);
    let file = stage.state.path().join(usage::FILE);
    stage.editor.until(|it| {
        it.request("textDocument/inlineCompletion", params.clone());
        it.turn();
        let Ok(Some(reader)) = Reader::open(&file) else { return false };
        let calls = reader.calls(SystemTime::UNIX_EPOCH).unwrap_or_default();
        calls.iter().any(|it| it.marks.shown && it.marks.accepted)
    });
}

#[test]
fn an_item_of_many_lines_has_a_label_of_one() {
    let text = "sion.from_elsewhere();\n    let other = 1;";
    let mut stage = Stage::new(vec![answer(text)]);
    // Asked with a key, where no word is begun: a text of many lines.
    let uri = stage.uri.clone();
    stage.editor.change(&uri, 1, json!([{ "text": ghost::new_file("    ") }]));
    let params = json!({
        "textDocument": { "uri": uri },
        "position": { "line": 3, "character": 4 },
        "context": { "triggerKind": 1 },
    });
    let items = stage.editor.request("textDocument/completion", params)["items"].take();
    let item = items
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["textEdit"]["newText"].as_str().unwrap().contains("from_elsewhere"));
    let item = item.unwrap_or_else(|| panic!("{items}"));
    assert!(item["textEdit"]["newText"].as_str().unwrap().contains('\n'), "{item}");
    assert_eq!(item["label"], "sion.from_elsewhere(); …");
}
