//! The remaining rate limit of a target, so that it is skipped before it answers 429.
//!
//! Pure: the time is an argument. `provider::limits` reads the headers.

use std::time::{Duration, Instant};

use crate::provider::limits::{Limits, RateLimit};

/// Without a hint a limit is assumed to be per minute, with 20 seconds of it left.
const UNHINTED: Duration = Duration::from_secs(20);
/// Longest hint that is believed. Longer waits are quotas and start a cooldown.
const LONGEST: Duration = Duration::from_hours(1);

/// The remaining limits of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headroom {
    requests: Option<Room>,
    tokens: Option<Room>,
    /// The target answered that the limit is reached.
    closed: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    left: u64,
    until: Instant,
}

impl Headroom {
    /// Takes over the limits that came with an answer. A limit that the answer does not state stays as it is.
    pub fn observe(&mut self, limits: &Limits, now: Instant) {
        let room = |it: RateLimit| Room { left: it.remaining, until: now + it.reset };
        self.requests = limits.requests.map(room).or(self.requests);
        self.tokens = limits.tokens.map(room).or(self.tokens);
    }

    /// A request is about to be sent. Its use counts at once, because another request may start before the
    /// answer.
    pub fn take(&mut self, tokens: u64) {
        let take = |room: &mut Option<Room>, count: u64| {
            if let Some(room) = room {
                room.left = room.left.saturating_sub(count);
            }
        };
        take(&mut self.requests, 1);
        take(&mut self.tokens, tokens);
    }

    /// The target answered that the limit is reached, with an optional wait.
    pub fn close(&mut self, retry: Option<Duration>, now: Instant) {
        let until = now + retry.unwrap_or(UNHINTED).min(LONGEST);
        self.closed = Some(self.closed.map_or(until, |it| it.max(until)));
    }

    /// When a request of this many tokens fits again; `None` if it fits now.
    pub fn wants_until(&self, tokens: u64, now: Instant) -> Option<Instant> {
        let short = |room: Option<Room>, count: u64| {
            room.filter(|it| now < it.until && it.left < count).map(|it| it.until)
        };
        let closed = self.closed.filter(|it| now < *it);
        closed.max(short(self.requests, 1)).max(short(self.tokens, tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limit(remaining: u64, reset: u32) -> Option<RateLimit> {
        Some(RateLimit { limit: None, remaining, reset: reset * SECOND })
    }

    fn requests(remaining: u64, reset: u32) -> Limits {
        Limits { requests: limit(remaining, reset), tokens: None }
    }

    fn tokens(remaining: u64, reset: u32) -> Limits {
        Limits { requests: None, tokens: limit(remaining, reset) }
    }

    #[test]
    fn the_last_request_of_a_minute_is_the_last() {
        let now = Instant::now();
        let mut headroom = Headroom::default();
        assert_eq!(headroom.wants_until(u64::MAX, now), None);
        headroom.observe(&requests(1, 30), now);
        assert_eq!(headroom.wants_until(1000, now), None);
        headroom.take(1000);
        assert_eq!(headroom.wants_until(1000, now), Some(now + 30 * SECOND));
        assert_eq!(headroom.wants_until(1000, now + 30 * SECOND), None);
    }

    #[test]
    fn a_prompt_that_does_not_fit_waits_and_a_shorter_one_does_not() {
        let now = Instant::now();
        let mut headroom = Headroom::default();
        headroom.observe(&tokens(5000, 10), now);
        assert_eq!(headroom.wants_until(5000, now), None);
        assert_eq!(headroom.wants_until(5001, now), Some(now + 10 * SECOND));
        headroom.take(4000);
        assert_eq!(headroom.wants_until(1001, now), Some(now + 10 * SECOND));
    }

    #[test]
    fn a_refusal_closes_it_as_long_as_it_says() {
        let now = Instant::now();
        let mut headroom = Headroom::default();
        headroom.close(Some(7 * SECOND), now);
        headroom.close(Some(SECOND), now);
        assert_eq!(headroom.wants_until(1, now), Some(now + 7 * SECOND));
        assert_eq!(headroom.wants_until(1, now + 7 * SECOND), None);
        headroom.close(None, now);
        assert_eq!(headroom.wants_until(1, now), Some(now + UNHINTED));
        headroom.close(Some(Duration::MAX), now);
        assert_eq!(headroom.wants_until(1, now), Some(now + LONGEST));
    }
}
