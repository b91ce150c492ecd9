//! Ghost text while the editor's completion popup is open.

use serde_json::{Value, json};

use crate::support::editor::{inline, uri};
use crate::support::models::{Stage, answer};
use crate::support::upstream::script::Script;

/// A document of this line and the provider's answers at its end.
fn stage(line: &str, scripts: Vec<Script>) -> Stage {
    let mut stage = Stage::in_turn("", scripts);
    stage.uri = uri(&stage.folder.path().join("popup.py"));
    stage.editor.open(&stage.uri.clone(), "python", line);
    stage
}

/// The text and range of the ghost text while a popup item that replaces these columns is selected.
fn popup(stage: &mut Stage, columns: (usize, usize), item: &str) -> Option<(String, Value)> {
    let range = |(from, to): (usize, usize)| json!({ "start": { "line": 0, "character": from }, "end": { "line": 0, "character": to } });
    let mut params = inline(&stage.uri, (0, columns.1 as u32), 2);
    params["context"]["selectedCompletionInfo"] = json!({ "range": range(columns), "text": item });
    let answer = stage.editor.request("textDocument/inlineCompletion", params);
    let item = answer["items"].as_array().unwrap().first()?;
    Some((item["insertText"].as_str().unwrap().to_owned(), item["range"].clone()))
}

fn range(from: usize, to: usize) -> Value {
    json!({ "start": { "line": 0, "character": from }, "end": { "line": 0, "character": to } })
}

fn ghost(stage: &mut Stage, column: u32) -> Vec<String> {
    let uri = stage.uri.clone();
    stage.editor.ghost(&uri, (0, column))
}

#[test]
fn shown_text_stays_when_the_popup_selects_its_start() {
    let mut stage = stage("x = com", vec![answer("pute_total(alpha)")]);
    assert_eq!(ghost(&mut stage, 7), ["pute_total(alpha)"]);
    let expected = Some(("compute_total(alpha)".to_owned(), range(4, 7)));
    assert_eq!(popup(&mut stage, (4, 7), "compute_total"), expected);
    assert_eq!(popup(&mut stage, (4, 7), "compute"), expected);
    assert_eq!(popup(&mut stage, (4, 7), "commit"), None);
    assert_eq!(popup(&mut stage, (4, 7), "compute_total"), expected);
    assert_eq!(stage.hits(), [1]);
}

#[test]
fn a_suggestion_from_before_the_word_was_typed_is_reused() {
    let mut stage = stage("x = ", vec![answer("compute_total(alpha)")]);
    assert_eq!(ghost(&mut stage, 4), ["compute_total(alpha)"]);
    let expected = |column| Some(("compute_total(alpha)".to_owned(), range(4, column)));
    assert_eq!(popup(&mut stage, (4, 4), "compute_total"), expected(4));
    let uri = stage.uri.clone();
    for (version, (at, key)) in [(4, "c"), (5, "t")].into_iter().enumerate() {
        stage.editor.insert(&uri, version as i32 + 1, (0, at), key);
    }
    // The popup uses fuzzy matching.
    assert_eq!(popup(&mut stage, (4, 6), "compute_total"), expected(6));
    assert_eq!(stage.hits(), [1]);
}

#[test]
fn a_cached_suggestion_is_reused_after_the_document_is_reopened() {
    let mut stage = stage("x = com", vec![answer("pute_total(alpha)")]);
    assert_eq!(ghost(&mut stage, 7), ["pute_total(alpha)"]);
    let uri = stage.uri.clone();
    stage.editor.close(&uri);
    stage.editor.open(&uri, "python", "x = com");
    let expected = Some(("compute_total(alpha)".to_owned(), range(4, 7)));
    assert_eq!(popup(&mut stage, (4, 7), "compute_total"), expected);
    assert_eq!(stage.hits(), [1]);
}

#[test]
fn brackets_after_the_cursor_are_replaced_as_without_a_popup() {
    let mut stage = stage("x = f(com)", vec![answer("pute_total(alpha))")]);
    let shown = ghost(&mut stage, 9);
    assert!(shown[0].starts_with("pute_total(alpha)"), "{shown:?}");
    let (text, range) = popup(&mut stage, (6, 9), "compute_total").unwrap();
    assert_eq!(text, format!("com{}", shown[0]));
    assert_eq!(range["end"]["character"], 9 + shown[0].matches("))").count());
}
