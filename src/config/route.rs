//! Which model is asked for what, how long an answer may take, and what may be spent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::provider::Dollars;

/// Dollars that an explanation in hover may cost at most by default.
const HOVER: f64 = 0.0005;

/// Which models are asked. A list holds groups, best first; the models of a group are equals, and the
/// best value among them answers: `[["home/qwen", "deepseek/deepseek-v4-flash"], ["anthropic/sonnet"]]`.
/// A provider's name alone means all its models. Where a list is left out, the models' classes decide.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Route {
    /// For suggestions. Where the list is left out, models that fill holes come first, then chat models, which
    /// complete at the end of a line while you type. A chat model that is named here completes anywhere in a
    /// line, also one that reasons first or searches the web.
    pub complete: Vec<Group>,
    /// For actions that change or write code.
    pub edit: Vec<Group>,
    /// For explanations, questions, reviews and commit messages.
    pub explain: Vec<Group>,
    /// Order within a group: `"cheapest"` (a second of waiting counts as $0.002), `"fastest"`, or
    /// `"listed"` for the order you wrote.
    pub prefer: PreferSetting,
    /// Dollars that a second of waiting counts as; 0 compares prices alone.
    pub a_second: Dollars,
    /// Whether models whose answers you keep count as cheaper than they are.
    pub learn: bool,
    /// Whether a later group is asked when the earlier ones cannot answer.
    pub spill: bool,
    /// `"never"` excludes providers that train on what they are sent, or may; `"allow"` includes them.
    pub training: TrainingSetting,
}

/// One model or several that are equals.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Group {
    One(String),
    Equals(Vec<String>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PreferSetting {
    #[default]
    Cheapest,
    Fastest,
    Listed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrainingSetting {
    #[default]
    Never,
    Allow,
}

/// What an answer may cost and how long it may take.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitConfig {
    /// For suggestions.
    pub complete: CompleteLimit,
    /// For code actions and questions.
    pub edit: EditLimit,
    /// For explanations in hover.
    pub hover: HoverLimit,
    /// For the text behind a suggestion.
    pub ahead: PrefetchLimit,
}

/// Limits of what is asked for ahead.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PrefetchLimit {
    /// Dollars that it may cost a day; with 0 only models that cost nothing are asked.
    pub usd_per_day: Dollars,
}

/// Limits of hover.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HoverLimit {
    /// Dollars that an explanation may cost. Left out, 0.0005 or `limit.complete.usd`, the lower of
    /// both.
    pub usd: Option<Dollars>,
}

/// Limits of code actions and questions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditLimit {
    /// Time an answer may take, in milliseconds.
    pub total_ms: u32,
    /// Cost in dollars above which you are asked for confirmation before the request is sent.
    pub ask_above_usd: Dollars,
}

/// Limits of suggestions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CompleteLimit {
    /// Time until the first token, in milliseconds. A model that usually takes longer is asked only
    /// where no other can answer.
    pub first_token_ms: u32,
    /// Time after which a suggestion is no longer shown, in milliseconds.
    pub total_ms: u32,
    /// Highest cost of one suggestion or hover explanation, prompt included, in dollars. If every
    /// model costs more, a smaller prompt is tried. A suggestion that you request with a key may
    /// cost up to `limit.edit.ask_above_usd` if that is higher.
    pub usd: Dollars,
}

/// Spending limits. When one is reached, only free and local models are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CapConfig {
    /// Dollars a day.
    pub usd_per_day: Option<Dollars>,
    /// Dollars a calendar month.
    pub usd_per_month: Option<Dollars>,
    /// Requests a day.
    pub requests_per_day: Option<u32>,
    /// Tokens a day, of prompts and answers.
    pub tokens_per_day: Option<u32>,
}

/// Connections to providers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// URL of a proxy (default: the proxy of the system or of its environment variables).
    /// Connections to this machine use no proxy.
    pub proxy: Option<String>,
    /// A PEM file of certificates to trust in addition to the system's: of authorities, or a server's
    /// own self-signed certificate as `openssl req -x509` makes it. Where that names hosts
    /// (`subjectAltName`), the url must use one of them; without names it is accepted for every host.
    pub ca_file: Option<String>,
}

/// A folder whose code may be sent only to the listed providers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// The folder; `~` is your home.
    pub path: String,
    /// Names of the providers that its code may be sent to; `[]` means none.
    pub only: Vec<String>,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            complete: Vec::new(),
            edit: Vec::new(),
            explain: Vec::new(),
            prefer: PreferSetting::Cheapest,
            a_second: dollars(0.002),
            learn: true,
            spill: true,
            training: TrainingSetting::Never,
        }
    }
}

impl LimitConfig {
    /// Dollars that an explanation in hover may cost.
    pub fn of_hover(&self) -> Dollars {
        let usual = dollars(HOVER);
        let least = if self.complete.usd < usual { self.complete.usd } else { usual };
        self.hover.usd.unwrap_or(least)
    }
}

impl Route {
    /// What models are listed for, with their groups.
    pub fn lists(&self) -> [(&'static str, &[Group]); 3] {
        [("complete", &self.complete), ("edit", &self.edit), ("explain", &self.explain)]
    }
}

impl Default for CompleteLimit {
    fn default() -> Self {
        Self { first_token_ms: 600, total_ms: 2500, usd: dollars(0.002) }
    }
}

impl Default for EditLimit {
    fn default() -> Self {
        Self { total_ms: 60_000, ask_above_usd: dollars(0.05) }
    }
}

impl Default for PrefetchLimit {
    fn default() -> Self {
        Self { usd_per_day: dollars(0.0) }
    }
}

impl Group {
    /// The names it holds.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Equals(names) => names,
        }
    }
}

fn dollars(amount: f64) -> Dollars {
    Dollars::try_from(amount).expect("a constant of ours is an amount")
}
