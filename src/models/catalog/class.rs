//! How large a model is, by rows of our own: small ones complete, large ones edit.
//!
//! Vendors that publish no sizes price their models by them, so the price decides for those; exceptions
//! and open models are in a list of rows, read on the day `READ`. Without either, the number of billions
//! in the name decides; without that the class is unknown and counts as medium. The user's own setting
//! overrides all of it.

use std::fmt;

use crate::models::price::Price;

/// What a model is fit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelClass {
    Small,
    Medium,
    Large,
    /// Counts as medium, and `doctor` says so.
    Unknown,
}

/// The day on which the rows below were last compared with the vendors' pages and the price table.
#[cfg(test)]
const READ: &str = "2026-11-28";

/// Vendors that publish no sizes, by the beginnings of their models' names.
const PRICED: [&str; 8] = ["gpt-", "chatgpt-", "claude-", "gemini-", "grok-", "o1", "o3", "o4"];
/// Models of theirs whose rows decide: open ones, and those that are cheaper or dearer than their size.
const LISTED: [&str; 6] =
    ["gpt-oss", "codex-mini", "o1-mini", "o3-mini", "o4-mini", "grok-code-fast"];
/// The dearest small and medium models, in dollars per million tokens of input and of output.
const SMALL: (f64, f64) = (1.0, 5.0);
const MEDIUM: (f64, f64) = (1.5, 9.0);
const BY_PRICE: &str =
    "by its price: up to $1 and $5 per million tokens is small, to $1.5 and $9 medium";

/// Parts of names in lower case, and why they tell. More particular ones stand first.
const ROWS: &[(&str, ModelClass, &str)] = &[
    ("codestral", ModelClass::Small, "trained to fill in code, low latency"),
    ("mercury", ModelClass::Small, "a diffusion model, built for low latency"),
    ("mamba", ModelClass::Small, "built for low latency"),
    ("starcoder", ModelClass::Small, "trained to fill in code"),
    ("qwen3-coder-next", ModelClass::Medium, "3 billion parameters at work of 80"),
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
    ("gpt-oss-20b", ModelClass::Small, "3.6 billion parameters at work of 21"),
    ("gpt-oss-120b", ModelClass::Medium, "5 billion parameters at work of 117"),
    ("gpt-4", ModelClass::Large, "the vendor's largest line of its time"),
    ("gpt-5", ModelClass::Large, "the vendor's largest line"),
    ("gpt-6", ModelClass::Large, "the vendor's largest line"),
    ("gemini", ModelClass::Large, "the vendor's largest line"),
    ("grok", ModelClass::Large, "the vendor's largest line"),
    ("deepseek-coder-v2-lite", ModelClass::Medium, "2.4 billion parameters at work of 16"),
    ("deepseek-coder", ModelClass::Medium, "an old line for code"),
    ("deepseek", ModelClass::Large, "the vendor's largest line"),
    ("kimi", ModelClass::Large, "a trillion parameters"),
    ("glm-4.5-air", ModelClass::Medium, "12 billion parameters at work of 106"),
    ("glm-4", ModelClass::Large, "the vendor's largest line"),
    ("glm-5", ModelClass::Large, "the vendor's largest line"),
    ("minimax-m", ModelClass::Large, "the vendor's largest line"),
    ("llama4-scout", ModelClass::Medium, "17 billion parameters at work"),
    ("llama4-maverick", ModelClass::Large, "17 billion parameters at work of 400"),
    ("llama-4-scout", ModelClass::Medium, "17 billion parameters at work"),
    ("llama-4-maverick", ModelClass::Large, "17 billion parameters at work of 400"),
];

/// Names of lines whose models are of all sizes: what else a name says comes first.
const ALL_SIZES: [&str; 2] = ["distill", "deepseek-coder"];

/// Why a model without a row has the class its billions give it.
const BILLIONS: &str = "by the billions of parameters its name says";
const UNKNOWN: &str = "not in the table of models; counts as medium";

/// A model's class, and why.
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

/// The class that its price gives a model of a vendor that publishes no sizes.
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

/// Whether a name holds a part at the start of a word: `gemini` holds no `mini`.
fn holds(name: &str, part: &str) -> bool {
    let mut found = name.match_indices(part);
    found.any(|(at, _)| {
        part.starts_with('-') || !name[..at].ends_with(|it: char| it.is_ascii_alphabetic())
    })
}

/// The first number of a name that has a `b` behind it, times what stands before an `x`:
/// `30b-a3b` are 30, `8x7b` are 56.
fn billions(name: &str) -> Option<f64> {
    name.split(['-', '_', ':', ' ']).find_map(|word| {
        // Some names have no dots.
        let number = word.strip_suffix('b')?.replace('p', ".");
        match number.split_once('x') {
            Some((times, each)) => Some(times.parse::<f64>().ok()? * each.parse::<f64>().ok()?),
            None => number.parse().ok(),
        }
    })
}

impl ModelClass {
    /// A class as users write it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Small, Self::Medium, Self::Large].into_iter().find(|it| it.to_string() == text)
    }

    /// What it counts as where models are chosen.
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
    fn a_name_says_its_class() {
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
    fn the_price_of_a_model_says_more_than_a_word_of_its_name() {
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
            // Open models are cheap for their size: their rows decide.
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
    fn users_write_the_three_classes() {
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
