//! Requests of one action. The reason why an answer is unusable is told to the same model once; then one other
//! model answers the original request. All attempts share one time limit and one cost limit; a free model that nothing
//! can replace is waited for beyond the time limit.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::feature::action::outcome::{Rejection, outcome};
use crate::feature::action::prepared::PreparedAction;
use crate::feature::action::verify::{CheckNote, Verified};
use crate::feature::action::{Actions, bytes, cost_above_limit, verify};
use crate::feature::action_error::ActionError;
use crate::feature::document::OpenDocument;
use crate::feature::models::Models;
use crate::feature::question::{ChatEvent, ChatReply, ChatSink, Cut};
use crate::feature::{action_error, question};
use crate::models::price::money::Money;
use crate::prompt::Chat;
use crate::prompt::action::{Action, ActionOutput};
use crate::reply::answer;
use crate::reply::suite::limit;
use crate::router::plan::Choice;
use crate::router::spec::RequestSpec;
use crate::usage::record::{Silent, random_id};

/// What the attempts of one action have in common.
pub(super) struct Attempts<'a> {
    pub(super) actions: &'a Actions,
    pub(super) models: &'a Models,
    pub(super) open: &'a OpenDocument,
    pub(super) action: &'a Action,
    pub(super) prepared: &'a PreparedAction,
    /// The highest cost of all attempts; `None` for any.
    pub(super) allowed: Option<Money>,
    pub(super) sink: &'a ChatSink,
}

/// What earlier attempts leave to later ones.
struct SoFar {
    ends: Instant,
    spent: Money,
    /// Models that failed or gave an unusable answer.
    failed: Vec<Arc<str>>,
    /// The last unusable answer.
    last: Option<ActionError>,
}

/// The answer of one attempt.
enum Answer {
    Usable(Verified, ChatReply),
    Rejected(ChatReply, Rejection),
}

impl Attempts<'_> {
    /// The first usable outcome.
    ///
    /// # Errors
    ///
    /// `ActionError::Dear` before anything is sent; `OfNoUse` with the last answer after all attempts.
    pub(super) async fn answer(&self) -> Result<(Verified, ChatReply), ActionError> {
        let PreparedAction { chat, spec, .. } = self.prepared;
        let ends = Instant::now() + spec.deadline.total;
        let mut so_far = SoFar { ends, spent: Money::default(), failed: Vec::new(), last: None };
        let (reply, rejection) = match self.send(&mut so_far, chat.clone(), spec.clone()).await? {
            Answer::Usable(done, reply) => return Ok((done, reply)),
            Answer::Rejected(reply, rejection) => (reply, rejection),
        };
        if may_improve(&reply) {
            let chat = self.told(&rejection);
            let spec = self.only(&reply.by, &chat);
            // After a failed retry another model can still answer.
            if let Ok(Answer::Usable(done, reply)) = self.send(&mut so_far, chat, spec).await {
                return Ok((done, reply));
            }
        }
        let mut spec = spec.clone();
        spec.except.append(&mut so_far.failed);
        match self.send(&mut so_far, chat.clone(), spec).await {
            Ok(Answer::Usable(done, reply)) => Ok((done, reply)),
            Ok(Answer::Rejected(..)) | Err(_) => {
                Err(so_far.last.expect("the first answer was rejected"))
            }
        }
    }

    /// Sends one request within what is left of the limits.
    async fn send(
        &self,
        so_far: &mut SoFar,
        chat: Chat,
        mut spec: RequestSpec,
    ) -> Result<Answer, ActionError> {
        spec.deadline.total = so_far.ends.saturating_duration_since(Instant::now());
        if let Some(last) = &so_far.last
            && spec.deadline.total.is_zero()
            && !self.waits(&spec)
        {
            return Err(last.clone());
        }
        if let Some(cost) = cost_above_limit(self.models, &spec, self.allowed, so_far.spent) {
            return Err(ActionError::Dear(cost));
        }
        if so_far.last.is_some() {
            (self.sink)(ChatEvent::Reset);
        }
        let (files, watch) = (self.prepared.files.clone(), self.prepared.watch.clone());
        let sink = Arc::clone(self.sink);
        let reply = question::send(self.models, spec, chat, files, sink, watch).await?;
        so_far.spent =
            so_far.spent + reply.total.as_ref().and_then(|it| it.money).unwrap_or_default();
        let answered = Instant::now();
        let outcome = self.outcome(&reply).await;
        // The time limit is that of the models.
        so_far.ends += answered.elapsed();
        match outcome {
            Ok(done) => Ok(Answer::Usable(done, reply)),
            Err(rejection) => {
                self.record(&reply.by, &rejection.why);
                so_far.failed.extend(reply.failed.iter().cloned());
                so_far.failed.push(Arc::clone(&reply.by));
                so_far.last = Some(unusable(self.action.gives, &reply, &rejection));
                Ok(Answer::Rejected(reply, rejection))
            }
        }
    }

    /// The outcome of a reply, or why it is unusable.
    async fn outcome(&self, reply: &ChatReply) -> Result<Verified, Rejection> {
        let replaces = matches!(
            self.action.gives,
            ActionOutput::Edit | ActionOutput::Tests | ActionOutput::Message
        );
        let completed = reply.cut.and_then(|it| self.completed(it, reply));
        let reply = completed.as_ref().unwrap_or(reply);
        if let Some(cut) = reply.cut.filter(|it| replaces || *it == Cut::Reasoning) {
            // Applying it would delete the missing lines. Reasoning alone is no answer.
            return Err(format!("the answer was {cut}").into());
        }
        let (core, asked) = (&self.actions.core, (self.action, self.prepared));
        let done = outcome(core, self.open, self.action, self.prepared, reply).await?;
        let verified = verify::verified(core, self.open, asked, reply, done, self.sink).await?;
        if let Some(note @ CheckNote::Unknown(_)) = &verified.note {
            self.record(&reply.by, &note.to_string());
        }
        Ok(verified)
    }

    /// The complete tests of an answer that was cut.
    fn completed(&self, cut: Cut, reply: &ChatReply) -> Option<ChatReply> {
        let language = self.open.language.filter(|_| self.action.gives == ActionOutput::Tests)?;
        let syntax = &self.actions.core.shared.syntax;
        let text = limit::completed(syntax, language, &reply.text)?;
        self.record(&reply.by, &format!("the answer was {cut}: only its complete tests are used"));
        Some(ChatReply { text, cut: None, ..reply.clone() })
    }

    /// Records the reason for `understudy why`.
    fn record(&self, by: &Arc<str>, why: &str) {
        let now = SystemTime::now();
        self.models.router.ledger().silent(Silent {
            id: random_id(),
            first: now,
            last: now,
            count: 1,
            document: self.prepared.scene.path.clone(),
            reason: format!("{}: {why} ({by})", self.action.name),
        });
    }

    /// The request with the reason, without the unusable answer and the code around the selection: small models would
    /// repeat the one or copy from the other.
    fn told(&self, rejection: &Rejection) -> Chat {
        let mut chat = self.prepared.alone.clone();
        if let Some(turn) = chat.turns.last_mut() {
            turn.text += &format!("\n\n{}", rejection.request);
        }
        chat
    }

    /// The request for one model only.
    fn only(&self, by: &Arc<str>, chat: &Chat) -> RequestSpec {
        let mut spec = self.prepared.spec.clone();
        spec.size.bytes = bytes(chat) as u64;
        let planned = self.models.router.plan(&spec).order;
        let others = planned.iter().map(|it| it.candidate.name()).filter(|it| *it != by);
        spec.except.extend(others.cloned());
        if planned.len() > 1 {
            spec.deadline.patience = Duration::ZERO;
        }
        spec
    }

    /// Whether a request is waited for beyond the limit: only a free model can answer it.
    fn waits(&self, spec: &RequestSpec) -> bool {
        let is_free = |it: &Choice| it.candidate.is_free();
        let order = self.models.router.plan(spec).order;
        !spec.deadline.patience.is_zero() && order.len() == 1 && order.iter().all(is_free)
    }
}

/// Whether the same model can do better with the reason. An answer without text, or one that reached its limit,
/// would be the same again, but not reasoning that repeated itself.
fn may_improve(reply: &ChatReply) -> bool {
    match reply.cut {
        Some(Cut::Limit(_)) => false,
        Some(Cut::Reasoning) => true,
        Some(Cut::Repetition) | None => !reply.text.trim().is_empty(),
    }
}

fn unusable(gives: ActionOutput, reply: &ChatReply, rejection: &Rejection) -> ActionError {
    ActionError::OfNoUse {
        what: action_error::missing(gives),
        by: Arc::clone(&reply.by),
        why: rejection.why.clone(),
        answer: answer::clean(reply.text.trim()),
    }
}
