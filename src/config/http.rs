//! Settings of the local HTTP endpoint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::provider::Dollars;

/// No model server uses this port by default.
const PORT: u16 = 7717;
/// Dollars that a chat request may cost.
const ASK_ABOVE: f64 = 1.0;

/// A local HTTP endpoint for programs that cannot use a language server. It serves the APIs of OpenAI,
/// Anthropic and llama.cpp from your models, within your limits. `understudy http` shows its state, and
/// `understudy http config` prints settings for other programs.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Whether the endpoint is served while an editor runs Understudy. `understudy http serve` serves it
    /// without an editor.
    pub enabled: bool,
    /// Port on 127.0.0.1 and ::1. The endpoint listens on no other address.
    pub port: u16,
    /// Whether each request must contain the token; `understudy http` shows the path of its file. Without a
    /// token, every program of every user of this machine can spend your money.
    pub require_token: bool,
    /// Origins of web pages that may send requests: `["http://localhost:3000"]`. All others are refused.
    pub origins: Vec<String>,
    /// Estimated cost in dollars above which a chat request is refused. Spending limits apply as well.
    pub ask_above_usd: Dollars,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            port: PORT,
            require_token: true,
            origins: Vec::new(),
            ask_above_usd: Dollars::try_from(ASK_ABOVE).expect("a constant of ours is an amount"),
        }
    }
}
