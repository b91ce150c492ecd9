//! Edits that the user's own command checks before they are offered (`actions.check`).

use std::fs;

use serde_json::{Value, json};

use crate::support::editor::uri;
use crate::support::stage::{Stage, answer, lines};
use crate::support::upstream::script::Script;

/// Two functions, the second of which uses the first.
const HALVES: &str = "pub fn half(value: u32) -> u32 {\n    value / 2\n}\n\npub fn quarter(value: u32) -> u32 {\n    half(half(value))\n}\n";
const COMPILE: &str = "actions.check.rust = [\"rustc\", \"--edition=2024\", \"--crate-type=lib\", \"--emit=metadata\", \"--out-dir=out\", \"{file}\"]";

fn fenced(code: &str) -> Script {
    answer(&format!("```rust\n{code}```\n"))
}

/// A stage with these settings and one provider that answers in turn. The file is not saved.
fn stage(settings: &str, text: &str, answers: Vec<Script>) -> Stage {
    let options = json!({ "answers": true, "input": true });
    let mut stage = Stage::with(settings, options, vec![answers[0].clone()]);
    stage.upstreams[0].answers_in_turn(answers);
    stage.editor.change(&stage.uri.clone(), 1, json!([{ "text": text }]));
    stage
}

fn edit(stage: &mut Stage, action: &str, to: u32) {
    let more = json!({ "version": 1, "range": lines(0, to), "instruction": "Round up." });
    let id = stage.start(action, more);
    assert_eq!(stage.editor.result(id), Value::Null);
}

const WRONG: &str = "pub fn half(value: u32) -> u32 {\n    value.div_ceil(\"2\")\n}\n";
const RIGHT: &str = "pub fn half(value: u32) -> u32 {\n    value.div_ceil(2)\n}\n";

#[test]
fn an_edit_that_does_not_compile_is_asked_for_again_with_the_error() {
    let mut stage = stage(COMPILE, HALVES, vec![fenced(WRONG), fenced(RIGHT)]);
    edit(&mut stage, "edit", 3);
    assert_eq!(stage.edited(HALVES, 1), HALVES.replace("value / 2", "value.div_ceil(2)"));
    assert_eq!(stage.hits(), [2]);
    let told: Value = serde_json::from_str(&stage.asked(0)).unwrap();
    let told = told["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    assert!(told.contains("error[E0308]: mismatched types"), "{told}");
    assert!(!stage.folder.path().join("area.rs").exists(), "the user's folder is as it was");
}

#[test]
fn an_edit_that_never_compiles_is_refused_with_the_error() {
    let mut stage = stage(COMPILE, HALVES, vec![fenced(WRONG)]);
    edit(&mut stage, "edit", 3);
    let (message, _) = stage.refused();
    assert!(message.starts_with("Understudy: nothing was changed: `rustc "), "{message}");
    assert!(message.contains("fails with the answer: error[E0308]: mismatched types"), "{message}");
}

#[test]
fn a_command_that_fails_without_the_edit_too_leaves_the_edit_to_the_user() {
    let broken = HALVES.replace("half(half(value))", "halve(value)");
    let mut stage = stage(COMPILE, &broken, vec![fenced(RIGHT)]);
    edit(&mut stage, "edit", 3);
    let request = stage.editor.take_request("workspace/applyEdit");
    assert_eq!(stage.hits(), [1]);
    let why = stage.why();
    assert!(why.contains("fails without the edit, too: error[E0425]"), "{why}");
    let annotation = &request["edit"]["changeAnnotations"]["understudy"];
    assert_eq!(annotation["needsConfirmation"], true);
    let note = annotation["description"].as_str().unwrap();
    assert!(note.starts_with("not checked: ") && note.contains("error[E0425]"), "{note}");
}

#[test]
fn a_command_that_cannot_be_run_checks_nothing() {
    let settings = "actions.review = \"never\"\nactions.check.rust = [\"no-such-program\"]";
    let mut stage = stage(settings, HALVES, vec![fenced(RIGHT)]);
    edit(&mut stage, "edit", 3);
    stage.edited(HALVES, 1);
    let message = stage.editor.take("window/showMessage");
    let message = message["message"].as_str().unwrap();
    let expected = "Understudy: the edit was not checked: `no-such-program` cannot be run: ";
    assert!(message.starts_with(expected), "{message}");
    assert!(stage.why().contains("`no-such-program` cannot be run: "));
}

#[cfg(unix)]
#[test]
fn a_command_can_use_what_git_ignores_in_the_folder() {
    let settings =
        "actions.check.rust = [\"sh\", \"-c\", \"test ! -e lib/a && cat $0/lib/a\", \"{root}\"]";
    let mut stage = stage(settings, HALVES, vec![fenced(RIGHT)]);
    fs::write(stage.folder.path().join(".gitignore"), "lib\n").unwrap();
    fs::create_dir(stage.folder.path().join("lib")).unwrap();
    fs::write(stage.folder.path().join("lib/a"), "").unwrap();
    edit(&mut stage, "edit", 3);
    let request = stage.editor.take_request("workspace/applyEdit");
    assert_eq!(request["edit"]["changeAnnotations"], Value::Null, "it passed");
}

#[cfg(unix)]
#[test]
fn a_command_for_scripts_checks_those_with_markup_too() {
    let check = |keys: &str, extension: &str, id: &str, fails: bool| {
        let wrong = "[\"sh\", \"-c\", \"! grep -q wrong $0\", \"{file}\"]";
        let settings = keys.replace("WRONG", wrong);
        let options = json!({ "answers": true, "input": true });
        let new = answer("```tsx\nconst f = () => {\n  return wrong;\n};\n```");
        let mut stage = Stage::with(&settings, options, vec![new]);
        stage.uri = uri(&stage.folder.path().join(format!("a.{extension}")));
        stage.editor.open(&stage.uri.clone(), id, "const f = () => {\n  return 1;\n};\n");
        let more = json!({ "range": lines(0, 3), "instruction": "Return it." });
        let id = stage.start("edit", more);
        stage.editor.result(id);
        let is_edited = stage.editor.has_unread("workspace/applyEdit");
        assert_eq!(is_edited, !fails, "{keys} {extension}");
        match fails {
            true => _ = stage.refused(),
            false => _ = stage.editor.take_request("workspace/applyEdit"),
        }
    };
    check("actions.check.typescript = WRONG", "tsx", "typescriptreact", true);
    check("actions.check.javascript = WRONG", "jsx", "javascriptreact", true);
    let other = "actions.check.typescript = WRONG\nactions.check.typescriptreact = [\"true\"]";
    check(other, "tsx", "typescriptreact", false);
    let other = "actions.check.javascript = WRONG\nactions.check.javascriptreact = [\"true\"]";
    check(other, "jsx", "javascriptreact", false);
}

#[test]
fn generated_tests_that_fail_are_left_out() {
    let run = "actions.check.rust = [\"sh\", \"-c\", \"rustc --edition=2024 --test -o tests $0 && ./tests\", \"{file}\"]";
    let test = |name: &str, expected: u32| {
        format!(
            "    #[test]\n    fn {name}() {{\n        assert_eq!(half(9), {expected});\n    }}\n"
        )
    };
    let suite = format!(
        "#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{}\n{}}}\n",
        test("odd_is_rounded_down", 4),
        test("odd_is_rounded_up", 5)
    );
    let mut stage = stage(run, HALVES, vec![fenced(&suite)]);
    edit(&mut stage, "test", 3);
    let text = stage.edited(HALVES, 1);
    assert!(text.contains("odd_is_rounded_down") && !text.contains("odd_is_rounded_up"), "{text}");
    assert_eq!(stage.hits(), [1]);
}

#[cfg(unix)]
#[test]
fn a_command_ends_although_it_leaves_a_process_and_what_it_changes_is_not_the_users_folder() {
    let run = "actions.check.rust = [\"sh\", \"-c\", \"sleep 600 & echo gone > kept.txt\"]";
    let mut stage = stage(run, HALVES, vec![fenced(RIGHT)]);
    let kept = stage.folder.path().join("kept.txt");
    fs::write(&kept, "kept").unwrap();
    edit(&mut stage, "edit", 3);
    stage.edited(HALVES, 1);
    assert_eq!(fs::read_to_string(kept).unwrap(), "kept");
}

#[cfg(unix)]
#[test]
fn the_message_about_a_failed_command_is_short_and_contains_no_secret() {
    let key = format!("sk-ant-{}", "a1B2".repeat(12));
    let print = format!(
        "echo error {key}; head -c 9000000 /dev/zero | tr '\\\\0' x; grep -q 'value / 2' {{file}}"
    );
    let run = format!("actions.check.rust = [\"sh\", \"-c\", \"{print}\"]");
    let mut stage = stage(&run, HALVES, vec![fenced(RIGHT)]);
    edit(&mut stage, "edit", 3);
    let (message, _) = stage.refused();
    assert!(message.contains("fails with the answer: error "), "{message}");
    assert!(!message.rsplit("error").next().unwrap().contains("sk-ant"), "{message}");
    assert!(message.len() < 1000, "{}", message.len());
}

const PACKAGE: &str =
    "[package]\nname = \"area\"\nedition = \"2024\"\n\n[lib]\npath = \"area.rs\"\n";

/// A stage whose folder is a package for Cargo, and an editor that answers questions with this choice.
fn package(settings: &str, choice: &str, answers: Vec<Script>) -> Stage {
    let mut stage = stage(settings, HALVES, answers);
    fs::write(stage.folder.path().join("Cargo.toml"), PACKAGE).unwrap();
    stage.editor.replies.insert("window/showMessageRequest", json!({ "title": choice }));
    stage
}

#[test]
fn after_an_edit_cargo_is_offered_as_its_check_and_yes_is_saved() {
    let mut stage = package("# mine", "Yes", vec![fenced(RIGHT), fenced(WRONG)]);
    edit(&mut stage, "edit", 3);
    stage.edited(HALVES, 1);
    let asked = stage.editor.take_request("window/showMessageRequest");
    let message = asked["message"].as_str().unwrap();
    assert!(message.starts_with("Understudy: shall `cargo check --tests` check"), "{message}");
    assert_eq!(asked["actions"], json!([{ "title": "Yes" }, { "title": "No" }]));
    let config = stage.folder.path().join("config.toml");
    let saved = "\n[actions.check]\nrust = [\"cargo\", \"check\", \"--tests\"]\n";
    stage.editor.until(|it| {
        it.turn();
        fs::read_to_string(&config).unwrap().contains(saved)
    });
    assert!(fs::read_to_string(&config).unwrap().starts_with("# mine\n"));
    // It applies without a restart.
    loop {
        edit(&mut stage, "edit", 3);
        if !stage.editor.has_unread("workspace/applyEdit") {
            break;
        }
        stage.editor.take_request("workspace/applyEdit");
    }
    let (message, _) = stage.refused();
    let refused = "Understudy: nothing was changed: `cargo check --tests` fails with the answer: ";
    assert!(message.starts_with(refused), "{message}");
}

#[test]
fn a_check_that_the_user_refuses_is_not_offered_again() {
    let mut stage = package("", "No", vec![fenced(RIGHT)]);
    edit(&mut stage, "edit", 3);
    stage.edited(HALVES, 1);
    stage.editor.take_request("window/showMessageRequest");
    let config = stage.folder.path().join("config.toml");
    stage.editor.until(|it| {
        it.turn();
        fs::read_to_string(&config).unwrap().ends_with("\n[actions.check]\nrust = []\n")
    });
    drop(stage);
    let mut next = package("actions.check.rust = []", "Yes", vec![fenced(RIGHT)]);
    for _ in 0..2 {
        edit(&mut next, "edit", 3);
        next.edited(HALVES, 1);
    }
    assert!(!next.editor.has_unread("window/showMessageRequest"));
}
