//! Writes a message for the staged changes.

use crate::prompt::action::{Action, ActionKind, ActionOutput, Subject};

pub const NAME: &str = "commit-message";

/// Language identifiers that editors use for git's message files.
const LANGUAGES: [&str; 2] = ["gitcommit", "git-commit"];

pub(super) fn action() -> Action {
    let fits = |it: &Subject<'_>| LANGUAGES.contains(&it.language).then_some(90);
    let title = "Write the commit message";
    Action::new(NAME, title, (ActionKind::Rewrite, ActionOutput::Message), fits, |it| {
        let style = it.instruction.map(|it| format!(" Recent messages, for their style:\n{it}"));
        format!(
            "Write the message of this commit: a title of at most 60 characters that says what \
             changes for whom, then, only if the reason is not plain, an empty line and one short \
             paragraph that gives it.{}",
            style.unwrap_or_default()
        )
    })
}
