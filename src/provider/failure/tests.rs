mod gateway;

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::provider::failure::class::of_response;

fn headers(all: &[(&str, &str)]) -> HeaderMap {
    all.iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

#[test]
fn a_field_that_was_not_sent_is_not_a_rejected_field() {
    let body = r#"{"error":{"message":"Unsupported parameter: 'stop'","type":"invalid_request_error","param":"stop","code":"unsupported_parameter"}}"#;
    let failure = of_response(
        400,
        &headers(&[]),
        body.as_bytes(),
        &FailedRequest::default(),
        SystemTime::UNIX_EPOCH,
    );
    assert_eq!(failure.name(), "bad-request");
}

#[track_caller]
fn check(status: u16, given: &[(&str, &str)], body: &str, expected: &str, retry: Option<f64>) {
    let failure = of_response(
        status,
        &headers(given),
        body.as_bytes(),
        &FailedRequest::default(),
        SystemTime::UNIX_EPOCH,
    );
    let found = match &failure {
        Failure::RateLimited { retry, .. }
        | Failure::Quota { retry, .. }
        | Failure::Overloaded { retry, .. } => retry.map(|it| it.as_secs_f64()),
        _ => None,
    };
    assert_eq!((failure.name(), found), (expected, retry), "{status} {body}");
}

#[test]
fn a_status_without_a_body_determines_the_failure() {
    let statuses = [
        (400, "bad-request"),
        (401, "auth"),
        (402, "quota"),
        (403, "auth"),
        (404, "model-gone"),
        (408, "timeout"),
        (409, "overloaded"),
        (413, "context-too-long"),
        (422, "bad-request"),
        (429, "rate-limited"),
        (498, "overloaded"),
        (500, "overloaded"),
        (502, "overloaded"),
        (503, "overloaded"),
        (504, "timeout"),
        (529, "overloaded"),
        (301, "connect"),
        (501, "model-gone"),
    ];
    for (status, expected) in statuses {
        check(status, &[], "", expected, None);
        // A firewall's page says nothing about the key.
        let expected = if status == 403 { "connect" } else { expected };
        check(status, &[], "<html>nginx</html>", expected, None);
    }
}

#[test]
fn an_error_body_determines_the_failure() {
    let openai =
        |code: &str| json!({ "error": { "message": "m", "type": "t", "code": code } }).to_string();
    check(429, &[], &openai("rate_limit_exceeded"), "rate-limited", None);
    check(429, &[], &openai("insufficient_quota"), "quota", None);
    check(400, &[], &openai("context_length_exceeded"), "context-too-long", None);
    check(400, &[], &openai("content_filter"), "refused", None);
    check(400, &[], &openai("model_not_found"), "model-gone", None);
    check(404, &[], r#"{"error":"model 'x' not found"}"#, "model-gone", None);
    check(
        400,
        &[],
        r#"{"error":"registry.ollama.ai/library/x:latest does not support insert"}"#,
        "model-gone",
        None,
    );
    check(
        400,
        &[],
        r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
        "context-too-long",
        None,
    );
    check(
        503,
        &[],
        r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
        "overloaded",
        None,
    );
}

#[test]
fn a_wait_in_a_header_is_read_in_every_spelling() {
    check(429, &[("retry-after", "12")], "", "rate-limited", Some(12.0));
    check(429, &[("retry-after", "0.5")], "", "rate-limited", Some(0.5));
    check(429, &[("retry-after-ms", "250"), ("retry-after", "1")], "", "rate-limited", Some(0.25));
    check(503, &[("x-ms-retry-after-ms", "1500")], "", "overloaded", Some(1.5));
    check(429, &[("retry-after", "Thu, 01 Jan 1970 00:01:00 GMT")], "", "rate-limited", Some(60.0));
    check(429, &[("retry-after", "soon")], "", "rate-limited", None);
    check(429, &[("retry-after", "-3")], "", "rate-limited", None);
    let groq = r#"{"error":{"message":"Rate limit reached. Please try again in 5.289s. Visit","code":"rate_limit_exceeded"}}"#;
    check(429, &[], groq, "rate-limited", Some(5.289));
}

/// A wait counts under every status, in every spelling.
#[test]
fn a_wait_is_read_under_403_429_503_and_529_alike() {
    let minute = |name| vec![(name, "60")];
    for status in [403, 429, 503, 529, 502, 504] {
        let class = if matches!(status, 403 | 429) { "rate-limited" } else { "overloaded" };
        for given in [
            minute("retry-after"),
            minute("x-retry-after"),
            vec![("retry-after", "60, 60")],
            vec![("retry-after", "\"60\"")],
            vec![("retry-after", "60 seconds")],
            vec![("retry-after", "1m0s")],
            vec![("retry-after", "Thu, 01 Jan 1970 00:01:00 GMT")],
            vec![("retry-after-ms", "60000")],
            vec![("x-ms-retry-after-ms", "60000")],
            vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "60")],
            vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "60")],
        ] {
            check(status, &given, "<html>Service Unavailable</html>", class, Some(60.0));
        }
        for body in [
            r#"{"message":"Please wait 60 seconds before retrying."}"#,
            r#"{"error":{"message":"Try again in about 1 minute"}}"#,
            r#"{"error":{"message":"busy","retry_after":60}}"#,
            r#"{"error":{"message":"busy","retryAfterMs":"60000"}}"#,
            r#"{"error":{"message":"busy","metadata":{"retry_after_seconds":60}}}"#,
            r#"{"detail":{"error":"busy","resets_in_seconds":60}}"#,
            r#"{"error":{"message":"free-models","metadata":{"headers":{"X-RateLimit-Reset":"60"}}}}"#,
            "Too busy. Please retry after 60s.",
        ] {
            check(status, &[], body, class, Some(60.0));
        }
        check(status, &[("retry-after", "172800")], "", class, Some(86_400.0));
        let longer = r#"{"error":{"message":"Please try again in 1 hour 20 minutes."}}"#;
        check(status, &[("retry-after", "1")], longer, class, Some(4800.0));
    }
    // Waiting does not help against a wrong key.
    let key = r#"{"error":{"message":"Invalid API key","code":"invalid_api_key"}}"#;
    check(403, &[("retry-after", "60")], key, "auth", None);
    check(403, &[("retry-after", "0")], "", "auth", None);
    check(
        429,
        &[],
        "You hit your usage limits. Try again in 5 minutes",
        "rate-limited",
        Some(300.0),
    );
}

#[test]
fn gemini_reports_the_wait_and_the_exhausted_quota() {
    let body = |quota: &str, message: &str| {
        json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": message, "details": [
            { "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{ "quotaId": quota }] },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "46s" },
        ] } })
        .to_string()
    };
    let (minute, day) =
        ("GenerateRequestsPerMinute", "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
    check(429, &[], &body(minute, "slow down"), "rate-limited", Some(46.0));
    check(429, &[], &body(day, "Please retry in 10h17m5.7s."), "quota", Some(37_025.7));
    check(429, &[], &body(day, "slow down"), "quota", Some(3600.0));
    check(429, &[], &body(minute, "limit: 0"), "quota", None);
    let words = of_error(&json!({ "code": 429, "message": "Please retry in 10h17m5.7s." }));
    assert_eq!(
        words,
        Failure::RateLimited {
            retry: Some(Duration::from_secs_f64(37_025.7)),
            scope: LimitScope::Unknown
        }
    );
}

#[test]
fn an_error_inside_a_successful_answer_is_a_failure() {
    let name = |value: Value| inside(&value).map(|it| it.name());
    assert_eq!(name(json!({ "choices": [] })), None);
    assert_eq!(name(json!({ "error": null })), None);
    assert_eq!(
        name(json!({ "type": "error", "error": { "type": "overloaded_error", "message": "m" } })),
        Some("overloaded")
    );
    assert_eq!(name(json!({ "error": { "code": 502, "message": "m" } })), Some("overloaded"));
    assert_eq!(name(json!({ "error": { "code": "500", "message": "m" } })), Some("overloaded"));
    assert_eq!(name(json!({ "error": { "code": 429, "message": "m" } })), Some("rate-limited"));
    assert_eq!(name(json!({ "error": { "message": "m" }, "status_code": 402 })), Some("quota"));
    assert_eq!(name(json!({ "error": "server busy, please try again" })), Some("overloaded"));
    assert_eq!(
        name(json!({ "x_groq": { "id": "1", "error": "over capacity" } })),
        Some("overloaded")
    );
}

#[test]
fn a_response_determines_the_next_step() {
    let verdict = |status, body: &str| {
        of_response(
            status,
            &HeaderMap::new(),
            body.as_bytes(),
            &FailedRequest::default(),
            SystemTime::UNIX_EPOCH,
        )
        .verdict()
    };
    assert_eq!(verdict(429, ""), Verdict::Cooldown(None));
    assert_eq!(verdict(402, ""), Verdict::Cooldown(None));
    assert_eq!(verdict(401, ""), Verdict::KeyRejected);
    assert_eq!(verdict(404, ""), Verdict::Next { blame: true });
    assert_eq!(verdict(413, ""), Verdict::Next { blame: true });
    assert_eq!(verdict(400, ""), Verdict::Next { blame: true });
    assert_eq!(verdict(503, ""), Verdict::Next { blame: true });
    assert_eq!(Failure::Cut.verdict(), Verdict::Next { blame: true });
    assert_eq!(Failure::Refused { reason: String::new() }.verdict(), Verdict::Next { blame: true });
}

#[test]
fn a_message_contains_no_key_and_no_control_character() {
    let body = json!({ "error": { "message": "Incorrect API key provided: sk-proj-abc123.\u{1b}[2J\nYou can", "code": "invalid_api_key" } });
    let failure = of_response(
        401,
        &HeaderMap::new(),
        body.to_string().as_bytes(),
        &FailedRequest::default(),
        SystemTime::UNIX_EPOCH,
    );
    assert_eq!(
        failure.to_string(),
        "the provider rejected the API key: Incorrect API key provided: … [2J You can"
    );
    let long = of_response(
        400,
        &HeaderMap::new(),
        "é ".repeat(1000).as_bytes(),
        &FailedRequest::default(),
        SystemTime::UNIX_EPOCH,
    );
    assert_eq!(long.to_string().chars().count(), "the provider rejected the request: ".len() + 200);
    let limited = Failure::RateLimited {
        retry: Some(Duration::from_millis(11_500)),
        scope: LimitScope::Minute,
    };
    assert_eq!(limited.to_string(), "rate limited, retry in 12 s");
}

#[test]
fn an_exhausted_credit_has_a_longer_wait_than_a_rate_limit() {
    let openai = r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    check(429, &[("retry-after", "5")], openai, "quota", None);
    // 1970 begins with January, which has 31 days.
    let month = Some(31.0 * 86_400.0);
    let spent = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    check(429, &[], spent, "quota", month);
    let own = r#"{"error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 1970-02-01 at 00:00 UTC."}}"#;
    check(400, &[], own, "quota", month);
    let in_flight = r#"{"error":{"code":402,"message":"wait","metadata":{"limit_source":"openrouter_in_flight_budget"}}}"#;
    check(402, &[("retry-after", "3")], in_flight, "rate-limited", Some(3.0));
    check(400, &[], r#"{"error":{"message":"Your credit balance is too low"}}"#, "quota", None);
}

#[test]
fn similar_errors_are_classified_differently() {
    // Too large for the limit per minute, not for the context window.
    let groq = r#"{"error":{"message":"Request too large for model on tokens per minute (TPM): Limit 6000, Requested 9000","code":"rate_limit_exceeded"}}"#;
    check(413, &[], groq, "rate-limited", None);
    let gemini = r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#;
    check(400, &[], gemini, "auth", None);
    let moderated = r#"{"error":{"code":403,"message":"Your input was flagged","metadata":{"reasons":["violence"]}}}"#;
    check(403, &[], moderated, "refused", None);
    let azure = r#"{"error":{"code":"content_filter","message":"The response was filtered","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
    check(400, &[], azure, "refused", None);
    let busy = r#"{"error":{"message":"The engine is currently overloaded","type":"engine_overloaded_error"}}"#;
    check(429, &[], busy, "overloaded", None);
    let fast = r#"{"detail":[{"loc":["body","max_tokens"],"msg":"must be positive"}]}"#;
    check(422, &[], fast, "bad-request", None);
    check(400, &[("x-should-retry", "true")], "try me again", "overloaded", None);
    check(
        400,
        &[],
        r#"{"error":{"message":"The model has been decommissioned","code":"model_decommissioned"}}"#,
        "model-gone",
        None,
    );
    check(429, &[], "try again after 20 seconds", "rate-limited", Some(20.0));
    let daily = r#"{"error":{"message":"Rate limit reached on tokens per day (TPD). Please try again in 7m12s.","code":"rate_limit_exceeded"}}"#;
    check(429, &[], daily, "rate-limited", Some(432.0));
}

#[test]
fn a_long_wait_is_shown_in_round_numbers() {
    let limited =
        Failure::RateLimited { retry: Some(Duration::from_secs(37_025)), scope: LimitScope::Day };
    assert_eq!(limited.to_string(), "rate limited, retry in 11 h");
}

proptest! {
    #[test]
    fn any_response_is_classified_without_a_panic(status in 0..700u16, body in "\\PC{0,80}", after in "[ -~]{0,20}") {
        let given = headers(&[("retry-after", &after), ("retry-after-ms", &after)]);
        of_response(status, &given, body.as_bytes(), &FailedRequest::default(), SystemTime::UNIX_EPOCH);
    }
}
