//! Gemini's `streamGenerateContent`. Its stream has no end marker; the finish reason ends it.

use serde_json::{Value, json};

use crate::models::token_usage::Usage;
use crate::prompt::{Chat, Role};
use crate::provider::dialect::{Delta, Dialect, Draft, Finish};
use crate::provider::failure::Failure;
use crate::provider::{Target, dialect, failure};

pub(super) fn encode(target: &Target, chat: &Chat, path: &str) -> Draft {
    let mut preamble = dialect::preamble(chat);
    let contents = chat.turns.iter().map(|turn| {
        let role = match turn.role {
            Role::User => "user",
            Role::Assistant => "model",
        };
        let text = std::mem::take(&mut preamble) + &turn.text;
        json!({ "role": role, "parts": [{ "text": text }] })
    });
    let contents: Vec<Value> = contents.collect();
    let mut generation = json!({ "maxOutputTokens": chat.max_tokens });
    if !chat.stop.is_empty() {
        generation["stopSequences"] = json!(chat.stop);
    }
    let body = json!({
        "systemInstruction": { "parts": [{ "text": chat.system }] },
        "contents": contents,
        "generationConfig": generation,
    });
    // Gemini's list of models contains names with this prefix.
    let id = target.model.id.strip_prefix("models/").unwrap_or(&target.model.id);
    let path = format!("{path}/{id}:streamGenerateContent?alt=sse");
    Draft { dialect: Dialect::Gemini, path, body }
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    if let Some(reason) = reason(&event["promptFeedback"]["blockReason"]) {
        return Err(refused("the prompt was blocked:", reason));
    }
    let mut deltas = Vec::new();
    let candidate = dialect::first(&event["candidates"]).unwrap_or(&Value::Null);
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        let text = part["text"].as_str().unwrap_or_default();
        match part["thought"].as_bool() {
            Some(true) => deltas.push(Delta::Thought(text.to_owned())),
            _ if text.is_empty() => {}
            _ => deltas.push(Delta::Text(text.to_owned())),
        }
    }
    if event["usageMetadata"].is_object() {
        deltas.push(Delta::Usage(usage(&event["usageMetadata"])));
    }
    if let Some(reason) = reason(&candidate["finishReason"]) {
        deltas.push(Delta::Finish(finish(reason)?));
    }
    Ok(deltas)
}

/// A reason, unless it is the enum's value for none.
fn reason(value: &Value) -> Option<&str> {
    dialect::reason(value).filter(|it| !it.ends_with("_UNSPECIFIED"))
}

/// A refusal, with the provider's reason.
fn refused(what: &str, reason: &str) -> Failure {
    Failure::Refused { reason: format!("{what} {:.40}", failure::clean(reason)) }
}

fn finish(reason: &str) -> Result<Finish, Failure> {
    match reason {
        "STOP" => Ok(Finish::Stop),
        "MAX_TOKENS" => Ok(Finish::Length),
        reason => Err(refused("the model stopped:", reason)),
    }
}

/// `candidatesTokenCount` does not include reasoning, which is billed like output.
fn usage(it: &Value) -> Usage {
    let reasoning = dialect::count(&it["thoughtsTokenCount"]);
    Usage {
        prompt: dialect::count(&it["promptTokenCount"]),
        cached: dialect::count(&it["cachedContentTokenCount"]),
        written: 0,
        output: dialect::count(&it["candidatesTokenCount"]) + reasoning,
        reasoning,
        cost: None,
        reading: None,
        writing: None,
    }
}
