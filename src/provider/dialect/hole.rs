//! Encodes a hole in the target's fill format: with its family's markers, with a field of the wire format, or
//! as a question.

use crate::prompt::sized::TypedText;
use crate::prompt::{Chat, Fill, Prompt, Role, Trigger, Turn};
use crate::provider::dialect::{Dialect, Draft, completions, llama, mistral, ollama};
use crate::provider::fim::FillFormat;
use crate::provider::fim::family::FimFamily;
use crate::provider::{Target, dialect, fim, prefill};

/// Extra output tokens for reasoning that cannot be disabled, for automatic requests. At low effort, models
/// reason less than this before a line of code.
const BRIEF_THOUGHTS: u32 = 256;

pub(super) fn encode(target: &Target, fill: &Fill) -> Draft {
    // The format may have been learned to be another one since the prompt was sized.
    if !fill.typed.is_empty() && target.typed_text() == TypedText::BeforeHole {
        let prefix = [&*fill.prefix, &*fill.typed].concat();
        return encode(target, &Fill { prefix, typed: String::new(), ..fill.clone() });
    }
    match (target.model.form, target.provider.preset.fill) {
        (FillFormat::Wrapped(family), _) => {
            dialect::encode_chat(target, wrapped(family, fill), u32::MAX)
        }
        (FillFormat::Chat, _)
        | (FillFormat::Suffix | FillFormat::Infill | FillFormat::Raw(_), None) => {
            encode_question(target, fill)
        }
        (FillFormat::Infill, Some(_)) => llama::infill(target, fill),
        (FillFormat::Raw(family), Some(route)) => encode_hole(target, fill, Some(family), route),
        (FillFormat::Suffix, Some(route)) => encode_hole(target, fill, None, route),
    }
}

/// Encodes a hole with the markers of a model's family, or with a field of the wire format.
fn encode_hole(
    target: &Target,
    fill: &Fill,
    family: Option<&'static FimFamily>,
    (dialect, path): (Dialect, &str),
) -> Draft {
    match (dialect, family) {
        (Dialect::LlamaInfill, Some(family)) => llama::completion(target, fill, family),
        (Dialect::OllamaGenerate, _) => ollama::generate(target, fill, path),
        (Dialect::MistralFim, None) => mistral::fim(target, fill, path),
        (Dialect::LlamaInfill, None)
        | (Dialect::MistralFim, Some(_))
        | (
            Dialect::OpenAiChat
            | Dialect::OpenAiResponses
            | Dialect::OpenAiCompletions
            | Dialect::Anthropic
            | Dialect::Gemini
            | Dialect::OllamaChat
            | Dialect::LlamaCompletion
            | Dialect::RelayedChat
            | Dialect::RelayedMessages,
            _,
        ) => completions::encode(target, fill, path),
    }
}

/// Encodes a hole as a question. An automatic request limits reasoning, and starts the answer if the API
/// accepts that.
fn encode_question(target: &Target, fill: &Fill) -> Draft {
    match fill.trigger {
        Trigger::Invoked => dialect::encode_chat(target, fill.as_chat(), u32::MAX),
        Trigger::Automatic => {
            let preset = target.provider.preset;
            let Some(prefill) = prefill::of(preset.kind, &target.model.id) else {
                return dialect::encode_chat(target, fill.as_chat(), BRIEF_THOUGHTS);
            };
            let mut draft = dialect::encode_chat(target, fill.as_begun_chat(), BRIEF_THOUGHTS);
            prefill.mark(&mut draft.body);
            draft
        }
    }
}

/// Size of the instructions that a question adds to the text around the hole, in bytes.
pub(super) fn instructions(target: &Target, fill: &Fill) -> usize {
    if target.model.form != FillFormat::Chat {
        return 0;
    }
    let bare = Fill {
        path: fill.path.clone(),
        language: fill.language.clone(),
        parts: Vec::new(),
        prefix: String::new(),
        suffix: String::new(),
        extent: fill.extent,
        max_tokens: fill.max_tokens,
        trigger: fill.trigger,
        draft: None,
        typed: String::new(),
    };
    Prompt::Chat(bare.as_chat()).bytes()
}

/// A user message with a family's markers, as the model was trained on it.
fn wrapped(family: &'static FimFamily, fill: &Fill) -> Chat {
    Chat {
        system: "You are a code completion assistant.".to_owned(),
        parts: Vec::new(),
        turns: vec![Turn { role: Role::User, text: fim::render(family, fill) }],
        max_tokens: fill.max_tokens,
        stop: dialect::stops(fill, family.tokens),
        thinks: false,
        exact: false,
    }
}
