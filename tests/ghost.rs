//! Ghost text from the built-in model, as an editor sees it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::editor::{Editor, Hello, eager, inline, texts, uri};
use crate::support::ghost::{BEGUN, LINE, REST, end, new_file, project};

/// An editor in the project with a new file that ends in `text`.
fn opened(folder: &Path, text: &str) -> (Editor, String) {
    let mut editor = Editor::new(&[folder]);
    let uri = uri(&folder.join("new.rs"));
    editor.open(&uri, "rust", text);
    (editor, uri)
}

#[test]
fn the_workspace_completes_a_new_file() {
    let folder = project();
    let (mut editor, uri) = opened(folder.path(), &new_file(BEGUN));
    assert_eq!(editor.ghost(&uri, end(BEGUN)), [REST]);
}

#[test]
fn by_default_repeated_lines_are_completed_to_their_end_and_lines_with_varying_ends_are_not() {
    let folder = project();
    let roots = vec![folder.path().to_owned()];
    let mut editor = Editor::hello(Hello { roots, ..Hello::default() });
    editor.indexed();
    let uri = uri(&folder.path().join("new.rs"));
    let begun = "    let snapshot = session.sna";
    let above = format!("{}\n", new_file(LINE)).repeat(4);
    editor.open(&uri, "rust", &[above.as_str(), &new_file(begun)].concat());
    let (row, column) = end(begun);
    let row = row + above.lines().count() as u32;
    assert_eq!(editor.ghost(&uri, (row, column)), ["pshot(params)?;"]);
    // Each file traces a different number.
    let open = [above.as_str(), &new_file("    trace(")].concat();
    editor.change(&uri, 2, json!([{ "text": open }]));
    assert_eq!(editor.ghost(&uri, (row, 10)), Vec::<String>::new());
}

#[test]
fn an_item_has_the_exact_range_that_it_replaces() {
    let folder = project();
    let (mut editor, uri) = opened(folder.path(), &new_file(BEGUN));
    let answer = editor.request("textDocument/inlineCompletion", inline(&uri, end(BEGUN), 2));
    let at = json!({ "line": 3, "character": BEGUN.len() });
    assert_eq!(answer["items"][0]["range"], json!({ "start": at, "end": at }));
}

#[test]
fn closing_brackets_inserted_by_the_editor_are_replaced_not_duplicated() {
    let folder = project();
    let begun = "    let snapshot = session.snapshot(par";
    let (mut editor, uri) = opened(folder.path(), &new_file(&format!("{begun})")));
    let answer = editor.request("textDocument/inlineCompletion", inline(&uri, end(begun), 2));
    let item = &answer["items"][0];
    assert_eq!(item["insertText"], "ams)?;");
    assert_eq!(item["range"]["end"], json!({ "line": 3, "character": begun.len() + 1 }));
}

#[test]
fn typing_a_partial_accept_and_a_backspace_keep_the_rest_of_a_suggestion() {
    let folder = project();
    let (mut editor, uri) = opened(folder.path(), &new_file(BEGUN));
    let (line, column) = end(BEGUN);
    assert_eq!(editor.ghost(&uri, (line, column)), [REST]);
    // One character at a time.
    for (typed, char) in "sio".char_indices() {
        let at = column + typed as u32;
        editor.insert(&uri, typed as i32 + 1, (line, at), &char.to_string());
        assert_eq!(editor.ghost(&uri, (line, at + 1)), [&REST[typed + 1..]]);
    }
    // A whole word, then two backspaces.
    editor.insert(&uri, 4, (line, column + 3), "n.snapshot");
    assert_eq!(editor.ghost(&uri, (line, column + 13)), [&REST[13..]]);
    let range = json!({
        "start": { "line": line, "character": column + 11 },
        "end": { "line": line, "character": column + 13 },
    });
    editor.change(&uri, 5, json!([{ "range": range, "text": "" }]));
    assert_eq!(editor.ghost(&uri, (line, column + 11)), [&REST[11..]]);
}

#[test]
fn nothing_is_offered_inside_a_word_just_accepted() {
    let folder = project();
    let begun = "    let snap";
    let (mut editor, uri) = opened(folder.path(), &new_file(begun));
    let (line, column) = end(begun);
    let shown = editor.ghost(&uri, (line, column));
    assert_eq!(shown.len(), 1);
    editor.insert(&uri, 1, (line, column), &shown[0]);
    let after = column + shown[0].len() as u32;
    assert!(editor.ghost(&uri, (line, after)).is_empty());
}

#[test]
fn nothing_is_suggested_if_code_follows_the_cursor() {
    let folder = project();
    let (mut editor, uri) = opened(folder.path(), &new_file(&format!("{BEGUN} + other")));
    assert!(editor.ghost(&uri, end(BEGUN)).is_empty());
    let (mut editor, uri) = opened(folder.path(), &new_file(LINE));
    assert!(editor.ghost(&uri, end(BEGUN)).is_empty());
}

#[test]
fn an_invoked_request_returns_up_to_three_different_suggestions() {
    let folder = project();
    let begun = "    let ";
    let (mut editor, uri) = opened(folder.path(), &new_file(begun));
    let params = inline(&uri, end(begun), 1);
    let mut offered = texts(&editor.request("textDocument/inlineCompletion", params));
    assert!((2..=3).contains(&offered.len()), "{offered:?}");
    offered.sort();
    offered.dedup();
    assert!(offered.len() >= 2);
}

#[test]
fn the_selected_popup_item_is_continued() {
    let folder = project();
    let begun = "    let snapshot = session.sn";
    let (mut editor, uri) = opened(folder.path(), &new_file(begun));
    let (line, column) = end(begun);
    let mut params = inline(&uri, (line, column), 2);
    let range = json!({
        "start": { "line": line, "character": column - 2 },
        "end": { "line": line, "character": column },
    });
    params["context"]["selectedCompletionInfo"] = json!({ "range": range, "text": "snapshot" });
    let answer = editor.request("textDocument/inlineCompletion", params.clone());
    let item = &answer["items"][0];
    assert_eq!(item["insertText"], "snapshot(params)?;");
    assert_eq!(item["range"], range);

    params["context"]["selectedCompletionInfo"]["text"] = json!("nothing_that_is_known");
    let answer = editor.request("textDocument/inlineCompletion", params);
    assert_eq!(answer, json!({ "items": [] }));
}

#[test]
fn an_editor_without_ghost_text_gets_an_item_that_passes_its_filter() {
    let folder = project();
    let roots = vec![folder.path().to_owned()];
    let capabilities = json!({ "window": { "workDoneProgress": true } });
    let mut editor =
        Editor::hello(Hello { capabilities, roots, options: eager(), ..Hello::default() });
    editor.indexed();
    let uri = uri(&folder.path().join("new.rs"));
    editor.open(&uri, "rust", &new_file(BEGUN));
    let (line, column) = end(BEGUN);
    let params = json!({
        "textDocument": { "uri": uri },
        "position": { "line": line, "character": column },
        "context": { "triggerKind": 1 },
    });
    let answer = editor.request("textDocument/completion", params);
    assert_eq!(answer["isIncomplete"], true);
    let item = &answer["items"][0];
    assert_eq!(item["filterText"], format!("ses{REST}"));
    assert_eq!(item["textEdit"]["newText"], format!("ses{REST}"));
    assert_eq!(item["textEdit"]["range"]["start"]["character"], column - 3);
    assert_eq!(item["preselect"], false);
    assert!(item["detail"].as_str().unwrap().starts_with("Understudy: embedded"));
    assert_eq!(item["sortText"], "\u{10FFFF}");
    assert_eq!(item["label"], format!("ses{REST}"));
}

#[test]
fn an_excluded_file_is_never_learned_nor_completed() {
    let folder = project();
    let secret = "API_TOKEN=\"sk-live-0123456789abcdef\"\n".repeat(3);
    fs::write(folder.path().join(".env"), &secret).unwrap();
    fs::write(folder.path().join(".env.example"), "API_TOKEN=\"your token here\"\n".repeat(3))
        .unwrap();
    let mut editor = Editor::new(&[folder.path()]);
    let guarded = uri(&folder.path().join(".env"));
    editor.open(&guarded, "dotenv", &format!("{secret}API_TO"));
    let params = inline(&guarded, (3, 6), 1);
    let answer = editor.request("textDocument/inlineCompletion", params);
    assert_eq!(answer, json!({ "items": [] }));

    let other = uri(&folder.path().join("run.sh"));
    editor.open(&other, "shellscript", "export API_TOKEN=\"sk-l");
    let answer = editor.request("textDocument/inlineCompletion", inline(&other, (0, 22), 1));
    assert!(!answer.to_string().contains("live"), "{answer}");
}

#[test]
fn documents_of_any_uri_scheme_are_completed() {
    let folder = project();
    for uri in [
        "untitled:Untitled-1",
        "untitled:/nowhere/new.rs",
        "vscode-notebook-cell:/nowhere/book.ipynb#W0",
        "vscode-notebook-cell://ssh-remote%2Bhost/nowhere/book.ipynb#W0",
        "vscode-remote://ssh-remote%2Bhost/nowhere/new.rs",
        "vscode-vfs://github/owner/repo/new.rs",
        "buffer:*scratch*",
        "buffer://*scratch*",
        "inmemory://model/1",
        "file://",
        "file:///nowhere/new.rs",
        "any-editors-own:new",
    ] {
        let mut editor = Editor::new(&[folder.path()]);
        editor.open(uri, "rust", &new_file(BEGUN));
        assert_eq!(editor.ghost(uri, end(BEGUN)), [REST], "{uri}");
    }
}

/// Such documents belong to no folder of the editor, even if the names match.
#[test]
fn exclusion_rules_apply_to_documents_of_any_uri_scheme() {
    let folder = project();
    let mut editor = Editor::new(&[folder.path()]);
    for uri in
        ["vscode-remote://host/app/.env", "vscode-vfs://github/o/r/.ssh/id_rsa", "untitled:/x/.env"]
    {
        editor.open(uri, "dotenv", "PASSWORD=abcdefgh\nPASSWORD=abcdefgh\nPASS");
        let answer = editor.request("textDocument/inlineCompletion", inline(uri, (2, 4), 1));
        assert_eq!(answer, json!({ "items": [] }), "{uri}");
    }
}

#[test]
fn a_language_without_a_grammar_is_completed_by_lines() {
    let folder = tempfile::tempdir().unwrap();
    let line = "move tape_head to the left_margin until carriage_return;\n";
    for number in 0..40 {
        fs::write(folder.path().join(format!("{number}.tape")), line.repeat(4)).unwrap();
    }
    let mut editor = Editor::new(&[folder.path()]);
    let uri = uri(&folder.path().join("new.tape"));
    editor.open(&uri, "tape", "move tape_head to the le");
    assert_eq!(editor.ghost(&uri, (0, 24)), ["ft_margin until carriage_return;"]);
}

#[test]
fn nothing_is_suggested_in_an_empty_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::new(&[folder.path()]);
    let uri = uri(&folder.path().join("new.rs"));
    editor.open(&uri, "rust", "fn main() {\n    let a = \n}\n");
    assert!(editor.ghost(&uri, (1, 12)).is_empty());
    assert_eq!(editor.ghost(&uri, (2, 1)), Vec::<String>::new());
}

#[test]
fn a_removed_folder_is_forgotten() {
    let folder = project();
    let (mut editor, uri) = opened(folder.path(), &new_file(BEGUN));
    assert_eq!(editor.ghost(&uri, end(BEGUN)), [REST]);
    let root = json!({ "uri": crate::support::editor::uri(folder.path()), "name": "root" });
    let event = json!({ "event": { "added": [], "removed": [root] } });
    editor.notify("workspace/didChangeWorkspaceFolders", event);
    let other = new_file(BEGUN);
    let forgotten = (0..10_000).any(|version| {
        // Without an edit, the suggestion would stay.
        editor.change(&uri, version, json!([{ "text": "" }, { "text": other }]));
        editor.ghost(&uri, end(BEGUN)).is_empty()
    });
    assert!(forgotten);
}

#[test]
fn typed_text_is_learned_once_the_user_switches_to_another_document() {
    let folder = project();
    let mut editor = Editor::new(&[folder.path()]);
    let [first, second] = ["first.rs", "second.rs"].map(|it| uri(&folder.path().join(it)));
    let said = "    ledger.reserve(account_of_the_customer, amount_in_picodollars)?;\n".repeat(5);
    editor.open(&first, "rust", "");
    editor.insert(&first, 1, (0, 0), &said);
    editor.open(&second, "rust", "    ledger.reserve(acc");
    // Indexing runs in the background: the editor repeats its request as the user types.
    let ask = |editor: &mut Editor| editor.ghost(&second, (0, 22));
    let answer = std::iter::repeat_with(|| ask(&mut editor)).take(10_000).find(|it| !it.is_empty());
    assert_eq!(answer.unwrap(), ["ount_of_the_customer, amount_in_picodollars)?;"]);
}

#[test]
fn a_file_changed_on_disk_is_learned_again() {
    let folder = project();
    let mut editor = Editor::new(&[folder.path()]);
    let path = folder.path().join("outside.rs");
    fs::write(&path, "    ledger.settle(account_of_the_customer, at_the_end_of_day)?;\n".repeat(5))
        .unwrap();
    let change = json!({ "changes": [{ "uri": uri(&path), "type": 1 }] });
    editor.notify("workspace/didChangeWatchedFiles", change);
    let new = uri(&folder.path().join("new.rs"));
    editor.open(&new, "rust", "    ledger.settle(acc");
    let ask = |editor: &mut Editor| editor.ghost(&new, (0, 21));
    let answer = std::iter::repeat_with(|| ask(&mut editor)).take(10_000).find(|it| !it.is_empty());
    assert_eq!(answer.unwrap(), ["ount_of_the_customer, at_the_end_of_day)?;"]);
}

#[test]
fn reports_of_shown_items_are_accepted_and_wrong_reports_are_harmless() {
    let folder = project();
    let (mut editor, uri) = opened(folder.path(), &new_file(BEGUN));
    let answer = editor.request("textDocument/inlineCompletion", inline(&uri, end(BEGUN), 2));
    let item = &answer["items"][0];
    editor.notify("textDocument/didShowCompletion", json!({ "item": item }));
    editor.notify(
        "textDocument/didPartiallyAcceptCompletion",
        json!({ "item": item, "acceptedLength": 4 }),
    );
    editor.notify(
        "textDocument/didPartiallyAcceptCompletion",
        json!({ "item": item, "acceptedLength": 4_000_000 }),
    );
    editor.notify("textDocument/didShowCompletion", Value::Null);
    assert_eq!(editor.ghost(&uri, end(BEGUN)), [REST]);
}

#[test]
fn prose_strings_and_comments_need_a_higher_confidence() {
    let folder = project();
    let config = folder.path().join("config.toml");
    fs::write(&config, "embedded.threshold = 0.0\n").unwrap();
    let roots = vec![folder.path().to_owned()];
    let mut editor = Editor::hello(Hello { roots, config: Some(config), ..Hello::default() });
    editor.indexed();
    // Two continuations of `let` are equally likely.
    for (number, (language, begun, said)) in [
        ("rust", "    let ", true),
        ("rust", "    // let ", false),
        ("rust", "    \"let ", false),
        ("markdown", "    let ", false),
    ]
    .into_iter()
    .enumerate()
    {
        let uri = uri(&folder.path().join(format!("new_{number}")));
        let text = new_file(begun);
        editor.open(&uri, language, &text);
        let mut version = 0;
        // Before the tree is parsed, everything counts as code.
        editor.until(|it| {
            version += 1;
            it.change(&uri, version, json!([{ "text": text }]));
            it.ghost(&uri, end(begun)).is_empty() != said
        });
    }
}
