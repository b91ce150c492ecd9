//! Methods beyond the standard: what Copilot's clients tell of a suggestion, which refines what
//! we infer from the document's changes; and how the models are doing. `editors/PROTOCOL.md` is
//! their manual.

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

/// `textDocument/inlineCompletion` with `formattingOptions`, as the service knows it.
pub(crate) const FORMATTED_INLINE_COMPLETION: &str = "understudy/formattedInlineCompletion";

pub(crate) const DID_SHOW: &str = "textDocument/didShowCompletion";
pub(crate) const DID_PARTIALLY_ACCEPT: &str = "textDocument/didPartiallyAcceptCompletion";

/// The next edit, as Copilot's clients ask for it, and with what we know of it: see `next_edit`.
pub(crate) const INLINE_EDIT: &str = "textDocument/copilotInlineEdit";
pub(crate) const NEXT_EDIT: &str = "understudy/nextEdit";
pub(crate) const DID_SHOW_INLINE_EDIT: &str = "textDocument/didShowInlineEdit";

pub(crate) const DID_FOCUS: &str = "textDocument/didFocus";
pub(crate) const DID_CHANGE_STATUS: &str = "didChangeStatus";
pub(crate) const CHECK_STATUS: &str = "checkStatus";
pub(crate) const SIGN_IN: &str = "signIn";
pub(crate) const SIGN_OUT: &str = "signOut";
pub(crate) const PANEL: &str = "textDocument/copilotPanelCompletion";

/// What Copilot's older clients ask, and are told, in place of the standard's: see `legacy`.
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

/// Requests that come with parameters, with none, or with null.
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

/// Its user has turned to a document, or to none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidFocus {
    #[serde(default)]
    pub(crate) text_document: Option<TextDocumentIdentifier>,
}

/// How the server is doing, in the words of Copilot's clients.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CopilotStatus {
    pub(crate) busy: bool,
    pub(crate) message: String,
    pub(crate) kind: AnswerKind,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum AnswerKind {
    Normal,
    /// For a while somebody is out.
    Warning,
}

pub(crate) enum DidChangeStatus {}

impl Notification for DidChangeStatus {
    type Params = CopilotStatus;
    const METHOD: LspNotificationMethod<'static> = LspNotificationMethod::new(DID_CHANGE_STATUS);
    const MESSAGE_DIRECTION: MessageDirection = MessageDirection::ServerToClient;
}

/// Who is signed in, and where: nobody needs to be, and a client that asks is told that all is well.
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

/// A place at which several suggestions are wanted side by side.
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
pub(crate) const COMMANDS: [&str; 9] =
    [ACT, MORE, ASK, EXPLAIN, PAUSE, RESUME, SENT, NEXT_EDIT_ACCEPT, NEXT_EDIT_REJECT];

/// A request as it left this machine, secrets masked.
#[derive(Debug, Serialize)]
pub(crate) struct SentRequest {
    /// Seconds since 1970.
    pub(crate) at: u64,
    /// `provider/model`.
    pub(crate) provider: String,
    pub(crate) url: String,
    /// Its body.
    pub(crate) text: String,
}

/// A command of the glue's own: it asks its user for words, and runs `understudy.act` with them.
pub(crate) const INPUT: &str = "understudy.input";

/// What `understudy.act` and `understudy.input` take: an action, and the place it is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Act {
    pub(crate) uri: Uri,
    /// The document's when the action was offered.
    pub(crate) version: i32,
    pub(crate) range: Range,
    /// The action's name.
    pub(crate) action: String,
    /// What the user says to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instruction: Option<String>,
    /// What compilers say of the place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How the editor indents new lines, where the document does not show it.
    #[serde(
        default,
        rename = "formattingOptions",
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) formatting: Option<Formatting>,
}

/// What `understudy.explain` takes: a position in a symbol.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Explain {
    pub(crate) uri: Uri,
    pub(crate) position: Position,
}

/// What `understudy.more` takes: the actions that found no room in the menu.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct More {
    pub(crate) actions: Vec<ActionChoice>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ActionChoice {
    pub(crate) title: String,
    pub(crate) act: Act,
}

/// What `understudy.ask` takes: a question, perhaps about a place or going on from an answer.
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

/// What `understudy.pause` and `understudy.resume` take: the place, everywhere without one, and how long.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PauseParams {
    /// A document: its folder is meant, the innermost that is open.
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
        /// Who answers.
        provider: String,
        /// What a question names to go on from it.
        thread: String,
    },
    /// Markdown.
    Delta { text: String },
    /// What was told is void: `provider` goes on.
    Reset { provider: String },
    End {
        provider: Option<String>,
        tokens: Option<TokensStatus>,
        /// What it cost, where that is known.
        usd: Option<f64>,
        /// Why there is no answer, or no more of it.
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

/// What `understudy/status` may be asked with: the document it is about.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskStatus {
    #[serde(default)]
    pub(crate) text_document: Option<TextDocumentIdentifier>,
}

/// How the models are doing: the answer to `understudy/status`, and what is told when it changes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) state: StatusState,
    /// One line for people.
    pub(crate) message: String,
    /// Who gave the last answer.
    pub(crate) serving: Option<String>,
    pub(crate) providers: Vec<ProviderState>,
    /// Dollars spent today, in UTC, by all windows; nothing where no provider is set up.
    pub(crate) spent_today: Option<f64>,
    /// The pause that holds.
    pub(crate) paused: Option<Paused>,
    /// What is not done for the document, the widest first.
    pub(crate) blocked: Vec<Blocked>,
    /// Why the last request for ghost text in the document showed nothing, if it did not.
    pub(crate) silence: Option<SilenceStatus>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SilenceStatus {
    /// One line for people.
    pub(crate) message: String,
    /// The last request of this reason, in seconds since 1970.
    pub(crate) at: u64,
    /// How many requests of the last minutes had this reason.
    pub(crate) count: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Paused {
    /// The folder's path; everywhere without one.
    pub(crate) folder: Option<String>,
    /// When it ends, in seconds since 1970.
    pub(crate) until: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Blocked {
    /// `everything`, `unasked`, or the `provider/model` that is not asked.
    pub(crate) what: String,
    pub(crate) rule: String,
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatusState {
    /// Everybody is up.
    Ok,
    /// Somebody is out.
    Degraded,
    /// The embedded model answers alone.
    Embedded,
    /// Its user has paused it.
    Paused,
    /// A rule forbids all of it for this document.
    Blocked,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderState {
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
