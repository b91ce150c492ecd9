//! Responses of OpenAI.

use serde_json::Value;
use serde_json::json;

use crate::prompt::Chat;
use crate::provider::Target;
use crate::provider::dialect;
use crate::provider::dialect::Delta;
use crate::provider::dialect::Dialect;
use crate::provider::dialect::Finish;
use crate::provider::dialect::HttpRequest;
use crate::provider::dialect::chat;
use crate::provider::failure;
use crate::provider::failure::Failure;
use crate::provider::usage::Usage;

pub(super) fn encode(target: &Target, chat: &Chat, path: &str) -> HttpRequest {
    let body = json!({
        "model": target.model.id,
        "instructions": chat.system,
        "input": &chat::messages(chat)[1..],
        "max_output_tokens": chat.max_tokens,
        // Nothing is left with the provider that need not be.
        "store": false,
        "stream": true,
    });
    dialect::request(Dialect::OpenAiResponses, path.to_owned(), &body)
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    let response = &event["response"];
    let ended = |finish| {
        let usage = usage(&response["usage"]);
        Ok(vec![Delta::Usage(usage), Delta::Finish(finish), Delta::End])
    };
    let text = || event["delta"].as_str().unwrap_or_default();
    match event["type"].as_str() {
        Some("response.output_text.delta") => Ok(vec![Delta::Text(text().to_owned())]),
        Some("response.reasoning_text.delta" | "response.reasoning_summary_text.delta") => {
            Ok(vec![Delta::Thought(text().len())])
        }
        Some("response.completed") => ended(Finish::Stop),
        Some("response.incomplete") => match response["incomplete_details"]["reason"].as_str() {
            Some("content_filter") => {
                Err(Failure::Refused { reason: "its filter cut the answer".to_owned() })
            }
            _ => ended(Finish::Length),
        },
        Some("response.failed") => Err(failure::of_error(&response["error"])),
        Some("response.refusal.done") => {
            Err(Failure::Refused { reason: "the model refused".to_owned() })
        }
        Some(_) => Ok(Vec::new()),
        None => Err(Failure::Garbled { reason: "an event has no type".to_owned() }),
    }
}

fn usage(it: &Value) -> Usage {
    Usage {
        prompt: dialect::count(&it["input_tokens"]),
        cached: dialect::count(&it["input_tokens_details"]["cached_tokens"]),
        written: dialect::count(&it["input_tokens_details"]["cache_write_tokens"]),
        output: dialect::count(&it["output_tokens"]),
        reasoning: dialect::count(&it["output_tokens_details"]["reasoning_tokens"]),
    }
}
