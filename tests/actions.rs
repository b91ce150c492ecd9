//! Code actions as an editor sees them: menus without waiting, edits that fit, streamed answers, and a clear
//! message if an answer is unusable.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::editor::uri;
use crate::support::stage::{END, Stage, TEXT, answer, lines, text_event};
use crate::support::upstream::script::{Script, Step};

const DIAGNOSTIC: &str = "unused variable: `a`";

fn complaint() -> Value {
    json!({ "range": lines(1, 2), "message": DIAGNOSTIC, "source": "rustc", "code": "E1", "severity": 2 })
}

#[test]
fn the_menu_has_four_actions_and_a_more_entry() {
    let mut stage = Stage::new(vec![answer("x")]);
    let titles = stage.titles(json!({ "diagnostics": [complaint()], "triggerKind": 1 }));
    assert_eq!(titles.len(), 5, "{titles:?}");
    assert_eq!(titles[0], format!("Understudy: Fix: {DIAGNOSTIC}"));
    assert_eq!(titles[1..3], ["Understudy: Explain", "Understudy: Edit as I say…"]);
    assert_eq!(titles[4], "Understudy: More…");
    assert_eq!(stage.hits(), [0]);
}

#[test]
fn an_automatic_request_offers_only_fixes() {
    let mut stage = Stage::new(vec![answer("x")]);
    let context = |diagnostics: Value| json!({ "diagnostics": diagnostics, "triggerKind": 2 });
    assert_eq!(stage.titles(context(json!([complaint()]))).len(), 1);
    assert!(stage.titles(context(json!([]))).is_empty());
}

#[test]
fn an_action_has_its_kind_the_diagnostic_it_fixes_and_the_llm_tag() {
    let mut stage = Stage::new(vec![answer("x")]);
    let menu = stage.menu(json!({ "diagnostics": [complaint()], "only": ["quickfix"] }));
    assert_eq!(menu.len(), 1);
    assert_eq!(menu[0]["kind"], "quickfix");
    assert_eq!(menu[0]["diagnostics"][0]["message"], DIAGNOSTIC);
    assert_eq!(menu[0]["tags"], json!([1]));
    assert_eq!(menu[0]["isPreferred"], Value::Null);
    let rewrites = stage.menu(json!({ "diagnostics": [], "only": ["refactor.rewrite"] }));
    assert!(
        rewrites
            .iter()
            .all(|it| it["kind"] == "refactor.rewrite" || it["title"] == "Understudy: More…")
    );
    assert!(stage.menu(json!({ "diagnostics": [], "only": ["source.fixAll"] })).is_empty());
}

#[test]
fn without_a_provider_the_menu_has_one_disabled_entry_with_the_reason() {
    let mut stage = Stage::with("", json!({}), Vec::new());
    let menu = stage.menu(json!({ "diagnostics": [], "triggerKind": 1 }));
    assert_eq!(menu.len(), 1);
    let reason = menu[0]["disabled"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("no provider is set up"), "{reason}");
}

#[test]
fn an_edit_replaces_only_lines_that_differ() {
    let new = "```rust\n/// The area.\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let mut stage = Stage::new(vec![answer(new)]);
    stage.act("simplify");
    let text = stage.edited(TEXT, 0);
    let expected =
        "/// The area.\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n\nfn other() {}\n";
    assert_eq!(text, expected);
    let asked = stage.asked(0);
    assert!(asked.contains("let a = w * h;") && asked.contains("area.rs"), "{asked}");
}

#[test]
fn the_prompt_of_a_fix_contains_the_diagnostic() {
    let new = "```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let mut stage = Stage::new(vec![answer(new)]);
    let id = stage.start("fix", json!({ "diagnostics": [complaint()] }));
    stage.editor.result(id);
    let asked = stage.asked(0);
    assert!(asked.contains("line 2, rustc E1: unused variable"), "{asked}");
    stage.editor.take_request("workspace/applyEdit");
}

#[test]
fn an_edit_that_adds_a_syntax_error_is_retried_with_another_model_and_then_dropped() {
    let bad = answer("```rust\nfn area( {\n```");
    let good = answer("```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```");
    let mut stage = Stage::new(vec![bad.clone(), good]);
    stage.act("simplify");
    assert!(stage.edited(TEXT, 0).contains("    w * h\n}"));
    assert_eq!(stage.hits(), [2, 1]);

    let mut stage = Stage::new(vec![bad.clone(), bad.clone(), bad]);
    stage.act("simplify");
    let (message, shown) = stage.refused();
    assert!(message.contains("would add a syntax error"), "{message}");
    assert_eq!(shown, "```rust\nfn area( {\n```");
    assert_eq!(stage.hits(), [2, 1, 0]);
}

/// An answer that ends because the model reached its token limit.
fn cut_off(text: &str) -> Script {
    Script::stream(text_event(text) + &END.replace("stop", "length"))
}

#[test]
fn an_edit_cut_off_at_the_token_limit_is_retried_with_another_model() {
    let half = cut_off("```rust\nfn area(w: f64, h: f64) -> f64 { 0.0 }\n```");
    let whole = answer("```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```");
    let mut stage = Stage::new(vec![half.clone(), whole]);
    stage.act("simplify");
    assert!(stage.edited(TEXT, 0).contains("    w * h\n}"));
    assert_eq!(stage.hits(), [1, 1]);

    let mut stage = Stage::new(vec![half]);
    stage.act("simplify");
    let (message, _) = stage.refused();
    assert!(message.contains("cut off at its limit of"), "{message}");
}

#[test]
fn an_explanation_cut_off_at_the_token_limit_says_so() {
    let mut stage = Stage::with("", json!({}), vec![cut_off("It is the")]);
    stage.act("explain");
    let message = stage.editor.take("window/showMessage");
    let message = message["message"].as_str().unwrap();
    assert!(message.starts_with("It is the\n\n(cut off at its limit of "), "{message}");
}

/// A model on the user's machine that needs longer than the limit.
#[test]
fn a_local_model_that_nobody_replaces_is_waited_for_and_told_its_mistake() {
    let good = "```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let slow = |text: &str| answer(text).paced(Duration::from_millis(100));
    let settings = "limit.edit.total_ms = 20";
    let mut stage = Stage::with(settings, json!({ "answers": true }), vec![slow(good)]);
    stage.upstreams[0].answers_in_turn(vec![slow("```rust\nfn area( {\n```"), slow(good)]);
    stage.act("simplify");
    assert!(stage.edited(TEXT, 0).contains("    w * h\n}"));
    assert_eq!(stage.hits(), [2]);
}

#[test]
fn an_answer_with_endless_tests_ends_after_ten() {
    let test = |it: usize| {
        format!(
            "    #[test]\n    fn area_{it}() {{\n        assert_eq!(area({it}.0, 2.0), 0.0);\n    }}\n"
        )
    };
    let begun: String = (0..11).map(|it| text_event(&test(it))).collect();
    let begun = text_event("```rust\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n") + &begun;
    let mut stage = Stage::new(vec![Script::stream(begun).then(Step::Stall)]);
    stage.act("test");
    let text = stage.edited(TEXT, 0);
    assert!(text.contains(&test(9)) && !text.contains("area_10"), "{text}");
    assert!(text.ends_with("    }\n}\n"), "{text}");
}

#[test]
fn of_tests_that_repeat_themselves_the_complete_ones_are_used() {
    let tests = "```rust\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn empty() {\n        assert_eq!(area(0.0, 2.0), 0.0);\n";
    let again = "        assert_eq!(area(1.0, 2.0), 2.0);\n";
    let endless = Step::Endless(text_event(again).into_bytes());
    let mut stage = Stage::new(vec![Script::stream(text_event(tests)).then(endless)]);
    stage.act("test");
    let text = stage.edited(TEXT, 0);
    assert!(text.ends_with("2.0), 0.0);\n    }\n}\n"), "{text}");
    assert!(stage.why().contains("only its complete tests are used"));
}

#[test]
fn an_answer_that_repeats_itself_without_end_is_ended() {
    let line = "It multiplies the width and the height.\n";
    let endless = |before: &str| {
        Script::stream(text_event(before)).then(Step::Endless(text_event(line).into_bytes()))
    };
    let whole = answer("```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```");
    let mut stage = Stage::new(vec![endless("```rust\nfn area() {\n"), whole]);
    stage.act("simplify");
    assert!(stage.edited(TEXT, 0).contains("    w * h\n}"));
    assert_eq!(stage.hits(), [2, 1]);
    assert!(stage.asked(0).contains("the answer was ended because it repeated itself"));

    let mut stage = Stage::with("", json!({}), vec![endless("It is the area. ")]);
    stage.act("explain");
    let message = stage.editor.take("window/showMessage");
    let expected = format!("It is the area. {line}\n(ended because it repeated itself)");
    assert_eq!(message["message"], expected.as_str());
}

#[test]
fn reasoning_that_repeats_itself_without_end_is_ended() {
    let reasoning = |text: &str| {
        let delta = json!({ "reasoning_content": text });
        format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta }] }))
    };
    let line = reasoning("Wait, the height might be zero. Let me check that again.\n");
    let endless = Script::stream("").then(Step::Endless(line.clone().into_bytes()));
    let whole = "```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let mut stage = Stage::new(vec![endless.clone(), answer(whole)]);
    stage.act("simplify");
    assert!(stage.edited(TEXT, 0).contains("    w * h\n}"));
    assert_eq!(stage.hits(), [1, 1]);

    // The only model is told once.
    let mut stage = Stage::new(vec![answer("")]);
    stage.upstreams[0].answers_in_turn(vec![endless.clone(), answer(whole)]);
    stage.act("simplify");
    assert!(stage.edited(TEXT, 0).contains("    w * h\n}"));
    assert_eq!(stage.hits(), [2]);
    let why = "the answer was ended because its reasoning repeated itself";
    assert!(stage.asked(0).contains(why));

    for (action, what) in [("simplify", "nothing was changed"), ("explain", "there is no answer")] {
        let mut stage = Stage::with("", json!({}), vec![endless.clone()]);
        stage.editor.forgiving = true;
        stage.act(action);
        let message = stage.editor.take("window/showMessage");
        let message = message["message"].as_str().unwrap();
        assert!(message.contains(&format!("{what}: {why} (p0/m)")), "{message}");
        assert_eq!(stage.hits(), [2]);
    }

    // A phrase may be repeated.
    let usual = line.repeat(30) + &text_event(whole) + END;
    let mut stage = Stage::new(vec![Script::stream(usual)]);
    stage.act("simplify");
    assert!(stage.edited(TEXT, 0).contains("    w * h\n}"));
    assert_eq!(stage.hits(), [1]);
}

#[test]
fn an_unusable_answer_changes_nothing_and_the_message_has_the_reason() {
    let long: String = (0..40_000).map(|it| format!("{it} ")).collect();
    let cases = [
        ("I would rather not.", "contains no code"),
        ("", "is empty"),
        ("```rust\nfn area(", "ends in the middle"),
        ("```\na\n```\nor\n```\nb\n```", "2 pieces of code"),
        (&long, "too long"),
    ];
    for (reply, why) in cases {
        let mut stage = Stage::new(vec![answer(reply)]);
        stage.editor.forgiving = true;
        stage.act("simplify");
        let message = stage.editor.take("window/showMessage");
        assert!(message["message"].as_str().unwrap().contains(why), "{message}");
        assert!(!stage.editor.has_unread("workspace/applyEdit"));
    }
}

/// An answer in two pieces; the gate opens the second.
fn slow(text: &str) -> Script {
    let (head, tail) = text.split_at(10);
    let mut script = Script::stream(text_event(head));
    script.steps.push(Step::Wait(Duration::from_millis(300)));
    script.steps.push(Step::Bytes((text_event(tail) + END).into()));
    script
}

#[test]
fn an_edit_moves_with_changes_elsewhere_in_the_document() {
    let new = "```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let mut stage = Stage::new(vec![slow(new)]);
    let id = stage.start("simplify", json!({}));
    stage.editor.take_request("window/workDoneProgress/create");
    let uri = stage.uri.clone();
    stage.editor.insert(&uri, 1, (0, 0), "// A line above.\n");
    stage.editor.result(id);
    let text = format!("// A line above.\n{TEXT}");
    assert!(
        stage
            .edited(&text, 1)
            .starts_with("// A line above.\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}")
    );
}

#[test]
fn a_chosen_action_applies_to_its_lines_even_if_they_moved() {
    let new = "```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let mut stage = Stage::new(vec![answer(new)]);
    let menu = stage.menu(json!({ "diagnostics": [], "triggerKind": 1 }));
    let uri = stage.uri.clone();
    stage.editor.insert(&uri, 1, (0, 0), "// A line above.\n");
    let choice = menu.iter().find(|it| it["command"]["arguments"][0]["action"] == "explain");
    let mut command = choice.unwrap()["command"].clone();
    command["arguments"][0]["action"] = "simplify".into();
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    let id = stage.editor.send("workspace/executeCommand", params.clone());
    assert_eq!(stage.editor.result(id), Value::Null);
    let text = format!("// A line above.\n{TEXT}");
    let edited = stage.edited(&text, 1);
    assert!(edited.starts_with("// A line above.\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}"));

    stage.editor.insert(&uri, 2, (2, 4), "// mine\n    ");
    let id = stage.editor.send("workspace/executeCommand", params);
    assert_eq!(stage.editor.result(id), Value::Null);
    let message = stage.editor.take("window/showMessage");
    assert!(message["message"].as_str().unwrap().contains("choose it again"), "{message}");
    assert_eq!(stage.hits(), [1]);
}

#[test]
fn lines_changed_during_the_request_are_not_edited() {
    let new = "```rust\nfn area(w: f64, h: f64) -> f64 {\n    w * h\n}\n```";
    let mut stage = Stage::new(vec![slow(new)]);
    let id = stage.start("simplify", json!({}));
    let uri = stage.uri.clone();
    stage.editor.insert(&uri, 1, (1, 4), "// mine\n    ");
    stage.editor.result(id);
    let message = stage.editor.take("window/showMessage");
    assert!(message["message"].as_str().unwrap().contains("no edit was made"), "{message}");
    assert!(!stage.editor.has_unread("workspace/applyEdit"));
}

#[test]
fn an_explanation_streams_and_restarts_with_the_next_model_after_a_failure() {
    let mut cut = Script::stream(text_event("Half of"));
    cut.steps.push(Step::Cut);
    let mut stage = Stage::new(vec![cut, answer("It is the **area**.")]);
    stage.act("explain");
    let mut heard = Vec::new();
    loop {
        let piece = stage.editor.take("understudy/answer");
        heard.push(piece.clone());
        if piece["kind"] == "end" {
            break;
        }
    }
    let kinds: Vec<_> = heard.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["begin", "delta", "reset", "delta", "end"]);
    assert_eq!(heard[0]["provider"], "p0/m");
    assert_eq!(heard[2]["provider"], "p1/m");
    assert_eq!(heard[3]["text"], "It is the **area**.");
    assert_eq!((&heard[4]["provider"], &heard[4]["error"]), (&json!("p1/m"), &Value::Null));
}

#[test]
fn without_streaming_an_explanation_is_a_message() {
    let mut stage = Stage::with("", json!({}), vec![answer("It is the area.")]);
    stage.act("explain");
    assert_eq!(stage.editor.take("window/showMessage")["message"], "It is the area.");
}

#[test]
fn a_new_test_file_needs_confirmation() {
    let mut stage = Stage::new(vec![answer("```python\ndef test_f():\n    assert f() == 1\n```")]);
    let uri = uri(&stage.folder.path().join("f.py"));
    stage.editor.open(&uri, "python", "def f():\n    return 1\n");
    stage.uri = uri;
    let id = stage.start("test", json!({ "range": lines(0, 2) }));
    stage.editor.result(id);
    let edit = stage.editor.take_request("workspace/applyEdit")["edit"].take();
    let changes = edit["documentChanges"].as_array().unwrap();
    assert_eq!(changes[0]["kind"], "create");
    assert!(changes[0]["uri"].as_str().unwrap().ends_with("tests/test_f.py"), "{edit}");
    assert_eq!(changes[1]["edits"][0]["newText"], "def test_f():\n    assert f() == 1\n");
    let annotation = changes[1]["edits"][0]["annotationId"].as_str().unwrap();
    assert_eq!(edit["changeAnnotations"][annotation]["needsConfirmation"], true);
}

#[test]
fn tests_for_a_file_with_crlf_have_its_line_ends() {
    let new = "```python\ndef test_two():\n    assert f(2)\n```";
    let mut stage = Stage::with("", json!({}), vec![answer(new)]);
    stage.uri = uri(&stage.folder.path().join("f.py"));
    fs::create_dir(stage.folder.path().join("tests")).unwrap();
    let file = "def test_one():\r\n    assert f(1)\r\n";
    fs::write(stage.folder.path().join("tests/test_f.py"), file).unwrap();
    stage.editor.open(&stage.uri.clone(), "python", "def f(a):\n    return a\n");
    stage.act("test");
    let request = stage.editor.take_request("workspace/applyEdit");
    let edit = &request["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(edit["newText"], "\r\ndef test_two():\r\n    assert f(2)\r\n");
}

#[test]
fn an_ai_comment_is_carried_out_and_removed() {
    let new = "```rust\nfn half(w: f64) -> f64 {\n    w / 2.0\n}\n```";
    let mut stage = Stage::with("", json!({}), vec![answer(new)]);
    let uri = uri(&stage.folder.path().join("half.rs"));
    let text = "fn half(w: f64) -> f64 {\n    // ai: do not divide by three\n    w / 3.0\n}\n";
    stage.editor.open(&uri, "rust", text);
    stage.uri = uri;
    let id = stage.start("edit", json!({}));
    stage.editor.result(id);
    assert_eq!(stage.edited(text, 0), "fn half(w: f64) -> f64 {\n    w / 2.0\n}\n");
    let asked = stage.asked(0);
    assert!(asked.contains("do not divide by three") && !asked.contains("// ai:"), "{asked}");
}

#[test]
fn a_cancelled_action_ends_its_call_and_gets_a_response() {
    let mut stalled = Script::stream(text_event("Half of"));
    stalled.steps.push(Step::Stall);
    let mut stage = Stage::new(vec![stalled]);
    let id = stage.start("explain", json!({}));
    stage.editor.take("understudy/answer");
    let token = stage.editor.take_request("window/workDoneProgress/create")["token"].take();
    stage.editor.take("understudy/answer");
    stage.editor.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    assert_eq!(stage.editor.result(id), Value::Null);
    let end = stage.editor.take("understudy/answer");
    assert_eq!((&end["kind"], &end["error"]), (&json!("end"), &json!("cancelled")));
    stage.editor.until(|it| {
        it.turn();
        stage.upstreams[0].hang_ups() == 1
    });
}

#[test]
fn a_secret_is_masked_in_the_prompt_and_restored_in_the_edit() {
    let secret = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let new =
        "```rust\nfn key() -> &'static str {\n    // The key.\n    \"MASKED_SECRET_1\"\n}\n```";
    let mut stage = Stage::new(vec![answer(new)]);
    let uri = uri(&stage.folder.path().join("key.rs"));
    let text = format!("fn key() -> &'static str {{\n    \"{secret}\"\n}}\n");
    stage.editor.open(&uri, "rust", &text);
    stage.uri = uri;
    let id = stage.start("document", json!({ "range": lines(0, 3) }));
    stage.editor.result(id);
    assert!(!stage.asked(0).contains(&secret));
    assert!(stage.edited(&text, 0).contains(&format!("    // The key.\n    \"{secret}\"\n")));
}

#[test]
fn an_unknown_command_or_argument_is_an_error() {
    let mut stage = Stage::new(vec![answer("x")]);
    for params in [
        json!({ "command": "understudy.fly" }),
        json!({ "command": "understudy.act", "arguments": [{ "uri": 1 }] }),
        json!({ "command": "understudy.act" }),
    ] {
        let id = stage.editor.send("workspace/executeCommand", params);
        assert_eq!(stage.editor.error(id), -32602);
    }
}

#[test]
fn a_user_defined_action_is_offered_and_sends_its_instruction() {
    let tables = "[[action]]\nname = \"shout\"\ntitle = \"Shout\"\ninstruction = \"Rename all to upper case.\"\n\
                    languages = [\"rust\"]\n[[action]]\nname = \"else\"\ntitle = \"Else\"\ninstruction = \"x\"\n\
                    languages = [\"python\"]\n";
    let reply = vec![answer("```\nfn AREA() {}\n```")];
    let mut stage = Stage::set_up("", tables, json!({}), "Test", reply);
    let titles =
        stage.titles(json!({ "diagnostics": [], "triggerKind": 1, "only": ["refactor.rewrite"] }));
    let more = stage.menu(json!({ "diagnostics": [] }));
    let all = format!("{titles:?}{more:?}");
    assert!(all.contains("Shout") && !all.contains("Else"), "{all}");
    stage.act("shout");
    assert!(stage.edited(TEXT, 0).starts_with("fn AREA() {}\n"));
    assert!(stage.asked(0).contains("Rename all to upper case."));
}

#[test]
fn a_follow_up_question_continues_the_thread() {
    let mut stage = Stage::new(vec![answer("It is the area.")]);
    stage.act("explain");
    let thread = stage.editor.take("understudy/answer")["thread"].take();
    let argument = json!({ "question": "And for a circle?", "thread": thread });
    let params = json!({ "command": "understudy.ask", "arguments": [argument] });
    stage.editor.request("workspace/executeCommand", params);
    let asked: Value = serde_json::from_str(&stage.asked(0)).unwrap();
    let turns: Vec<_> = asked["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["role"].as_str().unwrap())
        .collect();
    assert_eq!(turns, ["system", "user", "assistant", "user"]);
    assert_eq!(asked["messages"][3]["content"], "And for a circle?");
    for kind in ["delta", "end", "begin", "delta", "end"] {
        assert_eq!(stage.editor.take("understudy/answer")["kind"], kind);
    }
}

#[test]
fn a_question_about_a_range_includes_its_lines() {
    let mut stage = Stage::new(vec![answer("Yes.")]);
    let argument = json!({ "question": "Is it right?", "uri": stage.uri, "range": lines(0, 4) });
    let params = json!({ "command": "understudy.ask", "arguments": [argument] });
    stage.editor.request("workspace/executeCommand", params);
    let asked = stage.asked(0);
    assert!(asked.contains("let a = w * h;") && asked.contains("Is it right?"), "{asked}");
    for kind in ["begin", "delta", "end"] {
        assert_eq!(stage.editor.take("understudy/answer")["kind"], kind);
    }
}

#[test]
fn a_question_without_a_usable_answer_says_why() {
    let line = "Wait, the height might be zero. Let me check that again.\n";
    let delta = json!({ "choices": [{ "index": 0, "delta": { "reasoning_content": line } }] });
    let endless = Step::Endless(format!("data: {delta}\n\n").into_bytes());
    let script = Script::stream("").then(endless);
    let expected =
        "there is no answer: the answer was ended because its reasoning repeated itself (p0/m)";
    for options in [json!({}), json!({ "answers": true })] {
        let mut stage = Stage::with("", options, vec![script.clone()]);
        let argument =
            json!({ "question": "Is it right?", "uri": stage.uri, "range": lines(0, 4) });
        let params = json!({ "command": "understudy.ask", "arguments": [argument] });
        stage.editor.request("workspace/executeCommand", params);
        let message = stage.editor.take("window/showMessage");
        assert!(message["message"].as_str().unwrap().contains(expected), "{message}");
    }
}

#[test]
fn an_expensive_request_is_sent_only_after_confirmation() {
    let price = "price = { input = 100000.0, output = 100000.0 }";
    let tables = format!(
        "[[provider]]\nname = \"dear\"\nkind = \"openai-compatible\"\nurl = \"URL\"\nmodels = [{{ id = \"m\", {price} }}]\n"
    );
    for (reply, hits) in [("No", 0), ("Yes", 1)] {
        let mut stage = Stage::with_provider(&tables, answer("It is the area."));
        stage.editor.replies.insert("window/showMessageRequest", json!({ "title": reply }));
        stage.act("explain");
        let question = stage.editor.take_request("window/showMessageRequest")["message"].take();
        assert!(question.as_str().unwrap().contains("would cost about $"), "{question}");
        assert_eq!(stage.hits(), [hits]);
        if hits == 1 {
            assert_eq!(stage.editor.take("window/showMessage")["message"], "It is the area.");
        }
    }
}

#[test]
fn progress_shows_the_model_and_the_cost_so_far() {
    let rows = "[[provider]]\nname = \"p0\"\nkind = \"openai-compatible\"\nurl = \"URL\"\n\
                models = [{ id = \"m\", price = { input = 10, output = 20 } }]\n";
    let begun = Script::stream(text_event("It is")).then(Step::Stall);
    let mut stage = Stage::with_provider(rows, begun);
    let id = stage.start("explain", json!({}));
    let mut told = Vec::new();
    while !told.last().is_some_and(|it: &String| it.ends_with(" so far")) {
        let progress = stage.editor.take("$/progress")["value"].take();
        told.extend(progress["message"].as_str().map(str::to_owned));
    }
    assert!(told.iter().any(|it| it == "p0/m"), "{told:?}");
    let last = told.last().unwrap();
    assert!(last.starts_with("p0/m, $0.0"), "{last}");
    stage.editor.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(stage.editor.error(id), -32800);
}

#[test]
fn the_last_line_of_a_document_is_edited_whatever_it_ends_with() {
    for (last, new) in [("// 😀\n", "// 😀!"), ("// é", "// é!"), ("// 😀\r\n", "// 😀!")]
    {
        let mut stage = Stage::new(vec![answer(&format!("```rust\nfn f() {{}}\n{new}\n```"))]);
        let text = format!("fn f() {{ }}\n{last}");
        stage.uri = uri(&stage.folder.path().join("f.rs"));
        stage.editor.open(&stage.uri, "rust", &text);
        let act =
            json!({ "uri": stage.uri, "version": 0, "range": lines(0, 2), "action": "simplify" });
        let params = json!({ "command": "understudy.act", "arguments": [act] });
        let id = stage.editor.send("workspace/executeCommand", params);
        assert_eq!(stage.editor.result(id), Value::Null);
        let edited = stage.edited(&text, 0);
        assert!(edited.starts_with("fn f() {}") && edited.contains('!'), "{edited:?}");
    }
}

#[test]
fn new_tests_go_into_the_existing_test_module() {
    let reply = "```rust\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn b() { f() }\n}\n```";
    let mut stage = Stage::new(vec![answer(reply)]);
    let text = "pub fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn a() {}\n}\n";
    stage.uri = uri(&stage.folder.path().join("f.rs"));
    stage.editor.open(&stage.uri, "rust", text);
    let act = json!({ "uri": stage.uri, "version": 0, "range": lines(0, 1), "action": "test" });
    let params = json!({ "command": "understudy.act", "arguments": [act] });
    let id = stage.editor.send("workspace/executeCommand", params);
    assert_eq!(stage.editor.result(id), Value::Null);
    let expected =
        text.replace("    fn a() {}\n", "    fn a() {}\n\n    #[test]\n    fn b() { f() }\n");
    assert_eq!(stage.edited(text, 0), expected);
    assert!(stage.asked(0).contains("fn a() {}"), "{}", stage.asked(0));
}

/// Runs git in a folder without the configuration of the machine.
fn git(folder: &Path, words: &str) {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=T", "-c", "user.email=t@example.org"]);
    let output = command.args(words.split(' ')).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_commit_message_uses_staged_changes_of_files_that_are_not_excluded() {
    let mut stage = Stage::new(vec![answer("Halve areas\n\nThey were doubled.")]);
    let folder = stage.folder.path().to_owned();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    git(&folder, "init -q");
    write("area.rs", TEXT);
    git(&folder, "add area.rs");
    git(&folder, "commit -q -m Begin");
    write("area.rs", &TEXT.replace("w * h", "w * h / 2.0"));
    write(".env", "TOKEN=hunter2\n");
    write("unstaged.rs", "fn unstaged() {}\n");
    git(&folder, "add -f area.rs .env");
    let begun = "\n# Please enter the commit message for your changes.\n# On branch main\n";
    stage.uri = uri(&folder.join(".git/COMMIT_EDITMSG"));
    stage.editor.open(&stage.uri, "gitcommit", begun);
    let menu = stage.titles(json!({ "diagnostics": [], "triggerKind": 1 }));
    assert_eq!(menu[0], "Understudy: Write the commit message");
    stage.act("commit-message");
    assert_eq!(
        stage.edited(begun, 0),
        "Halve areas\n\nThey were doubled.\n\n# Please enter the commit message for your changes.\n# On branch main\n"
    );
    let asked = stage.asked(0);
    assert!(asked.contains("+    let a = w * h / 2.0;") && asked.contains("Begin"), "{asked}");
    assert!(!asked.contains("hunter2") && !asked.contains("unstaged"), "{asked}");
}

#[test]
fn without_staged_changes_no_commit_message_is_requested() {
    let mut stage = Stage::new(vec![answer("x")]);
    let folder = stage.folder.path().to_owned();
    git(&folder, "init -q");
    stage.uri = uri(&folder.join(".git/COMMIT_EDITMSG"));
    stage.editor.open(&stage.uri, "gitcommit", "\n");
    stage.act("commit-message");
    let message = stage.editor.take("window/showMessage");
    assert_eq!(
        message["message"],
        "Understudy: no staged changes, or every staged file is excluded"
    );
    assert_eq!(stage.hits(), [0]);
}
