//! Which candidates receive a request, in which order, and why the others do not.
//!
//! Pure. Candidates that are not allowed or not able to answer are left out. The first group with a
//! candidate that is fast enough comes first; within a group the best value does.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use crate::models::catalog::policy::PolicyAnswer;
use crate::models::price::money::Money;
use crate::models::token_usage::Usage;
use crate::provider::local::Readiness;
use crate::router::breaker::Admission;
use crate::router::health::{CooldownCause, Health, KeptRate};
use crate::router::pool::{Candidate, Learning, ModelPool, Prefer, Spill};
use crate::router::spec::{Capability, PrivacyPolicy, Reach, RequestSpec, TrainingPolicy};
use crate::router::value::{CacheState, Expected, Now, Value};
use crate::router::{health, value};
use crate::usage::record::Estimate;

/// The last target of a document stays first unless another is better by more than this factor.
const STAYS: f64 = 1.05;

/// The order of candidates, and those left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub order: Vec<Choice>,
    pub skipped: Vec<Skipped>,
}

impl Plan {
    /// Whether only the price prevents an answer.
    pub fn is_too_dear(&self) -> bool {
        let is_dear = |it: &Skipped| matches!(it.why, SkipReason::TooDear(_));
        self.order.is_empty() && self.skipped.iter().any(is_dear)
    }
}

/// A candidate of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub candidate: Arc<Candidate>,
    /// Its index in the pool.
    pub index: usize,
    pub group: usize,
    pub value: Value,
    /// Bytes of the request as this candidate would receive it.
    pub bytes: u64,
    pub terms: Terms,
    pub pace: Pace,
    pub rank: Rank,
}

/// What is known of a candidate when a request is planned. An attempt uses it without another look at the pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Tokens of the prompt: an estimate from its bytes.
    pub prompt: u64,
    pub bytes_per_token: f64,
    /// Tokens of its context window, prompt and answer together, if known.
    pub context_length: Option<u32>,
    /// The call is within a quota that is already paid for.
    pub is_included: bool,
    /// 95 % of first tokens came within this time; `None` while too few were measured.
    pub tail: Option<Duration>,
    pub tokens_a_second: f64,
}

/// Whether its 75th percentile is within the deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    Fits,
    Slow,
}

/// Why it has its place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// By the preference in the settings.
    Ordinary,
    /// It answered last in this document, and no other candidate is clearly better.
    Stays,
    /// Its breaker is open, and this is the probe.
    Probe,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Skipped {
    pub candidate: Arc<Candidate>,
    pub why: SkipReason,
}

impl Skipped {
    fn new(pool: &ModelPool, index: usize, why: SkipReason) -> Self {
        Self { candidate: Arc::clone(&pool.candidates[index]), why }
    }
}

/// Why a candidate is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    NotRouted,
    NoKey,
    /// A chat model, and code follows the cursor.
    CannotFill,
    /// It reasons at length before every answer.
    Reasons,
    /// It answers from a web search.
    Searches,
    CannotChat,
    /// Another request of the same user action uses it.
    Excepted,
    /// The settings of this folder name other providers.
    NotAllowed,
    /// The text is not allowed to leave this machine.
    Remote,
    Trains,
    /// It is unknown whether its provider trains on requests.
    MayTrain,
    Cooldown(CooldownCause, Duration),
    Capped(Duration),
    /// A cap in dollars applies, and its price is unknown.
    Unpriced,
    /// The request costs more than its limit.
    TooDear(Money),
    /// Its context window of this many tokens barely holds the answer.
    ContextTooShort(u32),
    /// A local server that is still starting.
    Starting,
    CannotStart,
    Down(Duration),
    NoRoom(Duration),
    /// It is in a later group, and only the first group is allowed.
    LaterGroup,
}

/// Plans a request before its prompt exists.
pub fn plan(spec: &RequestSpec, pool: &ModelPool, now: Now) -> Plan {
    plan_sized(spec, pool, &|index| spec.bytes_for(&pool.candidates[index]), now)
}

/// Plans a request; `size` returns the bytes that the candidate at an index would receive.
pub fn plan_sized(
    spec: &RequestSpec,
    pool: &ModelPool,
    size: &dyn Fn(usize) -> u64,
    now: Now,
) -> Plan {
    let mut plan = Plan {
        order: Vec::with_capacity(pool.candidates.len()),
        skipped: Vec::with_capacity(pool.candidates.len()),
    };
    let expected = Expected {
        prompt: 0,
        output: spec.size.output.map_or_else(|| pool.usual_output(spec.feature), f64::from),
        a_second: pool.options.a_second,
    };
    let mut seen = vec![false; pool.candidates.len()];
    for (group, candidates) in pool.groups(spec.feature).iter().enumerate() {
        let mean = mean(pool, candidates);
        let start = plan.order.len();
        for &index in candidates {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            match choose(spec, pool, (index, group), size, mean, expected, now) {
                Ok(choice) => plan.order.push(choice),
                Err(why) => plan.skipped.push(Skipped::new(pool, index, why)),
            }
        }
        sort(&mut plan.order[start..], pool.options.prefer);
        stay(&mut plan.order[start..], spec, pool, now);
    }
    let unrouted = seen.iter().enumerate().filter(|(_, seen)| !**seen);
    plan.skipped.extend(unrouted.map(|it| Skipped::new(pool, it.0, SkipReason::NotRouted)));
    spill(&mut plan, pool.options.spill);
    plan
}

/// The acceptance rate of a group.
fn mean(pool: &ModelPool, candidates: &[usize]) -> f64 {
    match pool.options.learning {
        Learning::Off => 0.0,
        Learning::On => KeptRate::mean(candidates.iter().map(|it| pool.health[*it].kept)),
    }
}

/// The candidate's place in the order, or why it is left out.
fn choose(
    spec: &RequestSpec,
    pool: &ModelPool,
    (index, group): (usize, usize),
    size: &dyn Fn(usize) -> u64,
    mean: f64,
    expected: Expected,
    now: Now,
) -> Result<Choice, SkipReason> {
    let (candidate, health) = (&pool.candidates[index], &pool.health[index]);
    may(spec, candidate)?;
    let bytes = size(index);
    let tokens = value::tokens(bytes, candidate, health, now.clock);
    let rank = can(spec, candidate, health, tokens, now)?;
    let (_, is_warm) = pool.visited(spec.document, index, now.clock);
    let cache = if is_warm { CacheState::Warm } else { CacheState::Cold };
    let output = expected.output.min(f64::from(spec.size.max_output));
    let expected = Expected { prompt: tokens, output, ..expected };
    let kept = health.kept.against(mean);
    let value = value::value(spec, candidate, health, expected, cache, kept, now);
    affords(spec, candidate, &value)?;
    let usual = candidate.usual_first_token();
    let (first, total) = health.latency(spec.feature).p75(output, usual, now.clock);
    let fits =
        spec.deadline.first_token.is_none_or(|it| first <= it) && total <= spec.deadline.total;
    let is_ready = health.readiness != Readiness::KeyPending;
    let pace = if fits && is_ready { Pace::Fits } else { Pace::Slow };
    let latency = health.latency(spec.feature);
    let terms = Terms {
        prompt: tokens,
        bytes_per_token: health.bytes_per_token(candidate),
        context_length: health.context_length(candidate, now.clock),
        is_included: health.is_included(candidate, tokens, now.calendar),
        tail: latency.tail(now.clock),
        tokens_a_second: latency.tokens_a_second(now.clock),
    };
    Ok(Choice { candidate: Arc::clone(candidate), index, group, value, bytes, terms, pace, rank })
}

/// Whether it is allowed to see the text, and able to answer.
pub(super) fn may(spec: &RequestSpec, candidate: &Candidate) -> Result<(), SkipReason> {
    if !candidate.has_key {
        return Err(SkipReason::NoKey);
    }
    match spec.wants {
        Capability::Fill | Capability::FillOrBrief | Capability::FillOrChat
            if candidate.searches =>
        {
            return Err(SkipReason::Searches);
        }
        Capability::Fill | Capability::FillOrBrief if candidate.reasons && !candidate.fills => {
            return Err(SkipReason::Reasons);
        }
        Capability::Fill if !candidate.fills && !candidate.completes => {
            return Err(SkipReason::CannotFill);
        }
        Capability::FillOrBrief | Capability::FillOrChat
            if !candidate.fills && !candidate.chats =>
        {
            return Err(SkipReason::CannotFill);
        }
        Capability::Chat if !candidate.chats => return Err(SkipReason::CannotChat),
        Capability::NextEdit if !candidate.edits() => return Err(SkipReason::CannotChat),
        Capability::Fill
        | Capability::FillOrBrief
        | Capability::FillOrChat
        | Capability::Chat
        | Capability::NextEdit => {}
    }
    if spec.except.contains(candidate.name()) {
        return Err(SkipReason::Excepted);
    }
    sees(&spec.policy, candidate)
}

/// Whether a policy allows it to see the text.
pub fn sees(policy: &PrivacyPolicy, candidate: &Candidate) -> Result<(), SkipReason> {
    let only = policy.only.as_ref();
    if only.is_some_and(|only| only.iter().all(|it| **it != *candidate.provider())) {
        return Err(SkipReason::NotAllowed);
    }
    match policy.reach {
        Reach::Loopback if !candidate.is_local => return Err(SkipReason::Remote),
        Reach::Loopback | Reach::Anywhere => {}
    }
    match (policy.training, candidate.trains) {
        _ if candidate.is_local => Ok(()),
        (TrainingPolicy::Never, PolicyAnswer::Yes) if !candidate.is_named => {
            Err(SkipReason::Trains)
        }
        (TrainingPolicy::Never, PolicyAnswer::Unknown) if !candidate.is_named => {
            Err(SkipReason::MayTrain)
        }
        (TrainingPolicy::Never | TrainingPolicy::Allow, _) => Ok(()),
    }
}

/// Whether it is up, within its limits, and holds the prompt.
fn can(
    spec: &RequestSpec,
    candidate: &Candidate,
    health: &Health,
    tokens: u64,
    now: Now,
) -> Result<Rank, SkipReason> {
    if let Some(it) = health.active_cooldown(now.calendar) {
        return Err(SkipReason::Cooldown(it.cause, it.span.left(now.calendar)));
    }
    match health.readiness {
        Readiness::Ready | Readiness::KeyPending => {}
        Readiness::Starting => return Err(SkipReason::Starting),
        Readiness::CannotStart => return Err(SkipReason::CannotStart),
    }
    let output = u64::from(spec.size.max_output);
    let capped = health.capped.filter(|it| tokens + output >= it.tokens);
    if let Some(capped) = capped.filter(|it| it.span.holds(now.calendar)) {
        return Err(SkipReason::Capped(capped.span.left(now.calendar)));
    }
    // A prompt that is too long is trimmed; a window that barely holds the answer is useless.
    if let Some(context_length) =
        health.context_length(candidate, now.clock).filter(|it| u64::from(*it) < 2 * output)
    {
        return Err(SkipReason::ContextTooShort(context_length));
    }
    if let Some(until) = health.headroom.wants_until(tokens + output, now.clock) {
        return Err(SkipReason::NoRoom(health::until_instant(until, now.clock)));
    }
    match health.breaker.admits(now.clock) {
        Admission::Yes => Ok(Rank::Ordinary),
        Admission::Probe => Ok(Rank::Probe),
        Admission::No { until } => Err(SkipReason::Down(health::until_instant(until, now.clock))),
    }
}

/// Whether its price is within the limit.
fn affords(spec: &RequestSpec, candidate: &Candidate, value: &Value) -> Result<(), SkipReason> {
    let Some(dollars) = value.alone else {
        let is_capped = spec.usd.is_some() || candidate.caps.count_money();
        return if is_capped { Err(SkipReason::Unpriced) } else { Ok(()) };
    };
    let money = Money::from_dollars(dollars).unwrap_or(Money::MAX);
    if spec.usd.is_some_and(|it| money > it) { Err(SkipReason::TooDear(money)) } else { Ok(()) }
}

/// Candidates that are fast enough first, then by preference.
fn sort(choices: &mut [Choice], prefer: Prefer) {
    let by_value = |a: &Choice, b: &Choice| {
        let unpriced = |it: &Choice| it.value.dollars.is_none();
        let by_price = || unpriced(a).cmp(&unpriced(b));
        let by_score = || a.value.score.total_cmp(&b.value.score);
        let by_time = || a.value.seconds.total_cmp(&b.value.seconds);
        match prefer {
            Prefer::Cheapest => by_price().then_with(by_score).then_with(by_time),
            Prefer::Fastest => by_time(),
            Prefer::Listed => Ordering::Equal,
        }
    };
    choices.sort_by(|a, b| a.pace.cmp(&b.pace).then_with(|| by_value(a, b)));
}

/// Keeps the last target of the document first unless another is clearly better.
fn stay(choices: &mut [Choice], spec: &RequestSpec, pool: &ModelPool, now: Now) {
    let is_last = |it: &Choice| pool.visited(spec.document, it.index, now.clock).0;
    let (Some(best), Some(at)) = (choices.first(), choices.iter().position(is_last)) else {
        return;
    };
    let last = &choices[at];
    let of = |it: &Choice| match pool.options.prefer {
        Prefer::Cheapest => it.value.score,
        Prefer::Fastest => it.value.seconds,
        Prefer::Listed => f64::NAN,
    };
    let is_close = of(last) <= STAYS * of(best);
    if at > 0 && last.pace == best.pace && is_close && last.rank != Rank::Probe {
        choices[at].rank = Rank::Stays;
        choices[..=at].rotate_right(1);
    }
}

/// Moves the first group with a fast candidate before groups that have none.
fn spill(plan: &mut Plan, spill: Spill) {
    match spill {
        Spill::Never => {
            let later = plan.order.iter().filter(|it| it.group > 0);
            let later = later.map(|it| Skipped {
                candidate: Arc::clone(&it.candidate),
                why: SkipReason::LaterGroup,
            });
            plan.skipped.extend(later);
            plan.order.retain(|it| it.group == 0);
        }
        Spill::Allowed => {
            let fast = plan.order.iter().find(|it| it.pace == Pace::Fits).map(|it| it.group);
            plan.order.sort_by_key(|it| (fast.is_some_and(|fast| it.group < fast), it.group));
        }
    }
}

impl Choice {
    /// The most that the call may cost. This amount is reserved before the call.
    pub fn estimate(&self, spec: &RequestSpec, now: Now) -> Estimate {
        let Terms { prompt, is_included, .. } = self.terms;
        let output = u64::from(spec.size.max_output);
        let usage = Usage { prompt, output, ..Usage::default() };
        let writing = Usage { written: prompt, ..usage };
        let price = self.candidate.price.as_ref();
        let dearest =
            price.map(|it| it.cost(&usage, now.calendar).max(it.cost(&writing, now.calendar)));
        let is_free = self.candidate.is_free() || is_included;
        Estimate {
            provider: self.candidate.provider().to_owned(),
            feature: spec.name().to_owned(),
            money: if is_free { Some(Money::ZERO) } else { dearest },
            tokens: prompt + output,
            lasts: spec.deadline.total + Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests;
