//! Code around a selection with the bodies of its functions left out.

use std::ops::Range;

use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::tree::Tree;

/// In place of a body.
const LEFT_OUT: &str = " ...";

/// The text of a range with each function that is in the range as a whole reduced to its signature.
pub(super) fn text(tree: &Tree, definitions: &[Definition], range: Range<usize>) -> String {
    let is_whole = |it: &&Definition| {
        is_function(it.kind)
            && range.start <= it.range.start
            && it.range.end <= range.end
            && it.signature.end < it.range.end
    };
    let mut bodies: Vec<Range<usize>> =
        definitions.iter().filter(is_whole).map(|it| it.signature.end..it.range.end).collect();
    bodies.sort_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
    let (mut text, mut at) = (String::new(), range.start);
    for body in bodies {
        if body.start < at {
            continue;
        }
        text += &tree.text(at..body.start);
        let is_braced = tree.text(body.clone()).trim_start().starts_with('{');
        text += if is_braced { " { ... }" } else { LEFT_OUT };
        at = body.end;
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
