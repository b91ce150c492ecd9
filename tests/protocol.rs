//! What the server guarantees for any input of an editor.

use serde_json::{Value, json};
use understudy::server::connection::ConnectionEnd;

use crate::support::editor::{Editor, Hello, inline};

const URI: &str = "file:///nowhere/main.rs";

#[test]
fn utf_8_positions_are_used_if_the_editor_supports_them() {
    let check = |offered: Value, expected: &str| {
        let capabilities = json!({ "general": { "positionEncodings": offered } });
        let editor = Editor::hello(Hello { capabilities, ..Hello::default() });
        assert_eq!(editor.initialized["capabilities"]["positionEncoding"], expected);
    };
    check(json!(["utf-16", "utf-8"]), "utf-8");
    check(json!(["utf-16"]), "utf-16");
    check(json!(["utf-32"]), "utf-32");
    check(json!(["utf-32", "utf-16"]), "utf-16");
    check(json!([]), "utf-16");
    check(Value::Null, "utf-16");
}

#[test]
fn completion_items_are_for_editors_without_ghost_text() {
    let check = |capabilities: Value, options: Value, expected: bool| {
        let editor = Editor::hello(Hello { capabilities, options, ..Hello::default() });
        let offered = &editor.initialized["capabilities"];
        assert_eq!(offered["inlineCompletionProvider"], true);
        assert_eq!(offered["completionProvider"].is_object(), expected);
    };
    check(json!({}), Value::Null, true);
    check(json!({ "textDocument": { "inlineCompletion": {} } }), Value::Null, false);
    check(json!({}), json!({ "ghostText": true }), false);
    check(json!({}), json!({ "ghostText": false }), true);
}

#[test]
fn requests_before_initialize_get_an_error() {
    let mut editor = Editor::raw(None);
    let id = editor.send("textDocument/inlineCompletion", inline(URI, (0, 0), 1));
    assert_eq!(editor.error(id), -32002);
    editor.request("initialize", json!({ "capabilities": {} }));
    editor.notify("initialized", json!({}));
}

#[test]
fn a_request_for_an_unknown_document_or_scheme_returns_null() {
    let mut editor = Editor::hello(Hello::default());
    let at = |uri| inline(uri, (0, 0), 1);
    assert_eq!(editor.request("textDocument/inlineCompletion", at(URI)), Value::Null);
    editor.open("git:/repo/main.rs?head", "rust", "fn main() {}\n");
    let answer = editor.request("textDocument/inlineCompletion", at("git:/repo/main.rs?head"));
    assert_eq!(answer, Value::Null);
}

#[test]
fn a_position_past_the_end_is_accepted() {
    let mut editor = Editor::hello(Hello::default());
    editor.open(URI, "rust", "fn main() {}\n");
    for at in [(0, 999), (99, 0), (u32::MAX, u32::MAX)] {
        for trigger in [1, 2] {
            let answer = editor.request("textDocument/inlineCompletion", inline(URI, at, trigger));
            assert_eq!(answer, json!({ "items": [] }));
        }
    }
    editor.insert(URI, 1, (77, 5), "// past the end\n");
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    editor.insert(URI, 2, (0, 0), "of a closed document");
}

#[test]
fn wrong_parameters_fail_only_that_request() {
    let mut editor = Editor::hello(Hello::default());
    for params in [json!({}), json!([1]), Value::Null, json!("x"), json!({ "position": -1 })] {
        let id = editor.send("textDocument/inlineCompletion", params);
        assert_eq!(editor.error(id), -32602);
    }
    editor.notify("textDocument/didChange", json!({ "textDocument": 5 }));
    editor.notify("textDocument/didOpen", Value::Null);
    editor.notify("window/workDoneProgress/cancel", json!({ "token": "no such" }));
    editor.notify("$/setTrace", json!({ "value": "off" }));
}

#[test]
fn three_messages_in_one_chunk_are_three_messages() {
    let mut editor = Editor::hello(Hello::default());
    let frame = |message: Value| {
        let body = message.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let item = json!({ "uri": URI, "languageId": "rust", "version": 0, "text": "" });
    let chunk = [
        frame(
            json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": item } }),
        ),
        frame(
            json!({ "jsonrpc": "2.0", "method": "textDocument/didSave", "params": { "textDocument": { "uri": URI } } }),
        ),
        frame(json!({ "jsonrpc": "2.0", "method": "no/such" })),
    ];
    editor.bytes(chunk.concat().as_bytes());
    let answer = editor.request("textDocument/inlineCompletion", inline(URI, (0, 0), 1));
    assert_eq!(answer, json!({ "items": [] }));
}

#[test]
fn malformed_json_is_reported_and_the_next_message_served() {
    let mut editor = Editor::hello(Hello::default());
    editor.bytes(b"Content-Length: 8\r\n\r\n{\"id\": 1");
    assert_eq!(editor.next_unread()["error"]["code"], -32700);
    editor.bytes(b"Content-Length: many\r\n\r\n");
    assert_eq!(editor.next_unread()["error"]["code"], -32700);
    editor.open(URI, "rust", "");
    editor.ghost(URI, (0, 0));
}

#[test]
fn twenty_requests_at_once_get_twenty_responses() {
    let mut editor = Editor::hello(Hello::default());
    let text = "let a = 1;\n".repeat(20);
    editor.open(URI, "rust", &text);
    let ids: Vec<i64> = (0..20)
        .map(|line| editor.send("textDocument/inlineCompletion", inline(URI, (line, 3), 2)))
        .collect();
    let answers: Vec<Value> = ids.into_iter().map(|it| editor.result(it)).collect();
    // All but the newest were superseded: null leaves the newest answer on the screen.
    assert_eq!(answers.iter().filter(|it| it.is_null()).count(), 19);
    assert_eq!(answers[19], json!({ "items": [] }));
}

#[test]
fn invoked_requests_are_never_superseded() {
    let mut editor = Editor::hello(Hello::default());
    editor.open(URI, "rust", "let a = 1;\n");
    let ids = [(0, 4), (0, 5), (0, 6)]
        .map(|at| editor.send("textDocument/inlineCompletion", inline(URI, at, 1)));
    editor.insert(URI, 1, (0, 0), "x");
    for id in ids {
        assert_eq!(editor.result(id), json!({ "items": [] }));
    }
}

#[test]
fn an_edit_supersedes_an_automatic_request() {
    let mut editor = Editor::hello(Hello::default());
    editor.open(URI, "rust", "let a = 1;\n");
    let id = editor.send("textDocument/inlineCompletion", inline(URI, (0, 4), 2));
    editor.insert(URI, 1, (0, 0), "x");
    assert_eq!(editor.result(id), Value::Null);
}

#[test]
fn a_large_document_is_opened_changed_and_closed() {
    let mut editor = Editor::hello(Hello::default());
    let text = "let value = compute(input, other);\n".repeat(7000);
    editor.open(URI, "rust", &text);
    editor.insert(URI, 1, (6999, 0), "let v");
    editor.ghost(URI, (6999, 5));
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    let closed = editor.request("textDocument/inlineCompletion", inline(URI, (0, 0), 1));
    assert_eq!(closed, Value::Null);
}

#[test]
fn the_server_ends_when_the_editor_vanishes() {
    let mut editor = Editor::hello(Hello::default());
    editor.open(URI, "rust", "let a = 1;\n");
    editor.send("textDocument/inlineCompletion", inline(URI, (0, 4), 2));
    assert_eq!(editor.vanish(), ConnectionEnd::Lost);
}

#[test]
fn emoji_before_the_cursor_do_not_shift_it() {
    let capabilities = json!({
        "textDocument": { "inlineCompletion": {} },
        "window": { "workDoneProgress": true },
    });
    let mut editor = Editor::hello(Hello { capabilities, ..Hello::default() });
    // The same line precedes the cursor many times, so only its rest can follow.
    let text = "let 😀😀 = \"s\".compute_all(first, second);\n".repeat(200);
    editor.open(URI, "rust", &text);
    editor.insert(URI, 1, (200, 0), "let 😀😀 = \"s\".comp");
    let params = inline(URI, (200, 19), 1);
    let answer = editor.request("textDocument/inlineCompletion", params);
    let item = &answer["items"][0];
    assert_eq!(item["insertText"], "ute_all(first, second);");
    assert_eq!(item["range"]["start"], json!({ "line": 200, "character": 19 }));
}
