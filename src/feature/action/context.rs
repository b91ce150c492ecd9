//! The context of an action: whole lines of a document, and the lines around them.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use ropey::Rope;
use tokio::task;

use crate::feature::action::folded;
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::feature::staged::Staged;
use crate::prompt::action::{Diagnostic, EditFormat, Subject, edit};
use crate::prompt::indentation::Indentation;
use crate::reply::edit::Site;
use crate::reply::edit::overrun::Overrun;
use crate::reply::naming;
use crate::syntax::scope::{Scope, ScopeKind};
use crate::syntax::tree::Tree;

/// Bytes in the prompt before and after the selection.
const BEFORE: usize = 3072;
const AFTER: usize = 1024;
/// Without a selection: largest scope to widen to, in bytes, else the number of lines on each side.
const WIDEST: usize = 12 << 10;
const AROUND: usize = 10;

/// The lines that an action is about.
#[derive(Clone, Debug)]
pub(in crate::feature) struct ActionContext {
    /// Relative to the workspace root, with `/`.
    pub(super) path: String,
    pub(super) language: String,
    /// Whole lines, in bytes.
    pub(in crate::feature) range: Range<usize>,
    pub(super) selection: String,
    /// The instruction from an `ai:` comment among the lines, which the prompt omits. For commit messages,
    /// the titles of earlier commits.
    pub(super) instruction: Option<String>,
    /// The lines as they are in the document.
    pub(super) original: String,
    before: String,
    after: String,
    /// From 1.
    pub(super) line: usize,
    /// The only definition of the lines: for the prompt, and its name.
    definition: Option<String>,
    pub(super) name: Option<String>,
    /// Variables and parameters that the lines bind and that have no good name.
    pub(super) names: Vec<String>,
    /// The other ones.
    good_names: Vec<String>,
    /// The tree of the document, for a small selection.
    pub(super) tree: Option<Tree>,
    scope: Option<ScopeKind>,
    widened: bool,
    /// The selection cut through definitions or statements and was widened to all of them.
    completed: bool,
}

impl ActionContext {
    /// The lines of `range`; if it is empty, the function, class or paragraph around it.
    pub(in crate::feature) fn new(core: &Core, open: &OpenDocument, range: &Range<usize>) -> Self {
        let rope = &open.document.rope;
        let all = open.whole();
        let tree = core.shared.trees.newest(&open.key);
        let scopes = |offset: usize| {
            tree.as_ref().map_or_else(Vec::new, |it| core.shared.syntax.scopes(it, offset))
        };
        let lines = lines(rope, range);
        let places = within(rope, &lines, range);
        let around = places.into_iter().map(scopes).find_map(|it| enclosing(&it));
        let (whole, widened) = match (range.is_empty(), &around) {
            (false, _) => (lines, false),
            (true, Some(scope)) if scope.range.len() <= WIDEST => {
                (self::lines(rope, &scope.range), true)
            }
            (true, _) => (paragraph(rope, range.start), true),
        };
        Self {
            path: open.path.as_deref().map(|it| core.name(it)).unwrap_or_default(),
            language: open.language_name().to_owned(),
            original: rope.byte_slice(whole.clone()).to_string(),
            selection: rope.byte_slice(whole.clone()).to_string(),
            instruction: None,
            before: before(&all.rope, all.start + whole.start),
            after: after(&all.rope, all.start + whole.end),
            line: rope.byte_to_line(whole.start) + 1,
            range: whole,
            definition: None,
            name: None,
            names: Vec::new(),
            good_names: Vec::new(),
            tree: None,
            scope: around.map(|it| it.kind),
            widened,
            completed: false,
        }
    }

    /// Widens a selection of lines that cuts through definitions or statements to all of them.
    pub(super) fn widen(&mut self, core: &Core, open: &OpenDocument) {
        let Some(range) = completed(core, open, &self.range).filter(|_| !self.widened) else {
            return;
        };
        let rope = &open.document.rope;
        let all = open.whole();
        self.before = before(&all.rope, all.start + range.start);
        self.after = after(&all.rope, all.start + range.end);
        self.line = rope.byte_to_line(range.start) + 1;
        self.original = rope.byte_slice(range.clone()).to_string();
        self.selection = match edit::said(&self.original) {
            Some((_, rest)) if self.instruction.is_some() => rest,
            Some(_) | None => self.original.clone(),
        };
        self.completed = true;
        self.range = range;
    }

    /// Shows a small selection to the model with the signatures of the definitions around it instead of their
    /// text, and by its name if it is one definition.
    pub(super) async fn focus(&mut self, core: &Core, open: &OpenDocument) {
        if EditFormat::of(self.selection.len()) != EditFormat::Whole || open.notebook.is_some() {
            return;
        }
        let Some(tree) = tree(core, open).await else { return };
        let definitions = core.shared.syntax.definitions(&tree);
        (self.names, self.good_names) =
            naming::by_quality(naming::bound(&core.shared.syntax, &tree, &self.range));
        let only = folded::only(&definitions, &self.range);
        self.definition = only.as_ref().map(|(kind, name)| format!("{kind} `{name}`"));
        self.name = only.map(|it| it.1);
        let before = self.range.start - self.before.len()..self.range.start;
        let after = self.range.end..self.range.end + self.after.len();
        self.before = folded::text(&tree, &definitions, before, &self.range);
        self.after = folded::text(&tree, &definitions, after, &self.range);
        self.tree = Some(tree);
    }

    /// The lines after `widen`, from 1, if it has widened them.
    pub(super) fn widened_lines(&self) -> Option<RangeInclusive<usize>> {
        let count = self.original.lines().count().max(1);
        self.completed.then(|| self.line..=self.line + count - 1)
    }

    /// Reduces the context to `range` if that is part of one line.
    pub(super) fn narrow(&mut self, open: &OpenDocument, range: &Range<usize>) {
        let rope = &open.document.rope;
        let end = range.end.min(rope.len_bytes());
        if range.start >= end || rope.byte_to_line(range.start) != rope.byte_to_line(end) {
            return;
        }
        let text = |range: Range<usize>| rope.byte_slice(range).to_string();
        let beside = text(self.range.start..range.start) + &text(end..self.range.end);
        let part = text(range.start..end);
        if beside.trim().is_empty() || part.trim().is_empty() {
            return;
        }
        self.range = range.start..end;
        let all = open.whole();
        self.before = before(&all.rope, all.start + range.start);
        self.after = after(&all.rope, all.start + end);
        (self.selection, self.original) = (part.clone(), part);
    }

    /// Whether the context is part of a line.
    pub(super) fn is_part(&self) -> bool {
        !(self.before.is_empty() || self.before.ends_with('\n'))
            || !self.original.ends_with('\n') && !self.after.is_empty()
    }

    /// Where an answer continues with the code behind the selection.
    pub(super) fn overrun(&self) -> Option<Overrun> {
        Overrun::new(&self.original, &self.after, &self.language)
    }

    pub(super) fn site<'a>(
        &'a self,
        old: &'a str,
        around: &'a (String, String),
        (unit, has_crlf): (Option<Indentation>, bool),
    ) -> Site<'a> {
        let (before, after) = (&*around.0, &*around.1);
        Site { old, before, after, unit, language: &self.language, has_crlf }
    }

    /// Moves the text of an `ai:` comment from the selection to the instruction.
    pub(super) fn take_instruction(&mut self) {
        if let Some((instruction, rest)) = edit::said(&self.original) {
            (self.instruction, self.selection) = (Some(instruction), rest);
        }
    }

    /// Sets the range to the commit message, which ends before git's own comments.
    pub(super) fn take_message(&mut self, open: &OpenDocument) {
        let rope = &open.document.rope;
        let is_comment = |line: &usize| rope.line(*line).bytes().next() == Some(b'#');
        let end = (0..rope.len_lines()).find(is_comment);
        self.range = 0..end.map_or(rope.len_bytes(), |it| rope.line_to_byte(it));
        self.original = rope.byte_slice(self.range.clone()).to_string();
    }

    /// Sets the selection to the staged diff. Returns the staged files.
    pub(super) fn take_staged(&mut self, staged: Staged) -> Vec<String> {
        self.selection = staged.diff;
        self.instruction = Some(staged.titles).filter(|it| !it.trim().is_empty());
        staged.files
    }

    pub(in crate::feature) fn subject<'a>(
        &'a self,
        diagnostics: &'a [Diagnostic],
        instruction: Option<&'a str>,
    ) -> Subject<'a> {
        Subject {
            path: &self.path,
            language: &self.language,
            selection: &self.selection,
            line: self.line,
            before: &self.before,
            after: &self.after,
            definition: self.definition.as_deref(),
            names: &self.names,
            good_names: &self.good_names,
            scope: self.scope,
            diagnostics,
            instruction,
            widened: self.widened,
        }
    }
}

/// The tree of a document at the time of the request: the newest tree can be ahead of it, or missing.
async fn tree(core: &Core, open: &OpenDocument) -> Option<Tree> {
    let (syntax, language) = (Arc::clone(&core.shared.syntax), open.language?);
    let rope = open.document.rope.clone();
    task::spawn_blocking(move || syntax.parse(language, &rope)).await.ok().flatten()
}

/// The lines of all definitions and statements that the lines of `range` cut through; `None` if they cut
/// through none, or the result is too large.
pub(super) fn completed(
    core: &Core,
    open: &OpenDocument,
    range: &Range<usize>,
) -> Option<Range<usize>> {
    let rope = &open.document.rope;
    let text = rope.byte_slice(range.clone()).to_string();
    let start = range.start + (text.len() - text.trim_start().len());
    let end = range.start + text.trim_end().len();
    let tree = core.shared.trees.newest(&open.key).filter(|_| start < end)?;
    let mut whole = tree.completed(start..end);
    let definitions = core.shared.syntax.definitions(&tree);
    for it in definitions.iter().filter(|it| (start..end).contains(&it.name_range.start)) {
        whole = whole.start.min(it.range.start)..whole.end.max(it.range.end);
    }
    let whole = lines(rope, &whole);
    let whole = whole.start.min(range.start)..whole.end.max(range.end);
    (whole != *range && whole.len() <= WIDEST).then_some(whole)
}

/// The innermost function or class.
fn enclosing(scopes: &[Scope]) -> Option<Scope> {
    let whole = |it: &&Scope| matches!(it.kind, ScopeKind::Function | ScopeKind::Class);
    scopes.iter().find(whole).cloned()
}

/// Whole lines around a range. A range that ends at the start of a line excludes that line.
fn lines(rope: &Rope, range: &Range<usize>) -> Range<usize> {
    let end = range.end.min(rope.len_bytes());
    let first = rope.byte_to_line(range.start.min(end));
    let last = rope.byte_to_line(end);
    let stops_before = last > first && rope.line_to_byte(last) == end;
    let behind = if stops_before { last } else { last + 1 };
    rope.line_to_byte(first)..rope.line_to_byte(behind.min(rope.len_lines()))
}

/// Offsets at which to look for the enclosing scope. The head and the last bracket of a function count as
/// inside it.
fn within(rope: &Rope, lines: &Range<usize>, range: &Range<usize>) -> [usize; 3] {
    let line = rope.byte_slice(lines.clone()).to_string();
    let indent = line.len() - line.trim_start().len();
    let end = lines.start + line.lines().next().unwrap_or_default().trim_end().len();
    [range.start, end, (lines.start + indent + 1).min(end.max(lines.start))]
}

/// The lines around a place up to empty ones, `AROUND` on each side at most.
fn paragraph(rope: &Rope, offset: usize) -> Range<usize> {
    let line = rope.byte_to_line(offset.min(rope.len_bytes()));
    let is_blank = |line: usize| rope.line(line).chars().all(char::is_whitespace);
    let count = rope.len_lines();
    let up = (0..line).rev().take(AROUND).take_while(|it| !is_blank(*it)).count();
    let down = (line + 1..count).take(AROUND).take_while(|it| !is_blank(*it)).count();
    rope.line_to_byte(line - up)..rope.line_to_byte((line + down + 1).min(count))
}

/// The text before and after a range, limited to `BEFORE` and `AFTER`.
pub(super) fn around(rope: &Rope, range: &Range<usize>) -> (String, String) {
    (before(rope, range.start), after(rope, range.end))
}

/// Whole lines up to `offset`, which may be within the last one.
fn before(rope: &Rope, offset: usize) -> String {
    let furthest = offset.saturating_sub(BEFORE);
    let line = rope.byte_to_line(furthest);
    let start = rope.line_to_byte(line);
    let start = if start < furthest { rope.line_to_byte(line + 1).min(offset) } else { start };
    rope.byte_slice(start..offset).to_string()
}

/// Whole lines from `offset`, which may be within the first one.
fn after(rope: &Rope, offset: usize) -> String {
    let furthest = (offset + AFTER).min(rope.len_bytes());
    let whole = furthest == rope.len_bytes();
    let end = if whole { furthest } else { rope.line_to_byte(rope.byte_to_line(furthest)) };
    rope.byte_slice(offset..end.max(offset)).to_string()
}
