//! Inception's Mercury: one message for its route for edits, answered with the new window in a Markdown
//! fence. <https://docs.inceptionlabs.ai/capabilities/next-edit>

use crate::prompt::edit::EditPrompt;
use crate::provider::next_edit::{EditFormat, diff};

pub(super) const CURSOR: &str = "<|cursor|>";
pub(super) const SNIPPETS: [&str; 2] =
    ["<|recently_viewed_code_snippets|>", "<|/recently_viewed_code_snippets|>"];
pub(super) const SNIPPET: [&str; 2] =
    ["<|recently_viewed_code_snippet|>", "<|/recently_viewed_code_snippet|>"];
pub(super) const FILE: [&str; 2] = ["<|current_file_content|>", "<|/current_file_content|>"];
pub(super) const WINDOW: [&str; 2] = ["<|code_to_edit|>", "<|/code_to_edit|>"];
pub(super) const HISTORY: [&str; 2] = ["<|edit_diff_history|>", "<|/edit_diff_history|>"];
pub(super) const SNIPPET_PATH: &str = "code_snippet_file_path: ";
pub(super) const PATH: &str = "current_file_path: ";
/// A reply without an edit.
pub(super) const NONE: &str = "None";

pub(super) const TOKENS: &[&str] = &[
    CURSOR,
    SNIPPETS[0],
    SNIPPETS[1],
    SNIPPET[0],
    SNIPPET[1],
    FILE[0],
    FILE[1],
    WINDOW[0],
    WINDOW[1],
    HISTORY[0],
    HISTORY[1],
];

pub(super) fn render(prompt: &EditPrompt) -> String {
    let clean = |text: &str| EditFormat::Mercury.escape(text);
    let snippets = prompt.parts.iter().map(|it| {
        let text = ended(&clean(&it.text));
        let [open, close] = SNIPPET;
        format!("{open}\n{SNIPPET_PATH}{}\n{text}{close}\n", clean(&it.path))
    });
    let history = prompt.history.iter().map(|it| {
        let path = clean(&it.path);
        format!("--- {path}\n+++ {path}\n{}\n", clean(&diff::hunk(it)))
    });
    let (head, tail) = prompt.window.sides();
    [
        enclosed(SNIPPETS, &snippets.collect::<String>()),
        "\n".to_owned(),
        enclosed(
            FILE,
            &[
                format!("{PATH}{}\n{}", clean(&prompt.path), clean(&prompt.before)),
                enclosed(WINDOW, &ended(&[&clean(head), CURSOR, &clean(tail)].concat())),
                ended(&clean(&prompt.after)),
            ]
            .concat(),
        ),
        "\n".to_owned(),
        enclosed(HISTORY, &history.collect::<String>()),
    ]
    .concat()
}

fn enclosed([open, close]: [&str; 2], text: &str) -> String {
    // The documentation has a blank line in an empty section.
    let text = if text.is_empty() { "\n" } else { text };
    [open, "\n", text, close, "\n"].concat()
}

/// A text that ends with a line end, unless it is empty.
pub(super) fn ended(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    [text, end].concat()
}

/// The lines in the fence. Some replies repeat the tags around the window.
pub(super) fn read(reply: &str) -> Option<String> {
    let text = reply.trim_matches(['\n', '\r']);
    let text = text.strip_prefix("```").map_or(text, |it| {
        let rest = it.split_once('\n').map_or("", |it| it.1);
        rest.trim_end().strip_suffix("```").unwrap_or(rest)
    });
    let text = match text.split_once(WINDOW[0]) {
        Some((_, inside)) => inside.split_once(WINDOW[1]).map_or(inside, |it| it.0),
        None => text,
    };
    (text.trim() != NONE && !text.trim().is_empty()).then(|| text.replace(CURSOR, ""))
}

/// A window as a reply.
pub(super) fn write(window: &str) -> String {
    format!("```\n{}\n```", window.strip_suffix('\n').unwrap_or(window))
}
