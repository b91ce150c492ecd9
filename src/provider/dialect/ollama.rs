//! Ollama's own routes, which stream one JSON value per line.

use std::time::Duration;

use serde_json::{Value, json};

use crate::models::token_usage::Usage;
use crate::prompt::{Chat, Fill};
use crate::provider::dialect::edit::RawText;
use crate::provider::dialect::{Delta, Dialect, Draft, Finish, chat};
use crate::provider::failure::Failure;
use crate::provider::fim::FillFormat;
use crate::provider::{Target, dialect, fim};

/// Context window to request, in tokens. Without it, Ollama silently truncates prompts to a small default. It
/// is the same for all requests because another value reloads the model.
const CONTEXT_LENGTH: u32 = 8192;

pub(super) fn generate(target: &Target, fill: &Fill, path: &str) -> Draft {
    let tokens = target.model.tokens();
    let raw_text = |prompt| RawText {
        prompt,
        max_tokens: fill.max_tokens,
        stops: dialect::stops(fill, tokens),
    };
    match target.model.form {
        FillFormat::Raw(family) => raw(target, raw_text(fim::render(family, fill)), path),
        FillFormat::Suffix | FillFormat::Infill | FillFormat::Wrapped(_) | FillFormat::Chat => {
            // Ollama's template puts the model's markers around both texts and would also interpret markers
            // inside them.
            let mut draft = text(target, raw_text(fim::escape(&fill.prefix, tokens)), path);
            draft.body["suffix"] = fim::escape(&fill.suffix, tokens).into();
            draft
        }
    }
}

/// A text that no template is applied to.
pub(super) fn raw(target: &Target, text: RawText, path: &str) -> Draft {
    let mut draft = self::text(target, text, path);
    draft.body["raw"] = true.into();
    draft
}

fn text(target: &Target, RawText { prompt, max_tokens, stops }: RawText, path: &str) -> Draft {
    let body = json!({
        "model": target.model.id,
        "prompt": prompt,
        "stream": true,
        "logprobs": true,
        "options": {
            "num_predict": max_tokens,
            "num_ctx": target.model.context_length.unwrap_or(CONTEXT_LENGTH),
            "temperature": 0,
            "stop": stops,
        },
    });
    Draft { dialect: Dialect::OllamaGenerate, path: path.to_owned(), body }
}

pub(super) fn chat(target: &Target, chat: &Chat, path: &str) -> Draft {
    let mut body = json!({
        "model": target.model.id,
        "messages": chat::messages(chat),
        "stream": true,
        "options": {
            "num_predict": chat.max_tokens,
            "num_ctx": target.model.context_length.unwrap_or(CONTEXT_LENGTH),
            "stop": chat.stop,
        },
    });
    if chat.exact && dialect::is_exact(target) {
        body["options"]["temperature"] = 0.into();
    }
    Draft { dialect: Dialect::OllamaChat, path: path.to_owned(), body }
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    let mut deltas = Vec::new();
    let message = &event["message"];
    let text = event["response"].as_str().or_else(|| message["content"].as_str());
    if let Some(text) = text.filter(|it| !it.is_empty()) {
        deltas.extend(dialect::log_prob(&event["logprobs"], Some("logprob")));
        deltas.push(Delta::Text(text.to_owned()));
    }
    let thought = message["thinking"].as_str().or_else(|| event["thinking"].as_str());
    deltas.extend(thought.filter(|it| !it.is_empty()).map(|it| Delta::Thought(it.to_owned())));
    match event["done"].as_bool() {
        Some(true) => {
            let finish = match event["done_reason"].as_str() {
                Some("length") => Finish::Length,
                Some("load" | "unload") => Finish::Other,
                Some(_) | None => Finish::Stop,
            };
            let usage = Usage {
                prompt: dialect::count(&event["prompt_eval_count"]),
                output: dialect::count(&event["eval_count"]),
                reading: event["prompt_eval_duration"].as_u64().map(Duration::from_nanos),
                writing: event["eval_duration"].as_u64().map(Duration::from_nanos),
                ..Usage::default()
            };
            deltas.extend([Delta::Usage(usage), Delta::Finish(finish), Delta::End]);
        }
        Some(false) => {}
        None => return Err(Failure::Garbled { reason: "an event has no `done`".to_owned() }),
    }
    Ok(deltas)
}
