//! What a provider says of its failure: each has its own shape, and some have several.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::provider::times;
use crate::provider::times::spoken;

/// What was found in a body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ReportedError {
    /// Its codes, types and names of quotas, in lower case.
    pub(super) codes: Vec<String>,
    /// What it says to people.
    pub(super) message: String,
    /// The status it gives itself, inside another one.
    pub(super) status: Option<u16>,
    /// When to ask again.
    pub(super) retry: Option<Duration>,
    /// Names of the fields it complains about.
    pub(super) fields: Vec<String>,
    /// Tokens that the model's window holds, and those it counted.
    pub(super) window: Option<u32>,
    pub(super) counted: Option<u32>,
    /// It is no answer of an API: what a proxy or a firewall says.
    pub(super) is_foreign: bool,
    /// The same as a gateway hands on the header of whom it asked.
    pub(super) header: Option<String>,
}

/// Fields that hold a code.
const CODES: [&str; 8] =
    ["code", "type", "status", "error_type", "error_code", "reason", "limit_source", "quotaId"];

/// Fields that hold what is said to people, the best first.
const MESSAGES: [&str; 7] =
    ["status_msg", "message", "detail", "error", "msg", "error_description", "raw"];

/// Fields that lead to more of the failure.
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

/// How deep they are followed.
const DEEPEST: usize = 6;

/// Fields that hold a wait, in milliseconds; in seconds or as a duration.
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
    /// Reads a body of any kind: JSON, a web page of which the title counts, or plain text.
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

    /// Reads a value that holds a failure, or is its words. Where it names two waits the longer one
    /// counts: the shorter is that of a limit which is not the one that ended.
    pub(super) fn of(value: &Value) -> Self {
        let mut told = Self::default();
        match value {
            Value::String(text) => text.clone_into(&mut told.message),
            value => told.gather(value, DEEPEST),
        }
        told.retry = told.retry.max(spoken::wait(&told.message));
        told
    }

    /// Whether it says for how long to wait.
    pub(super) fn names_wait(&self) -> bool {
        self.retry.is_some_and(|it| !it.is_zero())
    }

    /// Whether a code says so, in part or whole.
    pub(super) fn has_code(&self, parts: &[&str]) -> bool {
        self.codes.iter().any(|code| parts.iter().any(|it| code.contains(it)))
    }

    /// Whether the message says so, in any case.
    pub(super) fn says(&self, parts: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        parts.iter().any(|it| message.contains(it))
    }

    /// Whether the message has a name in it, as a word of its own.
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
                self.window = self.window.or_else(|| count("n_ctx"));
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

    /// Codes are words or numbers, and numbers may be written as words.
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

/// A page's title, or nothing.
fn title(page: &str) -> &str {
    let find = |tag: &str| page.to_ascii_lowercase().find(tag);
    let (Some(start), Some(end)) = (find("<title>"), find("</title>")) else { return "" };
    page.get(start + "<title>".len()..end).unwrap_or_default().trim()
}

/// A header that names a wait, among those that OpenRouter hands on.
fn header_in(fields: &Map<String, Value>) -> Option<String> {
    let headers = fields.get("headers")?.as_object()?;
    let named = |name: &str| headers.iter().find(|it| it.0.eq_ignore_ascii_case(name));
    let (_, value) = named("retry-after").or_else(|| named("x-ratelimit-reset"))?;
    value.as_str().map(str::to_owned)
}

/// A number of seconds or milliseconds, or a duration, as number or text.
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
