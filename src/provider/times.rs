//! Times and durations in the formats of providers. Pure: the current time is an argument.

pub mod spoken;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Upper limit for a wait: a provider that states a longer one is tried again after a day.
const LONGEST: Duration = Duration::from_hours(24);

/// Larger numbers are Unix times in seconds; more than 1000 times larger, in milliseconds.
const EPOCH: f64 = 1e9;

/// Parses seconds such as `1.5`.
pub fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    let seconds = Duration::try_from_secs_f64(seconds).ok()?;
    Some(seconds.min(LONGEST))
}

/// Parses milliseconds such as `1500` or `0.5`.
pub fn millis(text: &str) -> Option<Duration> {
    let millis: f64 = text.trim().parse().ok()?;
    let seconds = Duration::try_from_secs_f64(millis / 1000.0).ok()?;
    Some(seconds.min(LONGEST))
}

/// Parses a duration in Go's format, extended by days: `6m0s`, `17ms`, `1h2m3.5s`, `2d4h`.
pub fn parts(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut sum = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (count, behind) = rest.split_at(number);
        let unit = behind.find(|it: char| it.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit);
        let unit = match unit {
            "d" => 86_400.0,
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(count.parse::<f64>().ok()? * unit).ok()?;
        sum = sum.checked_add(part)?;
        rest = behind;
    }
    Some(sum.min(LONGEST))
}

/// The wait that a header states: seconds, a duration, a Unix time or a date. At most a day.
pub fn until(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>()
        && number > EPOCH
    {
        let at = if number > EPOCH * 1e3 { number / 1e3 } else { number };
        let at = UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(at).ok()?)?;
        return Some(at.duration_since(now).unwrap_or_default().min(LONGEST));
    }
    let wait = || seconds(text).or_else(|| parts(text));
    let rfc3339 = || SystemTime::try_from(text.parse::<Timestamp>().ok()?).ok();
    let date = || rfc3339().or_else(|| httpdate::parse_http_date(text).ok());
    wait().or_else(|| Some(date()?.duration_since(now).unwrap_or_default().min(LONGEST)))
}

/// A duration for display, rounded up: `12 s`, `5 min`, `10 h`, `3 days`.
pub fn words(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        7200..172_800 => format!("{} h", seconds.div_ceil(3600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25 03:30:00 UTC.
    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_577_400)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn go_durations_are_parsed() {
        for (text, millis) in [
            ("6m0s", 360_000),
            ("17ms", 17),
            ("1h2m3.5s", 3_723_500),
            ("1s", 1000),
            ("2d4h", 86_400_000),
            ("0d4h", 14_400_000),
            ("10h17m5.7s", 37_025_700),
            ("0s", 0),
        ] {
            assert_eq!(parts(text), Some(ms(millis)), "{text}");
        }
        for text in ["", "5", "s", "5x", "1h-2m", "1.2.3s", "-1s", "m5s", "99999999999999999999d"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn a_wait_can_be_seconds_a_duration_or_a_date() {
        for (text, millis) in [
            ("12", 12_000),
            ("0.25", 250),
            (" 7 ", 7000),
            ("6m0s", 360_000),
            ("2026-11-25T03:30:09Z", 9000),
            ("2026-11-25T03:30:00.5Z", 500),
            ("2026-11-25T05:30:10+02:00", 10_000),
            ("2026-11-24T23:00:11-04:30", 11_000),
            ("2026-11-25T03:29:00Z", 0),
            ("Wed, 25 Nov 2026 03:31:00 GMT", 60_000),
            ("Wednesday, 25-Nov-26 03:31:00 GMT", 60_000),
            ("Wed Nov 25 03:31:00 2026", 60_000),
            ("1795577405", 5000),
            ("1795577406000", 6000),
        ] {
            assert_eq!(until(text, now()), Some(ms(millis)), "{text}");
        }
        for text in ["", "-1", "soon", "NaN", "inf", "2026-11-25", "2026-13-01T00:00:00Z"] {
            assert_eq!(until(text, now()), None, "{text}");
        }
        assert_eq!(until("999999999", now()), Some(LONGEST));
    }

    #[test]
    fn a_duration_is_shown_in_round_numbers() {
        for (wait, text) in [
            (Duration::ZERO, "0 s"),
            (ms(11_100), "12 s"),
            (Duration::from_secs(119), "119 s"),
            (Duration::from_secs(121), "3 min"),
            (Duration::from_hours(10), "10 h"),
            (Duration::from_hours(71), "3 days"),
        ] {
            assert_eq!(words(wait), text);
        }
    }
}
