//! The rows. Base urls, variables and paths come from the vendors' own SDKs and documentation.

use crate::provider::dialect::Dialect;
use crate::provider::fim::FillFormat;
use crate::provider::limits::HeaderFamily;
use crate::provider::preset::{Auth, BUILT_IN, Fills, Preset};

/// The day on which the rows were last compared with the vendors' documentation. A row that is checked again
/// gets a date of its own.
const READ: &str = "2026-11-25";

/// Chat Completions without an API for fills, which most providers have in common.
const COMPATIBLE: Preset = Preset {
    kind: "",
    checked: "",
    url: "",
    key: "",
    auth: Auth::Bearer,
    chat: Some((Dialect::OpenAiChat, "/chat/completions")),
    fill: None,
    fills: Fills::Never,
    edits: None,
    max_tokens: "max_tokens",
    stops: true,
    asks_usage: true,
    log_probs: false,
    limits: HeaderFamily::OpenAi,
    models: "/models",
    local: false,
    searches: &[],
    serves_one: false,
};

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        kind: "anthropic",
        checked: READ,
        url: "https://api.anthropic.com/v1",
        key: "ANTHROPIC_API_KEY",
        auth: Auth::Header("x-api-key"),
        chat: Some((Dialect::Anthropic, "/messages")),
        asks_usage: false,
        limits: HeaderFamily::Anthropic,
        ..COMPATIBLE
    },
    Preset {
        kind: "openai",
        checked: READ,
        url: "https://api.openai.com/v1",
        key: "OPENAI_API_KEY",
        max_tokens: "max_completion_tokens",
        stops: false,
        ..COMPATIBLE
    },
    Preset {
        kind: "openai-responses",
        checked: READ,
        url: "https://api.openai.com/v1",
        key: "OPENAI_API_KEY",
        chat: Some((Dialect::OpenAiResponses, "/responses")),
        max_tokens: "max_output_tokens",
        stops: false,
        asks_usage: false,
        ..COMPATIBLE
    },
    Preset {
        kind: "azure-openai",
        checked: READ,
        url: "",
        key: "AZURE_OPENAI_API_KEY",
        auth: Auth::Header("api-key"),
        max_tokens: "max_completion_tokens",
        stops: false,
        ..COMPATIBLE
    },
    Preset {
        kind: "gemini",
        checked: READ,
        url: "https://generativelanguage.googleapis.com/v1beta",
        key: "GEMINI_API_KEY",
        auth: Auth::Header("x-goog-api-key"),
        chat: Some((Dialect::Gemini, "/models")),
        max_tokens: "maxOutputTokens",
        asks_usage: false,
        limits: HeaderFamily::None,
        ..COMPATIBLE
    },
    Preset {
        kind: "mistral",
        checked: READ,
        url: "https://api.mistral.ai/v1",
        key: "MISTRAL_API_KEY",
        fill: Some((Dialect::MistralFim, "/fim/completions")),
        fills: Fills::Named(&["codestral"], FillFormat::Suffix),
        asks_usage: false,
        limits: HeaderFamily::Mistral,
        ..COMPATIBLE
    },
    Preset {
        kind: "codestral",
        checked: READ,
        url: "https://codestral.mistral.ai/v1",
        key: "CODESTRAL_API_KEY",
        fill: Some((Dialect::MistralFim, "/fim/completions")),
        fills: Fills::All(FillFormat::Suffix),
        asks_usage: false,
        limits: HeaderFamily::Mistral,
        ..COMPATIBLE
    },
    Preset {
        kind: "deepseek",
        checked: READ,
        url: "https://api.deepseek.com",
        key: "DEEPSEEK_API_KEY",
        fill: Some((Dialect::OpenAiCompletions, "/beta/completions")),
        fills: Fills::All(FillFormat::Suffix),
        limits: HeaderFamily::None,
        log_probs: true,
        ..COMPATIBLE
    },
    Preset {
        kind: "groq",
        checked: READ,
        url: "https://api.groq.com/openai/v1",
        key: "GROQ_API_KEY",
        max_tokens: "max_completion_tokens",
        ..COMPATIBLE
    },
    Preset {
        kind: "together",
        checked: READ,
        url: "https://api.together.xyz/v1",
        key: "TOGETHER_API_KEY",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        log_probs: true,
        ..COMPATIBLE
    },
    Preset {
        kind: "cerebras",
        checked: READ,
        url: "https://api.cerebras.ai/v1",
        key: "CEREBRAS_API_KEY",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        max_tokens: "max_completion_tokens",
        limits: HeaderFamily::Cerebras,
        ..COMPATIBLE
    },
    Preset {
        kind: "openrouter",
        checked: READ,
        url: "https://openrouter.ai/api/v1",
        key: "OPENROUTER_API_KEY",
        ..COMPATIBLE
    },
    Preset {
        kind: "fireworks",
        checked: READ,
        url: "https://api.fireworks.ai/inference/v1",
        key: "FIREWORKS_API_KEY",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        log_probs: true,
        ..COMPATIBLE
    },
    Preset {
        kind: "deepinfra",
        checked: READ,
        url: "https://api.deepinfra.com/v1/openai",
        key: "DEEPINFRA_API_KEY",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        ..COMPATIBLE
    },
    Preset {
        kind: "sambanova",
        checked: READ,
        url: "https://api.sambanova.ai/v1",
        key: "SAMBANOVA_API_KEY",
        ..COMPATIBLE
    },
    Preset {
        kind: "xai",
        checked: READ,
        url: "https://api.x.ai/v1",
        key: "XAI_API_KEY",
        stops: false,
        ..COMPATIBLE
    },
    Preset {
        kind: "perplexity",
        checked: READ,
        url: "https://api.perplexity.ai",
        key: "PERPLEXITY_API_KEY",
        searches: &["sonar", "perplexity/sonar", "preset/", "pplx-"],
        asks_usage: false,
        models: "",
        ..COMPATIBLE
    },
    Preset {
        kind: "huggingface",
        checked: READ,
        url: "https://router.huggingface.co/v1",
        key: "HF_TOKEN",
        ..COMPATIBLE
    },
    Preset {
        kind: "inception",
        checked: READ,
        url: "https://api.inceptionlabs.ai/v1",
        key: "INCEPTION_API_KEY",
        fill: Some((Dialect::OpenAiCompletions, "/fim/completions")),
        fills: Fills::All(FillFormat::Suffix),
        edits: Some("/edit/completions"),
        ..COMPATIBLE
    },
    Preset {
        kind: "qwen",
        checked: READ,
        url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key: "DASHSCOPE_API_KEY",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        ..COMPATIBLE
    },
    Preset {
        kind: "ollama",
        checked: READ,
        url: "http://127.0.0.1:11434",
        chat: Some((Dialect::OllamaChat, "/api/chat")),
        fill: Some((Dialect::OllamaGenerate, "/api/generate")),
        fills: Fills::All(FillFormat::Suffix),
        max_tokens: "num_predict",
        asks_usage: false,
        limits: HeaderFamily::None,
        models: "/api/tags",
        local: true,
        ..COMPATIBLE
    },
    Preset {
        kind: "llama-cpp",
        checked: READ,
        url: "http://127.0.0.1:8080",
        chat: Some((Dialect::OpenAiChat, "/v1/chat/completions")),
        fill: Some((Dialect::LlamaInfill, "/infill")),
        fills: Fills::All(FillFormat::Infill),
        limits: HeaderFamily::None,
        models: "/v1/models",
        local: true,
        serves_one: true,
        ..COMPATIBLE
    },
    Preset {
        kind: BUILT_IN,
        checked: READ,
        // The host is not used: requests go through a socket.
        url: "http://localhost",
        chat: None,
        fill: Some((Dialect::LlamaInfill, "/infill")),
        fills: Fills::All(FillFormat::Infill),
        limits: HeaderFamily::None,
        models: "",
        local: true,
        ..COMPATIBLE
    },
    Preset {
        kind: "vllm",
        checked: READ,
        url: "http://127.0.0.1:8000/v1",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        limits: HeaderFamily::None,
        local: true,
        log_probs: true,
        ..COMPATIBLE
    },
    Preset {
        kind: "lm-studio",
        checked: READ,
        url: "http://127.0.0.1:1234/v1",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        limits: HeaderFamily::None,
        local: true,
        ..COMPATIBLE
    },
    Preset {
        kind: "openai-compatible",
        checked: READ,
        url: "",
        fill: Some((Dialect::OpenAiCompletions, "/completions")),
        fills: Fills::Families,
        ..COMPATIBLE
    },
];

/// Kinds that were removed, with a message for users who still have one in their settings.
pub(super) const RETIRED: &[(&str, &str)] = &[
    (
        "github-models",
        "GitHub Models was shut down on 2026-07-30; remove this provider, or use another kind \
         (`understudy setup` finds those that you have a key for)",
    ),
    (
        "tgi",
        "text-generation-inference (TGI) was archived in March 2026; a server that still runs is of kind \
         \"openai-compatible\" with url = \"http://127.0.0.1:8080/v1\", and vLLM is of kind \"vllm\"",
    ),
];
