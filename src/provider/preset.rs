//! Presets: what providers of one kind have in common, as rows of data.

mod rows;
pub mod suggested;

use crate::provider::dialect::Dialect;
use crate::provider::fim::{FillCapability, FillFormat};
use crate::provider::limits::HeaderFamily;
use crate::provider::next_edit::EditFormat;
use crate::provider::{fim, next_edit};

#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// The value of `kind` in the settings.
    pub kind: &'static str,
    /// The day on which this row was compared with the provider's documentation.
    pub checked: &'static str,
    /// Base url without a trailing slash; empty if the settings must contain it.
    pub url: &'static str,
    /// The usual environment variable of the key; empty if no key is needed.
    pub key: &'static str,
    pub auth: Auth,
    /// Wire format of chats, and the path below the base url.
    pub chat: Option<(Dialect, &'static str)>,
    /// Wire format of fills, and the path below the base url; `None` if there is no API for them.
    pub fill: Option<(Dialect, &'static str)>,
    pub fills: Fills,
    /// Path of the route for next edits in Mercury's format; `None` if there is none.
    pub edits: Option<&'static str>,
    /// Name of the field that limits the tokens of a chat's answer.
    pub max_tokens: &'static str,
    /// Whether a chat may contain stop texts: APIs of reasoning models reject them.
    pub stops: bool,
    /// Whether usage must be requested for a streamed answer.
    pub asks_usage: bool,
    /// Whether `/completions` reports the probabilities of its tokens.
    pub log_probs: bool,
    /// Spelling of the rate limit headers.
    pub limits: HeaderFamily,
    /// Path of the list of models; empty if there is none.
    pub models: &'static str,
    /// Whether it runs on the user's own machine and is free.
    pub local: bool,
    /// Prefixes of models that answer from a web search, which are not used for completion.
    pub searches: &'static [&'static str],
    /// Whether the server answers with the model it was started with, under any name.
    pub serves_one: bool,
}

/// Where a request contains the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    Bearer,
    /// In a header of this name.
    Header(&'static str),
}

/// Which of its models can fill holes, and in which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fills {
    /// None: all use a chat.
    Never,
    /// All models.
    All(FillFormat),
    /// Models with these names, optionally followed by a version.
    Named(&'static [&'static str], FillFormat),
    /// Models of a known family, with its markers.
    Families,
}

/// The kind of the engine that is a part of this program.
pub const BUILT_IN: &str = "built-in";

/// Parts of the names of models that answer from a web search, for all kinds.
const SEARCHES: [&str; 4] = ["-search-preview", "-search-api", ":online", "perplexity/sonar"];

pub fn find(kind: &str) -> Option<&'static Preset> {
    rows::PRESETS.iter().find(|it| it.kind == kind)
}

/// The reason why a kind that existed in earlier versions was removed.
pub fn retired(kind: &str) -> Option<&'static str> {
    rows::RETIRED.iter().find(|it| it.0 == kind).map(|it| it.1)
}

pub fn all() -> &'static [Preset] {
    rows::PRESETS
}

impl Preset {
    /// The fill format of a model. In order of precedence: the setting, what the server reports, the model's
    /// name; otherwise a chat.
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

    /// Whether a wire format of this kind supports a fill format.
    pub fn takes(&self, form: FillFormat) -> bool {
        let dialect = self.fill.map(|it| it.0);
        match form {
            FillFormat::Chat | FillFormat::Wrapped(_) => self.chat.is_some(),
            FillFormat::Infill => dialect == Some(Dialect::LlamaInfill),
            FillFormat::Suffix => dialect.is_some_and(|it| it != Dialect::LlamaInfill),
            FillFormat::Raw(_) => dialect.is_some_and(|it| it != Dialect::MistralFim),
        }
    }

    /// How a model is asked for the next edit: according to the setting, else the model's name, else in a
    /// chat. `None` if there is no way.
    pub fn edit_format(&self, id: &str, said: Option<EditFormat>) -> Option<EditFormat> {
        let known = || next_edit::model(id).map(|it| it.format);
        let chat = || self.chat.map(|_| EditFormat::Chat);
        let format = said.filter(|it| self.takes_edits(*it));
        format.or_else(|| known().filter(|it| self.takes_edits(*it))).or_else(chat)
    }

    /// Whether a server of this kind supports a format of next edits.
    pub fn takes_edits(&self, format: EditFormat) -> bool {
        match format {
            EditFormat::Mercury => self.edits.is_some(),
            EditFormat::Zeta2 | EditFormat::Zeta21 | EditFormat::Sweep => {
                self.fill.is_some_and(|it| it.0 != Dialect::MistralFim)
            }
            EditFormat::Chat => self.chat.is_some(),
        }
    }

    /// Whether a model answers from a web search.
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
    fn every_row_is_consistent() {
        let kinds: BTreeSet<&str> = all().iter().map(|it| it.kind).collect();
        assert_eq!(kinds.len(), all().len());
        for it in all() {
            let right = it.url.is_empty()
                || it.url.starts_with("https://")
                || it.local && it.url.starts_with("http://127.0.0.1:")
                || it.kind == BUILT_IN;
            assert!(right && !it.url.ends_with('/'), "{}", it.kind);
            assert!(it.chat.is_some() || it.fill.is_some(), "{}", it.kind);
            let paths = [it.chat.map(|it| it.1), it.fill.map(|it| it.1), Some(it.models)];
            assert!(paths.into_iter().flatten().all(|it| it.is_empty() || it.starts_with('/')));
            let fills = matches!(it.fills, Fills::Never);
            assert_eq!(fills, it.fill.is_none(), "{}", it.kind);
        }
    }

    #[test]
    fn every_row_has_the_date_of_its_last_check() {
        for it in all() {
            let date = it.checked.parse::<Date>().ok();
            assert!(date >= "2026-11-01".parse().ok(), "{}: {:?}", it.kind, it.checked);
        }
    }

    #[test]
    fn a_retired_kind_has_no_preset_but_a_reason() {
        for (kind, said) in
            [("github-models", "shut down on 2026-07-30"), ("tgi", "archived in March 2026")]
        {
            assert_eq!(find(kind), None);
            assert!(retired(kind).is_some_and(|it| it.contains(said)), "{kind}");
        }
        assert_eq!(retired("vllm"), None);
    }

    #[test]
    fn search_models_are_recognised_by_their_names() {
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
    fn a_model_without_a_known_fill_format_uses_a_chat() {
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
    fn the_setting_and_the_server_override_the_name() {
        let (ollama, llama) = (find("ollama").unwrap(), find("llama-cpp").unwrap());
        let cannot = Some(FillCapability { fills: false });
        assert_eq!(llama.form("smollm2", None, cannot), FillFormat::Chat);
        assert!(
            matches!(ollama.form("qwen2.5-coder", None, cannot), FillFormat::Raw(it) if it.name == "qwen")
        );
        assert_eq!(ollama.form("qwen2.5-coder", Some(FillFormat::Chat), None), FillFormat::Chat);
        // A fill format that the wire format does not support is ignored.
        assert_eq!(llama.form("x", Some(FillFormat::Suffix), None), FillFormat::Infill);
        assert_eq!(
            find("vllm").unwrap().form("x", Some(FillFormat::Infill), None),
            FillFormat::Chat
        );
    }
}
