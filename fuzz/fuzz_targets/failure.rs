//! Any reply of a provider as a failure, and any headers as limits: short, printable, no panic.
#![no_main]

use std::time::Duration;
use std::time::UNIX_EPOCH;

use http::HeaderMap;
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use understudy::provider::failure;
use understudy::provider::limits::Family;

type Input<'a> = (u16, u32, [&'a [u8]; 3], &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (status, now, values, body) = input;
    let now = UNIX_EPOCH + Duration::from_secs(u64::from(now));
    let names = ["retry-after", "anthropic-ratelimit-tokens-reset", "x-ratelimit-reset-tokens"];
    let mut headers = HeaderMap::new();
    headers.insert("anthropic-ratelimit-tokens-remaining", HeaderValue::from_static("1"));
    headers.insert("x-ratelimit-remaining-tokens", HeaderValue::from_static("1"));
    for (name, value) in names.into_iter().zip(values) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    let failure = failure::of_response(status, &headers, body, now).to_string();
    assert!(failure.chars().count() < 300 && !failure.contains(char::is_control));
    for family in [Family::OpenAi, Family::Anthropic] {
        let tokens = family.read(&headers, now).tokens;
        assert!(now.checked_add(tokens.map_or(Duration::ZERO, |it| it.reset)).is_some());
    }
});
