//! A change that only turns a condition around needs an instruction that can mean that: the code does the opposite.

use std::collections::BTreeMap;
use std::ops::Range;

use similar::{DiffOp, TextDiff};

use crate::reply::check::flaw::Flaw;
use crate::reply::check::{After, Proposal};
use crate::syntax::definition::Definition;
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::tree::Tree;

/// Tokens that turn a condition around.
const TURNING: [&str; 8] = ["!", "!=", "!==", "is not", "not", "not in", "unless", "~="];
/// Tokens that appear beside them or in place of them.
const OTHER: [&str; 8] = ["(", ")", "==", "===", "if", "in", "is", "then"];

/// Words that can ask for the opposite, and beginnings of such words.
const WORDS: [&str; 3] = ["no", "non", "not"];
const BEGINNINGS: [&str; 36] = [
    "allow",
    "bug",
    "check",
    "condition",
    "correct",
    "delet",
    "deny",
    "disabl",
    "disallow",
    "don",
    "drop",
    "enabl",
    "except",
    "exclu",
    "filter",
    "fix",
    "flip",
    "forbid",
    "ignor",
    "instead",
    "inver",
    "isn",
    "keep",
    "negat",
    "never",
    "only",
    "opposite",
    "permit",
    "reject",
    "remov",
    "revers",
    "skip",
    "toggl",
    "unless",
    "without",
    "wrong",
];

/// The changed tokens of one definition.
#[derive(Default)]
struct Turn {
    /// The offset of the first one.
    at: Option<usize>,
    is_mixed: bool,
    turns: usize,
}

/// Checks that no definition of the selection is changed only so that a condition is turned around.
pub(super) fn is_asked_for(
    proposal: &Proposal<'_>,
    before: &Tree,
    after: &After,
) -> Result<(), Flaw> {
    match asks(proposal.said) {
        true => Ok(()),
        false => is_absent(proposal, before, after),
    }
}

/// As `is_asked_for`, whatever the instruction says.
pub(super) fn is_absent(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let leaves = |tree: &Tree, range: &Range<usize>| {
        proposal.syntax.leaves(tree, range, Without::Documentation)
    };
    let (old, new) = (leaves(before, proposal.range), leaves(&after.tree, &after.range));
    let texts = |leaves: &[Leaf]| leaves.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
    let (old_texts, new_texts) = (texts(&old), texts(&new));
    let (was, is): (Vec<&str>, Vec<&str>) = (
        old_texts.iter().map(String::as_str).collect(),
        new_texts.iter().map(String::as_str).collect(),
    );
    let definitions = proposal.syntax.definitions(before);
    let mut turns: BTreeMap<Option<usize>, Turn> = BTreeMap::new();
    for op in TextDiff::from_slices(&was, &is).ops() {
        if let DiffOp::Equal { .. } = op {
            continue;
        }
        let place = old.get(op.old_range().start).or(old.last()).map_or(0, |it| it.start);
        let turn = turns.entry(function(&definitions, place)).or_default();
        turn.at.get_or_insert(place);
        for it in was[op.old_range()].iter().chain(&is[op.new_range()]) {
            turn.turns += usize::from(TURNING.contains(it));
            turn.is_mixed |= !TURNING.contains(it) && !OTHER.contains(it);
        }
    }
    let turned = turns.values().find(|it| !it.is_mixed && it.turns % 2 == 1);
    match turned.and_then(|it| it.at) {
        Some(at) => Err(Flaw::Turned { line: before.rope().byte_to_line(at) + 1 }),
        None => Ok(()),
    }
}

/// The start of the innermost function around an offset.
fn function(definitions: &[Definition], offset: usize) -> Option<usize> {
    let around =
        definitions.iter().filter(|it| it.kind.is_function() && it.range.contains(&offset));
    around.map(|it| it.range.start).max()
}

/// Whether an instruction can mean the opposite.
fn asks(said: &str) -> bool {
    let said = said.to_lowercase();
    let mut words = said.split(|it: char| !it.is_alphanumeric());
    said.contains(['!', '<', '>', '='])
        || words.any(|it| {
            WORDS.contains(&it) || BEGINNINGS.iter().any(|beginning| it.starts_with(beginning))
        })
}
