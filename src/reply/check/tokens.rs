//! A change that adds documentation or types leaves every other token as it was.

use std::collections::HashSet;
use std::ops::Range;

use similar::{DiffOp, TextDiff};

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

/// The old text with the documentation of the new one; `None` if that has none. What the new text adds to or changes in
/// the code is left out.
pub(super) fn documentation(
    proposal: &Proposal<'_>,
    before: &Tree,
    after: &After,
) -> Option<String> {
    let (old, new) = (before.text(proposal.range.clone()), after.tree.text(after.range.clone()));
    let is_code = code_lines(proposal, (before, proposal.range), &old);
    let is_new_code = code_lines(proposal, (&after.tree, &after.range), &new);
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let (mut text, mut has_documentation) = (String::new(), false);
    for op in TextDiff::from_slices(&old, &new).ops() {
        let (was, is) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            text.extend(old[was].iter().copied());
            continue;
        }
        let added = documented(&new, is, &is_new_code);
        has_documentation |= !added.is_empty();
        text.extend(added.iter().copied());
        let is_replaced = |at: &usize| !added.is_empty() && !is_code.contains(at);
        text.extend(was.filter(|at| !is_replaced(at)).map(|at| old[at]));
    }
    has_documentation.then_some(text)
}

/// The lines of a range that are documentation. Comments before added code explain that code.
fn documented<'a>(
    lines: &[&'a str],
    range: Range<usize>,
    is_code: &HashSet<usize>,
) -> Vec<&'a str> {
    let code = range.clone().find(|at| is_code.contains(at));
    let found = &lines[range.start..code.unwrap_or(range.end)];
    let first = found.iter().map(|it| it.trim()).find(|it| !it.is_empty()).unwrap_or_default();
    let is_at_head = !(0..range.start).any(|at| is_code.contains(&at));
    let is_string = first.trim_start_matches(['r', 'u']).starts_with(['"', '\'']);
    match code {
        _ if first.is_empty() => Vec::new(),
        Some(_) if !is_at_head && !is_string => Vec::new(),
        Some(_) | None => found.to_vec(),
    }
}

/// The lines of a text with code on them, from 0.
fn code_lines(
    proposal: &Proposal<'_>,
    (tree, range): (&Tree, &Range<usize>),
    text: &str,
) -> HashSet<usize> {
    let leaves = proposal.syntax.leaves(tree, range, Without::Documentation);
    let line = |offset: usize| text[..offset].matches('\n').count();
    let lines = |it: &Leaf| {
        let first = line(it.start - range.start);
        first..=first + it.text.matches('\n').count()
    };
    leaves.iter().flat_map(lines).collect()
}

fn shown(leaf: &Leaf) -> String {
    let text = leaf.text.lines().next().unwrap_or_default();
    text.chars().take(SHOWN).collect()
}
