//! Times as commands print them: relative for people, in UTC for programs.

use std::time::SystemTime;

use crate::models::price::date;

/// `3 min ago`.
pub fn ago(at: SystemTime, now: SystemTime) -> String {
    let Ok(since) = now.duration_since(at) else { return "just now".to_owned() };
    match since.as_secs() {
        0..2 => "just now".to_owned(),
        seconds @ 2..120 => format!("{seconds} s ago"),
        seconds @ 120..7200 => format!("{} min ago", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h ago", seconds / 3600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

/// `for 3 min`, from now on.
pub fn left(until: SystemTime, now: SystemTime) -> String {
    let left = until.duration_since(now).unwrap_or_default().as_secs();
    match left {
        0..120 => format!("for {left} s"),
        120..7200 => format!("for {} min", left / 60),
        7200..172_800 => format!("for {} h", left / 3600),
        _ => format!("for {} days", left / 86_400),
    }
}

/// `2026-11-25T12:00:00Z`, as in RFC 3339.
pub fn utc(at: SystemTime) -> String {
    date::utc(at).strftime("%FT%TZ").to_string()
}

/// A text from outside without control characters, which could control the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn times_are_shown_relative_to_now() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_608_003);
        let before = |seconds| ago(now - Duration::from_secs(seconds), now);
        let all = [0, 59, 200, 9000, 400_000].map(before);
        assert_eq!(all, ["just now", "59 s ago", "3 min ago", "2 h ago", "4 days ago"]);
        assert_eq!(ago(now + Duration::from_secs(9), now), "just now");
        assert_eq!(left(now + Duration::from_secs(200), now), "for 3 min");
        assert_eq!(utc(now), "2026-11-25T12:00:03Z");
        assert_eq!(plain("a\x1b[2Jb"), "a\u{fffd}[2Jb");
    }
}
