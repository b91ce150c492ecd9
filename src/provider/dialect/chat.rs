//! Chat Completions of OpenAI, which most others speak.

use serde_json::Value;
use serde_json::json;

use crate::prompt::Chat;
use crate::provider::Target;
use crate::provider::dialect;
use crate::provider::dialect::Delta;
use crate::provider::dialect::Dialect;
use crate::provider::dialect::Draft;
use crate::provider::dialect::Finish;
use crate::provider::failure::Failure;
use crate::provider::usage::Usage;

pub(super) fn encode(target: &Target, chat: &Chat, path: &str) -> Draft {
    let preset = target.provider.preset;
    let mut body = json!({
        "model": target.model.id,
        "messages": messages(chat),
        "stream": true,
        preset.max_tokens: chat.max_tokens,
    });
    if preset.stops && !chat.stop.is_empty() {
        body["stop"] = json!(chat.stop);
    }
    if preset.asks_usage {
        body["stream_options"] = json!({ "include_usage": true });
    }
    Draft { dialect: Dialect::OpenAiChat, path: path.to_owned(), body }
}

/// The conversation, its parts at the head of the first turn.
pub(super) fn messages(chat: &Chat) -> Vec<Value> {
    let mut messages = vec![json!({ "role": "system", "content": chat.system })];
    let mut preamble = dialect::preamble(chat);
    for turn in &chat.turns {
        let text = std::mem::take(&mut preamble) + &turn.text;
        messages.push(json!({ "role": dialect::role(turn.role), "content": text }));
    }
    messages
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    let mut deltas = Vec::new();
    for choice in event["choices"].as_array().into_iter().flatten().take(1) {
        let delta = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        // A string, or a list of pieces.
        let content = &delta["content"];
        let pieces = content.as_array().into_iter().flatten().filter_map(|it| it["text"].as_str());
        let text: String = content.as_str().into_iter().chain(pieces).collect();
        if !text.is_empty() {
            deltas.push(Delta::Text(text));
        }
        let thought = delta["reasoning_content"].as_str().or_else(|| delta["reasoning"].as_str());
        deltas.extend(thought.filter(|it| !it.is_empty()).map(|it| Delta::Thought(it.len())));
        if let Some(reason) = choice["finish_reason"].as_str() {
            deltas.push(Delta::Finish(finish(reason)?));
        }
    }
    // Groq puts the usage of its last event into a field of its own.
    let usage = [&event["usage"], &event["x_groq"]["usage"]].into_iter().find(|it| it.is_object());
    deltas.extend(usage.map(|it| Delta::Usage(self::usage(it))));
    Ok(deltas)
}

pub(super) fn finish(reason: &str) -> Result<Finish, Failure> {
    match reason {
        "length" | "model_length" => Ok(Finish::Length),
        "content_filter" => {
            Err(Failure::Refused { reason: "its filter cut the answer".to_owned() })
        }
        "error" => Err(Failure::Cut),
        "insufficient_system_resource" => {
            Err(Failure::Overloaded { retry: None, reason: reason.to_owned() })
        }
        _ => Ok(Finish::Stop),
    }
}

/// Tokens from a cache are among those of the prompt here.
pub(super) fn usage(it: &Value) -> Usage {
    let details = &it["prompt_tokens_details"];
    let cached = dialect::count(&details["cached_tokens"]);
    Usage {
        prompt: dialect::count(&it["prompt_tokens"]),
        cached: cached.max(dialect::count(&it["prompt_cache_hit_tokens"])),
        written: dialect::count(&details["cache_write_tokens"]),
        output: dialect::count(&it["completion_tokens"]),
        reasoning: dialect::count(&it["completion_tokens_details"]["reasoning_tokens"]),
    }
}
