//! A change that renames variables changes nothing else.

use std::collections::HashMap;

use crate::reply::check::flaw::Flaw;
use crate::reply::check::{After, Proposal, deletion, tokens};
use crate::reply::naming;
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::tree::Tree;
use crate::text;

/// Words of an instruction that asks for nothing else.
const WORDS: usize = 12;

/// Whether the instruction asks only for another name of a variable or parameter of the selection.
pub(super) fn is_all(proposal: &Proposal<'_>, before: &Tree) -> bool {
    let said = proposal.said;
    let is_short = text::words(said).count() <= WORDS && !said.contains([',', ';', '\n']);
    is_short
        && deletion::renames(said)
        && !text::words(said).any(|it| it.eq_ignore_ascii_case("and"))
        && naming::bound(proposal.syntax, before, proposal.range)
            .iter()
            .any(|name| text::has_word(said, name))
}

/// As `only_names`, for an instruction: only what it names gets another name.
pub(super) fn as_said(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    only_names(proposal, before, after)?;
    let new = proposal.syntax.leaves(&after.tree, &after.range, Without::Documentation);
    let is_renamed = |name: &String| !new.iter().any(|it| it.text == *name);
    let mut bound = naming::bound(proposal.syntax, before, proposal.range).into_iter();
    match bound.find(|it| is_renamed(it) && !text::has_word(proposal.said, it)) {
        Some(name) => Err(Flaw::Unasked(name)),
        None => Ok(()),
    }
}

/// Checks that only names that the selection binds differ, each of them everywhere, and that no two become one.
pub(super) fn only_names(
    proposal: &Proposal<'_>,
    before: &Tree,
    after: &After,
) -> Result<(), Flaw> {
    let syntax = proposal.syntax;
    let old = syntax.leaves(before, proposal.range, Without::Documentation);
    let new = syntax.leaves(&after.tree, &after.range, Without::Documentation);
    let is_shorthand = |it: &Leaf| naming::is_shorthand(syntax, before, it);
    let Some(pairs) = paired(&old, &new, is_shorthand) else {
        return tokens::kept(proposal, before, after, Without::Documentation);
    };
    let bound = naming::bound(syntax, before, proposal.range);
    let mut names: HashMap<&str, &str> = HashMap::new();
    for (old, new) in &pairs {
        if old.text != new.text && bound.contains(&old.text) && naming::is_name(&new.text) {
            names.entry(&old.text).or_insert(&new.text);
        }
    }
    let is_there = |name: &str| old.iter().any(|it| it.text == name);
    if let Some(name) = names.values().find(|it| is_there(it) && !names.contains_key(**it)) {
        return Err(Flaw::Taken((*name).to_owned()));
    }
    let is_written_out = |it: &Leaf| !naming::is_shorthand(syntax, &after.tree, it);
    let line = |start: usize| before.rope().byte_to_line(start) + 1;
    for (at, (it, new)) in pairs.into_iter().enumerate() {
        let is_member = naming::is_member(syntax, before, &old, at);
        if is_shorthand(it) && new.text != it.text && !is_written_out(new) {
            return Err(Flaw::Member(it.text.clone()));
        }
        let expected = naming::with_names(it, &names);
        if new.text != expected && !(new.text == it.text && (is_member || it.is_literal)) {
            if new.text == it.text {
                return Err(Flaw::Partly(it.text.clone()));
            }
            let [old, new] = [&it.text, &new.text].map(String::clone);
            return Err(Flaw::Replaced { line: line(it.start), old, new });
        }
    }
    Ok(())
}

/// Each old token with the new one in its place; `None` if tokens were added or removed. `{ name }` may become
/// `{ name: other }`.
fn paired<'a>(
    old: &'a [Leaf],
    new: &'a [Leaf],
    is_shorthand: impl Fn(&Leaf) -> bool,
) -> Option<Vec<(&'a Leaf, &'a Leaf)>> {
    let (mut pairs, mut rest) = (Vec::new(), new);
    for it in old {
        let is_written_out = matches!(rest, [name, colon, ..] if name.text == it.text && colon.text == ":")
            && is_shorthand(it);
        rest = rest.get(if is_written_out { 2 } else { 0 }..)?;
        let (first, others) = rest.split_first()?;
        pairs.push((it, first));
        rest = others;
    }
    rest.is_empty().then_some(pairs)
}
