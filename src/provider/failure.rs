//! Failures of attempts, and the router's next step after each.
//!
//! `class::of_response` and `inside` are the only places that interpret statuses, headers and error bodies, for
//! all wire formats: `reported` extracts what a provider reports, `class` classifies it. `verdict` decides the
//! next step; `router::recorder` adds what it learns from rate limits and context windows. A reason is one short
//! line without anything that looks like a key.

pub mod class;
mod context_length;
mod field;
mod reason;

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::provider::dialect::Dialect;
use crate::provider::failure::reported::ReportedError;
use crate::provider::times;

/// What was sent that an error message may mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedRequest {
    pub model: String,
    /// Names of the optional fields of the request.
    pub fields: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Too many requests or tokens at present.
    RateLimited {
        retry: Option<Duration>,
        scope: LimitScope,
    },
    /// A quota, a spending cap or the credit is used up.
    Quota {
        retry: Option<Duration>,
        reason: String,
    },
    /// The provider rejected the key.
    Auth {
        reason: String,
    },
    /// The provider accepts the key, but not for this model.
    Forbidden {
        reason: String,
    },
    /// The key could not be read: its command failed, its file or variable is empty.
    NoKey {
        reason: String,
    },
    /// The command that prints the key is still running.
    KeyPending,
    /// The model does not exist, or no longer.
    ModelGone {
        reason: String,
    },
    /// The prompt exceeds the model's context window.
    ContextTooLong {
        reason: String,
        /// Tokens that the context_length holds, and tokens that the provider counted, if reported.
        context_length: Option<u32>,
        counted: Option<u32>,
    },
    /// The provider rejected a field of the request; the same request without it may succeed.
    FieldRejected {
        field: String,
        reason: String,
    },
    /// The provider rejected the request. This says nothing about other providers.
    BadRequest {
        status: u16,
        reason: String,
    },
    Overloaded {
        retry: Option<Duration>,
        reason: String,
    },
    /// No connection to the provider.
    Connect {
        reason: String,
    },
    /// The server on this machine was not running and is being started.
    Starting,
    Timeout(Phase),
    /// The stream stopped before the answer was complete.
    Cut,
    /// The response is not valid in its format.
    Garbled {
        reason: String,
    },
    /// The answer ended without any text: it was empty, or contained only reasoning.
    Empty {
        reason: String,
    },
    /// The reasoning repeated itself without an end.
    Repetition,
    /// The model, or the provider's filter, refused to answer.
    Refused {
        reason: String,
    },
    Cancelled,
}

/// The period of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitScope {
    Minute,
    Day,
    Unknown,
}

/// The phase of an attempt that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    Connect,
    FirstToken,
    Total,
    /// Between two tokens.
    Stall,
}

/// The router's next step after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try the next candidate. `blame`: count the failure against this one.
    Next { blame: bool },
    /// Try the next candidate; skip this one for the given time, or for a default time if it is unknown.
    Cooldown(Option<Duration>),
    /// Try the next candidate; skip all models of this provider until its key changes or the cooldown ends.
    KeyRejected,
    /// Stop: the request was cancelled.
    GiveUp,
}

impl Failure {
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::RateLimited { retry, .. } | Self::Quota { retry, .. } => {
                Verdict::Cooldown(*retry)
            }
            Self::Auth { .. } => Verdict::KeyRejected,
            Self::Cancelled => Verdict::GiveUp,
            Self::KeyPending | Self::Starting => Verdict::Next { blame: false },
            Self::ContextTooLong { .. }
            | Self::Refused { .. }
            | Self::BadRequest { .. }
            | Self::FieldRejected { .. }
            | Self::Forbidden { .. }
            | Self::NoKey { .. }
            | Self::ModelGone { .. }
            | Self::Overloaded { .. }
            | Self::Connect { .. }
            | Self::Timeout(_)
            | Self::Cut
            | Self::Garbled { .. }
            | Self::Empty { .. }
            | Self::Repetition => Verdict::Next { blame: true },
        }
    }

    /// Replaces the reason, if the failure has one.
    pub fn map_reason(mut self, change: impl FnOnce(&str) -> String) -> Self {
        match &mut self {
            Self::Quota { reason, .. }
            | Self::Auth { reason }
            | Self::Forbidden { reason }
            | Self::NoKey { reason }
            | Self::ModelGone { reason }
            | Self::ContextTooLong { reason, .. }
            | Self::FieldRejected { reason, .. }
            | Self::BadRequest { reason, .. }
            | Self::Overloaded { reason, .. }
            | Self::Connect { reason }
            | Self::Garbled { reason }
            | Self::Empty { reason }
            | Self::Refused { reason } => *reason = change(reason),
            Self::RateLimited { .. }
            | Self::KeyPending
            | Self::Starting
            | Self::Timeout(_)
            | Self::Cut
            | Self::Repetition
            | Self::Cancelled => {}
        }
        self
    }

    /// Short name for logs and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate-limited",
            Self::Quota { .. } => "quota",
            Self::Auth { .. } => "auth",
            Self::Forbidden { .. } => "forbidden",
            Self::NoKey { .. } => "no-key",
            Self::KeyPending => "key-pending",
            Self::ModelGone { .. } => "model-gone",
            Self::ContextTooLong { .. } => "context-too-long",
            Self::FieldRejected { .. } => "field-rejected",
            Self::BadRequest { .. } => "bad-request",
            Self::Overloaded { .. } => "overloaded",
            Self::Connect { .. } => "connect",
            Self::Starting => "starting",
            Self::Timeout(_) => "timeout",
            Self::Cut => "cut",
            Self::Garbled { .. } => "garbled",
            Self::Empty { .. } => "empty",
            Self::Repetition => "repetition",
            Self::Refused { .. } => "refused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The failure in an event or in an answer with a successful status, if it contains one.
pub fn inside(value: &Value) -> Option<Failure> {
    // Google sends a list.
    let value = if value.is_array() { &value[0] } else { value };
    let failed = |it: &Value| {
        let error = &it["error"];
        (error.is_object() || error.is_string()) && says(error)
    };
    let is_named = value["type"] == "error" || value["object"] == "error";
    let is_error = is_named || failed(value) || failed(&value["x_groq"]) || is_bare_error(value);
    is_error.then(|| class::of(200, &ReportedError::of(value), &FailedRequest::default()))
}

/// Whether a value contains no part of an answer, but a status code or an error text:
/// `{"code":401,"msg":"token expired"}`, `{"detail":"Model is loading"}`, MiniMax's `base_resp`.
fn is_bare_error(value: &Value) -> bool {
    let Some(fields) = value.as_object() else { return false };
    let refused = &value["base_resp"]["status_code"];
    if refused.as_i64().is_some_and(|it| it != 0) {
        return true;
    }
    let holds = |name: &&str| fields.get(*name).is_some_and(|it| !it.is_null());
    let is_code = |name: &str| value[name].as_u64().is_some_and(|it| (400..600).contains(&it));
    let is_text = |name: &str| value[name].as_str().is_some_and(|it| !it.trim().is_empty());
    !Dialect::ALL.iter().flat_map(|it| it.answer_fields()).any(holds)
        && (value["success"] == false
            || ["code", "status", "statusCode", "status_code"].into_iter().any(is_code)
            || ["detail", "message", "msg"].into_iter().any(is_text))
}

/// Classifies an event that is marked as an error.
pub fn of_event(data: &str) -> Failure {
    class::of(200, &ReportedError::read(data), &FailedRequest::default())
}

/// Whether an error field has content. Some servers send `{}`, `""` or empty fields with every successful
/// answer.
fn says(error: &Value) -> bool {
    match error {
        Value::Null => false,
        Value::Bool(it) => *it,
        Value::Number(it) => it.as_f64() != Some(0.0),
        Value::String(it) => !it.trim().is_empty(),
        Value::Array(all) => all.iter().any(says),
        Value::Object(all) => all.values().any(says),
    }
}

/// Classifies an error object without status and headers.
pub fn of_error(error: &Value) -> Failure {
    class::of(200, &ReportedError::of(error), &FailedRequest::default())
}

/// Makes text from a provider safe to display.
pub(super) fn clean(words: &str) -> String {
    reason::clean(words)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, reason, retry) = match self {
            Self::RateLimited { retry, .. } => ("rate limited", "", *retry),
            Self::Quota { retry, reason } => ("its quota is used up", reason.as_str(), *retry),
            Self::Auth { reason } => ("the provider rejected the API key", reason.as_str(), None),
            Self::Forbidden { reason } => {
                ("the API key has no access to this model", reason.as_str(), None)
            }
            Self::NoKey { reason } => ("the API key cannot be read", reason.as_str(), None),
            Self::KeyPending => ("the command that prints the API key has not finished", "", None),
            Self::ModelGone { reason } if names_model(reason) => {
                ("the provider has no such model", reason.as_str(), None)
            }
            Self::ModelGone { reason } => {
                ("the provider has no such model, or the url is wrong", reason.as_str(), None)
            }
            Self::ContextTooLong { reason, .. } => {
                ("the prompt is too long", reason.as_str(), None)
            }
            Self::FieldRejected { field, reason } => {
                write!(f, "the provider rejected the field `{field}`")?;
                ("", reason.as_str(), None)
            }
            Self::BadRequest { reason, .. } => {
                ("the provider rejected the request", reason.as_str(), None)
            }
            Self::Overloaded { retry, reason } => ("overloaded", reason.as_str(), *retry),
            Self::Connect { reason } => ("cannot be reached", reason.as_str(), None),
            Self::Starting => ("the server is starting", "", None),
            Self::Timeout(Phase::Connect) => ("the connection timed out", "", None),
            Self::Timeout(Phase::FirstToken) => {
                ("the first token did not arrive in time", "", None)
            }
            Self::Timeout(Phase::Total) => ("timed out", "", None),
            Self::Timeout(Phase::Stall) => ("the stream stalled", "", None),
            Self::Cut => ("the answer ended early", "", None),
            Self::Garbled { reason } => ("the answer cannot be parsed", reason.as_str(), None),
            Self::Empty { reason } => ("the answer is empty", reason.as_str(), None),
            Self::Repetition => ("ended because its reasoning repeated itself", "", None),
            Self::Refused { reason } => ("the model refused to answer", reason.as_str(), None),
            Self::Cancelled => ("cancelled", "", None),
        };
        f.write_str(words)?;
        if !reason.is_empty() {
            write!(f, ": {reason}")?;
        }
        match retry {
            Some(retry) => write!(f, ", retry in {}", times::words(retry)),
            None => Ok(()),
        }
    }
}

fn names_model(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.contains("model") || reason.contains("deployment") || reason.contains("insert")
}

impl std::error::Error for Failure {}

pub mod reported;
#[cfg(test)]
mod tests;
