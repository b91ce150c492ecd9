//! Ghost text from models over real sockets, as an editor sees it: after a failure the next provider answers,
//! and after all of them the built-in model.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};
use understudy::usage;
use understudy::usage::reader::Reader;

use crate::support::editor::{inline, texts, uri};
use crate::support::models::{OTHER, Stage, answer, text_event};
use crate::support::upstream::script::{Script, Step};
use crate::support::{ghost, stage};

#[test]
fn a_fim_prompt_uses_the_markers_of_the_model() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    let prompt = stage.asked();
    assert!(prompt.contains("<|fim_prefix|>use crate::session"), "{prompt}");
    assert!(prompt.contains("let snapshot = ses<|fim_suffix|>\n}"), "{prompt}");
}

#[test]
fn the_prompt_contains_related_definitions_of_other_files() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    let prompt = stage.asked_with("pub struct Session");
    let (session, new) =
        (prompt.find("<|file_sep|>session.rs\n"), prompt.find("<|file_sep|>new.rs\n"));
    assert!(session < new && session.is_some(), "{prompt}");
}

#[test]
fn the_prompt_contains_unsaved_text_of_other_documents() {
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
        // The user is back in the first document, so the other one is indexed. The cached context is not used
        // for it.
        stage.editor.close(&main);
        stage.editor.open(&main, "rust", &ghost::new_file(ghost::BEGUN));
        stage.editor.insert(&main, 2, end, "");
        stage.editor.request("textDocument/inlineCompletion", inline(&main, end, 1));
        if stage.asked().contains("pub struct Session\n    pub unsaved: Session") {
            break;
        }
        assert!(start.elapsed().as_secs() < 20, "timed out: {}", stage.asked());
    }
}

#[test]
fn context_from_a_folder_is_not_sent_to_providers_that_it_forbids() {
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("params.rs"), "pub struct Params {\n    pub x: u8,\n}\n").unwrap();
    let beside = || Stage::beside(&[secret.path()], vec![answer(OTHER)]);
    beside().asked_with("pub struct Params");
    fs::write(secret.path().join(".understudy.toml"), "only = []").unwrap();
    let mut stage = beside();
    // Enough requests for the index to be complete.
    for _ in 0..40 {
        let prompt = stage.asked_with("pub struct Session");
        assert!(!prompt.contains("pub struct Params"), "{prompt}");
    }
}

#[test]
fn a_chat_prompt_contains_nearby_diagnostics_until_their_line_is_edited() {
    let rows = "embedded.preempt = 1\n[[provider]]\nname = \"p0\"\nkind = \"openai-compatible\"\n\
                url = \"URL\"\nmodels = [\"m\"]\n[route]\ncomplete = [\"p0\"]\n";
    let mut stage = stage::Stage::with_provider(rows, stage::answer("a + 1"));
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
fn the_first_key_opens_the_connection_for_the_first_request() {
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
fn after_a_failure_the_next_provider_answers_the_same_request() {
    let busy = Script::json(429, r#"{"error":{"message":"slow down"}}"#);
    let cut = Script::stream(text_event("sion.broken")).then(Step::Cut);
    let mut stage = Stage::new(vec![busy, cut, answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    assert_eq!(stage.hits(), [1, 1, 1]);
}

#[test]
fn the_built_in_model_answers_if_every_provider_fails() {
    let dead = Script::status(503);
    let mut stage = Stage::with("embedded.threshold = 0.5", vec![dead.clone(), dead]);
    assert_eq!(stage.ghost(), [ghost::REST]);
    assert_eq!(stage.hits(), [1, 1]);
}

#[test]
fn an_answer_is_reused_while_the_text_still_matches() {
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

/// A document with a secret, and a position after it.
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
fn a_secret_is_masked_in_a_completion_prompt() {
    let (mut stage, place) = secret();
    let shown = texts(&stage.editor.request("textDocument/inlineCompletion", place));
    assert_eq!(shown, ["sion.ok();"]);
    let body = String::from_utf8(stage.upstreams[0].requests()[0].body.clone()).unwrap();
    assert!(!body.contains("Abc123Def456"), "{body}");
    assert!(body.contains("const KEY"), "{body}");
}

#[test]
fn sent_prompts_can_be_read_in_full_and_are_stored_in_no_file() {
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
fn an_excluded_file_is_never_sent() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    let uri = uri(&stage.folder.path().join(".env"));
    stage.editor.open(&uri, "shellscript", "TOKEN=abc\nTO");
    let params = inline(&uri, (1, 2), 1);
    let shown = texts(&stage.editor.request("textDocument/inlineCompletion", params));
    assert_eq!(shown, [""; 0]);
    assert_eq!(stage.hits(), [0]);
}

#[test]
fn a_workspace_can_forbid_providers_but_not_add_any() {
    let narrow = "only = []\n[[provider]]\nname = \"x\"\nkind = \"ollama\"\n";
    let mut stage = Stage::narrowed("", narrow, vec![answer(OTHER)]);
    assert_ne!(stage.ghost(), [OTHER]);
    assert_eq!(stage.hits(), [0]);
    let told = stage.editor.take("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("may only turn off"), "{told}");
}

#[test]
fn a_superseded_request_ends_its_call() {
    let slow = Script::stream(text_event("sion")).then(Step::Stall);
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
fn any_number_of_superseded_requests_does_not_block_the_next_one() {
    for begun in [text_event("sion"), String::new()] {
        let mut stage = Stage::new(vec![Script::stream(begun).then(Step::Stall)]);
        let (line, mut column) = ghost::end(ghost::BEGUN);
        for count in 1..40 {
            let params = inline(&stage.uri, (line, column), 2);
            let asked = stage.editor.send("textDocument/inlineCompletion", params);
            let upstream = &stage.upstreams[0];
            stage.editor.until(|it| {
                it.turn();
                // Without the connection made ahead.
                upstream.requests().iter().filter(|it| it.method == "POST").count() == count
            });
            // The text before the cursor differs, so no answer matches it.
            stage.editor.insert(&stage.uri, 2, (line, 4), "x");
            column += 1;
            assert_eq!(stage.editor.result(asked), Value::Null);
        }
    }
}

#[test]
fn the_status_shows_the_serving_and_the_unavailable_models() {
    let refused = Script::json(401, r#"{"error":{"message":"Incorrect API key provided"}}"#);
    let mut stage = Stage::new(vec![refused, answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    let status = stage.editor.request("understudy/status", Value::Null);
    assert_eq!(status["state"], "degraded");
    assert_eq!(status["serving"], "p1/qwen2.5-coder");
    let up: Vec<_> =
        status["providers"].as_array().unwrap().iter().map(|it| it["up"].clone()).collect();
    assert_eq!(up, [false, true]);
    // The message is shown once for any number of keys.
    let told = stage.editor.take("window/showMessage");
    assert!(
        told["message"].as_str().unwrap().starts_with("p0/qwen2.5-coder is unavailable"),
        "{told}"
    );
}

#[test]
fn an_accepted_suggestion_is_recorded_with_its_call() {
    let mut stage = Stage::new(vec![answer(OTHER)]);
    assert_eq!(stage.ghost(), [OTHER]);
    let at = ghost::end(ghost::BEGUN);
    stage.editor.insert(&stage.uri, 2, at, OTHER);
    // The next requests tell whether a suggestion was accepted.
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
fn a_multi_line_item_has_a_one_line_label() {
    let text = "sion.from_elsewhere();\n    let other = 1;";
    let mut stage = Stage::new(vec![answer(text)]);
    // An invoked request on an empty line: a text of several lines.
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
