//! OpenAI's Chat Completions, which most other providers use too.

use serde_json::{Value, json};

use crate::models::token_usage::Usage;
use crate::prompt::Chat;
use crate::provider::dialect::{Delta, Dialect, Draft, Finish, llama};
use crate::provider::failure::Failure;
use crate::provider::{Target, dialect};

/// Fields of reasoning: of DeepSeek and llama.cpp, of OpenRouter, vLLM and Ollama, of GitHub Copilot, of Ollama's own
/// messages.
const REASONING: [&str; 4] = ["reasoning_content", "reasoning", "reasoning_text", "thinking"];

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
    if chat.exact && dialect::is_exact(target) {
        body["temperature"] = 0.into();
    }
    if preset.asks_usage {
        body["stream_options"] = json!({ "include_usage": true });
    }
    Draft { dialect: Dialect::OpenAiChat, path: path.to_owned(), body }
}

/// The conversation as messages. The parts precede the text of the first turn.
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
    let choice = dialect::first(&event["choices"]);
    let mut deltas = choice.map_or(Ok(Vec::new()), said)?;
    if let Some(reason) = choice.and_then(|it| dialect::reason(&it["finish_reason"])) {
        deltas.push(Delta::Finish(finish(reason)?));
    }
    deltas.extend(reported(event));
    Ok(deltas)
}

/// Decodes the text and the reasoning of a choice.
pub(super) fn said(choice: &Value) -> Result<Vec<Delta>, Failure> {
    let delta = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
    let filled = |it: &Value| it.as_str().is_some_and(|it| !it.is_empty());
    if filled(&delta["refusal"]) {
        return Err(Failure::Refused { reason: "the model refused".to_owned() });
    }
    // A string, or a list of pieces; Mistral's list can contain reasoning.
    let content = &delta["content"];
    let pieces = || content.as_array().into_iter().flatten();
    let texts = pieces().filter_map(|it| it["text"].as_str());
    let text: String = content.as_str().into_iter().chain(texts).collect();
    let thoughts = pieces().filter_map(|it| it["thinking"].as_array()).flatten();
    let thoughts = thoughts.map(|it| &it["text"]);
    let thought: String = thoughts.filter_map(Value::as_str).collect();
    let thought = thought + &reasoning(delta);
    let text = (!text.is_empty()).then_some(Delta::Text(text));
    let thought = (!thought.is_empty()).then_some(Delta::Thought(thought));
    Ok(text.into_iter().chain(thought).collect())
}

/// The reasoning in a field of its own. Some servers send the same text in two fields.
///
/// `reasoning_details` is MiniMax's list with `reasoning_split`, and OpenRouter's beside `reasoning`. MiniMax documents each
/// text as everything so far, but sends pieces (https://github.com/MiniMax-AI/MiniMax-M2/issues/95). Reasoning is only
/// counted and searched for repetitions at its end, for which both are right.
pub(super) fn reasoning(delta: &Value) -> String {
    let mut texts = REASONING.iter().filter_map(|it| delta[*it].as_str());
    if let Some(text) = texts.find(|it| !it.is_empty()) {
        return text.to_owned();
    }
    let details = delta["reasoning_details"].as_array().into_iter().flatten();
    details.filter_map(|it| it["text"].as_str().or(it["summary"].as_str())).collect()
}

/// Decodes the usage of an event. Groq puts it into a field of its own, Moonshot into the choice; llama.cpp adds its times.
pub(super) fn reported(event: &Value) -> Option<Delta> {
    let places = [&event["usage"], &event["x_groq"]["usage"], &event["choices"][0]["usage"]];
    let found = places.into_iter().find(|it| it.is_object());
    let mut reported = found.map(usage).unwrap_or_default();
    if event["timings"].is_object() {
        reported.update(&llama::timed(&event["timings"]));
    }
    (reported != Usage::default()).then_some(Delta::Usage(reported))
}

pub(super) fn finish(reason: &str) -> Result<Finish, Failure> {
    match reason.to_ascii_lowercase().as_str() {
        "length" | "model_length" | "max_tokens" | "max_output_tokens" => Ok(Finish::Length),
        "tool_calls" | "function_call" | "tool_use" => Ok(Finish::Other),
        "content_filter" | "sensitive" => {
            Err(Failure::Refused { reason: "the provider's filter cut the answer".to_owned() })
        }
        "error" | "network_error" | "abort" => Err(Failure::Cut),
        "insufficient_system_resource" => {
            Err(Failure::Overloaded { retry: None, reason: reason.to_owned() })
        }
        _ => Ok(Finish::Stop),
    }
}

/// `prompt_tokens` includes tokens from the cache.
pub(super) fn usage(it: &Value) -> Usage {
    let details = &it["prompt_tokens_details"];
    let cached = [
        &details["cached_tokens"],
        &it["prompt_cache_hit_tokens"],
        &it["cached_tokens"],
        &it["cached_input_tokens"],
    ];
    let usage = Usage {
        prompt: dialect::count(&it["prompt_tokens"]),
        cached: cached.into_iter().map(dialect::count).max().unwrap_or_default(),
        written: dialect::count(&details["cache_write_tokens"]),
        output: dialect::count(&it["completion_tokens"]),
        reasoning: dialect::count(&it["completion_tokens_details"]["reasoning_tokens"]),
        cost: dialect::cost(it),
        reading: None,
        writing: None,
    };
    usage.with_total(dialect::count(&it["total_tokens"]))
}
