//! The next edit: a change that was just made several times, at the place where it is due next.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::editor::{Editor, Hello, uri};

const TEXT: &str = "\
fn main() {
    let a = store.load(ctx, 1);
    let b = store.load(ctx, 2);
    keep(b);
    let c = store.load(ctx, 3);
    let d = store.load(ctx, 4);
    let é = \"é\"; let e = store.load(ctx, 5);
}
";

/// An editor with one document that changes as if a user typed.
pub(crate) struct Desk {
    pub(crate) editor: Editor,
    pub(crate) folder: TempDir,
    folder_uri: String,
    pub(crate) uri: String,
    pub(crate) text: String,
    pub(crate) version: i32,
}

impl Desk {
    fn new(text: &str) -> Self {
        Self::with(text, json!({}), json!({ "general": { "positionEncodings": ["utf-8"] } }))
    }

    fn with(text: &str, options: Value, capabilities: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = vec![folder.path().to_owned()];
        let editor = Editor::hello(Hello { roots, options, capabilities, ..Hello::default() });
        Self::in_folder(folder, editor, text)
    }

    /// With a document in the folder of an editor.
    pub(crate) fn in_folder(folder: TempDir, editor: Editor, text: &str) -> Self {
        Self::with_file(folder, editor, "main.rs", text)
    }

    /// With a document of this name, which determines its language.
    pub(crate) fn with_file(folder: TempDir, mut editor: Editor, name: &str, text: &str) -> Self {
        editor.forgiving = true;
        let uri_of = |name: &str| uri(&folder.path().join(name));
        let (folder_uri, uri) = (uri_of(""), uri_of(name));
        editor.open(&uri, if name == "main.rs" { "rust" } else { "" }, text);
        Self { editor, folder, folder_uri, uri, text: text.to_owned(), version: 0 }
    }

    /// Replaces the `nth` occurrence of `old` in one change.
    pub(crate) fn edits(&mut self, old: &str, nth: usize, new: &str) {
        let start = self.text.match_indices(old).nth(nth).expect("the text holds it").0;
        self.replaces(&[(start, old.len(), new)]);
    }

    /// Several changes in one message, the last place first.
    pub(crate) fn replaces(&mut self, changes: &[(usize, usize, &str)]) {
        let changes = changes.iter().map(|(start, length, new)| {
            let range = json!({
                "start": position(&self.text, *start), "end": position(&self.text, start + length),
            });
            self.text.replace_range(*start..start + length, new);
            json!({ "range": range, "text": new })
        });
        let changes: Vec<Value> = changes.collect();
        self.version += 1;
        self.editor.change(&self.uri, self.version, changes.into());
    }

    fn types(&mut self, old: &str, nth: usize, new: &str) {
        let at = self.text.match_indices(old).nth(nth).expect("the text holds it").0;
        self.replaces(&[(at, old.len(), "")]);
        for (offset, key) in new.char_indices() {
            self.replaces(&[(at + offset, 0, key.encode_utf8(&mut [0; 4]))]);
        }
    }

    fn ask(&mut self, method: &str) -> Vec<Value> {
        let id = json!({ "uri": self.uri, "version": self.version });
        let at = json!({ "line": 0, "character": 0 });
        let answer = self.editor.request(method, json!({ "textDocument": id, "position": at }));
        let edits = answer["edits"].as_array().expect("a list, never null").clone();
        assert!(edits.len() <= 1, "{edits:?}");
        edits
    }

    pub(crate) fn next(&mut self) -> Option<Value> {
        self.ask("textDocument/copilotInlineEdit").pop()
    }

    /// The trimmed line after the suggested edit.
    fn shows(&mut self) -> Option<String> {
        let edit = self.next()?;
        assert_eq!(edit["textDocument"], json!({ "uri": self.uri, "version": self.version }));
        let applied = applied(&self.text, &edit);
        let line = edit["range"]["start"]["line"].as_u64().unwrap() as usize;
        Some(format!("{}: {}", line + 1, applied.lines().nth(line).unwrap().trim()))
    }

    /// Applies an edit as a client does after showing it.
    pub(crate) fn applies(&mut self, edit: &Value) {
        self.text = applied(&self.text, edit);
        self.version += 1;
        let change = json!({ "range": edit["range"], "text": edit["text"] });
        self.editor.change(&self.uri, self.version, json!([change]));
    }

    pub(crate) fn run(&mut self, command: &str, argument: &Value) {
        let params = json!({ "command": command, "arguments": [argument] });
        assert_eq!(self.editor.request("workspace/executeCommand", params), Value::Null);
    }

    /// Makes the same change in the first three places.
    fn three(&mut self) {
        for _ in 0..3 {
            self.edits("load", 0, "fetch");
        }
    }
}

/// A byte offset as a UTF-8 position.
pub(crate) fn position(text: &str, offset: usize) -> Value {
    let line = text[..offset].matches('\n').count();
    let start = text[..offset].rfind('\n').map_or(0, |it| it + 1);
    json!({ "line": line, "character": offset - start })
}

pub(crate) fn applied(text: &str, edit: &Value) -> String {
    let [start, end] = ["start", "end"].map(|it| {
        let at = |what: &str| edit["range"][it][what].as_u64().unwrap() as usize;
        let lines: usize = text.split_inclusive('\n').take(at("line")).map(str::len).sum();
        lines + at("character")
    });
    let mut text = text.to_owned();
    text.replace_range(start..end, edit["text"].as_str().unwrap());
    text
}

#[test]
fn a_change_made_three_times_is_suggested_at_the_next_place() {
    let mut desk = Desk::new(TEXT);
    assert_eq!(desk.shows(), None);
    desk.types("load", 0, "fetch");
    assert_eq!(desk.shows(), None);
    desk.edits("load", 0, "fetch");
    desk.types("load", 0, "fetch");
    desk.edits("load", 0, "fetch");
    assert_eq!(desk.shows().as_deref(), Some("7: let é = \"é\"; let e = store.fetch(ctx, 5);"));
}

#[test]
fn only_the_newest_of_several_requests_is_answered_with_an_edit() {
    let mut desk = Desk::new(TEXT);
    desk.three();
    assert!(desk.next().is_some());
    let document = json!({ "uri": desk.uri, "version": desk.version });
    let params = json!({ "textDocument": document, "position": { "line": 5, "character": 0 } });
    let sent: Vec<i64> =
        (0..5).map(|_| desk.editor.send("understudy/nextEdit", params.clone())).collect();
    let edits = sent.iter().map(|it| desk.editor.result(*it)["edits"].as_array().unwrap().len());
    assert_eq!(edits.collect::<Vec<_>>(), [0, 0, 0, 0, 1]);
}

#[test]
fn an_edit_contains_the_command_that_accepts_it() {
    let mut desk = Desk::new(TEXT);
    desk.three();
    let edit = desk.next().unwrap();
    let at = |character: u32| json!({ "line": 5, "character": character });
    assert_eq!(edit["range"], json!({ "start": at(18), "end": at(22) }));
    assert_eq!(edit["text"], "fetch");
    assert_eq!(edit["command"]["command"], "understudy.nextEdit.accept");
    let listed = &desk.editor.initialized["capabilities"]["executeCommandProvider"]["commands"];
    assert!(listed.as_array().unwrap().contains(&edit["command"]["command"]));
    assert!(edit.get("kind").is_none(), "it is ours: {edit}");
    let known = desk.ask("understudy/nextEdit").remove(0);
    assert_eq!([&known["kind"], &known["source"]], ["repeat", "history"]);
    assert!(known["confidence"].as_f64().is_some_and(|it| it > 0.5 && it < 1.0));
}

#[test]
fn a_partly_typed_word_suggests_nothing() {
    let mut desk = Desk::new(TEXT);
    desk.types("load", 0, "fetch");
    desk.types("load", 0, "fetch");
    desk.types("load", 0, "fe");
    assert_eq!(desk.shows(), None);
    let at = desk.text.find("fe(").unwrap() + 2;
    for (offset, key) in ["t", "c"].into_iter().enumerate() {
        desk.replaces(&[(at + offset, 0, key)]);
        assert_eq!(desk.shows(), None);
    }
    desk.replaces(&[(at + 2, 0, "h")]);
    assert!(desk.shows().is_some());
}

#[test]
fn applying_an_edit_suggests_the_next_one() {
    let mut desk = Desk::new(TEXT);
    desk.three();
    for line in [6, 7] {
        let edit = desk.next().expect("one is left");
        assert_eq!(edit["range"]["start"]["line"], line - 1);
        desk.applies(&edit);
        desk.run("understudy.nextEdit.accept", &edit["command"]["arguments"][0]);
    }
    assert_eq!(desk.shows(), None);
    assert_eq!(desk.text, TEXT.replace("load", "fetch"));
}

#[test]
fn acceptance_is_recognised_from_a_notification_or_from_the_change_itself() {
    let mut desk = Desk::new(TEXT);
    desk.three();
    let edit = desk.next().unwrap();
    desk.applies(&edit);
    let accept = json!({ "command": "understudy.nextEdit.accept", "arguments": edit["command"]["arguments"] });
    desk.editor.notify("workspace/executeCommand", accept);
    let edit = desk.next().unwrap();
    desk.applies(&edit);
    assert_eq!(desk.shows(), None);
    assert_eq!(desk.text, TEXT.replace("load", "fetch"));
}

#[test]
fn an_edit_rejected_in_two_places_is_not_suggested_again() {
    let text = TEXT.replace("}\n", "    let f = store.load(ctx, 6);\n}\n");
    let mut desk = Desk::new(&text);
    desk.three();
    for line in [5, 6] {
        let edit = desk.next().expect("one is left");
        assert_eq!(edit["range"]["start"]["line"], line);
        desk.run("understudy.nextEdit.reject", &edit["command"]["arguments"][0]);
    }
    assert_eq!(desk.shows(), None, "line 8 is left");
    desk.edits("load", 0, "fetch");
    assert_eq!(desk.shows(), None);
}

#[test]
fn edits_ignored_repeatedly_are_muted_and_edits_never_shown_do_not_count() {
    let text = "use a;\n\n\n\n".to_owned() + &"\n\n    let a = store.load(ctx, 1);\n".repeat(12);
    for (told, expected) in [(true, None), (false, Some(true))] {
        let mut desk = Desk::new(&text);
        desk.three();
        for at in 0..4 {
            let edit = desk.next().expect("it is not muted yet");
            if told || at == 0 {
                let item = json!({ "item": { "command": edit["command"] } });
                desk.editor.notify("textDocument/didShowInlineEdit", item);
            }
            let name = ["use a", "use b"][at % 2];
            desk.edits(name, 0, ["use b", "use a"][at % 2]);
            desk.edits("load", 0, "fetch");
        }
        assert_eq!(desk.shows().map(|_| true), expected, "told: {told}");
    }
}

#[test]
fn after_an_undo_nothing_is_suggested() {
    let mut desk = Desk::new(TEXT);
    desk.three();
    assert!(desk.shows().is_some());
    desk.edits("fetch", 2, "load");
    assert_eq!(desk.shows(), None);
}

#[test]
fn formatting_and_replace_all_do_not_count_as_repeated_changes() {
    let mut desk = Desk::new(TEXT);
    let places: Vec<usize> = TEXT.match_indices("load").map(|it| it.0).collect();
    let changes: Vec<_> = places[..3].iter().rev().map(|it| (*it, 4, "fetch")).collect();
    desk.replaces(&changes);
    assert_eq!(desk.shows(), None);
    desk.edits("load", 0, "fetch");
    assert_eq!(desk.shows(), None);
}

#[test]
fn a_wrong_document_version_gets_an_empty_list() {
    let mut desk = Desk::new(TEXT);
    desk.three();
    desk.version -= 1;
    assert_eq!(desk.next(), None);
    desk.version += 2;
    assert_eq!(desk.next(), None);
    desk.uri += "x";
    assert_eq!(desk.next(), None);
}

#[test]
fn pauses_settings_and_exclusions_apply_as_for_ghost_text() {
    for options in [
        json!({ "next_edit": false }),
        json!({ "complete": { "languages": { "rust": false } } }),
        json!({ "complete": { "trigger": "manual" } }),
        json!({ "index": { "forbid": ["main.rs"] } }),
    ] {
        let mut desk = Desk::with(TEXT, options.clone(), json!({}));
        desk.text = TEXT.replace('é', "e");
        let (uri, text) = (desk.uri.clone(), desk.text.clone());
        desk.editor.open(&uri, "rust", &text);
        desk.three();
        assert_eq!(desk.shows(), None, "{options}");
    }
    let mut desk = Desk::new(TEXT);
    desk.three();
    let everywhere = json!({ "uri": desk.folder_uri });
    desk.run("understudy.pause", &everywhere);
    assert_eq!(desk.shows(), None);
    desk.run("understudy.resume", &json!({}));
    assert!(desk.shows().is_some());
}

#[test]
fn edits_in_another_document_are_only_for_clients_that_can_jump() {
    let mut desk = Desk::new(TEXT);
    let other = desk.folder_uri.clone() + "/other.rs";
    let hidden = desk.folder_uri.clone() + "/.env";
    for uri in [&hidden, &other] {
        desk.editor.open(uri, "rust", "fn f() {\n    let a = store.load(ctx, 9);\n}\n");
    }
    for _ in 0..5 {
        desk.edits("load", 0, "fetch");
    }
    assert_eq!(desk.next(), None);
    let edit = desk.ask("understudy/nextEdit").remove(0);
    assert_eq!(edit["textDocument"], json!({ "uri": other, "version": 0 }));
    assert_eq!(edit["range"]["start"], json!({ "line": 1, "character": 18 }));
    // For that document it is an edit of the document itself.
    (desk.uri, desk.version) = (other, 0);
    assert_eq!(desk.next().unwrap()["range"], edit["range"]);
}

#[test]
fn next_edits_for_copilot_clients_use_utf_16() {
    let options = json!({ "editorPluginInfo": { "name": "copilot.el", "version": "1" } });
    let capabilities = json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } });
    let mut desk = Desk::with(TEXT, options, capabilities);
    for _ in 0..4 {
        desk.edits("load", 0, "fetch");
    }
    let edit = desk.next().unwrap();
    assert_eq!(edit["range"]["start"], json!({ "line": 6, "character": 31 }));
}

#[test]
fn after_a_rename_names_with_another_meaning_are_not_suggested() {
    let text = "def area(side):\n    return side\n\n\nprint(area(2))\nprint(area(3))\n\n\n\
        def show(area):\n    print(area(5))\n";
    let mut desk = Desk::new(text);
    desk.uri = desk.folder_uri.clone() + "/main.py";
    desk.editor.open(&desk.uri, "python", text);
    desk.edits("area", 0, "surface");
    for line in [4, 5] {
        let edit = (0..1000).find_map(|_| {
            desk.editor.turn();
            desk.next()
        });
        let edit = edit.expect("a use");
        assert_eq!(edit["range"]["start"]["line"], line);
        desk.applies(&edit);
    }
    for _ in 0..100 {
        desk.editor.turn();
        assert_eq!(desk.next(), None);
    }
}

#[test]
fn renaming_a_definition_suggests_renaming_its_uses() {
    let text = "fn load(x: u8) -> u8 {\n    x\n}\n\nfn main() {\n    let a = load(1);\n    a.load();\n    \
        println!(\"load\");\n    let b = load(a);\n}\n";
    let mut desk = Desk::new(text);
    let parsed = |desk: &mut Desk| {
        desk.editor.turn();
        desk.ask("understudy/nextEdit").pop()
    };
    desk.types("load", 0, "fetch");
    let mut edit = None;
    for _ in 0..1000 {
        edit = parsed(&mut desk);
        if edit.is_some() {
            break;
        }
    }
    let edit = edit.expect("its definition is parsed");
    assert_eq!(edit["kind"], "rename");
    assert_eq!(edit["range"]["start"], json!({ "line": 5, "character": 12 }));
    let name = json!({
        "start": { "line": 0, "character": 3 }, "end": { "line": 0, "character": 8 },
    });
    let document = json!({ "uri": desk.uri, "version": desk.version });
    let definition = json!({ "textDocument": document, "range": name, "oldName": "load" });
    assert_eq!(edit["definition"], definition);
    desk.applies(&edit);
    let edit = desk.next().expect("the second use");
    assert_eq!(edit["range"]["start"], json!({ "line": 8, "character": 12 }));
    desk.applies(&edit);
    assert_eq!(desk.shows(), None, "a method and a string are no uses");
}

#[test]
fn the_old_name_with_another_meaning_is_no_use() {
    let text = "function area(w) {\n  return w * w;\n}\n\n\
        // An area is never negative.\n\
        function scaled(area) {\n  return area * 2;\n}\n\n\
        function both() {\n  const area = 3;\n  return area;\n}\n\n\
        const all = { area };\nconst labelled = { area: 1 };\nconst a = area(2);\n";
    let mut desk = Desk::new(text);
    let uri = desk.folder_uri.clone() + "/main.js";
    desk.editor.open(&uri, "javascript", text);
    desk.uri = uri;
    desk.edits("area", 0, "surface");
    let found = (0..1000).find_map(|_| {
        desk.editor.turn();
        desk.shows()
    });
    assert_eq!(found.as_deref(), Some("15: const all = { area: surface };"));
    desk.edits("{ area }", 0, "{ area: surface }");
    assert_eq!(desk.shows().as_deref(), Some("17: const a = surface(2);"));
    desk.edits("area(2)", 0, "surface(2)");
    assert_eq!(desk.shows(), None);
}

/// The first entry of the menu at the start of the document.
pub(crate) fn first_action(desk: &mut Desk, context: Value) -> Option<Value> {
    let at = json!({ "line": 0, "character": 0 });
    let params = json!({
        "textDocument": { "uri": desk.uri },
        "range": { "start": at, "end": at },
        "context": context,
    });
    let menu = desk.editor.request("textDocument/codeAction", params);
    let first = menu.as_array()?.first()?.clone();
    first["title"].as_str()?.starts_with("Next edit").then_some(first)
}

#[test]
fn the_menu_shows_applies_and_jumps_to_the_next_edit() {
    let capabilities = json!({
        "general": { "positionEncodings": ["utf-8"] },
        "window": { "showDocument": { "support": true } },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    });
    let mut desk = Desk::with(TEXT, json!({}), capabilities);
    let invoked = json!({ "diagnostics": [], "triggerKind": 1 });
    assert_eq!(first_action(&mut desk, invoked.clone()), None);
    desk.three();
    let action = first_action(&mut desk, invoked).unwrap();
    assert_eq!(action["title"], "Next edit: line 6, `load` → `fetch`");
    assert_eq!(action["kind"], "quickfix");
    let change = action["edit"]["documentChanges"][0].clone();
    assert_eq!(change["textDocument"], json!({ "uri": desk.uri, "version": desk.version }));
    let edit =
        json!({ "range": change["edits"][0]["range"], "text": change["edits"][0]["newText"] });
    desk.applies(&edit);
    let command = &action["command"];
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    desk.editor.request("workspace/executeCommand", params);
    let shown = desk.editor.take_request("window/showDocument");
    assert_eq!(shown["uri"], desk.uri.as_str());
    assert_eq!(shown["selection"]["start"], json!({ "line": 5, "character": 18 }));
    // Light bulbs and other kinds of actions do not offer it.
    let bulb = json!({ "diagnostics": [], "triggerKind": 2 });
    assert_eq!(first_action(&mut desk, bulb), None);
    let extract = json!({ "diagnostics": [], "only": ["refactor.extract"] });
    assert_eq!(first_action(&mut desk, extract), None);
}

#[test]
fn closing_the_menu_rejects_nothing() {
    let text =
        TEXT.replace("}\n", &"    let f = store.load(ctx, 6);\n".repeat(9)).to_owned() + "}\n";
    let mut desk = Desk::new(&text);
    desk.three();
    for _ in 0..6 {
        assert!(first_action(&mut desk, json!({ "diagnostics": [] })).is_some());
        desk.edits("main", 0, "main2");
        desk.edits("load", 0, "fetch");
    }
    assert!(first_action(&mut desk, json!({ "diagnostics": [] })).is_some());
}

#[test]
fn a_diagnostic_hint_marks_the_next_edit() {
    let capabilities = json!({ "general": { "positionEncodings": ["utf-8"] } });
    let mut desk = Desk::with(TEXT, json!({ "next_edit": "hint" }), capabilities);
    desk.three();
    let method = "textDocument/publishDiagnostics";
    let hints =
        |desk: &mut Desk| desk.editor.take(method)["diagnostics"].as_array().unwrap().clone();
    let hint = hints(&mut desk).remove(0);
    assert_eq!(hint["severity"], 4);
    assert_eq!(hint["message"], "Next edit: line 6, `load` → `fetch`");
    assert_eq!(hint["range"]["start"]["line"], 5);
    desk.edits("fetch", 2, "load");
    assert_eq!(hints(&mut desk), [] as [Value; 0]);
    desk.edits("load", 0, "fetch");
    desk.edits("load", 0, "fetch");
    assert_eq!(hints(&mut desk).len(), 1);
    let uri = desk.uri.clone();
    desk.editor.close(&uri);
    assert_eq!(hints(&mut desk), [] as [Value; 0]);
    let mut desk = Desk::new(TEXT);
    desk.three();
    desk.next();
    assert!(!desk.editor.has_unread(method));
}

#[test]
fn an_added_parameter_is_suggested_in_calls_that_can_pass_it() {
    let text = "fn load(id: u8) -> u8 {\n    id\n}\n\nfn first(limit: u8) -> u8 {\n    load(1) + limit\n}\n\n\
        fn second() -> u8 {\n    load(2)\n}\n\nfn third() -> u8 {\n    let limit = 3;\n    load(limit)\n}\n";
    let mut desk = Desk::new(text);
    desk.edits("id: u8", 0, "id: u8, limit: u8");
    let mut edit = None;
    for _ in 0..1000 {
        desk.editor.turn();
        edit = desk.ask("understudy/nextEdit").pop();
        if edit.is_some() {
            break;
        }
    }
    let edit = edit.expect("its definition is parsed");
    assert_eq!(edit["kind"], "parameter");
    assert_eq!(edit["range"]["start"], json!({ "line": 5, "character": 10 }));
    assert_eq!(edit["text"], ", limit");
    desk.applies(&edit);
    let edit = desk.next().expect("the last call");
    assert_eq!(edit["range"]["start"], json!({ "line": 14, "character": 14 }));
    desk.applies(&edit);
    assert_eq!(desk.shows(), None, "the second has nothing to pass");
}
