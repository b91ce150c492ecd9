//! Request fields that disable or limit a model's reasoning while the user waits for a completion. Rows of
//! data. Most APIs reject unknown fields, so a model without a row gets none.
//!
//! Sources: the vendors' own guides on reasoning (OpenAI, Anthropic, Google, DeepSeek, Groq, Together,
//! DeepInfra, Fireworks, xAI, OpenRouter, Alibaba), read on 2026-11-28, and the source of Ollama, llama.cpp
//! and vLLM. Anthropic's models before version 5 reason only on request.

pub mod always;

use serde_json::Value;

use crate::provider::fim;

struct Row {
    kinds: &'static [&'static str],
    /// Prefixes of the models' names; empty for all models.
    models: &'static [&'static str],
    /// Parts of names that exclude a model.
    but: &'static [&'static str],
    /// Fields to add to the request, as JSON.
    body: &'static str,
    /// Extra output tokens for the reasoning that remains.
    spare: u32,
}

const OPENAI: &[&str] = &["openai", "azure-openai"];
/// Hosts of gpt-oss, whose reasoning cannot be disabled.
const HOSTS: &[&str] =
    &["groq", "cerebras", "together", "fireworks", "deepinfra", "sambanova", "huggingface"];
const FIXED: &[&str] = &["pro", "chat", "preview", "codex", "o1-mini", "deep-research", "search"];

const EFFORT_NONE: &str = r#"{"reasoning_effort":"none"}"#;
const EFFORT_MINIMAL: &str = r#"{"reasoning_effort":"minimal"}"#;
const EFFORT_LOW: &str = r#"{"reasoning_effort":"low"}"#;
const RESPONSES_NONE: &str = r#"{"reasoning":{"effort":"none"}}"#;
const RESPONSES_MINIMAL: &str = r#"{"reasoning":{"effort":"minimal"}}"#;
const RESPONSES_LOW: &str = r#"{"reasoning":{"effort":"low"}}"#;
const GEMINI_MINIMAL: &str =
    r#"{"generationConfig":{"thinkingConfig":{"thinkingLevel":"minimal"}}}"#;
const THINKING_OFF: &str = r#"{"thinking":{"type":"disabled"}}"#;
const ROUTED_OFF: &str = r#"{"reasoning":{"enabled":false}}"#;
const ROUTED_NONE: &str = r#"{"reasoning":{"effort":"none"}}"#;

/// Extra output tokens for reasoning at low and at minimal effort.
const LOW: u32 = 1024;
const MINIMAL: u32 = 256;

/// The first matching row applies.
const ROWS: &[Row] = &[
    row(OPENAI, &["gpt-5.", "gpt-6-"], FIXED, EFFORT_NONE, 0),
    row(OPENAI, &["gpt-5"], FIXED, EFFORT_MINIMAL, MINIMAL),
    row(OPENAI, &["o1", "o3", "o4-mini"], FIXED, EFFORT_LOW, LOW),
    row(&["openai-responses"], &["gpt-5.", "gpt-6-"], FIXED, RESPONSES_NONE, 0),
    row(&["openai-responses"], &["gpt-5"], FIXED, RESPONSES_MINIMAL, MINIMAL),
    row(&["openai-responses"], &["o1", "o3", "o4-mini"], FIXED, RESPONSES_LOW, LOW),
    // These reason by default; the larger ones always do.
    row(
        &["anthropic"],
        &["claude-opus-5-5", "claude-fable-5"],
        &[],
        r#"{"output_config":{"effort":"low"}}"#,
        LOW,
    ),
    row(
        &["anthropic"],
        &["claude-haiku-5", "claude-sonnet-5", "claude-opus-5"],
        &[],
        THINKING_OFF,
        0,
    ),
    row(
        &["gemini"],
        &["gemini-2.5-flash"],
        &["image", "tts", "live"],
        r#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}"#,
        0,
    ),
    row(
        &["gemini"],
        &["gemini-2.5-pro"],
        &[],
        r#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":128}}}"#,
        128,
    ),
    row(
        &["gemini"],
        &["gemini-3-flash", "gemini-3.1-flash", "gemini-3.5-flash", "gemini-3.7-flash"],
        &["image", "tts", "live"],
        GEMINI_MINIMAL,
        MINIMAL,
    ),
    row(
        &["gemini"],
        &["gemini-3"],
        &["image", "tts", "live"],
        r#"{"generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}}}"#,
        LOW,
    ),
    row(&["deepseek"], &["deepseek-v", "deepseek-flash"], &[], THINKING_OFF, 0),
    row(&["groq"], &["qwen3"], &[], EFFORT_NONE, 0),
    row(HOSTS, &["gpt-oss"], &[], EFFORT_LOW, LOW),
    row(
        &["together"],
        &["deepseek-v3.1", "deepseek-v4", "glm-", "kimi-k2.", "qwen3."],
        &["thinking", "instruct", "coder"],
        ROUTED_OFF,
        0,
    ),
    row(
        &["deepinfra", "fireworks"],
        &["deepseek-v3.", "deepseek-v3p", "deepseek-v4", "glm-", "kimi-k2."],
        &["thinking", "instruct", "coder"],
        EFFORT_NONE,
        0,
    ),
    row(&["xai"], &["grok-4.3"], &[], EFFORT_NONE, 0),
    row(
        &["xai"],
        &["grok-3-mini", "grok-4.5", "grok-4.6", "grok-4.7"],
        &["non-reasoning"],
        EFFORT_LOW,
        LOW,
    ),
    row(
        &["qwen"],
        &["qwen3", "qwen-plus", "qwen-flash", "qwen-turbo"],
        &["coder", "thinking", "instruct", "max"],
        r#"{"enable_thinking":false}"#,
        0,
    ),
    row(&["openrouter"], &["gpt-5.", "gpt-6"], FIXED, ROUTED_NONE, 0),
    row(&["openrouter"], &["gpt-5", "gpt-oss"], FIXED, r#"{"reasoning":{"effort":"low"}}"#, LOW),
    row(
        &["openrouter"],
        &[
            "deepseek-v",
            "deepseek-chat-v3.1",
            "qwen3",
            "glm-4",
            "glm-5",
            "kimi-k2.5",
            "kimi-k2.6",
            "claude-haiku-5",
            "claude-sonnet-5",
            "gemini-2.5-flash",
        ],
        &["coder", "thinking", "2507"],
        ROUTED_OFF,
        0,
    ),
    row(
        &["openrouter"],
        &["gemini-3-flash", "gemini-3.1-flash", "gemini-3.5-flash", "gemini-3.7-flash"],
        &["image"],
        r#"{"reasoning":{"effort":"minimal"}}"#,
        MINIMAL,
    ),
    // This model takes an effort instead of a boolean.
    row(&["ollama"], &["gpt-oss"], &[], r#"{"think":"low"}"#, LOW),
    row(&["ollama"], &[], &[], r#"{"think":false}"#, 0),
    row(
        &["llama-cpp", "vllm"],
        &["gpt-oss"],
        &[],
        r#"{"chat_template_kwargs":{"reasoning_effort":"low"}}"#,
        LOW,
    ),
    row(
        &["llama-cpp", "vllm"],
        &[],
        &[],
        r#"{"chat_template_kwargs":{"enable_thinking":false}}"#,
        0,
    ),
];

const fn row(
    kinds: &'static [&'static str],
    models: &'static [&'static str],
    but: &'static [&'static str],
    body: &'static str,
    spare: u32,
) -> Row {
    Row { kinds, models, but, body, spare }
}

/// The fields that reduce a model's reasoning as far as possible, and the extra output tokens for what
/// remains. `None` if the model has no row.
pub fn least(kind: &str, id: &str) -> Option<(Value, u32)> {
    let name = fim::base(id);
    let begins =
        |row: &Row| row.models.is_empty() || row.models.iter().any(|it| name.starts_with(it));
    let row = ROWS.iter().find(|it| {
        it.kinds.contains(&kind) && begins(it) && !it.but.iter().any(|it| name.contains(it))
    })?;
    let body = serde_json::from_str(row.body).expect("a test checks that each row is JSON");
    Some((body, row.spare))
}

/// Merges `more` into `body`, nested objects included.
pub fn merge(body: &mut Value, more: Value) {
    match (body, more) {
        (Value::Object(body), Value::Object(more)) => {
            for (key, value) in more {
                merge(body.entry(key).or_insert(Value::Null), value);
            }
        }
        (body, more) => *body = more,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::preset;

    #[test]
    fn every_row_has_known_kinds_and_valid_json() {
        for row in ROWS {
            assert!(row.kinds.iter().all(|it| preset::find(it).is_some()), "{:?}", row.kinds);
            assert!(serde_json::from_str::<Value>(row.body).unwrap().is_object(), "{}", row.body);
        }
    }

    #[test]
    fn reasoning_is_reduced_only_for_models_that_support_it() {
        let check = |kind: &str, id: &str, expected: &str| {
            let said = least(kind, id).map_or(String::new(), |it| it.0.to_string());
            assert_eq!(said, expected, "{kind}/{id}");
        };
        check("openai", "gpt-4.1-mini", "");
        check("openai", "gpt-5-mini-2025-08-07", EFFORT_MINIMAL);
        check("openai", "gpt-5.4-mini", EFFORT_NONE);
        check("openai", "gpt-5-chat-latest", "");
        check("openai", "gpt-5-pro", "");
        check("openai", "o4-mini", EFFORT_LOW);
        check("openai", "o1-preview", "");
        check("openai", "gpt-6-luna", EFFORT_NONE);
        check("openai", "gpt-6.1-sol", "");
        check("openai-responses", "gpt-5.2", RESPONSES_NONE);
        check("openai", "gpt-6-luna", EFFORT_NONE);
        check("anthropic", "claude-haiku-4-5", "");
        check("anthropic", "claude-haiku-5-5", THINKING_OFF);
        check("anthropic", "claude-sonnet-5", THINKING_OFF);
        check("anthropic", "claude-opus-5-5", r#"{"output_config":{"effort":"low"}}"#);
        check("gemini", "gemini-3.5-flash-lite", GEMINI_MINIMAL);
        check("together", "deepseek-ai/DeepSeek-V4.1-Flash", ROUTED_OFF);
        check("deepinfra", "deepseek-ai/DeepSeek-V4.1-Flash", EFFORT_NONE);
        check("xai", "grok-4.3", EFFORT_NONE);
        check("xai", "grok-4.20-0309-non-reasoning", "");
        check(
            "gemini",
            "models/gemini-2.5-flash-lite",
            r#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}"#,
        );
        check("gemini", "gemini-2.0-flash", "");
        check("groq", "qwen/qwen3-32b", EFFORT_NONE);
        check("groq", "openai/gpt-oss-20b", EFFORT_LOW);
        check("groq", "llama-3.3-70b-versatile", "");
        check("openrouter", "anthropic/claude-sonnet-4.5", "");
        check("openrouter", "qwen/qwen3-coder", "");
        check("openrouter", "deepseek/deepseek-v3.2", ROUTED_OFF);
        check("ollama", "qwen3:4b", r#"{"think":false}"#);
        check("ollama", "gpt-oss:20b", r#"{"think":"low"}"#);
        check("openai-compatible", "gpt-5", "");
    }

    #[test]
    fn merging_keeps_existing_fields() {
        let mut body = json!({ "generationConfig": { "maxOutputTokens": 9 } });
        merge(&mut body, json!({ "generationConfig": { "a": 1 }, "think": false }));
        assert_eq!(
            body,
            json!({ "generationConfig": { "maxOutputTokens": 9, "a": 1 }, "think": false })
        );
    }
}
