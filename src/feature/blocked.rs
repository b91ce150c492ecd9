//! What is not done for a document, and by which rule: for those who wonder why nothing comes.

use std::sync::Arc;

use crate::feature::Engine;
use crate::feature::document::OpenDocument;
use crate::router::plan;
use crate::router::plan::Why;
use crate::workspace::guard::Refusal;

/// Something that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub what: What,
    pub rule: Rule,
    /// The rule's own words.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Nothing is suggested here, and nothing of it is sent.
    Everything,
    /// Nothing is suggested unless its user asks.
    Unasked,
    /// This one of the models is not asked.
    Model(Arc<str>),
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
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

impl Rule {
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
    pub fn blocks(&self, open: &OpenDocument) -> Vec<Block> {
        let path = open.path.as_deref();
        let options = self.options(path);
        let everything = |rule, reason| vec![Block { what: What::Everything, rule, reason }];
        if let Some(pause) = self.shared.pauses.holds(path) {
            return everything(Rule::Pause, pause.to_string());
        }
        if let Some(Err(refusal)) = path.map(|it| self.shared.guard.check(it)) {
            let rule = match &refusal {
                Refusal::Secret { .. } => Rule::Secret,
                Refusal::Forbidden { .. } => Rule::Forbidden,
                Refusal::Ignored { .. } | Refusal::Unreadable { .. } => Rule::Ignored,
            };
            return everything(rule, refusal.to_string());
        }
        let names = [open.language_name(), &open.document.language];
        if !options.language_on(&names) {
            return everything(Rule::Language, format!("{} is switched off", names[0]));
        }
        let mut blocks = Vec::new();
        if !options.automatic {
            let reason = "suggestions come only on request".to_owned();
            blocks.push(Block { what: What::Unasked, rule: Rule::Trigger, reason });
        }
        let Some(models) = &self.models else { return blocks };
        models.router.inspect(|pool| {
            let closed = pool.candidates.iter().filter_map(|candidate| {
                let why = plan::sees(&options.policy, candidate).err()?;
                let what = What::Model(Arc::clone(candidate.name()));
                Some(Block { what, rule: rule(why)?, reason: why.to_string() })
            });
            blocks.extend(closed);
        });
        blocks
    }
}

fn rule(why: Why) -> Option<Rule> {
    match why {
        Why::NotAllowed => Some(Rule::Only),
        Why::Remote => Some(Rule::Outside),
        Why::Trains | Why::MayTrain => Some(Rule::Training),
        Why::NotRouted
        | Why::NoKey
        | Why::CannotFill
        | Why::Reasons
        | Why::Searches
        | Why::CannotChat
        | Why::Excepted
        | Why::Parked(..)
        | Why::Capped(_)
        | Why::Unpriced
        | Why::TooDear(_)
        | Why::Window(_)
        | Why::Down(_)
        | Why::NoRoom(_)
        | Why::Starting
        | Why::CannotStart
        | Why::LaterGroup => None,
    }
}
