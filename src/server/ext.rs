//! Methods beyond the standard: what Copilot's clients tell of a suggestion, which refines what
//! we infer from the document's changes; and how the models are doing. `editors/PROTOCOL.md` is
//! their manual.

use serde::Deserialize;
use serde::Serialize;
use tower_lsp_server::gen_lsp_types::InlineCompletionItem;
use tower_lsp_server::gen_lsp_types::LspNotificationMethod;
use tower_lsp_server::gen_lsp_types::MessageDirection;
use tower_lsp_server::gen_lsp_types::Notification;

pub(crate) const DID_SHOW: &str = "textDocument/didShowCompletion";
pub(crate) const DID_PARTIALLY_ACCEPT: &str = "textDocument/didPartiallyAcceptCompletion";

/// An item is on the screen.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DidShowCompletion {
    pub(crate) item: InlineCompletionItem,
}

/// `accepted_length` of the item's text, in UTF-16 code units, was inserted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidPartiallyAcceptCompletion {
    pub(crate) item: InlineCompletionItem,
    pub(crate) accepted_length: usize,
}

pub(crate) const STATUS: &str = "understudy/status";

/// How the models are doing: the answer to `understudy/status`, and what is told when it changes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) state: State,
    /// One line for people.
    pub(crate) message: String,
    /// Who gave the last answer.
    pub(crate) serving: Option<String>,
    pub(crate) providers: Vec<ProviderStatus>,
    /// Dollars spent today, in UTC, by all windows; nothing where no provider is set up.
    pub(crate) spent_today: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Everybody is up.
    Ok,
    /// Somebody is out.
    Degraded,
    /// The embedded model answers alone.
    Embedded,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderStatus {
    /// `provider/model`.
    pub(crate) name: String,
    pub(crate) up: bool,
    /// Why it is out.
    pub(crate) reason: Option<String>,
}

/// The same as a notification.
pub(crate) enum StatusChanged {}

impl Notification for StatusChanged {
    type Params = Status;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(STATUS);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}
