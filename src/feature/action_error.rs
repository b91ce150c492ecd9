//! Why an action came to nothing, in words for the one who asked.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::feature::pause::Pause;
use crate::models::price::money::Money;
use crate::workspace::guard;

#[derive(Clone, Debug, PartialEq)]
pub enum ActionError {
    Unknown(String),
    Paused(Pause),
    LanguageOff,
    /// The file may not be seen.
    Hidden(guard::Refusal),
    NoModels,
    /// There is nothing to commit that may be seen.
    NothingStaged,
    /// Git said no.
    Git(String),
    /// A file that was named is not there, is none, or is too large.
    Unreadable(PathBuf),
    /// None of the models may be asked, each with its reason.
    NoneUsable(Vec<String>),
    /// It would cost more than may be spent without asking.
    Dear(Money),
    /// Who was asked, and why each did not answer.
    Failed(Vec<String>),
    /// What was answered changes nothing.
    OfNoUse {
        by: Arc<str>,
        why: String,
    },
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "unknown action {name:.60}"),
            Self::Paused(pause) => write!(f, "{pause}"),
            Self::LanguageOff => {
                f.write_str("this language is switched off by `complete.languages`")
            }
            Self::Hidden(rule) => write!(f, "this file is excluded: {rule}"),
            Self::NoModels => f.write_str(
                "no provider is set up: run `understudy setup`, or edit the file that `understudy config path` prints",
            ),
            Self::NothingStaged => f.write_str("no staged changes, or every staged file is excluded"),
            Self::Git(why) => write!(f, "git: {why}"),
            Self::Unreadable(path) => write!(f, "cannot read {}", path.display()),
            Self::NoneUsable(reasons) if reasons.is_empty() => f.write_str("no provider can be used"),
            Self::NoneUsable(reasons) => write!(f, "no provider can be used:\n{}", reasons.join("\n")),
            Self::Dear(money) => {
                write!(f, "the request would cost about {money}, more than `limit.edit.ask_above_usd`")
            }
            Self::Failed(tried) => write!(f, "no model answered:\n{}", tried.join("\n")),
            Self::OfNoUse { by, why } => write!(f, "nothing was changed: {why} ({by})"),
        }
    }
}

impl std::error::Error for ActionError {}
