//! What each kind of provider has in common: rows of data.

mod rows;
pub mod suggested;

use crate::provider::dialect::Dialect;
use crate::provider::fim;
use crate::provider::fim::{FillCapability, FillFormat};
use crate::provider::limits::HeaderFamily;

/// A kind of provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// As `kind` in the settings names it.
    pub kind: &'static str,
    /// The day on which this row was read against the provider's documentation.
    pub checked: &'static str,
    /// Where it answers, without a slash at its end; empty where the user must say it.
    pub url: &'static str,
    /// The variable its key usually stands in; empty where it asks for none.
    pub key: &'static str,
    pub auth: Auth,
    /// How it is asked in turns, and where below its url.
    pub chat: Option<(Dialect, &'static str)>,
    /// How it is asked to fill a hole where it has a way of its own, and where.
    pub fill: Option<(Dialect, &'static str)>,
    pub fills: Fills,
    /// What it calls the most tokens of a chat's answer.
    pub max_tokens: &'static str,
    /// Whether a chat may name texts that end its answer: reasoning models refuse that.
    pub stops: bool,
    /// Whether it is to be asked for the usage of a streamed answer.
    pub asks_usage: bool,
    /// How its rate headers are read.
    pub limits: HeaderFamily,
    /// Where it lists its models.
    pub models: &'static str,
    /// Whether it runs on the user's own machine, and so costs nothing.
    pub local: bool,
    /// Names of its models that answer from a web search begin so: they do not complete code.
    pub searches: &'static [&'static str],
    /// Whether it answers with the model it was started with, by whatever name it is asked.
    pub serves_one: bool,
}

/// Where the key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    Bearer,
    /// A header of this name.
    Header(&'static str),
}

/// Which of its models fill holes, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fills {
    /// None: they are asked in a chat.
    Never,
    /// Each.
    All(FillFormat),
    /// Those whose names begin so.
    Named(&'static [&'static str], FillFormat),
    /// Those of a family that is known, by its markers.
    Families,
}

/// Parts of the names under which several kinds sell models that answer from a web search.
const SEARCHES: [&str; 4] = ["-search-preview", "-search-api", ":online", "perplexity/sonar"];

/// The preset of this kind.
pub fn find(kind: &str) -> Option<&'static Preset> {
    rows::PRESETS.iter().find(|it| it.kind == kind)
}

/// Why there is no preset of a kind that there was once.
pub fn retired(kind: &str) -> Option<&'static str> {
    rows::RETIRED.iter().find(|it| it.0 == kind).map(|it| it.1)
}

/// All presets.
pub fn all() -> &'static [Preset] {
    rows::PRESETS
}

impl Preset {
    /// How a model of it fills a hole: as the user says, as the server says, as its name tells; else
    /// by being asked in a chat.
    pub fn form(
        &self,
        id: &str,
        said: Option<FillFormat>,
        capability: Option<FillCapability>,
    ) -> FillFormat {
        if let Some(said) = said.filter(|it| self.takes(*it)) {
            return said;
        }
        let fallback = fim::wrapped(id).map_or(FillFormat::Chat, FillFormat::Wrapped);
        match (self.fills, capability) {
            (Fills::All(form), Some(FillCapability { fills: true }) | None) => form,
            (Fills::All(_), Some(FillCapability { fills: false })) => {
                self.raw(id).unwrap_or(fallback)
            }
            (Fills::Named(names, form), _) if fim::is_one(id, names) => form,
            (Fills::Families, _) => self.raw(id).unwrap_or(fallback),
            (Fills::Never | Fills::Named(..), _) => fallback,
        }
    }

    /// Whether its wire has a way to ask so.
    pub fn takes(&self, form: FillFormat) -> bool {
        let dialect = self.fill.map(|it| it.0);
        match form {
            FillFormat::Chat | FillFormat::Wrapped(_) => self.chat.is_some(),
            FillFormat::Infill => dialect == Some(Dialect::LlamaInfill),
            FillFormat::Suffix => dialect.is_some_and(|it| it != Dialect::LlamaInfill),
            FillFormat::Raw(_) => dialect.is_some_and(|it| it != Dialect::MistralFim),
        }
    }

    /// Whether a model of it answers from a web search.
    pub fn is_search(&self, id: &str) -> bool {
        self.searches.iter().any(|it| id.starts_with(it))
            || SEARCHES.iter().any(|it| id.contains(it))
    }

    fn raw(&self, id: &str) -> Option<FillFormat> {
        self.fill.and_then(|_| fim::family(id)).map(FillFormat::Raw)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::Date;

    use super::*;

    #[test]
    fn every_row_is_whole() {
        let kinds: BTreeSet<&str> = all().iter().map(|it| it.kind).collect();
        assert_eq!(kinds.len(), all().len());
        for it in all() {
            let right = it.url.is_empty()
                || it.url.starts_with("https://")
                || it.local && it.url.starts_with("http://127.0.0.1:");
            assert!(right && !it.url.ends_with('/'), "{}", it.kind);
            assert!(it.chat.is_some() || it.fill.is_some(), "{}", it.kind);
            let paths = [it.chat.map(|it| it.1), it.fill.map(|it| it.1), Some(it.models)];
            assert!(paths.into_iter().flatten().all(|it| it.is_empty() || it.starts_with('/')));
            let fills = matches!(it.fills, Fills::Never);
            assert_eq!(fills, it.fill.is_none(), "{}", it.kind);
        }
    }

    #[test]
    fn every_row_says_when_it_was_checked() {
        for it in all() {
            let date = it.checked.parse::<Date>().ok();
            assert!(date >= "2026-11-01".parse().ok(), "{}: {:?}", it.kind, it.checked);
        }
    }

    #[test]
    fn a_retired_kind_is_no_preset_and_says_when_it_ended() {
        for (kind, said) in
            [("github-models", "shut down on 2026-07-30"), ("tgi", "archived in March 2026")]
        {
            assert_eq!(find(kind), None);
            assert!(retired(kind).is_some_and(|it| it.contains(said)), "{kind}");
        }
        assert_eq!(retired("vllm"), None);
    }

    #[test]
    fn search_models_are_known_by_their_names() {
        let perplexity = find("perplexity").unwrap();
        for model in
            ["sonar", "sonar-pro", "sonar-reasoning-pro", "perplexity/sonar", "preset/pro-search"]
        {
            assert!(perplexity.is_search(model), "{model}");
        }
        assert!(!perplexity.is_search("openai/gpt-6-luna"));
        assert!(!find("openai").unwrap().is_search("sonar"));
        assert!(find("openai").unwrap().is_search("gpt-4o-search-preview"));
        assert!(find("openrouter").unwrap().is_search("perplexity/sonar-pro"));
    }

    #[test]
    fn how_a_model_fills_is_known_exactly_or_asked_in_a_chat() {
        let check = |kind: &str, id: &str, expected: &str| {
            let form = find(kind).unwrap().form(id, None, None);
            let form = match form {
                FillFormat::Raw(family) => format!("raw {}", family.name),
                FillFormat::Wrapped(family) => format!("wrapped {}", family.name),
                FillFormat::Suffix | FillFormat::Infill | FillFormat::Chat => {
                    format!("{form:?}").to_lowercase()
                }
            };
            assert_eq!(form, expected, "{kind}/{id}");
        };
        check("mistral", "codestral-latest", "suffix");
        check("mistral", "codestral-embed", "chat");
        check("mistral", "mistral-large", "chat");
        check("vllm", "codellama/CodeLlama-7b-hf", "raw codellama");
        check("vllm", "codellama/CodeLlama-34b-hf", "chat");
        check("vllm", "codellama/CodeLlama-7b-Python-hf", "chat");
        check("deepseek", "deepseek-v4-flash", "suffix");
        check("llama-cpp", "anything", "infill");
        check("ollama", "qwen2.5-coder:1.5b", "suffix");
        check("vllm", "Qwen/Qwen2.5-Coder-7B", "raw qwen");
        check("vllm", "qwen2.5-coding-thing", "chat");
        check("vllm", "my-starcoder", "chat");
        check("together", "Qwen/Qwen3-Coder-30B-A3B-Instruct", "raw qwen");
        check("openrouter", "qwen/qwen3-coder", "wrapped qwen");
        check("openai", "gpt-5-mini", "chat");
        check("anthropic", "claude-haiku", "chat");
    }

    #[test]
    fn what_the_server_or_the_user_says_weighs_more_than_a_name() {
        let (ollama, llama) = (find("ollama").unwrap(), find("llama-cpp").unwrap());
        let cannot = Some(FillCapability { fills: false });
        assert_eq!(llama.form("smollm2", None, cannot), FillFormat::Chat);
        assert!(
            matches!(ollama.form("qwen2.5-coder", None, cannot), FillFormat::Raw(it) if it.name == "qwen")
        );
        assert_eq!(ollama.form("qwen2.5-coder", Some(FillFormat::Chat), None), FillFormat::Chat);
        // What the wire has no way to ask for is not asked for.
        assert_eq!(llama.form("x", Some(FillFormat::Suffix), None), FillFormat::Infill);
        assert_eq!(
            find("vllm").unwrap().form("x", Some(FillFormat::Infill), None),
            FillFormat::Chat
        );
    }
}
