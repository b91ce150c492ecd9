//! The words before the name of a definition, such as `export async function`. A small model omits `export`, or writes
//! `function` before a method.

use std::ops::Range;

use crate::syntax::definition::Definition;
use crate::syntax::tree::Tree;

/// Words that can precede the name of a definition.
const WORDS: [&str; 30] = [
    "abstract",
    "async",
    "class",
    "const",
    "crate",
    "declare",
    "def",
    "default",
    "enum",
    "export",
    "extern",
    "final",
    "fn",
    "fun",
    "func",
    "function",
    "inline",
    "interface",
    "internal",
    "override",
    "private",
    "protected",
    "pub",
    "public",
    "static",
    "struct",
    "super",
    "trait",
    "type",
    "unsafe",
];
/// Words of an instruction about who may use a definition.
const ACCESS: [&str; 3] = ["visib", "access", "await"];

/// The names of the definitions in a range, with the start of their lines up to the name.
pub fn all(definitions: &[Definition], tree: &Tree, range: &Range<usize>) -> Vec<(String, String)> {
    let rope = tree.rope();
    let head = |it: &Definition| {
        let line = rope.line_to_byte(rope.byte_to_line(it.name_range.start));
        let head = tree.text(line..it.name_range.start);
        (line >= range.start && is_head(&head)).then(|| (it.name.clone(), head))
    };
    let within = definitions.iter().filter(|it| range.contains(&it.name_range.start));
    within.filter_map(head).collect()
}

/// A new text whose definitions have the words before their names that they had, unless the instruction names one
/// of the words that differ.
pub fn restored(new: &str, heads: &[(String, String)], said: &str) -> String {
    let mut text = new.to_owned();
    let said = said.to_lowercase();
    for (name, old) in heads {
        let Some((start, head)) = head_of(&text, name) else { continue };
        let is_named = |it: &str| said.contains(it);
        let differs = words(old).chain(words(&head)).filter(|it| {
            words(old).any(|word| word == *it) != words(&head).any(|word| word == *it)
        });
        let mut differs = differs.peekable();
        if differs.peek().is_none() || differs.any(is_named) || ACCESS.iter().any(|it| is_named(it))
        {
            continue;
        }
        let blanks = &head[..head.len() - head.trim_start().len()];
        text.replace_range(start..start + head.len(), &format!("{blanks}{}", old.trim_start()));
    }
    text
}

/// The first line in which only such words precede a name, and its start.
fn head_of(text: &str, name: &str) -> Option<(usize, String)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let found = line.match_indices(name).next().filter(|it| {
            let after = line[it.0 + name.len()..].trim_start().chars().next();
            is_head(&line[..it.0]) && after.is_some_and(|it| "(<:={".contains(it))
        });
        if let Some((at, _)) = found {
            return Some((start, line[..at].to_owned()));
        }
        start += line.len();
    }
    None
}

fn is_head(text: &str) -> bool {
    let ends = text.is_empty() || text.ends_with(char::is_whitespace);
    ends && words(text).all(|it| WORDS.contains(&it))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it.is_whitespace() || it == '(' || it == ')').filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_before_a_name_stay_unless_the_instruction_names_them() {
        let check = |old: &str, new: &str, said: &str, expected: &str| {
            let heads = [("take".to_owned(), old.to_owned())];
            assert_eq!(restored(new, &heads, said), expected);
        };
        let call = "function take(a) {\n  return take(b);\n}\n";
        check("  ", call, "", "take(a) {\n  return take(b);\n}\n");
        check("export async function ", call, "", &format!("export async {call}"));
        check("export function ", call, "Do not export it.", call);
        check("pub(crate) fn ", "    fn take() {}\n", "", "    pub(crate) fn take() {}\n");
        check("fn ", "pub fn take() {}\n", "Make it public.", "pub fn take() {}\n");
        check(
            "pub fn ",
            "/// Calls take (twice).\nfn take() {}\n",
            "",
            "/// Calls take (twice).\npub fn take() {}\n",
        );
        check("def ", "taken = 1\n", "", "taken = 1\n");
    }
}
