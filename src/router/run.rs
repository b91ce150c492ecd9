//! Calls one candidate after another until one has answered.
//!
//! A plain loop. A failure is recorded, and the next candidate is called within the same deadline; no
//! candidate is attempted twice. Dropping the future ends the call that is in flight.

mod failed;
mod stream;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, select};
use tokio::time::{Instant, timeout};

use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::provider::client::ModelStream;
use crate::provider::dialect::Delta;
use crate::provider::failure::{Failure, Phase};
use crate::provider::local::Readiness;
use crate::reply::repetition::RepetitionWatch;
use crate::router::breaker::Admission;
use crate::router::deadline::Remaining;
use crate::router::hedge::Hedge;
use crate::router::outcome::{AttemptError, FailedAttempt, RequestOutcome, RouterRequest, Standby};
use crate::router::plan::{Choice, Plan};
use crate::router::reading::{Reading, SizedPrompt};
use crate::router::recorder::{CallEnd, CallRecorder};
use crate::router::spec::RequestSpec;
use crate::router::{Router, RouterState, deadline, hedge};
use crate::usage::record::{Decision, SpendingCaps, SpendingLimit};

/// A request on its way.
struct Run {
    router: Arc<RouterState>,
    spec: Arc<RequestSpec>,
    prompt: Arc<Prompt>,
    /// Files whose text is in the prompt.
    files: Arc<[String]>,
    /// Candidates that were not attempted yet, best first.
    remaining: Vec<Choice>,
    tried: Vec<FailedAttempt>,
    attempts: u32,
    /// The cost of failed attempts.
    spent: Money,
    /// The time of the last cost report.
    cost_reported: Option<Instant>,
    started: Instant,
    ends: Instant,
    /// Whether there is a standby, which is shown if no candidate answers in time.
    has_standby: bool,
    /// Fails an attempt whose reasoning repeats itself.
    reasoning: Option<RepetitionWatch>,
}

/// A stream from which text has arrived.
struct OpenedStream {
    choice: Choice,
    recorder: CallRecorder,
    reply: ModelStream,
    /// What arrived until its first text.
    pieces: Vec<Delta>,
}

impl Router {
    /// Answers a request by the first candidate of its plan that can, and records why. Dropping the future ends
    /// the call that is in flight.
    pub async fn answer(&self, request: RouterRequest) -> Arc<RequestOutcome> {
        self.refresh_in_background();
        let RouterRequest { spec, prompt, smaller, files, standby, reasoning, mut sink } = request;
        let (planned, feature) = (super::now(), spec.name());
        let (plan, prompt) = self.shared.affordable(&spec, prompt, smaller, planned);
        let mut run = Run::new(&self.shared, spec, prompt, files, &plan, standby.as_ref());
        run.reasoning = reasoning;
        let mut answer = None;
        while answer.is_none()
            && let Some(choice) = run.next_choice()
        {
            let opened = match hedge::hedge(&run.spec, &choice, &run.remaining) {
                None => run.attempt(choice, run.attempts, run.behind()).await,
                Some(hedge) => run.race(choice, hedge).await,
            };
            run.attempts += 1;
            match opened {
                Ok(opened) => answer = run.stream(opened, &mut sink).await,
                Err(failed) => run.fail(*failed),
            }
        }
        let outcome = RequestOutcome::new(&plan, run.tried, answer, standby);
        self.shared.ledger.decided(Decision {
            at: planned.calendar,
            feature: feature.to_owned(),
            chosen: outcome.answer.as_ref().map(|it| it.by.name().to_owned()),
            candidates: outcome.candidates.clone(),
        });
        Arc::new(outcome)
    }
}

impl Run {
    fn new(
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
            reasoning: None,
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

    /// The next candidate; `None` if no candidate or no time is left.
    fn next_choice(&mut self) -> Option<Choice> {
        if self.remaining.is_empty() {
            return None;
        }
        let choice = self.remaining.remove(0);
        self.be_patient(&choice);
        (!self.left().is_zero()).then_some(choice)
    }

    /// Waits longer for a free model if neither another candidate nor a standby is left: that costs nothing.
    fn be_patient(&mut self, choice: &Choice) {
        let is_last = self.remaining.is_empty() && !self.has_standby;
        if is_last && choice.candidate.is_free() {
            self.ends = self.ends.max(self.started + self.spec.deadline.patience);
        }
    }

    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    fn behind(&self) -> Remaining {
        if self.remaining.is_empty() { Remaining::None } else { Remaining::Others }
    }

    /// One attempt, until its first text: admit, send, wait.
    async fn attempt(
        &self,
        choice: Choice,
        attempt: u32,
        behind: Remaining,
    ) -> Result<OpenedStream, Box<FailedAttempt>> {
        let failed = |error| Box::new(FailedAttempt::new(&choice, error));
        let (mut recorder, prompt) = self.admit(&choice, attempt).await.map_err(failed)?;
        let wait = deadline::first_token(choice.terms.tail, self.left(), behind);
        let (client, target) = (&self.router.client, &choice.candidate.target);
        let opening = timeout(wait, async {
            client.prepare(target).await?;
            recorder.start();
            let mut reply = client.send(target, &prompt, recorder.delivery()).await?;
            recorder.begin(reply.limits);
            if let Some(watch) = &self.reasoning {
                reply.deltas = stream::until_repetition(reply.deltas, watch.clone());
            }
            let pieces = until_text(&mut reply, &mut recorder).await?;
            Ok((reply, pieces))
        });
        let failure = match opening.await {
            Ok(Ok((reply, pieces))) => {
                return Ok(OpenedStream { choice, recorder, reply, pieces });
            }
            Ok(Err(failure)) => failure,
            Err(_) => self.timeout(&choice),
        };
        recorder.close(CallEnd::Failed(&failure));
        Err(failed(AttemptError::Failed(failure)))
    }

    /// Calls the hedge too if `first` has sent nothing after a while. The first to send text answers.
    async fn race(
        &mut self,
        first: Choice,
        hedge: Hedge,
    ) -> Result<OpenedStream, Box<FailedAttempt>> {
        let second = self.remaining[hedge.place].clone();
        let index = second.index;
        let behind = if self.remaining.len() > 1 { Remaining::Others } else { Remaining::None };
        let (failed, opened) = {
            let mut first = pin!(self.attempt(first, self.attempts, Remaining::Others));
            if let Ok(opened) = timeout(hedge.after, &mut first).await {
                return opened;
            }
            let second = pin!(self.attempt(second, self.attempts + 1, behind));
            match select(first, second).await {
                Either::Left((Err(failed), second)) => (Some(failed), second.await),
                Either::Right((Err(failed), first)) => (Some(failed), first.await),
                Either::Left((opened, _)) | Either::Right((opened, _)) => (None, opened),
            }
        };
        self.attempts += 1;
        self.remaining.retain(|it| it.index != index);
        failed.into_iter().for_each(|it| self.fail(*it));
        opened
    }

    /// Reserves what the call may cost, and the candidate's breaker and rate limit for it.
    /// Returns the prompt too, limited to what the candidate reads in time.
    async fn admit(
        &self,
        choice: &Choice,
        attempt: u32,
    ) -> Result<(CallRecorder, Arc<Prompt>), AttemptError> {
        let now = super::now();
        let estimate = choice.estimate(&self.spec, now);
        let tokens = estimate.tokens;
        let alike = SpendingLimit { money: self.spec.ahead, ..SpendingLimit::default() };
        let caps = SpendingCaps { alike, ..choice.candidate.caps };
        let patience = self.spec.patience();
        let reserved = self.router.ledger.reserve(now.calendar, estimate, caps, patience).await;
        let mut pool = self.router.pool();
        let health = &mut pool.health[choice.index];
        let reservation = match reserved {
            Ok(reservation) => reservation,
            Err(refusal) => {
                health.on_refused(&refusal, tokens, now.calendar);
                return Err(AttemptError::Refused(refusal));
            }
        };
        match health.breaker.admit(now.clock) {
            Admission::Yes | Admission::Probe => health.headroom.take(tokens),
            // Another request became the probe first.
            Admission::No { .. } => return Err(AttemptError::Down),
        }
        let sized = self.sized(choice, &health.reading);
        drop(pool);
        let (router, spec, files) = (&self.router, &self.spec, &self.files);
        let mut recorder = CallRecorder::open(router, spec, files, choice, attempt, reservation);
        let Some((prompt, unread)) = sized else {
            return Ok((recorder, Arc::clone(&self.prompt)));
        };
        let prompt = Arc::new(prompt);
        recorder.size(&prompt, unread);
        Ok((recorder, prompt))
    }

    /// Our own prompt for a free candidate, and how much of it is new to the candidate, in bytes; `None` for any other
    /// request.
    fn sized(&self, choice: &Choice, reading: &Reading) -> Option<(Prompt, usize)> {
        if !choice.candidate.is_free() {
            return None;
        }
        let (deadline, bytes_per_token) = (self.spec.deadline, choice.terms.bytes_per_token);
        match &*self.prompt {
            Prompt::Fill(fill) => {
                let place = choice.candidate.target.typed_text();
                let SizedPrompt { fill, unread } =
                    reading.sized(fill, deadline, bytes_per_token, place);
                Some((Prompt::Fill(fill), unread))
            }
            Prompt::Edit(edit) => {
                let prompt = Prompt::Edit(edit.trimmed(reading.room(deadline, bytes_per_token)));
                let bytes = prompt.bytes();
                Some((prompt, bytes))
            }
            Prompt::Chat(chat) => {
                // The answer takes longer than that to an edit.
                let room = reading.room(deadline, bytes_per_token) / 2;
                let prompt = Prompt::Chat(chat.with_context_of(room));
                let bytes = prompt.bytes();
                Some((prompt, bytes))
            }
            Prompt::Relay(_) => None,
        }
    }

    fn timeout(&self, choice: &Choice) -> Failure {
        match self.router.client.readiness(&choice.candidate.target) {
            Readiness::KeyPending => Failure::KeyPending,
            _ if self.left().is_zero() => Failure::Timeout(Phase::Total),
            _ => Failure::Timeout(Phase::FirstToken),
        }
    }
}

/// Reads an answer until its first text, or its end.
async fn until_text(
    reply: &mut ModelStream,
    recorder: &mut CallRecorder,
) -> Result<Vec<Delta>, Failure> {
    let mut pieces = Vec::new();
    loop {
        let piece = reply.deltas.next().await.unwrap_or(Err(Failure::Cut))?;
        recorder.count(&piece);
        let is_enough = matches!(&piece, Delta::Text(_) | Delta::Finish(_) | Delta::End);
        pieces.push(piece);
        if is_enough {
            return Ok(pieces);
        }
    }
}
