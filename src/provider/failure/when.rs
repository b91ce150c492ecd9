//! When to come back, in everybody's spelling.

use std::time::Duration;
use std::time::SystemTime;

use http::HeaderMap;
use serde_json::Value;

/// Longer than this nobody means.
const LONGEST: Duration = Duration::from_secs(32 * 24 * 3600);

/// The headers that say it: milliseconds first, then seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).map(str::trim);
    let millis: Option<f64> =
        ["retry-after-ms", "x-ms-retry-after-ms"].iter().find_map(|it| text(it)?.parse().ok());
    if let Some(millis) = millis {
        return seconds(millis / 1000.0);
    }
    let after = text("retry-after")?;
    match after.parse() {
        Ok(after) => seconds(after),
        Err(_) => {
            let date = httpdate::parse_http_date(after).ok()?;
            Some(date.duration_since(now).unwrap_or_default().min(LONGEST))
        }
    }
}

/// Google's `RetryInfo` (google.rpc, error_details.proto).
pub(super) fn of_details(value: &Value) -> Option<Duration> {
    let value = if value.is_array() { &value[0] } else { value };
    let details = value["error"]["details"].as_array()?;
    let delay = details.iter().find_map(|it| it["retryDelay"].as_str())?;
    duration(delay)
}

/// "Please try again in 5.289s", "Please retry in 10h17m5.7s".
pub(super) fn of_words(message: &str) -> Option<Duration> {
    let at = ["try again in ", "retry in ", "retry after "].iter();
    let rest = at.filter_map(|it| message.find(it).map(|at| &message[at + it.len()..])).next()?;
    let end = rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '.').unwrap_or(rest.len());
    let word = rest[..end].trim_end_matches('.');
    duration(word).or_else(|| {
        let number = word.parse().ok()?;
        let unit = rest[end..].trim_start();
        match unit {
            it if it.starts_with("ms") || it.starts_with("milli") => seconds(number / 1000.0),
            it if it.starts_with("min") => seconds(number * 60.0),
            _ => seconds(number),
        }
    })
}

/// A duration as Go writes it: `1s`, `6m0s`, `17ms`, `1h2m3.5s` (package time, `ParseDuration`).
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (mut total, mut rest) = (0.0, text.trim());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "d" => 86_400.0,
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end..];
    }
    seconds(total)
}

/// Seconds as somebody else gives them.
pub(super) fn seconds(seconds: f64) -> Option<Duration> {
    let right = seconds.is_finite() && seconds >= 0.0;
    right.then(|| Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64())))
}
