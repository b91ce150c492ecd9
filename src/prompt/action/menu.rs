//! Selects the actions at the top level of a menu. The number is small so that the actions of the language's
//! own server stay visible.

use crate::prompt::action::{Action, Words, edit};

/// Built-in actions that are in every menu, and those of which a menu has at most one.
const ALWAYS: [&str; 2] = ["explain", edit::NAME];
const ONE_OF: [&str; 2] = ["document", "test"];

/// Splits applicable actions, best first, into at most four for the menu and the rest. The four are: an
/// action that ranks above `explain` (a fix, a commit message), `explain`, `edit`, and one of user-defined
/// actions, `document` or `test`. A single remaining action is added to the four.
pub fn split(actions: Vec<Action>) -> (Vec<Action>, Vec<Action>) {
    let is_extra =
        |it: &Action| ONE_OF.contains(&&*it.name) || matches!(it.words, Words::Theirs(_));
    let is_usual = |it: &Action| ALWAYS.contains(&&*it.name) || is_extra(it);
    let first_extra = actions.iter().position(is_extra);
    let in_menu = |at: usize, it: &Action| {
        let leads = at == 0 && !is_usual(it);
        leads || ALWAYS.contains(&&*it.name) || Some(at) == first_extra
    };
    let (mut menu, mut others) = (Vec::new(), Vec::new());
    for (at, it) in actions.into_iter().enumerate() {
        if in_menu(at, &it) { menu.push(it) } else { others.push(it) }
    }
    if others.len() == 1 {
        menu.append(&mut others);
    }
    (menu, others)
}
