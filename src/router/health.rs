//! The measured state of one target, and everything that keeps it from receiving requests.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use jiff::civil::Date;

use crate::models::price::date;
use crate::provider::local::Readiness;
use crate::provider::times;
use crate::router::breaker::{Admission, Breaker};
use crate::router::headroom::Headroom;
use crate::router::latency::Latency;
use crate::router::pool::Candidate;
use crate::router::reading::Reading;
use crate::router::spec::Feature;
use crate::usage::caps::SpentTotals;
use crate::usage::record::{ReservationError, Whose};

/// Clocks differ by this much without having been changed.
const SKEW: Duration = Duration::from_secs(60);
/// Cooldown after a rejected key: first and longest.
const KEY_SHORTEST: Duration = Duration::from_mins(1);
const KEY_LONGEST: Duration = Duration::from_mins(15);
/// How long a context window reported by an error is believed.
const LEARNED_HOLDS: Duration = Duration::from_mins(10);
/// Smallest context window that is believed, in tokens.
const LEAST_CONTEXT: u32 = 256;
/// Weight of the estimated cached share, in answers.
const GUESS: f64 = 5.0;
/// Decay of the measured cached share per answer.
const FADE: f64 = 0.95;
/// Weight of a new measurement of bytes per token.
const LEARNS: f64 = 0.3;
/// No tokenizer needs more than two tokens per byte.
const LEAST: f64 = 0.5;
/// Weight of the group's mean in a model's acceptance rate, in answers.
const PRIOR: f64 = 50.0;
/// A model counts as at most this much better or worse than its group.
const BEST: f64 = 2.0;
const WORST: f64 = 0.5;

/// The measured state of one target.
#[derive(Clone, Debug, Default)]
pub struct Health {
    pub breaker: Breaker,
    pub headroom: Headroom,
    pub kept: KeptRate,
    pub cached: CachedShare,
    pub reading: Reading,
    pub cooldown: Option<ActiveCooldown>,
    pub capped: Option<Capped>,
    /// Bytes of code per token, from the prompts it counted recently.
    density: Option<f64>,
    /// Whether its server runs, for servers that are started on demand.
    pub readiness: Readiness,
    /// Its last failure; `None` after an answer.
    pub trouble: Option<String>,
    /// Its context window in tokens, if it reported one smaller than expected.
    context_length: Option<(u32, Instant)>,
    /// Rejections of its key since the last answer.
    key_rejections: u32,
    latency: [Latency; Feature::ALL.len()],
    today: Option<(Date, SpentTotals)>,
}

/// A span of calendar time. One that begins in the future was recorded before the clock was set back, and
/// would last too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    pub since: SystemTime,
    pub until: SystemTime,
}

/// A cooldown that holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveCooldown {
    pub span: TimeSpan,
    pub cause: CooldownCause,
}

/// Why a target has a cooldown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CooldownCause {
    Quota,
    RateLimit,
    /// It is overloaded and stated a wait.
    Overload,
    /// It rejected the key. Another key or an answer ends this.
    Key,
}

/// A spending cap refused a call of this many tokens. A smaller call may still fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capped {
    pub span: TimeSpan,
    pub tokens: u64,
}

/// Suggestions of a model that were shown, and that were accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptRate {
    pub shown: u64,
    pub kept: u64,
}

/// The share of its prompts that a provider reads from its cache.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CachedShare {
    sum: f64,
    weight: f64,
}

impl TimeSpan {
    pub fn holds(self, now: SystemTime) -> bool {
        self.since <= now + SKEW && now < self.until
    }

    pub fn left(self, now: SystemTime) -> Duration {
        until(self.until, now)
    }
}

impl ActiveCooldown {
    /// Whether it began longer ago than this.
    pub fn is_older(self, now: SystemTime, than: Duration) -> bool {
        until(now, self.span.since) > than
    }
}

impl fmt::Display for CooldownCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quota => "its quota is used up",
            Self::RateLimit => "its rate limit is reached",
            Self::Overload => "it is overloaded",
            Self::Key => "the provider rejected the API key",
        })
    }
}

impl Health {
    /// Why it receives no requests now, as text; `None` if it does.
    pub fn out(&self, now: Instant, calendar: SystemTime) -> Option<String> {
        if let Some(ActiveCooldown { span, cause }) = self.active_cooldown(calendar) {
            let left = times::words(span.left(calendar));
            return Some(format!("{cause}; next try in {left}"));
        }
        match self.readiness {
            Readiness::Ready => {}
            Readiness::KeyPending => {
                return Some("the command that prints the API key has not finished".to_owned());
            }
            Readiness::Starting => return Some("the server is starting".to_owned()),
            Readiness::CannotStart => return Some("the server could not be started".to_owned()),
        }
        if self.capped.is_some_and(|it| it.span.holds(calendar)) {
            return Some("its cap is reached".to_owned());
        }
        if self.headroom.wants_until(1, now).is_some() {
            return Some("its rate limit is reached".to_owned());
        }
        match self.breaker.admits(now) {
            Admission::No { .. } => Some(match &self.trouble {
                Some(trouble) => format!("it failed several times: {trouble}"),
                None => "it failed several times".to_owned(),
            }),
            Admission::Yes | Admission::Probe => None,
        }
    }

    /// Bytes of code per token: as it counts them, else as usual for its kind.
    pub fn bytes_per_token(&self, candidate: &Candidate) -> f64 {
        self.density.unwrap_or(candidate.bytes_per_token).max(LEAST)
    }

    /// It counted the tokens of a prompt of this many bytes.
    pub fn on_counted(&mut self, bytes: u64, tokens: u64) {
        if tokens > 0 {
            let density = bytes as f64 / tokens as f64;
            self.density = Some(self.density.map_or(density, |it| it + LEARNS * (density - it)));
        }
    }

    pub fn latency(&self, feature: Feature) -> &Latency {
        &self.latency[feature as usize]
    }

    pub fn latency_mut(&mut self, feature: Feature) -> &mut Latency {
        &mut self.latency[feature as usize]
    }

    pub fn active_cooldown(&self, now: SystemTime) -> Option<ActiveCooldown> {
        self.cooldown.filter(|it| it.span.holds(now))
    }

    /// Its key was rejected. Returns the end of the cooldown: one minute at first, then twice as long each
    /// time.
    pub fn on_key_rejected(&mut self, now: SystemTime) -> SystemTime {
        let wait = KEY_SHORTEST.saturating_mul(1 << self.key_rejections.min(8)).min(KEY_LONGEST);
        self.key_rejections = self.key_rejections.saturating_add(1);
        let until = now + wait;
        self.start_cooldown(TimeSpan { since: now, until }, CooldownCause::Key);
        until
    }

    /// It has another key, or answered with this one. Returns whether that ended a cooldown.
    pub fn on_key_accepted(&mut self) -> bool {
        self.key_rejections = 0;
        self.cooldown.take_if(|it| it.cause == CooldownCause::Key).is_some()
    }

    pub fn start_cooldown(&mut self, span: TimeSpan, cause: CooldownCause) {
        self.cooldown = Some(ActiveCooldown { span, cause });
    }

    /// It reported a context window of this many tokens.
    pub fn on_too_long(&mut self, context_length: u32, now: Instant) {
        let known = self.learned_context_length(now).unwrap_or(u32::MAX);
        self.context_length = Some((context_length.max(LEAST_CONTEXT).min(known), now));
    }

    /// The context window it reported, for as long as that is believed: its server may be restarted with a
    /// larger one.
    fn learned_context_length(&self, now: Instant) -> Option<u32> {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < LEARNED_HOLDS;
        self.context_length.filter(|it| is_fresh(it.1)).map(|it| it.0)
    }

    /// Tokens of its context window, prompt and answer together, if known.
    pub fn context_length(&self, candidate: &Candidate, now: Instant) -> Option<u32> {
        match (self.learned_context_length(now), candidate.context_length) {
            (Some(learned), Some(known)) => Some(learned.min(known)),
            (learned, known) => learned.or(known),
        }
    }

    /// The spending of all windows on its provider today, from the ledger.
    pub fn on_spent(&mut self, spent: SpentTotals, now: SystemTime) {
        self.today = Some((date::of(now), spent));
    }

    /// Adds the use of this window since then.
    pub fn on_used(&mut self, tokens: u64, now: SystemTime) {
        let day = date::of(now);
        let today =
            self.today.filter(|(it, _)| *it == day).map_or(SpentTotals::default(), |it| it.1);
        let tokens = today.tokens.saturating_add(tokens);
        self.today = Some((day, SpentTotals { requests: today.requests + 1, tokens, ..today }));
    }

    /// Whether a request of this many tokens is within a subscription or free tier.
    pub fn is_included(&self, candidate: &Candidate, tokens: u64, now: SystemTime) -> bool {
        let Some(limit) = candidate.included else { return false };
        let spent = match self.today {
            Some((day, spent)) if day == date::of(now) => spent,
            Some(_) | None => SpentTotals::default(),
        };
        limit.requests.is_none_or(|it| spent.requests < it)
            && limit.tokens.is_none_or(|it| spent.tokens.saturating_add(tokens) <= it)
    }

    /// A reservation of `tokens` was refused. A cap on all providers or on this one holds until its end.
    pub fn on_refused(&mut self, refusal: &ReservationError, tokens: u64, now: SystemTime) {
        if let ReservationError::Capped { whose: Whose::Overall | Whose::Own, until, .. } = refusal
        {
            let span = TimeSpan { since: now, until: *until };
            self.capped = Some(Capped { span, tokens });
        }
    }

    /// The state that survives a reload of the settings. A used-up quota does; a cap may have changed, and
    /// targets that waited for new settings are tried again.
    pub fn across_reload(&self) -> Self {
        let cooldown = self.cooldown.filter(|it| it.cause != CooldownCause::Key);
        Self { cooldown, capped: None, ..self.clone() }
    }
}

impl KeptRate {
    /// How much better its suggestions are than its group's.
    pub fn against(self, mean: f64) -> f64 {
        if mean <= 0.0 {
            return 1.0;
        }
        let share = (self.kept as f64 + PRIOR * mean) / (self.shown as f64 + PRIOR);
        (share / mean).clamp(WORST, BEST)
    }

    /// The share of shown suggestions that were accepted.
    pub fn mean(all: impl Iterator<Item = Self>) -> f64 {
        let (shown, kept) = all.fold((0, 0), |sum, it| (sum.0 + it.shown, sum.1 + it.kept));
        if shown == 0 { 0.0 } else { kept as f64 / shown as f64 }
    }
}

impl CachedShare {
    pub fn record(&mut self, prompt: u64, cached: u64) {
        if prompt > 0 {
            let share = cached.min(prompt) as f64 / prompt as f64;
            self.sum = self.sum * FADE + share;
            self.weight = self.weight * FADE + 1.0;
        }
    }

    /// The expected cached share of a prompt of which the share `guess` is unchanged.
    pub fn expected(self, guess: f64) -> f64 {
        let guess = guess.clamp(0.0, 1.0);
        (self.sum + GUESS * guess) / (self.weight + GUESS)
    }
}

/// Time until a calendar time; zero if it is past.
pub(super) fn until(then: SystemTime, now: SystemTime) -> Duration {
    then.duration_since(now).unwrap_or_default()
}

/// The same for the monotonic clock.
pub(super) fn until_instant(then: Instant, now: Instant) -> Duration {
    then.saturating_duration_since(now)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::router::tests::candidate;
    use crate::usage::record::SpendingLimit;

    #[test]
    fn a_model_whose_answers_are_kept_counts_as_better_within_bounds() {
        let kept = |shown, kept| KeptRate { shown, kept };
        assert_eq!(kept(0, 0).against(0.3), 1.0);
        assert_eq!(kept(9, 9).against(0.0), 1.0);
        assert!((kept(50, 25).against(0.25) - 1.5).abs() < 1e-9);
        assert_eq!(kept(10_000, 10_000).against(0.1), BEST);
        assert_eq!(kept(10_000, 0).against(0.1), WORST);
        assert_eq!(KeptRate::mean([kept(10, 1), kept(30, 9)].into_iter()), 0.25);
    }

    #[test]
    fn a_cache_is_believed_by_what_it_did() {
        let mut share = CachedShare::default();
        assert_eq!(share.expected(0.8), 0.8);
        (0..200).for_each(|_| share.record(1000, 0));
        assert!(share.expected(0.8) < 0.2);
        share.record(0, 10);
        (0..200).for_each(|_| share.record(1000, 5000));
        assert!(share.expected(0.0) > 0.75);
    }

    #[test]
    fn what_is_included_is_free_until_it_is_used_up_and_again_tomorrow() {
        let limit = SpendingLimit { requests: Some(2), tokens: Some(1000), money: None };
        let candidate = Candidate { included: Some(limit), ..candidate("a/b") };
        let now = UNIX_EPOCH + Duration::from_hours(10);
        let mut health = Health::default();
        assert!(health.is_included(&candidate, 1000, now));
        assert!(!health.is_included(&candidate, 1001, now));
        health.on_used(10, now);
        assert!(health.is_included(&candidate, 900, now));
        health.on_used(10, now);
        assert!(!health.is_included(&candidate, 1, now));
        assert!(health.is_included(&candidate, 1, now + Duration::from_hours(24)));
        health.on_spent(SpentTotals { requests: 1, ..SpentTotals::default() }, now);
        assert!(health.is_included(&candidate, 1, now));
    }

    #[test]
    fn a_cooldown_ends_at_its_time_or_with_a_reload() {
        let now = UNIX_EPOCH + Duration::from_hours(1);
        let later = now + Duration::from_secs(5);
        let mut health = Health::default();
        health.start_cooldown(TimeSpan { since: now, until: later }, CooldownCause::Quota);
        assert!(health.active_cooldown(now).is_some());
        assert_eq!(health.active_cooldown(later), None);
        assert!(health.across_reload().active_cooldown(now).is_some());
        health.on_key_rejected(now);
        assert!(health.active_cooldown(later).is_some());
        assert_eq!(health.across_reload().active_cooldown(later), None);
    }

    #[test]
    fn a_rejected_key_is_tried_again_after_a_minute_and_then_later() {
        let now = UNIX_EPOCH + Duration::from_hours(1);
        let mut health = Health::default();
        let waits: Vec<u64> = (0..6)
            .map(|_| health.on_key_rejected(now).duration_since(now).unwrap().as_secs() / 60)
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 15, 15]);
        assert!(health.on_key_accepted());
        assert_eq!(health.active_cooldown(now), None);
        assert!(!health.on_key_accepted());
        assert_eq!(health.on_key_rejected(now), now + KEY_SHORTEST);
    }

    #[test]
    fn the_window_is_what_an_error_says_for_a_while() {
        let (candidate, now) =
            (Candidate { context_length: Some(32_768), ..candidate("a/b") }, Instant::now());
        let mut health = Health::default();
        assert_eq!(health.context_length(&candidate, now), Some(32_768));
        health.on_too_long(512, now);
        health.on_too_long(100_000, now);
        assert_eq!(health.context_length(&candidate, now), Some(512));
        assert_eq!(health.context_length(&candidate, now + LEARNED_HOLDS), Some(32_768));
    }
}
