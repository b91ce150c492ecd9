//! The errors of an action, with messages for the user.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::feature::pause::Pause;
use crate::models::price::money::Money;
use crate::prompt::action::ActionOutput;
use crate::workspace::guard;

/// What an action without a usable answer does not give.
pub(super) fn missing(gives: ActionOutput) -> &'static str {
    match gives {
        ActionOutput::Edit | ActionOutput::Tests | ActionOutput::Message => "nothing was changed",
        ActionOutput::Findings => "no finding could be read",
        ActionOutput::Answer => "there is no answer",
    }
}

#[derive(Clone, Debug, PartialEq, Error)]
pub enum ActionError {
    #[error("unknown action {0:.60}")]
    Unknown(String),
    #[error("{0}")]
    Paused(Pause),
    #[error("this language is switched off by `complete.languages`")]
    LanguageOff,
    #[error("this file is excluded: {0}")]
    Hidden(guard::Refusal),
    #[error(
        "no provider is set up: run `understudy setup`, or edit the file that `understudy config path` prints"
    )]
    NoModels,
    #[error("no staged changes, or every staged file is excluded")]
    NothingStaged,
    #[error("git: {0}")]
    Git(String),
    /// A file named by the user is missing, not a regular file, or too large.
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf),
    /// Every model is excluded; one `provider/model: reason` each.
    #[error("no provider can be used{}{}", if .0.is_empty() { "" } else { ":\n" }, .0.join("\n"))]
    NoneUsable(Vec<String>),
    #[error("the request would cost about {0}, more than `limit.edit.ask_above_usd`")]
    Dear(Money),
    /// Every attempt failed; one `provider/model: reason` each.
    #[error("no model answered:\n{}", .0.join("\n"))]
    Failed(Vec<String>),
    #[error("{what}: {why} ({by})")]
    OfNoUse {
        /// What the user does not get.
        what: &'static str,
        by: Arc<str>,
        why: String,
        /// The last answer, as Markdown.
        answer: String,
    },
}
