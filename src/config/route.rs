//! Routes, limits of cost and duration, spending limits, the network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::provider::Dollars;

/// Default limit of the cost of an explanation in hover, in dollars.
const HOVER: f64 = 0.0005;

/// Which models receive requests. A list contains groups, best first. The models of a group are equivalent,
/// and the one with the best value answers: `[["home/qwen", "deepseek/deepseek-v4-flash"],
/// ["anthropic/sonnet"]]`. A provider's name alone means all its models. If a list is left out, the models'
/// classes decide.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Route {
    /// For suggestions. If the list is left out, models that fill in the middle come first, then chat models,
    /// which complete at the end of a line while you type. A chat model in this list completes anywhere in a
    /// line, even if it reasons first or searches the web.
    pub complete: Vec<Group>,
    /// For actions that change or write code.
    pub edit: Vec<Group>,
    /// For explanations, questions, reviews and commit messages.
    pub explain: Vec<Group>,
    /// For the next edit, where no model-free suggestion is due. If the list is left out, only models that
    /// were trained for next edits and cost nothing receive these requests: Zeta and Sweep on this machine.
    /// A model that costs money is used only if it is in this list: `["inception/mercury-edit-2"]`. Chat
    /// models work too, with fewer suggestions. A request follows a pause in typing.
    pub next_edit: Vec<Group>,
    /// Order within a group: `"cheapest"` (a second of waiting counts as $0.002), `"fastest"`, or `"listed"`
    /// for the order of the list.
    pub prefer: PreferSetting,
    /// Dollars that a second of waiting counts as; 0 compares only prices.
    pub a_second: Dollars,
    /// Whether models with answers that you keep count as cheaper than they are.
    pub learn: bool,
    /// Whether a later group is tried if no model of the earlier groups can answer.
    pub spill: bool,
    /// `"never"` excludes providers that train on requests, or may do so; `"allow"` includes them.
    pub training: TrainingSetting,
}

/// One model, or several equivalent models.
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

/// Limits of the cost and the duration of answers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitConfig {
    /// For suggestions.
    pub complete: CompleteLimit,
    /// For code actions and questions.
    pub edit: EditLimit,
    /// For explanations in hover.
    pub hover: HoverLimit,
    /// For the text that follows a suggestion.
    pub ahead: PrefetchLimit,
    /// For next edits.
    pub next_edit: NextEditLimit,
}

/// Limits of next edits.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NextEditLimit {
    /// Highest cost of one request for the next edit, prompt included, in dollars.
    pub usd: Dollars,
}

/// Limits of requests for the text that follows a suggestion.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PrefetchLimit {
    /// Dollars per day; with 0, only free models are used.
    pub usd_per_day: Dollars,
}

/// Limits of hover.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HoverLimit {
    /// Highest cost of an explanation in dollars. If it is left out, the lower of 0.0005 and
    /// `limit.complete.usd`.
    pub usd: Option<Dollars>,
}

/// Limits of code actions and questions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditLimit {
    /// Highest duration of an answer, in milliseconds.
    pub total_ms: u32,
    /// Cost in dollars above which you are asked for confirmation before the request is sent.
    pub ask_above_usd: Dollars,
}

/// Limits of suggestions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CompleteLimit {
    /// Time to the first token, in milliseconds. A model that usually needs longer is used only if no other
    /// model can answer.
    pub first_token_ms: u32,
    /// Time after which a suggestion is no longer shown, in milliseconds. A model on this machine is waited for
    /// longer if nothing else can answer.
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
    /// Dollars per day.
    pub usd_per_day: Option<Dollars>,
    /// Dollars per calendar month.
    pub usd_per_month: Option<Dollars>,
    /// Requests per day.
    pub requests_per_day: Option<u32>,
    /// Tokens per day, of prompts and answers.
    pub tokens_per_day: Option<u32>,
}

/// Connections to providers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// URL of a proxy (default: the proxy of the system or of its environment variables).
    /// Connections to this machine use no proxy.
    pub proxy: Option<String>,
    /// A PEM file of certificates to trust in addition to the system's: certificates of authorities, or a
    /// server's own self-signed certificate, as `openssl req -x509` creates it. If such a certificate names
    /// hosts (`subjectAltName`), the URL must use one of them; otherwise it is accepted for every host.
    pub ca_file: Option<String>,
}

/// The download of models for the built-in engine, by `understudy model add`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSource {
    /// URL of a mirror: a folder that contains the models' files under their own names (default: the
    /// repository of each model's maker). The files' hashes are the same.
    pub source: Option<String>,
}

/// A folder with code that may be sent only to the listed providers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// Path of the folder; `~` is your home folder.
    pub path: String,
    /// Names of the providers that may receive its code; `[]` allows none.
    pub only: Vec<String>,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            complete: Vec::new(),
            edit: Vec::new(),
            explain: Vec::new(),
            next_edit: Vec::new(),
            prefer: PreferSetting::Cheapest,
            a_second: dollars(0.002),
            learn: true,
            spill: true,
            training: TrainingSetting::Never,
        }
    }
}

impl LimitConfig {
    /// Highest cost of an explanation in hover, in dollars.
    pub fn of_hover(&self) -> Dollars {
        let usual = dollars(HOVER);
        let least = if self.complete.usd < usual { self.complete.usd } else { usual };
        self.hover.usd.unwrap_or(least)
    }
}

impl Route {
    /// The names of the lists, with their groups.
    pub fn lists(&self) -> [(&'static str, &[Group]); 4] {
        [
            ("complete", &self.complete),
            ("edit", &self.edit),
            ("explain", &self.explain),
            ("next_edit", &self.next_edit),
        ]
    }
}

impl Default for CompleteLimit {
    fn default() -> Self {
        Self { first_token_ms: 600, total_ms: 2500, usd: dollars(0.002) }
    }
}

impl Default for NextEditLimit {
    fn default() -> Self {
        Self { usd: dollars(0.005) }
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
