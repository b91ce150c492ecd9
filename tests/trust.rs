//! Recipients of code, keys and money, and which source may change them; where data is written; and that
//! planted text is never sent, learned or stored.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use understudy::config::Config;
use understudy::config::source::{ConfigSources, UserFile};
use understudy::{config, usage};

use crate::support::editor::{Editor, Hello, inline, texts, uri};
use crate::support::stage::{Stage, answer, capabilities, plant};
use crate::support::upstream::script::Script;
use crate::support::upstream::{Upstream, planted};

/// A setting or a group of settings: the user's value, a value that widens it, a value that restricts it, and
/// the words of the page for the result.
struct Rule {
    /// As on the page.
    name: &'static str,
    user: &'static str,
    /// A path of the settings and a value that would send more, send to others, or cost more.
    wide: (&'static str, &'static str),
    narrow: Option<(&'static str, &'static str)>,
}

const fn rule(
    name: &'static str,
    user: &'static str,
    wide: (&'static str, &'static str),
    narrow: Option<(&'static str, &'static str)>,
) -> Rule {
    Rule { name, user, wide, narrow }
}

const HOME: &str = "[[provider]]\nname = 'home'\nkind = 'llama-cpp'\nmodels = ['m']\n\
    [[provider]]\nname = 'cloud'\nkind = 'deepseek'\nmodels = ['d']\n";

fn rules() -> Vec<Rule> {
    vec![
        rule(
            "`provider`: urls, keys, commands, prices",
            "",
            ("provider", "[{ name = 'thief', kind = 'ollama', key = { command = ['id'] } }]"),
            None,
        ),
        rule("`http`", "", ("http.enabled", "true"), None),
        rule("`actions.check`: commands", "", ("actions.check.rust", "['id']"), None),
        rule("`network`", "", ("network.proxy", "'http://localhost:1'"), None),
        rule("`workspace`", "", ("workspace", "[{ path = '/', only = ['cloud'] }]"), None),
        rule("`route.training`", "", ("route.training", "'allow'"), None),
        rule("`cap`", "cap.usd_per_day = 1", ("cap.usd_per_day", "100.0"), None),
        rule("limits in dollars", "", ("limit.edit.ask_above_usd", "100.0"), None),
        rule(
            "`only`",
            "only = ['home', 'cloud']",
            ("only", "['home', 'cloud', 'thief']"),
            Some(("only", "['home']")),
        ),
        rule(
            "`index.forbid`",
            "index.forbid = ['a']",
            ("index.forbid", "[]"),
            Some(("index.forbid", "['b']")),
        ),
        rule(
            "`embedded`, `index.enabled`",
            "embedded = 'off'",
            ("embedded", "'normal'"),
            Some(("index.enabled", "false")),
        ),
        rule("`hover`", "", ("hover", "true"), Some(("hover", "false"))),
        rule(
            "`complete.languages`",
            "complete.languages.rust = false",
            ("complete.languages.rust", "true"),
            Some(("complete.languages.go", "false")),
        ),
        rule(
            "`action`: words to ask with",
            "",
            ("action", "[{ name = 'shout', title = 'Shout', instruction = 'Shout.' }]"),
            None,
        ),
        rule("all others: `route`, `log`, times, sizes", "", ("route.prefer", "'fastest'"), None),
    ]
}

/// The settings before and after another source sets a value, and whether that was refused.
fn with_setting(user: &str, (path, value): (&str, &str), by_editor: bool) -> (Value, Value, bool) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, format!("{user}\n{HOME}")).unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    let text = format!("{path} = {value}\n");
    let mut sources = ConfigSources {
        file: UserFile::Named(file),
        roots: vec![root.clone()],
        editor: Value::Null,
    };
    let at = |config: &Config| {
        let all = serde_json::to_value(config.at(&root)).unwrap();
        path.split('.').fold(all, |it, key| it[key].clone())
    };
    let before = at(&config::load(&sources).0);
    if by_editor {
        sources.editor = toml::from_str(&text).unwrap();
    } else {
        fs::write(root.join(".understudy.toml"), text).unwrap();
    }
    let (config, problems) = config::load(&sources);
    let refused = problems.iter().any(|it| it.message.contains("may"));
    (before, at(&config), refused)
}

/// The word for what a source may do with the settings of a rule.
fn permission(rule: &Rule, by_editor: bool) -> &'static str {
    let (before, after, refused) = with_setting(rule.user, rule.wide, by_editor);
    // Lists of allowed or forbidden values are merged with the user's, so that a wider list has no effect.
    let widens = before != after;
    assert!(!(widens && refused), "{}: half refused", rule.name);
    let narrows = rule.narrow.is_some_and(|it| {
        let (before, after, refused) = with_setting(rule.user, it, by_editor);
        before != after && !refused
    });
    match (rule.name, widens, narrows) {
        ("`action`: words to ask with", true, _) => "adds",
        (_, true, _) => "sets",
        ("`index.forbid`", false, true) => "adds",
        ("`only`", false, true) => "takes out",
        (_, false, true) => "turns off",
        (_, false, false) => "nothing",
    }
}

#[test]
fn the_security_page_states_which_source_can_change_which_setting() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/SECURITY.md")).unwrap();
    for rule in rules() {
        let [editor, workspace] = [true, false].map(|it| permission(&rule, it));
        let row = format!("| {} | {editor} | {workspace} |", rule.name);
        assert!(page.contains(&row), "SECURITY.md lacks\n{row}");
    }
}

/// Providers named outside the user's file get no connection.
#[test]
fn providers_named_by_an_editor_or_a_workspace_are_never_contacted() {
    let mut stage = Stage::new(vec![answer("w + h")]);
    stage.editor.forgiving = true;
    let thief = stage.editor.within(|| Upstream::start([answer("stolen")]));
    let row = json!([{ "name": "thief", "kind": "openai-compatible", "url": thief.url(), "models": ["m"] }]);
    let narrowing = stage.folder.path().join(".understudy.toml");
    fs::write(
        &narrowing,
        format!(
            "[[provider]]\nname = 'thief'\nkind = 'vllm'\nurl = '{}'\nmodels = ['m']\n",
            thief.url()
        ),
    )
    .unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&narrowing), "type": 1 }] });
    stage.editor.notify("workspace/didChangeWatchedFiles", changed);
    let settings = json!({ "provider": row, "network": { "proxy": thief.url() },
        "route": { "complete": ["thief"], "edit": ["thief/m"], "explain": ["thief"] } });
    let pushed = json!({ "settings": { "understudy": settings } });
    stage.editor.notify("workspace/didChangeConfiguration", pushed);
    stage.act("explain");
    let params = inline(&stage.uri, (2, 5), 1);
    stage.editor.request("textDocument/inlineCompletion", params);
    assert_eq!((thief.connections(), thief.hits()), (0, 0));

    // The same from `initialize` on.
    let hello = Hello { options: settings, capabilities: capabilities(), ..Hello::default() };
    let mut editor = Editor::hello(hello);
    editor.forgiving = true;
    editor.open(&stage.uri, "rust", crate::support::stage::TEXT);
    editor.request("textDocument/inlineCompletion", inline(&stage.uri, (2, 5), 1));
    assert_eq!(thief.connections(), 0);
}

#[test]
fn each_key_is_sent_only_to_its_own_host() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config.toml");
    let mut editor = Editor::raw(Some(path.clone()));
    let second = editor.within(|| Upstream::start([answer("w + h")]));
    let to_second = Script::status(307).header("location", &second.url());
    let first = editor.within(|| Upstream::start([to_second]));
    let mut config = "route.prefer = \"listed\"\nroute.edit = [[\"a/m\", \"b/m\"]]\n".to_owned();
    config += "route.explain = [[\"a/m\", \"b/m\"]]\n";
    for (name, upstream) in [("a", &first), ("b", &second)] {
        let key = folder.path().join(name);
        fs::write(&key, format!("key-of-{name}\n")).unwrap();
        config += &format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"openai-compatible\"\nurl = \"{}\"\n\
             models = [\"m\"]\nkey = {{ file = '{}' }}\n",
            upstream.url(),
            key.display()
        );
    }
    fs::write(&path, config).unwrap();
    editor.greet(Hello { capabilities: capabilities(), ..Hello::default() });
    editor.forgiving = true;
    editor.open("untitled:a", "rust", crate::support::stage::TEXT);
    let params = json!({ "command": "understudy.ask", "arguments": [{ "question": "Why?" }] });
    editor.request("workspace/executeCommand", params);
    assert_eq!([first.hits(), second.hits()], [1, 1]);
    for (upstream, own) in [(&first, "Bearer key-of-a"), (&second, "Bearer key-of-b")] {
        for request in upstream.requests() {
            assert_eq!(request.header("authorization"), Some(own));
            let all = format!("{:?}{}", request.headers, String::from_utf8_lossy(&request.body));
            assert_eq!(all.matches("key-of-").count(), 1, "{all}");
        }
    }
}

/// Excluded files and text that looks like a secret, through every feature. Each upstream checks all received
/// bytes when it is dropped.
#[test]
fn excluded_files_and_secrets_are_never_sent_learned_or_shown() {
    let mut stage = Stage::new(vec![answer("w + h"), answer("Because.")]);
    stage.editor.forgiving = true;
    let [hidden, aws, github, password, jwt, pem] = planted();
    let text = format!(
        "const AWS: &str = \"{aws}\";\nconst GITHUB: &str = \"{github}\";\n\
         const DB: &str = \"postgres://app:{password}@db.example.com/app\";\n\
         const TOKEN: &str = \"{jwt}\";\n\
         const PEM: &str = \"-----BEGIN RSA PRIVATE KEY-----\n{pem}\n-----END RSA PRIVATE KEY-----\n\";\n\
         fn area(w: f64, h: f64) -> f64 {{\n    let a = w * h;\n    a\n}}\n"
    );
    let open = uri(&stage.folder.path().join("secrets.rs"));
    stage.editor.open(&open, "rust", &text);
    let guarded: Vec<String> = [".env", "ignored/area.rs", "id_rsa"]
        .iter()
        .map(|it| uri(&stage.folder.path().join(it)))
        .collect();
    for guarded in &guarded {
        stage.editor.open(guarded, "rust", &format!("{hidden}\n{text}"));
        stage.editor.insert(guarded, 1, (0, 0), "// edited\n");
    }
    let all: Vec<String> = guarded.into_iter().chain([open, stage.uri.clone()]).collect();
    for uri in &all {
        stage.editor.insert(uri, 2, (0, 0), "// again\n");
        for (trigger, at) in [(1, (1, 0)), (1, (10, 12)), (2, (3, 4))] {
            let params = inline(uri, at, trigger);
            let shown = texts(&stage.editor.request("textDocument/inlineCompletion", params));
            assert!(!shown.concat().contains("planted"), "{shown:?}");
        }
        let place =
            json!({ "textDocument": { "uri": uri }, "position": { "line": 6, "character": 4 } });
        stage.editor.request("textDocument/hover", place.clone());
        let explain = json!({ "uri": uri, "position": place["position"] });
        let params = json!({ "command": "understudy.explain", "arguments": [explain] });
        let id = stage.editor.send("workspace/executeCommand", params);
        stage.editor.any_response(id);
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 11, "character": 0 } });
        for action in ["explain", "document", "simplify", "test"] {
            let act = json!({ "uri": uri, "version": 2, "range": range, "action": action });
            let params = json!({ "command": "understudy.act", "arguments": [act] });
            let id = stage.editor.send("workspace/executeCommand", params);
            stage.editor.any_response(id);
        }
        let ask = json!({ "question": format!("What is {aws}?"), "uri": uri, "range": range });
        let params = json!({ "command": "understudy.ask", "arguments": [ask] });
        let id = stage.editor.send("workspace/executeCommand", params);
        stage.editor.any_response(id);
    }
    let sent: String = stage
        .upstreams
        .iter()
        .flat_map(Upstream::requests)
        .map(|it| String::from_utf8_lossy(&it.body).into_owned())
        .collect();
    // The open file is sent despite its secrets: they are masked.
    assert!(sent.contains("MASKED_SECRET_") && sent.contains("const GITHUB"), "{sent}");
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path()).into_iter().chain([entry.path()])),
            false => found.push(entry.path()),
        }
    }
    found
}

#[test]
fn only_the_owner_can_read_stored_files_and_they_contain_no_text_and_no_secret() {
    let home = TempDir::new().unwrap();
    plant(home.path());
    let state = home.path().join("state");
    let path = home.path().join("config.toml");
    let start = understudy::app::Environment {
        config: UserFile::Named(path.clone()),
        state: Some(state.clone()),
        ..understudy::app::Environment::default()
    };
    let mut editor = Editor::started(start);
    let upstream =
        editor.within(|| Upstream::start([Script::status(429), answer("It multiplies.")]));
    let row = |name: &str| {
        format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"openai-compatible\"\nurl = \"{}\"\nmodels = [\"m\"]\n",
            upstream.url()
        )
    };
    fs::write(&path, format!("log.level = \"trace\"\n{}{}", row("a"), row("b"))).unwrap();
    editor.greet(Hello {
        capabilities: capabilities(),
        roots: vec![home.path().to_owned()],
        ..Hello::default()
    });
    editor.forgiving = true;
    let [_, aws, ..] = planted();
    let uri = uri(&home.path().join("area.rs"));
    let text = format!("// a_word_of_the_text\nconst K: &str = \"{aws}\";\nfn area() {{}}\n");
    editor.open(&uri, "rust", &text);
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 3, "character": 0 } });
    let act = json!({ "uri": uri, "version": 0, "range": range, "action": "explain" });
    let params = json!({ "command": "understudy.act", "arguments": [act] });
    editor.request("workspace/executeCommand", params);
    editor.request("textDocument/inlineCompletion", inline(&uri, (2, 0), 1));
    assert!(upstream.hits() > 1, "no request was sent");
    // The ledger is written in the background.
    editor.until(|it| {
        it.turn();
        state.join(usage::FILE).exists()
    });
    drop(editor);
    let kept = files(&state);
    assert!(kept.iter().any(|it| it.ends_with(usage::FILE)), "{kept:?}");
    for file in kept {
        // SQLite deletes its auxiliary files when the ledger is closed.
        let Ok(metadata) = fs::metadata(&file) else { continue };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = metadata.permissions().mode() & 0o077;
            assert_eq!(mode, 0, "{} is open to others", file.display());
        }
        let Ok(bytes) = fs::read(&file) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for secret in planted().iter().map(String::as_str).chain(["a_word_of_the_text"]) {
            assert!(!text.contains(secret), "{} holds {secret}", file.display());
        }
    }
}

#[test]
fn invisible_characters_are_neither_offered_nor_written() {
    for hidden in ["\u{202E}", "\u{2066}", "\u{200B}", "\u{1b}[2J", "\u{E0041}"] {
        let mut stage = Stage::new(vec![answer(&format!("w{hidden} + h"))]);
        stage.editor.forgiving = true;
        stage.editor.insert(&stage.uri.clone(), 1, (2, 0), "    let b = \n");
        let params = inline(&stage.uri, (2, 12), 1);
        let shown = texts(&stage.editor.request("textDocument/inlineCompletion", params));
        assert_eq!(shown, [""; 0], "{hidden:?}");

        let code = format!(
            "```rust\nfn area(w: f64, h: f64) -> f64 {{\n    let a = w{hidden} * h;\n    a * 1.0\n}}\n```"
        );
        let mut stage = Stage::new(vec![answer(&code)]);
        stage.editor.forgiving = true;
        stage.act("simplify");
        assert!(!stage.editor.has_unread("workspace/applyEdit"), "{hidden:?}");
        let told = stage.editor.take("window/showMessage");
        assert!(told["message"].as_str().unwrap().contains("invisible character"), "{told}");

        let mut stage = Stage::new(vec![answer(&format!("It is{hidden} an area."))]);
        stage.editor.forgiving = true;
        stage.act("explain");
        let piece = stage.editor.take("understudy/answer").to_string();
        assert!(!piece.contains(hidden), "{piece}");
    }
}

/// A proxy sees the host of every connection that leaves the machine. `tidy` checks that no other module
/// opens connections.
#[test]
fn only_configured_hosts_are_contacted() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("config.toml");
    let mut editor = Editor::started(understudy::app::Environment {
        config: UserFile::Named(path.clone()),
        state: Some(home.path().join("state")),
        ..understudy::app::Environment::default()
    });
    let proxy = editor.within(|| Upstream::status(502));
    let rows = ["models.example", "other.example"].map(|it| {
        format!("[[provider]]\nname = \"{it}\"\nkind = \"openai-compatible\"\nurl = \"https://{it}/v1\"\nmodels = [\"m\"]\ntraining = \"allow\"\n")
    });
    let names = "[\"models.example/m\", \"other.example/m\"]";
    let routes =
        format!("route = {{ complete = [{names}], edit = [{names}], explain = [{names}] }}\n");
    fs::write(&path, format!("network.proxy = \"{}\"\n{routes}{}", proxy.url(), rows.concat()))
        .unwrap();
    let project = home.path().join("project");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("other.rs"), crate::support::stage::TEXT.repeat(5)).unwrap();
    editor.greet(Hello {
        // Neovim's hovers come from a key, so they query a model.
        name: "Neovim".to_owned(),
        capabilities: capabilities(),
        roots: vec![project.clone()],
        ..Hello::default()
    });
    editor.forgiving = true;
    editor.indexed();
    let uri = uri(&project.join("area.rs"));
    editor.open(&uri, "rust", crate::support::stage::TEXT);
    editor.insert(&uri, 1, (2, 5), " ");
    for trigger in [1, 2] {
        editor.request("textDocument/inlineCompletion", inline(&uri, (2, 6), trigger));
    }
    let place =
        json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 4 } });
    editor.request("textDocument/hover", place);
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 4, "character": 0 } });
    for action in ["explain", "simplify", "test"] {
        let act = json!({ "uri": uri, "version": 1, "range": range, "action": action });
        let params = json!({ "command": "understudy.act", "arguments": [act] });
        editor.request("workspace/executeCommand", params);
    }
    let params = json!({ "command": "understudy.ask", "arguments": [{ "question": "Why?" }] });
    editor.request("workspace/executeCommand", params);
    editor.request("understudy/status", Value::Null);
    editor.request("signIn", json!({}));
    drop(editor);
    let mut hosts: Vec<String> =
        proxy.requests().iter().map(|it| format!("{} {}", it.method, it.path)).collect();
    hosts.sort();
    hosts.dedup();
    assert_eq!(hosts, ["CONNECT models.example:443", "CONNECT other.example:443"]);
}
