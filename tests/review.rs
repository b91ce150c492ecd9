//! Reviews: findings as diagnostics at the code that they quote, their quick fixes, and `understudy review`.

use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tokio::runtime;

use crate::support::cli::Home;
use crate::support::editor::uri;
use crate::support::stage::{END, Stage, TEXT, answer, applied, capabilities, lines, text_event};
use crate::support::upstream::Upstream;
use crate::support::upstream::script::{Script, Step};

const ANSWER: &str = "2: warning: `a` is needless\n-     let a = w * h;\n\
                      +     let area = w * h;\n\
                      6: error: it does nothing\n- fn missing() {}\n\
                      3: hint: return it at once\n- a\n+ a // here\n";

fn reviewed(text: &str) -> Stage {
    let mut stage = Stage::new(vec![answer(text)]);
    stage.act("review");
    stage
}

impl Stage {
    /// The published diagnostics, as `line:column severity message`.
    fn published(&mut self) -> Vec<String> {
        let published = self.editor.take("textDocument/publishDiagnostics");
        assert_eq!(published["uri"], *self.uri);
        shown(&published["diagnostics"])
    }

    /// The quick fixes for the lines of the first function.
    fn fixes(&mut self) -> Vec<Value> {
        self.menu(json!({ "diagnostics": [], "only": ["quickfix"], "triggerKind": 1 }))
    }

    fn run(&mut self, command: &Value) {
        let params = json!({ "command": command["command"], "arguments": command["arguments"] });
        assert_eq!(self.editor.request("workspace/executeCommand", params), Value::Null);
    }
}

fn shown(diagnostics: &Value) -> Vec<String> {
    let row = |it: &Value| {
        assert_eq!(it["source"], "understudy");
        let (start, end) = (&it["range"]["start"], &it["range"]["end"]);
        assert_eq!(start["line"], end["line"]);
        let message = it["message"].as_str().unwrap();
        let place = format!("{}:{}-{}", start["line"], start["character"], end["character"]);
        format!("{place} {} {message}", it["severity"])
    };
    diagnostics.as_array().unwrap().iter().map(row).collect()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions.iter().map(|it| it["title"].as_str().unwrap()).collect()
}

#[test]
fn findings_are_diagnostics_at_the_code_that_they_quote() {
    let mut stage = reviewed(ANSWER);
    // The finding about code that does not exist is dropped.
    let found = ["1:4-18 2 `a` is needless", "2:4-5 4 return it at once"];
    assert_eq!(stage.published(), found);
    let asked = stage.asked(0);
    assert!(
        asked.contains("2:     let a = w * h;") && asked.contains("12: error: the last step"),
        "{asked}"
    );
}

#[test]
fn a_finding_moves_with_edits_and_disappears_if_its_line_is_edited() {
    let mut stage = reviewed(ANSWER);
    stage.published();
    let uri = stage.uri.clone();
    stage.editor.insert(&uri, 1, (0, 0), "// A line above.\n");
    assert_eq!(stage.published(), ["2:4-18 2 `a` is needless", "3:4-5 4 return it at once"]);
    let fixes = stage.fixes();
    assert_eq!(fixes[0]["diagnostics"][0]["range"]["start"], json!({ "line": 2, "character": 4 }));
    stage.editor.insert(&uri, 2, (2, 18), " // mine");
    assert_eq!(stage.published(), ["3:4-5 4 return it at once"]);
    // A comment sign at the start of the line changes the line as well.
    stage.editor.insert(&uri, 3, (3, 0), "// ");
    assert!(stage.published().is_empty());
    assert!(stage.fixes().is_empty());
}

#[test]
fn a_finding_is_at_its_line_even_if_lines_were_added_during_the_request() {
    let (head, tail) = ANSWER.split_at(10);
    let mut slow = Script::stream(text_event(head));
    slow.steps.push(Step::Wait(std::time::Duration::from_millis(300)));
    slow.steps.push(Step::Bytes((text_event(tail) + END).into()));
    let mut stage = Stage::new(vec![slow]);
    let id = stage.start("review", json!({}));
    stage.editor.take_request("window/workDoneProgress/create");
    let uri = stage.uri.clone();
    stage.editor.insert(&uri, 1, (0, 0), "// A line above.\n");
    stage.editor.insert(&uri, 2, (3, 4), "!");
    stage.editor.result(id);
    assert_eq!(stage.published(), ["2:4-18 2 `a` is needless"]);
}

#[test]
fn a_suggestion_is_applied_and_findings_are_dismissed_by_quick_fixes() {
    let mut stage = reviewed(ANSWER);
    stage.published();
    let fixes = stage.fixes();
    let all = [
        "Understudy: Apply the suggested change: `a` is needless",
        "Understudy: Dismiss: `a` is needless",
        "Understudy: Apply the suggested change: return it at once",
        "Understudy: Dismiss: return it at once",
        "Understudy: Dismiss all",
    ];
    assert_eq!(titles(&fixes), all);
    assert!(fixes.iter().all(|it| it["kind"] == "quickfix"));
    assert_eq!(shown(&fixes[0]["diagnostics"]), ["1:4-18 2 `a` is needless"]);
    let document = &fixes[2]["edit"]["documentChanges"][0];
    assert_eq!(document["textDocument"], json!({ "uri": stage.uri, "version": 0 }));
    let text = applied(TEXT, document["edits"].as_array().unwrap());
    assert_eq!(text, TEXT.replace("    a\n", "    a // here\n"));
    stage.run(&fixes[2]["command"]);
    assert_eq!(stage.published(), ["1:4-18 2 `a` is needless"]);
    let fixes = stage.fixes();
    assert_eq!(
        titles(&fixes)[..2],
        ["Understudy: Apply the suggested change", "Understudy: Dismiss"]
    );
    stage.run(&fixes[1]["command"]);
    assert!(stage.published().is_empty());
    assert!(stage.fixes().is_empty());
    // A second review shows them again.
    stage.act("review");
    assert_eq!(stage.published().len(), 2);
    let fixes = stage.fixes();
    stage.run(&fixes[4]["command"]);
    assert!(stage.published().is_empty());
}

#[test]
fn a_suggestion_that_breaks_the_code_is_not_offered() {
    let breaks = "2: error: broken\n-     let a = w * h;\n+     let a = w * (h;\n";
    let unused = "1: error: unused\n- fn area(w: f64, h: f64) -> f64 {\n+ fn other(w: f64) {\n";
    let renames = "1: hint: `area` is not a name\n- fn area(w: f64, h: f64) -> f64 {\n\
                   + fn size(w: f64, h: f64) -> f64 {\n";
    for text in [breaks, unused, renames] {
        let mut stage = reviewed(text);
        assert_eq!(stage.published().len(), 1, "{text}");
        assert_eq!(titles(&stage.fixes()), ["Understudy: Dismiss", "Understudy: Dismiss all"]);
    }
}

#[test]
fn a_suggestion_that_needs_confirmation_is_applied_by_the_server() {
    let settings = "actions.review = \"always\"";
    let mut stage = Stage::with(settings, json!({ "answers": true }), vec![answer(ANSWER)]);
    stage.act("review");
    stage.published();
    let fix = stage.fixes().remove(0);
    assert_eq!(fix["edit"], Value::Null);
    stage.run(&fix["command"]);
    let edit = stage.editor.take_request("workspace/applyEdit")["edit"].take();
    assert_eq!(edit["changeAnnotations"]["understudy"]["needsConfirmation"], true);
    let edits = edit["documentChanges"][0]["edits"].as_array().unwrap();
    assert_eq!(applied(TEXT, edits), TEXT.replace("let a =", "let area ="));
    assert_eq!(stage.published(), ["2:4-5 4 return it at once"]);
}

#[test]
fn a_repeated_finding_is_shown_once() {
    let again = "2: warning: slow\n- let a = w * h;\n+ let a = h * w;\n3: error: slower\n\
                 - let a = w * h;\n+ let a = h * w;\n4: error: slow\n- let a = w * h;\n";
    assert_eq!(reviewed(again).published(), ["1:4-18 2 slow"]);
}

#[test]
fn a_part_of_a_line_is_replaced_where_it_is() {
    let mut stage = reviewed("2: warning: order\n- w * h\n+ h * w\n");
    assert_eq!(stage.published(), ["1:12-17 2 order"]);
    let edit = stage.fixes().remove(0)["edit"]["documentChanges"][0]["edits"].take();
    assert_eq!(applied(TEXT, edit.as_array().unwrap()), TEXT.replace("w * h", "h * w"));
}

#[test]
fn a_reviewed_line_keeps_the_findings_of_other_lines() {
    let mut stage = reviewed(ANSWER);
    stage.published();
    let id = stage.start("review", json!({ "range": lines(1, 2) }));
    stage.editor.result(id);
    let found = stage.published();
    assert_eq!(found, ["2:4-5 4 return it at once", "1:4-18 2 `a` is needless"]);
}

#[test]
fn an_answer_without_a_place_in_the_code_is_shown_as_text() {
    let prose = "The function is too long.\n2: warning: it is slow\n- nothing like it\n";
    let mut stage = reviewed(prose);
    let (message, shown) = stage.refused();
    let expected = "Understudy: no finding could be read: no finding quotes code of the selection";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(shown, prose.trim());
    // The model was told once what is missing.
    assert_eq!(stage.hits(), [2]);
    assert!(stage.asked(0).contains("No finding of your answer quotes code"), "{}", stage.asked(0));
}

#[test]
fn a_review_that_is_no_list_of_findings_says_why_none_was_read() {
    let (message, _) = reviewed("The function is too long.").refused();
    let why = "the answer is not a list of findings";
    assert_eq!(message, format!("Understudy: no finding could be read: {why} (p0/m)"));
}

#[test]
fn an_answer_without_findings_says_so() {
    let mut stage = reviewed("none");
    assert!(stage.published().is_empty());
    let message = stage.editor.take("window/showMessage");
    assert_eq!(message["message"], "Understudy: Review: no findings");
}

#[test]
fn findings_are_removed_when_the_document_is_closed() {
    let mut stage = reviewed(ANSWER);
    stage.published();
    let uri = stage.uri.clone();
    stage.editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert!(stage.published().is_empty());
    stage.editor.open(&uri, "rust", TEXT);
    assert!(stage.fixes().is_empty());
}

#[test]
fn a_client_that_only_requests_diagnostics_is_told_when_they_change() {
    let mut capabilities = capabilities();
    capabilities["textDocument"]["diagnostic"] = json!({});
    capabilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    let options = json!({ "answers": true });
    let scripts = vec![answer(ANSWER)];
    let mut stage = Stage::greeted("", "", options, ("Test", capabilities), scripts);
    let id = stage.start("review", json!({}));
    stage.editor.take_request("workspace/diagnostic/refresh");
    stage.editor.result(id);
    let params = json!({ "textDocument": { "uri": stage.uri } });
    let report = stage.editor.request("textDocument/diagnostic", params);
    assert_eq!(report["kind"], "full");
    assert_eq!(shown(&report["items"]).len(), 2);
    assert!(!stage.editor.has_unread("textDocument/publishDiagnostics"));
}

#[test]
fn the_next_edit_and_findings_are_shown_together() {
    let settings = "next_edit = \"hint\"";
    let mut stage =
        Stage::with(settings, json!({ "answers": true }), vec![answer("5: hint: x\n- e();\n")]);
    let uri = uri(&stage.folder.path().join("calls.rs"));
    let text = "fn main() {\n    a(1, old);\n    b(1, old);\n    c(1, old);\n    d(1, old);\n    e();\n}\n";
    stage.editor.open(&uri, "rust", text);
    stage.uri = uri.clone();
    let id = stage.start("review", json!({ "range": lines(0, 7) }));
    stage.editor.result(id);
    assert_eq!(stage.published(), ["5:4-8 4 x"]);
    for (version, line) in [1, 2, 3].into_iter().enumerate() {
        let at = |character: u32| json!({ "line": line, "character": character });
        let change = json!({ "range": { "start": at(9), "end": at(12) }, "text": "new" });
        let document = json!({ "uri": uri, "version": version + 1 });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        stage.editor.notify("textDocument/didChange", params);
    }
    let found = stage.published();
    assert_eq!(found[0], "5:4-8 4 x");
    assert!(found[1].contains("Next edit: line 5"), "{found:?}");
}

/// A project with an answering provider.
fn project(text: &str) -> (Home, runtime::Runtime, Upstream) {
    let home = Home::new();
    let runtime =
        runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = runtime.enter();
    let upstream = Upstream::start([answer(text)]);
    drop(entered);
    let config = format!(
        "route.explain = [\"home/m\"]\n[[provider]]\nname = \"home\"\nkind = \"openai-compatible\"\n\
         url = \"{}\"\nmodels = [{{ id = \"m\", price = {{ input = 1.0, output = 4.0 }} }}]\n",
        upstream.url()
    );
    home.write("config/understudy/config.toml", &config);
    (home, runtime, upstream)
}

const AREA: &str = "def area(w, h):\n    a = w * h\n    return a\n";
const FOUND: &str =
    "2: warning: `a` is needless\n-     a = w * h\n+     area = w * h\n3: hint: fine\n- return a\n";

fn check(home: &Home, args: &[&str], code: i32, expected: Expect) -> String {
    let outcome = home.run("project", args);
    assert_eq!(outcome.code, Some(code), "{args:?}: {}", outcome.err);
    expected.assert_eq(&outcome.out);
    outcome.err
}

#[test]
fn review_prints_findings_as_a_compiler_does_and_the_cost_first() {
    let (home, _runtime, _upstream) = project(FOUND);
    home.write("project/area.py", AREA);
    let expected = || {
        expect![[r#"
            area.py:2:5: warning: `a` is needless
              -    a = w * h
              +    area = w * h
            area.py:3:5: hint: fine
        "#]]
    };
    let err = check(&home, &["review", "area.py:1-3"], 0, expected());
    assert!(err.starts_with("1 request to home/m, about $0.00"), "{err}");
    assert!(err.contains("\nhome/m, "), "{err}");
    check(&home, &["review", "area.py:2", "--fail-on", "error"], 0, expected());
    check(&home, &["review", "area.py:2", "--fail-on", "warning"], 1, expected());
    let out = home.run("project", &["review", "area.py:1-3", "--json"]).out;
    let out: Value = serde_json::from_str(&out).unwrap();
    let first = json!({
        "path": "area.py", "line": 2, "column": 5, "severity": "warning", "message": "`a` is needless",
        "old": "    a = w * h\n", "new": "    area = w * h\n",
    });
    assert_eq!(out["findings"][0], first);
    let wrong = home.run("project", &["review", "area.py:1-3", "--fail-on", "fatal"]);
    assert_eq!(wrong.code, Some(2));
}

#[test]
fn review_shows_an_answer_without_findings_as_text() {
    let (home, _runtime, _upstream) = project("It looks slow.");
    home.write("project/area.py", AREA);
    let outcome = home.run("project", &["review", "area.py:1-3"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("It looks slow."), "{}", outcome.err);
    let (home, _runtime, _upstream) = project("none");
    home.write("project/area.py", AREA);
    check(
        &home,
        &["review", "area.py:1-3"],
        0,
        expect![[r#"
        no findings
    "#]],
    );
}

#[test]
fn review_of_staged_changes_sends_their_lines_and_no_excluded_file() {
    let (home, _runtime, upstream) = project(FOUND);
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(home.0.path().join("project")).args(words);
        assert!(command.status().unwrap().success(), "{words:?}");
    };
    git(&["init", "-q"]);
    assert_eq!(home.run("project", &["review", "--staged"]).code, Some(1));
    let far = "x = 1\n".repeat(30);
    home.write("project/area.py", &format!("{AREA}{far}"));
    home.write("project/.env", "SECRET=hunter2\n");
    git(&["add", "-f", "area.py", ".env"]);
    // The staged text counts, not that of the file.
    home.write("project/area.py", &format!("# A line above.\n{AREA}{far}"));
    let outcome = home.run("project", &["review", "--staged"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert!(outcome.out.starts_with("area.py:2:5: warning: `a` is needless\n"), "{}", outcome.out);
    assert!(
        outcome.err.starts_with("excluded files, not reviewed: 1\narea.py has unstaged changes"),
        "{}",
        outcome.err
    );
    let bodies = upstream.requests();
    let asked: String =
        bodies.iter().map(|it| String::from_utf8_lossy(&it.body).into_owned()).collect();
    assert!(!asked.contains("hunter2") && !asked.contains("A line above"), "{asked}");
    // Only the changed lines are reviewed.
    home.write("project/area.py", &format!("{AREA}{far}y = 2\n"));
    let commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"];
    git(&[&commit[..], &["--no-verify"]].concat());
    git(&["add", "area.py"]);
    let outcome = home.run("project", &["review", "--staged"]);
    let asked = upstream.requests().pop().unwrap().body;
    let asked = String::from_utf8_lossy(&asked).into_owned();
    assert!(asked.contains("34: y = 2"), "{asked} {}", outcome.err);
    assert!(!asked.contains("2:     a = w * h"), "{asked}");
}

#[test]
fn review_above_the_cost_limit_sends_nothing() {
    let (home, _runtime, upstream) = project(FOUND);
    let config = home.0.path().join("config/understudy/config.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace("1.0, output", "100000.0, output");
    home.write("config/understudy/config.toml", &text);
    home.write("project/area.py", AREA);
    let outcome = home.run("project", &["review", "area.py:1-3"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("limit.edit.ask_above_usd"), "{}", outcome.err);
    let posted = |it: &Upstream| it.requests().iter().filter(|it| it.method == "POST").count();
    assert_eq!(posted(&upstream), 0);
    assert_eq!(home.run("project", &["review", "area.py:1-3", "--yes"]).code, Some(0));
    assert_eq!(posted(&upstream), 1);
}
