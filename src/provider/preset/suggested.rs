//! Which of a provider's models `setup` writes down for one who has a key and no wish to choose: a
//! quick one first, an able one behind it. Each is a row of the price table, and has no end in sight.

use crate::provider::preset::Preset;

/// By kind. Who sells the models of others under a hundred names is left to its user.
const ROWS: &[(&str, &[&str])] = &[
    ("anthropic", &["claude-haiku-5-5", "claude-sonnet-5-5"]),
    ("cerebras", &["gpt-oss-120b"]),
    ("codestral", &["codestral-latest"]),
    ("deepinfra", &["deepseek-ai/DeepSeek-V4.1-Flash", "deepseek-ai/DeepSeek-V4-Pro-0813"]),
    ("deepseek", &["deepseek-v4-flash", "deepseek-v4-pro"]),
    (
        "fireworks",
        &[
            "accounts/fireworks/models/qwen3-coder-30b-a3b-instruct",
            "accounts/fireworks/models/qwen3-coder-480b-a35b-instruct",
        ],
    ),
    ("gemini", &["gemini-3.5-flash-lite", "gemini-3.7-flash"]),
    ("groq", &["openai/gpt-oss-20b", "openai/gpt-oss-120b"]),
    ("inception", &["mercury-edit-2", "mercury-2.5"]),
    ("mistral", &["codestral-latest", "devstral-latest"]),
    ("openai", &["gpt-5.4-mini", "gpt-5.6"]),
    ("qwen", &["qwen3-coder-flash", "qwen3-coder-plus"]),
    ("sambanova", &["gpt-oss-120b", "DeepSeek-V3.2"]),
    ("together", &["deepseek-ai/DeepSeek-V4.1-Flash", "zai-org/GLM-5.3"]),
    ("xai", &["grok-code-fast-1", "grok-4.7"]),
];

impl Preset {
    /// Models to begin with; none where its user has to choose.
    pub fn suggested(&self) -> &'static [&'static str] {
        ROWS.iter().find(|it| it.0 == self.kind).map_or(&[], |it| it.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::catalog::Catalog;
    use crate::provider::preset;

    #[test]
    fn every_suggested_model_is_known_and_has_no_end_in_sight() {
        let catalog = Catalog::built_in();
        for (kind, models) in ROWS {
            assert!(preset::find(kind).is_some(), "{kind}");
            for model in *models {
                let entry = catalog.find(kind, model).unwrap_or_else(|| panic!("{kind}/{model}"));
                assert_eq!(entry.deprecated, None, "{kind}/{model}");
                // Codestral's own endpoint has prices that nobody says.
                assert!(entry.price.is_some() || *kind == "codestral", "{kind}/{model}");
            }
        }
    }
}
