//! Asking one target, or one beside another, until somebody speaks.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, select};
use tokio::time::timeout;

use crate::provider::client::ModelStream;
use crate::provider::dialect::Delta;
use crate::provider::failure::{Failure, Phase};
use crate::provider::local::Readiness;
use crate::router;
use crate::router::breaker::Admission;
use crate::router::deadline::Behind;
use crate::router::health::{Capped, TimeSpan};
use crate::router::outcome::{AttemptError, FailedAttempt};
use crate::router::plan::Choice;
use crate::router::recorder::{CallEnd, CallRecorder};
use crate::router::run::Run;
use crate::router::{deadline, hedge, plan, value};
use crate::usage::record::{ReservationError, SpendingCaps, SpendingLimit, Whose};

/// A target whose answer has begun.
pub(super) struct OpenedStream {
    pub(super) choice: Choice,
    pub(super) recorder: CallRecorder,
    pub(super) reply: ModelStream,
    /// What came until its first text.
    pub(super) pieces: Vec<Delta>,
}

/// How asking one, or one beside another, came out.
struct Asked {
    opened: Option<OpenedStream>,
    failed: Vec<FailedAttempt>,
}

impl Run {
    /// Asks one, and another beside it once it takes too long.
    pub(super) async fn open(&mut self, choice: Choice) -> Option<OpenedStream> {
        let hedge = {
            let pool = self.router.pool();
            hedge::hedge(&self.spec, &choice, &self.behind, &pool, router::now())
        };
        let attempt = self.attempts;
        self.attempts += 1;
        let asked = match hedge {
            None => self.attempt(choice, attempt, self.behind()).await.into(),
            Some(hedge) => {
                let second = self.behind[hedge.place].clone();
                let second_index = second.index;
                let (asked, used) = self.race(choice, second, attempt, hedge.after).await;
                if used {
                    self.attempts += 1;
                    self.behind.retain(|it| it.index != second_index);
                }
                asked
            }
        };
        asked.failed.into_iter().for_each(|it| self.fail(it));
        asked.opened
    }

    /// Asks the second too when the first has said nothing by then; the one who speaks first
    /// answers. Says whether the second was asked.
    async fn race(
        &self,
        first: Choice,
        second: Choice,
        attempt: u32,
        after: Duration,
    ) -> (Asked, bool) {
        let mut first = pin!(self.attempt(first, attempt, Behind::Others));
        if let Ok(result) = timeout(after, &mut first).await {
            return (result.into(), false);
        }
        let behind = if self.behind.len() > 1 { Behind::Others } else { Behind::Nobody };
        let second = pin!(self.attempt(second, attempt + 1, behind));
        let (result, other) = match select(first, second).await {
            Either::Left((result, second)) => (result, Either::Right(second)),
            Either::Right((result, first)) => (result, Either::Left(first)),
        };
        let failed = match result {
            Ok(opened) => return (Ok(opened).into(), true),
            Err(failed) => failed,
        };
        let mut asked = Asked::from(other.await);
        asked.failed.insert(0, *failed);
        (asked, true)
    }

    /// Asks one, until its first text.
    async fn attempt(
        &self,
        choice: Choice,
        attempt: u32,
        behind: Behind,
    ) -> Result<OpenedStream, Box<FailedAttempt>> {
        let tried = |trouble| Box::new(FailedAttempt::new(&choice, trouble));
        let mut recorder = self.recorder(&choice, attempt).await.map_err(tried)?;
        let now = router::now();
        let wait = {
            let pool = self.router.pool();
            let latency = pool.health[choice.index].latency(self.spec.feature);
            deadline::first_token(latency, self.left(), behind, now.clock)
        };
        let failure = match timeout(wait, self.first_text(&choice, &mut recorder)).await {
            Ok(Ok((reply, pieces))) => return Ok(OpenedStream { choice, recorder, reply, pieces }),
            Ok(Err(failure)) => failure,
            Err(_)
                if self.router.client.readiness(&choice.candidate.target)
                    == Readiness::KeyPending =>
            {
                Failure::KeyPending
            }
            Err(_) if self.left().is_zero() => Failure::Timeout(Phase::Total),
            Err(_) => Failure::Timeout(Phase::FirstToken),
        };
        recorder.close(CallEnd::Failed(&failure));
        Err(tried(AttemptError::Failed(failure)))
    }

    /// Sets aside what a call may cost, and takes its place.
    async fn recorder(&self, choice: &Choice, attempt: u32) -> Result<CallRecorder, AttemptError> {
        let now = router::now();
        let candidate = &choice.candidate;
        let (tokens, is_included) = {
            let health = &self.router.pool().health[choice.index];
            let tokens = value::tokens(choice.bytes, candidate, health, now.clock);
            (tokens, health.is_included(candidate, tokens, now.calendar))
        };
        let estimate = plan::at_most(&self.spec, candidate, tokens, is_included, now);
        let counted = estimate.tokens;
        let alike = SpendingLimit { money: self.spec.ahead, ..SpendingLimit::default() };
        let caps = SpendingCaps { alike, ..candidate.caps };
        let patience = self.spec.patience();
        let reserved = self.router.ledger.reserve(now.calendar, estimate, caps, patience).await;
        let mut pool = self.router.pool();
        let health = &mut pool.health[choice.index];
        let reservation = match reserved {
            Ok(reservation) => reservation,
            Err(refusal) => {
                if let ReservationError::Capped {
                    whose: Whose::Overall | Whose::Own, until, ..
                } = refusal
                {
                    let span = TimeSpan { since: now.calendar, until };
                    health.capped = Some(Capped { span, tokens: counted });
                }
                return Err(AttemptError::Refused(refusal));
            }
        };
        match health.breaker.admit(now.clock) {
            Admission::Yes | Admission::Probe => {}
            // Another request was faster to probe it.
            Admission::No { .. } => return Err(AttemptError::Down),
        }
        health.headroom.take(tokens + u64::from(self.spec.size.max_output));
        drop(pool);
        let (router, spec, files) = (&self.router, &self.spec, &self.files);
        Ok(CallRecorder::open(router, spec, files, choice, attempt, is_included, reservation))
    }

    async fn first_text(
        &self,
        choice: &Choice,
        recorder: &mut CallRecorder,
    ) -> Result<(ModelStream, Vec<Delta>), Failure> {
        let target = &choice.candidate.target;
        self.router.client.prepare(target).await?;
        recorder.start();
        let delivery = recorder.delivery().clone();
        let mut reply = self.router.client.send(target, &self.prompt, &delivery).await?;
        recorder.begin();
        {
            let (mut pool, now) = (self.router.pool(), router::now().clock);
            pool.health[choice.index].headroom.observe(&reply.limits, now);
        }
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
}

impl From<Result<OpenedStream, Box<FailedAttempt>>> for Asked {
    fn from(result: Result<OpenedStream, Box<FailedAttempt>>) -> Self {
        match result {
            Ok(opened) => Self { opened: Some(opened), failed: Vec::new() },
            Err(failed) => Self { opened: None, failed: vec![*failed] },
        }
    }
}
