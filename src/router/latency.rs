//! How long a target takes: until its first token, and per token after it.
//!
//! Pure: the time is an argument. There is one of these per target and feature.

use std::time::{Duration, Instant};

/// First tokens that are remembered.
const SAMPLES: usize = 64;
/// Measurements needed for a 95th percentile.
const ENOUGH: usize = 5;
/// Older measurements are forgotten, so the target is tried again.
const STALE: Duration = Duration::from_mins(15);
/// Fewer tokens tell no rate: they can come in one packet. Where the server measures, fewer suffice.
const LEAST: u64 = 8;
const LEAST_REPORTED: u64 = 2;
/// Weight of a new rate.
const WEIGHT: f64 = 0.2;
/// Assumed times of a target without measurements: a fill-in-the-middle model, and a chat model. The second
/// equals the default of `limit.complete.first_token_ms`, so that a new chat model is tried.
pub const FILL: Duration = Duration::from_millis(400);
pub const CHAT: Duration = Duration::from_millis(600);
const TOKENS_A_SECOND: f64 = 60.0;

/// Latency of a target for one feature.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    /// Times to the first token in order of arrival, the oldest overwritten; and the same sorted.
    samples: Vec<Duration>,
    sorted: Vec<Duration>,
    next: usize,
    /// Tokens per second after the first.
    pace: Option<f64>,
    last: Option<Instant>,
}

impl Latency {
    /// The first token of an answer arrived after `first`.
    pub fn record(&mut self, first: Duration, now: Instant) {
        if self.is_stale(now) {
            *self = Self::default();
        }
        self.on_first(first, now);
    }

    /// So many tokens arrived in this time after the first.
    pub fn on_rest(&mut self, tokens: u64, time: Duration) {
        if tokens >= LEAST && time > Duration::from_millis(1) {
            self.on_pace(tokens as f64 / time.as_secs_f64());
        }
    }

    /// The server reported that it wrote so many tokens in this time after the first.
    pub fn on_reported(&mut self, tokens: u64, time: Duration) {
        if tokens >= LEAST_REPORTED && !time.is_zero() {
            self.on_pace(tokens as f64 / time.as_secs_f64());
        }
    }

    fn on_pace(&mut self, pace: f64) {
        self.pace = Some(self.pace.map_or(pace, |it| it + WEIGHT * (pace - it)));
    }

    /// No token arrived within this time.
    pub fn on_first(&mut self, first: Duration, now: Instant) {
        match self.samples.get_mut(self.next) {
            Some(it) => *it = first,
            None => self.samples.push(first),
        }
        self.next = (self.next + 1) % SAMPLES;
        self.sorted.clone_from(&self.samples);
        self.sorted.sort_unstable();
        self.last = Some(now);
    }

    /// Whether there are enough answers to tell a slow target from a single failure.
    pub fn is_known(&self, now: Instant) -> bool {
        !self.is_stale(now) && self.sorted.len() >= ENOUGH
    }

    /// The time in which this share of first tokens arrived.
    pub fn first_token(&self, quantile: f64, now: Instant) -> Option<Duration> {
        if self.is_stale(now) || self.sorted.is_empty() {
            return None;
        }
        let at = (quantile * self.sorted.len() as f64).ceil() as usize;
        self.sorted.get(at.saturating_sub(1)).copied()
    }

    /// The time in which nearly all first tokens came, once enough of them have.
    pub fn tail(&self, now: Instant) -> Option<Duration> {
        self.first_token(0.95, now).filter(|_| self.sorted.len() >= ENOUGH)
    }

    /// Tokens per second after the first, if measured.
    pub fn pace(&self, now: Instant) -> Option<f64> {
        self.pace.filter(|_| !self.is_stale(now))
    }

    pub fn tokens_a_second(&self, now: Instant) -> f64 {
        self.pace(now).unwrap_or(TOKENS_A_SECOND)
    }

    /// Time until the first token and until the end of an answer of this many tokens, 75th percentile.
    /// `usual` is assumed for the first token if none was measured.
    pub fn p75(&self, tokens: f64, usual: Duration, now: Instant) -> (Duration, Duration) {
        let first = self.first_token(0.75, now).unwrap_or(usual);
        (first, first + self.said(tokens, now))
    }

    /// Usual duration of an answer of this many tokens, in seconds.
    pub fn seconds(&self, tokens: f64, usual: Duration, now: Instant) -> f64 {
        let first = self.first_token(0.5, now).unwrap_or(usual);
        (first + self.said(tokens, now)).as_secs_f64()
    }

    fn said(&self, tokens: f64, now: Instant) -> Duration {
        let seconds = tokens / self.tokens_a_second(now).max(0.01);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_hours(1))
    }

    fn is_stale(&self, now: Instant) -> bool {
        self.last.is_some_and(|it| now.saturating_duration_since(it) > STALE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(it: u64) -> Duration {
        Duration::from_millis(it)
    }

    #[test]
    fn quantiles_are_those_of_the_last_answers() {
        let now = Instant::now();
        let mut latency = Latency::default();
        (0..200).for_each(|_| latency.on_first(millis(9999), now));
        (1..=64).for_each(|it| latency.on_first(millis(it * 10), now));
        assert_eq!(latency.first_token(0.5, now), Some(millis(320)));
        assert_eq!(latency.first_token(0.75, now), Some(millis(480)));
        assert_eq!(latency.tail(now), Some(millis(610)));
    }

    #[test]
    fn an_answer_takes_its_first_token_and_its_pace() {
        let now = Instant::now();
        let mut latency = Latency::default();
        latency.record(millis(200), now);
        latency.on_rest(7, millis(1));
        assert_eq!(latency.pace(now), None);
        latency.on_rest(100, millis(1000));
        assert!((latency.seconds(50.0, FILL, now) - 0.7).abs() < 1e-6);
        assert_eq!(latency.p75(10.0, FILL, now), (millis(200), millis(300)));
    }

    #[test]
    fn a_few_tokens_tell_the_pace_where_the_server_measures_them() {
        let now = Instant::now();
        let mut latency = Latency::default();
        latency.record(millis(200), now);
        latency.on_reported(1, millis(10));
        latency.on_reported(3, Duration::ZERO);
        assert_eq!(latency.pace(now), None);
        latency.on_reported(3, millis(150));
        assert_eq!(latency.pace(now), Some(20.0));
    }

    #[test]
    fn what_is_old_is_forgotten_so_that_a_slow_one_is_tried_again() {
        let now = Instant::now();
        let mut latency = Latency::default();
        latency.record(millis(9000), now);
        assert_eq!(latency.p75(0.0, CHAT, now).0, millis(9000));
        assert_eq!(latency.p75(0.0, CHAT, now + STALE + millis(1)).0, CHAT);
    }

    #[test]
    fn a_tail_needs_more_than_a_few() {
        let now = Instant::now();
        let mut latency = Latency::default();
        (0..4).for_each(|_| latency.on_first(millis(10), now));
        assert_eq!(latency.tail(now), None);
        latency.on_first(millis(10), now);
        assert_eq!(latency.tail(now), Some(millis(10)));
    }
}
