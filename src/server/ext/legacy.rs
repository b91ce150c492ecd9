//! Methods of Copilot's clients from before the standard had inline completions. Many clients still use them.
//! A completion replaces its line from the start, and is identified by its id.

use serde::{Deserialize, Serialize};
use tower_lsp_server::gen_lsp_types::{
    LspNotificationMethod, MessageDirection, Notification, Position, Range, Uri,
};

use crate::server::ext::formatting::{Formatting, lenient};
use crate::server::ext::{AnswerKind, PANEL_SOLUTION, PANEL_SOLUTIONS_DONE, STATUS_NOTIFICATION};

/// The response to requests without a result.
pub(crate) const OK: &str = "OK";

/// The parameters of `getCompletions` and `getCompletionsCycling`.
#[derive(Debug, Deserialize)]
pub(crate) struct LegacyRequest {
    pub(crate) doc: Doc,
}

/// A place in a document.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Doc {
    pub(crate) uri: Uri,
    pub(crate) position: Position,
    #[serde(flatten, deserialize_with = "lenient")]
    pub(crate) formatting: Option<Formatting>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Completions {
    pub(crate) completions: Vec<Completion>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Completion {
    pub(crate) uuid: String,
    /// Replaces `range`, which begins at the line's start.
    pub(crate) text: String,
    pub(crate) range: Range,
    /// Shown behind the cursor, and inserted by clients that ignore the range.
    pub(crate) display_text: String,
    /// The position of the cursor.
    pub(crate) position: Position,
    pub(crate) doc_version: i32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LegacyShown {
    pub(crate) uuid: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    pub(crate) uuid: String,
    /// Number of accepted UTF-16 code units of `text`; all of it if left out.
    #[serde(default)]
    pub(crate) accepted_length: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Version {
    pub(crate) version: &'static str,
}

/// The parameters of `getPanelCompletions`. The response is a count; the solutions follow as notifications.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskPanel {
    pub(crate) doc: Doc,
    pub(crate) panel_id: String,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PanelBegun {
    pub(crate) solution_count_target: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Solution {
    pub(crate) panel_id: String,
    pub(crate) solution_id: String,
    pub(crate) range: Range,
    pub(crate) completion_text: String,
    pub(crate) display_text: String,
    pub(crate) score: f32,
}

pub(crate) enum PanelSolution {}

impl Notification for PanelSolution {
    type Params = Solution;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(PANEL_SOLUTION);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LegacyResult {
    pub(crate) panel_id: String,
    pub(crate) status: String,
}

pub(crate) enum PanelSolutionsDone {}

impl Notification for PanelSolutionsDone {
    type Params = LegacyResult;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(PANEL_SOLUTIONS_DONE);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}

/// The status of the models, for older clients.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StatusOfOld {
    pub(crate) status: AnswerKind,
    pub(crate) message: String,
}

pub(crate) enum StatusNotification {}

impl Notification for StatusNotification {
    type Params = StatusOfOld;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(STATUS_NOTIFICATION);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}
