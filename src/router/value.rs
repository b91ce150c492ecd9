//! What a target is worth to a request: what it costs, how well it answers, how long one waits.
//!
//! Pure. A request is judged with the next twenty of its document: a cache that is cold now is warm
//! then, so warming a cheaper one is paid back. Figures are means of one of these requests, so that
//! dollars and seconds weigh alike.

use std::time::{Instant, SystemTime};

use crate::models::price::money::Rate;
use crate::models::price::{Price, Rates};
use crate::router::health::Health;
use crate::router::pool::Candidate;
use crate::router::spec::{Capability, RequestSpec};

/// How many more requests of its document a request stands for.
const NEXT: f64 = 20.0;
const PICODOLLARS: f64 = 1e12;
/// A chat model fills a hole before one that was trained for it where its price and its time together are
/// less by this: what it answers is kept less often, which only its own answers can show.
const CHAT: f64 = 1.25;
/// The share of the tokens a model may think that it does think before a short answer.
const THINKS: f64 = 0.125;

/// What is expected of a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// A request's, at the margin: nothing within a quota that is paid already. `None` where
    /// nobody knows the price.
    pub dollars: Option<f64>,
    /// What this request costs by itself.
    pub alone: Option<f64>,
    pub seconds: f64,
    /// How much better its answers are than its group's.
    pub kept: f64,
    /// Less is better; what has no price comes after all that has.
    pub score: f64,
}

/// When a request is asked, by the clock and by the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub clock: Instant,
    pub calendar: SystemTime,
}

/// What is known of a request before its target is.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Tokens of its prompt.
    pub prompt: u64,
    /// Tokens of its answer.
    pub output: f64,
    /// Dollars that a second is worth.
    pub a_second: f64,
}

/// What a prompt does to a provider's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheState {
    Cold,
    Warm,
}

/// Tokens of a prompt of so many bytes as this target counts them: what its window does not hold is trimmed.
pub fn tokens(bytes: u64, candidate: &Candidate, health: &Health, now: Instant) -> u64 {
    let tokens = (bytes as f64 / health.bytes_per_token(candidate)).ceil() as u64;
    health.window(candidate, now).map_or(tokens, |it| tokens.min(u64::from(it)))
}

/// What `candidate` is worth to `spec`.
pub fn value(
    spec: &RequestSpec,
    candidate: &Candidate,
    health: &Health,
    expected: Expected,
    cache: CacheState,
    kept: f64,
    now: Now,
) -> Value {
    let output = expected.output + thoughts(spec, candidate);
    let usual = candidate.usual_first_token();
    let seconds = health.latency(spec.feature).seconds(expected.output, usual, now.clock);
    let tokens = expected.prompt;
    let is_paid =
        candidate.is_free() || health.is_included(candidate, tokens + output as u64, now.calendar);
    let dollars = match &candidate.price {
        _ if is_paid => Some((0.0, 0.0)),
        None => None,
        Some(price) => {
            let share = match spec.is_brief(candidate) {
                true => 0.0,
                false => health.cached.expected(spec.size.stable),
            };
            Some(dollars(price, tokens, share, output, cache, now.calendar))
        }
    };
    let (dollars, alone) = (dollars.map(|it| it.0), dollars.map(|it| it.1));
    let score = dollars.unwrap_or(f64::INFINITY) / kept + expected.a_second * seconds;
    let score = if is_question(spec, candidate) { CHAT * score } else { score };
    Value { dollars, alone, seconds, kept, score }
}

/// Whether a hole is put to it as a question.
fn is_question(spec: &RequestSpec, candidate: &Candidate) -> bool {
    match spec.wants {
        Capability::Fill | Capability::FillOrBrief | Capability::FillOrChat => !candidate.fills,
        Capability::Chat => false,
    }
}

/// Tokens that it is expected to think before it fills a hole.
fn thoughts(spec: &RequestSpec, candidate: &Candidate) -> f64 {
    if is_question(spec, candidate) { THINKS * f64::from(candidate.thoughts) } else { 0.0 }
}

/// What this request and the next ones cost, each; and this one by itself.
fn dollars(
    price: &Price,
    tokens: u64,
    share: f64,
    output: f64,
    cache: CacheState,
    at: SystemTime,
) -> (f64, f64) {
    let rates = price.rates(tokens, at);
    let prompt = tokens as f64;
    let (input, cached, written) = of_rates(&rates);
    let fresh = prompt * (1.0 - share) * input;
    let warm = fresh + prompt * share * cached;
    let first = match cache {
        CacheState::Warm => warm,
        CacheState::Cold => fresh + prompt * share * written,
    };
    let said = output * rates.output.picodollars() as f64;
    let each = (first + NEXT * warm) / (1.0 + NEXT);
    ((each + said) / PICODOLLARS, (first + said) / PICODOLLARS)
}

/// What a token of the prompt costs: new, read from a cache, written to one.
fn of_rates(rates: &Rates) -> (f64, f64, f64) {
    let picodollars = |it: Rate| it.picodollars() as f64;
    let input = picodollars(rates.input);
    (input, rates.cached.map_or(input, picodollars), rates.written.map_or(input, picodollars))
}
