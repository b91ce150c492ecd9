//! OpenAI's Completions: a prompt to continue, and a suffix if the model accepts one.

use serde_json::{Value, json};

use crate::prompt::Fill;
use crate::provider::dialect::edit::RawText;
use crate::provider::dialect::{Delta, Dialect, Draft, chat};
use crate::provider::failure::Failure;
use crate::provider::fim::FillFormat;
use crate::provider::{Target, dialect, fim};

pub(super) fn encode(target: &Target, fill: &Fill, path: &str) -> Draft {
    let raw_text = |prompt| RawText {
        prompt,
        max_tokens: fill.max_tokens,
        stops: dialect::stops(fill, target.model.tokens()),
    };
    match target.model.form {
        FillFormat::Raw(family) => raw(target, raw_text(fim::render(family, fill)), path),
        FillFormat::Suffix | FillFormat::Infill | FillFormat::Wrapped(_) | FillFormat::Chat => {
            let mut draft = raw(target, raw_text(fill.prefix.clone()), path);
            draft.body["suffix"] = fill.suffix.as_str().into();
            draft
        }
    }
}

pub(super) fn raw(
    target: &Target,
    RawText { prompt, max_tokens, stops }: RawText,
    path: &str,
) -> Draft {
    let mut body = json!({
        "model": target.model.id,
        "prompt": prompt,
        "max_tokens": max_tokens,
        "temperature": 0,
        "stream": true,
    });
    if !stops.is_empty() {
        body["stop"] = json!(stops);
    }
    if target.provider.preset.log_probs {
        body["logprobs"] = 1.into();
    }
    if target.provider.preset.asks_usage {
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
