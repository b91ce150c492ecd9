//! Records one call, from its start to its entry in the ledger: exactly once, however it ends.
//!
//! Invariant: dropping a recorder records the call as cut, so that an abandoned request is charged in the
//! ledger as it is by its provider.

mod judge;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::models::price::money::Money;
use crate::models::token_usage::Usage;
use crate::prompt::Prompt;
use crate::provider::client::Delivery;
use crate::provider::dialect::Delta;
use crate::provider::failure::{Failure, Phase};
use crate::provider::limits::Limits;
use crate::router::health::Health;
use crate::router::plan::{Choice, Terms};
use crate::router::pool::{Candidate, ModelPool};
use crate::router::spec::RequestSpec;
use crate::router::value::Now;
use crate::router::{RouterState, reason};
use crate::usage::Reservation;
use crate::usage::record::{Call, CallId, CallMarks, CallOutcome, SentRecord};

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum CallEnd<'a> {
    /// The answer was read to its end.
    Answered,
    /// Closed by us: the text was complete.
    Enough,
    /// Closed by us: the request was dropped, or another candidate was faster.
    Cut,
    Failed(&'a Failure),
}

/// The result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTotal {
    pub call: CallId,
    pub usage: Usage,
    pub money: Option<Money>,
    /// Whether tokens are estimated rather than reported.
    pub estimated: bool,
    pub first_token: Option<Duration>,
    pub time: Duration,
}

/// A call that is not recorded yet.
pub(super) struct CallRecorder {
    router: Arc<RouterState>,
    spec: Arc<RequestSpec>,
    candidate: Arc<Candidate>,
    index: usize,
    /// Files whose text is in the prompt, for `understudy sent`.
    files: Arc<[String]>,
    /// Bytes of the request, as planned and as sent.
    planned: u64,
    /// Tokens that the target has to read, as far as it does not hold them.
    unread: u64,
    /// The prompt, if it was sized to the target.
    sized: Option<Arc<Prompt>>,
    delivery: Delivery,
    attempt: u32,
    started: Now,
    id: CallId,
    terms: Terms,
    /// Rate limits that came with the answer.
    limits: Limits,
    reservation: Option<Reservation>,
    reported: Usage,
    /// Bytes of text and reasoning.
    bytes: u64,
    first: Option<Instant>,
    /// Whether an answer has begun: from then on the prompt is charged.
    has_begun: bool,
    is_closed: bool,
}

impl CallRecorder {
    pub(super) fn open(
        router: &Arc<RouterState>,
        spec: &Arc<RequestSpec>,
        files: &Arc<[String]>,
        choice: &Choice,
        attempt: u32,
        reservation: Reservation,
    ) -> Self {
        Self {
            router: Arc::clone(router),
            spec: Arc::clone(spec),
            candidate: Arc::clone(&choice.candidate),
            index: choice.index,
            files: Arc::clone(files),
            planned: choice.bytes,
            unread: choice.terms.prompt,
            sized: None,
            delivery: Delivery::default(),
            attempt,
            started: super::now(),
            id: CallId::new(),
            terms: choice.terms,
            limits: Limits::default(),
            reservation: Some(reservation),
            reported: Usage::default(),
            bytes: 0,
            first: None,
            has_begun: false,
            is_closed: false,
        }
    }

    /// Counts the bytes that are sent.
    pub(super) fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// A prompt is sent that is smaller than planned, or known in part to the target. `unread` are its bytes
    /// that are new to it.
    pub(super) fn size(&mut self, prompt: &Arc<Prompt>, unread: usize) {
        let bytes = prompt.bytes();
        self.sized = Some(Arc::clone(prompt));
        let tokens = |bytes: usize| (bytes as f64 / self.terms.bytes_per_token).ceil() as u64;
        self.unread = tokens(unread);
        if (bytes as u64) < self.planned {
            self.planned = bytes as u64;
            self.terms.prompt = tokens(bytes);
        }
    }

    /// Starts the clock: time before this was not the model's.
    pub(super) fn start(&mut self) {
        self.started.clock = super::now().clock;
    }

    /// The answer has begun, with these rate limits.
    pub(super) fn begin(&mut self, limits: Limits) {
        self.has_begun = true;
        self.limits = limits;
    }

    pub(super) fn count(&mut self, piece: &Delta) {
        match piece {
            Delta::Text(text) => self.say(text.len()),
            Delta::Thought(text) => self.bytes += text.len() as u64,
            Delta::Usage(usage) => self.reported.update(usage),
            Delta::LogProb(_) | Delta::Finish(_) | Delta::Relayed(_) | Delta::End => {}
        }
    }

    fn say(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.first.get_or_insert_with(|| super::now().clock);
    }

    /// Tokens received so far, estimated from their bytes.
    pub(super) fn tokens(&self) -> f64 {
        self.bytes as f64 / self.terms.bytes_per_token
    }

    /// How long text has been arriving.
    pub(super) fn flowed(&self) -> Duration {
        self.first.map_or(Duration::ZERO, |it| super::now().clock.saturating_duration_since(it))
    }

    /// Records the call and updates the target's state.
    pub(super) fn close(&mut self, end: CallEnd<'_>) -> CallTotal {
        let now = super::now();
        let total = self.total(end, now);
        if !self.is_closed {
            self.is_closed = true;
            self.record_sent();
            self.book(end, &total);
            let mut pool = self.router.pool();
            self.learn(&mut pool, end, &total, now);
            self.judge(&mut pool, end, now);
        }
        total
    }

    /// The total if the call were closed now.
    pub(super) fn preview(&self) -> CallTotal {
        self.total(CallEnd::Enough, super::now())
    }

    fn total(&self, end: CallEnd<'_>, now: Now) -> CallTotal {
        let (usage, estimated) = self.usage(end);
        let money = match (usage.cost, &self.candidate.price) {
            _ if self.terms.is_included => Some(Money::ZERO),
            (Some(cost), _) => Some(cost),
            _ if self.candidate.is_free() => Some(Money::ZERO),
            (None, None) => None,
            (None, Some(price)) => Some(price.cost(&usage, self.started.calendar)),
        };
        let time = now.clock.saturating_duration_since(self.started.clock);
        let first_token = self.first.map(|it| it.saturating_duration_since(self.started.clock));
        CallTotal { call: self.id, usage, money, estimated, first_token, time }
    }

    /// The usage, and whether it is an estimate.
    fn usage(&self, end: CallEnd<'_>) -> (Usage, bool) {
        // Some servers report zeros.
        let is_reported = self.reported.prompt > 0 && (self.reported.output > 0 || self.bytes == 0);
        let is_whole = matches!(end, CallEnd::Answered | CallEnd::Failed(Failure::Empty { .. }));
        if is_whole && is_reported {
            return (self.reported, false);
        }
        let is_free = match end {
            CallEnd::Failed(Failure::Timeout(Phase::Connect)) => !self.has_begun,
            // A call closed while the model was reading is charged.
            CallEnd::Failed(Failure::Timeout(_))
            | CallEnd::Answered
            | CallEnd::Enough
            | CallEnd::Cut => false,
            CallEnd::Failed(Failure::Cut | Failure::Empty { .. } | Failure::Refused { .. }) => {
                !self.has_begun
            }
            // An error instead of an answer is free.
            CallEnd::Failed(_) => !self.has_begun || self.bytes == 0 && self.reported.prompt == 0,
        };
        if is_free {
            return (Usage::default(), false);
        }
        let prompt = match self.reported.prompt {
            0 => self.terms.prompt,
            reported => reported,
        };
        let said = match self.reported.output {
            reported if is_whole && reported > 0 => reported,
            reported => reported.max(self.tokens().ceil() as u64),
        };
        let goes_on = self.candidate.bills_on && !is_whole;
        let most = u64::from(self.spec.size.max_output);
        let output = if goes_on { said.max(most) } else { said };
        (Usage { prompt, output, ..self.reported }, true)
    }

    /// Records what was sent, if a connection was open.
    fn record_sent(&self) {
        let bytes = self.delivery.bytes();
        if bytes > 0 {
            self.router.ledger.sent(SentRecord {
                at: self.started.calendar,
                target: self.candidate.name().to_string(),
                host: self.candidate.target.provider.host().to_owned(),
                feature: self.spec.name().to_owned(),
                files: self.files.to_vec(),
                bytes,
            });
        }
    }

    fn book(&mut self, end: CallEnd<'_>, total: &CallTotal) {
        let outcome = match end {
            CallEnd::Answered => CallOutcome::Answered,
            CallEnd::Enough | CallEnd::Cut => CallOutcome::Cut,
            CallEnd::Failed(failure) => CallOutcome::Failed(reason::class(failure).to_owned()),
        };
        let call = Call {
            id: self.id,
            at: self.started.calendar,
            provider: self.candidate.provider().to_owned(),
            model: self.candidate.model().to_owned(),
            feature: self.spec.name().to_owned(),
            outcome,
            attempt: self.attempt,
            usage: total.usage,
            money: total.money,
            estimated: total.estimated,
            first_token: total.first_token,
            total: total.time,
            marks: CallMarks::default(),
        };
        let reservation = self.reservation.take().unwrap_or_else(Reservation::none);
        self.router.ledger.book(reservation, call);
    }

    fn learn(&self, pool: &mut ModelPool, end: CallEnd<'_>, total: &CallTotal, now: Now) {
        let feature = self.spec.feature;
        let used = total.usage.prompt + total.usage.output;
        let health = &mut pool.health[self.index];
        health.headroom.observe(&self.limits, now.clock);
        if used > 0 {
            health.on_used(used, now.calendar);
        }
        let latency = health.latency_mut(feature);
        match total.first_token {
            Some(first) => {
                latency.record(first, now.clock);
                let tokens = total.usage.output.min(self.tokens().ceil() as u64);
                match self.reported.writing {
                    Some(time) => latency.on_reported(self.reported.output.saturating_sub(1), time),
                    None => latency.on_rest(tokens, total.time.saturating_sub(first)),
                }
            }
            // It is at least this slow, unless it was given little time; a target without measurements may
            // have been loading, and the breaker handles it if that repeats.
            None if self.waited_in_vain(end)
                && latency.is_known(now.clock)
                && latency.first_token(0.75, now.clock).is_some_and(|it| total.time > it) =>
            {
                latency.on_first(total.time, now.clock);
            }
            None => {}
        }
        self.learn_reading(health, end, total);
        if self.reported.prompt > 0 {
            health.cached.record(self.reported.prompt, self.reported.cached);
            health.on_counted(self.planned, self.reported.prompt);
        }
        match end {
            CallEnd::Answered | CallEnd::Enough => {
                // Reasoning is expected per model, not per feature.
                let said = total.usage.output.saturating_sub(total.usage.reasoning);
                pool.on_output(feature, said);
                pool.visit(self.spec.document, self.index, now.clock);
            }
            CallEnd::Cut if self.has_begun => {
                pool.visit(self.spec.document, self.index, now.clock);
            }
            CallEnd::Cut | CallEnd::Failed(_) => {}
        }
    }

    fn learn_reading(&self, health: &mut Health, end: CallEnd<'_>, total: &CallTotal) {
        let unread = match self.reported {
            Usage { prompt, cached, .. } if cached > 0 => prompt.saturating_sub(cached),
            Usage { prompt: 0, .. } => self.unread,
            Usage { prompt, .. } => prompt.min(self.unread),
        };
        let reading = &mut health.reading;
        match (self.reported.reading, total.first_token) {
            (Some(time), _) => reading.on_reported(unread, time),
            (None, Some(time)) => reading.on_first_token(unread, time),
            (None, None) if self.waited_in_vain(end) => reading.on_unread(unread, total.time),
            (None, None) => {}
        }
        // A question has another order: its beginning does not stay.
        if let (Some(_), true, Some(Prompt::Fill(fill))) =
            (total.first_token, self.candidate.fills, self.sized.as_deref())
        {
            reading.has_read(fill);
        }
    }

    fn waited_in_vain(&self, end: CallEnd<'_>) -> bool {
        match end {
            CallEnd::Cut | CallEnd::Failed(Failure::Timeout(_)) => true,
            CallEnd::Answered | CallEnd::Enough | CallEnd::Failed(_) => false,
        }
    }
}

impl Drop for CallRecorder {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close(CallEnd::Cut);
        }
    }
}
