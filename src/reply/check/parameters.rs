//! A function that was only shortened still uses its parameters.

use std::ops::Range;

use crate::reply::check::flaw::Flaw;
use crate::reply::check::{After, Proposal};
use crate::syntax::binding::Binding;
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::tree::Tree;

/// Checks that no parameter was used before and is only declared now.
pub(super) fn used(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let leaves = |tree: &Tree, range: &Range<usize>| {
        proposal.syntax.leaves(tree, range, Without::Documentation)
    };
    let (old, new) = (leaves(before, proposal.range), leaves(&after.tree, &after.range));
    let is_parameter = |tree: &Tree, it: &Leaf| {
        let range = it.start..it.start + it.text.len();
        proposal.syntax.binding(tree, &range) == Some(Binding::Parameter)
    };
    let is_unused = |it: &&Leaf| {
        let mut left = new.iter().filter(|new| new.text == it.text);
        let declared = left.next().filter(|_| left.next().is_none());
        declared.is_some_and(|it| is_parameter(&after.tree, it))
    };
    let was_used = |it: &&Leaf| old.iter().filter(|old| old.text == it.text).count() > 1;
    let mut parameters = old.iter().filter(|it| is_parameter(before, it));
    match parameters.find(|it| was_used(it) && is_unused(it)) {
        Some(it) => Err(Flaw::Unused(it.text.clone())),
        None => Ok(()),
    }
}
