//! The prompt for the next edit: the lines around the cursor, the text around them, and what was edited in
//! the open documents.

use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use ropey::Rope;

use crate::context::{PartKind, mask};
use crate::feature::core::Core;
use crate::feature::document::{OpenDocument, Place};
use crate::feature::eligibility;
use crate::feature::next_edit::hunk::ChangedLines;
use crate::feature::surroundings::PromptSurroundings;
use crate::prompt::edit::{EditPrompt, EditWindow, PastEdit};

/// Lines of the window above and below the cursor's, and its most bytes. The models were trained with 21 to
/// about 30 lines.
const LINES: usize = 10;
const MOST: usize = 2048;
/// Lines and bytes of the text before and after the window.
const AROUND: usize = 40;
const AROUND_BYTES: usize = 2048;
/// Bytes of other files.
const PARTS: usize = 3072;
/// Edits in the prompt, and the most bytes of one.
const EDITS: usize = 6;
const EDIT: usize = 1536;
/// Bytes per token of a reply, and tokens besides the window.
const BYTES_PER_TOKEN: usize = 2;
const MORE_TOKENS: usize = 96;

/// The lines that a model may rewrite.
pub(crate) struct ShownWindow {
    /// In the document.
    pub(super) lines: Range<usize>,
    pub(super) prompt: EditPrompt,
    /// Files whose text is in the prompt.
    pub(super) files: Vec<String>,
}

impl ShownWindow {
    /// The window at a place; `None` if its lines are too long, or contain part of a secret.
    pub(super) fn gather(core: &Core, place: &Place, others: &[OpenDocument]) -> Option<Self> {
        let rope = &place.open.document.rope;
        let lines = around(rope, rope.byte_to_line(place.offset))?;
        let text = lf(rope, &lines);
        let own = rope.line_to_byte(lines.start);
        let cursor = lf_bytes(rope, own..place.offset).len();
        let (history, max_tokens) = (history(core, place, others), most_tokens(&text));
        let surroundings = PromptSurroundings::gather(core, place);
        let is_code = |kind: PartKind| matches!(kind, PartKind::Outline | PartKind::Snippet);
        let parts = surroundings.parts.into_iter().filter(|it| is_code(it.kind)).collect();
        let mut prompt = EditPrompt {
            path: surroundings.path,
            language: place.open.language_name().to_owned(),
            parts,
            history,
            before: lf(rope, &(lines.start.saturating_sub(AROUND)..lines.start)),
            after: lf(rope, &(lines.end..lines.end + AROUND)),
            window: EditWindow { earlier: earlier(&place.open, &lines, &text), text, cursor },
            max_tokens,
        };
        prompt.shrink(AROUND_BYTES);
        prompt.limit_parts(PARTS);
        let files = files(&prompt);
        (!cuts_secret(&prompt)).then_some(Self { lines, prompt, files })
    }
}

/// The most tokens of a reply for a window.
pub(in crate::feature::next_edit) fn most_tokens(window: &str) -> u32 {
    (window.len() / BYTES_PER_TOKEN + MORE_TOKENS) as u32
}

/// The window's lines: the line of the cursor, and as many around it as fit.
fn around(rope: &Rope, line: usize) -> Option<Range<usize>> {
    let size = |it: usize| rope.get_line(it).map_or(0, |it| it.len_bytes());
    let (mut lines, mut bytes) = (line..line + 1, size(line));
    if bytes > MOST {
        return None;
    }
    loop {
        let before = lines.clone();
        let above = lines.start.checked_sub(1).filter(|it| line - it <= LINES);
        if let Some(above) = above.filter(|it| bytes + size(*it) <= MOST) {
            bytes += size(above);
            lines.start = above;
        }
        let has_below = lines.end < rope.len_lines() && lines.end - line <= LINES;
        if has_below && bytes + size(lines.end) <= MOST {
            bytes += size(lines.end);
            lines.end += 1;
        }
        if lines == before {
            return Some(lines);
        }
    }
}

/// Lines of a document with line feeds.
pub(super) fn lf(rope: &Rope, lines: &Range<usize>) -> String {
    let at = |line: usize| rope.line_to_byte(line.min(rope.len_lines()));
    lf_bytes(rope, at(lines.start)..at(lines.end))
}

fn lf_bytes(rope: &Rope, bytes: Range<usize>) -> String {
    let text = rope.get_byte_slice(bytes).map(|it| it.to_string()).unwrap_or_default();
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// The last edits of the open documents that may be in a prompt together, oldest first.
fn history(core: &Core, place: &Place, others: &[OpenDocument]) -> Vec<PastEdit> {
    let (own, now) = (place.open.path.as_deref(), Instant::now());
    let goes = |it: &&OpenDocument| {
        let path = it.path.as_deref();
        it.key != place.open.key
            && path.is_some_and(|path| core.goes_with(path, own))
            && eligibility::check(core, it).is_ok()
    };
    let open = std::iter::once(&place.open).chain(others.iter().filter(goes));
    let mut edits: Vec<(Instant, PastEdit)> = Vec::new();
    for it in open {
        let path = core.name(it.path.as_deref().unwrap_or(Path::new("")));
        let changed = it.state().hunks.changes(&it.document.rope, now);
        edits.extend(changed.into_iter().filter_map(|it| {
            let fits = it.old != it.new && it.old.len().max(it.new.len()) <= EDIT;
            fits.then(|| (it.at, past(path.clone(), it)))
        }));
    }
    edits.sort_by_key(|it| it.0);
    let many = edits.len().saturating_sub(EDITS);
    edits.drain(..many);
    edits.into_iter().map(|it| it.1).collect()
}

fn past(path: String, changed: ChangedLines) -> PastEdit {
    let ChangedLines { lines, old, new, .. } = changed;
    let [old, new] = [old, new].map(|it| it.replace("\r\n", "\n"));
    PastEdit { path, line: lines.map_or(1, |it| it.start + 1), old, new }
}

/// The window before the last edit, if that edit is inside of it.
pub(in crate::feature::next_edit) fn earlier(
    open: &OpenDocument,
    window: &Range<usize>,
    text: &str,
) -> String {
    let changed = open.state().hunks.changes(&open.document.rope, Instant::now());
    let inside = changed.into_iter().filter_map(|it| Some((it.at, it.lines?, it.old)));
    let inside = inside.filter(|it| window.start <= it.1.start && it.1.end <= window.end);
    let Some((_, lines, old)) = inside.max_by_key(|it| it.0) else { return text.to_owned() };
    let rope = &open.document.rope;
    let [head, tail] = [window.start..lines.start, lines.end..window.end].map(|it| lf(rope, &it));
    [&*head, &old.replace("\r\n", "\n"), &tail].concat()
}

/// The files whose text is in a prompt.
pub(in crate::feature::next_edit) fn files(prompt: &EditPrompt) -> Vec<String> {
    let others = prompt.parts.iter().map(|it| &it.path);
    let edited = prompt.history.iter().map(|it| &it.path);
    let mut files: Vec<String> =
        std::iter::once(&prompt.path).chain(others).chain(edited).cloned().collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// Whether a secret crosses an end of the window, or the cursor is in one: the user is typing it.
pub(in crate::feature::next_edit) fn cuts_secret(prompt: &EditPrompt) -> bool {
    let start = prompt.before.len();
    let cuts = [start, start + prompt.window.cursor, start + prompt.window.text.len()];
    let text = [&*prompt.before, &prompt.window.text, &prompt.after].concat();
    mask::secrets(&text).iter().any(|it| cuts.iter().any(|cut| it.start < *cut && *cut < it.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_has_ten_lines_on_both_sides_unless_they_are_long() {
        let check = |text: &str, line: usize, expected: Option<Range<usize>>| {
            assert_eq!(around(&Rope::from_str(text), line), expected, "{line}");
        };
        let lines = "a line\n".repeat(100);
        check(&lines, 50, Some(40..61));
        check(&lines, 3, Some(0..14));
        check(&lines, 100, Some(90..101));
        check("", 0, Some(0..1));
        let long = format!("{}\n", "x".repeat(500)).repeat(20);
        check(&long, 10, Some(8..12));
        check(&format!("{}\n", "x".repeat(3000)), 0, None);
    }

    #[test]
    fn a_secret_that_is_being_typed_or_cut_is_recognised() {
        let secret = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let check = |before: &str, text: &str, cursor: usize, expected: bool| {
            let text = text.to_owned();
            let window = EditWindow { earlier: text.clone(), cursor, text };
            let before = before.to_owned();
            let prompt = EditPrompt { before, window, ..EditPrompt::default() };
            assert_eq!(cuts_secret(&prompt), expected, "{cursor}");
        };
        let line = format!("key = \"{secret}\"\nx\n");
        check("a\n", &line, line.len() - 1, false);
        check("a\n", &line, 12, true);
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\n";
        check(key, "MIIEpAIBAAKCAQEA7bq\n-----END RSA PRIVATE KEY-----\n", 50, true);
    }
}
