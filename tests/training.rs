//! A provider that the training policy excludes is named once for all windows.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use understudy::app::Environment;
use understudy::config::source::UserFile;

use crate::support::editor::{Editor, Hello, uri};
use crate::support::stage::TEXT;

const FAR: &str = "[[provider]]\nname = \"far\"\nkind = \"deepseek\"\nkey = { env = \"SET\" }\n\
    models = [\"deepseek-v4-flash\", \"deepseek-v4-pro\"]\n\
    [[provider]]\nname = \"keyless\"\nkind = \"mistral\"\nmodels = [\"codestral-latest\"]\n";

/// A window on a project with these settings. Windows share `state`.
fn window(folder: &Path, state: &Path, settings: &str) -> (Editor, String) {
    let config = folder.join("config.toml");
    fs::write(&config, settings).unwrap();
    let variable = |name: &str| (name == "SET").then(|| "sk-test".to_owned());
    let mut editor = Editor::started(Environment {
        config: UserFile::Named(config.clone()),
        state: Some(state.to_owned()),
        variables: Some(Arc::new(variable)),
        ..Environment::default()
    });
    editor.greet(Hello {
        roots: vec![folder.to_owned()],
        config: Some(config),
        ..Hello::default()
    });
    editor.indexed();
    let uri = uri(&folder.join("area.rs"));
    editor.open(&uri, "rust", TEXT);
    (editor, uri)
}

/// A window without messages about providers: dropping it fails if a message was left unread.
fn gets_no_message(folder: &Path, state: &Path, settings: &str) {
    let (mut editor, uri) = window(folder, state, settings);
    editor.ghost(&uri, (2, 5));
    editor.request("understudy/status", json!({ "textDocument": { "uri": uri } }));
    editor.turn();
}

#[test]
fn an_excluded_provider_is_named_once_with_its_source_and_the_line_that_allows_it() {
    let (folder, state) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut editor, uri) = window(folder.path(), state.path(), FAR);
    editor.ghost(&uri, (2, 5));
    let said = editor.take("window/showMessage");
    assert_eq!(said["type"], 2);
    let message = said["message"].as_str().unwrap();
    for part in [
        "far is not used: it is not known whether it trains on requests; ",
        "https://cdn.deepseek.com/policies/",
        "read on 2026-",
        "`training = \"allow\"` into the [[provider]] row in ",
        "config.toml",
        "`understudy setup --allow-training far`",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // The second model of the same provider and the provider without a key add nothing.
    assert!(!message.contains("keyless") && message.matches("far is not used").count() == 1);
    editor.ghost(&uri, (2, 5));
    editor.turn();
    drop(editor);
    gets_no_message(folder.path(), state.path(), FAR);
}

#[test]
fn an_allowed_or_otherwise_unavailable_provider_is_not_named() {
    let (folder, state) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let only = format!("{FAR}[[workspace]]\npath = {:?}\nonly = [\"keyless\"]\n", folder.path());
    gets_no_message(folder.path(), state.path(), &only);
    let allowed =
        FAR.replace("\"SET\" }", "\"SET\" }\nurl = \"https://127.0.0.1:1\"\ntraining = \"allow\"");
    gets_no_message(folder.path(), state.path(), &allowed);
}
