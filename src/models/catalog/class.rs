//! The size class of a model: small models complete, large models edit.
//!
//! Vendors that publish no sizes price their models by size, so for those the price decides. Exceptions and
//! open models have rows, which were read on the day `READ`. Without either, the number of billions in the
//! name decides; without that, the class is unknown and counts as medium. The user's own setting overrides
//! all of this.

use std::fmt;

use crate::models::price::Price;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelClass {
    Small,
    Medium,
    Large,
    /// Counts as medium; `doctor` reports it.
    Unknown,
}

/// The day on which the rows below were last compared with the vendors' pages and the price table. A test
/// compares it with the date of the price table.
#[cfg(test)]
const READ: &str = "2026-11-28";

/// Vendors that publish no sizes, by the prefixes of their models' names.
const PRICED: [&str; 8] = ["gpt-", "chatgpt-", "claude-", "gemini-", "grok-", "o1", "o3", "o4"];
/// Their models that the rows decide: open ones, and those whose price does not match their size.
const LISTED: [&str; 6] =
    ["gpt-oss", "codex-mini", "o1-mini", "o3-mini", "o4-mini", "grok-code-fast"];
/// Highest price of a small and of a medium model, in dollars per million tokens of input and of output.
const SMALL: (f64, f64) = (1.0, 5.0);
const MEDIUM: (f64, f64) = (1.5, 9.0);
const BY_PRICE: &str =
    "by its price: small up to $1 and $5 per million tokens, medium up to $1.5 and $9";

/// Parts of names in lower case, with the reason for the class. The first match wins, so specific parts come
/// first.
const ROWS: &[(&str, ModelClass, &str)] = &[
    ("codestral", ModelClass::Small, "trained to fill in code, low latency"),
    ("mercury", ModelClass::Small, "a diffusion model, built for low latency"),
    ("mamba", ModelClass::Small, "built for low latency"),
    ("starcoder", ModelClass::Small, "trained to fill in code"),
    ("qwen3-coder-next", ModelClass::Medium, "3 of 80 billion parameters active"),
    ("qwen3-coder-flash", ModelClass::Small, "the vendor's fast line"),
    ("qwen3-coder", ModelClass::Large, "the vendor's largest for code"),
    ("qwen-coder", ModelClass::Medium, "the vendor's line for code"),
    ("flash-lite", ModelClass::Small, "the vendor's smallest line"),
    ("deepseek-flash", ModelClass::Medium, "the vendor's fast line, above small models"),
    ("deepseek-v4-flash", ModelClass::Medium, "the vendor's fast line, above small models"),
    ("deepseek-v4.1-flash", ModelClass::Medium, "the vendor's fast line, above small models"),
    ("deepseek-v4p1-flash", ModelClass::Medium, "the vendor's fast line, above small models"),
    ("flash", ModelClass::Small, "the vendor's fast line"),
    ("haiku", ModelClass::Small, "the vendor's smallest line"),
    ("nano", ModelClass::Small, "the vendor's smallest line"),
    ("codex-mini", ModelClass::Medium, "a small model trained for code"),
    ("o1-mini", ModelClass::Medium, "a small model that reasons"),
    ("o3-mini", ModelClass::Medium, "a small model that reasons"),
    ("o4-mini", ModelClass::Medium, "a small model that reasons"),
    ("-mini", ModelClass::Small, "the vendor's small line"),
    ("ministral", ModelClass::Small, "the vendor's smallest line"),
    ("mistral-nemo", ModelClass::Small, "12 billion parameters"),
    ("mistral-tiny", ModelClass::Small, "the vendor's smallest line"),
    ("mistral-code-fim", ModelClass::Small, "trained to fill in code"),
    ("magistral-small", ModelClass::Medium, "24 billion parameters"),
    ("magistral-medium", ModelClass::Large, "close to the vendor's largest"),
    ("phi-4", ModelClass::Small, "14 billion parameters"),
    ("devstral-small", ModelClass::Medium, "24 billion parameters, trained for code"),
    ("mistral-small", ModelClass::Medium, "24 billion parameters"),
    ("mistral-medium", ModelClass::Large, "close to the vendor's largest"),
    ("devstral", ModelClass::Large, "the vendor's largest for code"),
    ("grok-code-fast", ModelClass::Medium, "the vendor's fast line for code"),
    ("-fast", ModelClass::Medium, "the vendor's fast line"),
    ("qwen-turbo", ModelClass::Small, "the vendor's smallest line"),
    ("-plus", ModelClass::Medium, "the vendor's middle line"),
    ("-max", ModelClass::Large, "the vendor's largest line"),
    ("-large", ModelClass::Large, "the vendor's largest line"),
    ("o1", ModelClass::Large, "a large model that reasons"),
    ("o3", ModelClass::Large, "a large model that reasons"),
    ("sonnet", ModelClass::Large, "the vendor's line for code"),
    ("opus", ModelClass::Large, "the vendor's largest line"),
    ("fable", ModelClass::Large, "the vendor's largest line"),
    ("gpt-35", ModelClass::Small, "an old model, small by current standards"),
    ("gpt-3.5", ModelClass::Small, "an old model, small by current standards"),
    ("gpt-oss-20b", ModelClass::Small, "3.6 of 21 billion parameters active"),
    ("gpt-oss-120b", ModelClass::Medium, "5 of 117 billion parameters active"),
    ("gpt-4", ModelClass::Large, "the vendor's largest line of its time"),
    ("gpt-5", ModelClass::Large, "the vendor's largest line"),
    ("gpt-6", ModelClass::Large, "the vendor's largest line"),
    ("gemini", ModelClass::Large, "the vendor's largest line"),
    ("grok", ModelClass::Large, "the vendor's largest line"),
    ("deepseek-coder-v2-lite", ModelClass::Medium, "2.4 of 16 billion parameters active"),
    ("deepseek-coder", ModelClass::Medium, "an old line for code"),
    ("deepseek", ModelClass::Large, "the vendor's largest line"),
    ("kimi", ModelClass::Large, "a trillion parameters"),
    ("glm-4.5-air", ModelClass::Medium, "12 of 106 billion parameters active"),
    ("glm-4", ModelClass::Large, "the vendor's largest line"),
    ("glm-5", ModelClass::Large, "the vendor's largest line"),
    ("minimax-m", ModelClass::Large, "the vendor's largest line"),
    ("llama4-scout", ModelClass::Medium, "17 billion active parameters"),
    ("llama4-maverick", ModelClass::Large, "17 of 400 billion parameters active"),
    ("llama-4-scout", ModelClass::Medium, "17 billion active parameters"),
    ("llama-4-maverick", ModelClass::Large, "17 of 400 billion parameters active"),
];

/// Parts that occur in models of all sizes: the number of billions, if there is one, decides before the rows.
const ALL_SIZES: [&str; 2] = ["distill", "deepseek-coder"];

const BILLIONS: &str = "by the billions of parameters in its name";
const UNKNOWN: &str = "not in the table of models; counts as medium";

/// A model's class and the reason for it.
pub fn of(model: &str, price: Option<&Price>) -> (ModelClass, &'static str) {
    let name = model.to_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    if let Some(class) = priced(name, price) {
        return (class, BY_PRICE);
    }
    let billions = billions(name);
    let is_sized = billions.is_some() && ALL_SIZES.iter().any(|it| name.contains(it));
    if let Some((_, class, reason)) =
        ROWS.iter().find(|(part, _, _)| !is_sized && holds(name, part))
    {
        return (*class, reason);
    }
    match billions {
        Some(it) if it < 16.0 => (ModelClass::Small, BILLIONS),
        Some(it) if it < 100.0 => (ModelClass::Medium, BILLIONS),
        Some(_) => (ModelClass::Large, BILLIONS),
        None => (ModelClass::Unknown, UNKNOWN),
    }
}

/// The class by price, for vendors that publish no sizes.
fn priced(name: &str, price: Option<&Price>) -> Option<ModelClass> {
    let is_priced = PRICED.iter().any(|it| name.starts_with(it));
    if !is_priced || LISTED.iter().any(|it| holds(name, it)) {
        return None;
    }
    let rates = &price?.rates;
    let (input, output) = (rates.input.dollars_per_million(), rates.output.dollars_per_million());
    let within = |most: (f64, f64)| input <= most.0 && output <= most.1;
    Some(match () {
        () if within(SMALL) => ModelClass::Small,
        () if within(MEDIUM) => ModelClass::Medium,
        () => ModelClass::Large,
    })
}

/// Whether `name` contains `part` at the start of a word: `gemini` does not contain `mini`.
fn holds(name: &str, part: &str) -> bool {
    let mut found = name.match_indices(part);
    found.any(|(at, _)| {
        part.starts_with('-') || !name[..at].ends_with(|it: char| it.is_ascii_alphabetic())
    })
}

/// The first number in a name that is followed by a `b`, in billions. A factor before an `x` multiplies it:
/// `30b-a3b` is 30, `8x7b` is 56.
fn billions(name: &str) -> Option<f64> {
    name.split(['-', '_', ':', ' ']).find_map(|word| {
        // Some names write `p` for the decimal point: `1p5b`.
        let number = word.strip_suffix('b')?.replace('p', ".");
        match number.split_once('x') {
            Some((times, each)) => Some(times.parse::<f64>().ok()? * each.parse::<f64>().ok()?),
            None => number.parse().ok(),
        }
    })
}

impl ModelClass {
    /// Parses a class from the settings.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Small, Self::Medium, Self::Large].into_iter().find(|it| it.to_string() == text)
    }

    /// The class to use for choosing models.
    pub fn counts_as(self) -> Self {
        match self {
            Self::Unknown => Self::Medium,
            Self::Small | Self::Medium | Self::Large => self,
        }
    }
}

impl fmt::Display for ModelClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Unknown => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::catalog::Catalog;

    #[test]
    fn the_name_determines_the_class() {
        for (model, class) in [
            ("claude-haiku-4-5", ModelClass::Small),
            ("claude-sonnet-5", ModelClass::Large),
            ("gemini-2.5-flash-lite", ModelClass::Small),
            ("gemini-3-pro", ModelClass::Large),
            ("gpt-5-mini", ModelClass::Small),
            ("gpt-5", ModelClass::Large),
            ("openai/gpt-oss-120b", ModelClass::Medium),
            ("codestral-2508", ModelClass::Small),
            ("deepseek-v4-flash", ModelClass::Medium),
            ("accounts/fireworks/models/kimi-k2", ModelClass::Large),
            ("Qwen/Qwen2.5-7B-Instruct", ModelClass::Small),
            ("qwen3-30b-a3b", ModelClass::Medium),
            ("mixtral-8x7b-instruct", ModelClass::Medium),
            ("mixtral-8x22b", ModelClass::Large),
            ("Meta-Llama-3.1-405B-Instruct", ModelClass::Large),
            ("deepseek-r1-distill-qwen-1p5b", ModelClass::Small),
            ("deepseek-coder-33b-instruct", ModelClass::Medium),
            ("o3-pro", ModelClass::Large),
            ("minimax-m3", ModelClass::Large),
            ("foo1", ModelClass::Unknown),
            ("my-own", ModelClass::Unknown),
            ("", ModelClass::Unknown),
        ] {
            assert_eq!(of(model, None).0, class, "{model}");
        }
    }

    #[test]
    fn the_price_overrides_the_name() {
        let catalog = Catalog::built_in();
        for (kind, model, class) in [
            ("openai", "gpt-6-luna", ModelClass::Small),
            ("azure-openai", "us/gpt-6-luna", ModelClass::Small),
            ("openai", "gpt-5.6-luna", ModelClass::Small),
            ("openai", "gpt-6-sol", ModelClass::Large),
            ("openai", "gpt-5.4-mini", ModelClass::Small),
            ("openai", "o4-mini", ModelClass::Medium),
            ("anthropic", "claude-haiku-5-5", ModelClass::Small),
            ("anthropic", "claude-sonnet-5-5", ModelClass::Large),
            ("gemini", "gemini-3.7-flash", ModelClass::Small),
            ("gemini", "gemini-3.5-flash", ModelClass::Medium),
            ("xai", "grok-4.7", ModelClass::Large),
            // Open models are cheap for their size, so their rows decide.
            ("deepseek", "deepseek-v4-flash", ModelClass::Medium),
            ("mistral", "mistral-large-3", ModelClass::Large),
            ("groq", "openai/gpt-oss-120b", ModelClass::Medium),
        ] {
            let entry = catalog.find(kind, model).unwrap_or_else(|| panic!("{kind}/{model}"));
            assert_eq!(entry.class, class, "{kind}/{model}: {}", entry.reason);
        }
    }

    #[test]
    fn the_rows_are_as_new_as_the_prices() {
        let prices = Catalog::built_in().origins().next().and_then(|it| it.1);
        assert!(READ.parse().ok() >= prices, "compare the rows with the new price table");
    }

    #[test]
    fn the_settings_accept_three_classes() {
        assert_eq!(ModelClass::parse("small"), Some(ModelClass::Small));
        assert_eq!(ModelClass::parse("unknown"), None);
        assert_eq!(ModelClass::Unknown.counts_as(), ModelClass::Medium);
    }

    #[test]
    fn every_row_can_be_reached() {
        for (index, (part, class, reason)) in ROWS.iter().enumerate() {
            let name = format!("x{part}");
            let name = if part.starts_with('-') { name.as_str() } else { part };
            let first = ROWS.iter().position(|(part, _, _)| holds(name, part));
            assert_eq!(first, Some(index), "{part}: {class} {reason} is never reached");
        }
    }
}
