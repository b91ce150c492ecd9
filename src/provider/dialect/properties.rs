//! The properties of each wire format. Each is a `match` without a default, so a new format must state its own.

use crate::prompt::relay::Api;
use crate::provider::dialect::{Dialect, anthropic};
use crate::provider::sse::Framing;

impl Dialect {
    /// The API that this dialect relays, if it does.
    pub fn relays(self) -> Option<Api> {
        match self {
            Self::RelayedChat => Some(Api::ChatCompletions),
            Self::RelayedMessages => Some(Api::Messages),
            Self::OpenAiChat
            | Self::OpenAiResponses
            | Self::OpenAiCompletions
            | Self::Anthropic
            | Self::Gemini
            | Self::MistralFim
            | Self::OllamaGenerate
            | Self::OllamaChat
            | Self::LlamaInfill
            | Self::LlamaCompletion => None,
        }
    }

    /// Whether answers are chat messages, which can begin with reasoning.
    pub fn is_chat(self) -> bool {
        match self {
            Self::OpenAiChat
            | Self::OpenAiResponses
            | Self::Anthropic
            | Self::Gemini
            | Self::OllamaChat => true,
            Self::OpenAiCompletions
            | Self::MistralFim
            | Self::OllamaGenerate
            | Self::LlamaInfill
            | Self::LlamaCompletion
            | Self::RelayedChat
            | Self::RelayedMessages => false,
        }
    }

    /// Headers of every request in this format.
    pub fn headers(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Anthropic | Self::RelayedMessages => {
                vec![("anthropic-version", anthropic::VERSION.to_owned())]
            }
            Self::OpenAiChat
            | Self::OpenAiResponses
            | Self::OpenAiCompletions
            | Self::Gemini
            | Self::MistralFim
            | Self::OllamaGenerate
            | Self::OllamaChat
            | Self::LlamaInfill
            | Self::LlamaCompletion
            | Self::RelayedChat => Vec::new(),
        }
    }

    /// Whether a stream is complete after `Finish`, without `End`. For most formats with an end marker, some
    /// servers omit it.
    pub fn ends_with_finish(self) -> bool {
        match self {
            Self::Anthropic | Self::OpenAiResponses | Self::RelayedMessages => false,
            Self::OpenAiChat
            | Self::OpenAiCompletions
            | Self::Gemini
            | Self::MistralFim
            | Self::OllamaGenerate
            | Self::OllamaChat
            | Self::LlamaInfill
            | Self::LlamaCompletion
            | Self::RelayedChat => true,
        }
    }

    pub(super) fn framing(self) -> Framing {
        match self {
            Self::OllamaGenerate | Self::OllamaChat => Framing::Lines,
            Self::OpenAiChat
            | Self::OpenAiResponses
            | Self::OpenAiCompletions
            | Self::Anthropic
            | Self::Gemini
            | Self::MistralFim
            | Self::LlamaInfill
            | Self::LlamaCompletion
            | Self::RelayedChat
            | Self::RelayedMessages => Framing::Sse,
        }
    }

    /// The fields of an event or a message that only a part of an answer has.
    pub(in crate::provider) fn answer_fields(self) -> &'static [&'static str] {
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions | Self::MistralFim | Self::RelayedChat => {
                &["choices", "usage", "object"]
            }
            Self::OpenAiResponses => &["type", "delta", "response", "output"],
            Self::Anthropic | Self::RelayedMessages => {
                &["type", "delta", "content", "index", "usage"]
            }
            Self::Gemini => &["candidates", "usageMetadata", "promptFeedback"],
            Self::OllamaGenerate | Self::OllamaChat => &["response", "done"],
            Self::LlamaInfill | Self::LlamaCompletion => &["content", "tokens", "index"],
        }
    }
}
