//! A hole in the way a model fills one: its family's markers, a field of the wire, or a question.

use crate::prompt::{Chat, Fill, Prompt, Role, Trigger, Turn};
use crate::provider::dialect::{Dialect, Draft, completions, llama, mistral, ollama};
use crate::provider::fim::FillFormat;
use crate::provider::fim::family::FimFamily;
use crate::provider::{Target, dialect, fim, prefill};

/// Tokens that a model which cannot be kept from thinking may think before a suggestion while the user
/// types: at low effort it thinks less before a line of code.
const BRIEF_THOUGHTS: u32 = 256;

pub(super) fn encode(target: &Target, fill: &Fill) -> Draft {
    let preset = target.provider.preset;
    match (target.model.form, preset.fill) {
        (FillFormat::Wrapped(family), _) => {
            dialect::encode_chat(target, wrapped(family, fill), u32::MAX)
        }
        (FillFormat::Raw(family), Some((Dialect::LlamaInfill, _))) => {
            llama::completion(target, fill, family)
        }
        (FillFormat::Infill, Some(_)) => llama::infill(target, fill),
        (form, Some((Dialect::OllamaGenerate, path))) if form != FillFormat::Chat => {
            ollama::generate(target, fill, path)
        }
        (FillFormat::Suffix, Some((Dialect::MistralFim, path))) => mistral::fim(target, fill, path),
        (FillFormat::Suffix | FillFormat::Raw(_), Some((_, path))) => {
            completions::encode(target, fill, path)
        }
        (FillFormat::Chat | FillFormat::Suffix | FillFormat::Infill | FillFormat::Raw(_), _) => {
            encode_question(target, fill)
        }
    }
}

/// A hole as a question; while the user types with little room to think, and begun where the API takes
/// that.
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

/// Bytes of what a model that only chats is told beside the text around the hole.
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
    };
    Prompt::Chat(bare.as_chat()).bytes()
}

/// The markers of a family as a user's words, as the model was trained on them.
fn wrapped(family: &'static FimFamily, fill: &Fill) -> Chat {
    Chat {
        system: "You are a code completion assistant.".to_owned(),
        parts: Vec::new(),
        turns: vec![Turn { role: Role::User, text: fim::render(family, fill) }],
        max_tokens: fill.max_tokens,
        stop: dialect::stops(fill, family.tokens),
        thinks: false,
    }
}
