//! Fields and limits that a model's server rejected, learned from its errors.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::provider::dialect::{Dialect, HttpRequest};
use crate::provider::failure::Failure;

/// Fields that a request cannot do without.
const ESSENTIAL: [&str; 16] = [
    "model",
    "messages",
    "prompt",
    "stream",
    "input",
    "contents",
    "system",
    "systemInstruction",
    "instructions",
    "suffix",
    "raw",
    "input_prefix",
    "input_suffix",
    "input_extra",
    "generationConfig",
    "options",
];

/// Essential fields that contain optional ones.
const TABLES: [&str; 2] = ["generationConfig", "options"];

/// Depth to which nested fields are inspected.
const DEEPEST: usize = 3;

/// Pseudo field: the start of the answer as the last message of a conversation.
const PREFILL: &str = "prefill";

/// Size of a token that prompts are trimmed with.
const BYTES_PER_TOKEN: f64 = 3.0;
/// How long a learned context length is used. The server can be restarted with a larger one.
const LEARNED_HOLDS: Duration = Duration::from_mins(10);

/// Two names of one field. If a server rejects one, the other is sent.
const NAMES: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// What was learned about a model. Kept in memory for the lifetime of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// Rejected fields, in the order of rejection.
    rejected: Vec<String>,
    /// The context length in tokens of three bytes, and when it was reported.
    context_length: Option<(u32, Instant)>,
    /// The model does not support its own fill format.
    pub cannot_fill: bool,
}

impl Quirks {
    /// Learns from a failure. `bytes` returns the size of the request. Returns whether another try may succeed.
    pub fn learn(&mut self, failure: &Failure, bytes: impl Fn() -> usize, now: Instant) -> bool {
        match failure {
            Failure::FieldRejected { field, .. } => self.reject(field),
            Failure::ContextTooLong { context_length: Some(context_length), counted, .. } => {
                // The server's tokens can be shorter than `BYTES_PER_TOKEN`.
                let length = counted
                    .filter(|it| *it > 0)
                    .map_or(1.0, |it| (bytes() as f64 / f64::from(it) / BYTES_PER_TOKEN).min(1.0));
                self.context_length = Some(((f64::from(*context_length) * length) as u32, now));
                false
            }
            _ => false,
        }
    }

    /// Records the field, or its other name if the field is already recorded. Returns whether anything is
    /// new.
    fn reject(&mut self, field: &str) -> bool {
        let names: &[&str] = if NAMES.contains(&field) { &NAMES } else { &[] };
        let mut all = std::iter::once(field).chain(names.iter().copied());
        let new = all.find(|it| !self.rejected.iter().any(|seen| seen == it));
        self.rejected.extend(new.map(str::to_owned));
        new.is_some()
    }

    /// The learned context length, if it is recent.
    pub fn context_length(&self, now: Instant) -> Option<u32> {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < LEARNED_HOLDS;
        self.context_length.filter(|it| is_fresh(it.1)).map(|it| it.0)
    }

    /// Changes a request to what this model accepts.
    pub fn apply(&self, mut request: HttpRequest) -> HttpRequest {
        if self.rejected.is_empty() {
            return request;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(&request.body) else { return request };
        for field in &self.rejected {
            match field.as_str() {
                PREFILL => drop_prefill(&mut body),
                _ => self.replace(&mut body, field, request.dialect),
            }
        }
        request.body = serde_json::to_vec(&body).expect("a parsed value has string keys");
        request
    }

    /// Removes a field, or renames it unless its other name was rejected too.
    fn replace(&self, body: &mut Value, field: &str, dialect: Dialect) {
        let dropped = remove(body, field, DEEPEST);
        let has_names =
            matches!(dialect, Dialect::OpenAiChat | Dialect::RelayedChat) && NAMES.contains(&field);
        let other = NAMES.iter().find(|it| **it != field && has_names);
        if let (Some(other), Some(value)) = (other, dropped)
            && !self.rejected.iter().any(|it| it == other)
        {
            body[*other] = value;
        }
    }
}

/// Whether a request cannot do without a field of this name, so that no setting may replace it.
pub fn is_essential(field: &str) -> bool {
    ESSENTIAL.contains(&field) && !TABLES.contains(&field)
}

/// The optional fields of a request's body.
pub fn fields(body: &[u8]) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let mut fields = Vec::new();
    gather(&body, DEEPEST, &mut fields);
    if last_message(&body).is_some_and(|it| it["role"] == "assistant") {
        fields.push(PREFILL.to_owned());
    }
    fields
}

fn gather(value: &Value, deep: usize, fields: &mut Vec<String>) {
    let Some(object) = value.as_object().filter(|_| deep > 0) else { return };
    for (name, value) in object {
        if !ESSENTIAL.contains(&name.as_str()) {
            fields.push(name.clone());
        }
        gather(value, deep - 1, fields);
    }
}

fn remove(value: &mut Value, field: &str, deep: usize) -> Option<Value> {
    let object = value.as_object_mut().filter(|_| deep > 0)?;
    object.remove(field).or_else(|| object.values_mut().find_map(|it| remove(it, field, deep - 1)))
}

fn last_message(body: &Value) -> Option<&Value> {
    body["messages"].as_array()?.last()
}

fn drop_prefill(body: &mut Value) {
    if last_message(body).is_some_and(|it| it["role"] == "assistant")
        && let Some(messages) = body["messages"].as_array_mut()
    {
        messages.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::dialect::EmptyAnswer;
    use crate::provider::sse::Framing;

    fn body(dialect: Dialect, rejected: &[&str], body: &Value) -> Value {
        let mut quirks = Quirks::default();
        for field in rejected {
            let (field, reason) = ((*field).to_owned(), String::new());
            assert!(quirks.learn(&Failure::FieldRejected { field, reason }, || 0, Instant::now()));
        }
        let request = HttpRequest {
            path: "/chat".to_owned(),
            headers: Vec::new(),
            body: serde_json::to_vec(body).unwrap(),
            framing: Framing::Sse,
            dialect,
            empty: EmptyAnswer::Failure,
        };
        serde_json::from_slice(&quirks.apply(request).body).unwrap()
    }

    #[test]
    fn a_rejected_field_is_removed_or_renamed() {
        let whole = json!({
            "model": "m", "messages": [{ "role": "user", "content": "hi" }, { "role": "assistant", "content": "{" }],
            "stream": true, "max_tokens": 9, "stream_options": { "include_usage": true },
        });
        let chat = |rejected: &[&str]| body(Dialect::OpenAiChat, rejected, &whole);
        assert_eq!(chat(&["stream_options"])["stream_options"], Value::Null);
        let renamed = chat(&["max_tokens"]);
        assert_eq!(
            (&renamed["max_tokens"], &renamed["max_completion_tokens"]),
            (&Value::Null, &json!(9))
        );
        let neither = chat(&["max_tokens", "max_completion_tokens"]);
        assert_eq!(neither["max_tokens"], Value::Null);
        assert_eq!(neither["max_completion_tokens"], Value::Null);
        assert_eq!(chat(&["prefill"])["messages"].as_array().unwrap().len(), 1);
        let completion =
            body(Dialect::OpenAiCompletions, &["max_tokens"], &json!({ "max_tokens": 9 }));
        assert_eq!(completion, json!({}));
        let nested = json!({ "generationConfig": { "maxOutputTokens": 9, "thinkingConfig": {} } });
        let nested = body(Dialect::Gemini, &["thinkingConfig"], &nested);
        assert_eq!(nested, json!({ "generationConfig": { "maxOutputTokens": 9 } }));
    }

    #[test]
    fn a_quirk_is_learned_once() {
        let mut quirks = Quirks::default();
        let failure = Failure::FieldRejected { field: "stop".to_owned(), reason: String::new() };
        let now = Instant::now();
        assert!(quirks.learn(&failure, || 0, now));
        assert!(!quirks.learn(&failure, || 0, now));
        let (field, reason) = ("max_tokens".to_owned(), String::new());
        let failure = Failure::FieldRejected { field, reason };
        // The second rejection of the original name means that the other name is rejected too.
        assert!(quirks.learn(&failure, || 0, now) && quirks.learn(&failure, || 0, now));
        assert!(!quirks.learn(&failure, || 0, now));
        let long = |counted| {
            let (reason, context_length) = (String::new(), Some(4096));
            Failure::ContextTooLong { reason, context_length, counted }
        };
        assert!(!quirks.learn(&long(None), || 9000, now));
        assert_eq!(quirks.context_length(now), Some(4096));
        assert!(!quirks.learn(&long(Some(6000)), || 9000, now));
        assert_eq!(quirks.context_length(now), Some(2048));
        assert_eq!(quirks.context_length(now + LEARNED_HOLDS), None);
    }

    #[test]
    fn essential_fields_and_messages_are_not_optional() {
        let body = json!({
            "model": "m", "messages": [{ "role": "user", "content": "x" }], "stream": true,
            "stop": ["a"], "generationConfig": { "topP": 1 },
        });
        let mut found = fields(body.to_string().as_bytes());
        found.sort();
        assert_eq!(found, ["stop", "topP"]);
        assert!(fields(b"no json").is_empty());
    }
}
