//! Why an attempt failed, and what that says about asking somebody else.
//!
//! `of_response` and `inside` are the one place where statuses, headers and error bodies of all
//! wires are read; `verdict` the one place where it is decided what follows.

mod when;

use std::fmt;
use std::time::Duration;
use std::time::SystemTime;

use http::HeaderMap;
use serde_json::Value;

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Too many requests or tokens for now.
    RateLimited {
        retry: Option<Duration>,
        scope: Scope,
    },
    /// A quota, a cap or the credit is used up.
    Quota {
        retry: Option<Duration>,
        reason: String,
    },
    /// The key is missing, wrong, or may not do this.
    Auth {
        reason: String,
    },
    /// There is no such model, or no longer.
    ModelGone {
        reason: String,
    },
    ContextTooLong {
        reason: String,
    },
    BadRequest {
        status: u16,
        reason: String,
    },
    Overloaded {
        retry: Option<Duration>,
        reason: String,
    },
    /// Nobody could be reached.
    Connect {
        reason: String,
    },
    Timeout(Phase),
    /// The stream ended before its end.
    Cut,
    /// What came is no answer of its format.
    Garbled {
        reason: String,
    },
    /// The model, or a filter before it, would not answer.
    Refused {
        reason: String,
    },
    Cancelled,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Minute,
    Day,
    Unknown,
}

/// What was waited for when time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    Connect,
    FirstToken,
    Total,
    /// Between two tokens.
    Stall,
}

/// What a failure says about asking on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Ask the next; whether the one that failed is to blame.
    Next { blame: bool },
    /// Ask the next, and this one no more for so long, where that is known.
    Park(Option<Duration>),
    /// Ask the next, and this one no more until the settings change.
    ParkUntilReload,
    /// Ask one with a larger window.
    Larger,
    /// Nobody would answer this.
    GiveUp,
}

/// What of an answer's words is kept, in bytes.
const WORDS: usize = 200;

impl Failure {
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::RateLimited { retry, .. } | Self::Quota { retry, .. } => Verdict::Park(*retry),
            Self::Auth { .. } => Verdict::ParkUntilReload,
            Self::ContextTooLong { .. } => Verdict::Larger,
            Self::BadRequest { .. } | Self::Cancelled => Verdict::GiveUp,
            Self::Refused { .. } => Verdict::Next { blame: false },
            Self::ModelGone { .. }
            | Self::Overloaded { .. }
            | Self::Connect { .. }
            | Self::Timeout(_)
            | Self::Cut
            | Self::Garbled { .. } => Verdict::Next { blame: true },
        }
    }

    /// A short word for logs and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate-limited",
            Self::Quota { .. } => "quota",
            Self::Auth { .. } => "auth",
            Self::ModelGone { .. } => "model-gone",
            Self::ContextTooLong { .. } => "context-too-long",
            Self::BadRequest { .. } => "bad-request",
            Self::Overloaded { .. } => "overloaded",
            Self::Connect { .. } => "connect",
            Self::Timeout(_) => "timeout",
            Self::Cut => "cut",
            Self::Garbled { .. } => "garbled",
            Self::Refused { .. } => "refused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The failure of an answer whose status is no success.
pub fn of_response(status: u16, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Failure {
    let body = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_str(body.trim()).unwrap_or(Value::Null);
    let error = Error::of(&value).unwrap_or_else(|| Error::of_text(&body));
    let retry =
        when::retry_after(headers, now).or_else(|| when::of_details(&value)).or(error.retry);
    error.failure(status, retry)
}

/// The failure that an event of a stream, or an answer with a good status, turns out to be.
pub fn inside(value: &Value) -> Option<Failure> {
    let error = &value["error"];
    let is_error = error.is_object() || error.is_string() || value["type"] == "error";
    let failed = |it: &Value| it["error"].is_object() || it["error"].is_string();
    let groq = &value["x_groq"];
    if !is_error {
        return failed(groq).then(|| of_error(&groq["error"]));
    }
    let status = ["status_code", "code", "status"].iter().find_map(|it| value[*it].as_u64());
    let error = Error::of(value)?;
    let retry = when::of_details(value).or(error.retry);
    Some(error.failure(status.and_then(|it| u16::try_from(it).ok()).unwrap_or_default(), retry))
}

/// The failure of an error object alone.
pub fn of_error(error: &Value) -> Failure {
    let value = serde_json::json!({ "error": error });
    inside(&value).unwrap_or(Failure::Overloaded { retry: None, reason: "it failed".to_owned() })
}

/// An error body, in whoever's spelling.
#[derive(Default)]
struct Error {
    /// All codes and types it gives, in lower case.
    codes: String,
    message: String,
    status: Option<u16>,
    retry: Option<Duration>,
    quota: Option<String>,
}

impl Error {
    /// `{"error": {…}}` of OpenAI, Anthropic, Gemini; `{"error": "…"}` of Ollama; `{"message": …}`
    /// and `{"detail": …}` of others.
    fn of(value: &Value) -> Option<Self> {
        let value = if value.is_array() { &value[0] } else { value };
        let error = if value["error"].is_null() { value } else { &value["error"] };
        let message = error
            .as_str()
            .or_else(|| ["message", "detail", "error"].iter().find_map(|it| error[*it].as_str()));
        let message = message.map(str::to_owned).or_else(|| {
            let detail = &error["detail"];
            (!detail.is_null()).then(|| detail.to_string())
        })?;
        let details = &error["details"];
        let codes = [&error["code"], &error["type"], &error["status"], &details["error_code"]];
        let codes: Vec<String> =
            codes.iter().filter_map(|it| it.as_str()).map(str::to_lowercase).collect();
        let status = ["code", "status"].iter().find_map(|it| {
            let text = error[*it].as_str().and_then(|it| it.parse().ok());
            error[*it].as_u64().and_then(|it| u16::try_from(it).ok()).or(text)
        });
        let retry = when::of_words(&message);
        let quota = details.as_array().into_iter().flatten().find_map(|it| {
            let violation = &it["violations"][0];
            violation["quotaId"].as_str().map(str::to_owned)
        });
        Some(Self { codes: codes.join(" "), message, status, retry, quota })
    }

    /// A page of HTML, or nothing.
    fn of_text(body: &str) -> Self {
        let message = if body.trim_start().starts_with('<') { "" } else { body };
        Self { message: message.to_owned(), retry: when::of_words(message), ..Self::default() }
    }

    fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|it| self.codes.contains(it))
    }

    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|it| message.contains(it))
    }

    /// `status` is 0 where there was none to be had but what the error itself says.
    fn failure(&self, status: u16, retry: Option<Duration>) -> Failure {
        let status =
            if status == 0 || status == 200 { self.status.unwrap_or(status) } else { status };
        let reason = clean(&self.message);
        let day = self.quota.as_deref().is_some_and(|it| it.contains("PerDay"))
            || self.says(&["per day", "daily", "(rpd)", "(tpd)"]);
        if self.is_quota(status, day) {
            return Failure::Quota { retry, reason };
        }
        if self.has(&["content_filter", "content_policy"]) {
            return Failure::Refused { reason };
        }
        if self.is_context(status) {
            return Failure::ContextTooLong { reason };
        }
        if self.has(&["model_not_found", "model_not_available"]) {
            return Failure::ModelGone { reason };
        }
        match status {
            429 => self.limited(retry, day),
            401 | 403 if self.says(&["moderation", "flagged"]) => Failure::Refused { reason },
            401 | 403 => Failure::Auth { reason },
            404 | 410 => Failure::ModelGone { reason },
            408 | 504 => Failure::Timeout(Phase::FirstToken),
            425 | 409 | 498 | 500..=503 | 505..=599 => Failure::Overloaded { retry, reason },
            300..=399 => {
                Failure::BadRequest { status, reason: "it points to another address".to_owned() }
            }
            400..=499 => self.bad(status, reason),
            _ if self.has(&["rate_limit", "resource_exhausted", "too_many"]) => {
                self.limited(retry, day)
            }
            _ if self.has(&["authentication", "permission", "invalid_api_key"]) => {
                Failure::Auth { reason }
            }
            _ if self.has(&["not_found"]) => Failure::ModelGone { reason },
            _ if self.has(&["invalid_request"]) => self.bad(400, reason),
            _ => Failure::Overloaded { retry, reason },
        }
    }

    fn limited(&self, retry: Option<Duration>, day: bool) -> Failure {
        let minute = self.says(&["per minute", "(rpm)", "(tpm)"])
            || self.quota.as_deref().is_some_and(|it| it.contains("PerMinute"));
        let scope = match (day, minute) {
            (true, _) => Scope::Day,
            (false, true) => Scope::Minute,
            (false, false) => Scope::Unknown,
        };
        Failure::RateLimited { retry, scope }
    }

    fn bad(&self, status: u16, reason: String) -> Failure {
        if self.says(&["model"])
            && self.says(&["not found", "does not exist", "not exist", "deprecated"])
        {
            return Failure::ModelGone { reason };
        }
        if self.says(&["api key not valid", "invalid api key", "api_key_invalid"]) {
            return Failure::Auth { reason };
        }
        Failure::BadRequest { status, reason }
    }

    fn is_quota(&self, status: u16, day: bool) -> bool {
        let codes = [
            "insufficient_quota",
            "enforced_spend_limit",
            "credit_balance",
            "billing",
            "payment_required",
            "insufficient_balance",
            "quota_exceeded",
        ];
        let words = [
            "specified api usage limits",
            "insufficient balance",
            "credit balance",
            "limit: 0",
            "exceeded your current quota, please check your plan and billing",
        ];
        let spent = self.has(&codes) || self.says(&words);
        status == 402 || spent || status == 429 && day && self.quota.is_some()
    }

    fn is_context(&self, status: u16) -> bool {
        let words = [
            "maximum context length",
            "context length exceeded",
            "prompt is too long",
            "exceeds the available context size",
            "exceed_context_size",
            "context window",
            "input token count exceeds",
            "too many tokens",
            "reduce the length",
        ];
        let codes = ["context_length_exceeded", "exceed_context_size", "request_too_large"];
        status == 413 || self.has(&codes) || status == 400 && self.says(&words)
    }
}

/// A duration as Go writes it.
pub(super) fn duration(text: &str) -> Option<Duration> {
    when::duration(text)
}

/// Seconds as somebody else gives them; nothing where they make no sense.
pub(super) fn seconds(seconds: f64) -> Option<Duration> {
    when::seconds(seconds)
}

/// A message that neither a terminal nor a popup minds; what looks like a key in it is not repeated.
fn clean(message: &str) -> String {
    let words = message.split_whitespace().map(|it| match is_keylike(it) {
        true => "…",
        false => it,
    });
    let mut text = words.collect::<Vec<_>>().join(" ").replace(char::is_control, "");
    text.truncate(text.floor_char_boundary(WORDS));
    text
}

fn is_keylike(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let masked = word.contains("***");
    ["sk-", "gsk_", "csk-", "xai-", "AIza", "hf_", "ghp_"].iter().any(|it| word.contains(it))
        || masked
        || word.len() >= 28 && digits >= 4 && !word.contains("://")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, reason, retry) = match self {
            Self::RateLimited { retry, .. } => ("rate limited", "", *retry),
            Self::Quota { retry, reason } => ("its quota is used up", reason.as_str(), *retry),
            Self::Auth { reason } => ("its key is missing or refused", reason.as_str(), None),
            Self::ModelGone { reason } => ("it has no such model", reason.as_str(), None),
            Self::ContextTooLong { reason } => ("the prompt is too long", reason.as_str(), None),
            Self::BadRequest { reason, .. } => ("it refused the request", reason.as_str(), None),
            Self::Overloaded { retry, reason } => ("overloaded", reason.as_str(), *retry),
            Self::Connect { reason } => ("cannot be reached", reason.as_str(), None),
            Self::Timeout(Phase::Connect) => ("took too long to be reached", "", None),
            Self::Timeout(Phase::FirstToken) => ("took too long to begin", "", None),
            Self::Timeout(Phase::Total) => ("took too long", "", None),
            Self::Timeout(Phase::Stall) => ("fell silent", "", None),
            Self::Cut => ("its answer broke off", "", None),
            Self::Garbled { reason } => ("its answer makes no sense", reason.as_str(), None),
            Self::Refused { reason } => ("it would not answer", reason.as_str(), None),
            Self::Cancelled => ("cancelled", "", None),
        };
        f.write_str(words)?;
        if !reason.is_empty() {
            write!(f, ": {reason}")?;
        }
        match retry {
            Some(retry) => write!(f, ", again in {} s", retry.as_secs_f64().ceil()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests;
