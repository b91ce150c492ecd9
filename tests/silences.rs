//! The reasons why nothing was suggested, in the status of a document and in the ledger.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use understudy::app::Environment;
use understudy::config::source::UserFile;
use understudy::usage;
use understudy::usage::reader::Reader;
use understudy::usage::record::Silent;

use crate::support::editor::{Editor, Hello, inline, texts, uri};
use crate::support::ghost;
use crate::support::models::answer;
use crate::support::stage::{TEXT, capabilities};
use crate::support::upstream::Upstream;
use crate::support::upstream::script::{Script, Step};

/// A local server at the scripted address.
const LOCAL: &str = "embedded.enabled = false\n[[provider]]\nname = \"own\"\nkind = \"vllm\"\n\
    url = \"URL\"\nmodels = [\"qwen2.5-coder\"]\n";
/// The same with a price.
const PRICED: &str = "embedded.enabled = false\n[[provider]]\nname = \"own\"\nkind = \"vllm\"\n\
    url = \"URL\"\nmodels = [{ id = \"qwen2.5-coder\", price = { input = IN, output = 2 } }]\n";
/// A provider that trains on received data. No server listens at its address.
const TRAINS: &str = "embedded.enabled = false\n[[provider]]\nname = \"far\"\nkind = \"deepseek\"\n\
    key = { env = \"VARIABLE\" }\nmodels = [\"deepseek-v4-flash\"]\n";

/// Positions: on a complete line, at the end of a statement, and before a word and a blank.
const OPEN: (u32, u32) = (2, 5);
const ENDED: (u32, u32) = (1, 18);
const BEFORE_WORD: (u32, u32) = (1, 8);
const BEFORE_CODE: (u32, u32) = (1, 9);

struct World {
    editor: Editor,
    folder: TempDir,
    state: TempDir,
    uri: String,
    upstream: Upstream,
}

impl World {
    /// A world with these settings. `URL` is replaced by the address of a server with these scripts.
    fn new(settings: &str, scripts: Vec<Script>) -> Self {
        Self::with(settings, scripts, json!({}))
    }

    fn with(settings: &str, scripts: Vec<Script>, options: Value) -> Self {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = folder.path().join("config.toml");
        let variable = |name: &str| (name == "SET").then(|| "sk-test".to_owned());
        let mut editor = Editor::started(Environment {
            config: UserFile::Named(path.clone()),
            state: Some(state.path().to_owned()),
            deadline: Some(Duration::from_secs(20)),
            variables: Some(Arc::new(variable)),
            ..Environment::default()
        });
        let upstream = editor.within(|| Upstream::start(scripts));
        fs::write(&path, settings.replace("URL", &upstream.url())).unwrap();
        editor.greet(Hello {
            roots: vec![folder.path().to_owned()],
            config: Some(path),
            capabilities: capabilities(),
            options,
            ..Hello::default()
        });
        editor.indexed();
        let uri = uri(&folder.path().join("area.rs"));
        editor.open(&uri, "rust", TEXT);
        editor.forgiving = true;
        Self { editor, folder, state, uri, upstream }
    }

    /// Sends an automatic request that returns nothing.
    fn ask(&mut self, at: (u32, u32)) {
        assert_eq!(self.editor.ghost(&self.uri, at), [""; 0]);
    }

    fn command(&mut self, name: &str, argument: Value) {
        let params = json!({ "command": name, "arguments": [argument] });
        self.editor.request("workspace/executeCommand", params);
    }

    fn status(&mut self) -> Value {
        let params = json!({ "textDocument": { "uri": self.uri } });
        self.editor.request("understudy/status", params)
    }

    /// The reasons in the ledger, newest first.
    fn silences(&self) -> Vec<Silent> {
        let reader = Reader::open(&self.state.path().join(usage::FILE)).ok().flatten();
        reader.map(|it| it.silences(None, 100).unwrap()).unwrap_or_default()
    }

    /// Waits for a reason in the ledger with this start and end.
    fn recorded(&mut self, (start, end): (&str, &str)) -> Silent {
        let is_it = |it: &Silent| it.reason.starts_with(start) && it.reason.ends_with(end);
        let mut found = None;
        for _ in 0..2000 {
            found = self.silences().into_iter().find(is_it);
            if found.is_some() {
                break;
            }
            self.status();
        }
        found.unwrap_or_else(|| panic!("no {start} … {end} in {:?}", self.silences()))
    }

    /// Checks that the status and the ledger have a reason with this start and end.
    fn check(&mut self, expected: (&str, &str)) {
        let silence = self.status()["silence"].clone();
        let message = silence["message"].as_str().unwrap_or_else(|| panic!("none: {expected:?}"));
        let reason = message.strip_prefix("nothing shown: ").unwrap();
        assert!(reason.starts_with(expected.0) && reason.ends_with(expected.1), "{reason}");
        assert!(silence["at"].as_u64().unwrap() > 1_700_000_000);
        let row = self.recorded(expected);
        assert_eq!((row.document.as_str(), &*row.reason), ("area.rs", reason));
    }
}

#[test]
fn every_reason_for_no_suggestion_is_in_the_status_and_the_ledger() {
    let price = |input: &str| PRICED.replace("IN", input);
    let far = |variable: &str| TRAINS.replace("VARIABLE", variable);
    let failing = || Script::json(500, "{\"error\":{\"message\":\"secret words\"}}");
    let limited = || Script::json(429, "{}").header("retry-after", "3000");
    type Case<'a> = (String, Vec<Script>, Vec<(u32, u32)>, (&'a str, &'a str));
    let alone = |settings: &str, at, reason| (settings.to_owned(), vec![], vec![at], (reason, ""));
    let cases: Vec<Case<'_>> = vec![
        alone("", OPEN, "the built-in model is not sure enough, and no provider is set up"),
        alone("", BEFORE_WORD, "the cursor is inside a word"),
        alone("", BEFORE_CODE, "code follows the cursor on its line, and no model is set up"),
        alone("embedded = \"off\"", OPEN, "no provider is set up, and `embedded = \"off\"`"),
        alone("complete.languages.rust = false", OPEN, "rust is switched off by `complete."),
        alone("complete.trigger = \"manual\"", OPEN, "`complete.trigger` is \"manual\": "),
        alone("index.forbid = [\"area.rs\"]", OPEN, "this file is excluded: forbidden by"),
        alone(&far("UNSET"), OPEN, "the API key of far is missing; "),
        alone(&far("SET"), OPEN, "it is not known whether far trains on what it is sent; allow"),
        (
            price("900"),
            vec![],
            vec![OPEN],
            (
                "own/qwen2.5-coder costs about $",
                " per suggestion, `limit.complete.usd` allows $0.002",
            ),
        ),
        alone(&price("1"), ENDED, "a statement has just ended, and a model that costs money"),
        (
            LOCAL.to_owned(),
            vec![answer("")],
            vec![OPEN],
            ("a model answered, and nothing of its answer fits at the cursor", ""),
        ),
        (
            LOCAL.to_owned(),
            vec![failing()],
            vec![OPEN],
            ("no model answered: own/qwen2.5-coder: it is overloaded", "overloaded"),
        ),
        (
            LOCAL.to_owned(),
            vec![limited()],
            vec![OPEN],
            ("no model answered: own/qwen2.5-coder: its rate limit is reached", "reached"),
        ),
        (
            LOCAL.to_owned(),
            vec![limited()],
            vec![OPEN, OPEN],
            ("own/qwen2.5-coder: its rate limit is reached; next try at ", " UTC"),
        ),
        (
            LOCAL.to_owned(),
            vec![failing(), failing(), failing()],
            vec![OPEN, OPEN, OPEN, OPEN],
            ("own/qwen2.5-coder failed repeatedly; next try at ", " UTC"),
        ),
    ];
    let mut broken = Vec::new();
    for (settings, scripts, places, expected) in cases {
        let mut world = World::new(&settings, scripts);
        places.into_iter().for_each(|it| world.ask(it));
        let told = world.status()["silence"]["message"].as_str().unwrap_or_default().to_owned();
        let fits =
            told.strip_prefix("nothing shown: ").is_some_and(|it| it.starts_with(expected.0));
        match fits && told.ends_with(expected.1) {
            true => world.check(expected),
            false => broken.push((expected, told)),
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_document_that_is_too_large_for_next_edits_says_so() {
    let mut world = World::new("", vec![]);
    let text = "fn f() {\n    g(1);\n}\n".repeat(60_000);
    world.uri = uri(&world.folder.path().join("large.rs"));
    world.editor.open(&world.uri, "rust", &text);
    let document = json!({ "uri": world.uri, "version": 0 });
    let params = json!({ "textDocument": document, "position": { "line": 1, "character": 0 } });
    assert_eq!(world.editor.request("understudy/nextEdit", params), json!({ "edits": [] }));
    let blocked = world.status()["blocked"][0].clone();
    let reason = "the document is larger than 1 MB";
    assert_eq!(blocked, json!({ "what": "nextEdits", "rule": "size", "reason": reason }));
    let row = world.recorded(("next edits are not sought in a document of more than 1 MB", ""));
    assert_eq!(row.document, "large.rs");
}

/// An answer whose model gives its tokens these probabilities, as logarithms.
fn weighed(tokens: &[(&str, f32)]) -> Script {
    let choice = |(text, log_prob): &(&str, f32)| {
        let choice = json!({ "text": text, "logprobs": { "token_logprobs": [log_prob] } });
        format!("data: {}\n\n", json!({ "choices": [choice] }))
    };
    let events: String = tokens.iter().map(choice).collect();
    let end = json!({ "choices": [{ "text": "", "finish_reason": "stop" }] });
    Script::stream(format!("{events}data: {end}\n\ndata: [DONE]\n\n"))
}

#[test]
fn a_suggestion_that_its_model_finds_improbable_is_shown_only_on_request() {
    let mut world = World::new(LOCAL, vec![weighed(&[("w * h", -2.0)])]);
    world.ask(OPEN);
    world.check((
        "a model answered, but its suggestion is right with a probability of 6 % only; ",
        "",
    ));
    let invoked = inline(&world.uri, OPEN, 1);
    let shown = world.editor.request("textDocument/inlineCompletion", invoked);
    assert_eq!(texts(&shown), ["w * h"]);
    assert_eq!(world.upstream.hits(), 2, "the answer is kept, and a second opinion is asked for");

    let mut world = World::new(LOCAL, vec![weighed(&[("w * h", -0.1)])]);
    assert_eq!(world.editor.ghost(&world.uri, OPEN), ["w * h"]);

    let eager = format!("complete.eagerness = \"high\"\n{LOCAL}");
    let mut world = World::new(&eager, vec![weighed(&[("w * h", -1.0)]), weighed(&[("", -1.0)])]);
    assert_eq!(world.editor.ghost(&world.uri, OPEN), ["w * h"]);
}

#[test]
fn the_sure_beginning_of_an_improbable_suggestion_is_shown() {
    let tokens = [("width", -0.01), (" * ", -0.05), ("depth", -3.0), (" * 2", -0.1)];
    let mut world = World::new(LOCAL, vec![weighed(&tokens)]);
    assert_eq!(world.editor.ghost(&world.uri, OPEN), ["width *"]);
}

#[test]
fn a_suggestion_is_more_probable_if_the_n_gram_model_expects_the_same() {
    // The n-gram model alone is not asked for enough confidence to be shown.
    let settings = LOCAL.replace("embedded.enabled = false", "embedded.threshold = 0.9999");
    for (text, shown) in [("width * height;", true), ("depth + height;", false)] {
        let mut world = World::new(&settings, vec![weighed(&[(text, -0.9)])]);
        let function = |it| format!("fn area_{it}() {{\n    let area = width * height;\n}}\n\n");
        let text: String = (0..6).map(function).collect();
        let uri = uri(&world.folder.path().join("more.rs"));
        world.editor.open(&uri, "rust", &format!("{text}fn last() {{\n    let area = \n}}\n"));
        assert_eq!(!world.editor.ghost(&uri, (25, 15)).is_empty(), shown);
    }
}

#[test]
fn a_pause_is_reported_as_the_reason() {
    let mut world = World::new("", vec![]);
    let here = world.uri.clone();
    world.command("understudy.pause", json!({ "uri": here }));
    world.ask(OPEN);
    world.check(("paused in this folder", "folder"));
    world.command("understudy.pause", json!({ "minutes": 60 }));
    world.ask(OPEN);
    world.check(("paused everywhere until ", " UTC"));
}

#[test]
fn a_selected_popup_item_is_reported_as_the_reason() {
    let mut world = World::new("", vec![]);
    let mut params = inline(&world.uri, OPEN, 2);
    let (line, character) = OPEN;
    params["context"]["selectedCompletionInfo"] = json!({
        "range": {
            "start": { "line": line, "character": character - 1 },
            "end": { "line": line, "character": character },
        },
        "text": "area",
    });
    world.editor.request("textDocument/inlineCompletion", params);
    world.check(("nothing continues the item selected in the completion popup", ""));
}

#[test]
fn a_just_accepted_word_is_reported_as_the_reason_and_shown_text_has_none() {
    let project = ghost::project();
    let mut world = World::new("embedded.threshold = 0.5", vec![]);
    for entry in fs::read_dir(project.path()).unwrap() {
        let path = entry.unwrap().path();
        let copy = world.folder.path().join(path.file_name().unwrap());
        // The line ends in a word.
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&copy, text.replace("session.snapshot(", "session\n        .snapshot(")).unwrap();
        let changes = json!({ "changes": [{ "uri": uri(&copy), "type": 1 }] });
        world.editor.notify("workspace/didChangeWatchedFiles", changes);
    }
    let (begun, here) = ("    let snap", world.uri.clone());
    let (line, column) = ghost::end(begun);
    let (mut shown, mut version) = (Vec::new(), 0);
    world.editor.until(|it| {
        // Indexing may change the suggestion; the shown text stays until the document changes.
        version += 1;
        it.change(&here, version, json!([{ "text": ghost::new_file(begun) }]));
        shown = it.ghost(&here, (line, column));
        shown.first().is_some_and(|it| it.ends_with(char::is_alphanumeric))
    });
    assert_eq!(world.status()["silence"], Value::Null);
    world.editor.insert(&here, version + 1, (line, column), &shown[0]);
    world.ask((line, column + shown[0].len() as u32));
    world.check(("the cursor is inside a word that was just accepted", ""));
}

#[test]
fn a_superseded_or_cancelled_request_is_recorded() {
    let stall = || Script::stream("").then(Step::Stall);
    let mut world = World::new(LOCAL, vec![stall(), stall()]);
    let params = inline(&world.uri, OPEN, 2);
    let first = world.editor.send("textDocument/inlineCompletion", params);
    world.ask(BEFORE_WORD);
    world.editor.result(first);
    world.recorded(("superseded by a newer request", ""));
    world.check(("the cursor is inside a word", ""));

    // Different text, because a request for the same text would join the call.
    let here = world.uri.clone();
    world.editor.change(&here, 1, json!([{ "text": format!("//\n{TEXT}") }]));
    let params = inline(&here, (OPEN.0 + 1, OPEN.1), 2);
    let second = world.editor.send("textDocument/inlineCompletion", params);
    let upstream = &world.upstream;
    world.editor.until(|it| {
        it.turn();
        upstream.hits() == 2
    });
    world.editor.notify("$/cancelRequest", json!({ "id": second }));
    world.editor.any_response(second);
    world.check(("the editor cancelled the request", ""));
}

#[test]
fn a_hundred_equal_reasons_are_one_ledger_row() {
    let mut world = World::new("", vec![]);
    (0..100).for_each(|_| world.ask(OPEN));
    assert_eq!(world.status()["silence"]["count"], 100);
    let state = world.state.path().join(usage::FILE);
    world.editor.until(|it| {
        it.turn();
        let reader = Reader::open(&state).ok().flatten();
        let rows = reader.map(|it| it.silences(None, 100).unwrap()).unwrap_or_default();
        assert!(rows.len() <= 1, "{rows:?}");
        rows.first().is_some_and(|it| it.count == 100)
    });
    // Two alternating reasons are two rows, and closing the document writes the pending counts.
    for _ in 0..10 {
        world.ask(OPEN);
        world.ask(BEFORE_WORD);
    }
    let here = world.uri.clone();
    world.editor.close(&here);
    world.editor.until(|it| {
        it.turn();
        let reader = Reader::open(&state).unwrap().unwrap();
        let rows = reader.silences(Some("area.rs"), 100).unwrap();
        assert!(rows.len() <= 2, "{rows:?}");
        rows.iter().map(|it| it.count).sum::<u32>() == 120
    });
}

#[test]
fn a_new_reason_is_sent_to_the_status_once() {
    let settings = "complete.languages.rust = false";
    let mut world = World::with(settings, vec![], json!({ "status": true }));
    let (edit, here) = (json!([{ "text": TEXT }]), world.uri.clone());
    world.editor.change(&here, 1, edit);
    (0..5).for_each(|_| world.ask(OPEN));
    let mut told = 0;
    world.editor.until(|it| {
        let status = it.take("understudy/status");
        told += 1;
        status["silence"]["message"]
            == "nothing shown: rust is switched off by `complete.languages`"
    });
    world.status();
    assert!(!world.editor.has_unread("understudy/status"), "sent more than {told} times");
}
