//! Sweep's models: other files, the last edits, then the window before the last edit and now; the model
//! writes the window after the next one. <https://huggingface.co/sweepai/sweep-next-edit-1.5B>

use crate::prompt::edit::{EditPrompt, PastEdit};
use crate::provider::next_edit::EditFormat;
use crate::provider::next_edit::mercury::ended;

pub(super) const FILE: &str = "<|file_sep|>";
pub(super) const END: &str = "<|endoftext|>";
/// Some programs mark the cursor.
pub(super) const CURSOR: &str = "<|cursor|>";
pub(super) const TOKENS: &[&str] = &[FILE, END, CURSOR];
/// Edits in the prompt, and lines of each side of one.
const EDITS: usize = 3;
const LINES: usize = 40;

pub(super) fn render(prompt: &EditPrompt) -> String {
    let clean = |text: &str| EditFormat::Sweep.escape(text);
    let section = |name: &str, text: &str| format!("{FILE}{name}\n{}", ended(text));
    let files = prompt.parts.iter().map(|it| section(&clean(&it.path), &clean(&it.text)));
    let start = prompt.history.len().saturating_sub(EDITS);
    let edits = prompt.history[start..].iter().map(|PastEdit { path, old, new, .. }| {
        let [old, new] = [old, new].map(|it| ended(&clean(&cut(it))));
        section(&format!("{}.diff", clean(path)), &format!("original:\n{old}updated:\n{new}"))
    });
    let path = clean(&prompt.path);
    let windows = [
        section(&format!("original/{path}"), &clean(&prompt.window.earlier)),
        section(&format!("current/{path}"), &clean(&prompt.window.text)),
        format!("{FILE}updated/{path}\n"),
    ];
    files.chain(edits).chain(windows).collect()
}

/// The first and the last lines of a long text.
fn cut(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.len() <= LINES {
        return text.to_owned();
    }
    let (head, tail) = (LINES / 2, LINES - LINES / 2 - 1);
    [&lines[..head], &["...\n"], &lines[lines.len() - tail..]].concat().concat()
}

pub(super) fn read(reply: &str) -> Option<String> {
    let ends = EditFormat::Sweep.stops().iter().filter_map(|it| reply.find(it)).min();
    let text = reply[..ends.unwrap_or(reply.len())].replace(CURSOR, "");
    (!text.trim().is_empty()).then_some(text)
}
