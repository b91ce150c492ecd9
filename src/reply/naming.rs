//! New names for the variables of a selection. The model gives a list of names, so that it cannot change other code.

use std::collections::HashMap;
use std::ops::Range;

use crate::reply::check::definitions::Group;
use crate::reply::edit::fence;
use crate::syntax::Syntax;
use crate::syntax::leaf::{Leaf, Without};
use crate::syntax::tree::Tree;

/// Names of receivers, which languages reserve.
const RECEIVERS: [&str; 4] = ["self", "cls", "this", "_"];
/// Longest name that hardly says what it holds.
const SHORT: usize = 2;
/// What precedes the name of a member.
const MEMBER: [&str; 4] = [".", "?.", "::", "->"];

/// The names of a list that hardly say what they hold, or all of them if there are none; and the others.
pub fn by_quality(names: Vec<String>) -> (Vec<String>, Vec<String>) {
    let (short, long): (Vec<_>, Vec<_>) = names.into_iter().partition(|it| it.len() <= SHORT);
    if short.is_empty() { (long, short) } else { (short, long) }
}

/// The variables and parameters that are bound in a range, in order.
pub fn bound(syntax: &Syntax, tree: &Tree, range: &Range<usize>) -> Vec<String> {
    let leaves = syntax.leaves(tree, range, Without::Documentation);
    let definitions = syntax.definitions(tree);
    let is_definition = |start: usize| {
        definitions.iter().any(|it| it.name_range.start == start && Group::of(it.kind).is_some())
    };
    let mut names: Vec<String> = Vec::new();
    for (at, it) in leaves.iter().enumerate() {
        let place = place(it);
        let is_new = is_name(&it.text)
            && !names.contains(&it.text)
            && !RECEIVERS.contains(&&*it.text)
            && !is_member(syntax, tree, &leaves, at)
            && !is_definition(it.start);
        let is_variable =
            || syntax.binding(tree, &place).is_some() && !syntax.is_type_parameter(tree, &place);
        if is_new && is_variable() {
            names.push(it.text.clone());
        }
    }
    names
}

/// The new names of an answer with lines such as `old -> new`; `None` if it is something else, such as code.
pub fn read(answer: &str, names: &[String]) -> Option<Vec<(String, String)>> {
    let (mut pairs, mut is_list): (Vec<(String, String)>, bool) = (Vec::new(), false);
    let is_code = |it: &&str| !it.is_empty() && fence::mark(it).is_none();
    for line in answer.lines().map(str::trim).filter(is_code) {
        let words = line.split(|it: char| !it.is_alphanumeric() && it != '_');
        let words: Vec<&str> = words.filter(|it| !it.is_empty()).collect();
        let [old, new] = words[..] else { return None };
        if !names.iter().any(|it| it == old) || !is_name(new) {
            continue;
        }
        is_list = true;
        let is_repeated = pairs.iter().any(|it| it.0 == old || it.1 == new);
        if old != new && !is_repeated {
            pairs.push((old.to_owned(), new.to_owned()));
        }
    }
    is_list.then_some(pairs)
}

/// The new names that a range does not have already: they are not given to something else.
pub fn free(
    syntax: &Syntax,
    tree: &Tree,
    range: &Range<usize>,
    mut pairs: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let leaves = syntax.leaves(tree, range, Without::Documentation);
    pairs.retain(|it| !leaves.iter().any(|leaf| leaf.text == it.1));
    pairs
}

/// The text of a range with new names.
pub fn applied(
    syntax: &Syntax,
    tree: &Tree,
    range: &Range<usize>,
    pairs: &[(String, String)],
) -> String {
    let leaves = syntax.leaves(tree, range, Without::Documentation);
    let names = pairs.iter().map(|it| (&*it.0, &*it.1)).collect();
    let mut text = tree.text(range.clone());
    for (at, it) in leaves.iter().enumerate().rev() {
        let start = it.start - range.start;
        if is_member(syntax, tree, &leaves, at) {
            continue;
        }
        let mut new = with_names(it, &names);
        if new != it.text && is_shorthand(syntax, tree, it) {
            new = format!("{}: {new}", it.text);
        }
        text.replace_range(start..start + it.text.len(), &new);
    }
    text
}

/// The text of a token with new names. In a literal, names in braces count: `{name}`.
pub(in crate::reply) fn with_names(it: &Leaf, names: &HashMap<&str, &str>) -> String {
    if !it.is_literal {
        return names.get(&*it.text).map_or_else(|| it.text.clone(), |it| (*it).to_owned());
    }
    let mut text = it.text.clone();
    for (old, new) in names {
        for end in ["}", ":"] {
            text = text.replace(&format!("{{{old}{end}"), &format!("{{{new}{end}"));
        }
    }
    text
}

/// Whether a token is the name of a member or of an argument, not of a variable.
pub(in crate::reply) fn is_member(
    syntax: &Syntax,
    tree: &Tree,
    leaves: &[Leaf],
    at: usize,
) -> bool {
    let before = at.checked_sub(1).map_or("", |it| &*leaves[it].text);
    let it = &leaves[at];
    let is_label = is_name(&it.text) && syntax.is_label(tree, &place(it));
    MEMBER.contains(&before) || is_label && !is_shorthand(syntax, tree, it)
}

/// Whether a token is the name of a member and of the variable with its value, as in `{ name }`.
pub(in crate::reply) fn is_shorthand(syntax: &Syntax, tree: &Tree, it: &Leaf) -> bool {
    is_name(&it.text) && syntax.is_shorthand(tree, &place(it))
}

fn place(it: &Leaf) -> Range<usize> {
    it.start..it.start + it.text.len()
}

pub(in crate::reply) fn is_name(text: &str) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    text.starts_with(|it: char| it.is_alphabetic() || it == '_') && text.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use ropey::Rope;

    use super::*;
    use crate::syntax::language::Language;

    /// The variables of a text, and the text with the names of an answer.
    #[track_caller]
    fn check(language: &str, text: &str, expected: &str, answer: &str, new: Option<&str>) {
        let (syntax, _) = Syntax::new(None);
        let language = Language::named(language).expect("a language of the table");
        let tree = syntax.parse(language, &Rope::from_str(text)).expect("a grammar");
        let range = 0..text.len();
        let names = bound(&syntax, &tree, &range);
        assert_eq!(names.join(" "), expected, "{text}");
        let pairs = read(answer, &names).map(|it| free(&syntax, &tree, &range, it));
        let found = pairs.map(|it| applied(&syntax, &tree, &range, &it));
        assert_eq!(found.as_deref(), new, "{text}");
    }

    #[test]
    fn variables_get_the_names_of_a_list() {
        check(
            "python",
            "def f(a, items):\n    b = a.b\n    return g(f\"{b}\", a=items)\n",
            "a items b",
            "```\na -> node\nc -> d\n`b`: label\n```",
            Some("def f(node, items):\n    label = node.b\n    return g(f\"{label}\", a=items)\n"),
        );
        check(
            "rust",
            "fn f(a: &A) -> u8 {\n    let b = a.b;\n    println!(\"{b} b\");\n    b\n}\n",
            "a b",
            "b: width",
            Some(
                "fn f(a: &A) -> u8 {\n    let width = a.b;\n    println!(\"{width} b\");\n    width\n}\n",
            ),
        );
        check(
            "typescript",
            "function f(a: A) {\n  const b = a.b;\n  return { b: b };\n}\n",
            "a b",
            "a = node",
            Some("function f(node: A) {\n  const b = node.b;\n  return { b: b };\n}\n"),
        );
        check(
            "typescript",
            "function f() {\n  let a = 0;\n  for (const it of this.all) {\n    a = it.a;\n  }\n  return g({ a });\n}\n",
            "a it",
            "a -> sum",
            Some(
                "function f() {\n  let sum = 0;\n  for (const it of this.all) {\n    sum = it.a;\n  }\n  return g({ a: sum });\n}\n",
            ),
        );
        check(
            "rust",
            "fn f(a: u8) -> A {\n    A { a, b: a }\n}\n",
            "a",
            "a -> width",
            Some("fn f(width: u8) -> A {\n    A { a: width, b: width }\n}\n"),
        );
        check(
            "rust",
            "fn f(b: u8) {\n    let mut a = Vec::new();\n    a.push(b);\n    g(a[0].len(), a.b);\n}\n",
            "b a",
            "a -> parts\nb -> count",
            Some(
                "fn f(count: u8) {\n    let mut parts = Vec::new();\n    parts.push(count);\n    g(parts[0].len(), parts.b);\n}\n",
            ),
        );
        check(
            "typescript",
            "function f<T>(a: T[]): T[] {\n  return a.map((b: T) => b);\n}\n",
            "a b",
            "a -> items\nT -> Item\nb -> it",
            Some("function f<T>(items: T[]): T[] {\n  return items.map((it: T) => it);\n}\n"),
        );
        let same = "def f(a):\n    return a\n";
        check("python", same, "a", "a: a", Some(same));
        check("python", same, "a", "a -> return", Some(same));
    }

    #[test]
    fn an_answer_without_a_list_of_known_names_is_not_one() {
        let check = |answer| check("python", "def f(a):\n    return a\n", "a", answer, None);
        check("def f(node):\n    return node\n");
        check("c: node");
        check("");
    }
}
