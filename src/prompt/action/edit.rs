//! Follows an instruction of the user.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

pub(super) const NAME: &str = "edit";

/// Prefix of a comment that contains an instruction.
const MARK: &str = "ai:";

/// The instruction from a comment in these lines, and the lines without the comment.
pub fn said(lines: &str) -> Option<(String, String)> {
    let marked = |line: &str| {
        let comment = line.trim().trim_start_matches(|it: char| !it.is_alphanumeric());
        let begins = comment.get(..MARK.len()).is_some_and(|it| it.eq_ignore_ascii_case(MARK));
        // A comment starts with a marker; code that contains `ai:` does not.
        let is_comment = begins && comment.len() < line.trim().len();
        let words =
            comment.get(MARK.len()..)?.trim_end_matches("-->").trim_end_matches("*/").trim();
        (is_comment && !words.is_empty()).then(|| words.to_owned())
    };
    let (at, said) =
        lines.split_inclusive('\n').enumerate().find_map(|(at, it)| Some((at, marked(it)?)))?;
    let rest = lines.split_inclusive('\n').enumerate().filter(|it| it.0 != at).map(|it| it.1);
    Some((said, rest.collect()))
}

pub(super) fn action() -> Action {
    Action::new(
        NAME,
        "Edit as I say…",
        (ActionKind::Rewrite, ActionOutput::Edit),
        |_| Some(65),
        words,
    )
}

fn words(subject: &Subject<'_>) -> String {
    let said = subject.instruction.unwrap_or("Improve the selection.");
    format!("Change the selection as its author says, and nothing else:\n{said}")
}
