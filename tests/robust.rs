//! No message, order of messages or text stops the server: each request gets one response, and the server
//! keeps working.

use std::cell::RefCell;
use std::fs;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::editor::{Editor, Hello, inline, texts};
use crate::support::stage::{Stage, capabilities};
use crate::support::upstream::script::{Script, Step};

const URI: &str = "file:///nowhere/main.rs";
const BOOK: &str = "file:///nowhere/book.ipynb";
const TEXT: &str = "fn main() {\n    let total = sum_of(first, second);\n}\n";

/// The error code of a handler that panicked.
const INTERNAL: i64 = -32603;

/// Valid requests of an editor.
fn requests() -> Vec<(&'static str, Value)> {
    let document = json!({ "uri": URI });
    let at = json!({ "line": 1, "character": 8 });
    let range = json!({ "start": at, "end": { "line": 1, "character": 20 } });
    let act = json!({ "uri": URI, "version": 0, "range": range, "action": "document",
        "instruction": "briefly", "diagnostics": [{ "range": range, "message": "no such name" }] });
    let choice = json!({ "title": "Document", "act": act });
    let inline = json!({ "textDocument": document, "position": at, "context": { "triggerKind": 1,
        "selectedCompletionInfo": { "range": range, "text": "sum_of" } } });
    let menu = json!({ "textDocument": document, "range": range, "context": { "triggerKind": 1,
        "only": ["refactor"], "diagnostics": [{ "range": range, "message": "wrong", "code": 7 }] } });
    let command = |name: &str, argument: Value| json!({ "command": name, "arguments": [argument], "workDoneToken": "token" });
    let next_edit = json!({ "textDocument": { "uri": URI, "version": 1 }, "position": at,
        "context": { "triggerKind": 2 } });
    let mut formatted = inline.clone();
    formatted["formattingOptions"] = json!({ "tabSize": 4, "insertSpaces": true });
    vec![
        ("textDocument/inlineCompletion", inline),
        // The internal wrapper of inline completion, which clients can also call.
        ("understudy/formattedInlineCompletion", formatted.clone()),
        ("textDocument/inlineCompletion", formatted),
        ("textDocument/completion", json!({ "textDocument": document, "position": at })),
        ("textDocument/hover", json!({ "textDocument": document, "position": at })),
        ("textDocument/codeAction", menu),
        ("textDocument/diagnostic", json!({ "textDocument": document })),
        ("workspace/executeCommand", command("understudy.act", act)),
        (
            "workspace/executeCommand",
            command("understudy.explain", json!({ "uri": URI, "position": at })),
        ),
        ("workspace/executeCommand", command("understudy.more", json!({ "actions": [choice] }))),
        (
            "workspace/executeCommand",
            command("understudy.ask", json!({ "question": "why?", "uri": URI, "range": range })),
        ),
        ("textDocument/copilotInlineEdit", next_edit.clone()),
        ("understudy/nextEdit", next_edit),
        ("workspace/executeCommand", command("understudy.nextEdit.accept", json!("1"))),
        ("workspace/executeCommand", command("understudy.nextEdit.reject", json!("1"))),
        ("understudy/status", Value::Null),
        ("checkStatus", json!({ "options": {} })),
        ("signIn", json!({})),
        ("signOut", json!({})),
        ("getCompletions", json!({ "doc": { "uri": URI, "position": at } })),
        ("getCompletionsCycling", json!({ "doc": { "uri": URI, "position": at } })),
        (
            "getPanelCompletions",
            json!({ "doc": { "uri": URI, "position": at }, "panelId": "panel" }),
        ),
        (
            "textDocument/copilotPanelCompletion",
            json!({ "textDocument": document, "position": at }),
        ),
        ("notifyShown", json!({ "uuid": "understudy-1" })),
        ("notifyAccepted", json!({ "uuid": "understudy-1", "acceptedLength": 3 })),
        ("notifyRejected", json!({ "uuids": ["understudy-1"] })),
        ("setEditorInfo", json!({ "editorInfo": { "name": "a", "version": "1" } })),
        ("getVersion", json!({})),
        ("signInInitiate", json!({})),
        ("signInConfirm", json!({ "userId": "a" })),
    ]
}

/// Valid notifications of an editor, except `exit`.
fn notifications() -> Vec<(&'static str, Value)> {
    let document = json!({ "uri": URI, "version": 1 });
    let at = json!({ "line": 1, "character": 8 });
    let range = json!({ "start": at, "end": { "line": 1, "character": 20 } });
    let change = json!([{ "range": range, "text": "a" }, { "range": range, "text": "\r\n" }]);
    let item = json!({ "insertText": "sum_of", "range": range });
    let accept =
        json!({ "title": "a", "command": "understudy.nextEdit.accept", "arguments": ["1"] });
    let folder = json!([{ "uri": "file:///nowhere", "name": "nowhere" }]);
    let cell = json!({ "kind": 2, "document": URI });
    let cell_text = json!({ "uri": URI, "languageId": "rust", "version": 0, "text": TEXT });
    let book =
        json!({ "uri": BOOK, "notebookType": "jupyter-notebook", "version": 0, "cells": [cell] });
    vec![
        (
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": URI, "languageId": "rust", "version": 0, "text": TEXT } }),
        ),
        ("textDocument/didChange", json!({ "textDocument": document, "contentChanges": change })),
        ("textDocument/didSave", json!({ "textDocument": document, "text": TEXT })),
        ("textDocument/didClose", json!({ "textDocument": document })),
        (
            "workspace/didChangeConfiguration",
            json!({ "settings": { "understudy": { "complete": { "trigger": "manual" } } } }),
        ),
        (
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": folder, "removed": folder } }),
        ),
        (
            "notebookDocument/didOpen",
            json!({ "notebookDocument": book, "cellTextDocuments": [cell_text] }),
        ),
        (
            "notebookDocument/didChange",
            json!({ "notebookDocument": { "uri": BOOK, "version": 1 }, "change": { "cells": {
                "structure": {
                    "array": { "start": 0, "deleteCount": 1, "cells": [cell] },
                    "didOpen": [cell_text],
                    "didClose": [{ "uri": URI }],
                },
                "data": [cell],
                "textContent": [{ "document": document, "changes": change }],
            } } }),
        ),
        ("notebookDocument/didSave", json!({ "notebookDocument": { "uri": BOOK } })),
        (
            "notebookDocument/didClose",
            json!({ "notebookDocument": { "uri": BOOK }, "cellTextDocuments": [{ "uri": URI }] }),
        ),
        ("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": URI, "type": 2 }] })),
        ("window/workDoneProgress/cancel", json!({ "token": "token" })),
        ("$/cancelRequest", json!({ "id": 1 })),
        ("$/setTrace", json!({ "value": "verbose" })),
        ("textDocument/didFocus", json!({ "textDocument": { "uri": URI } })),
        ("textDocument/didShowCompletion", json!({ "item": item })),
        ("textDocument/didShowInlineEdit", json!({ "item": { "command": accept } })),
        ("textDocument/didPartiallyAcceptCompletion", json!({ "item": item, "acceptedLength": 3 })),
    ]
}

/// Bytes of a huge message. Far larger ones are skipped unread.
const HUGE: usize = 1 << 20;

/// A fault in a message: its place and the value there.
#[derive(Clone, Debug)]
struct Fault {
    at: usize,
    instead: Instead,
}

#[derive(Clone, Debug)]
enum Instead {
    Nothing,
    Value(Value),
    /// The value repeated this many times.
    Crowd(usize),
    Long(usize),
    Deep(usize),
}

/// Any JSON, with numbers at the limits of their types.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..3u64).prop_map(|it| json!(it + u64::from(u32::MAX) - 1)),
        (0..4i64).prop_map(|it| json!(it - 2)),
        "\\PC{0,12}".prop_map(Value::from),
        "(file|untitled|git|vscode-notebook-cell|http)?:?/{0,4}[a-z%0-9A-F:#?\\\\.]{0,12}"
            .prop_map(Value::from),
        prop::sample::select(vec!["rust", "understudy.act", "\u{0}", "\u{1F600}", ""])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{0,12}", inner, 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    let instead = prop_oneof![
        2 => Just(Instead::Nothing),
        6 => value().prop_map(Instead::Value),
        1 => (1..2000usize).prop_map(Instead::Crowd),
        1 => (1..200_000usize).prop_map(Instead::Long),
        1 => (1..120usize).prop_map(Instead::Deep),
    ];
    (any::<usize>(), instead).prop_map(|(at, instead)| Fault { at, instead })
}

/// The JSON pointers of all places in a value, the whole value last.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, it)| places(it, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, it)| places(it, &format!("{at}/{i}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(at.to_owned());
}

fn spoil(params: &mut Value, fault: &Fault) {
    let mut all = Vec::new();
    places(params, "", &mut all);
    let at = &all[fault.at % all.len()];
    if let (Instead::Nothing, Some((above, name))) = (&fault.instead, at.rsplit_once('/')) {
        if let Some(Value::Object(fields)) = params.pointer_mut(above) {
            fields.remove(name);
        }
        return;
    }
    let Some(place) = params.pointer_mut(at) else { return };
    *place = match &fault.instead {
        Instead::Nothing => Value::Null,
        Instead::Value(value) => value.clone(),
        Instead::Crowd(count) => {
            let one = place.take();
            let most = HUGE / one.to_string().len().max(1);
            Value::from(vec![one; (*count).min(most)])
        }
        Instead::Long(length) => Value::from("ab\n\u{1F600}".repeat(length / 5)),
        Instead::Deep(depth) => (0..*depth).fold(place.take(), |it, _| json!([it])),
    };
}

/// The table of messages contains every message with a handler.
#[test]
fn every_message_with_a_handler_is_tested() {
    let read = |path: &str| fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR")));
    let backend = read("src/server/backend.rs").unwrap();
    let handlers = backend.matches("async fn ").count();
    let mut names: Vec<&str> = requests().iter().chain(&notifications()).map(|it| it.0).collect();
    names.sort_unstable();
    names.dedup();
    // Messages that the library handles, without those that start and end a session.
    let of_library = ["$/cancelRequest", "$/setTrace"];
    let of_session = ["initialize", "initialized", "shutdown"];
    let tried = names.iter().filter(|it| !of_library.contains(it)).count() + of_session.len();
    assert_eq!(tried, handlers, "{names:?}");
}

fn opened() -> Editor {
    let hello = Hello { capabilities: capabilities(), ..Hello::default() };
    let mut editor = Editor::hello(hello);
    editor.forgiving = true;
    editor.open(URI, "rust", TEXT);
    editor
}

/// Prints the message at which a test failed. It cannot be minimized alone: the server state depends on
/// earlier messages.
struct Told<'a>(&'a str, &'a Value);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text: String = self.1.to_string().chars().take(2000).collect();
            eprintln!("at {} {text}", self.0);
        }
    }
}

/// Whether a request gets one response and a valid request still works afterwards.
fn survives(editor: &mut Editor, method: &str, params: &Value, is_request: bool) {
    let _told = Told(method, params);
    if is_request {
        let id = editor.send(method, params.clone());
        let response = editor.any_response(id);
        assert_ne!(response["error"]["code"], INTERNAL, "{method} panicked");
    } else {
        editor.notify(method, params.clone());
    }
    let status = editor.request("understudy/status", Value::Null);
    assert!(status["state"].is_string(), "{status}");
}

#[test]
fn a_malformed_message_affects_no_other_message() {
    let editor = RefCell::new(opened());
    let messages: Vec<(&str, Value, bool)> = requests()
        .into_iter()
        .map(|it| (it.0, it.1, true))
        .chain(notifications().into_iter().map(|it| (it.0, it.1, false)))
        .collect();
    let strategy = (0..messages.len(), prop::collection::vec(fault(), 0..4));
    let mut runner =
        TestRunner::new(Config { cases: 1500, max_shrink_iters: 0, ..Config::default() });
    let ran = runner.run(&strategy, |(message, faults)| {
        let (method, mut params, is_request) = messages[message].clone();
        faults.iter().for_each(|it| spoil(&mut params, it));
        survives(&mut editor.borrow_mut(), method, &params, is_request);
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn any_initialize_parameters_are_accepted() {
    let range = json!({ "dynamicRegistration": true });
    let right = json!({
        "processId": 1,
        "clientInfo": { "name": "Test", "version": "1" },
        "rootUri": "file:///nowhere",
        "capabilities": {
            "general": { "positionEncodings": ["utf-8", "utf-16"] },
            "textDocument": { "inlineCompletion": range, "codeAction": range },
            "window": { "workDoneProgress": true },
            "workspace": { "configuration": true, "didChangeWatchedFiles": range },
        },
        "initializationOptions": { "complete": { "trigger": "manual" }, "answers": true },
        "workspaceFolders": [{ "uri": "file:///nowhere", "name": "nowhere" }],
    });
    let mut runner =
        TestRunner::new(Config { cases: 150, max_shrink_iters: 0, ..Config::default() });
    let ran = runner.run(&prop::collection::vec(fault(), 1..5), |faults| {
        let mut params = right.clone();
        faults.iter().for_each(|it| spoil(&mut params, it));
        let _told = Told("initialize", &params);
        let mut editor = Editor::raw(None);
        editor.forgiving = true;
        let id = editor.send("initialize", params.clone());
        let response = editor.any_response(id);
        assert_ne!(response["error"]["code"], INTERNAL, "initialize panicked");
        // A refused client can try again.
        if response.get("error").is_some() {
            editor.request("initialize", json!({ "capabilities": {} }));
        }
        editor.notify("initialized", json!({}));
        assert!(editor.request("understudy/status", Value::Null)["state"].is_string());
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn unknown_and_invalid_requests_get_one_response() {
    let mut editor = opened();
    for method in ["no/such", "", "textDocument/rename", "$/such", "exit now", "\u{1F600}"] {
        let id = editor.send(method, json!([]));
        assert!(editor.any_response(id)["error"]["code"].is_i64(), "{method}");
    }
    for line in [
        json!({ "jsonrpc": "1.0", "id": "a", "method": "understudy/status" }),
        json!({ "jsonrpc": "2.0", "id": "b" }),
        json!({ "jsonrpc": "2.0", "id": "c", "method": 7 }),
    ] {
        let id = line["id"].clone();
        editor.write(&line);
        assert_eq!(editor.next_unread()["id"], id);
    }
    // Responses to no request, and a batch, which LSP does not have.
    editor.write(&json!({ "jsonrpc": "2.0", "id": 4711, "result": null }));
    editor.write(&json!([{ "jsonrpc": "2.0", "id": "d", "method": "understudy/status" }]));
    assert_eq!(editor.next_unread()["error"]["code"], -32600);
    assert!(editor.request("understudy/status", Value::Null)["state"].is_string());
}

#[test]
fn duplicate_and_string_ids_are_answered() {
    let mut editor = opened();
    for _ in 0..2 {
        editor.write(&json!({ "jsonrpc": "2.0", "id": "same", "method": "understudy/status" }));
    }
    for _ in 0..2 {
        assert_eq!(editor.next_unread()["id"], "same");
    }
}

/// The prompt that a model receives for a position.
fn prompt(stage: &mut Stage, at: (u32, u32)) -> String {
    let id = stage.editor.send("textDocument/inlineCompletion", inline(&stage.uri, at, 1));
    stage.editor.result(id);
    stage.asked(0)
}

fn filled() -> Stage {
    let mut stage = Stage::new(vec![Script::stream(
        "data: {\"choices\":[{\"delta\":{\"content\":\"0\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    )]);
    stage.editor.forgiving = true;
    stage
}

#[test]
fn changes_are_applied_in_order_of_arrival_whatever_their_versions() {
    let mut stage = filled();
    let uri = stage.uri.clone();
    stage.editor.change(&uri, 7, json!([{ "text": "let a = ;\n" }]));
    for (version, character, text) in [(3, 8, "x"), (3, 9, "y"), (-5, 10, "z"), (i32::MAX, 11, "w")]
    {
        stage.editor.insert(&uri, version, (0, character), text);
    }
    let sent = prompt(&mut stage, (0, 12));
    assert!(sent.contains("let a = xyzw"), "{sent}");
}

#[test]
fn a_document_opened_twice_has_the_text_of_the_second_open() {
    let mut stage = filled();
    let uri = stage.uri.clone();
    stage.editor.open(&uri, "rust", "let second = \n");
    stage.editor.insert(&uri, 1, (0, 13), "or_third");
    let sent = prompt(&mut stage, (0, 21));
    assert!(sent.contains("let second = or_third") && !sent.contains("fn area"), "{sent}");
    // One close is enough.
    stage.editor.close(&uri);
    let closed = stage.editor.request("textDocument/inlineCompletion", inline(&uri, (0, 0), 1));
    assert_eq!(closed, Value::Null);
    stage.editor.close(&uri);
}

#[test]
fn messages_about_documents_that_are_not_open_do_nothing() {
    let mut editor = opened();
    let unknown = "file:///nowhere/else.rs";
    editor.insert(unknown, 1, (0, 0), "x");
    editor.close(unknown);
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": unknown } }));
    assert_eq!(
        editor.request("textDocument/inlineCompletion", inline(unknown, (0, 0), 1)),
        Value::Null
    );
    let act = json!({ "uri": unknown, "version": 0, "range": { "start": { "line": 0, "character": 0 },
        "end": { "line": 0, "character": 0 } }, "action": "document" });
    let params = json!({ "command": "understudy.act", "arguments": [act] });
    let id = editor.send("workspace/executeCommand", params);
    editor.any_response(id);
}

#[test]
fn closing_a_document_ends_its_requests_and_calls() {
    let stall = Script::stream("").then(Step::Stall);
    let mut stage = Stage::with(
        "route.complete = [[\"p0/m\"]]\nlimit.complete.first_token_ms = 60000\nlimit.complete.total_ms = 60000",
        json!({}),
        vec![stall],
    );
    stage.editor.forgiving = true;
    let uri = stage.uri.clone();
    for trigger in [1, 2] {
        stage.editor.open(&uri, "rust", "fn a() {\n    let b = \n}\n");
        let before = stage.hits()[0];
        let params = inline(&uri, (1, 12), trigger);
        let id = stage.editor.send("textDocument/inlineCompletion", params);
        stage.editor.until(|it| {
            it.turn();
            stage.upstreams[0].hits() > before
        });
        stage.editor.close(&uri);
        assert_eq!(texts(&stage.editor.result(id)), Vec::<String>::new());
        stage.editor.until(|it| {
            it.turn();
            stage.upstreams[0].hang_ups() > before
        });
    }
}
