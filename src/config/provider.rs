//! The providers a user has set up, as they write them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::config::route::{CapConfig, TrainingSetting};

/// A provider of models: a service with a key, or a server of your own. Without any, the embedded
/// model answers alone.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Your name for it, used in `[route]` and in all output.
    pub name: Name,
    /// Its kind: `"anthropic"`, `"deepseek"`, `"ollama"`, `"llama-cpp"` and so on;
    /// `"openai-compatible"` for any other server with OpenAI's protocol.
    pub kind: String,
    /// Its base URL, if not the usual one of its kind: up to and including `/v1`, without the route of
    /// a request. `http://` is for this machine only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Permits `http://` to another machine: anyone on the network path can read your code.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure: bool,
    /// Where the key is kept, never the key itself: `{ env = "DEEPSEEK_API_KEY" }`, `{ file =
    /// "/run/secrets/key" }`, `{ command = ["pass", "show", "deepseek"] }` or `{ keyring =
    /// "deepseek" }`. Default: the usual environment variable of its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyConfig>,
    /// Models that may be asked: `["qwen2.5-coder"]`, or tables that add facts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelConfig>,
    /// For a server on this machine: the command that starts it, as `["llama-server", "--port",
    /// "8012", …]`. It is started at the first request, shared by all windows, and stopped after ten
    /// minutes without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<String>,
    /// Spending limits for it. Limits of requests and tokens also apply to models of unknown price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<CapConfig>,
    /// `"allow"` uses this provider even if it trains on requests, or if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingSetting>,
}

/// A word without `/`, since a slash parts a provider's name from its model's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct Name(String);

/// Where a key is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyConfig {
    /// In a variable of the environment.
    Env(String),
    /// In a file that holds nothing else.
    File(String),
    /// In what a command prints, program first.
    Command(Vec<String>),
    /// In the system's keyring, under this name.
    Keyring(String),
}

/// A model of a provider. What is left out is known, or found out.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// The provider's name for it.
    pub id: String,
    /// How it completes in the middle of text: `"suffix"`, `"infill"`, `"chat"`, or the family whose
    /// markers it was trained with, as `"qwen"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fim: Option<String>,
    /// Context window in tokens, prompt and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Its class, which decides where `[route]` does not: small models complete, large ones edit.
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
    pub input: Dollars,
    pub output: Dollars,
    /// For the part of the prompt that the provider had in its cache (default: the price of input).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<Dollars>,
    /// For the part of the prompt that the provider writes to its cache (default: the price of
    /// input).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Dollars>,
}

/// An amount that is not negative, in dollars.
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

/// Written by hand so that whoever pastes a key is told better, and the key is not repeated.
impl<'de> Deserialize<'de> for KeyConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Place {
            Env(String),
            File(String),
            Command(Vec<String>),
            Keyring(String),
        }
        let value = serde_json::Value::deserialize(deserializer)?;
        let place = value.is_object().then(|| Place::deserialize(value)).and_then(Result::ok);
        Ok(match place {
            Some(Place::Env(name)) => Self::Env(name),
            Some(Place::File(path)) => Self::File(path),
            Some(Place::Command(words)) if !words.is_empty() => Self::Command(words),
            Some(Place::Keyring(name)) => Self::Keyring(name),
            Some(Place::Command(_)) | None => {
                return Err(de::Error::custom(
                    "the key itself must not be written here: say where it is kept, for example \
                     { env = \"NAME\" }, { file = \"…\" } or { command = [\"…\"] }",
                ));
            }
        })
    }
}

/// A name alone says all there is to say of most models.
impl<'de> Deserialize<'de> for ModelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            id: String,
            fim: Option<String>,
            window: Option<u32>,
            class: Option<ClassSetting>,
            price: Option<PriceConfig>,
        }
        let value = serde_json::Value::deserialize(deserializer)?;
        if let serde_json::Value::String(id) = value {
            return Ok(Self { id, fim: None, window: None, class: None, price: None });
        }
        let Table { id, fim, window, class, price } =
            Table::deserialize(value).map_err(de::Error::custom)?;
        Ok(Self { id, fim, window, class, price })
    }
}

fn is_false(it: &bool) -> bool {
    !it
}
