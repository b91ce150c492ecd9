//! Anthropic's Messages.

use serde_json::{Value, json};

use crate::models::token_usage::Usage;
use crate::prompt::Chat;
use crate::provider::dialect::{Delta, Dialect, Draft, Finish};
use crate::provider::failure::Failure;
use crate::provider::{Target, dialect};

pub(super) const VERSION: &str = "2023-06-01";
/// Shortest prompt that the cache accepts, in bytes: about 1024 tokens.
const CACHEABLE: usize = 4 << 10;

pub(super) fn encode(target: &Target, chat: &Chat, path: &str) -> Draft {
    let preamble = dialect::preamble(chat);
    let mut messages = Vec::with_capacity(chat.turns.len());
    for (at, turn) in chat.turns.iter().enumerate() {
        let mut blocks = Vec::new();
        if at == 0 && !preamble.is_empty() {
            let mut block = json!({ "type": "text", "text": preamble });
            if preamble.len() + chat.system.len() >= CACHEABLE {
                block["cache_control"] = json!({ "type": "ephemeral" });
            }
            blocks.push(block);
        }
        // The API rejects an empty block.
        if !turn.text.is_empty() {
            blocks.push(json!({ "type": "text", "text": turn.text }));
        }
        messages.push(json!({ "role": dialect::role(turn.role), "content": blocks }));
    }
    let mut body = json!({
        "model": target.model.id,
        "max_tokens": chat.max_tokens,
        "system": chat.system,
        "messages": messages,
        "stream": true,
    });
    // The API rejects stop texts of only white space.
    let stops: Vec<&String> = chat.stop.iter().filter(|it| !it.trim().is_empty()).collect();
    if !stops.is_empty() {
        body["stop_sequences"] = json!(stops);
    }
    Draft { dialect: Dialect::Anthropic, path: path.to_owned(), body }
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    Ok(match event["type"].as_str() {
        // The output count here is a placeholder of one token.
        Some("message_start") => {
            let usage = usage(&event["message"]["usage"]);
            vec![Delta::Usage(Usage { output: 0, ..usage })]
        }
        Some("content_block_start") => block(&event["content_block"]).into_iter().collect(),
        Some("content_block_delta") => block(&event["delta"]).into_iter().collect(),
        Some("message_delta") => {
            let mut deltas = vec![Delta::Usage(usage(&event["usage"]))];
            if let Some(reason) = dialect::reason(&event["delta"]["stop_reason"]) {
                deltas.push(Delta::Finish(finish(reason)?));
            }
            deltas
        }
        Some("message_stop") => vec![Delta::End],
        Some("message") => whole(event)?,
        // Pings, and events added in the future.
        Some(_) => Vec::new(),
        None => return Err(Failure::Garbled { reason: "an event has no type".to_owned() }),
    })
}

/// Decodes an answer that was not streamed.
fn whole(message: &Value) -> Result<Vec<Delta>, Failure> {
    let blocks = message["content"].as_array().into_iter().flatten();
    let mut deltas: Vec<Delta> = blocks.filter_map(block).collect();
    deltas.push(Delta::Usage(usage(&message["usage"])));
    if let Some(reason) = dialect::reason(&message["stop_reason"]) {
        deltas.extend([Delta::Finish(finish(reason)?), Delta::End]);
    }
    Ok(deltas)
}

/// Decodes a block or a part of one. Some servers put text into the event that starts a block.
fn block(block: &Value) -> Option<Delta> {
    let text = |key: &str| block[key].as_str().filter(|it| !it.is_empty());
    match block["type"].as_str()? {
        "text" | "text_delta" => text("text").map(|it| Delta::Text(it.to_owned())),
        "thinking" | "thinking_delta" => text("thinking").map(|it| Delta::Thought(it.to_owned())),
        "redacted_thinking" => text("data").map(|it| Delta::Thought(it.to_owned())),
        _ => None,
    }
}

fn finish(reason: &str) -> Result<Finish, Failure> {
    match reason {
        "max_tokens" => Ok(Finish::Length),
        "tool_use" | "pause_turn" => Ok(Finish::Other),
        "refusal" => Err(Failure::Refused { reason: "the model refused".to_owned() }),
        "model_context_window_exceeded" => Err(Failure::ContextTooLong {
            reason: reason.to_owned(),
            context_length: None,
            counted: None,
        }),
        _ => Ok(Finish::Stop),
    }
}

/// `input_tokens` does not include tokens that were read from the cache or written to it.
fn usage(it: &Value) -> Usage {
    let cached = dialect::count(&it["cache_read_input_tokens"]);
    let written = dialect::count(&it["cache_creation_input_tokens"]);
    Usage {
        prompt: dialect::count(&it["input_tokens"]) + cached + written,
        cached,
        written,
        output: dialect::count(&it["output_tokens"]),
        reasoning: 0,
        cost: dialect::cost(it),
        reading: None,
        writing: None,
    }
}
