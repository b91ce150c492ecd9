//! The next edit from models: who is asked, with what, and which replies are shown.

use std::fs;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};
use understudy::app::Environment;
use understudy::config::source::UserFile;
use understudy::usage::FILE;
use understudy::usage::reader::Reader;

use crate::next_edit::{Desk, applied, first_action, position};
use crate::support::editor::{Editor, Hello, inline};
use crate::support::models::answer;
use crate::support::stage;
use crate::support::stage::plant;
use crate::support::upstream::Upstream;
use crate::support::upstream::script::{Script, Step};

const TEXT: &str = "\
fn area(w: f64) -> f64 {
    w * w
}

fn main() {
    let a = area(1.0);
    print(a);
}
";
/// The user's edit, and the edit that models suggest then.
const MADE: [&str; 2] = ["w: f64)", "w: f64, h: f64)"];
const DUE: [&str; 2] = ["w * w", "w * h"];

/// A document with models, and what was suggested in it.
struct Bench {
    desk: Desk,
    upstreams: Vec<Upstream>,
}

/// A provider of a free model on this machine.
const ZETA: &str = "kind = \"vllm\"\nmodels = [\"zeta-2.1\"]";
const SWEEP: &str = "kind = \"vllm\"\nmodels = [\"sweep-next-edit-1.5B\"]";
const MERCURY: &str = "kind = \"inception\"\nkey = { env = \"KEY\" }\n\
    models = [{ id = \"mercury-edit-2\", price = { input = 0.25, output = 0.75 } }]";
const CHAT: &str = "kind = \"openai-compatible\"\nmodels = [\"m\"]";

impl Bench {
    fn new(settings: &str, providers: Vec<(&str, Vec<Script>)>) -> Self {
        Self::with_text(settings, providers, TEXT)
    }

    fn with_text(settings: &str, providers: Vec<(&str, Vec<Script>)>, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path());
        let path = folder.path().join("config.toml");
        let state = folder.path().join("state");
        let variables = Arc::new(|name: &str| (name == "KEY").then(|| "key".to_owned()));
        let mut editor = Editor::started(Environment {
            config: UserFile::Named(path.clone()),
            state: Some(state),
            variables: Some(variables),
            ..Environment::default()
        });
        let (rows, scripts): (Vec<&str>, Vec<_>) = providers.into_iter().unzip();
        let upstreams: Vec<Upstream> =
            editor.within(|| scripts.into_iter().map(Upstream::start).collect());
        let rows = rows.iter().zip(&upstreams).enumerate().map(|(at, (row, upstream))| {
            format!("[[provider]]\nname = \"p{at}\"\nurl = \"{}\"\n{row}\n", upstream.url())
        });
        let rows: String = rows.collect();
        fs::write(&path, format!("route.prefer = \"listed\"\n{settings}\n{rows}")).unwrap();
        let capabilities = stage::capabilities();
        let roots = vec![folder.path().to_owned()];
        editor.greet(Hello { roots, config: Some(path), capabilities, ..Hello::default() });
        editor.indexed();
        Self { desk: Desk::in_folder(folder, editor, text), upstreams }
    }

    fn makes(&mut self, [old, new]: [&str; 2]) {
        self.desk.edits(old, 0, new);
    }

    fn params(&self, cursor: &str, trigger: u32) -> Value {
        let at = self.desk.text.find(cursor).expect("the text holds it");
        json!({
            "textDocument": { "uri": self.desk.uri, "version": self.desk.version },
            "position": position(&self.desk.text, at),
            "context": { "triggerKind": trigger },
        })
    }

    /// The suggested edit, with the cursor in the first line.
    fn ask(&mut self, trigger: u32) -> Option<Value> {
        let params = self.params("area", trigger);
        let answer = self.desk.editor.request("understudy/nextEdit", params);
        let mut edits = answer["edits"].as_array().expect("a list, never null").clone();
        assert!(edits.len() <= 1, "{edits:?}");
        edits.pop()
    }

    /// The document with the edit that a key suggests.
    fn shows(&mut self) -> Option<String> {
        let edit = self.ask(1)?;
        Some(applied(&self.desk.text, &edit))
    }

    fn hits(&self) -> Vec<usize> {
        let posts = |it: &Upstream| it.requests().iter().filter(|it| it.method == "POST").count();
        self.upstreams.iter().map(posts).collect()
    }

    /// Path and body of the last request.
    fn sent(&self, provider: usize) -> (String, Value) {
        let requests = self.upstreams[provider].requests();
        let last = requests.iter().rev().find(|it| it.method == "POST").expect("one was sent");
        (last.path.clone(), serde_json::from_slice(&last.body).unwrap())
    }

    /// The ledger, once a call is recorded.
    fn ledger(&mut self) -> Reader {
        let path = self.desk.folder.path().join("state").join(FILE);
        let has_calls = |it: &Reader| !it.calls(UNIX_EPOCH).unwrap().is_empty();
        let mut ledger = None;
        self.desk.editor.until(|editor| {
            editor.turn();
            ledger = Reader::open(&path).unwrap().filter(has_calls);
            ledger.is_some()
        });
        ledger.unwrap()
    }
}

/// The text after both edits.
fn done() -> String {
    TEXT.replace(MADE[0], MADE[1]).replace(DUE[0], DUE[1])
}

/// A reply of each model with the edit that is due.
fn regions(text: &str) -> Script {
    answer(&format!("<|marker_1|>{text}<|marker_2|>"))
}

fn mercury(text: &str) -> Script {
    let content = format!("```\n{}\n```", text.trim_end());
    let message = json!({ "role": "assistant", "content": content });
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    let usage = json!({ "prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000 });
    Script::json(200, &json!({ "id": "1", "choices": [choice], "usage": usage }).to_string())
}

fn chat(old: &str, new: &str) -> Script {
    stage::answer(&format!("<old>\n{old}\n</old><new>\n{new}\n</new>"))
}

#[test]
fn a_free_edit_model_suggests_what_the_users_edits_do_not() {
    let mut bench = Bench::new("", vec![(ZETA, vec![regions(&done())])]);
    assert_eq!((bench.ask(2), bench.hits()), (None, vec![0]), "nothing was edited");
    bench.makes(MADE);
    let edit = bench.ask(2).expect("an edit");
    assert_eq!(applied(&bench.desk.text, &edit), done());
    assert_eq!([&edit["kind"], &edit["source"]], ["model", "p0/zeta-2.1"]);
    let at = |character: u32| json!({ "line": 1, "character": character });
    assert_eq!(edit["range"], json!({ "start": at(8), "end": at(9) }), "only what differs");
    let (path, body) = bench.sent(0);
    assert_eq!(path, "/completions");
    assert_eq!(body["stop"], json!(["<[end▁of▁sentence]>"]));
    let prompt = body["prompt"].as_str().unwrap();
    for part in [
        "<filename>edit_history\n--- a/main.rs\n+++ b/main.rs\n@@ -1,1 +1,1 @@\n-fn area(w: f64) -> f64 {\n+fn area(w: f64, h: f64) -> f64 {\n",
        "<filename>main.rs\n<|marker_1|>fn <|user_cursor|>area(",
        "<|marker_2|>\n<[fim-middle]>",
    ] {
        assert!(prompt.contains(part), "{part}\n{prompt}");
    }
    // The unchanged place is not asked about again.
    assert!(bench.ask(2).is_some());
    assert_eq!(bench.hits(), [1]);
}

#[test]
fn copilots_clients_get_a_models_edit_too() {
    let mut bench = Bench::new("", vec![(SWEEP, vec![answer(&done())])]);
    bench.makes(MADE);
    let params = bench.params("area", 1);
    let method = "textDocument/copilotInlineEdit";
    let edit = bench.desk.editor.request(method, params)["edits"][0].clone();
    assert_eq!(applied(&bench.desk.text, &edit), done());
    assert_eq!(edit.get("source"), None);
    let (_, body) = bench.sent(0);
    let prompt = body["prompt"].as_str().unwrap();
    assert!(
        prompt.contains("<|file_sep|>original/main.rs\nfn area(w: f64) -> f64 {\n"),
        "{prompt}"
    );
    assert!(prompt.contains("<|file_sep|>current/main.rs\nfn area(w: f64, h: f64) -> f64 {\n"));
}

#[test]
fn a_model_that_costs_money_or_only_chats_is_asked_only_if_the_route_names_it() {
    let reply = || chat("    w * w", "    w * h");
    for (row, script, name, path) in [
        (MERCURY, mercury(&done()), "p0/mercury-edit-2", "/edit/completions"),
        (CHAT, reply(), "p0/m", "/chat/completions"),
    ] {
        let mut bench = Bench::new("", vec![(row, vec![script.clone()])]);
        bench.makes(MADE);
        assert_eq!((bench.shows(), bench.hits()), (None, vec![0]), "{name}");
        let route = format!("route.next_edit = [\"{name}\"]");
        let mut bench = Bench::new(&route, vec![(row, vec![script])]);
        bench.makes(MADE);
        assert_eq!((bench.shows(), bench.hits()), (Some(done()), vec![1]), "{name}");
        assert_eq!(bench.sent(0).0, path);
    }
}

#[test]
fn an_edit_model_does_nothing_else_unless_a_route_names_it() {
    let script = || answer("x();");
    for (settings, hits) in [("", 0), ("route.complete = [\"p0/zeta-2.1\"]", 1)] {
        let settings = format!("embedded = \"off\"\n{settings}");
        let mut bench = Bench::new(&settings, vec![(ZETA, vec![script()])]);
        let params = inline(&bench.desk.uri, (3, 0), 1);
        bench.desk.editor.request("textDocument/inlineCompletion", params);
        assert_eq!(bench.hits(), [hits], "{settings}");
    }
}

#[test]
fn the_next_model_answers_if_the_first_fails() {
    let providers = vec![(ZETA, vec![Script::status(500)]), (SWEEP, vec![answer(&done())])];
    let mut bench = Bench::new("", providers);
    bench.makes(MADE);
    assert_eq!((bench.shows(), bench.hits()), (Some(done()), vec![1, 1]));
}

#[test]
fn limits_and_privacy_apply() {
    let route = "route.next_edit = [\"p0/mercury-edit-2\"]";
    for settings in [
        "limit.next_edit.usd = 0.00001",
        "only = []",
        "next_edit = false",
        "complete.languages = { rust = false }",
        "index.forbid = [\"main.rs\"]",
        "cap.usd_per_day = 0",
    ] {
        let settings = format!("{settings}\n{route}");
        let mut bench = Bench::new(&settings, vec![(MERCURY, vec![mercury(&done())])]);
        bench.makes(MADE);
        assert_eq!((bench.shows(), bench.hits()), (None, vec![0]), "{settings}");
    }
}

#[test]
fn requests_are_recorded_with_their_files_and_reasons() {
    let route = "route.next_edit = [\"p0/mercury-edit-2\"]";
    let mut bench = Bench::new(route, vec![(MERCURY, vec![mercury(&done())])]);
    bench.makes(MADE);
    assert!(bench.shows().is_some());
    let ledger = bench.ledger();
    let calls = ledger.calls(UNIX_EPOCH).unwrap();
    assert_eq!((&*calls[0].feature, &*calls[0].model), ("next_edit", "mercury-edit-2"));
    assert_eq!(calls[0].money.unwrap().to_string(), "$0.0003");
    let decision = ledger.decisions(1).unwrap().remove(0);
    assert_eq!(decision.feature, "next_edit");
    assert_eq!(decision.chosen.as_deref(), Some("p0/mercury-edit-2"));
    let sent = ledger.sent(1).unwrap().remove(0);
    assert_eq!(sent.files, ["main.rs"]);
}

#[test]
fn secrets_are_masked_in_the_window_and_restored_in_the_edit() {
    let secret = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let text = TEXT.replace("print(a)", &format!("print(a, \"{secret}\")"));
    let masked = text.replace(&secret, "MASKED_SECRET_1");
    let reply = masked.replace(MADE[0], MADE[1]).replace("print(", "show(");
    let mut bench = Bench::with_text("", vec![(ZETA, vec![regions(&reply)])], &text);
    bench.makes(MADE);
    let expected = text.replace(MADE[0], MADE[1]).replace("print(", "show(");
    assert_eq!(bench.shows(), Some(expected));
    let prompt = bench.sent(0).1["prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("MASKED_SECRET_1") && !prompt.contains(&secret));
}

#[test]
fn the_edits_of_one_reply_follow_each_other_without_a_request() {
    let reply = done().replace("area(1.0)", "area(1.0, 2.0)");
    let mut bench = Bench::new("", vec![(ZETA, vec![regions(&reply), regions(&reply)])]);
    bench.makes(MADE);
    for expected in [done(), reply.clone()] {
        let edit = bench.ask(2).expect("one is left");
        bench.desk.applies(&edit);
        bench.desk.run("understudy.nextEdit.accept", &edit["command"]["arguments"][0]);
        assert_eq!((&bench.desk.text, bench.hits()), (&expected, vec![1]));
    }
    assert_eq!((bench.ask(2), bench.hits()), (None, vec![2]));
}

#[test]
fn an_edit_that_was_rejected_twice_is_not_suggested_again() {
    let mut bench = Bench::new("", vec![(ZETA, vec![regions(&done())])]);
    bench.makes(MADE);
    let edit = bench.ask(2).unwrap();
    bench.desk.run("understudy.nextEdit.reject", &edit["command"]["arguments"][0]);
    assert_eq!(bench.ask(2), None, "not at this place");
    bench.makes(["print(a)", "print(b)"]);
    bench.makes(["print(b)", "print(a)"]);
    assert_eq!(bench.ask(1), None);
}

#[test]
fn typing_on_ends_the_request() {
    let stalled = Script::new(200, vec![Step::Stall]).header("content-type", "text/event-stream");
    let mut bench = Bench::new("", vec![(ZETA, vec![stalled, regions(&done())])]);
    bench.makes(MADE);
    let params = bench.params("area", 1);
    let id = bench.desk.editor.send("understudy/nextEdit", params);
    while bench.hits() == [0] {
        bench.desk.editor.turn();
    }
    bench.makes(["print(a)", "print(a, a)"]);
    assert_eq!(bench.desk.editor.result(id), json!({ "edits": [] }));
    // A newer request for the same text supersedes an older one, too.
    let mut bench = Bench::new("", vec![(ZETA, vec![regions(&done())])]);
    bench.makes(MADE);
    let first = bench.params("area", 2);
    let first = bench.desk.editor.send("understudy/nextEdit", first);
    assert_eq!(bench.shows(), Some(done()));
    assert_eq!(bench.desk.editor.result(first)["edits"].as_array().unwrap().len(), 0);
    assert_eq!(bench.hits(), [1]);
}

#[test]
fn replies_that_are_no_next_edit_are_not_shown() {
    let after = TEXT.replace(MADE[0], MADE[1]);
    for (what, script) in [
        ("an undo", regions(TEXT)),
        ("no edit", regions(&after)),
        ("no edit, in short", answer("<|marker_1|><|marker_1|>")),
        ("nothing", answer("")),
        ("a syntax error", regions(&after.replace("w * w", "w * )"))),
        ("a rewrite", regions("fn main() {}\n")),
        ("another format", answer(&done())),
        ("an invented secret", regions(&after.replace("print(a)", "print(\"MASKED_SECRET_1\")"))),
    ] {
        let mut bench = Bench::new("", vec![(ZETA, vec![script])]);
        bench.makes(MADE);
        assert_eq!((bench.shows(), bench.hits()), (None, vec![1]), "{what}");
    }
}

#[test]
fn ghost_text_has_precedence_while_it_is_on_the_screen() {
    let settings = "embedded = \"off\"\nroute.complete = [\"p1\"]";
    let completes = "kind = \"vllm\"\nmodels = [\"qwen2.5-coder\"]";
    let providers = vec![(ZETA, vec![regions(&done())]), (completes, vec![answer("print(2);")])];
    let mut bench = Bench::new(settings, providers);
    bench.makes(["    print(a);\n", "    print(a);\n    \n"]);
    let ghost = inline(&bench.desk.uri, (7, 4), 2);
    let shown = bench.desk.editor.request("textDocument/inlineCompletion", ghost);
    assert_eq!(shown["items"].as_array().map(Vec::len), Some(1), "{shown}");
    let at = |line: u32| {
        json!({
            "textDocument": { "uri": bench.desk.uri, "version": bench.desk.version },
            "position": { "line": line, "character": 4 },
            "context": { "triggerKind": 2 },
        })
    };
    let (here, elsewhere) = (at(7), at(1));
    let none = bench.desk.editor.request("understudy/nextEdit", here);
    assert_eq!((none, bench.hits()), (json!({ "edits": [] }), vec![0, 1]));
    bench.desk.editor.request("understudy/nextEdit", elsewhere);
    assert_eq!(bench.hits(), [1, 1]);
}

#[test]
fn a_hint_marks_a_models_edit() {
    let mut bench = Bench::new("next_edit = \"hint\"", vec![(ZETA, vec![regions(&done())])]);
    bench.makes(MADE);
    let hints = bench.desk.editor.take("textDocument/publishDiagnostics")["diagnostics"].take();
    assert_eq!(hints[0]["message"], "Next edit: line 2, `w` → `h`");
    assert_eq!(bench.hits(), [1]);
}

#[test]
fn a_menu_shows_a_models_edit_and_asks_no_model() {
    let mut bench = Bench::new("", vec![(ZETA, vec![regions(&done())])]);
    bench.makes(MADE);
    let invoked = json!({ "diagnostics": [], "triggerKind": 1 });
    assert_eq!(first_action(&mut bench.desk, invoked.clone()), None);
    assert_eq!(bench.hits(), [0]);
    assert!(bench.ask(2).is_some());
    let action = first_action(&mut bench.desk, invoked).expect("it is known");
    assert_eq!(action["title"], "Next edit: line 2, `w` → `h`");
    assert_eq!(bench.hits(), [1]);
}
