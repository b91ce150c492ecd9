//! The effect of settings on a server: from each of their sources, at the start and at run time.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::editor::{Editor, Hello, inline, texts, uri};
use crate::support::ghost::{BEGUN, REST, end, new_file, project};

const AUTOMATIC: u32 = 2;
const INVOKED: u32 = 1;

/// A file in a workspace folder that restricts the settings there.
const NARROWING: &str = ".understudy.toml";

/// A user with a config file and a project.
struct User {
    home: TempDir,
    project: TempDir,
}

impl User {
    fn new(config: &str) -> Self {
        let user = Self { home: TempDir::new().unwrap(), project: project() };
        user.writes(config);
        user
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    fn writes(&self, config: &str) {
        replace(&self.config(), config);
    }

    fn hello(&self) -> Hello {
        let roots = vec![self.project.path().to_owned()];
        Hello { roots, config: Some(self.config()), ..Hello::default() }
    }

    /// An editor in the project, after indexing.
    fn editor(&self) -> Editor {
        learned(self.hello())
    }
}

/// Replaces a file atomically, as editors do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

fn learned(hello: Hello) -> Editor {
    let mut editor = Editor::hello(hello);
    editor.indexed();
    editor
}

/// The suggestions at the end of `BEGUN` in a new file of the folder.
fn offered(editor: &mut Editor, folder: &Path, trigger: u32) -> Vec<String> {
    let uri = uri(&folder.join("new.rs"));
    editor.open(&uri, "rust", &new_file(BEGUN));
    let params = inline(&uri, end(BEGUN), trigger);
    let answer = editor.request("textDocument/inlineCompletion", params);
    editor.close(&uri);
    texts(&answer)
}

fn serves(editor: &mut Editor, folder: &Path) -> bool {
    // The threshold may shorten the suggestion.
    let offered = offered(editor, folder, AUTOMATIC);
    offered.first().is_some_and(|it| REST.starts_with(it.as_str()))
}

/// The only message to the user.
fn message(editor: &mut Editor) -> String {
    editor.take("window/showMessage")["message"].as_str().unwrap().to_owned()
}

fn folders(event: &[(&str, &Path)]) -> Value {
    let of = |kind: &str| -> Vec<Value> {
        let of_kind = event.iter().filter(|it| it.0 == kind);
        of_kind.map(|it| json!({ "uri": uri(it.1), "name": "root" })).collect()
    };
    json!({ "event": { "added": of("added"), "removed": of("removed") } })
}

#[test]
fn an_unknown_key_is_reported_once_and_affects_only_itself() {
    let user = User::new("# mine\n[embeded]\nenabled = true\n");
    let expected = format!(
        "{}:3: unknown key \"embeded.enabled\", did you mean \"embedded.enabled\"?",
        user.config().display()
    );
    let mut editor = user.editor();
    assert_eq!(message(&mut editor), expected);
    assert!(serves(&mut editor, user.project.path()));

    // The editor's own settings make the server read the file again.
    let mut hello = user.hello();
    hello.capabilities["workspace"] = json!({ "configuration": true });
    hello.settings = json!({ "complete": { "trigger": "manual" } });
    let mut editor = learned(hello);
    assert_eq!(message(&mut editor), expected);
    editor.until(|it| !serves(it, user.project.path()));
}

#[test]
fn each_setting_takes_effect() {
    let check = |config: &str, automatic: bool, invoked: bool| {
        let user = User::new(config);
        let mut editor = user.editor();
        let mut offers = |trigger| !offered(&mut editor, user.project.path(), trigger).is_empty();
        assert_eq!([offers(AUTOMATIC), offers(INVOKED)], [automatic, invoked], "{config}");
    };
    check("", true, true);
    check("complete.trigger = 'manual'", false, true);
    check("complete.languages.rust = false", false, false);
    check("complete.languages.python = false", true, true);
    check("embedded.enabled = false", false, false);
    check("embedded.threshold = 1", false, true);
    check("embedded.invoked_threshold = 1", true, false);
    check("embedded.tokens = 0", false, false);
    check("index.forbid = ['handler_*']", false, false);
    check("index.forbid = ['handler_7.rs', 'new.rs']", false, false);
    check("index.max_files = 0", false, false);
    check("cache.megabytes = 0\nlog.level = 'off'", true, true);
}

#[test]
fn with_manual_trigger_an_invoked_suggestion_stays_while_it_is_typed() {
    let user = User::new("complete.trigger = 'manual'");
    let mut editor = user.editor();
    let uri = uri(&user.project.path().join("new.rs"));
    editor.open(&uri, "rust", &new_file(BEGUN));
    let (line, column) = end(BEGUN);
    assert!(editor.ghost(&uri, (line, column)).is_empty());
    let invoked = inline(&uri, (line, column), INVOKED);
    let answer = editor.request("textDocument/inlineCompletion", invoked);
    assert_eq!(texts(&answer)[0], REST);
    editor.insert(&uri, 1, (line, column), "sion");
    assert_eq!(editor.ghost(&uri, (line, column + 4)), [&REST[4..]]);
    editor.insert(&uri, 2, (line, column + 4), "_of_another");
    assert!(editor.ghost(&uri, (line, column + 15)).is_empty());
}

#[test]
fn with_index_disabled_no_workspace_is_read() {
    let user = User::new("index.enabled = false");
    let other = project();
    let mut editor = Editor::hello(user.hello());
    assert!(offered(&mut editor, user.project.path(), INVOKED).is_empty());
    editor.notify("workspace/didChangeWorkspaceFolders", folders(&[("added", other.path())]));
    for _ in 0..100 {
        assert!(offered(&mut editor, other.path(), INVOKED).is_empty());
    }
    assert!(!editor.has_unread("window/workDoneProgress/create"));
}

#[test]
fn a_changed_config_file_applies_without_a_restart() {
    // The rule hides such files from models, not from the server's own settings.
    let user = User::new("index.forbid = ['*.toml']");
    let folder = user.project.path();
    let mut editor = user.editor();
    assert!(serves(&mut editor, folder));
    editor.until(|it| {
        // Written repeatedly because the watch may not have started.
        user.writes("complete.trigger = 'manual'\nindex.forbid = ['*.toml']");
        !serves(it, folder)
    });
    assert_eq!(offered(&mut editor, folder, INVOKED)[0], REST);
    user.writes("complete.trigger = 'always'\nindex.forbid = ['*.toml']");
    let expected =
        "complete.trigger must be one of \"automatic\", \"manual\", not \"always\"".to_owned();
    assert_eq!(message(&mut editor), format!("{}:1: {expected}", user.config().display()));
    editor.until(|it| serves(it, folder));
}

#[test]
fn a_workspace_file_restricts_only_its_own_folder() {
    let user = User::new("");
    let other = project();
    fs::write(other.path().join(NARROWING), "embedded.enabled = false\n").unwrap();
    let mut hello = user.hello();
    hello.roots.push(other.path().to_owned());
    let mut editor = learned(hello);
    assert!(serves(&mut editor, user.project.path()));
    assert!(offered(&mut editor, other.path(), INVOKED).is_empty());

    // A changed file applies as soon as the editor reports it.
    for (config, expected) in [("", true), ("complete.languages.rust = false\n", false)] {
        let path = other.path().join(NARROWING);
        fs::write(&path, config).unwrap();
        let changes = json!({ "changes": [{ "uri": uri(&path), "type": 2 }] });
        editor.notify("workspace/didChangeWatchedFiles", changes);
        editor.until(|it| serves(it, other.path()) == expected);
        assert!(serves(&mut editor, user.project.path()));
    }
}

#[test]
fn files_are_watched_if_the_editor_does_not() {
    let user = User::new("");
    let folder = user.project.path();
    let mut editor = user.editor();
    assert!(serves(&mut editor, folder));
    for (config, expected) in [("embedded.enabled = false\n", false), ("", true)] {
        editor.until(|it| {
            // Written repeatedly because the watch may not have started.
            replace(&folder.join(NARROWING), config);
            serves(it, folder) == expected
        });
    }
}

#[test]
fn a_workspace_file_cannot_enable_anything() {
    let user = User::new("embedded.enabled = false");
    let path = user.project.path().join(NARROWING);
    fs::write(&path, "embedded.enabled = true\n").unwrap();
    let mut editor = user.editor();
    let reason = "embedded.enabled: a workspace's file may only turn off or forbid";
    assert_eq!(message(&mut editor), format!("{}:1: {reason}", path.display()));
    assert!(offered(&mut editor, user.project.path(), INVOKED).is_empty());
}

#[test]
fn a_folder_with_index_disabled_is_not_read_however_it_is_reported() {
    let user = User::new("");
    let secretive = project();
    let teaches = secretive.path().join("teaches.rs");
    fs::write(&teaches, "    ledger.settle(account_of_nobody, at_midnight)?;\n".repeat(5)).unwrap();
    let narrowing = secretive.path().join(NARROWING);
    let mut editor = user.editor();
    let knows = |editor: &mut Editor| {
        let uri = uri(&user.project.path().join("new.rs"));
        editor.open(&uri, "rust", "    ledger.settle(acc");
        let params = inline(&uri, (0, 21), INVOKED);
        let answer = editor.request("textDocument/inlineCompletion", params);
        editor.close(&uri);
        answer.to_string().contains("ount_of_nobody")
    };
    let added = folders(&[("added", secretive.path())]);
    let removed = folders(&[("removed", secretive.path())]);
    let narrowed = json!({ "changes": [{ "uri": uri(&narrowing), "type": 1 }] });

    // The file appears while the folder is added.
    fs::write(&narrowing, "index.enabled = false\n").unwrap();
    editor.notify("workspace/didChangeWorkspaceFolders", added.clone());
    editor.indexed();
    assert!(!knows(&mut editor));
    editor.notify("workspace/didChangeWorkspaceFolders", removed);
    editor.indexed();
    // Without the file the folder is indexed; with it the folder is forgotten.
    fs::remove_file(&narrowing).unwrap();
    editor.notify("workspace/didChangeWorkspaceFolders", added);
    editor.until(knows);
    fs::write(&narrowing, "index.enabled = false\n").unwrap();
    editor.notify("workspace/didChangeWatchedFiles", narrowed);
    editor.until(|it| !knows(it));
}

#[test]
fn added_folders_are_learned_and_removed_ones_forgotten() {
    let (first, second) = (project(), project());
    let mut editor = Editor::hello(Hello::default());
    assert!(offered(&mut editor, first.path(), AUTOMATIC).is_empty());
    let mut told = |event: &[(&str, &Path)]| {
        editor.notify("workspace/didChangeWorkspaceFolders", folders(event));
        let expected = event.iter().any(|it| it.0 == "added");
        editor.until(|it| serves(it, second.path()) == expected);
    };
    told(&[("added", first.path())]);
    told(&[("removed", first.path()), ("added", second.path())]);
    told(&[("removed", second.path())]);
}

#[test]
fn pushed_settings_are_accepted_with_or_without_the_understudy_section() {
    let user = User::new("");
    let mut editor = user.editor();
    let manual = json!({ "complete": { "trigger": "manual" } });
    for settings in [manual.clone(), json!({ "understudy": manual, "other": { "x": 1 } })] {
        assert!(serves(&mut editor, user.project.path()));
        editor.notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
        assert!(!serves(&mut editor, user.project.path()));
        editor.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
    }
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    assert!(serves(&mut editor, user.project.path()));
}

#[test]
fn settings_are_requested_at_the_start_and_after_each_change() {
    let user = User::new("");
    let mut hello = user.hello();
    hello.capabilities["workspace"] = json!({ "configuration": true });
    hello.settings = json!({ "complete": { "trigger": "manual" } });
    let mut editor = learned(hello);
    let asked = json!({ "items": [{ "section": "understudy" }] });
    assert_eq!(editor.take_request("workspace/configuration"), asked);
    editor.until(|it| !serves(it, user.project.path()));
    editor.settings = json!({});
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    assert_eq!(editor.take_request("workspace/configuration"), asked);
    editor.until(|it| serves(it, user.project.path()));
}

#[test]
fn an_editor_cannot_enable_what_the_user_disabled() {
    let check = |config: &str, options: Value, expected: bool, problem: Option<&str>| {
        let user = User::new(config);
        let mut editor = learned(Hello { options, ..user.hello() });
        assert_eq!(serves(&mut editor, user.project.path()), expected, "{config}");
        if let Some(problem) = problem {
            assert_eq!(message(&mut editor), problem);
        }
    };
    let manual = json!({ "ghostText": true, "complete": { "trigger": "manual" } });
    check("", manual, false, None);
    let unsure = json!({ "embedded": { "threshold": 0.6 } });
    check("embedded.threshold = 1", unsure, true, None);
    let refused = "an editor's settings may not turn on what your config file turns off";
    check(
        "embedded.enabled = false",
        json!({ "embedded": { "enabled": true } }),
        false,
        Some(&format!("editor: embedded.enabled: {refused}")),
    );
    check(
        "complete.languages = { rust = false }",
        json!({ "complete": { "languages": { "rust": true } } }),
        false,
        Some(&format!("editor: complete.languages.rust: {refused}")),
    );
    check(
        "",
        json!({ "complete": { "triger": "manual" }, "embedded": { "enabled": null } }),
        true,
        Some("editor: unknown key \"complete.triger\", did you mean \"complete.trigger\"?"),
    );
}

#[test]
fn cancelled_indexing_ends_and_the_server_keeps_working() {
    let folder = TempDir::new().unwrap();
    let text = "    let total = sum_of(first, second) + product_of(third, fourth);\n".repeat(150);
    for number in 0..800 {
        fs::write(folder.path().join(format!("{number}.rs")), &text).unwrap();
    }
    let roots = vec![folder.path().to_owned()];
    let mut editor = Editor::hello(Hello { roots, ..Hello::default() });
    let created = editor.take_request("window/workDoneProgress/create");
    let begun = editor.take("$/progress");
    assert_eq!(begun["token"], created["token"]);
    assert_eq!(begun["value"]["kind"], "begin");
    assert_eq!(begun["value"]["cancellable"], true);
    editor.notify("window/workDoneProgress/cancel", json!({ "token": created["token"] }));
    let end = loop {
        let value = editor.take("$/progress")["value"].take();
        if value["kind"] == "end" {
            break value;
        }
    };
    assert_eq!(end["message"], Value::Null, "it was not learned");

    let uri = "untitled:sums";
    editor.open(uri, "rust", &(text.repeat(3) + "    let total = sum"));
    assert_eq!(editor.ghost(uri, (450, 19)).len(), 1);
}

#[test]
fn an_editor_without_progress_support_gets_no_progress() {
    let user = User::new("");
    let capabilities = json!({ "textDocument": { "inlineCompletion": {} } });
    let mut editor = Editor::hello(Hello { capabilities, ..user.hello() });
    editor.until(|it| serves(it, user.project.path()));
    assert!(
        !editor.has_unread("$/progress") && !editor.has_unread("window/workDoneProgress/create")
    );
}

#[test]
fn an_editor_that_can_watch_files_gets_a_registration() {
    let user = User::new("");
    let mut hello = user.hello();
    let watches = json!({ "didChangeWatchedFiles": { "dynamicRegistration": true } });
    hello.capabilities["workspace"] = watches;
    let mut editor = learned(hello);
    let asked = editor.take_request("client/registerCapability");
    let registration = &asked["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
    let watchers = json!([{ "globPattern": "**/*" }]);
    assert_eq!(registration["registerOptions"]["watchers"], watchers);

    let mut editor = user.editor();
    assert!(serves(&mut editor, user.project.path()));
    assert!(!editor.has_unread("client/registerCapability"));
}

#[test]
fn a_new_config_file_applies_once_it_is_saved_in_the_editor() {
    let user = User::new("");
    let config = user.home.path().join("not/there/yet/config.toml");
    let mut editor = learned(Hello { config: Some(config.clone()), ..user.hello() });
    let told = editor.take("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains("config.toml"), "{told}");

    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "complete.trigger = 'manual'\n").unwrap();
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri(&config) } }));
    assert_eq!(offered(&mut editor, user.project.path(), AUTOMATIC), Vec::<String>::new());
    assert_eq!(offered(&mut editor, user.project.path(), INVOKED)[0], REST);
}
