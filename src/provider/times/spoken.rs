//! Waits in English sentences: `Please wait 12345 seconds before retrying`, `try again in about 5 minutes`,
//! `resets in 1 hour 20 minutes`. The wordings come from public bug reports.

use std::time::Duration;

use crate::provider::times::{LONGEST, parts};

/// Words that precede a wait.
const CUES: [&str; 14] = [
    "again",
    "retry",
    "retrying",
    "retried",
    "retry-after",
    "retry_after",
    "wait",
    "waiting",
    "reset",
    "resets",
    "available",
    "cooldown",
    "cool-down",
    "backoff",
];

/// Words that can occur between a cue and its wait.
const FILLERS: [&str; 32] = [
    "in",
    "after",
    "for",
    "at",
    "least",
    "about",
    "approximately",
    "approx",
    "around",
    "roughly",
    "another",
    "the",
    "next",
    "your",
    "this",
    "that",
    "request",
    "requests",
    "until",
    "is",
    "of",
    "again",
    "an",
    "a",
    "additional",
    "quota",
    "limit",
    "will",
    "up",
    "to",
    "every",
    "please",
];

/// Largest number of words between a cue and its wait.
const FARTHEST: usize = 7;

/// The longest wait that a text states, at most a day; `None` if it states none.
pub fn wait(text: &str) -> Option<Duration> {
    let words: Vec<Word> = text.split_whitespace().flat_map(words).collect();
    let cues = words.iter().enumerate().filter(|(_, it)| CUES.contains(&it.text.as_str()));
    let waits = cues.filter_map(|(at, cue)| match cue.ends && !cue.names {
        true => None,
        false => behind(&words[at + 1..]),
    });
    waits.max().map(|it| it.min(LONGEST))
}

/// A word in lower case, without punctuation.
#[derive(Debug)]
struct Word {
    text: String,
    /// The word ends a sentence.
    ends: bool,
    /// The word is followed by a colon or an equals sign.
    names: bool,
}

/// Splits text without white space into words: `retry_after=30;` is two.
fn words(text: &str) -> impl Iterator<Item = Word> {
    text.split_inclusive([':', '=']).map(|part| {
        let is_mark = |it: char| !it.is_alphanumeric();
        // A negative number is not a wait.
        let word = part.trim_end_matches(is_mark).trim_start_matches(|it| is_mark(it) && it != '-');
        let marks = &part[part.trim_end_matches(is_mark).len()..];
        Word {
            text: word.to_lowercase(),
            ends: marks.contains(['.', '!', '?', ';']),
            names: marks.contains([':', '=']),
        }
    })
}

/// The wait in the words after a cue.
fn behind(words: &[Word]) -> Option<Duration> {
    for at in 0..words.len().min(FARTHEST) {
        if let Some(wait) = sum(&words[at..]) {
            return Some(wait);
        }
        let word = &words[at];
        let goes_on = word.text.is_empty() || FILLERS.contains(&word.text.as_str());
        if !goes_on || word.ends {
            return None;
        }
    }
    None
}

/// The wait that the words begin with: `1 hour and 20 minutes`.
fn sum(words: &[Word]) -> Option<Duration> {
    let mut total: Option<Duration> = None;
    let mut rest = words;
    loop {
        let (wait, used) = match rest {
            [first, ..] if first.text == "and" && total.is_some() => {
                rest = &rest[1..];
                continue;
            }
            [half, _, unit, ..] if half.text == "half" => match scale(&unit.text) {
                Some(scale) => (Duration::try_from_secs_f64(scale / 2.0).ok()?, 3),
                None => return total,
            },
            [first, ..] if joined(&first.text).is_some() => (joined(&first.text)?, 1),
            [first, ..] => match count(&first.text) {
                Some(count) => match counted(count, rest, total.is_none()) {
                    Some(counted) => counted,
                    None => return total,
                },
                None => return total,
            },
            [] => return total,
        };
        total = Some(total.unwrap_or_default().checked_add(wait)?);
        if rest[used - 1].ends {
            return total;
        }
        rest = &rest[used..];
    }
}

/// Parses a number with its unit: `5m30.2s`, `20min`.
fn joined(text: &str) -> Option<Duration> {
    parts(text).or_else(|| {
        let (count, unit) = text.split_at(text.find(|it: char| it.is_alphabetic())?);
        let seconds = count.parse::<f64>().ok()? * scale(unit)?;
        Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok()
    })
}

/// The duration of a number followed by its unit, and the number of words used. A number that ends a sentence
/// counts seconds.
fn counted(count: f64, words: &[Word], is_first: bool) -> Option<(Duration, usize)> {
    let of = |scale: f64| Duration::try_from_secs_f64((count * scale).min(LONGEST.as_secs_f64()));
    let unit = match words {
        [first, ..] if first.ends => None,
        [_, unit, ..] => Some(scale(&unit.text)),
        [_] => None,
        [] => return None,
    };
    match unit {
        Some(scale) => Some((of(scale?).ok()?, 2)),
        None => (is_first && words[0].text.parse::<f64>().is_ok())
            .then(|| of(1.0).ok().map(|it| (it, 1)))?,
    }
}

/// Parses a number in digits, such as `12`, `1,200` or `5.5`, or in words.
fn count(text: &str) -> Option<f64> {
    let number = match text {
        "a" | "an" | "one" => 1.0,
        "two" | "couple" => 2.0,
        "three" | "few" => 3.0,
        "four" => 4.0,
        "five" | "several" => 5.0,
        "six" => 6.0,
        "seven" => 7.0,
        "eight" => 8.0,
        "nine" => 9.0,
        "ten" => 10.0,
        "fifteen" => 15.0,
        "thirty" => 30.0,
        "sixty" => 60.0,
        digits if digits.starts_with(|it: char| it.is_ascii_digit()) => {
            digits.replace(',', "").parse().ok()?
        }
        _ => return None,
    };
    Some(number).filter(|it: &f64| it.is_finite())
}

/// The seconds in a unit.
fn scale(unit: &str) -> Option<f64> {
    let unit = unit.split('(').next().unwrap_or(unit);
    Some(match unit {
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, seconds: f64) {
        assert_eq!(wait(text), Some(Duration::from_secs_f64(seconds)), "{text}");
    }

    #[test]
    fn waits_are_read_in_providers_wordings() {
        check("Please try again in 20s. Visit https://example.com", 20.0);
        check("Limit 30000, Used 29100. Please try again in 5m30.2s.", 330.2);
        check("Please retry in 10h17m5.7s.", 37_025.7);
        check("Please retry after 43 seconds. To increase your rate limit visit", 43.0);
        check(
            "exceeded for UserByModelByDay. Please wait 12345 seconds before retrying.",
            12_345.0,
        );
        check("Please wait 12,345 seconds.", 12_345.0);
        check("You've hit your limit. Try again in about 5 minutes.", 300.0);
        check("or try again in 1 hour 20 minutes", 4800.0);
        check("try again in 1 hour and 20 minutes.", 4800.0);
        check("try again in 1h, 20min", 4800.0);
        check("Your quota will reset after 18h31m10s.", 66_670.0);
        check("Quota resets in 3 hours", 10_800.0);
        check("Please wait at least 2 minutes before you send another request", 120.0);
        check("please wait another 30s", 30.0);
        check("Please retry your request after 2 seconds", 2.0);
        check("wait for approximately 90 secs", 90.0);
        check("Please try again in a few minutes", 180.0);
        check("Try again in an hour.", 3600.0);
        check("Try again in half an hour.", 1800.0);
        check("try again in ~5 minutes", 300.0);
        check("Retry after: 30", 30.0);
        check("slow down (retry_after=7)", 7.0);
        check("retry after 20.", 20.0);
        check("try again after 500 milliseconds", 0.5);
        check("try again in 6ms", 0.006);
        check("available again in 12 minute(s)", 720.0);
    }

    #[test]
    fn the_longer_of_two_waits_counts_up_to_a_day() {
        check("try again in 2 days", 86_400.0);
        check("Try again in 5 days 3 hours 21 minutes.", 86_400.0);
        check("please wait 99999999999999999999 weeks", 86_400.0);
        check("Retry in 5s. Your quota will reset after 2 hours.", 7200.0);
    }

    #[test]
    fn a_text_without_a_wait_has_none() {
        for text in [
            "",
            "try again",
            "Please try again later.",
            "limited to 20 API calls / minute",
            "Rate limit of 150 per 86400s exceeded",
            "try again in 5 years",
            "Please retry. 5 minutes is the limit",
            "wait until the previous request ends",
            "retry with at most 4096 tokens",
            "retry 3 times",
            "try again in -5 seconds",
            "wait NaN seconds",
        ] {
            assert_eq!(wait(text), None, "{text}");
        }
    }
}
