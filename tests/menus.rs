//! Menus of code actions: few entries, so that those of other language servers stay visible, with all actions
//! within reach.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::stage::{Stage, answer, capabilities, lines};

const INVOKED: u8 = 1;
const AUTOMATIC: u8 = 2;

/// Three user-defined actions.
const OWN: &str = "[[action]]\nname = \"a\"\ntitle = \"Own a\"\ninstruction = \"x\"\n\
                   [[action]]\nname = \"b\"\ntitle = \"Own b\"\ninstruction = \"x\"\n\
                   [[action]]\nname = \"c\"\ntitle = \"Own c\"\ninstruction = \"x\"\n";

fn context(diagnostics: Value, trigger: u8) -> Value {
    json!({ "diagnostics": diagnostics, "triggerKind": trigger })
}

fn complaint() -> Value {
    json!([{ "range": lines(1, 2), "message": "unused", "source": "rustc", "severity": 2 }])
}

fn titled(names: &[&str]) -> Vec<String> {
    names.iter().map(|it| format!("Understudy: {it}")).collect()
}

/// A client that cannot show message choices.
fn plain(tables: &str) -> Stage {
    let mut capabilities = capabilities();
    capabilities["window"].as_object_mut().unwrap().remove("showMessage");
    let options = json!({ "answers": true, "input": true });
    Stage::greeted("", tables, options, ("Test", capabilities), vec![answer("x")])
}

#[test]
fn a_menu_has_fix_explain_edit_document_and_more() {
    let mut stage = Stage::new(vec![answer("x")]);
    let menu = stage.titles(context(json!([]), INVOKED));
    assert_eq!(menu, titled(&["Explain", "Edit as I say…", "Document", "More…"]));
    let menu = stage.titles(context(complaint(), INVOKED));
    let expected = titled(&["Fix: unused", "Explain", "Edit as I say…", "Document", "More…"]);
    assert_eq!(menu, expected);
}

#[test]
fn user_defined_actions_do_not_lengthen_the_menu_and_are_under_more() {
    let mut stage = Stage::set_up("", OWN, json!({}), "Test", vec![answer("x")]);
    let menu = stage.menu(context(complaint(), INVOKED));
    let titles: Vec<_> = menu.iter().map(|it| it["title"].as_str().unwrap()).collect();
    assert_eq!(titles, titled(&["Fix: unused", "Explain", "Own a", "More…"]));
    let more = menu[3]["command"]["arguments"][0]["actions"].as_array().unwrap();
    let others: Vec<_> = more.iter().map(|it| it["title"].as_str().unwrap()).collect();
    for title in ["Own b", "Own c", "Document", "Write tests", "Review"] {
        assert!(others.contains(&title), "{title}: {others:?}");
    }
}

#[test]
fn without_message_choices_more_puts_the_other_actions_into_the_next_menu() {
    let mut stage = plain("");
    let menu = stage.menu(context(complaint(), INVOKED));
    assert_eq!((menu.len(), &menu[4]["title"]), (5, &json!("Understudy: More…")));
    let command = &menu[4]["command"];
    let behind = command["arguments"][0]["actions"].as_array().unwrap();
    let behind: BTreeSet<_> =
        behind.iter().map(|it| format!("Understudy: {}", it["title"].as_str().unwrap())).collect();
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    assert_eq!(stage.editor.request("workspace/executeCommand", params), Value::Null);
    let said = stage.editor.take("window/showMessage")["message"].take();
    assert!(said.as_str().unwrap().contains("open the code actions again"), "{said}");

    // A light bulb request is not an opened menu.
    assert_eq!(stage.titles(context(complaint(), AUTOMATIC)).len(), 1);
    let next = stage.titles(context(complaint(), INVOKED));
    // The document may be parsed by now, which adds actions and removes none.
    let next: BTreeSet<_> = next.into_iter().collect();
    assert!(next.is_superset(&behind) && behind.len() >= 5, "{next:?} {behind:?}");
    assert!(next.contains("Understudy: Review"), "{next:?}");
    assert_eq!(stage.titles(context(complaint(), INVOKED)).len(), 5);
}
