//! Actions that a user or a workspace defines: words alone, whoever answers them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// An action of your own, offered in the menu of code actions beside ours. A workspace's
/// `.understudy.toml` may add some: words, but nobody to send them to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What commands call it; one of ours by that name is replaced.
    pub name: String,
    /// What the menu says.
    pub title: String,
    /// What the model is told to do with the selection.
    pub instruction: String,
    /// `"edit"` changes the selection, `"answer"` shows words about it.
    #[serde(default)]
    pub gives: Gives,
    /// The languages it is for, by our names; left out, all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gives {
    #[default]
    Edit,
    Answer,
}
