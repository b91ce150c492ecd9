//! Calls one candidate after another until one has answered.
//!
//! A plain loop. A failure is recorded, and the next candidate is called within the same deadline; no
//! candidate is attempted twice. Dropping the future ends the call that is in flight.

mod attempt;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, timeout};

use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::prompt::relay::{AnswerDelivery, Relay};
use crate::provider::Target;
use crate::provider::client::{HangUp, ModelStream};
use crate::provider::dialect::{Delta, Finish};
use crate::provider::failure::{Failure, Phase};
use crate::router::RouterState;
use crate::router::deadline::{self, Remaining};
use crate::router::outcome::{
    AnsweredBy, AttemptError, EventSink, FailedAttempt, Flow, ModelAnswer, Standby, StreamEvent,
};
use crate::router::plan::{Choice, Plan};
use crate::router::pool::ModelPool;
use crate::router::recorder::{CallEnd, CallRecorder, CallTotal};
use crate::router::run::attempt::OpenedStream;
use crate::router::spec::{Feature, RequestSpec};

/// How long a completion waits for a free model if there is no other.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait for the usage that follows an answer.
const TRAILER: Duration = Duration::from_millis(50);
/// How long an answer that is complete is read on, to keep its connection.
const DRAIN: Duration = Duration::from_secs(2);
/// Minimum interval of cost reports.
const COST_INTERVAL: Duration = Duration::from_millis(500);
/// An answer with fewer tokens left ends soon.
const FEW: f64 = 8.0;

/// A request on its way.
pub(super) struct Run {
    router: Arc<RouterState>,
    spec: Arc<RequestSpec>,
    prompt: Arc<Prompt>,
    /// Files whose text is in the prompt.
    files: Arc<[String]>,
    /// Those who were not attempted yet, best first.
    remaining: Vec<Choice>,
    pub(super) tried: Vec<FailedAttempt>,
    attempts: u32,
    /// The cost of failed attempts.
    spent: Money,
    /// The time of the last cost report.
    cost_reported: Option<Instant>,
    started: Instant,
    ends: Instant,
    /// Whether there is a standby, which is shown if no candidate answers in time.
    has_standby: bool,
}

impl Run {
    pub(super) fn new(
        router: &Arc<RouterState>,
        spec: RequestSpec,
        prompt: Arc<Prompt>,
        files: Vec<String>,
        plan: &Plan,
        standby: Option<&Standby>,
    ) -> Self {
        let started = Instant::now();
        Self {
            router: Arc::clone(router),
            started,
            ends: started + spec.deadline.total,
            has_standby: standby.is_some(),
            spec: Arc::new(spec),
            prompt,
            files: files.into(),
            remaining: plan.order.clone(),
            tried: Vec::new(),
            attempts: 0,
            spent: Money::ZERO,
            cost_reported: None,
        }
    }

    /// Asks until one has answered; `None` where all failed.
    pub(super) async fn try_in_order(&mut self, sink: &mut EventSink) -> Option<ModelAnswer> {
        while !self.remaining.is_empty() {
            let choice = self.remaining.remove(0);
            self.be_patient(&choice);
            if self.left().is_zero() {
                break;
            }
            let Some(opened) = self.open(choice).await else { continue };
            if let Some(answer) = self.stream(opened, sink).await {
                return Some(answer);
            }
        }
        None
    }

    /// A completion waits longer for a free model if neither another candidate nor a standby is left: waiting
    /// costs nothing, and ends once the user types something else.
    fn be_patient(&mut self, choice: &Choice) {
        let is_last = self.remaining.is_empty() && !self.has_standby;
        if is_last && self.spec.feature == Feature::Complete && choice.candidate.is_free() {
            self.ends = self.ends.max(self.started + PATIENCE);
        }
    }

    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    fn behind(&self) -> Remaining {
        if self.remaining.is_empty() { Remaining::None } else { Remaining::Others }
    }

    /// Records a failure, and drops the candidates that would fail for the same reason.
    fn fail(&mut self, tried: FailedAttempt) {
        let dropped: Vec<FailedAttempt> = match &tried.trouble {
            AttemptError::Failed(Failure::Cancelled) => {
                self.remaining.clear();
                Vec::new()
            }
            AttemptError::Failed(Failure::Auth { .. }) => self.drop_same_key(&tried.target),
            AttemptError::Failed(Failure::ContextTooLong { .. }) => self.drop_too_small(),
            AttemptError::Failed(_)
            | AttemptError::Refused(_)
            | AttemptError::Down
            | AttemptError::SameKey
            | AttemptError::TooSmall(_) => Vec::new(),
        };
        self.tried.push(tried);
        self.tried.extend(dropped);
    }

    /// The other models of a provider have the same key.
    fn drop_same_key(&mut self, failed: &Target) -> Vec<FailedAttempt> {
        let provider = &failed.provider.name;
        self.drop_behind(|_, it| {
            (it.candidate.provider() == provider).then_some(AttemptError::SameKey)
        })
    }

    /// Drops candidates whose context window is too small even for the trimmed prompt.
    fn drop_too_small(&mut self) -> Vec<FailedAttempt> {
        let (least, output) = (self.prompt.least_bytes(), u64::from(self.spec.size.max_output));
        self.drop_behind(|pool, it| {
            let (candidate, health) = (&it.candidate, &pool.health[it.index]);
            let tokens = (least as f64 / health.bytes_per_token(candidate)).ceil() as u64;
            let window = health.window(candidate, super::now().clock)?;
            (tokens + output > u64::from(window)).then_some(AttemptError::TooSmall(window))
        })
    }

    fn drop_behind(
        &mut self,
        why: impl Fn(&ModelPool, &Choice) -> Option<AttemptError>,
    ) -> Vec<FailedAttempt> {
        let pool = self.router.pool();
        let mut dropped = Vec::new();
        self.remaining.retain(|it| {
            let trouble = why(&pool, it);
            let is_kept = trouble.is_none();
            dropped.extend(trouble.map(|trouble| FailedAttempt::new(it, trouble)));
            is_kept
        });
        dropped
    }

    /// Passes an answer on as it comes; `None` where it failed on the way.
    async fn stream(&mut self, opened: OpenedStream, sink: &mut EventSink) -> Option<ModelAnswer> {
        let OpenedStream { choice, mut recorder, mut reply, pieces } = opened;
        let name = Arc::clone(&choice.candidate.target.name);
        let (mut text, mut pieces) = (String::new(), pieces.into_iter());
        sink(StreamEvent::Started { target: &choice.candidate.target });
        self.settle();
        let finish = loop {
            let piece = match pieces.next() {
                Some(piece) => Ok(piece),
                None => self.next(&choice, &mut reply, &mut recorder).await,
            };
            match piece {
                Ok(Delta::Text(piece)) => {
                    text.push_str(&piece);
                    match sink(StreamEvent::Delta(&piece)) {
                        Flow::On => self.report_cost(&recorder, sink),
                        Flow::Stop => {
                            let total = self.stop(recorder, reply);
                            sink(StreamEvent::Done);
                            let by = AnsweredBy::Target(name);
                            let total = Some(total);
                            return Some(ModelAnswer { text, by, total, is_cut: false });
                        }
                    }
                }
                Ok(Delta::Relayed(event)) => _ = sink(StreamEvent::Relayed(&event)),
                Ok(Delta::LogProb(it)) => _ = sink(StreamEvent::LogProb(it)),
                Ok(Delta::Thought(_) | Delta::Usage(_)) => {}
                Ok(Delta::Finish(finish)) => break finish,
                Ok(Delta::End) => break Finish::Stop,
                Err(failure) => {
                    let total = recorder.close(CallEnd::Failed(&failure));
                    self.spent = self.spent + total.money.unwrap_or(Money::ZERO);
                    let tried = FailedAttempt::new(&choice, AttemptError::Failed(failure));
                    sink(StreamEvent::Reset { failed: &tried });
                    self.fail(tried);
                    return None;
                }
            }
        };
        if timeout(TRAILER.min(self.left()), drain(&mut reply, &mut recorder)).await.is_err() {
            tracing::debug!(target = &*name, "no end behind the answer's end");
        }
        let total = recorder.close(CallEnd::Answered);
        sink(StreamEvent::Done);
        let is_cut = finish == Finish::Length;
        Some(ModelAnswer { text, by: AnsweredBy::Target(name), total: Some(total), is_cut })
    }

    /// What another program has begun to read cannot be taken back: nobody else can answer from here on.
    fn settle(&mut self) {
        if let Prompt::Relay(Relay { delivery: AnswerDelivery::AsItComes, .. }) = &*self.prompt {
            self.remaining.clear();
        }
    }

    /// Says what all of it has come to by now, unless that was said a moment ago.
    fn report_cost(&mut self, recorder: &CallRecorder, sink: &mut EventSink) {
        if self.cost_reported.is_some_and(|it| it.elapsed() < COST_INTERVAL) {
            return;
        }
        self.cost_reported = Some(Instant::now());
        let now = recorder.preview().money.unwrap_or(Money::ZERO);
        let spent = self.spent + now;
        if spent > Money::ZERO {
            sink(StreamEvent::Spent(spent));
        }
    }

    async fn next(
        &self,
        choice: &Choice,
        reply: &mut ModelStream,
        recorder: &mut CallRecorder,
    ) -> Result<Delta, Failure> {
        let (behind, left) = (self.behind(), self.left());
        let wait = deadline::stall(left, behind);
        let piece = match timeout(wait, reply.deltas.next()).await {
            Ok(piece) => piece.unwrap_or(Err(Failure::Cut))?,
            Err(_) if self.left().is_zero() => return Err(Failure::Timeout(Phase::Total)),
            Err(_) => return Err(Failure::Timeout(Phase::Stall)),
        };
        recorder.count(&piece);
        let usual = choice.terms.tokens_a_second;
        let is_text = matches!(&piece, Delta::Text(_));
        if is_text && deadline::is_slow(recorder.tokens(), recorder.flowed(), usual, behind) {
            return Err(Failure::Timeout(Phase::Stall));
        }
        Ok(piece)
    }

    /// Ends a stream whose text is complete. If it ends soon, or if closing it would close its connection, it is
    /// read on in the background for `DRAIN`.
    fn stop(&self, mut recorder: CallRecorder, mut reply: ModelStream) -> CallTotal {
        let ends_soon = recorder.tokens() + FEW >= f64::from(self.spec.size.max_output);
        if ends_soon || reply.hang_up == HangUp::LosesConnection {
            let total = recorder.preview();
            tokio::spawn(async move {
                let end = match timeout(DRAIN, drain(&mut reply, &mut recorder)).await {
                    Ok(Drained::ToTheEnd) => CallEnd::Answered,
                    Ok(Drained::Broken) | Err(_) => CallEnd::Enough,
                };
                recorder.close(end);
            });
            total
        } else {
            recorder.close(CallEnd::Enough)
        }
    }
}

/// How far an answer was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drained {
    ToTheEnd,
    Broken,
}

/// Reads an answer to its end, for what it used.
async fn drain(reply: &mut ModelStream, recorder: &mut CallRecorder) -> Drained {
    while let Some(piece) = reply.deltas.next().await {
        match piece {
            Ok(piece) => recorder.count(&piece),
            Err(_) => return Drained::Broken,
        }
    }
    Drained::ToTheEnd
}
