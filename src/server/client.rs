//! The editor's capabilities, resolved once from `initialize`.

use std::time::Duration;

use serde_json::Value;
use tower_lsp_server::gen_lsp_types::{
    ClientCapabilities, InitializeParams, MarkupKind, PositionEncodingKind, ResourceOperationKind,
    Uri, WorkspaceFolders,
};

use crate::text::position::Encoding;

/// Initialization option of a plugin that shows ghost text itself.
pub(crate) const GHOST_TEXT: &str = "ghostText";

/// Initialization option of a plugin that shows `understudy/status`.
pub(crate) const STATUS: &str = "status";

/// Initialization options of a plugin that shows `understudy/answer`, and of one that asks the user for the
/// text of `understudy.input`.
pub(crate) const ANSWERS: &str = "answers";
pub(crate) const INPUT: &str = "input";

/// Initialization option of a plugin in which a link in a hover runs `understudy.explain`, and the option
/// that names the user's command for it, as it is typed.
pub(crate) const COMMAND_LINKS: &str = "commandLinks";
pub(crate) const EXPLAIN: &str = "explain";

/// All initialization options of plugins. They are not settings.
const OF_GLUE: [&str; 6] = [GHOST_TEXT, STATUS, ANSWERS, INPUT, COMMAND_LINKS, EXPLAIN];

/// Initialization options of Copilot's clients.
pub(crate) const COPILOT: &str = "editorPluginInfo";
const OF_COPILOT: [&str; 4] =
    [COPILOT, "editorInfo", "copilotIntegrationId", "copilotCapabilities"];

/// The settings among an editor's initialization options, without the options of plugins and Copilot's
/// clients.
pub(crate) fn settings(options: &Value) -> Value {
    let mut settings = options.clone();
    if let Some(settings) = settings.as_object_mut() {
        let others = OF_GLUE.iter().chain(&OF_COPILOT);
        others.for_each(|it| _ = settings.remove(*it));
    }
    settings
}

/// Editors with a key for hover, by their client names.
const BY_KEY: [&str; 3] = ["vim", "helix", "kakoune"];

/// Editors whose cursor is a selection of at least one character; a motion leaves the word selected that it passed.
const BLOCK_CURSOR: [&str; 2] = ["helix", "kakoune"];

/// Editors that replace only the text before the cursor by a completion. Kate 22 and earlier send no name.
const KEEPS_COVERED: [&str; 2] = ["kakoune", "kate"];

/// Editors that show a document in place of the current one.
const REPLACES_VIEW: [&str; 1] = ["helix"];

/// Editors that open a file which an edit creates in the background.
const HIDES_CREATED: [&str; 1] = ["helix"];

/// Editors that announce questions but apply every change at once, and show no other question until the user calls for it.
const ASKS_NOTHING: [&str; 1] = ["kakoune"];

/// How long to wait for an editor's response. A missing response must not block the session.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Capabilities that change the server's behaviour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Abilities {
    pub(crate) encoding: Encoding,
    /// Shows ghost text, through the standard's method or the plugin's.
    pub(crate) ghost_text: bool,
    /// Is made for Copilot: shows ghost text, and uses Copilot's methods.
    pub(crate) copilot: bool,
    /// Sends no client name, as clients from before the standard defined one.
    pub(crate) unnamed: bool,
    /// Shows the status of the models.
    pub(crate) status: bool,
    /// Shows progress that the server starts.
    pub(crate) progress: bool,
    /// Reports changed files on registration.
    pub(crate) watches_files: bool,
    /// Responds to `workspace/configuration`.
    pub(crate) configuration: bool,
    /// Shows answers while they stream.
    pub(crate) answers: bool,
    /// Asks the user for text and passes it on.
    pub(crate) input: bool,
    /// The user presses a key for a hover; elsewhere the mouse may rest on a symbol by chance.
    pub(crate) hovers_by_key: bool,
    /// The cursor is a selection, so a word is not a selection of the user.
    pub(crate) block_cursor: bool,
    /// A completion leaves the text behind the cursor as it is.
    pub(crate) keeps_covered: bool,
    /// A link in a hover runs `understudy.explain`.
    pub(crate) command_links: bool,
    /// Shows hovers as plain text.
    pub(crate) plain_hovers: bool,
    /// Opens a document on request.
    pub(crate) shows_documents: bool,
    /// Shows a document in place of the one in which the user types, even if it should not take the focus.
    pub(crate) replaces_view: bool,
    /// Does not show a file that an edit creates.
    pub(crate) hides_created: bool,
    /// Requests diagnostics, and does not receive them otherwise.
    pub(crate) pulls_diagnostics: bool,
    /// Requests diagnostics again when it is told to.
    pub(crate) refreshes_diagnostics: bool,
    /// Lets the user choose among the actions of a message.
    pub(crate) offers: bool,
    /// Supports disabled code actions, and tags of actions that use a model.
    pub(crate) disabled_actions: bool,
    pub(crate) action_tags: bool,
    /// Accepts edits for a version of a document, and creation of files.
    pub(crate) versions: bool,
    pub(crate) creates: bool,
    /// Asks the user before it applies marked changes.
    pub(crate) confirms: bool,
}

impl Abilities {
    pub(crate) fn new(params: &InitializeParams) -> Self {
        let capabilities = &params.capabilities;
        let document = capabilities.text_document.as_ref();
        let workspace = capabilities.workspace.as_ref();
        let window = capabilities.window.as_ref();
        let edits = workspace.and_then(|it| it.workspace_edit.as_ref());
        let actions = document.and_then(|it| it.code_action.as_ref());
        let inline = document.is_some_and(|it| it.inline_completion.is_some());
        let options = params.initialization_options.as_ref();
        let announced = |name: &str| {
            options.and_then(|it| it.get(name)).is_some_and(|it| *it == Value::Bool(true))
        };
        let copilot = options.is_some_and(|it| it.get(COPILOT).is_some());
        let unnamed = params.client_info.is_none() && !copilot;
        let name = params.client_info.as_ref().map(|it| it.name.to_lowercase()).unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|it| name.contains(it));
        Self {
            // Copilot's server and clients count in UTF-16, whatever else the editor offers.
            encoding: if copilot { Encoding::Utf16 } else { encoding(capabilities) },
            ghost_text: inline || copilot || announced(GHOST_TEXT),
            copilot,
            unnamed,
            status: announced(STATUS),
            progress: window.is_some_and(|it| it.work_done_progress == Some(true)),
            watches_files: workspace
                .and_then(|it| it.did_change_watched_files.as_ref())
                .is_some_and(|it| it.dynamic_registration == Some(true)),
            configuration: workspace.is_some_and(|it| it.configuration == Some(true)),
            answers: announced(ANSWERS),
            input: announced(INPUT),
            hovers_by_key: is_one_of(&BY_KEY),
            block_cursor: is_one_of(&BLOCK_CURSOR),
            keeps_covered: is_one_of(&KEEPS_COVERED) || unnamed,
            command_links: announced(COMMAND_LINKS),
            plain_hovers: document
                .and_then(|it| it.hover.as_ref()?.content_format.as_ref()?.first())
                .is_some_and(|it| *it == MarkupKind::PlainText),
            shows_documents: window
                .and_then(|it| it.show_document.as_ref())
                .is_some_and(|it| it.support),
            replaces_view: is_one_of(&REPLACES_VIEW),
            hides_created: is_one_of(&HIDES_CREATED),
            pulls_diagnostics: document
                .is_some_and(|it| it.diagnostic.is_some() && it.publish_diagnostics.is_none()),
            refreshes_diagnostics: workspace
                .and_then(|it| it.diagnostics.as_ref())
                .is_some_and(|it| it.refresh_support == Some(true)),
            offers: window.is_some_and(|it| it.show_message.is_some()) && !is_one_of(&ASKS_NOTHING),
            disabled_actions: actions.is_some_and(|it| it.disabled_support == Some(true)),
            action_tags: actions.is_some_and(|it| it.tag_support.is_some()),
            versions: edits.is_some_and(|it| it.document_changes == Some(true)),
            creates: edits
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|it| it.contains(&ResourceOperationKind::Create)),
            confirms: edits.is_some_and(|it| it.change_annotation_support.is_some())
                && !is_one_of(&ASKS_NOTHING),
        }
    }
}

/// The workspace folders at the start of the session.
#[expect(deprecated, reason = "some editors still send `rootUri` alone")]
pub(crate) fn folders(params: &InitializeParams) -> Vec<Uri> {
    let folders = params.workspace_folders_initialize_params.workspace_folders.clone();
    match folders {
        Some(WorkspaceFolders::WorkspaceFolderList(folders)) => {
            folders.into_iter().map(|it| it.uri).collect()
        }
        Some(WorkspaceFolders::Null) | None => params.root_uri.clone().into_iter().collect(),
    }
}

/// UTF-8 if it is offered: the server counts in it.
fn encoding(capabilities: &ClientCapabilities) -> Encoding {
    let offered = capabilities.general.as_ref().and_then(|it| it.position_encodings.as_deref());
    let offered = offered.unwrap_or_default();
    let has = |kind| offered.contains(&kind);
    if has(PositionEncodingKind::UTF8) {
        Encoding::Utf8
    } else if has(PositionEncodingKind::UTF32) && !has(PositionEncodingKind::UTF16) {
        Encoding::Utf32
    } else {
        Encoding::Utf16
    }
}
