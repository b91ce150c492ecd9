//! Whether a document is eligible at all: the check before completion, next edits, actions and questions.
//! The status lists these restrictions and those of the models' policies.

use std::path::Path;
use std::sync::Arc;

use crate::feature::action_error::ActionError;
use crate::feature::completion::Unavailable;
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::feature::models::Models;
use crate::feature::next_edit;
use crate::feature::pause::Pause;
use crate::router::plan::{self, SkipReason};
use crate::workspace::guard::Refusal;

/// A restriction that the status shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub what: RestrictionScope,
    pub rule: RestrictionRule,
    /// The text of the rule.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestrictionScope {
    /// No suggestions, and no text is sent.
    Everything,
    /// Suggestions only on request.
    Unasked,
    /// No next edits.
    NextEdits,
    /// This model receives no requests.
    Model(Arc<str>),
}

/// The origin of a restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictionRule {
    Pause,
    /// The file looks like a secret.
    Secret,
    /// A glob in the settings.
    Forbidden,
    /// A line in an ignore file.
    Ignored,
    Language,
    Trigger,
    /// `only` of the folder does not list the model.
    Only,
    /// The document is outside the open folders.
    Outside,
    Training,
    /// The document is too large.
    Size,
}

impl RestrictionRule {
    /// The name of the setting, or another name for rules without one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Secret => "secret",
            Self::Forbidden => "index.forbid",
            Self::Ignored => "ignored",
            Self::Language => "complete.languages",
            Self::Trigger => "complete.trigger",
            Self::Only => "only",
            Self::Outside => "outside",
            Self::Training => "route.training",
            Self::Size => "size",
        }
    }
}

/// Why a document gets no suggestions and is not sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Ineligible {
    Paused(Pause),
    Refused(Refusal),
    LanguageOff,
}

impl From<Ineligible> for Unavailable {
    fn from(it: Ineligible) -> Self {
        match it {
            Ineligible::Paused(pause) => Self::Paused(pause),
            Ineligible::Refused(refusal) => Self::Refused(refusal),
            Ineligible::LanguageOff => Self::LanguageOff,
        }
    }
}

impl From<Ineligible> for ActionError {
    fn from(it: Ineligible) -> Self {
        match it {
            Ineligible::Paused(pause) => Self::Paused(pause),
            Ineligible::Refused(refusal) => Self::Hidden(refusal),
            Ineligible::LanguageOff => Self::LanguageOff,
        }
    }
}

/// The check before every feature: pauses, then the path guard, then the language.
///
/// # Errors
///
/// The first of these that applies.
pub fn check(core: &Core, open: &OpenDocument) -> Result<(), Ineligible> {
    let path = open.path.as_deref();
    if let Some(pause) = core.shared.pauses.holds(path) {
        return Err(Ineligible::Paused(pause));
    }
    if let Some(Err(refusal)) = path.map(|it| core.shared.guard.check(it)) {
        return Err(Ineligible::Refused(refusal));
    }
    if open.of_language(&core.options(path).languages) == Some(&false) {
        return Err(Ineligible::LanguageOff);
    }
    Ok(())
}

/// The result of a request about these files, unless a pause of one of them begins before: it ends the request.
///
/// # Errors
///
/// The error of the request, or the pause.
pub(super) async fn until_paused<T>(
    core: &Core,
    paths: &[Option<&Path>],
    request: impl Future<Output = Result<T, ActionError>>,
) -> Result<T, ActionError> {
    tokio::select! {
        biased;
        reply = request => reply,
        pause = core.shared.pauses.begun(paths) => Err(ActionError::Paused(pause)),
    }
}

/// The models for a request about a document that has no other source than models.
///
/// # Errors
///
/// Why the document is not eligible, or that no provider is configured.
pub(super) fn models<'a>(core: &'a Core, open: &OpenDocument) -> Result<&'a Models, ActionError> {
    check(core, open)?;
    core.models.as_ref().ok_or(ActionError::NoModels)
}

/// All restrictions of a document, widest first.
pub fn restrictions(core: &Core, open: &OpenDocument) -> Vec<Restriction> {
    if let Err(reason) = check(core, open) {
        return vec![everything(&reason, open)];
    }
    let options = core.options_of(open);
    let mut restrictions = Vec::new();
    if !options.automatic {
        let reason = "suggestions come only on request".to_owned();
        restrictions.push(Restriction {
            what: RestrictionScope::Unasked,
            rule: RestrictionRule::Trigger,
            reason,
        });
    }
    if options.next_edit.on && next_edit::is_too_large(open) {
        restrictions.push(Restriction {
            what: RestrictionScope::NextEdits,
            rule: RestrictionRule::Size,
            reason: "the document is larger than 1 MB".to_owned(),
        });
    }
    let Some(models) = &core.models else { return restrictions };
    models.router.inspect(|pool| {
        let closed = pool.candidates.iter().filter_map(|candidate| {
            let why = plan::sees(&options.policy, candidate).err()?;
            let what = RestrictionScope::Model(Arc::clone(candidate.name()));
            Some(Restriction { what, rule: rule(why)?, reason: why.to_string() })
        });
        restrictions.extend(closed);
    });
    restrictions
}

fn everything(reason: &Ineligible, open: &OpenDocument) -> Restriction {
    let (rule, reason) = match reason {
        Ineligible::Paused(pause) => (RestrictionRule::Pause, pause.to_string()),
        Ineligible::LanguageOff => {
            (RestrictionRule::Language, format!("{} is switched off", open.language_name()))
        }
        Ineligible::Refused(refusal) => {
            let rule = match refusal {
                Refusal::Secret { .. } => RestrictionRule::Secret,
                Refusal::Forbidden { .. } => RestrictionRule::Forbidden,
                Refusal::Ignored { .. } | Refusal::Unreadable { .. } => RestrictionRule::Ignored,
            };
            (rule, refusal.to_string())
        }
    };
    Restriction { what: RestrictionScope::Everything, rule, reason }
}

fn rule(why: SkipReason) -> Option<RestrictionRule> {
    match why {
        SkipReason::NotAllowed => Some(RestrictionRule::Only),
        SkipReason::Remote => Some(RestrictionRule::Outside),
        SkipReason::Trains | SkipReason::MayTrain => Some(RestrictionRule::Training),
        SkipReason::NotRouted
        | SkipReason::NoKey
        | SkipReason::CannotFill
        | SkipReason::Reasons
        | SkipReason::Searches
        | SkipReason::CannotChat
        | SkipReason::Excepted
        | SkipReason::Cooldown(..)
        | SkipReason::Capped(_)
        | SkipReason::Unpriced
        | SkipReason::TooDear(_)
        | SkipReason::ContextTooShort(_)
        | SkipReason::Down(_)
        | SkipReason::NoRoom(_)
        | SkipReason::Starting
        | SkipReason::CannotStart
        | SkipReason::LaterGroup => None,
    }
}
