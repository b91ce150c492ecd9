//! Which actions stand in a menu itself: few, so that those of a language's own server stay visible.

use crate::prompt::action::{Action, Words, edit};

/// Actions of ours that every menu has, and those of which it has one.
const ALWAYS: [&str; 2] = ["explain", edit::NAME];
const ONE_OF: [&str; 2] = ["document", "test"];

/// Splits actions that fit a place, the best first, into at most four for the menu and the others: one
/// that fits better than `explain` (a fix, a commit message), `explain`, `edit`, and one of the user's
/// own, `document` or `test`. A single other joins the four.
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
