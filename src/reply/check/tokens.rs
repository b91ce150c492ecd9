//! A change that adds documentation or types leaves every other token as it was.

use crate::reply::check::flaw::Flaw;
use crate::reply::check::{After, Proposal};
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::tree::Tree;

/// Longest token in a message, in characters.
const SHOWN: usize = 40;

pub(super) fn kept(
    proposal: &Proposal<'_>,
    before: &Tree,
    after: &After,
    without: Without,
) -> Result<(), Flaw> {
    let old = proposal.syntax.leaves(before, proposal.range, without);
    let new = proposal.syntax.leaves(&after.tree, &after.range, without);
    let at = old.iter().zip(&new).take_while(|(old, new)| old.text == new.text).count();
    let line = |it: &Leaf| before.rope().byte_to_line(it.start) + 1;
    match (old.get(at), new.get(at)) {
        (None, None) => Ok(()),
        (Some(old), Some(new)) => {
            Err(Flaw::Replaced { line: line(old), old: shown(old), new: shown(new) })
        }
        (Some(old), None) => Err(Flaw::Omitted { line: line(old), old: shown(old) }),
        (None, Some(new)) => Err(Flaw::Added(shown(new))),
    }
}

fn shown(leaf: &Leaf) -> String {
    let text = leaf.text.lines().next().unwrap_or_default();
    text.chars().take(SHOWN).collect()
}
