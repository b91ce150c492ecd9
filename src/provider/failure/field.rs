//! Finds the field of a request that an error message rejects.

use crate::provider::failure::FailedRequest;
use crate::provider::failure::reported::ReportedError;
use crate::text;

/// Parts of messages and codes that reject a field, if they also name it.
const REJECTS: [&str; 24] = [
    "not supported",
    "unsupported",
    "not_supported",
    "not support",
    "n't support",
    "only supports",
    "unrecognized",
    "unknown",
    "unexpected",
    "extra input",
    "extra_forbidden",
    "not permitted",
    "not allowed",
    "not accept",
    "not available",
    "not implemented",
    "cannot find field",
    "cannot be used",
    "deprecated",
    "no longer",
    "invalid",
    "must be",
    "must end with",
    "expected last role",
];

/// Parts of messages that reject a conversation that ends with the start of an answer.
const PREFILL: [&str; 3] = ["prefill", "last role", "end with a user message"];

/// The rejected field, out of the optional fields of the request. A name that is also an English word counts
/// only if it is quoted or called a parameter.
pub(super) fn rejected(status: u16, told: &ReportedError, asked: &FailedRequest) -> Option<String> {
    if !matches!(status, 400 | 404 | 405 | 409 | 415 | 417 | 422 | 501) {
        return None;
    }
    let is_rejection = told.says(&REJECTS) || told.has_code(&REJECTS);
    let message = told.message.to_lowercase();
    let named = |it: &&String| {
        let field = it.to_lowercase();
        match field.as_str() {
            "prefill" => PREFILL.iter().any(|it| message.contains(it)),
            _ if told.fields.contains(&field) => true,
            _ => is_rejection && is_named(&message, &field),
        }
    };
    asked.fields.iter().find(named).cloned()
}

fn is_named(message: &str, field: &str) -> bool {
    let is_word = !field.contains('_');
    message.match_indices(field).any(|(start, _)| {
        let (before, behind) = (&message[..start], &message[start + field.len()..]);
        let is_of_name = text::is_word;
        if before.ends_with(is_of_name) || behind.starts_with(is_of_name) {
            return false;
        }
        !is_word || is_quoted(before, behind)
    })
}

fn is_quoted(before: &str, behind: &str) -> bool {
    let opens = |it: char| matches!(it, '\'' | '"' | '`' | ':' | '.');
    let called = ["parameter", "parameters", "argument", "field", "name", "keyword"];
    let before = before.trim_end();
    before.ends_with(opens)
        || called.iter().any(|it| before.ends_with(it))
        || behind.starts_with([' ', ':'])
            && called.iter().chain(&["is"]).any(|it| behind[1..].trim_start().starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, fields: &[&str], expected: Option<&str>) {
        let fields = fields.iter().map(|it| (*it).to_owned()).collect();
        let asked = FailedRequest { model: "model".to_owned(), fields };
        let found = rejected(400, &ReportedError::read(body), &asked);
        assert_eq!(found.as_deref(), expected, "{body}");
    }

    #[test]
    fn a_rejected_field_is_found_by_its_name() {
        let all =
            ["stream_options", "stop", "temperature", "max_tokens", "thinkingConfig", "prefill"];
        for (body, field) in [
            (r#"{"error":"Argument not supported on this model: stop"}"#, "stop"),
            (
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."}}"#,
                "max_tokens",
            ),
            (
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}"#,
                "stream_options",
            ),
            (
                r#"{"error":{"message":"Extra inputs are not permitted, field: 'stream_options'"}}"#,
                "stream_options",
            ),
            (
                r#"{"error":{"message":"`temperature` is deprecated for this model."}}"#,
                "temperature",
            ),
            (
                r#"{"error":{"message":"temperature is not supported by this model"}}"#,
                "temperature",
            ),
            (
                r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.2 with this model.","param":"temperature"}}"#,
                "temperature",
            ),
            (
                r#"{"error":{"message":"Invalid JSON payload received. Unknown name \"thinkingConfig\" at 'generation_config': Cannot find field."}}"#,
                "thinkingConfig",
            ),
            (
                r#"{"error":{"message":"This model does not support assistant message prefill. The conversation must end with a user message."}}"#,
                "prefill",
            ),
            (
                r#"{"message":"Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"}"#,
                "prefill",
            ),
        ] {
            check(body, &all, Some(field));
        }
    }

    #[test]
    fn an_english_word_or_another_field_is_not_a_rejected_field() {
        check(r#"{"error":"please stop: unsupported region"}"#, &["stop"], None);
        check(
            r#"{"error":"model not supported, see stream_options_v2"}"#,
            &["stream_options"],
            None,
        );
        check(r#"{"error":"foo/bar is not a valid model ID"}"#, &["stop", "max_tokens"], None);
        check(r#"{"error":"max_tokens is fine"}"#, &["max_tokens"], None);
    }
}
