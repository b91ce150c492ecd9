//! A rewrite with the same behaviour still has the literals of the code, and uses what it used from outside.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::reply::check::definitions::Group;
use crate::reply::check::flaw::Flaw;
use crate::reply::check::{After, Proposal};
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::tree::Tree;

/// Numbers that a shorter form of the same code often lacks: a loop from 0, an index less 1, half of a length.
const COMMON: [&str; 3] = ["0", "1", "2"];
/// Names of what ends a program or a thread, by language.
const FAILING: [(&str, &str); 7] = [
    ("kotlin", "!!"),
    ("rust", "expect"),
    ("rust", "panic"),
    ("rust", "todo"),
    ("rust", "unimplemented"),
    ("rust", "unreachable"),
    ("rust", "unwrap"),
];
/// Comparisons, but for `<` and `>`, which are brackets of types too.
const COMPARING: [&str; 9] = ["!=", "!==", "<=", "==", "===", ">=", "is", "is not", "~="];
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Checks that no literal, no decorator and no definition of the file that was used is missing in the new text.
pub(super) fn kept(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let syntax = proposal.syntax;
    let old = syntax.leaves(before, proposal.range, Without::Documentation);
    let new = syntax.leaves(&after.tree, &after.range, Without::Documentation);
    let lost = |start: usize, it: &str| Flaw::Lost {
        line: before.rope().byte_to_line(start) + 1,
        old: it.to_owned(),
    };
    let outside: HashSet<String> = syntax
        .definitions(before)
        .into_iter()
        .filter(|it| Group::of(it.kind).is_some() && !proposal.range.contains(&it.name_range.start))
        .map(|it| it.name)
        .collect();
    let is_kept = |it: &Leaf| match it.is_literal {
        true => {
            let inner = it.text.trim_matches(QUOTES);
            let is_common = inner.trim().is_empty() || COMMON.contains(&inner);
            is_common || new.iter().any(|new| new.is_literal && new.text.contains(inner))
        }
        false => !outside.contains(&it.text) || new.iter().any(|new| new.text == it.text),
    };
    if let Some(it) = old.iter().find(|it| !is_kept(it)) {
        return Err(lost(it.start, &it.text));
    }
    let (text, whole) = (after.tree.text(after.range.clone()), before.text(proposal.range.clone()));
    let marked = |it: &&str| it.starts_with('@') || it.starts_with("#[");
    let mut marks = whole.lines().map(str::trim).filter(marked);
    match marks.find(|mark| !text.lines().any(|it| it.trim() == *mark)) {
        Some(it) => Err(lost(proposal.range.start, it)),
        None => Ok(()),
    }
}

/// Checks that the new text has no more calls that fail where the code went on.
pub(super) fn unfailing(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let leaves = |tree: &Tree, range: &Range<usize>| {
        proposal.syntax.leaves(tree, range, Without::Documentation)
    };
    let (old, new) = (leaves(before, proposal.range), leaves(&after.tree, &after.range));
    let count = |leaves: &[Leaf], word: &str| leaves.iter().filter(|it| it.text == word).count();
    let mut own = FAILING.iter().filter(|it| it.0 == proposal.language.name()).map(|it| it.1);
    match own.find(|word| count(&new, word) > count(&old, word)) {
        Some(word) => Err(Flaw::Fails(word.to_owned())),
        None => Ok(()),
    }
}

/// Checks that the new text has as many different comparisons: code that was only moved still has its conditions.
pub(super) fn compared(proposal: &Proposal<'_>, before: &Tree, after: &After) -> Result<(), Flaw> {
    let leaves = |tree: &Tree, range: &Range<usize>| {
        proposal.syntax.leaves(tree, range, Without::Documentation)
    };
    let (old, new) = (leaves(before, proposal.range), leaves(&after.tree, &after.range));
    let (was, is) = (comparisons(&old), comparisons(&new));
    let lost = was.iter().rev().find(|(beside, _)| !is.contains_key(*beside));
    match lost.filter(|_| is.len() < was.len()) {
        Some((_, it)) => {
            Err(Flaw::Lost { line: before.rope().byte_to_line(it.start) + 1, old: it.text.clone() })
        }
        None => Ok(()),
    }
}

/// The comparisons of a text by the tokens beside them.
fn comparisons(leaves: &[Leaf]) -> BTreeMap<(&str, &str), &Leaf> {
    let mut found = BTreeMap::new();
    for it in leaves.windows(3) {
        if COMPARING.contains(&&*it[1].text) {
            found.entry((&*it[0].text, &*it[2].text)).or_insert(&it[1]);
        }
    }
    found
}
