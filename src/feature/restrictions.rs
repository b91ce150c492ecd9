//! What is not done for a document, and by which rule: for those who wonder why nothing comes.

use std::sync::Arc;

use crate::feature::Engine;
use crate::feature::document::OpenDocument;
use crate::router::plan;
use crate::router::plan::SkipReason;
use crate::workspace::guard::Refusal;

/// Something that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub what: RestrictionScope,
    pub rule: RestrictionRule,
    /// The rule's own words.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestrictionScope {
    /// Nothing is suggested here, and nothing of it is sent.
    Everything,
    /// Nothing is suggested unless its user asks.
    Unasked,
    /// This one of the models is not asked.
    Model(Arc<str>),
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictionRule {
    Pause,
    /// What looks like a secret is never sent.
    Secret,
    /// A glob of the settings.
    Forbidden,
    /// A line of an ignore file.
    Ignored,
    Language,
    Trigger,
    /// The folder names others.
    Only,
    /// The document is in no folder that is open.
    Outside,
    Training,
}

impl RestrictionRule {
    /// The setting, where it is one.
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
        }
    }
}

impl Engine {
    /// All that is not done for a document, the widest first.
    pub fn blocks(&self, open: &OpenDocument) -> Vec<Restriction> {
        let path = open.path.as_deref();
        let options = self.options(path);
        let everything =
            |rule, reason| vec![Restriction { what: RestrictionScope::Everything, rule, reason }];
        if let Some(pause) = self.shared.pauses.holds(path) {
            return everything(RestrictionRule::Pause, pause.to_string());
        }
        if let Some(Err(refusal)) = path.map(|it| self.shared.guard.check(it)) {
            let rule = match &refusal {
                Refusal::Secret { .. } => RestrictionRule::Secret,
                Refusal::Forbidden { .. } => RestrictionRule::Forbidden,
                Refusal::Ignored { .. } | Refusal::Unreadable { .. } => RestrictionRule::Ignored,
            };
            return everything(rule, refusal.to_string());
        }
        let names = [open.language_name(), &open.document.language];
        if !options.language_on(&names) {
            return everything(RestrictionRule::Language, format!("{} is switched off", names[0]));
        }
        let mut blocks = Vec::new();
        if !options.automatic {
            let reason = "suggestions come only on request".to_owned();
            blocks.push(Restriction {
                what: RestrictionScope::Unasked,
                rule: RestrictionRule::Trigger,
                reason,
            });
        }
        let Some(models) = &self.models else { return blocks };
        models.router.inspect(|pool| {
            let closed = pool.candidates.iter().filter_map(|candidate| {
                let why = plan::sees(&options.policy, candidate).err()?;
                let what = RestrictionScope::Model(Arc::clone(candidate.name()));
                Some(Restriction { what, rule: rule(why)?, reason: why.to_string() })
            });
            blocks.extend(closed);
        });
        blocks
    }
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
        | SkipReason::Parked(..)
        | SkipReason::Capped(_)
        | SkipReason::Unpriced
        | SkipReason::TooDear(_)
        | SkipReason::Window(_)
        | SkipReason::Down(_)
        | SkipReason::NoRoom(_)
        | SkipReason::Starting
        | SkipReason::CannotStart
        | SkipReason::LaterGroup => None,
    }
}
