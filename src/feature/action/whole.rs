//! The functions and classes around a selection. An answer that is one of them as a whole replaces that
//! definition instead of the selection.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use crate::feature::SharedState;
use crate::feature::action::context::ActionContext;
use crate::feature::document::{OpenDocument, TrackedRange};
use crate::reply::edit;
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::language::Language;

/// Largest definition that an answer may replace, in bytes.
const LARGEST: usize = 12 << 10;

/// A definition that contains the selection and more.
pub(super) struct WholeFile {
    name: String,
    kind: DefinitionKind,
    /// Whole lines, in bytes.
    pub(super) range: Range<usize>,
    pub(super) mark: TrackedRange,
}

/// The definitions around the lines of a context, innermost first. The document must not have changed
/// since the context was taken.
pub(super) fn enclosing_definitions(
    shared: &SharedState,
    open: &OpenDocument,
    scene: &ActionContext,
) -> Vec<WholeFile> {
    let rope = &open.document.rope;
    let Some(tree) = shared.trees.newest(&open.key) else { return Vec::new() };
    let holds = |it: &Definition| {
        it.range.start < scene.range.start
            && it.range.end >= scene.range.end.min(rope.len_bytes()).saturating_sub(1)
            && rope.byte_to_line(it.range.start) < rope.byte_to_line(scene.range.start)
            && is_whole(it.kind)
            && it.range.len() <= LARGEST
    };
    let all = shared.syntax.definitions(&tree).into_iter();
    let mut around: Vec<Definition> = all.filter(holds).collect();
    around.sort_by_key(|it| it.range.len());
    let whole = |it: Definition| {
        let range = lines(rope, &it.range);
        WholeFile { name: it.name, kind: it.kind, mark: open.mark(range.clone()), range }
    };
    around.into_iter().map(whole).collect()
}

/// The definition in `definitions` that the answer contains, for a selection. A class without what it has outside of the
/// selection only surrounds it.
pub(super) fn in_answer<'a>(
    syntax: &Arc<Syntax>,
    language: Option<Language>,
    (rope, selection): (&Rope, &Range<usize>),
    definitions: &'a [WholeFile],
    answer: &str,
) -> Option<&'a WholeFile> {
    let innermost = definitions.first()?;
    let text = rope.byte_slice(innermost.range.clone()).to_string();
    let code = Rope::from_str(&edit::shown(answer, &text, language?.name())?);
    let tree = syntax.parse(language?, &code)?;
    let all = syntax.definitions(&tree);
    let largest = all.iter().filter(|it| is_whole(it.kind)).max_by_key(|it| it.range.len())?;
    // The definition is most of the answer, not a detail of it.
    let is_most = largest.range.len() * 2 > code.len_bytes();
    let is_same = |it: &&WholeFile| {
        it.name == largest.name && it.kind.has_members() == largest.kind.has_members()
    };
    let found = definitions.iter().find(is_same).filter(|_| is_most)?;
    let text = Rope::from_str(&rope.byte_slice(found.range.clone()).to_string());
    let members = syntax.definitions(&syntax.parse(language?, &text)?);
    let is_missing = |it: &Definition| {
        it.kind.is_function()
            && !selection.contains(&(found.range.start + it.name_range.start))
            && !all.iter().any(|other| other.name == it.name)
    };
    let is_surrounding = found.kind.has_members() && members.iter().any(is_missing);
    (!is_surrounding).then_some(found)
}

fn is_whole(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Function | DefinitionKind::Method) || kind.has_members()
}

/// The range widened to whole lines.
fn lines(rope: &Rope, range: &Range<usize>) -> Range<usize> {
    let last = rope.byte_to_line(range.end.saturating_sub(1).max(range.start));
    let end = (last + 1).min(rope.len_lines());
    rope.line_to_byte(rope.byte_to_line(range.start))..rope.line_to_byte(end)
}
