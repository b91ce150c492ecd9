//! Encodes a prompt for the next edit: as text to continue, for Inception's own route, or as a question.

use serde_json::json;

use crate::prompt::edit::EditPrompt;
use crate::provider::dialect::{Dialect, Draft, completions, llama, ollama};
use crate::provider::next_edit::EditFormat;
use crate::provider::{Target, dialect};

/// Extra output tokens for reasoning that cannot be disabled.
const THOUGHTS: u32 = 512;

/// A text to continue, with a model's own markers.
pub(super) struct RawText {
    pub(super) prompt: String,
    pub(super) max_tokens: u32,
    pub(super) stops: Vec<String>,
}

pub(super) fn encode(target: &Target, prompt: &EditPrompt) -> Draft {
    let preset = target.provider.preset;
    let format = target.model.edits.unwrap_or(EditFormat::Chat);
    let raw = || RawText {
        prompt: format.render(prompt),
        max_tokens: prompt.max_tokens,
        stops: format.stops().iter().map(|it| (*it).to_owned()).collect(),
    };
    match (format, preset.edits, preset.fill) {
        (EditFormat::Mercury, Some(path), _) => mercury(target, prompt, path),
        (EditFormat::Zeta2 | EditFormat::Zeta21 | EditFormat::Sweep, _, Some((dialect, path))) => {
            match dialect {
                Dialect::LlamaInfill => llama::raw(target, raw()),
                Dialect::OllamaGenerate => ollama::raw(target, raw(), path),
                Dialect::OpenAiChat
                | Dialect::OpenAiResponses
                | Dialect::OpenAiCompletions
                | Dialect::Anthropic
                | Dialect::Gemini
                | Dialect::MistralFim
                | Dialect::OllamaChat
                | Dialect::LlamaCompletion
                | Dialect::RelayedChat
                | Dialect::RelayedMessages => completions::raw(target, raw(), path),
            }
        }
        (EditFormat::Mercury, None, _)
        | (EditFormat::Zeta2 | EditFormat::Zeta21 | EditFormat::Sweep, _, None)
        | (EditFormat::Chat, _, _) => {
            dialect::encode_chat(target, EditFormat::chat(prompt), THOUGHTS)
        }
    }
}

/// The route accepts one message and does not stream.
fn mercury(target: &Target, prompt: &EditPrompt, path: &str) -> Draft {
    let body = json!({
        "model": target.model.id,
        "messages": [{ "role": "user", "content": EditFormat::Mercury.render(prompt) }],
        "max_tokens": prompt.max_tokens,
    });
    Draft { dialect: Dialect::OpenAiChat, path: path.to_owned(), body }
}
