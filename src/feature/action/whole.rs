//! The functions and classes around a selection: an answer may be one of them as a whole, and then it
//! takes the place of that.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use crate::feature::Engine;
use crate::feature::action::context::ActionContext;
use crate::feature::document::{OpenDocument, TrackedRange};
use crate::reply::edit;
use crate::syntax::Syntax;
use crate::syntax::definition::{Definition, DefinitionKind};
use crate::syntax::language::Language;

/// A larger one is not answered whole.
const LARGEST: usize = 12 << 10;

/// A definition that holds a selection, and more than it.
pub(super) struct WholeFile {
    name: String,
    kind: DefinitionKind,
    /// Whole lines, in bytes.
    pub(super) range: Range<usize>,
    pub(super) mark: TrackedRange,
}

impl Engine {
    /// The definitions around the lines of a scene, innermost first. The document must be as it was
    /// when the scene was taken.
    pub(super) fn wholes(&self, open: &OpenDocument, scene: &ActionContext) -> Vec<WholeFile> {
        let rope = &open.document.rope;
        let Some(tree) = self.shared.trees.newest(&open.key) else { return Vec::new() };
        let holds = |it: &Definition| {
            it.range.start < scene.range.start
                && it.range.end >= scene.range.end.min(rope.len_bytes()).saturating_sub(1)
                && rope.byte_to_line(it.range.start) < rope.byte_to_line(scene.range.start)
                && is_whole(it.kind)
                && it.range.len() <= LARGEST
        };
        let all = self.shared.syntax.definitions(&tree).into_iter();
        let mut around: Vec<Definition> = all.filter(holds).collect();
        around.sort_by_key(|it| it.range.len());
        let whole = |it: Definition| {
            let range = lines(rope, &it.range);
            WholeFile { name: it.name, kind: it.kind, mark: open.mark(range.clone()), range }
        };
        around.into_iter().map(whole).collect()
    }
}

/// The one of `wholes` that an answer is, if it is one.
pub(super) fn answered<'a>(
    syntax: &Arc<Syntax>,
    language: Option<Language>,
    rope: &Rope,
    wholes: &'a [WholeFile],
    answer: &str,
) -> Option<&'a WholeFile> {
    let innermost = wholes.first()?;
    let text = rope.byte_slice(innermost.range.clone()).to_string();
    let code = Rope::from_str(&edit::shown(answer, &text)?);
    let tree = syntax.parse(language?, &code)?;
    let largest = syntax
        .definitions(&tree)
        .into_iter()
        .filter(|it| is_whole(it.kind))
        .max_by_key(|it| it.range.len())?;
    // It is what the answer is about, not something in it.
    let is_most = largest.range.len() * 2 > code.len_bytes();
    let is_it = |it: &&WholeFile| {
        it.name == largest.name && it.kind.has_members() == largest.kind.has_members()
    };
    wholes.iter().find(is_it).filter(|_| is_most)
}

fn is_whole(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Function | DefinitionKind::Method) || kind.has_members()
}

/// The lines that a range begins and ends in.
fn lines(rope: &Rope, range: &Range<usize>) -> Range<usize> {
    let last = rope.byte_to_line(range.end.saturating_sub(1).max(range.start));
    let end = (last + 1).min(rope.len_lines());
    rope.line_to_byte(rope.byte_to_line(range.start))..rope.line_to_byte(end)
}
