//! Checks an edit with the user's own command, in a copy of the workspace folder that has the edit.
//!
//! The checks on the syntax tree (`reply::check`) see neither types nor behaviour; a compiler or a test does. A command
//! that fails without the edit too says nothing about it.

mod command;
pub mod known;
mod output;

use std::fmt;
use std::path::PathBuf;

use crate::feature::action::outcome::Rejection;
use crate::feature::action::prepared::PreparedAction;
use crate::feature::action::verify::command::CheckCommand;
use crate::feature::action::verify::known::KnownCheck;
use crate::feature::action::{ActionOutcome, outcome};
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::feature::question::{ChatEvent, ChatReply, ChatSink};
use crate::prompt::action::{Action, ActionOutput, Freedom};
use crate::reply::edit;
use crate::reply::suite::failing;

/// An outcome after the check.
pub(super) struct Verified {
    pub(super) done: ActionOutcome,
    /// `None` for what needs no check, and if there is no command for it.
    pub(super) note: Option<CheckNote>,
}

/// What the user's command says about an edit that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckNote {
    /// This command passed.
    Passed(String),
    /// Nothing, for this reason.
    Unknown(String),
    /// Nothing, since none is set, although there is a usual one.
    Unset(KnownCheck),
}

/// A file before and after the edit.
#[derive(Clone)]
struct EditedFile {
    path: PathBuf,
    /// `None` if it does not exist.
    old: Option<String>,
    new: String,
}

/// Checks an outcome.
///
/// # Errors
///
/// If the command fails with the edit, and not without it.
pub(super) async fn verified(
    core: &Core,
    open: &OpenDocument,
    (action, prepared): (&Action, &PreparedAction),
    reply: &ChatReply,
    done: ActionOutcome,
    sink: &ChatSink,
) -> Result<Verified, Rejection> {
    // Documentation is compared token by token.
    let is_checked = action.freedom() != Freedom::Documentation;
    let Some(edited) = EditedFile::of(open, &done).filter(|_| is_checked) else {
        return Ok(Verified { done, note: None });
    };
    let Some(check) = CheckCommand::of(core, open) else {
        return Ok(Verified { done, note: KnownCheck::of(core, open).map(CheckNote::Unset) });
    };
    let command = check.to_string();
    sink(ChatEvent::Checking(command.as_str().into()));
    let passed = || CheckNote::Passed(command.clone());
    let output = match check.run(&edited, true).await {
        Ok(None) => return Ok(Verified::new(done, passed())),
        Ok(Some(output)) => output,
        Err(why) => return Ok(Verified::new(done, CheckNote::Unknown(why))),
    };
    if action.gives == ActionOutput::Tests
        && let Some(done) = without_failing(core, open, action, prepared, reply, &output).await
        && let Some(edited) = EditedFile::of(open, &done)
        && let Ok(None) = check.run(&edited, true).await
    {
        return Ok(Verified::new(done, passed()));
    }
    let why = match check.run(&edited, false).await {
        Ok(None) => None,
        Ok(Some(other)) => {
            Some(format!("`{command}` fails without the edit, too: {}", output::summary(&other)))
        }
        Err(why) => Some(why),
    };
    if let Some(why) = why {
        return Ok(Verified::new(done, CheckNote::Unknown(why)));
    }
    Err(Rejection {
        why: format!("`{command}` fails with the answer: {}", output::summary(&output)),
        request: format!(
            "With an earlier answer in its place, `{command}` fails:\n```\n{}\n```\nAnswer again in the same form, \
             without this error.",
            output::told(&output)
        ),
    })
}

/// The tests of an answer without those that fail; `None` if none is left.
async fn without_failing(
    core: &Core,
    open: &OpenDocument,
    action: &Action,
    prepared: &PreparedAction,
    reply: &ChatReply,
    output: &str,
) -> Option<ActionOutcome> {
    let code = edit::code(&reply.text, &prepared.scene.language).ok()?;
    let code = failing::without_failing(&core.shared.syntax, open.language?, &code, output)?;
    outcome::tests(core, open, action, prepared, code).await.ok()
}

impl Verified {
    fn new(done: ActionOutcome, note: CheckNote) -> Self {
        let done = match done {
            ActionOutcome::Change(mut it) => {
                it.is_uncertain = matches!(note, CheckNote::Unknown(_));
                ActionOutcome::Change(it)
            }
            other => other,
        };
        Self { done, note: Some(note) }
    }
}

impl fmt::Display for CheckNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(command) => write!(f, "`{command}` passed"),
            Self::Unknown(why) => write!(f, "not checked: {why}"),
            Self::Unset(it) => {
                let KnownCheck { language, words, .. } = it;
                write!(f, "not checked: `actions.check.{language} = {words:?}` would check it")
            }
        }
    }
}

impl EditedFile {
    /// The file of an outcome; `None` if it changes none.
    fn of(open: &OpenDocument, done: &ActionOutcome) -> Option<Self> {
        let (path, old, pieces) = match done {
            ActionOutcome::Change(change) => {
                let old = open.document.rope.to_string();
                (open.path.as_deref()?.to_owned(), Some(old), change.replacements()?)
            }
            // A file that may not be read.
            ActionOutcome::Insert { path, text: None, .. } if path.exists() => return None,
            ActionOutcome::Insert { path, text, insertions } => {
                let old = text.as_deref().unwrap_or_default();
                let piece = |(at, new): &(usize, String)| {
                    let at = old.floor_char_boundary(*at);
                    (at..at, new.clone())
                };
                (path.clone(), text.clone(), insertions.iter().map(piece).collect())
            }
            ActionOutcome::Answer(_) | ActionOutcome::Findings(_) => return None,
        };
        let mut new = old.clone().unwrap_or_default();
        pieces.into_iter().rev().for_each(|(range, text)| new.replace_range(range, &text));
        Some(Self { path, old, new })
    }
}
