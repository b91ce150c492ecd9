//! How long to wait for a candidate.
//!
//! Pure. `total` ends a request. The limits here keep a candidate that hangs from using all of it, so that
//! the next one can still answer.

use std::time::Duration;

/// Minimum wait for a candidate without measurements.
const LEAST: Duration = Duration::from_millis(250);
/// A multiple of the 95th percentile that counts as a hang.
const HANG: u32 = 3;
/// Longest gap between two pieces of an answer.
const STALL: Duration = Duration::from_secs(10);
/// A stream is not judged by its rate before this time.
const JUDGED: Duration = Duration::from_secs(2);
/// A stream is slow below this share of its usual rate.
const SLOW: f64 = 0.2;

/// Whether other candidates follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    None,
    Others,
}

/// How long to wait for the first token of a candidate whose first tokens nearly always come within `tail`:
/// all of the time that is `left` for the last candidate, otherwise less, so that another can still answer.
pub fn first_token(tail: Option<Duration>, left: Duration, behind: Remaining) -> Duration {
    match behind {
        Remaining::None => left,
        Remaining::Others => {
            let half = left / 2;
            tail.map_or(half, |it| (HANG * it).max(LEAST).min(half))
        }
    }
}

/// How long to wait for the next piece.
pub fn stall(left: Duration, behind: Remaining) -> Duration {
    match behind {
        Remaining::None => left,
        Remaining::Others => STALL.min(left / 2),
    }
}

/// Whether a stream with `tokens` after `flowed` is so slow that another candidate should be tried.
pub fn is_slow(tokens: f64, flowed: Duration, usual: f64, behind: Remaining) -> bool {
    match behind {
        Remaining::None => false,
        Remaining::Others => flowed >= JUDGED && tokens / flowed.as_secs_f64() < SLOW * usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(it: u64) -> Duration {
        Duration::from_millis(it)
    }

    #[test]
    fn one_who_hangs_leaves_time_for_the_next() {
        let wait = |tail, behind| first_token(tail, millis(2500), behind);
        assert_eq!(wait(None, Remaining::Others), millis(1250));
        assert_eq!(wait(Some(millis(200)), Remaining::Others), millis(600));
        assert_eq!(wait(Some(millis(200)), Remaining::None), millis(2500));
        assert_eq!(wait(Some(millis(1)), Remaining::Others), LEAST);
    }

    #[test]
    fn a_stream_that_trickles_is_left_where_somebody_else_is_there() {
        assert!(!is_slow(0.0, millis(1999), 60.0, Remaining::Others));
        assert!(is_slow(20.0, millis(2000), 60.0, Remaining::Others));
        assert!(!is_slow(30.0, millis(2000), 60.0, Remaining::Others));
        assert!(!is_slow(0.0, millis(60_000), 60.0, Remaining::None));
        assert_eq!(stall(millis(60_000), Remaining::Others), STALL);
        assert_eq!(stall(millis(1000), Remaining::Others), millis(500));
    }
}
