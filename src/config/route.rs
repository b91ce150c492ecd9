//! Who is asked for what, how long is waited, and what may be spent.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::config::provider::Dollars;

/// Who is asked. The list holds groups, best first; the models of a group are equals, and the best
/// value among them answers: `[["home/qwen", "deepseek/deepseek-v4-flash"], ["anthropic/sonnet"]]`.
/// A provider's name alone means all its models. Left out, models are asked by how able they are.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Route {
    /// For ghost text. Left out, models that fill holes come first, then chat models, which complete at the
    /// end of a line while you type. A chat model that is named here completes anywhere, also one that reasons
    /// first or searches the web.
    pub complete: Vec<Group>,
    /// For code that is changed or written.
    pub edit: Vec<Group>,
    /// For explanations, questions, reviews and commit messages.
    pub explain: Vec<Group>,
    /// What counts within a group: `"cheapest"`, `"fastest"`, or `"listed"` for your own order.
    pub prefer: Prefer,
    /// Dollars that one second less of waiting is worth to you; 0 looks at the price alone.
    pub a_second: Dollars,
    /// Whether models whose answers you keep count as cheaper.
    pub learn: bool,
    /// Whether a later group is asked when the earlier ones cannot answer.
    pub spill: bool,
    /// `"never"` leaves out whoever trains on what it is sent, or may; `"allow"` asks them too.
    pub training: Training,
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
pub enum Prefer {
    #[default]
    Cheapest,
    Fastest,
    Listed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Training {
    #[default]
    Never,
    Allow,
}

/// How long is waited for an answer, and what one may cost.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// For ghost text.
    pub complete: Complete,
    /// For code actions and questions.
    pub edit: Edit,
    /// For explanations of symbols that nobody asked for by name.
    pub hover: Hover,
    /// For what `complete.ahead` has written before you come to it.
    pub ahead: Ahead,
}

/// Limits of what is asked for ahead.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ahead {
    /// The most that all of it may cost a day, in dollars; 0 asks only models that cost nothing.
    pub usd_per_day: Dollars,
}

/// Limits of hover.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hover {
    /// The most that one explanation may cost, in dollars.
    pub usd: Dollars,
}

/// Limits of code actions and questions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Edit {
    /// When an answer is waited for no longer, in milliseconds.
    pub total_ms: u32,
    /// What is dearer is asked only when you say so, in dollars.
    pub ask_above_usd: Dollars,
}

/// Limits of ghost text.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Complete {
    /// Whoever usually takes longer to begin is asked only if nobody else can, in milliseconds.
    pub first_token_ms: u32,
    /// When nothing is shown any more, in milliseconds.
    pub total_ms: u32,
    /// The most that one may cost while you type, in dollars, with the prompt that is sent. Where every model
    /// costs more, a smaller prompt is tried. One that you ask for with a key may cost up to
    /// `limit.edit.ask_above_usd` if that is more.
    pub usd: Dollars,
}

/// The most that may be spent; what is reached lets free and local models answer alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cap {
    /// Dollars a day.
    pub usd_per_day: Option<Dollars>,
    /// Dollars a calendar month.
    pub usd_per_month: Option<Dollars>,
    /// Requests a day.
    pub requests_per_day: Option<u32>,
    /// Tokens a day, of prompts and answers.
    pub tokens_per_day: Option<u32>,
}

/// How the network is reached.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// A proxy to go through; left out, the one that the system or its variables name. This machine
    /// is reached without one.
    pub proxy: Option<String>,
    /// A file of certificates to trust beside the system's, as PEM: of authorities, or a server's own
    /// self-signed certificate as `openssl req -x509` makes it. Where that names hosts
    /// (`subjectAltName`), the url must use one of them; without names it is accepted for every host.
    pub ca_file: Option<String>,
}

/// A folder that is treated more strictly than the others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// The folder; `~` is your own.
    pub path: String,
    /// Providers that code below it may be sent to; `[]` means none.
    pub only: Vec<String>,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            complete: Vec::new(),
            edit: Vec::new(),
            explain: Vec::new(),
            prefer: Prefer::Cheapest,
            a_second: dollars(0.002),
            learn: true,
            spill: true,
            training: Training::Never,
        }
    }
}

impl Route {
    /// What models are listed for, with their groups.
    pub fn lists(&self) -> [(&'static str, &[Group]); 3] {
        [("complete", &self.complete), ("edit", &self.edit), ("explain", &self.explain)]
    }
}

impl Default for Complete {
    fn default() -> Self {
        Self { first_token_ms: 600, total_ms: 2500, usd: dollars(0.002) }
    }
}

impl Default for Edit {
    fn default() -> Self {
        Self { total_ms: 60_000, ask_above_usd: dollars(0.05) }
    }
}

impl Default for Ahead {
    fn default() -> Self {
        Self { usd_per_day: dollars(0.0) }
    }
}

impl Default for Hover {
    fn default() -> Self {
        Self { usd: dollars(0.0005) }
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
