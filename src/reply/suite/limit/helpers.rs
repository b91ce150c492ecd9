//! Functions that tests call and that an answer defines behind them.

use std::collections::BTreeSet;

use crate::reply::suite::parsed::{Suite, Test};
use crate::text;

/// Calls of many languages and test frameworks that need no definition.
const BUILTINS: [&str; 48] = [
    "abs",
    "all",
    "and",
    "any",
    "append",
    "assert",
    "catch",
    "context",
    "dict",
    "describe",
    "elif",
    "enumerate",
    "eq",
    "expect",
    "float",
    "for",
    "func",
    "function",
    "if",
    "int",
    "isinstance",
    "it",
    "len",
    "list",
    "make",
    "map",
    "match",
    "max",
    "min",
    "new",
    "not",
    "open",
    "panic",
    "print",
    "raise",
    "range",
    "repr",
    "return",
    "round",
    "set",
    "sorted",
    "str",
    "string",
    "sum",
    "switch",
    "test",
    "tuple",
    "while",
];
/// Words before a name that is defined.
const DEFINERS: [&str; 10] =
    ["async", "class", "const", "def", "defp", "fn", "fun", "func", "function", "void"];

pub(super) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|it: char| !text::is_word(it)).filter(|it| !it.is_empty())
}

/// The names that code only calls, as in `name(…)`: it neither imports, defines nor assigns them, and they are not `known`.
pub(super) fn missing<'a>(code: &'a str, known: &BTreeSet<String>) -> BTreeSet<&'a str> {
    let (mut called, mut other) = (BTreeSet::new(), BTreeSet::new());
    let mut end = 0;
    for word in words(code) {
        let at = end + code[end..].find(word).unwrap_or_default();
        let before = &code[..at];
        end = at + word.len();
        let line = &before[before.rfind('\n').map_or(0, |it| it + 1)..];
        let previous = words(line).last();
        let is_attribute = line.trim_start().starts_with(['#', '@']);
        let is_member = before.ends_with(['.', ':', '@', '>', '$']);
        let is_defined = before.ends_with(' ') && previous.is_some_and(|it| DEFINERS.contains(&it));
        match code[end..].starts_with('(') && !is_defined {
            _ if is_member || is_attribute => {}
            true => _ = called.insert(word),
            false => _ = other.insert(word),
        }
    }
    called.retain(|it| {
        let is_name = it.starts_with(|it: char| it.is_alphabetic() || it == '_');
        // Macros of C++ have no such letter: `EXPECT_EQ`.
        let is_name = is_name && it.contains(char::is_lowercase);
        is_name && !other.contains(it) && !known.contains(*it) && !BUILTINS.contains(it)
    });
    called
}

/// The definitions after an offset of code that code with these missing names needs, and that other code follows.
pub(super) fn defined<'a>(
    suite: &'a Suite,
    (code, after): (&str, usize),
    missing: &BTreeSet<&str>,
) -> Vec<&'a Test> {
    let is_complete =
        |it: &&Test| code.get(it.lines.end..).is_some_and(|rest| !rest.trim().is_empty());
    let all: Vec<&Test> = suite
        .tests
        .iter()
        .filter(|it| it.lines.start >= after && !it.is_test())
        .filter(is_complete)
        .collect();
    let mut needed: BTreeSet<&str> = missing.clone();
    loop {
        let found: Vec<&Test> =
            all.iter().copied().filter(|it| needed.contains(&*it.name)).collect();
        let more = found.iter().flat_map(|it| words(&it.body));
        let count = needed.len();
        needed.extend(more.filter(|word| all.iter().any(|it| it.name == *word)));
        if needed.len() == count {
            return found;
        }
    }
}
