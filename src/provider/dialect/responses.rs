//! OpenAI's Responses.

use serde_json::{Value, json};

use crate::models::token_usage::Usage;
use crate::prompt::Chat;
use crate::provider::dialect::{Delta, Dialect, Draft, Finish, chat};
use crate::provider::failure::Failure;
use crate::provider::{Target, dialect, failure};

pub(super) fn encode(target: &Target, chat: &Chat, path: &str) -> Draft {
    let body = json!({
        "model": target.model.id,
        "instructions": chat.system,
        "input": &chat::messages(chat)[1..],
        "max_output_tokens": chat.max_tokens,
        // Do not store the conversation at the provider.
        "store": false,
        "stream": true,
    });
    Draft { dialect: Dialect::OpenAiResponses, path: path.to_owned(), body }
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    let text = || event["delta"].as_str().unwrap_or_default();
    match event["type"].as_str() {
        // A delta without text.
        Some(name) if name.ends_with(".delta") && text().is_empty() => Ok(Vec::new()),
        Some("response.output_text.delta") => Ok(vec![Delta::Text(text().to_owned())]),
        Some("response.reasoning_text.delta" | "response.reasoning_summary_text.delta") => {
            Ok(vec![Delta::Thought(text().to_owned())])
        }
        Some("response.completed" | "response.incomplete" | "response.failed") => {
            ended(&event["response"], event["type"].as_str())
        }
        Some("response.refusal.done") => {
            Err(Failure::Refused { reason: "the model refused".to_owned() })
        }
        Some(_) => Ok(Vec::new()),
        None if event["object"] == "response" => whole(event),
        None => Err(Failure::Garbled { reason: "an event has no type".to_owned() }),
    }
}

/// Decodes an answer that was not streamed.
fn whole(response: &Value) -> Result<Vec<Delta>, Failure> {
    let items = response["output"].as_array().into_iter().flatten();
    let contents = items.filter_map(|it| it["content"].as_array()).flatten();
    let texts = contents.filter(|it| it["type"] == "output_text");
    let texts = texts.filter_map(|it| it["text"].as_str());
    let mut deltas: Vec<Delta> = texts.map(|it| Delta::Text(it.to_owned())).collect();
    let status = response["status"].as_str().unwrap_or_default();
    deltas.extend(ended(response, Some(&format!("response.{status}")))?);
    Ok(deltas)
}

fn ended(response: &Value, how: Option<&str>) -> Result<Vec<Delta>, Failure> {
    let filtered = response["incomplete_details"]["reason"] == "content_filter";
    let finish = match how {
        Some("response.failed") => return Err(failure::of_error(&response["error"])),
        Some("response.incomplete") if filtered => {
            return Err(Failure::Refused {
                reason: "the provider's filter cut the answer".to_owned(),
            });
        }
        Some("response.incomplete") => Finish::Length,
        Some("response.completed") => Finish::Stop,
        Some(_) | None => {
            return Err(Failure::Garbled { reason: "the final status is missing".to_owned() });
        }
    };
    Ok(vec![Delta::Usage(usage(&response["usage"])), Delta::Finish(finish), Delta::End])
}

fn usage(it: &Value) -> Usage {
    let usage = Usage {
        prompt: dialect::count(&it["input_tokens"]),
        cached: dialect::count(&it["input_tokens_details"]["cached_tokens"]),
        written: dialect::count(&it["input_tokens_details"]["cache_write_tokens"]),
        output: dialect::count(&it["output_tokens"]),
        reasoning: dialect::count(&it["output_tokens_details"]["reasoning_tokens"]),
        cost: dialect::cost(it),
        reading: None,
        writing: None,
    };
    usage.with_total(dialect::count(&it["total_tokens"]))
}
