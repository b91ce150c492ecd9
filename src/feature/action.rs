//! Code actions: requests to a model about a selection, a diagnostic or a place.
//!
//! An action takes its context (whole lines; without a selection, the lines around the place), builds a
//! prompt, masks it and sends it through the router. The answer becomes a change that is checked, or Markdown
//! that is streamed. After an unusable answer, `attempts` decides which model is asked next.

mod attempts;
pub mod change;
pub mod context;
pub mod finding;
mod folded;
mod outcome;
mod prepared;
pub mod verify;
mod whole;

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::feature::action::attempts::Attempts;
use crate::feature::action::change::ActionChange;
use crate::feature::action::context::ActionContext;
use crate::feature::action::finding::Review;
use crate::feature::action::prepared::PreparedAction;
use crate::feature::action::verify::{CheckNote, Verified};
use crate::feature::action_error::ActionError;
use crate::feature::ask::Conversation;
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;
use crate::feature::models::Models;
use crate::feature::question::{ChatReply, ChatSink};
use crate::feature::rules::ProjectRules;
use crate::feature::staged::lines::StagedLines;
use crate::feature::{EngineOptions, eligibility, hover, question};
use crate::models::price::money::Money;
use crate::prompt::action::{Action, Diagnostic};
use crate::prompt::{Chat, action};
use crate::reply::suite::Insertions;
use crate::router::plan::Choice;
use crate::router::recorder::CallTotal;
use crate::router::spec::RequestSpec;

/// The action that writes a commit message for the staged changes.
pub const COMMIT_MESSAGE: &str = action::commit::NAME;
pub const EXPLAIN: &str = "explain";
pub const REVIEW: &str = action::review::NAME;

#[derive(Clone, Debug)]
pub struct ActionRequest {
    /// The name of the action.
    pub action: String,
    /// In bytes; empty without a selection.
    pub range: Range<usize>,
    pub diagnostics: Vec<Diagnostic>,
    /// The instruction that the user entered.
    pub instruction: Option<String>,
    pub consent: Consent,
    /// The conversation that the answer starts.
    pub thread: Option<String>,
}

/// The user's consent to the cost of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Up to `limit.edit.ask_above_usd`.
    UpToLimit,
    Given,
}

/// What a request is expected to cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The `provider/model` that is asked first.
    pub by: Arc<str>,
    /// `None` if the price is unknown.
    pub money: Option<Money>,
}

/// The source of the instruction, for actions that need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionText {
    /// The editor prompts the user.
    Asked,
    /// A comment that begins with `ai:`.
    InComments,
}

#[derive(Clone, Debug)]
pub struct ActionReply {
    pub done: ActionOutcome,
    /// `provider/model`.
    pub by: Arc<str>,
    pub total: Option<CallTotal>,
    /// The lines of the action, from 1, if they are more than the selection: it cut through definitions or
    /// statements.
    pub widened: Option<RangeInclusive<usize>>,
    /// What the user's command for checks found; `None` without one.
    pub check: Option<CheckNote>,
}

#[derive(Clone, Debug)]
pub enum ActionOutcome {
    Change(ActionChange),
    /// Texts for another file, which is created if it does not exist. Offsets are those of `text`, the file
    /// when it was read; behind its end they mean its end.
    Insert {
        path: PathBuf,
        text: Option<String>,
        insertions: Insertions,
    },
    /// Markdown.
    Answer(String),
    Findings(Review),
}

impl Consent {
    /// The highest cost without confirmation; `None` for any cost.
    pub(super) fn limit(self, options: &EngineOptions) -> Option<Money> {
        match self {
            Self::Given => None,
            Self::UpToLimit => options.edit.ask_above,
        }
    }
}

/// Offers and performs code actions.
pub struct Actions {
    core: Arc<Core>,
    rules: ProjectRules,
}

impl Actions {
    pub(super) fn new(core: &Arc<Core>, rules: ProjectRules) -> Self {
        Self { core: Arc::clone(core), rules }
    }

    /// The actions that fit a place, best first. Sends no request.
    pub fn fitting(
        &self,
        open: &OpenDocument,
        range: &Range<usize>,
        diagnostics: &[Diagnostic],
        words: ActionText,
    ) -> Vec<Action> {
        let scene = ActionContext::new(&self.core, open, range);
        let subject = scene.subject(diagnostics, None);
        let has_text = words == ActionText::Asked || action::edit::said(&scene.original).is_some();
        let all = self.catalogue(open).into_iter().filter(|it| has_text || !it.takes_words());
        let mut fitting: Vec<_> = all.filter_map(|it| Some((it.fit(&subject)?, it))).collect();
        fitting.sort_by_key(|it| std::cmp::Reverse(it.0));
        fitting.into_iter().map(|it| it.1).collect()
    }

    /// The lines, from 1, that an edit of this selection is widened to, because it cuts through definitions or
    /// statements.
    pub fn widened(
        &self,
        open: &OpenDocument,
        range: &Range<usize>,
    ) -> Option<RangeInclusive<usize>> {
        let mut scene = ActionContext::new(&self.core, open, range);
        scene.narrow(open, range);
        if scene.is_part() {
            return None;
        }
        scene.widen(&self.core, open);
        scene.widened_lines()
    }

    pub fn title(&self, open: &OpenDocument, name: &str) -> String {
        self.find(open, name).map_or_else(|| name.to_owned(), |it| it.title.into_owned())
    }

    /// The built-in actions and those from the settings. An action from the settings replaces the built-in
    /// action of the same name.
    fn catalogue(&self, open: &OpenDocument) -> Vec<Action> {
        let custom = &self.core.options_of(open).actions;
        let mut all = action::catalogue();
        all.retain(|it| custom.iter().all(|custom| custom.name != it.name));
        all.extend(
            custom.iter().cloned().map(|it| {
                Action::of_user(it.name, it.title, it.instruction, it.gives, it.languages)
            }),
        );
        all
    }

    fn find(&self, open: &OpenDocument, name: &str) -> Option<Action> {
        self.catalogue(open).into_iter().find(|it| it.name == name)
    }

    /// Why actions are not available in a document; `None` if they are.
    pub fn refusal(&self, open: &OpenDocument) -> Option<ActionError> {
        eligibility::models(&self.core, open).err()
    }

    /// Sends the request, streams events to `sink` and returns the outcome. The document may change before
    /// the answer arrives.
    ///
    /// # Errors
    ///
    /// `ActionError::Dear` before anything is sent, if the expected cost needs consent.
    pub async fn act(
        &self,
        open: &OpenDocument,
        ask: &ActionRequest,
        sink: ChatSink,
    ) -> Result<ActionReply, ActionError> {
        let models = eligibility::models(&self.core, open)?;
        let action =
            self.find(open, &ask.action).ok_or_else(|| ActionError::Unknown(ask.action.clone()))?;
        let sink = if action.streams() { sink } else { question::without_text(sink) };
        let prepared = PreparedAction::new(&self.core, &self.rules, open, &action, ask).await?;
        let _requested = prepared.symbol.as_ref().and_then(|it| {
            let (by, _) = hover::expected(models, &prepared.spec)?;
            Some(self.core.shared.explained.mark_requested(it.key, by))
        });
        let attempts = Attempts {
            actions: self,
            models,
            open,
            action: &action,
            prepared: &prepared,
            allowed: ask.consent.limit(self.core.options_of(open)),
            sink: &sink,
        };
        let path = open.path.as_deref();
        let (Verified { done, note }, reply) =
            eligibility::until_paused(&self.core, &[path], attempts.answer()).await?;
        let reply = self.finish(open, ask, prepared, done, reply, &sink);
        Ok(ActionReply { check: note, ..reply })
    }

    /// What a request is expected to cost; `None` if no model can answer it. Sends no request.
    ///
    /// # Errors
    ///
    /// Why the action is not available in the document.
    pub async fn estimate(
        &self,
        open: &OpenDocument,
        ask: &ActionRequest,
    ) -> Result<Option<Estimate>, ActionError> {
        let models = eligibility::models(&self.core, open)?;
        let action =
            self.find(open, &ask.action).ok_or_else(|| ActionError::Unknown(ask.action.clone()))?;
        let prepared = PreparedAction::new(&self.core, &self.rules, open, &action, ask).await?;
        let plan = models.router.plan(&prepared.spec);
        let estimate = |it: &Choice| Estimate {
            by: Arc::clone(it.candidate.name()),
            money: it.value.dollars.and_then(Money::from_dollars),
        };
        Ok(plan.order.first().map(estimate))
    }

    /// The staged lines of the repository that contains a folder.
    ///
    /// # Errors
    ///
    /// `ActionError::Git` if git fails.
    pub async fn staged(&self, folder: &Path) -> Result<StagedLines, ActionError> {
        StagedLines::read(&self.core, folder).await
    }

    /// Keeps an answer for hovers and for further questions.
    fn finish(
        &self,
        open: &OpenDocument,
        ask: &ActionRequest,
        prepared: PreparedAction,
        mut done: ActionOutcome,
        reply: ChatReply,
        sink: &ChatSink,
    ) -> ActionReply {
        if let ActionOutcome::Answer(text) = &mut done {
            *text = reply.with_cut_note(std::mem::take(text), sink);
            let shared = &self.core.shared;
            if let Some(symbol) = &prepared.symbol {
                shared.explained.put(symbol.key, text.clone(), Arc::clone(&reply.by));
            }
            if let Some(thread) = &ask.thread {
                let about = open.path.clone();
                let policy = self.core.options(about.as_deref()).policy.clone();
                let conversation = Conversation { chat: prepared.chat, policy, about };
                shared.threads.keep(thread, conversation, text);
            }
        }
        let widened = prepared.scene.widened_lines();
        ActionReply { done, by: reply.by, total: reply.total, widened, check: None }
    }
}

pub(super) fn bytes(chat: &Chat) -> usize {
    let turns: usize = chat.turns.iter().map(|it| it.text.len()).sum();
    let parts: usize = chat.parts.iter().map(|it| it.text.len()).sum();
    chat.system.len() + turns + parts
}

/// The expected total cost, if it is above `allowed`.
pub(super) fn cost_above_limit(
    models: &Models,
    spec: &RequestSpec,
    allowed: Option<Money>,
    spent: Money,
) -> Option<Money> {
    let dollars = models.router.plan(spec).order.first()?.value.dollars?;
    let money = spent + Money::from_dollars(dollars)?;
    (money > allowed?).then_some(money)
}
