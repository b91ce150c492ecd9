//! The providers as a user configures them.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use crate::config::route::{CapConfig, TrainingSetting};

/// A provider of models: a service with a key, or your own server. Without any provider, only the built-in
/// model answers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Your name for the provider, used in `[route]` and in all output.
    pub name: Name,
    /// Kind of provider: `"anthropic"`, `"deepseek"`, `"ollama"`, `"llama-cpp"` and so on;
    /// `"openai-compatible"` for any other server with OpenAI's API; `"built-in"` for the models of
    /// `understudy model`.
    pub kind: String,
    /// Base URL, up to and including `/v1` (default: the usual URL of the kind). `http://` is allowed for
    /// this machine only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Allows `http://` to another machine: anyone on the network path can read your code.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure: bool,
    /// Where the key is stored, never the key itself: `{ env = "DEEPSEEK_API_KEY" }`, `{ file =
    /// "/run/secrets/key" }`, `{ command = ["pass", "show", "deepseek"] }` or `{ keyring = "deepseek" }`.
    /// Default: the usual environment variable of the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyConfig>,
    /// Models to use: `["qwen2.5-coder"]`, or tables with more settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelConfig>,
    /// Extra headers of each request, for gateways: `{ x-litellm-tags = "editor" }`. `{session}` in a value
    /// stands for an ID that is new in each process. Headers for credentials are refused; `key` sets them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Extra fields of each request's JSON body, for gateways: `{ user = "alice", cache = { no-cache = true } }`.
    /// They replace fields of the same name, and `{session}` is allowed as in `headers`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub body: Map<String, Value>,
    /// Command that starts a server on this machine: `["llama-server", "--port", "8012", …]`. The server
    /// starts at the first request, is shared by all windows, and stops after ten minutes without a request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<String>,
    /// Spending limits of this provider. Limits of requests and tokens also apply to models of unknown price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<CapConfig>,
    /// `"allow"` uses this provider even if it trains on requests or its policy is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingSetting>,
}

/// A word without `/`, which separates the names of a provider and a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct Name(String);

/// Where a key is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyConfig {
    /// In an environment variable.
    Env(String),
    /// In a file that contains nothing else.
    File(String),
    /// In the output of a command, given as program and arguments.
    Command(Vec<String>),
    /// In the system's keyring, under this name.
    Keyring(String),
}

/// A model of a provider. Values that are left out come from the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// The provider's name for the model.
    pub id: String,
    /// How the model completes in the middle of text: `"suffix"`, `"infill"`, `"chat"`, or the family with
    /// the markers that it was trained with, such as `"qwen"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fim: Option<String>,
    /// How the model suggests the next edit, if its name does not tell: `"zeta2"`, `"zeta2.1"`, `"sweep"`,
    /// `"mercury"` or `"chat"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_edit: Option<String>,
    /// Context window in tokens, for prompt and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Class of the model, which decides what it is used for if `[route]` does not: small models complete,
    /// large ones edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassSetting>,
    /// Price in dollars per million tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceConfig>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClassSetting {
    Small,
    Medium,
    Large,
}

/// Dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceConfig {
    /// Price of prompt tokens.
    pub input: Dollars,
    /// Price of tokens of the answer.
    pub output: Dollars,
    /// Price of prompt tokens that the provider reads from its cache (default: the price of input).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<Dollars>,
    /// Price of prompt tokens that the provider writes to its cache (default: the price of input).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Dollars>,
}

/// An amount in dollars, from 0 to 1000000.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(extend("minimum" = 0, "maximum" = 1_000_000))]
pub struct Dollars(f64);

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let odd = |it: char| it == '/' || it.is_whitespace() || it.is_control();
        match name.is_empty() || name.len() > 64 || name.contains(odd) {
            true => Err(format!("{name:.64?} is not a name: use one word without a slash")),
            false => Ok(Self(name)),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<f64> for Dollars {
    type Error = String;

    fn try_from(dollars: f64) -> Result<Self, Self::Error> {
        match (0.0..=1e6).contains(&dollars) {
            true => Ok(Self(dollars)),
            false => Err(format!("{dollars} is not an amount of dollars from 0 to 1000000")),
        }
    }
}

impl Dollars {
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Written by hand: the error for a pasted key explains the valid forms and does not repeat the key.
impl<'de> Deserialize<'de> for KeyConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum KeyPlace {
            Env(String),
            File(String),
            Command(Vec<String>),
            Keyring(String),
        }
        let value = Value::deserialize(deserializer)?;
        let place = value.is_object().then(|| KeyPlace::deserialize(value)).and_then(Result::ok);
        Ok(match place {
            Some(KeyPlace::Env(name)) => Self::Env(name),
            Some(KeyPlace::File(path)) => Self::File(path),
            Some(KeyPlace::Command(words)) if !words.is_empty() => Self::Command(words),
            Some(KeyPlace::Keyring(name)) => Self::Keyring(name),
            Some(KeyPlace::Command(_)) | None => {
                return Err(de::Error::custom(
                    "the key itself must not be written here: name the place where it is stored, for example \
                     { env = \"NAME\" }, { file = \"…\" } or { command = [\"…\"] }",
                ));
            }
        })
    }
}

/// A string stands for a model with this id and no other settings.
impl<'de> Deserialize<'de> for ModelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            id: String,
            fim: Option<String>,
            next_edit: Option<String>,
            window: Option<u32>,
            class: Option<ClassSetting>,
            price: Option<PriceConfig>,
        }
        let value = Value::deserialize(deserializer)?;
        if let Value::String(id) = value {
            return Ok(Self::named(&id));
        }
        let Table { id, fim, next_edit, window, class, price } =
            Table::deserialize(value).map_err(de::Error::custom)?;
        Ok(Self { id, fim, next_edit, window, class, price })
    }
}

impl ModelConfig {
    /// A model without settings of its own.
    pub fn named(id: &str) -> Self {
        let id = id.to_owned();
        Self { id, fim: None, next_edit: None, window: None, class: None, price: None }
    }
}

fn is_false(it: &bool) -> bool {
    !it
}
