//! Zed's models Zeta 2 (`V0211SeedCoder`) and 2.1 (`V0318SeedMultiRegions`): a hole of Seed-Coder's format,
//! suffix first, with the edit history as a file. <https://huggingface.co/zed-industries/zeta-2.1>

use crate::prompt::edit::{EditPrompt, EditWindow};
use crate::provider::next_edit::mercury::ended;
use crate::provider::next_edit::{EditFormat, diff, markers};

pub(super) const SUFFIX: &str = "<[fim-suffix]>";
pub(super) const PREFIX: &str = "<[fim-prefix]>";
pub(super) const MIDDLE: &str = "<[fim-middle]>";
pub(super) const FILE: &str = "<filename>";
pub(super) const END: &str = "<[end▁of▁sentence]>";
pub(super) const CURSOR: &str = "<|user_cursor|>";
pub(super) const HISTORY: &str = "edit_history";
pub(super) const CURRENT: &str = "<<<<<<< CURRENT\n";
pub(super) const SEPARATOR: &str = "=======\n";
pub(super) const UPDATED: &str = ">>>>>>> UPDATED";
/// A reply without an edit.
const NO_EDITS: &str = "NO_EDITS";
/// Edits in the prompt.
const EDITS: usize = 6;
/// Bytes of the text before and after the window. The models were trained with about 150 tokens of it.
const CONTEXT: usize = 1024;

pub(super) const TOKENS: &[&str] =
    &[SUFFIX, PREFIX, MIDDLE, FILE, END, CURSOR, CURRENT, SEPARATOR, UPDATED];
pub(super) const REGION_TOKENS: &[&str] =
    &[SUFFIX, PREFIX, MIDDLE, FILE, END, CURSOR, markers::HEAD];

pub(super) fn render(format: EditFormat, prompt: &EditPrompt) -> String {
    let mut prompt = prompt.clone();
    prompt.shrink(CONTEXT);
    let clean = |text: &str| format.escape(text);
    let section = |name: &str, text: &str| format!("{FILE}{name}\n{}\n", ended(text));
    let files = prompt.parts.iter().map(|it| section(&clean(&it.path), &clean(&it.text)));
    let start = prompt.history.len().saturating_sub(EDITS);
    let history = prompt.history[start..].iter().map(|it| {
        let path = clean(&it.path);
        format!("--- a/{path}\n+++ b/{path}\n{}", clean(&diff::hunk(it)))
    });
    let history: String = history.collect();
    let history = match history.is_empty() {
        true => String::new(),
        false => section(HISTORY, &history),
    };
    let after = clean(&prompt.after);
    let end = if after.ends_with('\n') { "" } else { "\n" };
    let head = [SUFFIX, &after, end, PREFIX].concat();
    let file = format!("{FILE}{}\n{}", clean(&prompt.path), clean(&prompt.before));
    let tail = [&*window(format, &prompt.window), MIDDLE].concat();
    [head].into_iter().chain(files).chain([history, file, tail]).collect()
}

fn window(format: EditFormat, window: &EditWindow) -> String {
    let (head, tail) = window.sides();
    let [head, tail] = [head, tail].map(|it| format.escape(it));
    match format {
        EditFormat::Zeta21 => {
            ended(&markers::marked(&[&*head, &tail].concat(), head.len(), CURSOR))
        }
        EditFormat::Mercury | EditFormat::Zeta2 | EditFormat::Sweep | EditFormat::Chat => {
            [CURRENT, &ended(&[&head, CURSOR, &tail].concat()), SEPARATOR].concat()
        }
    }
}

pub(super) fn read(reply: &str) -> Option<String> {
    let end = [UPDATED, END].iter().filter_map(|it| reply.find(it)).min();
    let text = reply[..end.unwrap_or(reply.len())].replace(CURSOR, "");
    let is_none = text.trim().is_empty() || text.trim_start().starts_with(NO_EDITS);
    (!is_none).then_some(text)
}

pub(super) fn read_regions(reply: &str, window: &EditWindow) -> Option<String> {
    let reply = reply.split(END).next().unwrap_or_default().replace(CURSOR, "");
    // The markers of the prompt divide the text as it was sent.
    let sent = EditFormat::Zeta21.escape(&window.text);
    markers::applied(&reply, &sent, &markers::boundaries(&sent))
}
