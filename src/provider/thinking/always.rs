//! Models that reason at length before every answer, which cannot be disabled. They are too slow for
//! suggestions while the user types. Compared with the vendors' pages on 2026-11-28.

use crate::provider::fim;

/// Prefixes of names, as whole words.
const WORDS: &[&str] = &[
    "o1",
    "o3",
    "o4",
    "qwq",
    "magistral",
    "deepseek-r1",
    "grok-code",
    "grok-4-fast",
    "grok-4-1-fast",
    "grok-4-0709",
    "grok-4-latest",
    "gemini-2.5-pro",
    "gemini-3-pro",
    "gemini-3.1-pro",
    "gemini-3.5-pro",
    "claude-opus-5-5",
    "claude-opus-5.5",
    "claude-fable-5",
];
/// Parts of names.
const PARTS: &[&str] =
    &["reasoner", "-reasoning", "-thinking", "deep-research", "codex", "minimax-m"];
/// Parts of the names of variants without reasoning.
const AT_ONCE: &[&str] = &["non-reasoning", "non-thinking"];

/// Whether a model reasons at length before every answer.
pub fn reasons(id: &str) -> bool {
    let name = fim::base(id);
    let holds = |parts: &[&str]| parts.iter().any(|it| name.contains(it));
    let begins = |word: &&str| {
        let rest = name.strip_prefix(*word);
        rest.is_some_and(|it| it.is_empty() || it.starts_with('-') || it.starts_with('.'))
    };
    let is_pro = name.starts_with("gpt-") && name.contains("-pro");
    let is_one = name == "grok-4" || is_pro || holds(PARTS) || WORDS.iter().any(begins);
    is_one && !holds(AT_ONCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::preset;

    #[test]
    fn models_that_always_reason_are_recognised_by_their_names() {
        for id in [
            "o3",
            "o4-mini",
            "openai/o1-pro",
            "gpt-5.4-pro",
            "gpt-5.1-codex-max",
            "deepseek-reasoner",
            "deepseek-ai/DeepSeek-R1-0528",
            "Qwen/Qwen3-30B-A3B-Thinking-2507",
            "magistral-medium-latest",
            "grok-4",
            "grok-4.20-0309-reasoning",
            "grok-code-fast-1",
            "gemini-3.1-pro-preview",
            "anthropic/claude-opus-5.5",
            "MiniMaxAI/MiniMax-M2.7",
        ] {
            assert!(reasons(id), "{id}");
        }
        for id in [
            "gpt-5.4-mini",
            "gpt-6-luna",
            "gpt-4o",
            "grok-4.3",
            "grok-4.20-0309-non-reasoning",
            "grok-4-fast-non-reasoning",
            "claude-opus-5",
            "gemini-3.7-flash",
            "openai/gpt-oss-120b",
            "devstral-latest",
        ] {
            assert!(!reasons(id), "{id}");
        }
    }

    #[test]
    fn suggested_models_for_typing_do_not_always_reason() {
        for preset in preset::all() {
            let Some(suggested) = preset.suggested() else { continue };
            assert!(!reasons(suggested.typing), "{}: {}", preset.kind, suggested.typing);
        }
    }
}
