//! The value of a candidate for a request: cost, quality, time.
//!
//! Pure. A request is valued together with the next twenty of its document: a cache that is cold now is warm
//! then, so warming a cheaper one pays off. All figures are means per request, so that dollars and seconds
//! compare.

use std::time::{Instant, SystemTime};

use crate::models::price::money::Rate;
use crate::models::price::{Price, Rates};
use crate::router::health::Health;
use crate::router::pool::Candidate;
use crate::router::spec::{Capability, RequestSpec};

/// Further requests of the document that are counted.
const NEXT: f64 = 20.0;
const PICODOLLARS: f64 = 1e12;
/// A chat model comes before a fill-in-the-middle model only if its cost and time together are lower by this
/// factor, since its suggestions are accepted less often.
const CHAT: f64 = 1.25;
/// The share of the allowed reasoning tokens that are used before a short answer.
const THINKS: f64 = 0.125;

/// The expected cost and time of a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// Dollars per request at the margin: zero within a quota that is paid already, `None` if the price is
    /// unknown.
    pub dollars: Option<f64>,
    /// Dollars of this request alone.
    pub alone: Option<f64>,
    pub seconds: f64,
    /// How much better its suggestions are than its group's.
    pub kept: f64,
    /// Lower is better. Candidates without a price come last.
    pub score: f64,
}

/// The time of a request, by the monotonic clock and by the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub clock: Instant,
    pub calendar: SystemTime,
}

/// The expected size of a request.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Tokens of the answer.
    pub output: f64,
    /// Dollars per second of waiting.
    pub a_second: f64,
}

/// How a prompt uses a provider's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheState {
    Cold,
    Warm,
}

/// Tokens of a prompt of this many bytes as this target counts them, at most its context window.
pub fn tokens(bytes: u64, candidate: &Candidate, health: &Health, now: Instant) -> u64 {
    let tokens = (bytes as f64 / health.bytes_per_token(candidate)).ceil() as u64;
    health.context_length(candidate, now).map_or(tokens, |it| tokens.min(u64::from(it)))
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
        Capability::NextEdit => !candidate.is_edit_model(),
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
