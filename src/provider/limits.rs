//! Reads rate limits from response headers, in the spelling of each provider.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::provider::times;

/// A spelling of the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderFamily {
    /// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets as Go durations.
    OpenAi,
    /// `anthropic-ratelimit-…`, resets as RFC 3339.
    Anthropic,
    /// `x-ratelimit-…-requests-day` and `-tokens-minute`, resets in seconds.
    Cerebras,
    /// `x-ratelimit-…-req-minute` and `-tokens-minute`, without resets.
    Mistral,
    /// No such headers.
    None,
}

/// The current limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub requests: Option<RateLimit>,
    pub tokens: Option<RateLimit>,
}

/// The remainder of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    pub limit: Option<u64>,
    pub remaining: u64,
    /// Time from the response until the limit resets; a minute if the provider does not state it.
    pub reset: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);

impl HeaderFamily {
    /// Reads the headers of a response that arrived at `now`.
    pub fn read(self, headers: &HeaderMap, now: SystemTime) -> Limits {
        let read = |limit: &str, remaining: &str, reset: &str| {
            let number = |name: &str| text(headers, name)?.parse::<u64>().ok();
            let remaining = number(remaining)?;
            // Azure sends -1 for an unknown limit, with 0 remaining. Both are ignored.
            let limit = match text(headers, limit) {
                Some(_) => Some(number(limit).filter(|it| *it >= remaining.max(1))?),
                None => None,
            };
            let reset = text(headers, reset).and_then(|it| times::until(it, now));
            Some(RateLimit { limit, remaining, reset: reset.unwrap_or(MINUTE) })
        };
        let of = |pattern: &str| {
            let name = |part: &str| pattern.replace('*', part);
            read(&name("limit"), &name("remaining"), &name("reset"))
        };
        match self {
            Self::OpenAi => Limits {
                requests: of("x-ratelimit-*-requests"),
                tokens: of("x-ratelimit-*-tokens"),
            },
            Self::Anthropic => Limits {
                requests: of("anthropic-ratelimit-requests-*"),
                tokens: least([
                    of("anthropic-ratelimit-tokens-*"),
                    of("anthropic-ratelimit-input-tokens-*"),
                ]),
            },
            Self::Cerebras => Limits {
                requests: least([
                    of("x-ratelimit-*-requests-day"),
                    of("x-ratelimit-*-requests-minute"),
                ]),
                tokens: least([of("x-ratelimit-*-tokens-minute"), of("x-ratelimit-*-tokens-day")]),
            },
            Self::Mistral => Limits {
                requests: of("x-ratelimit-*-req-minute"),
                tokens: of("x-ratelimit-*-tokens-minute"),
            },
            Self::None => Limits::default(),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|it| it.to_str().ok()).map(str::trim)
}

/// The limit with the smallest remainder.
fn least<const N: usize>(limits: [Option<RateLimit>; N]) -> Option<RateLimit> {
    limits.into_iter().flatten().min_by_key(|it| it.remaining)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[track_caller]
    fn check(
        family: HeaderFamily,
        given: &[(&str, &str)],
        requests: Option<(u64, f64)>,
        tokens: Option<(u64, f64)>,
    ) {
        let headers: HeaderMap = given
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let limits = family.read(&headers, SystemTime::UNIX_EPOCH);
        let left = |it: Option<RateLimit>| it.map(|it| (it.remaining, it.reset.as_secs_f64()));
        assert_eq!((left(limits.requests), left(limits.tokens)), (requests, tokens), "{family:?}");
    }

    #[test]
    fn each_provider_s_headers_are_read() {
        check(
            HeaderFamily::OpenAi,
            &[
                ("x-ratelimit-limit-requests", "100"),
                ("x-ratelimit-remaining-requests", "99"),
                ("x-ratelimit-reset-requests", "6m0s"),
                ("x-ratelimit-remaining-tokens", "5000"),
                ("x-ratelimit-reset-tokens", "17ms"),
            ],
            Some((99, 360.0)),
            Some((5000, 0.017)),
        );
        check(
            HeaderFamily::Anthropic,
            &[
                ("anthropic-ratelimit-requests-remaining", "4"),
                ("anthropic-ratelimit-requests-reset", "1970-01-01T00:00:30Z"),
                ("anthropic-ratelimit-input-tokens-remaining", "39000"),
                ("anthropic-ratelimit-input-tokens-reset", "1970-01-01T00:01:00Z"),
            ],
            Some((4, 30.0)),
            Some((39_000, 60.0)),
        );
        check(
            HeaderFamily::Cerebras,
            &[
                ("x-ratelimit-remaining-requests-day", "14399"),
                ("x-ratelimit-reset-requests-day", "33011.3"),
                ("x-ratelimit-remaining-tokens-minute", "60000"),
                ("x-ratelimit-reset-tokens-minute", "11.38"),
            ],
            Some((14_399, 33_011.3)),
            Some((60_000, 11.38)),
        );
        check(
            HeaderFamily::Mistral,
            &[
                ("x-ratelimit-remaining-req-minute", "3"),
                ("x-ratelimit-remaining-tokens-minute", "7"),
            ],
            Some((3, 60.0)),
            Some((7, 60.0)),
        );
    }

    #[test]
    fn of_two_limits_the_smaller_remainder_counts() {
        let anthropic = [
            ("anthropic-ratelimit-tokens-remaining", "47000"),
            ("anthropic-ratelimit-tokens-reset", "1970-01-01T00:01:00Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "39000"),
            ("anthropic-ratelimit-input-tokens-reset", "1970-01-01T01:00:30+01:00"),
        ];
        check(HeaderFamily::Anthropic, &anthropic, None, Some((39_000, 30.0)));
        let cerebras = [
            ("x-ratelimit-remaining-requests-day", "12"),
            ("x-ratelimit-reset-requests-day", "33011.5"),
            ("x-ratelimit-remaining-requests-minute", "29"),
        ];
        check(HeaderFamily::Cerebras, &cerebras, Some((12, 33_011.5)), None);
    }

    #[test]
    fn a_limit_that_is_not_stated_is_unknown() {
        check(HeaderFamily::OpenAi, &[], None, None);
        check(HeaderFamily::OpenAi, &[("x-ratelimit-remaining-requests", "-1")], None, None);
        let unknown = [("x-ratelimit-limit-tokens", "-1"), ("x-ratelimit-remaining-tokens", "0")];
        check(HeaderFamily::OpenAi, &unknown, None, None);
        check(HeaderFamily::OpenAi, &[("x-ratelimit-remaining-tokens", "many")], None, None);
        check(HeaderFamily::None, &[("x-ratelimit-remaining-requests", "3")], None, None);
    }
}
