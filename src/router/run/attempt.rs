//! One attempt: a call to one candidate, or to two in parallel, until the first text arrives.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, select};
use tokio::time::timeout;

use crate::prompt::Prompt;
use crate::provider::client::ModelStream;
use crate::provider::dialect::Delta;
use crate::provider::failure::{Failure, Phase};
use crate::provider::local::Readiness;
use crate::router;
use crate::router::breaker::Admission;
use crate::router::deadline::Remaining;
use crate::router::outcome::{AttemptError, FailedAttempt};
use crate::router::plan::Choice;
use crate::router::reading::{Reading, SizedPrompt};
use crate::router::recorder::{CallEnd, CallRecorder};
use crate::router::run::Run;
use crate::router::{deadline, hedge};
use crate::usage::record::{SpendingCaps, SpendingLimit};

/// A stream from which text has arrived.
pub(super) struct OpenedStream {
    pub(super) choice: Choice,
    pub(super) recorder: CallRecorder,
    pub(super) reply: ModelStream,
    /// What came until its first text.
    pub(super) pieces: Vec<Delta>,
}

/// The result of an attempt.
struct Attempted {
    opened: Option<OpenedStream>,
    failed: Vec<FailedAttempt>,
}

impl Run {
    /// Opens a stream from one candidate, or from another in parallel if the first is slower than usual.
    pub(super) async fn open(&mut self, choice: Choice) -> Option<OpenedStream> {
        let attempt = self.attempts;
        self.attempts += 1;
        let attempted = match hedge::hedge(&self.spec, &choice, &self.remaining) {
            None => self.attempt(choice, attempt, self.behind()).await.into(),
            Some(hedge) => {
                let second = self.remaining[hedge.place].clone();
                let index = second.index;
                let (attempted, used) = self.race(choice, second, attempt, hedge.after).await;
                if used {
                    self.attempts += 1;
                    self.remaining.retain(|it| it.index != index);
                }
                attempted
            }
        };
        attempted.failed.into_iter().for_each(|it| self.fail(it));
        attempted.opened
    }

    /// Calls `second` too if `first` has sent nothing after `after`. The first to send text answers. Returns
    /// whether `second` was called.
    async fn race(
        &self,
        first: Choice,
        second: Choice,
        attempt: u32,
        after: Duration,
    ) -> (Attempted, bool) {
        let mut first = pin!(self.attempt(first, attempt, Remaining::Others));
        if let Ok(result) = timeout(after, &mut first).await {
            return (result.into(), false);
        }
        let behind = if self.remaining.len() > 1 { Remaining::Others } else { Remaining::None };
        let second = pin!(self.attempt(second, attempt + 1, behind));
        let (result, other) = match select(first, second).await {
            Either::Left((result, second)) => (result, Either::Right(second)),
            Either::Right((result, first)) => (result, Either::Left(first)),
        };
        let failed = match result {
            Ok(opened) => return (Ok(opened).into(), true),
            Err(failed) => failed,
        };
        let mut attempted = Attempted::from(other.await);
        attempted.failed.insert(0, *failed);
        (attempted, true)
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
        let failure = match timeout(wait, self.first_text(&choice, &prompt, &mut recorder)).await {
            Ok(Ok((reply, pieces))) => {
                return Ok(OpenedStream { choice, recorder, reply, pieces });
            }
            Ok(Err(failure)) => failure,
            Err(_) => self.timeout(&choice),
        };
        recorder.close(CallEnd::Failed(&failure));
        Err(failed(AttemptError::Failed(failure)))
    }

    /// Reserves what the call may cost, and the candidate's breaker and rate limit for it.
    /// Returns the prompt too, limited to what the candidate reads in time.
    async fn admit(
        &self,
        choice: &Choice,
        attempt: u32,
    ) -> Result<(CallRecorder, Arc<Prompt>), AttemptError> {
        let now = router::now();
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

    /// The prompt of a completion or a next edit for a free candidate, and how much of it is new to the
    /// candidate, in bytes; `None` for any other request.
    fn sized(&self, choice: &Choice, reading: &Reading) -> Option<(Prompt, usize)> {
        if !choice.candidate.is_free() {
            return None;
        }
        let (deadline, bytes_per_token) = (self.spec.deadline, choice.terms.bytes_per_token);
        match &*self.prompt {
            Prompt::Fill(fill) => {
                let SizedPrompt { fill, unread } = reading.sized(fill, deadline, bytes_per_token);
                Some((Prompt::Fill(fill), unread))
            }
            Prompt::Edit(edit) => {
                let prompt = Prompt::Edit(edit.trimmed(reading.room(deadline, bytes_per_token)));
                let bytes = prompt.bytes();
                Some((prompt, bytes))
            }
            Prompt::Chat(_) | Prompt::Relay(_) => None,
        }
    }

    /// Sends the request and reads until the first text, or the end.
    async fn first_text(
        &self,
        choice: &Choice,
        prompt: &Prompt,
        recorder: &mut CallRecorder,
    ) -> Result<(ModelStream, Vec<Delta>), Failure> {
        let target = &choice.candidate.target;
        self.router.client.prepare(target).await?;
        recorder.start();
        let delivery = recorder.delivery().clone();
        let mut reply = self.router.client.send(target, prompt, &delivery).await?;
        recorder.begin(reply.limits);
        let mut pieces = Vec::new();
        loop {
            let piece = reply.deltas.next().await.unwrap_or(Err(Failure::Cut))?;
            recorder.count(&piece);
            let is_enough = matches!(&piece, Delta::Text(_) | Delta::Finish(_) | Delta::End);
            pieces.push(piece);
            if is_enough {
                return Ok((reply, pieces));
            }
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

impl From<Result<OpenedStream, Box<FailedAttempt>>> for Attempted {
    fn from(result: Result<OpenedStream, Box<FailedAttempt>>) -> Self {
        match result {
            Ok(opened) => Self { opened: Some(opened), failed: Vec::new() },
            Err(failed) => Self { opened: None, failed: vec![*failed] },
        }
    }
}
