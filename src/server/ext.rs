//! Methods beyond the standard: Copilot's notifications about a suggestion, which refine what is inferred
//! from changes of the document; and the status of the models. `editors/PROTOCOL.md` documents them.

pub(crate) mod formatting;
pub(crate) mod legacy;
pub(crate) mod next_edit;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use tower_lsp_server::gen_lsp_types::{
    Diagnostic, InlineCompletionItem, LspNotificationMethod, MessageDirection, Notification,
    Position, Range, TextDocumentIdentifier, Uri,
};

use crate::server::ext::formatting::{Formatting, lenient};

/// `textDocument/inlineCompletion` with `formattingOptions`, under its own name for the service.
pub(crate) const FORMATTED_INLINE_COMPLETION: &str = "understudy/formattedInlineCompletion";

pub(crate) const DID_SHOW: &str = "textDocument/didShowCompletion";
pub(crate) const DID_PARTIALLY_ACCEPT: &str = "textDocument/didPartiallyAcceptCompletion";

/// The next edit: the method of Copilot's clients, and our own with more data. See `next_edit`.
pub(crate) const INLINE_EDIT: &str = "textDocument/copilotInlineEdit";
pub(crate) const NEXT_EDIT: &str = "understudy/nextEdit";
pub(crate) const DID_SHOW_INLINE_EDIT: &str = "textDocument/didShowInlineEdit";

pub(crate) const DID_FOCUS: &str = "textDocument/didFocus";
pub(crate) const DID_CHANGE_STATUS: &str = "didChangeStatus";
pub(crate) const CHECK_STATUS: &str = "checkStatus";
pub(crate) const SIGN_IN: &str = "signIn";
pub(crate) const SIGN_OUT: &str = "signOut";
pub(crate) const PANEL: &str = "textDocument/copilotPanelCompletion";

/// Methods of Copilot's older clients instead of the standard's: see `legacy`.
pub(crate) const GET_COMPLETIONS: &str = "getCompletions";
pub(crate) const GET_COMPLETIONS_CYCLING: &str = "getCompletionsCycling";
pub(crate) const GET_PANEL_COMPLETIONS: &str = "getPanelCompletions";
pub(crate) const PANEL_SOLUTION: &str = "PanelSolution";
pub(crate) const PANEL_SOLUTIONS_DONE: &str = "PanelSolutionsDone";
pub(crate) const NOTIFY_SHOWN: &str = "notifyShown";
pub(crate) const NOTIFY_ACCEPTED: &str = "notifyAccepted";
pub(crate) const NOTIFY_REJECTED: &str = "notifyRejected";
pub(crate) const SET_EDITOR_INFO: &str = "setEditorInfo";
pub(crate) const GET_VERSION: &str = "getVersion";
pub(crate) const SIGN_IN_INITIATE: &str = "signInInitiate";
pub(crate) const SIGN_IN_CONFIRM: &str = "signInConfirm";
pub(crate) const STATUS_NOTIFICATION: &str = "statusNotification";

/// Requests that may have parameters, none, or null.
pub(crate) const MAY_LACK_PARAMS: [&str; 8] = [
    STATUS,
    CHECK_STATUS,
    SIGN_IN,
    SIGN_OUT,
    SET_EDITOR_INFO,
    GET_VERSION,
    SIGN_IN_INITIATE,
    SIGN_IN_CONFIRM,
];

/// The user has moved to a document, or to none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidFocus {
    #[serde(default)]
    pub(crate) text_document: Option<TextDocumentIdentifier>,
}

/// The status of the models, for Copilot's clients.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CopilotStatus {
    pub(crate) busy: bool,
    pub(crate) message: String,
    pub(crate) kind: AnswerKind,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum AnswerKind {
    Normal,
    /// A model is temporarily unavailable.
    Warning,
}

pub(crate) enum DidChangeStatus {}

impl Notification for DidChangeStatus {
    type Params = CopilotStatus;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(DID_CHANGE_STATUS);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}

/// The account that is signed in. None is required: clients that ask are told that the user is signed in.
#[derive(Debug, Serialize)]
pub(crate) struct Account {
    pub(crate) status: &'static str,
    pub(crate) user: &'static str,
}

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

/// A place at which the user wants several suggestions side by side.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Panel {
    pub(crate) text_document: TextDocumentIdentifier,
    pub(crate) position: Position,
}

/// The commands of `workspace/executeCommand`.
pub(crate) const ACT: &str = "understudy.act";
pub(crate) const MORE: &str = "understudy.more";
pub(crate) const ASK: &str = "understudy.ask";
pub(crate) const PAUSE: &str = "understudy.pause";
pub(crate) const RESUME: &str = "understudy.resume";
pub(crate) const SENT: &str = "understudy.sent";
pub(crate) const EXPLAIN: &str = "understudy.explain";
pub(crate) const NEXT_EDIT_ACCEPT: &str = "understudy.nextEdit.accept";
pub(crate) const NEXT_EDIT_REJECT: &str = "understudy.nextEdit.reject";
pub(crate) const APPLY_FINDING: &str = "understudy.review.apply";
pub(crate) const DISMISS_FINDINGS: &str = "understudy.review.dismiss";
pub(crate) const COMMANDS: [&str; 11] = [
    ACT,
    MORE,
    ASK,
    EXPLAIN,
    PAUSE,
    RESUME,
    SENT,
    NEXT_EDIT_ACCEPT,
    NEXT_EDIT_REJECT,
    APPLY_FINDING,
    DISMISS_FINDINGS,
];

/// The argument of `understudy.review.apply` and `understudy.review.dismiss`: a document, and one of its findings;
/// without one, all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FindingParams {
    pub(crate) uri: Uri,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u64>,
}

/// A request as it left this machine, with secrets masked.
#[derive(Debug, Serialize)]
pub(crate) struct SentRequest {
    /// Seconds since 1970.
    pub(crate) at: u64,
    /// `provider/model`.
    pub(crate) provider: String,
    pub(crate) url: String,
    /// The body of the request.
    pub(crate) text: String,
}

/// A command of the plugin: it asks the user for text, and runs `understudy.act` with it.
pub(crate) const INPUT: &str = "understudy.input";

/// The argument of `understudy.act` and `understudy.input`: an action, and its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Act {
    pub(crate) uri: Uri,
    /// The document's version when the action was offered.
    pub(crate) version: i32,
    pub(crate) range: Range,
    /// The action's name.
    pub(crate) action: String,
    /// The user's instruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instruction: Option<String>,
    /// Diagnostics at the place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How the editor indents new lines, if the document does not show it.
    #[serde(
        default,
        rename = "formattingOptions",
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) formatting: Option<Formatting>,
}

/// The argument of `understudy.explain`: a position in a symbol.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Explain {
    pub(crate) uri: Uri,
    pub(crate) position: Position,
}

/// The argument of `understudy.more`: the actions that did not fit the menu.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct More {
    pub(crate) actions: Vec<ActionChoice>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ActionChoice {
    pub(crate) title: String,
    pub(crate) act: Act,
}

/// The argument of `understudy.ask`: a question, optionally about a place or after an answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AskParams {
    pub(crate) question: String,
    /// The `thread` of an answer.
    #[serde(default)]
    pub(crate) thread: Option<String>,
    #[serde(default)]
    pub(crate) uri: Option<Uri>,
    #[serde(default)]
    pub(crate) range: Option<Range>,
}

/// The argument of `understudy.pause` and `understudy.resume`: the place, everywhere without one, and the
/// duration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PauseParams {
    /// A document. It stands for its innermost open folder.
    #[serde(default)]
    pub(crate) uri: Option<Uri>,
    #[serde(default)]
    pub(crate) minutes: Option<NonZeroU32>,
}

pub(crate) const ANSWER: &str = "understudy/answer";

/// A piece of an answer that streams.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AnswerParams {
    /// The same for all pieces of an answer.
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) piece: AnswerPiece,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum AnswerPiece {
    Begin {
        title: String,
        /// The model that answers.
        provider: String,
        /// A follow-up question contains this value.
        thread: String,
    },
    /// Markdown.
    Delta { text: String },
    /// The text so far is void: `provider` answers instead.
    Reset { provider: String },
    End {
        provider: Option<String>,
        tokens: Option<TokensStatus>,
        /// The cost, if it is known.
        usd: Option<f64>,
        /// Why there is no answer, or why it is incomplete.
        error: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct TokensStatus {
    pub(crate) prompt: u64,
    pub(crate) output: u64,
}

pub(crate) enum AnswerNotification {}

impl Notification for AnswerNotification {
    type Params = AnswerParams;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(ANSWER);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}

pub(crate) const STATUS: &str = "understudy/status";

/// The parameters of `understudy/status`: the document.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskStatus {
    #[serde(default)]
    pub(crate) text_document: Option<TextDocumentIdentifier>,
}

/// The status of the models: the response to `understudy/status`, and the notification of a change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) state: StatusState,
    /// One line for people.
    pub(crate) message: String,
    /// The model that gave the last answer.
    pub(crate) serving: Option<String>,
    pub(crate) providers: Vec<ProviderState>,
    /// Dollars spent today, in UTC, by all windows; `None` without a provider.
    pub(crate) spent_today: Option<f64>,
    /// The pause in effect.
    pub(crate) paused: Option<Paused>,
    /// What is blocked for the document, the widest first.
    pub(crate) blocked: Vec<Blocked>,
    /// Why the last completion request in the document showed nothing, if it showed nothing.
    pub(crate) silence: Option<SilenceStatus>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SilenceStatus {
    /// One line for people.
    pub(crate) message: String,
    /// Time of the last request with this reason, in seconds since 1970.
    pub(crate) at: u64,
    /// Number of requests in the last minutes with this reason.
    pub(crate) count: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Paused {
    /// The folder's path; `None` means everywhere.
    pub(crate) folder: Option<String>,
    /// When it ends, in seconds since 1970.
    pub(crate) until: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Blocked {
    /// `everything`, `unasked`, `nextEdits`, or the `provider/model` that gets no requests.
    pub(crate) what: String,
    pub(crate) rule: String,
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatusState {
    /// All models are available.
    Ok,
    /// Some models are unavailable.
    Degraded,
    /// Only the built-in model answers.
    Embedded,
    /// The user has paused suggestions.
    Paused,
    /// A rule forbids all suggestions in this document.
    Blocked,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderState {
    /// `provider/model`.
    pub(crate) name: String,
    pub(crate) up: bool,
    /// Why it is unavailable.
    pub(crate) reason: Option<String>,
}

/// The status as a notification.
pub(crate) enum StatusChanged {}

impl Notification for StatusChanged {
    type Params = Status;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(STATUS);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}
