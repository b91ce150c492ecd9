//! Models whose API continues an answer that the request begins. Rows of data. Newer models reject a
//! conversation that ends with the assistant, so a model without a row gets no prefilled answer.
//!
//! Sources, read on 2026-11-28: Anthropic's migration guides (prefill is rejected from Claude 4.6 on, and by
//! Haiku 5.5), Mistral's guide on prefixes.

use serde_json::Value;

use crate::provider::fim;

/// How the request marks the start of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefill {
    /// As the last message.
    Message,
    /// As the last message, with `"prefix": true`.
    Flagged,
}

struct Row {
    kinds: &'static [&'static str],
    /// Prefixes of the models' names; empty for all models.
    models: &'static [&'static str],
    prefill: Prefill,
}

const ROWS: &[Row] = &[
    Row {
        kinds: &["anthropic"],
        models: &[
            "claude-3",
            "claude-haiku-4-5",
            "claude-sonnet-4-0",
            "claude-sonnet-4-2",
            "claude-sonnet-4-5",
            "claude-opus-4-0",
            "claude-opus-4-1",
            "claude-opus-4-2",
            "claude-opus-4-5",
        ],
        prefill: Prefill::Message,
    },
    Row { kinds: &["mistral", "codestral"], models: &[], prefill: Prefill::Flagged },
];

/// How a model's answer can be prefilled; `None` if it cannot or nothing is known.
pub fn of(kind: &str, id: &str) -> Option<Prefill> {
    let name = fim::base(id);
    let begins = |it: &Row| it.models.is_empty() || it.models.iter().any(|it| name.starts_with(it));
    ROWS.iter().find(|it| it.kinds.contains(&kind) && begins(it)).map(|it| it.prefill)
}

impl Prefill {
    /// Marks the last message of a request's body.
    pub fn mark(self, body: &mut Value) {
        let last = body["messages"].as_array_mut().and_then(|it| it.last_mut());
        match (self, last) {
            (Self::Flagged, Some(last)) => last["prefix"] = true.into(),
            (Self::Flagged | Self::Message, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::preset;

    #[test]
    fn only_models_that_continue_an_answer_get_a_prefilled_one() {
        assert!(ROWS.iter().flat_map(|it| it.kinds).all(|it| preset::find(it).is_some()));
        for (kind, id, expected) in [
            ("anthropic", "claude-haiku-4-5-20251001", Some(Prefill::Message)),
            ("anthropic", "claude-3-5-haiku-latest", Some(Prefill::Message)),
            ("anthropic", "claude-sonnet-4-20250514", Some(Prefill::Message)),
            ("anthropic", "claude-sonnet-4-6", None),
            ("anthropic", "claude-opus-4-8", None),
            ("anthropic", "claude-haiku-5-5", None),
            ("mistral", "devstral-latest", Some(Prefill::Flagged)),
            ("gemini", "gemini-3.5-flash-lite", None),
            ("openai", "gpt-5.4-mini", None),
        ] {
            assert_eq!(of(kind, id), expected, "{kind}/{id}");
        }
    }
}
