//! Extracts a provider's report of a failure. Each provider has its own format, and some have several.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::provider::times;
use crate::provider::times::spoken;

/// The content of an error body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ReportedError {
    /// Codes, types and names of quotas, in lower case.
    pub(super) codes: Vec<String>,
    /// The message for people.
    pub(super) message: String,
    /// The status in the body, which can differ from that of the response.
    pub(super) status: Option<u16>,
    /// The wait before the next request.
    pub(super) retry: Option<Duration>,
    /// Names of the fields that it rejects, in lower case.
    pub(super) fields: Vec<String>,
    /// Tokens that the model's window holds, and tokens that the provider counted.
    pub(super) context_length: Option<u32>,
    pub(super) counted: Option<u32>,
    /// It comes from a proxy or a firewall, not from an API.
    pub(super) is_foreign: bool,
    /// The wait, as a header of the upstream provider that a gateway includes in its body.
    pub(super) header: Option<String>,
}

/// Fields that contain a code.
const CODES: [&str; 8] =
    ["code", "type", "status", "error_type", "error_code", "reason", "limit_source", "quotaId"];

/// Fields that contain the message, the best first.
const MESSAGES: [&str; 7] =
    ["status_msg", "message", "detail", "error", "msg", "error_description", "raw"];

/// Fields that contain a nested error.
const DEEPER: [&str; 10] = [
    "message",
    "base_resp",
    "error",
    "response",
    "details",
    "violations",
    "metadata",
    "innererror",
    "detail",
    "x_groq",
];

/// Depth to which nested errors are read.
const DEEPEST: usize = 6;

/// Fields that contain a wait: in milliseconds, or in seconds or as a duration.
const MILLIS: [&str; 3] = ["retry_after_ms", "retryAfterMs", "retry-after-ms"];
const SECONDS: [&str; 8] = [
    "retryDelay",
    "retry_after",
    "retryAfter",
    "retry-after",
    "retry_after_seconds",
    "retryAfterSeconds",
    "resets_in_seconds",
    "reset_in_seconds",
];

impl ReportedError {
    /// Reads a body: JSON, the title of a web page, or plain text.
    pub(super) fn read(body: &str) -> Self {
        let body = body.trim_start_matches('\u{feff}').trim().trim_start_matches("data:").trim();
        match serde_json::from_str::<Value>(body) {
            Ok(value) => Self::of(&value),
            Err(_) if body.starts_with('<') => {
                Self { message: title(body).to_owned(), is_foreign: true, ..Self::default() }
            }
            Err(_) => {
                let told = Self::of(&Value::String(body.to_owned()));
                Self { is_foreign: !body.is_empty(), ..told }
            }
        }
    }

    /// Reads an error value. If it states two waits, the longer one counts: the shorter one belongs to a
    /// limit that is not used up.
    pub(super) fn of(value: &Value) -> Self {
        let mut told = Self::default();
        match value {
            Value::String(text) => text.clone_into(&mut told.message),
            value => told.gather(value, DEEPEST),
        }
        told.retry = told.retry.max(spoken::wait(&told.message));
        told
    }

    /// Whether it states a wait.
    pub(super) fn names_wait(&self) -> bool {
        self.retry.is_some_and(|it| !it.is_zero())
    }

    /// Whether a code contains one of `parts`.
    pub(super) fn has_code(&self, parts: &[&str]) -> bool {
        self.codes.iter().any(|code| parts.iter().any(|it| code.contains(it)))
    }

    /// Whether the message contains one of `parts`, in any case.
    pub(super) fn says(&self, parts: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        parts.iter().any(|it| message.contains(it))
    }

    /// Whether the message contains `name` as a separate word.
    pub(super) fn names(&self, name: &str) -> bool {
        let is_of_name = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '/');
        !name.is_empty()
            && self.message.match_indices(name).any(|(start, _)| {
                let (before, behind) =
                    (&self.message[..start], &self.message[start + name.len()..]);
                !before.ends_with(is_of_name) && !behind.starts_with(is_of_name)
            })
    }

    fn gather(&mut self, value: &Value, deep: usize) {
        match value {
            Value::Array(values) => values.iter().take(8).for_each(|it| self.gather(it, deep)),
            Value::Object(fields) if deep > 0 => {
                for name in CODES {
                    self.code(fields.get(name));
                }
                self.code(fields.get("status_code"));
                self.code(fields.get("statusCode"));
                self.is_foreign |= fields.contains_key("cloudflare_error");
                self.fields
                    .extend(fields.get("param").and_then(Value::as_str).map(str::to_lowercase));
                // FastAPI: `"loc": ["body", "stream_options"]`.
                let place = fields.get("loc").and_then(Value::as_array).into_iter().flatten();
                self.fields.extend(place.filter_map(|it| Some(it.as_str()?.to_lowercase())));
                let count = |name: &str| u32::try_from(fields.get(name)?.as_u64()?).ok();
                self.context_length = self.context_length.or_else(|| count("n_ctx"));
                self.counted = self.counted.or_else(|| count("n_prompt_tokens"));
                let texts = MESSAGES.iter().filter_map(|it| fields.get(*it)?.as_str());
                if let Some(text) = texts.map(str::trim).find(|it| !it.is_empty())
                    && self.message.is_empty()
                {
                    text.clone_into(&mut self.message);
                }
                self.retry = self.retry.max(wait_in(fields));
                self.header = self.header.take().or_else(|| header_in(fields));
                for deeper in DEEPER.iter().filter_map(|it| fields.get(*it)) {
                    self.gather(deeper, deep - 1);
                }
            }
            _ => {}
        }
    }

    /// Records a code. It can be a word, a number, or a number in a string.
    fn code(&mut self, value: Option<&Value>) {
        let text = match value {
            Some(Value::String(text)) => text.to_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) | None => return,
        };
        match text.parse::<u16>() {
            Ok(status @ 400..600) => self.status = self.status.or(Some(status)),
            Ok(_) => {}
            Err(_) => self.codes.push(text),
        }
    }
}

/// The title of a web page; empty if there is none.
fn title(page: &str) -> &str {
    let find = |tag: &str| page.to_ascii_lowercase().find(tag);
    let (Some(start), Some(end)) = (find("<title>"), find("</title>")) else { return "" };
    page.get(start + "<title>".len()..end).unwrap_or_default().trim()
}

/// A header with a wait, out of the upstream headers that OpenRouter includes.
fn header_in(fields: &Map<String, Value>) -> Option<String> {
    let headers = fields.get("headers")?.as_object()?;
    let named = |name: &str| headers.iter().find(|it| it.0.eq_ignore_ascii_case(name));
    let (_, value) = named("retry-after").or_else(|| named("x-ratelimit-reset"))?;
    value.as_str().map(str::to_owned)
}

/// A wait in a field: a number or a string, in milliseconds, in seconds or as a duration.
fn wait_in(fields: &Map<String, Value>) -> Option<Duration> {
    let of = |names: &[&str], read: fn(&str) -> Option<Duration>| {
        names.iter().filter_map(|it| fields.get(*it)).find_map(|it| match it {
            Value::String(text) => read(text),
            Value::Number(number) => read(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
    };
    of(&MILLIS, times::millis)
        .or_else(|| of(&SECONDS, |it| times::seconds(it).or_else(|| times::parts(it))))
}
