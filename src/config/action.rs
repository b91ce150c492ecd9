//! Code actions that a user or a workspace defines. They consist of text and work with any model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A code action of your own, in addition to the built-in ones. A workspace's `.understudy.toml` may add
/// actions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionConfig {
    /// Name in commands. A built-in action of the same name is replaced.
    pub name: String,
    /// Title in the menu.
    pub title: String,
    /// Instruction to the model for the selection.
    pub instruction: String,
    /// `"edit"` changes the selection, `"answer"` shows text about it.
    #[serde(default)]
    pub gives: OutputSetting,
    /// Languages in which it is offered (default: all).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputSetting {
    #[default]
    Edit,
    Answer,
}
