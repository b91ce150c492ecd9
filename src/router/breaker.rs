//! The circuit breaker: stops requests to a target that keeps failing, then lets one probe through.
//!
//! Pure: the time is an argument. `router::recorder` decides what counts as a failure.

use std::time::{Duration, Instant};

/// Consecutive failures that open it.
const CONSECUTIVE: u32 = 3;
/// Outcomes that are remembered.
const REMEMBERED: u32 = 20;
/// Outcomes that must be known before their share of failures counts.
const ENOUGH: u32 = 10;
/// One failure in this many opens it.
const HALF: u32 = 2;
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_mins(5);
/// A probe without a result is given up after this time.
const LOST: Duration = Duration::from_mins(2);

/// A target's recent outcomes, and whether requests are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    state: BreakerState,
    outcomes: Outcomes,
    /// How often it has opened since the last answer.
    opened: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakerState {
    #[default]
    Closed,
    /// No request before this time.
    Open { until: Instant },
    /// One probe is in flight.
    HalfOpen { since: Instant },
}

/// Whether a request is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Yes,
    /// As the probe.
    Probe,
    /// Not before this time.
    No {
        until: Instant,
    },
}

/// The last outcomes, one bit each; a set bit is a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outcomes {
    bits: u32,
    known: u32,
    consecutive: u32,
}

impl Breaker {
    /// Whether a request would be allowed now. Call `admit` before sending it.
    pub fn admits(&self, now: Instant) -> Admission {
        match self.state {
            BreakerState::Closed => Admission::Yes,
            BreakerState::Open { until } if now < until => Admission::No { until },
            BreakerState::Open { .. } => Admission::Probe,
            BreakerState::HalfOpen { since } if now < since + LOST => {
                Admission::No { until: since + LOST }
            }
            BreakerState::HalfOpen { .. } => Admission::Probe,
        }
    }

    /// Allows a request, and takes the probe if one is due.
    pub fn admit(&mut self, now: Instant) -> Admission {
        let admission = self.admits(now);
        match admission {
            Admission::Probe => self.state = BreakerState::HalfOpen { since: now },
            Admission::Yes | Admission::No { .. } => {}
        }
        admission
    }

    pub fn on_success(&mut self) {
        *self = match self.state {
            // Outcomes before the outage say nothing about the present.
            BreakerState::Open { .. } | BreakerState::HalfOpen { .. } => Self::default(),
            BreakerState::Closed => {
                Self { state: BreakerState::Closed, outcomes: self.outcomes.with(false), opened: 0 }
            }
        };
    }

    /// An attempt failed because of the target.
    pub fn on_failure(&mut self, now: Instant) {
        self.outcomes = self.outcomes.with(true);
        match self.state {
            BreakerState::Closed if self.outcomes.are_bad() => self.open(now),
            BreakerState::HalfOpen { .. } => self.open(now),
            // A request from before it opened says nothing new.
            BreakerState::Closed | BreakerState::Open { .. } => {}
        }
    }

    /// An attempt failed because of a rate limit. It does not count as a failure, but a rejected probe is no
    /// answer.
    pub fn on_limit(&mut self, now: Instant) {
        match self.state {
            BreakerState::HalfOpen { .. } => self.open(now),
            BreakerState::Closed | BreakerState::Open { .. } => {}
        }
    }

    /// An attempt ended without saying anything about the target: the next request may be the probe.
    pub fn on_nothing(&mut self, now: Instant) {
        match self.state {
            BreakerState::HalfOpen { .. } => self.state = BreakerState::Open { until: now },
            BreakerState::Closed | BreakerState::Open { .. } => {}
        }
    }

    pub fn state(&self) -> BreakerState {
        self.state
    }

    fn open(&mut self, now: Instant) {
        let cooldown = SHORTEST.saturating_mul(1 << self.opened.min(10)).min(LONGEST);
        self.opened = self.opened.saturating_add(1);
        self.state = BreakerState::Open { until: now + cooldown };
    }
}

impl Outcomes {
    fn with(self, failed: bool) -> Self {
        let bits = (self.bits << 1 | u32::from(failed)) & ((1 << REMEMBERED) - 1);
        let consecutive = if failed { self.consecutive.saturating_add(1) } else { 0 };
        Self { bits, known: (self.known + 1).min(REMEMBERED), consecutive }
    }

    fn are_bad(self) -> bool {
        let failed = self.bits.count_ones();
        self.consecutive >= CONSECUTIVE || self.known >= ENOUGH && failed * HALF >= self.known
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        (0..CONSECUTIVE).for_each(|_| breaker.on_failure(now));
        breaker
    }

    #[test]
    fn three_failures_one_after_another_open_it() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        breaker.on_failure(now);
        breaker.on_failure(now);
        breaker.on_success();
        breaker.on_failure(now);
        breaker.on_failure(now);
        assert_eq!(breaker.admits(now), Admission::Yes);
        breaker.on_failure(now);
        assert_eq!(breaker.admits(now), Admission::No { until: now + SHORTEST });
    }

    #[test]
    fn half_of_the_last_failing_opens_it() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..ENOUGH / 2 {
            assert_eq!(breaker.admits(now), Admission::Yes);
            breaker.on_success();
            breaker.on_failure(now);
        }
        assert!(matches!(breaker.admits(now), Admission::No { .. }));
    }

    #[test]
    fn one_probe_is_let_through_and_decides() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + SHORTEST;
        assert_eq!(breaker.admit(later), Admission::Probe);
        assert!(matches!(breaker.admit(later), Admission::No { .. }));
        breaker.on_failure(later);
        assert_eq!(breaker.admits(later), Admission::No { until: later + 2 * SHORTEST });
        let later = later + 2 * SHORTEST;
        assert_eq!(breaker.admit(later), Admission::Probe);
        breaker.on_success();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn a_probe_that_is_turned_away_fails_and_one_that_is_dropped_does_not() {
        let now = Instant::now();
        let mut breaker = opened(now);
        breaker.on_limit(now);
        let later = now + SHORTEST;
        breaker.admit(later);
        breaker.on_nothing(later);
        assert_eq!(breaker.admit(later), Admission::Probe);
        breaker.on_limit(later);
        assert!(matches!(breaker.admits(later), Admission::No { .. }));
        let mut closed = Breaker::default();
        (0..50).for_each(|_| closed.on_limit(now));
        assert_eq!(closed.admits(now), Admission::Yes);
    }

    proptest! {
        #[test]
        fn whatever_happens_it_lets_one_probe_through_and_closes_again(
            steps in prop::collection::vec((0_u8..5, 0_u64..400), 0..200)
        ) {
            let mut now = Instant::now();
            let (mut breaker, mut probing) = (Breaker::default(), None::<Instant>);
            for (step, seconds) in steps {
                now += Duration::from_secs(seconds);
                match step {
                    0 => breaker.on_success(),
                    1 => breaker.on_failure(now),
                    2 => breaker.on_limit(now),
                    3 => breaker.on_nothing(now),
                    _ => {
                        let admission = breaker.admit(now);
                        if admission == Admission::Probe {
                            let lost = probing.is_none_or(|it| now >= it + LOST);
                            prop_assert!(lost, "two probes at once");
                            probing = Some(now);
                        }
                    }
                }
                match breaker.state() {
                    BreakerState::HalfOpen { .. } => {}
                    BreakerState::Closed => probing = None,
                    BreakerState::Open { until } => {
                        probing = None;
                        prop_assert!(until <= now + LONGEST);
                    }
                }
            }
            // It never stays open for good, and one good answer closes it.
            now += LONGEST + LOST;
            let is_shut = matches!(breaker.admit(now), Admission::No { .. });
            prop_assert!(!is_shut, "open for good");
            breaker.on_success();
            prop_assert_eq!(breaker.admits(now), Admission::Yes);
        }
    }
}
