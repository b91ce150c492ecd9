//! A model's new text of a window as edits of the document, if they look like a next edit: not a rewrite, not
//! an undo, and without new syntax errors.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use ropey::Rope;
use similar::{ChangeTag, TextDiff};

use crate::feature::action::change;
use crate::feature::document::Place;
use crate::feature::next_edit::hunk::ChangedLines;
use crate::prompt::edit::EditPrompt;
use crate::reply::unseen;
use crate::syntax::Syntax;
use crate::syntax::language::Language;

/// Lines that a reply may remove and add.
const REMOVED: usize = 12;
const ADDED: usize = 24;
/// A window with at least this many lines counts as rewritten if more than this share of them is removed.
const SHORT: usize = 6;
const SHARE: f64 = 0.6;
/// Edits with fewer unchanged lines between them are one edit.
const GAP: usize = 2;
/// How similar a text must be to what the user has just typed to be a correction of it.
const ALIKE: f32 = 0.6;

/// The document of a window.
#[derive(Clone)]
pub(in crate::feature::next_edit) struct EditedDocument {
    pub(in crate::feature::next_edit) rope: Rope,
    pub(in crate::feature::next_edit) language: Option<Language>,
    /// The lines of the window.
    pub(in crate::feature::next_edit) lines: Range<usize>,
    /// The cursor's line.
    pub(in crate::feature::next_edit) line: usize,
    /// What the user has edited in it.
    pub(in crate::feature::next_edit) changed: Vec<ChangedLines>,
}

/// Bytes of the document and the text instead.
pub(in crate::feature::next_edit) type Replacement = (Range<usize>, String);

/// Whole lines of the document and the lines instead, with line feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NewLines {
    lines: Range<usize>,
    text: String,
}

impl EditedDocument {
    /// The document of a place, with a window of these lines.
    pub(in crate::feature::next_edit) fn new(place: &Place, lines: Range<usize>) -> Self {
        let rope = place.open.document.rope.clone();
        Self {
            line: rope.byte_to_line(place.offset),
            language: place.open.language,
            lines,
            changed: place.open.state().hunks.changes(&rope, Instant::now()),
            rope,
        }
    }

    /// The edits of a reply, the one to show first at the start; empty if it is not to be shown.
    pub(in crate::feature::next_edit) fn edits(
        &self,
        prompt: &EditPrompt,
        new: &str,
        syntax: &Arc<Syntax>,
    ) -> Vec<Replacement> {
        let old = &prompt.window.text;
        let around = [&*prompt.before, old, &prompt.after];
        let mut edits = self.new_lines(old, new);
        edits.retain(|it| !is_blank(&self.old(it), &it.text) && !self.repeats(it, prompt));
        let is_unwanted = edits.is_empty()
            || is_rewrite(old, &edits)
            || unseen::brought(new, around).is_some()
            || edits.iter().any(|it| self.undoes(it));
        if is_unwanted {
            return Vec::new();
        }
        let mut edits = self.sound(edits, syntax);
        // From the cursor on first, then the lines before it.
        edits.sort_by_key(|it| (it.lines.end <= self.line, it.lines.start.abs_diff(self.line)));
        edits.iter().map(|it| self.replacement(it)).collect()
    }

    /// The lines that differ.
    fn new_lines(&self, old: &str, new: &str) -> Vec<NewLines> {
        let diff = TextDiff::from_lines(old, new);
        let mut edits: Vec<NewLines> = Vec::new();
        let (mut at, mut equal) = (self.lines.start, String::new());
        let mut unchanged = GAP;
        for change in diff.iter_all_changes() {
            if change.tag() == ChangeTag::Equal {
                equal.push_str(change.value());
                (at, unchanged) = (at + 1, unchanged + 1);
                continue;
            }
            let removed = usize::from(change.tag() == ChangeTag::Delete);
            let added = if removed == 0 { change.value() } else { "" };
            match edits.last_mut().filter(|_| unchanged < GAP) {
                Some(edit) => {
                    edit.text.extend([&*equal, added]);
                    edit.lines.end = at + removed;
                }
                None => edits.push(NewLines { lines: at..at + removed, text: added.to_owned() }),
            }
            equal.clear();
            (at, unchanged) = (at + removed, 0);
        }
        edits
    }

    fn old(&self, edit: &NewLines) -> String {
        super::window::lf(&self.rope, &edit.lines)
    }

    fn bytes(&self, lines: &Range<usize>) -> Range<usize> {
        let at = |line: usize| self.rope.line_to_byte(line.min(self.rope.len_lines()));
        at(lines.start)..at(lines.end)
    }

    /// The edit in bytes of the document, with its line ends. Inserted lines follow the line before them.
    fn replacement(&self, edit: &NewLines) -> Replacement {
        let bytes = self.bytes(&edit.lines);
        let end = self.line_end();
        let text = edit.text.replace('\n', end);
        let line = edit.lines.start.checked_sub(1).filter(|_| edit.lines.is_empty());
        let before = line.map(|it| self.rope.line(it).to_string());
        match before.filter(|it| it.ends_with(end)) {
            Some(_) => {
                let at = bytes.start - end.len();
                (at..at, [end, text.strip_suffix(end).unwrap_or(&text)].concat())
            }
            None => (bytes, text),
        }
    }

    fn line_end(&self) -> &'static str {
        let first = self.lines.clone().find_map(|it| {
            let line = self.rope.get_line(it)?.to_string();
            line.ends_with('\n').then(|| line.ends_with("\r\n"))
        });
        if first == Some(true) { "\r\n" } else { "\n" }
    }

    /// Whether an edit only repeats the lines next to the window: some models continue behind its end.
    fn repeats(&self, edit: &NewLines, prompt: &EditPrompt) -> bool {
        let (text, is_inserted) = (edit.text.trim(), edit.lines.is_empty());
        let is_blank = |it: Range<usize>| super::window::lf(&self.rope, &it).trim().is_empty();
        let is_after = is_blank(edit.lines.end..self.lines.end);
        let is_before = is_blank(self.lines.start..edit.lines.start);
        is_inserted
            && (is_after && prompt.after.trim_start().starts_with(text)
                || is_before && prompt.before.trim_end().ends_with(text))
    }

    /// Whether an edit restores what the user has edited, or removes what the user has just typed.
    fn undoes(&self, edit: &NewLines) -> bool {
        let newest = self.changed.iter().map(|it| it.at).max();
        self.changed.iter().any(|changed| {
            let Some(lines) = &changed.lines else { return false };
            let touches = edit.lines.start <= lines.end && lines.start <= edit.lines.end;
            let after = self.after(edit, lines).filter(|_| touches);
            let Some(after) = after else { return false };
            let is_restored = plain(&after) == plain(&changed.old) && changed.old != changed.new;
            is_restored || Some(changed.at) == newest && is_removed(changed, &after)
        })
    }

    /// The text of some lines after an edit.
    fn after(&self, edit: &NewLines, lines: &Range<usize>) -> Option<String> {
        let (start, end) = (lines.start.min(edit.lines.start), lines.end.max(edit.lines.end));
        let head = super::window::lf(&self.rope, &(start..edit.lines.start));
        let tail = super::window::lf(&self.rope, &(edit.lines.end..end));
        let whole = [&*head, &edit.text, &tail].concat();
        // Lines of the edit before and after the lines do not count.
        let skipped = lines.start - start;
        let grown = edit.text.lines().count() as isize - edit.lines.len() as isize;
        let count = lines.len().checked_add_signed(grown)?;
        Some(whole.split_inclusive('\n').skip(skipped).take(count).collect())
    }

    /// The edits that add no syntax errors: each by itself, or all as one.
    fn sound(&self, edits: Vec<NewLines>, syntax: &Arc<Syntax>) -> Vec<NewLines> {
        let is_sound = |it: &NewLines| {
            let (bytes, text) = self.replacement(it);
            change::is_sound(syntax, self.language, &self.rope, &bytes, &text)
        };
        if edits.iter().all(is_sound) {
            return edits;
        }
        let merged = self.merged(&edits).filter(|it| edits.len() > 1 && is_sound(it));
        Vec::from_iter(merged)
    }

    /// All edits as one, with the lines between them.
    fn merged(&self, edits: &[NewLines]) -> Option<NewLines> {
        let (first, last) = (edits.first()?, edits.last()?);
        let (mut text, mut at) = (String::new(), first.lines.start);
        for edit in edits {
            text += &super::window::lf(&self.rope, &(at..edit.lines.start));
            text += &edit.text;
            at = edit.lines.end;
        }
        let lines = first.lines.start..last.lines.end;
        (lines.len() <= REMOVED).then_some(NewLines { lines, text })
    }
}

/// A text without its white space.
fn plain(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Whether two texts differ only in blank lines and in white space at the ends of lines.
fn is_blank(old: &str, new: &str) -> bool {
    let lines = |text: &str| {
        let lines = text.lines().map(str::trim_end).filter(|it| !it.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    lines(old) == lines(new)
}

fn is_rewrite(window: &str, edits: &[NewLines]) -> bool {
    let removed: usize = edits.iter().map(|it| it.lines.len()).sum();
    let added: usize = edits.iter().map(|it| it.text.lines().count()).sum();
    let lines = window.lines().filter(|it| !it.trim().is_empty()).count();
    let is_most = lines >= SHORT && removed as f64 > SHARE * lines as f64;
    removed > REMOVED || added > ADDED || is_most
}

/// Whether the text that the user has just typed is gone, unless a similar text corrects it.
fn is_removed(changed: &ChangedLines, after: &str) -> bool {
    let same = |it: &(char, char)| it.0 == it.1;
    let (old, new) = (&changed.old, &changed.new);
    let head: usize = old.chars().zip(new.chars()).take_while(same).map(|it| it.0.len_utf8()).sum();
    let ends = old[head..].chars().rev().zip(new[head..].chars().rev()).take_while(same);
    let tail: usize = ends.map(|it| it.0.len_utf8()).sum();
    let typed = new[head..new.len() - tail].trim();
    if typed.is_empty() || plain(after).contains(&plain(typed)) {
        return false;
    }
    let left = after.get(head..after.len().saturating_sub(tail)).unwrap_or_default().trim();
    typed.contains(left) || TextDiff::from_chars(typed, left).ratio() < ALIKE
}

#[cfg(test)]
mod tests;
