//! The models that `setup` writes when it finds the key of a provider. Each has a price and no known end of
//! life.

use crate::provider::preset::Preset;

/// The day on which the rows were last compared with the vendors' lists of models. A test compares it with
/// the date of the price table.
#[cfg(test)]
const READ: &str = "2026-11-28";

/// The suggested models of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggested {
    /// For ghost text: a model that fills holes if the provider has one, else a small and fast one that needs
    /// no reasoning.
    pub typing: &'static str,
    /// For code actions, questions and reviews.
    pub actions: &'static str,
}

/// By kind.
const ROWS: &[(&str, Suggested)] = &[
    row("anthropic", "claude-haiku-5-5", "claude-sonnet-5-5"),
    row("cerebras", "gpt-oss-120b", "gpt-oss-120b"),
    row("codestral", "codestral-latest", "codestral-latest"),
    row("deepinfra", "deepseek-ai/DeepSeek-V4.1-Flash", "deepseek-ai/DeepSeek-V4-Pro-0813"),
    row("deepseek", "deepseek-v4-flash", "deepseek-v4-pro"),
    row(
        "fireworks",
        "accounts/fireworks/models/qwen3-coder-30b-a3b-instruct",
        "accounts/fireworks/models/qwen3-coder-480b-a35b-instruct",
    ),
    row("gemini", "gemini-3.5-flash-lite", "gemini-3.7-flash"),
    row("groq", "openai/gpt-oss-20b", "openai/gpt-oss-120b"),
    row("inception", "mercury-edit-2", "mercury-2.5"),
    row("mistral", "codestral-latest", "devstral-latest"),
    row("openai", "gpt-6-luna", "gpt-6-sol"),
    row("openrouter", "qwen/qwen3-coder-next", "openai/gpt-6-sol"),
    row("qwen", "qwen3-coder-flash", "qwen3-coder-plus"),
    row("sambanova", "gpt-oss-120b", "gpt-oss-120b"),
    row("together", "deepseek-ai/DeepSeek-V4.1-Flash", "zai-org/GLM-5.3"),
    row("xai", "grok-4.20-non-reasoning", "grok-4.7"),
];

const fn row(
    kind: &'static str,
    typing: &'static str,
    actions: &'static str,
) -> (&'static str, Suggested) {
    (kind, Suggested { typing, actions })
}

impl Preset {
    /// The suggested models; `None` if the user has to choose.
    pub fn suggested(&self) -> Option<Suggested> {
        ROWS.iter().find(|it| it.0 == self.kind).map(|it| it.1)
    }
}

impl Suggested {
    /// The models without duplicates.
    pub fn models(self) -> Vec<&'static str> {
        match self.typing == self.actions {
            true => vec![self.typing],
            false => vec![self.typing, self.actions],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::models::catalog::Catalog;
    use crate::models::token_usage::Usage;
    use crate::provider::preset;

    #[test]
    fn every_suggested_model_has_a_price_and_no_end_of_life() {
        let catalog = Catalog::built_in();
        for (kind, suggested) in ROWS {
            assert!(preset::find(kind).is_some(), "{kind}");
            for model in suggested.models() {
                let entry = catalog.find(kind, model).unwrap_or_else(|| panic!("{kind}/{model}"));
                assert_eq!(entry.deprecated, None, "{kind}/{model}");
                assert!(entry.price.is_some(), "{kind}/{model}");
            }
        }
    }

    #[test]
    fn every_hosted_kind_with_prices_suggests_models() {
        let entries = Catalog::built_in().entries();
        for it in preset::all() {
            let is_priced = entries.iter().any(|entry| entry.kind == it.kind);
            let is_search = !it.searches.is_empty();
            let expected = is_priced && !it.url.is_empty() && !it.local && !is_search;
            assert_eq!(it.suggested().is_some(), expected, "{}", it.kind);
        }
    }

    #[test]
    fn a_completion_with_every_suggested_model_costs_less_than_the_default_limit() {
        let catalog = Catalog::built_in();
        let usage = Usage { prompt: 1500, output: 40, ..Usage::default() };
        for (kind, suggested) in ROWS {
            let price = catalog.find(kind, suggested.typing).and_then(|it| it.price).unwrap();
            let cost = price.cost(&usage, UNIX_EPOCH).dollars();
            assert!(cost < 0.002, "{kind}/{}: {cost}", suggested.typing);
        }
    }

    #[test]
    fn the_rows_are_as_new_as_the_prices() {
        let prices = Catalog::built_in().origins().next().and_then(|it| it.1);
        assert!(READ.parse().ok() >= prices, "compare the rows with the new price table");
    }
}
