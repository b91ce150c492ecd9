//! Code around a selection with the bodies of its functions left out.

use std::ops::Range;

use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::tree::Tree;

/// In place of a body.
const LEFT_OUT: &str = " ...";

/// The text of a range with each function that ends after the range's start, and is not around `selection`, reduced to its
/// signature. Of a function whose signature is before the range nothing is left.
pub(super) fn text(
    tree: &Tree,
    definitions: &[Definition],
    range: Range<usize>,
    selection: &Range<usize>,
) -> String {
    let is_folded = |it: &&Definition| {
        let is_around = it.range.start <= selection.start && selection.end <= it.range.end;
        is_function(it.kind)
            && !is_around
            && it.range.start < range.end
            && range.start < it.range.end
            && it.signature.end < it.range.end.min(range.end)
    };
    let mut bodies: Vec<Range<usize>> =
        definitions.iter().filter(is_folded).map(|it| it.signature.end..it.range.end).collect();
    bodies.sort_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
    let (mut text, mut at) = (String::new(), range.start);
    for body in bodies {
        if body.start < at {
            at = at.max(body.end.min(range.end));
            continue;
        }
        text += &tree.text(at..body.start);
        let is_braced = tree.text(body.clone()).trim_start().starts_with('{');
        text += if is_braced { " { ... }" } else { LEFT_OUT };
        at = body.end.min(range.end);
    }
    text + &tree.text(at..range.end)
}

/// The only definition in a range: its kind in words, and its name.
pub(super) fn only(
    definitions: &[Definition],
    range: &Range<usize>,
) -> Option<(&'static str, String)> {
    let is_within = |it: &&Definition| range.start <= it.range.start && it.range.end <= range.end;
    let items = || definitions.iter().filter(is_within);
    let largest = items().max_by_key(|it| it.range.len())?;
    let is_inside = |it: &Definition| {
        largest.range.start <= it.range.start && it.range.end <= largest.range.end
    };
    let word = match largest.kind {
        DefinitionKind::Method => "method",
        kind if is_function(kind) => "function",
        _ => "definition of",
    };
    // Other lines of the selection belong to it: comments, attributes.
    let is_most = largest.range.len() * 2 > range.len();
    (is_most && items().all(is_inside)).then(|| (word, largest.name.clone()))
}

fn is_function(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Function | DefinitionKind::Method | DefinitionKind::Macro)
}

#[cfg(test)]
mod tests {
    use ropey::Rope;

    use super::*;
    use crate::syntax::Syntax;
    use crate::syntax::language::Language;

    #[test]
    fn functions_around_a_selection_are_signatures_however_the_text_is_cut() {
        let source = "def a():\n    x = 1\n    return x\n\n\ndef b():\n    y = 2\n    z = 3\n    return y\n\n\ndef c():\n    return 4\n";
        let (syntax, _) = Syntax::new(None);
        let python = Language::named("python").expect("a language of the table");
        let tree = syntax.parse(python, &Rope::from_str(source)).expect("a grammar");
        let definitions = syntax.definitions(&tree);
        let at = |it: &str| source.find(it).expect("it is there");
        let check = |range: Range<usize>, selection: Range<usize>, expected: &str| {
            assert_eq!(text(&tree, &definitions, range, &selection), expected);
        };
        let b = at("def b")..at("def c");
        check(0..b.start, b.clone(), "def a(): ...\n\n\n");
        check(at("    return x")..b.start, b.clone(), "\n\n\n");
        let z = at("    z")..at("    return y");
        check(0..z.start, z.clone(), "def a(): ...\n\n\ndef b():\n    y = 2\n");
        check(z.end..source.len(), z, "    return y\n\n\ndef c(): ...\n");
        check(at("\n\n\ndef b")..at("    z"), 0..1, "\n\n\ndef b(): ...");
    }
}
