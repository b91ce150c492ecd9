//! OpenAI's Completions: a prompt to continue, and a suffix if the model accepts one.

use serde_json::{Value, json};

use crate::prompt::Fill;
use crate::provider::dialect::{Delta, Dialect, Draft, chat};
use crate::provider::failure::Failure;
use crate::provider::fim::FillFormat;
use crate::provider::{Target, dialect, fim};

pub(super) fn encode(target: &Target, fill: &Fill, path: &str) -> Draft {
    let preset = target.provider.preset;
    let form = target.model.form;
    let mut body = json!({
        "model": target.model.id,
        "max_tokens": fill.max_tokens,
        "temperature": 0,
        "stream": true,
    });
    match form {
        FillFormat::Raw(family) => body["prompt"] = fim::render(family, fill).into(),
        FillFormat::Suffix | FillFormat::Infill | FillFormat::Wrapped(_) | FillFormat::Chat => {
            body["prompt"] = fill.prefix.as_str().into();
            body["suffix"] = fill.suffix.as_str().into();
        }
    }
    let stops = dialect::stops(fill, target.model.tokens());
    if !stops.is_empty() {
        body["stop"] = json!(stops);
    }
    if preset.log_probs {
        body["logprobs"] = 1.into();
    }
    if preset.asks_usage {
        body["stream_options"] = json!({ "include_usage": true });
    }
    Draft { dialect: Dialect::OpenAiCompletions, path: path.to_owned(), body }
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    let mut deltas = Vec::new();
    if let Some(choice) = dialect::first(&event["choices"]) {
        match choice["text"].as_str() {
            Some("") => {}
            Some(text) => {
                deltas.extend(log_prob(&choice["logprobs"]));
                deltas.push(Delta::Text(text.to_owned()));
            }
            // Some servers answer this route in the form of a chat.
            None => deltas = chat::said(choice)?,
        }
        if let Some(reason) = dialect::reason(&choice["finish_reason"]) {
            deltas.push(Delta::Finish(chat::finish(reason)?));
        }
    }
    deltas.extend(chat::reported(event));
    Ok(deltas)
}

/// The first form is that of the API, the second that of chats, which some servers use here too.
fn log_prob(it: &Value) -> Option<Delta> {
    dialect::log_prob(&it["token_logprobs"], None)
        .or_else(|| dialect::log_prob(&it["content"], Some("logprob")))
}
