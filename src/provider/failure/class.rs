//! Classifies a reported error: as a used-up quota, a filter, a rate limit, then by its codes, its message and
//! its status.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::models::price::date;
use crate::provider::failure::reported::ReportedError;
use crate::provider::failure::{
    FailedRequest, Failure, LimitScope, Phase, context_length, field, reason,
};
use crate::provider::times;
use crate::provider::times::spoken;

/// Shortest wait after a daily quota is used up, even if the provider states less.
const DAY_QUOTA: Duration = Duration::from_hours(1);

/// Longest wait that indicates a limit per minute.
const MINUTE: Duration = Duration::from_secs(90);

const BILLING: [&str; 14] = [
    "budget_exceeded",
    "insufficient_quota",
    "insufficient_balance",
    "insufficient_credit",
    "insufficient_funds",
    "enforced_spend_limit",
    "credit_balance",
    "billing",
    "arrearage",
    "payment_required",
    "paymentrequired",
    "quota_exceeded_error",
    "spend_limit",
    "hard_limit",
];
const BILLING_WORDS: [&str; 13] = [
    "budget has been exceeded",
    "exceeded budget",
    "exceededbudget",
    "exceededtokenbudget",
    "credit balance",
    "insufficient balance",
    "insufficient credit",
    "insufficient quota",
    "spending limit",
    "spend limit",
    "more credits",
    "billing hard limit",
    "exceeded your monthly",
];
const GONE: [&str; 8] = [
    "model_not_found",
    "model_decommissioned",
    "model_deprecated",
    "model_not_available",
    "unknown_model",
    "invalid_model",
    "deploymentnotfound",
    "not_supported_error",
];
const GONE_WORDS: [&str; 9] = [
    "decommissioned",
    "model not found",
    "model does not exist",
    "no such model",
    "unknown model",
    "invalid model",
    "does not support",
    "not supported by this model",
    "no endpoints found",
];
const LONG: [&str; 7] = [
    "context_length_exceeded",
    "exceed_context_size",
    "request_too_large",
    "string_above_max_length",
    "context_window",
    "model_context_window_exceeded",
    "prompt_too_long",
];
const LONG_WORDS: [&str; 22] = [
    "truncate prompt",
    "n_ctx",
    "context limit",
    "maximum prompt length",
    "maximum model length",
    "max_model_len",
    "model token limit",
    "input token count",
    "input length",
    "prompt length",
    "`inputs` tokens + `max_new_tokens` must be <=",
    "tokens must be <=",
    "too many tokens",
    "maximum context length",
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "too many input tokens",
    "exceeds the maximum number of tokens",
    "reduce the length",
];
const FILTER: [&str; 9] = [
    "content_filter",
    "content_policy",
    "responsibleaipolicy",
    "data_inspection_failed",
    "datainspectionfailed",
    "moderation",
    "prohibited_content",
    "safety",
    "recitation",
];
const FILTER_WORDS: [&str; 4] =
    ["content management policy", "content filter", "flagged", "moderation"];
const KEY: [&str; 9] = [
    "invalid_api_key",
    "api_key_invalid",
    "invalidapikey",
    "authentication",
    "unauthorized",
    "unauthenticated",
    "permission",
    "access_denied",
    "unsupported_country",
];
const KEY_WORDS: [&str; 4] =
    ["api key not valid", "invalid api key", "incorrect api key", "api key expired"];
/// How LiteLLM reports that a provider rejected the gateway's own key. The user's key is valid, and the
/// gateway's other models may answer.
const UPSTREAM_KEY: [&str; 2] = ["litellm.authenticationerror", "litellm.permissiondeniederror"];
const LIMIT: [&str; 7] = [
    "rate_limit",
    "ratelimit",
    "too_many_requests",
    "resource_exhausted",
    "throttling",
    "queue_exceeded",
    "in_flight_budget",
];
const BUSY: [&str; 7] = [
    "overloaded",
    "unavailable",
    "server_error",
    "capacity",
    "server_busy",
    "api_error",
    "deployments_in_cooldown",
];
const BUSY_WORDS: [&str; 7] = [
    "no deployments available",
    "over capacity",
    "overloaded",
    "server busy",
    "at capacity",
    "loading model",
    "currently unavailable",
];

/// Classifies a response with an unsuccessful status.
pub fn of_response(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    asked: &FailedRequest,
    now: SystemTime,
) -> Failure {
    let mut told = ReportedError::read(&String::from_utf8_lossy(body));
    // A gateway's header can be shorter than the wait in the provider's message.
    told.retry = retry(headers, now).max(told.retry);
    told.retry = told.retry.max(told.header.as_deref().and_then(|it| after(it, now)));
    let failure = of(status, &told, asked);
    match failure {
        // A monthly cap applies until the next month.
        Failure::Quota { retry: None, reason } if is_monthly(&told) => {
            Failure::Quota { retry: date::ends(now).1.duration_since(now).ok(), reason }
        }
        Failure::BadRequest { reason, .. } if value(headers, "x-should-retry") == Some("true") => {
            Failure::Overloaded { retry: told.retry, reason }
        }
        failure => failure,
    }
}

fn is_monthly(told: &ReportedError) -> bool {
    told.has_code(&["spend_limit"]) || told.says(&["usage limits", "monthly"])
}

/// The wait in the headers, in all spellings that providers use.
fn retry(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let millis = |name| times::millis(value(headers, name)?);
    let until = |name| after(value(headers, name)?, now);
    millis("retry-after-ms")
        .or_else(|| until("retry-after"))
        .or_else(|| millis("x-ms-retry-after-ms"))
        .or_else(|| until("x-retry-after"))
        .or_else(|| until("x-ratelimit-retry-after"))
        .or_else(|| {
            let is_used_up = |name| value(headers, name).is_some_and(|it| it.trim() == "0");
            let resets = [
                ("x-ratelimit-remaining", "x-ratelimit-reset"),
                ("ratelimit-remaining", "ratelimit-reset"),
            ];
            resets.iter().find(|it| is_used_up(it.0)).and_then(|it| until(it.1))
        })
}

/// A wait from a header: seconds, a duration, a date or words. If a proxy joined several values, the first is
/// used.
fn after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim().trim_matches('"');
    let first = text.split([',', ';']).next().unwrap_or(text);
    let read = |it: &str| times::until(it, now).or_else(|| spoken::wait(&format!("retry {it}")));
    read(text).or_else(|| read(first))
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Classifies an error under a status. An error inside a successful response can state a status of its own.
pub(super) fn of(status: u16, told: &ReportedError, asked: &FailedRequest) -> Failure {
    let status = told.status.filter(|_| status < 300).unwrap_or(status);
    let reason = || reason_of(status, told);
    if let Some(failure) = quota(status, told) {
        return failure;
    }
    if told.has_code(&FILTER) || told.says(&FILTER_WORDS) && matches!(status, 400 | 403) {
        return Failure::Refused { reason: reason() };
    }
    if is_limit(status, told) {
        return Failure::RateLimited { retry: told.retry, scope: scope(told) };
    }
    let is_long = told.has_code(&LONG) || told.says(&LONG_WORDS) && status < 500;
    if is_long || told.context_length.is_some() || status == 413 {
        return Failure::ContextTooLong {
            reason: reason(),
            context_length: context_length::of(told),
            counted: told.counted,
        };
    }
    if let Some(field) = field::rejected(status, told, asked) {
        return Failure::FieldRejected { field, reason: reason() };
    }
    if told.has_code(&GONE) || told.says(&GONE_WORDS) && status < 500 {
        return Failure::ModelGone { reason: reason() };
    }
    if status == 403 && !told.is_foreign && told.names(&asked.model) {
        return Failure::Forbidden { reason: reason() };
    }
    let is_upstream = told.says(&UPSTREAM_KEY);
    if !told.is_foreign && !is_upstream && (told.has_code(&KEY) || told.says(&KEY_WORDS)) {
        return Failure::Auth { reason: reason() };
    }
    if is_upstream || told.has_code(&BUSY) || told.says(&BUSY_WORDS) {
        return Failure::Overloaded { retry: told.retry, reason: reason() };
    }
    by_status(status, told)
}

/// Whether the error is a rate limit. A 403 that states a wait is a rate limit, not a rejected key.
fn is_limit(status: u16, told: &ReportedError) -> bool {
    // LiteLLM answers 429 while all providers of a model have failed.
    let is_down =
        told.has_code(&["deployments_in_cooldown"]) || told.says(&["no deployments available"]);
    let is_busy = is_down || told.has_code(&["overloaded", "engine"]);
    let is_key = told.has_code(&["api_key", "apikey"]) || told.says(&KEY_WORDS);
    let asks_to_wait = status == 403 && told.names_wait() && !is_key;
    told.has_code(&LIMIT) || status == 429 && !is_busy || asks_to_wait
}

/// The error as an exhausted quota, if it is one: only a payment or a long wait helps.
fn quota(status: u16, told: &ReportedError) -> Option<Failure> {
    let reason = || reason_of(status, told);
    let is_in_flight = told.has_code(&["in_flight_budget"]);
    let is_billed = told.has_code(&BILLING) || told.says(&BILLING_WORDS);
    // A usage limit that states a wait is a rate limit; a budget states a date.
    let is_spent = told.says(&["usage limits"]) && !(status == 429 && told.names_wait());
    // Portkey's status for a used-up budget.
    let is_over = status == 412 && told.says(&["budget", "limit"]);
    if is_billed || is_spent || is_over || status == 402 && !is_in_flight {
        // A short wait in the headers is for the next try, which would fail again.
        let retry = told.retry.filter(|it| *it >= DAY_QUOTA);
        return Some(Failure::Quota { retry, reason: reason() });
    }
    if !is_limit(status, told) {
        return None;
    }
    // A limit of zero never ends: the user's tier does not include the model.
    if told.says(&["limit: 0,", "limit: 0\n"]) || told.message.trim_end().ends_with("limit: 0") {
        return Some(Failure::Quota { retry: None, reason: reason() });
    }
    let is_daily = told.has_code(&["perday"]);
    let retry = Some(told.retry.unwrap_or_default().max(DAY_QUOTA));
    is_daily.then(|| Failure::Quota { retry, reason: reason() })
}

fn scope(told: &ReportedError) -> LimitScope {
    let is_of = |codes: &[&str], words: &[&str]| told.has_code(codes) || told.says(words);
    if is_of(&["perday", "daily"], &["per day", "(rpd)", "(tpd)", "daily"]) {
        return LimitScope::Day;
    }
    let minute = ["per minute", "per min", "(rpm)", "(tpm)", "per second"];
    if is_of(&["perminute"], &minute) || told.retry.is_some_and(|it| it <= MINUTE) {
        return LimitScope::Minute;
    }
    LimitScope::Unknown
}

fn by_status(status: u16, told: &ReportedError) -> Failure {
    let reason = reason_of(status, told);
    match status {
        300..400 => Failure::Connect { reason },
        // Firewalls and proxies answer with a page of their own; the provider never received the request.
        403 if told.is_foreign => Failure::Connect {
            reason: format!("a firewall or proxy refused the request: {reason}"),
        },
        407 => Failure::Connect { reason: format!("the proxy requires credentials: {reason}") },
        401 | 403 => Failure::Auth { reason },
        404 | 405 | 410 | 501 => Failure::ModelGone { reason },
        504 if told.names_wait() => Failure::Overloaded { retry: told.retry, reason },
        408 | 504 => Failure::Timeout(Phase::FirstToken),
        409 | 425 | 498 | 500.. => Failure::Overloaded { retry: told.retry, reason },
        // An unknown error inside a successful response is the provider's, not the request's.
        ..300 => {
            let is_ours = told.has_code(&["invalid_request", "bad_request", "invalid_argument"]);
            if is_ours {
                return Failure::BadRequest { status: 400, reason };
            }
            // LM Studio answers every unknown route with this message.
            match told.says(&["unexpected endpoint"]) {
                true => Failure::BadRequest { status, reason },
                false => Failure::Overloaded { retry: told.retry, reason },
            }
        }
        400..500 => Failure::BadRequest { status, reason },
    }
}

/// How the reason of a redirect begins.
pub(in crate::provider) const REDIRECTS: &str = "the url redirects";

fn reason_of(status: u16, told: &ReportedError) -> String {
    let said = reason::clean(&told.message);
    match status {
        300..400 => format!("{REDIRECTS} (HTTP {status}); redirects are not followed"),
        _ if !said.is_empty() => said,
        _ => match told.codes.first() {
            Some(code) => reason::clean(code),
            None => format!("HTTP {status}"),
        },
    }
}
