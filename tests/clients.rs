//! Editors that cannot run here, imitated from their documentation.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use understudy::app::Environment;

use crate::recorded::recorded;
use crate::support::editor::{Editor, Hello, inline, texts, uri};

const TEXT: &str = "fn first() {\n    let total = compute(alpha, beta);\n}\nfn second() {\n    let total = compute(alpha, gamma);\n}\nfn third() {\n    let tot\n}\n";
const AT: (u32, u32) = (7, 11);

fn project() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("lib.rs"),
        "fn zeroth() {\n    let total = compute(alpha, 1);\n}\n",
    )
    .unwrap();
    let uri = uri(&folder.path().join("main.rs"));
    (folder, uri)
}

/// Helix: UTF-8, no ghost text, its config as initialization options.
fn helix(root: &Path) -> Editor {
    let (name, capabilities) = recorded("helix");
    let mut editor = Editor::hello(Hello {
        name,
        capabilities,
        options: json!({ "embedded": { "threshold": 0.1, "invoked_threshold": 0.1 } }),
        roots: vec![root.to_owned()],
        ..Hello::default()
    });
    editor.indexed();
    editor
}

#[test]
fn helix_gets_incomplete_lists_of_items_that_include_the_typed_word() {
    let (folder, uri) = project();
    let mut helix = helix(folder.path());
    let capabilities = &helix.initialized["capabilities"];
    assert_eq!(capabilities["positionEncoding"], "utf-8");
    assert_eq!(capabilities["completionProvider"]["resolveProvider"], Value::Null);
    assert_eq!(capabilities["codeActionProvider"]["resolveProvider"], Value::Null);
    // The letter has two bytes: positions count bytes.
    helix.open(&uri, "rust", &TEXT.replace("    let tot\n", "    /*\u{e9}*/ let tot\n"));
    let params = inline(&uri, (AT.0, AT.1 + 7), 1);
    let list = helix.request("textDocument/completion", params);
    assert_eq!(list["isIncomplete"], true);
    let item = &list["items"][0];
    let filter = item["filterText"].as_str().unwrap();
    assert!(filter.starts_with("total ="), "{item}");
    assert_eq!(item["textEdit"]["range"]["start"], json!({ "line": 7, "character": 15 }));
    assert_eq!(item["textEdit"]["newText"], filter);
}

/// A Copilot client: see `editors/copilot/README.md`.
fn copilot(editor: &mut Editor, root: &Path) {
    editor.greet(Hello {
        name: "Vim".to_owned(),
        capabilities: json!({
            "general": { "positionEncodings": ["utf-8", "utf-16", "utf-32"] },
            "workspace": { "workspaceFolders": true },
            "window": { "showDocument": { "support": true }, "workDoneProgress": true },
        }),
        options: json!({
            "editorInfo": { "name": "Vim", "version": "9.1" },
            "editorPluginInfo": { "name": "copilot.vim", "version": "1.56" },
            "embedded": { "threshold": 0.1, "invoked_threshold": 0.1 },
        }),
        roots: vec![root.to_owned()],
        ..Hello::default()
    });
    editor.indexed();
    let status = editor.take("didChangeStatus");
    assert_eq!(status["kind"], "Normal");
    assert_eq!(status["busy"], false);
    assert_eq!(editor.take("statusNotification")["status"], "Normal");
}

#[test]
fn a_copilot_client_works_unmodified() {
    let (folder, uri) = project();
    let mut editor = Editor::raw(None);
    copilot(&mut editor, folder.path());
    assert_eq!(editor.initialized["capabilities"]["completionProvider"], Value::Null);
    // Its pushed settings are meant for Copilot, so none is reported as wrong.
    let pushed = json!({ "http": { "proxy": null }, "telemetry": { "telemetryLevel": "all" } });
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": pushed }));
    let signed = editor.request("checkStatus", json!({ "options": { "localChecksOnly": true } }));
    assert_eq!(signed["status"], "OK");
    assert_eq!(editor.request("signIn", json!({}))["status"], "AlreadySignedIn");
    assert_eq!(editor.request("signOut", json!({}))["status"], "NotSignedIn");

    editor.open(&uri, "rust", TEXT);
    editor.notify("textDocument/didFocus", json!({ "textDocument": { "uri": uri } }));
    editor.notify("textDocument/didFocus", json!({}));
    let mut asked = inline(&uri, AT, 2);
    asked["textDocument"]["version"] = json!(0);
    asked["formattingOptions"] = json!({ "tabSize": 4, "insertSpaces": true });
    let answer = editor.request("textDocument/inlineCompletion", asked);
    assert!(texts(&answer)[0].starts_with("al = compute("), "{answer}");
    let item = &answer["items"][0];
    editor.notify("textDocument/didShowCompletion", json!({ "item": item }));
    editor.notify(
        "textDocument/didPartiallyAcceptCompletion",
        json!({ "item": item, "acceptedLength": 4 }),
    );
    let mut asked = inline(&uri, AT, 2);
    asked["textDocument"]["version"] = json!(0);
    let answer = editor.request("textDocument/copilotInlineEdit", asked);
    assert_eq!(answer, json!({ "edits": [] }));
    let id = editor.send("conversation/create", json!({}));
    assert_eq!(editor.error(id), -32601);
}

/// A Copilot client from before LSP had ghost text, such as copilot.lua.
#[test]
fn an_older_copilot_client_works_unmodified() {
    let (folder, uri) = project();
    let mut editor = Editor::raw(None);
    copilot(&mut editor, folder.path());
    let info = json!({ "editorInfo": { "name": "Neovim", "version": "0.11.4" } });
    assert_eq!(editor.request("setEditorInfo", info), "OK");
    editor.notify("$/setTrace", json!({ "value": "off" }));
    assert_eq!(editor.request("checkStatus", json!({ "_": true }))["status"], "OK");
    assert_eq!(editor.request("getVersion", json!({}))["version"], env!("CARGO_PKG_VERSION"));
    let begun = editor.request("signInInitiate", json!({ "_": true }));
    assert_eq!(begun["status"], "AlreadySignedIn");
    let confirmed = editor.request("signInConfirm", json!({ "userId": "understudy" }));
    assert_eq!(confirmed["status"], "OK");

    editor.open(&uri, "rust", TEXT);
    let ask = || {
        let at = json!({ "line": AT.0, "character": AT.1 });
        let doc = json!({ "uri": uri, "version": 0, "relativePath": "main.rs", "tabSize": 4,
            "insertSpaces": true, "indentSize": 4, "position": at });
        json!({ "doc": doc, "textDocument": { "uri": uri }, "position": at, "_": true })
    };
    let mut known = Vec::new();
    for method in ["getCompletions", "getCompletionsCycling"] {
        let answer = editor.request(method, ask());
        let first = &answer["completions"][0];
        let (text, shown) = (first["text"].as_str().unwrap(), &first["displayText"]);
        assert!(text.starts_with("    let total = compute("), "{answer}");
        assert_eq!(text.strip_prefix("    let tot").unwrap(), shown.as_str().unwrap());
        assert_eq!(first["range"]["start"], json!({ "line": AT.0, "character": 0 }));
        assert_eq!(first["range"]["end"], json!({ "line": AT.0, "character": AT.1 }));
        assert_eq!(first["position"], first["range"]["end"]);
        assert_eq!(first["docVersion"], 0);
        known.push(first["uuid"].clone());
    }
    assert_eq!(editor.request("notifyShown", json!({ "uuid": known[0] })), "OK");
    let some = json!({ "uuid": known[0], "acceptedLength": AT.1 + 4 });
    assert_eq!(editor.request("notifyAccepted", some), "OK");
    assert_eq!(editor.request("notifyAccepted", json!({ "uuid": known[1] })), "OK");
    assert_eq!(editor.request("notifyRejected", json!({ "uuids": known })), "OK");
    assert_eq!(editor.request("notifyShown", json!({ "uuid": "nobody's" })), "OK");

    let mut panel = ask();
    panel["panelId"] = json!("panel");
    let begun = editor.request("getPanelCompletions", panel);
    let solution = editor.take("PanelSolution");
    assert_eq!(solution["panelId"], "panel");
    assert!(solution["completionText"].as_str().unwrap().starts_with("    let total = compute("));
    for _ in 1..begun["solutionCountTarget"].as_u64().unwrap() {
        editor.take("PanelSolution");
    }
    assert_eq!(editor.take("PanelSolutionsDone"), json!({ "panelId": "panel", "status": "OK" }));
    let list = editor.request("textDocument/copilotPanelCompletion", ask());
    assert!(texts(&list)[0].starts_with("al = compute("), "{list}");
    // The client expects a list for any document.
    let mut elsewhere = ask();
    elsewhere["doc"]["uri"] = json!("file:///nowhere/at/all.rs");
    assert_eq!(editor.request("getCompletions", elsewhere), json!({ "completions": [] }));
}

/// copilot.lua offers the encodings that Neovim supports, but counts in UTF-16.
#[test]
fn copilot_clients_get_utf_16_positions() {
    let (folder, uri) = project();
    let mut editor = Editor::raw(None);
    copilot(&mut editor, folder.path());
    assert_eq!(editor.initialized["capabilities"]["positionEncoding"], "utf-16");
    // One code unit, two bytes.
    editor.open(&uri, "rust", &TEXT.replace("    let tot\n", "    /*\u{e9}*/ let tot\n"));
    let at = json!({ "line": AT.0, "character": AT.1 + 6 });
    let answer = editor.request("getCompletions", json!({ "doc": { "uri": uri, "position": at } }));
    let first = &answer["completions"][0];
    assert!(first["displayText"].as_str().unwrap().starts_with("al ="), "{answer}");
    assert_eq!(first["range"]["end"], at);
}

/// A client that inserts `displayText` and ignores the range.
#[test]
fn an_older_copilot_client_is_not_shown_text_that_already_follows_the_cursor() {
    let (folder, uri) = project();
    let mut editor = Editor::raw(None);
    copilot(&mut editor, folder.path());
    editor.open(
        &uri,
        "rust",
        &TEXT.replace("    let tot\n", "    let total = compute(alpha, be)\n"),
    );
    let doc = json!({ "uri": uri, "position": { "line": 7, "character": 33 } });
    let answer = editor.request("getCompletionsCycling", json!({ "doc": doc }));
    let first = &answer["completions"][0];
    assert_eq!(first["text"], "    let total = compute(alpha, beta);");
    assert_eq!(first["range"]["end"]["character"], 34);
    assert_eq!(first["displayText"], "ta");
}

/// Jupyter's extension sends no `clientInfo`, and its capabilities deviate from the standard.
#[test]
fn a_client_without_client_info_is_served() {
    let (folder, uri) = project();
    let mut editor = Editor::raw(None);
    let capabilities = json!({ "capabilities": { "workspace": { "workspaceFolders": true } } });
    let answer = editor.request("initialize", capabilities);
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
    editor.notify("initialized", json!({}));
    editor.open(&uri, "python", "def area(width, height):\n    return width * height\n");
    // It closes and opens the document again once it has the language.
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    editor.open(&uri, "rust", TEXT);
    let doc = json!({ "uri": uri, "version": 0, "position": { "line": AT.0, "character": AT.1 } });
    let answer = editor.request("getCompletions", json!({ "doc": doc }));
    assert!(answer["completions"].is_array(), "{answer}");
    drop(folder);
}

#[test]
fn a_new_user_gets_one_welcome_message() {
    let state = TempDir::new().unwrap();
    let state = state.path().join("understudy");
    let start = || Environment { state: Some(state.clone()), ..Environment::default() };
    let mut first = Editor::started(start());
    first.greet(Hello::default());
    let said = first.take("window/showMessage");
    assert_eq!(said["type"], 3);
    assert!(said["message"].as_str().unwrap().contains("understudy setup"), "{said}");
    drop(first);
    // Dropping the editor fails if a message was left unread.
    let mut second = Editor::started(start());
    second.greet(Hello::default());
    second.request("understudy/status", Value::Null);
    second.turn();
}

#[test]
fn a_user_with_a_config_file_gets_no_welcome_message() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, "").unwrap();
    let config = understudy::config::source::UserFile::Named(file);
    let state = Some(folder.path().join("state"));
    let mut editor = Editor::started(Environment { config, state, ..Environment::default() });
    editor.greet(Hello::default());
    editor.request("understudy/status", Value::Null);
    editor.turn();
}
