//! An editor with an open file and scripted providers, for tests of actions.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use understudy::usage;
use understudy::usage::reader::Reader;

use crate::support::editor::{Editor, Hello, uri};
use crate::support::upstream::script::Script;
use crate::support::upstream::{Received, Upstream, planted};

pub(crate) const TEXT: &str =
    "fn area(w: f64, h: f64) -> f64 {\n    let a = w * h;\n    a\n}\n\nfn other() {}\n";

pub(crate) struct Stage {
    pub(crate) editor: Editor,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) folder: TempDir,
    /// With the server's own files.
    pub(crate) state: TempDir,
    pub(crate) uri: String,
}

/// Excluded files that match the requests and contain text that must never be sent.
pub(crate) fn plant(folder: &Path) {
    let text = format!("{}\n{TEXT}", planted().join("\n")).repeat(5);
    fs::create_dir_all(folder.join("ignored")).unwrap();
    fs::write(folder.join(".gitignore"), "ignored/\n").unwrap();
    for name in [".env", ".env.local", "id_rsa", "server.pem", "prod.tfvars", "ignored/area.rs"] {
        fs::write(folder.join(name), &text).unwrap();
    }
}

/// The capabilities of a current editor.
pub(crate) fn capabilities() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-8"] },
        "textDocument": {
            "inlineCompletion": {},
            "codeAction": { "disabledSupport": true, "tagSupport": { "valueSet": [1] } },
        },
        "window": { "workDoneProgress": true, "showMessage": {}, "showDocument": { "support": true } },
        "workspace": { "workspaceEdit": {
            "documentChanges": true,
            "resourceOperations": ["create"],
            "changeAnnotationSupport": {},
        } },
    })
}

pub(crate) fn text_event(text: &str) -> String {
    let event =
        json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
    format!("data: {event}\n\n")
}

pub(crate) const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

pub(crate) fn answer(text: &str) -> Script {
    Script::stream(text_event(text) + END)
}

impl Stage {
    pub(crate) fn new(scripts: Vec<Script>) -> Self {
        Self::with("", json!({ "answers": true, "input": true }), scripts)
    }

    pub(crate) fn with(settings: &str, options: Value, scripts: Vec<Script>) -> Self {
        Self::introduced(settings, options, "Test", scripts)
    }

    pub(crate) fn introduced(
        settings: &str,
        options: Value,
        name: &str,
        scripts: Vec<Script>,
    ) -> Self {
        Self::set_up(settings, "", options, name, scripts)
    }

    pub(crate) fn set_up(
        settings: &str,
        tables: &str,
        options: Value,
        name: &str,
        scripts: Vec<Script>,
    ) -> Self {
        Self::greeted(settings, tables, options, (name, capabilities()), scripts)
    }

    /// With this editor name and these capabilities.
    pub(crate) fn greeted(
        settings: &str,
        tables: &str,
        options: Value,
        (name, capabilities): (&str, Value),
        scripts: Vec<Script>,
    ) -> Self {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        plant(folder.path());
        let path = folder.path().join("config.toml");
        let mut editor = Editor::raw_with(Some(path.clone()), Some(state.path().to_owned()));
        let upstreams: Vec<Upstream> =
            editor.within(|| scripts.into_iter().map(|it| Upstream::start([it])).collect());
        let rows = upstreams.iter().enumerate().map(|(at, it)| {
            format!(
                "[[provider]]\nname = \"p{at}\"\nkind = \"openai-compatible\"\nurl = \"{}\"\nmodels = [\"m\"]\n",
                it.url()
            )
        });
        let rows: String = rows.collect();
        // An unknown model is used for edits only if the user routes them to it.
        let names: Vec<String> = (0..upstreams.len()).map(|at| format!("p{at}/m")).collect();
        let route = format!("route.edit = [{names:?}]\nroute.prefer = \"listed\"");
        fs::write(&path, format!("{settings}\n{route}\n{rows}{tables}")).unwrap();
        let has_progress = capabilities["window"]["workDoneProgress"] == true;
        editor.greet(Hello {
            roots: vec![folder.path().to_owned()],
            config: Some(path),
            capabilities,
            name: name.to_owned(),
            options,
            ..Hello::default()
        });
        editor.indexed();
        if has_progress {
            editor.take_request("window/workDoneProgress/create");
        }
        let uri = uri(&folder.path().join("area.rs"));
        editor.open(&uri, "rust", TEXT);
        Self { editor, upstreams, folder, state, uri }
    }

    /// With one provider of these rows; `URL` is replaced by its address.
    pub(crate) fn with_provider(rows: &str, script: Script) -> Self {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = folder.path().join("config.toml");
        let mut editor = Editor::raw_with(Some(path.clone()), Some(state.path().to_owned()));
        let upstreams = vec![editor.within(|| Upstream::start([script]))];
        fs::write(&path, rows.replace("URL", &upstreams[0].url())).unwrap();
        editor.greet(Hello {
            roots: vec![folder.path().to_owned()],
            config: Some(path),
            capabilities: capabilities(),
            ..Hello::default()
        });
        editor.indexed();
        let uri = uri(&folder.path().join("area.rs"));
        editor.open(&uri, "rust", TEXT);
        Self { editor, upstreams, folder, state, uri }
    }

    pub(crate) fn menu(&mut self, context: Value) -> Vec<Value> {
        let range = lines(0, 4);
        let params =
            json!({ "textDocument": { "uri": self.uri }, "range": range, "context": context });
        let menu = self.editor.request("textDocument/codeAction", params);
        menu.as_array().cloned().unwrap_or_default()
    }

    pub(crate) fn titles(&mut self, context: Value) -> Vec<String> {
        let menu = self.menu(context);
        menu.iter().map(|it| it["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Starts an action on the first function.
    pub(crate) fn start(&mut self, action: &str, more: Value) -> i64 {
        let mut act =
            json!({ "uri": self.uri, "version": 0, "range": lines(0, 4), "action": action });
        act.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let params = json!({ "command": "understudy.act", "arguments": [act] });
        self.editor.send("workspace/executeCommand", params)
    }

    pub(crate) fn act(&mut self, action: &str) {
        let id = self.start(action, json!({}));
        assert_eq!(self.editor.result(id), Value::Null);
    }

    /// The document after the edit that the server sent.
    pub(crate) fn edited(&mut self, text: &str, version: i32) -> String {
        let edit = self.editor.take_request("workspace/applyEdit");
        let document = &edit["edit"]["documentChanges"][0];
        assert_eq!(document["textDocument"], json!({ "uri": self.uri, "version": version }));
        applied(text, document["edits"].as_array().unwrap())
    }

    /// The reason why an answer was not applied, and the answer as it was shown.
    pub(crate) fn refused(&mut self) -> (String, String) {
        let (mut shown, mut piece) = (String::new(), Value::Null);
        while piece["kind"] != "end" {
            piece = self.editor.take("understudy/answer");
            shown += piece["text"].as_str().unwrap_or_default();
        }
        assert!(piece["error"].as_str().unwrap().starts_with("not applied: "), "{piece}");
        let message = self.editor.take("window/showMessage");
        assert!(!self.editor.has_unread("workspace/applyEdit"));
        (message["message"].as_str().unwrap().to_owned(), shown)
    }

    /// Requests per provider, without connections made ahead.
    pub(crate) fn hits(&self) -> Vec<usize> {
        let is_question = |it: &&Received| it.method == "POST";
        let asked = self.upstreams.iter().map(Upstream::requests);
        asked.map(|it| it.iter().filter(is_question).count()).collect()
    }

    /// Waits for a reason in the ledger, as `understudy why` prints it.
    pub(crate) fn why(&mut self) -> String {
        for _ in 0..2000 {
            let reader = Reader::open(&self.state.path().join(usage::FILE)).ok().flatten();
            let found = reader.map(|it| it.silences(None, 1).unwrap()).unwrap_or_default();
            if let Some(found) = found.into_iter().next() {
                return found.reason;
            }
            self.editor
                .request("understudy/status", json!({ "textDocument": { "uri": self.uri } }));
        }
        panic!("no reason was recorded");
    }

    pub(crate) fn asked(&self, upstream: usize) -> String {
        let requests = self.upstreams[upstream].requests();
        let last = requests.iter().rev().find(|it| it.method == "POST").unwrap();
        String::from_utf8(last.body.clone()).unwrap()
    }
}

pub(crate) fn lines(from: u32, to: u32) -> Value {
    json!({ "start": { "line": from, "character": 0 }, "end": { "line": to, "character": 0 } })
}

/// Applies edits as an editor with UTF-8 positions does, without positions after the last line end.
pub(crate) fn applied(text: &str, edits: &[Value]) -> String {
    let mut applied = text.to_owned();
    for edit in edits.iter().rev() {
        let [start, end] = ["start", "end"].map(|it| {
            let at = |what: &str| edit["range"][it][what].as_u64().unwrap() as usize;
            let lines: usize = text.split_inclusive('\n').take(at("line")).map(str::len).sum();
            lines + at("character")
        });
        assert!(start == end || end < text.len() || !text.ends_with('\n'), "{edit}");
        applied.replace_range(start..end, edit["newText"].as_str().unwrap());
    }
    applied
}
