//! Imports at the head of an answer go to the imports of the file, never into the middle of it.

use std::ops::Range;

use ropey::Rope;

use crate::prompt::indentation;
use crate::reply::check::{Checked, Proposal};
use crate::reply::edit::edged;
use crate::reply::imported;
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::import::Import;
use crate::syntax::tree::Tree;

/// Where imports go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPlace {
    pub at: usize,
    /// The whole lines of the imports that are there.
    pub lines: Vec<Range<usize>>,
    indent: String,
    /// The file has no imports yet.
    is_new: bool,
}

/// The change with its leading imports at their place. Names that are imported already are omitted. Without a place
/// above the change the text stays as it is.
pub(super) fn moved(proposal: &Proposal<'_>, before: &Tree) -> Checked {
    let whole = Checked::unchanged(proposal.new);
    let place = proposal.imports.filter(|it| it.at <= proposal.range.start);
    let Some(place) = place else { return whole };
    let old = before.text(proposal.range.clone());
    let (heads, rest) = heads(proposal, proposal.new);
    if heads.is_empty() || !self::heads(proposal, &old).0.is_empty() || rest.trim().is_empty() {
        return whole;
    }
    let there = proposal.syntax.imports(before).into_iter().map(|it| it.range);
    let there: Vec<_> = there.filter(|it| sees(before, proposal.range, it)).collect();
    let known: Vec<String> = there.iter().map(|it| dense(&before.text(it.clone()))).collect();
    let added: Vec<&str> =
        heads.iter().map(|it| it.trim()).filter(|it| !known.contains(&dense(it))).collect();
    let end = if old.contains("\r\n") || proposal.new.contains("\r\n") { "\r\n" } else { "\n" };
    let imports = added_to(proposal, before, (place, there), (&added, end));
    let new = edged(rest.trim_start_matches(['\r', '\n']), &old);
    Checked { new, imports, is_uncertain: false }
}

/// The texts of new imports, with the ranges that they replace, first to last. An import that has all names of an
/// existing one takes its place.
fn added_to(
    proposal: &Proposal<'_>,
    before: &Tree,
    (place, there): (&ImportPlace, Vec<Range<usize>>),
    (added, end): (&[&str], &str),
) -> Vec<(Range<usize>, String)> {
    let language = proposal.language.name();
    let names = |it: &str| imported::names(it, language);
    let named = |it: Range<usize>| {
        let lines = whole_lines(before, &it).filter(|it| place.lines.contains(it));
        (lines, names(&before.text(it)))
    };
    let mut there: Vec<_> = there.into_iter().map(named).collect();
    let (mut imports, mut rest) = (Vec::new(), String::new());
    for statement in added {
        let new = names(statement);
        let is_part =
            |old: &[_]| !old.is_empty() && old.iter().all(|it| imported::is_known(&new, it));
        let (replaced, others): (Vec<_>, Vec<_>) = std::mem::take(&mut there)
            .into_iter()
            .partition(|(lines, names)| lines.is_some() && is_part(names));
        let known: Vec<_> = others.iter().flat_map(|it| it.1.clone()).collect();
        there = others;
        let lacking = imported::lacking(statement, language, &known).into_iter();
        let mut text = lacking
            .map(|it| format!("{}{}{end}", place.indent, it.lines().collect::<Vec<_>>().join(end)))
            .collect::<String>();
        for range in replaced.into_iter().filter_map(|it| it.0) {
            imports.push((range, std::mem::take(&mut text)));
        }
        rest += &text;
        there.push((None, new));
    }
    if !rest.is_empty() {
        rest += if place.is_new { end } else { "" };
        imports.push((place.at..place.at, rest));
    }
    imports.sort_by_key(|it| it.0.start);
    imports
}

/// Whether code in a range sees an import: no line between them ends the block of the import.
fn sees(tree: &Tree, range: &Range<usize>, import: &Range<usize>) -> bool {
    let start = tree.rope().line_to_byte(tree.rope().byte_to_line(import.start));
    let between = tree.text(start..range.start.max(start));
    let indent = indentation::blanks(&tree.text(start..import.start)).len();
    let selected = tree.text(range.clone());
    let is_said = |it: &&str| !it.trim().is_empty();
    let mut lines = between.lines().filter(is_said).chain(selected.lines().find(is_said));
    lines.all(|it| indentation::blanks(it).len() >= indent)
}

/// The imports at the start of a text, and the text after them.
fn heads<'a>(proposal: &Proposal<'_>, text: &'a str) -> (Vec<&'a str>, &'a str) {
    let tree = proposal.syntax.parse(proposal.language, &Rope::from_str(text));
    let imports = tree.map_or_else(Vec::new, |it| proposal.syntax.imports(&it));
    let (mut heads, mut at) = (Vec::new(), 0);
    for Import { range, .. } in imports {
        if range.start < at || !text[at..range.start].trim_matches(';').trim().is_empty() {
            break;
        }
        at = range.end;
        heads.push(&text[range]);
    }
    if heads.is_empty() {
        return (heads, text);
    }
    let line = text[at..].trim_start_matches(';');
    let is_line = line.split('\n').next().is_some_and(|it| it.trim().is_empty());
    // The last import of a preprocessor ends with its line.
    match is_line || text[..at].ends_with('\n') {
        true => (heads, line),
        false => (Vec::new(), text),
    }
}

/// The line after the imports of the file; without imports, the line of its first definition. `None` if the
/// selection is above that place, or may have the imports above it itself.
pub fn place(syntax: &Syntax, tree: &Tree, range: &Range<usize>) -> Option<ImportPlace> {
    let there = syntax.imports(tree);
    let definitions = syntax.definitions(tree);
    let first = definitions.iter().filter(|it| is_item(it)).map(|it| it.range.start).min();
    let indent = |offset: usize| {
        let line = tree.rope().line_to_byte(tree.rope().byte_to_line(offset));
        indentation::blanks(&tree.text(line..offset)).to_owned()
    };
    if let Some(outer) = there.first().map(|it| indent(it.range.start)) {
        // Imports after the first definition can be those of an inner module.
        let is_head = |it: &Import| first.is_none_or(|first| it.range.start < first);
        let is_outer =
            |it: &&Import| indent(it.range.start) == outer && (is_head(it) || !outer.is_empty());
        let at = after_line(tree, &there.iter().rfind(is_outer)?.range);
        let lines = there.iter().filter(is_outer).filter_map(|it| whole_lines(tree, &it.range));
        let lines = lines.collect();
        return (at <= range.start).then_some(ImportPlace {
            at,
            lines,
            indent: outer,
            is_new: false,
        });
    }
    let is_inner = !indentation::blanks(&tree.text(range.clone())).is_empty();
    let at = above(tree, first?);
    let place = ImportPlace { at, lines: Vec::new(), indent: String::new(), is_new: true };
    (is_inner && at <= range.start).then_some(place)
}

fn is_item(it: &Definition) -> bool {
    match it.kind {
        DefinitionKind::Function
        | DefinitionKind::Method
        | DefinitionKind::Class
        | DefinitionKind::Enum
        | DefinitionKind::Interface
        | DefinitionKind::Macro => true,
        DefinitionKind::Constant
        | DefinitionKind::Field
        | DefinitionKind::Module
        | DefinitionKind::Type
        | DefinitionKind::Variable
        | DefinitionKind::Variant => false,
    }
}

/// The lines of an import, if nothing else is on them.
fn whole_lines(tree: &Tree, import: &Range<usize>) -> Option<Range<usize>> {
    let start = tree.rope().line_to_byte(tree.rope().byte_to_line(import.start));
    let lines = start..after_line(tree, import);
    let around = tree.text(start..import.start) + &tree.text(import.end.min(lines.end)..lines.end);
    around.trim().trim_start_matches(';').is_empty().then_some(lines)
}

/// The start of the line after a range.
fn after_line(tree: &Tree, range: &Range<usize>) -> usize {
    let rope = tree.rope();
    let last = rope.byte_to_line(range.end.saturating_sub(1).max(range.start));
    rope.line_to_byte((last + 1).min(rope.len_lines()))
}

/// The first of the lines directly above a definition, such as comments and attributes.
fn above(tree: &Tree, offset: usize) -> usize {
    let rope = tree.rope();
    let mut line = rope.byte_to_line(offset);
    let is_attached = |line: usize| {
        let text = rope.line(line).to_string();
        let text = text.trim();
        !text.is_empty()
            && !text.starts_with("//!")
            && !text.starts_with("#!")
            && !text.starts_with('<')
    };
    while line > 0 && is_attached(line - 1) {
        line -= 1;
    }
    rope.line_to_byte(line)
}

fn dense(text: &str) -> String {
    text.trim_end_matches(';').split_whitespace().collect()
}
