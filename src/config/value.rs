//! Types of settings that accept only some values of their TOML type.

use std::fmt;

use ignore::gitignore::GitignoreBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(extend("minimum" = 0, "maximum" = 1))]
pub struct Share(f64);

/// A pattern of paths to exclude, as in `.gitignore`: `*.sql` anywhere, `infra/prod` below any folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("format" = "glob"))]
pub struct Glob(String);

/// When suggestions are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TriggerSetting {
    #[default]
    Automatic,
    Manual,
}

/// Which edits of actions the editor shows for confirmation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReviewSetting {
    #[default]
    Auto,
    Always,
    Never,
}

/// Whether hover is shown. All values but `off` mean on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hovering {
    #[default]
    Auto,
    On,
    Cached,
    Off,
}

/// Pause in typing before a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DebounceSetting {
    By(Adaptive),
    /// In milliseconds.
    Fixed(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Adaptive {
    Adaptive,
}

/// How soon a request goes to a paid provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EagernessSetting {
    Low,
    #[default]
    Medium,
    High,
}

/// Whether the next edit is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum NextEditSetting {
    Switch(bool),
    With(Hinting),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hinting {
    Hint,
}

/// How many lines a suggestion may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinesSetting {
    #[default]
    Auto,
    Single,
    Multi,
}

/// Detail of the log. Each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl Default for NextEditSetting {
    fn default() -> Self {
        Self::Switch(true)
    }
}

impl Default for DebounceSetting {
    fn default() -> Self {
        Self::By(Adaptive::Adaptive)
    }
}

impl Share {
    /// The nearest share to a number; 0 for NaN.
    pub const fn new(share: f64) -> Self {
        Self(if share >= 1.0 {
            1.0
        } else if share > 0.0 {
            share
        } else {
            0.0
        })
    }

    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, Self::Error> {
        match (0.0..=1.0).contains(&share) {
            true => Ok(Self(share)),
            false => Err(format!("{share} is not from 0 to 1")),
        }
    }
}

impl TryFrom<String> for Glob {
    type Error = String;

    /// Refuses `!`, which would lift what another source forbids.
    fn try_from(glob: String) -> Result<Self, Self::Error> {
        if glob.starts_with('!') {
            return Err(format!("{glob}: a pattern must not start with `!`"));
        }
        match GitignoreBuilder::new("").add_line(None, &glob) {
            Ok(_) => Ok(Self(glob)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Glob {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
