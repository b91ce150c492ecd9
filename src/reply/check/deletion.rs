//! An edit that deletes over half of the selection needs an instruction that asks for it.

use std::collections::BTreeSet;

use crate::reply::check::flaw::Flaw;
use crate::text;

/// Shorter selections may be replaced by any expression.
const LINES: usize = 4;

/// Beginnings of words that ask for less code. Other forms of a word count too: `removes`, `deleted`.
const LESS: [&str; 16] = [
    "clean",
    "collaps",
    "combin",
    "condens",
    "delet",
    "drop",
    "inlin",
    "merg",
    "minimi",
    "redundant",
    "reduc",
    "remov",
    "short",
    "simpl",
    "unreachable",
    "unused",
];

/// Whether an instruction asks for less code.
pub(super) fn asks(said: &str) -> bool {
    let said = said.to_lowercase();
    said.split(|it: char| !it.is_alphanumeric())
        .any(|it| LESS.iter().any(|word| it.starts_with(word)))
}

/// Whether an instruction asks for another name.
pub(super) fn renames(said: &str) -> bool {
    said.to_lowercase().contains("renam")
}

/// Checks that at least half of the text or of its names is left. A rewrite keeps most of its names.
pub(super) fn is_asked_for(old: &str, new: &str, said: &str) -> Result<(), Flaw> {
    let size = |text: &str| text.chars().filter(|it| !it.is_whitespace()).count();
    let lines = old.lines().filter(|it| !it.trim().is_empty()).count();
    let words = |text| -> BTreeSet<_> { text::words(text).collect() };
    let (before, after) = (words(old), words(new));
    let lost = before.difference(&after).count();
    let is_deletion = size(new) * 2 < size(old) && lost * 2 > before.len();
    match lines >= LINES && is_deletion && !asks(said) && !renames(said) {
        true => Err(Flaw::Deleted),
        false => Ok(()),
    }
}
