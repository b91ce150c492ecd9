//! What an editor said it can do, resolved once from `initialize`.

use std::time::Duration;

use serde_json::Value;
use tower_lsp_server::gen_lsp_types::{
    ClientCapabilities, InitializeParams, MarkupKind, PositionEncodingKind, ResourceOperationKind,
    Uri, WorkspaceFolders,
};

use crate::text::position::Encoding;

/// The initialization option by which glue says that it shows ghost text itself.
pub(crate) const GHOST_TEXT: &str = "ghostText";

/// The initialization option by which glue says that it shows `understudy/status`.
pub(crate) const STATUS: &str = "status";

/// The initialization options by which glue says that it shows `understudy/answer`, and that it asks
/// for the words of `understudy.input`.
pub(crate) const ANSWERS: &str = "answers";
pub(crate) const INPUT: &str = "input";

/// The initialization option by which glue says that a link in a hover runs `understudy.explain`, and
/// the one that names the user's command for it, as the editor's user types it.
pub(crate) const COMMAND_LINKS: &str = "commandLinks";
pub(crate) const EXPLAIN: &str = "explain";

/// All initialization options of glue: they are no settings.
const OF_GLUE: [&str; 6] = [GHOST_TEXT, STATUS, ANSWERS, INPUT, COMMAND_LINKS, EXPLAIN];

/// What Copilot's clients say of themselves, and what they ask for by it.
pub(crate) const COPILOT: &str = "editorPluginInfo";
const OF_COPILOT: [&str; 4] =
    [COPILOT, "editorInfo", "copilotIntegrationId", "copilotCapabilities"];

/// The settings among an editor's initialization options: what its glue can do stands beside them.
pub(crate) fn settings(options: &Value) -> Value {
    let mut settings = options.clone();
    if let Some(settings) = settings.as_object_mut() {
        let others = OF_GLUE.iter().chain(&OF_COPILOT);
        others.for_each(|it| _ = settings.remove(*it));
    }
    settings
}

/// Editors where a key asks for a hover, as they name themselves.
const BY_KEY: [&str; 3] = ["vim", "helix", "kakoune"];

/// How long an editor's answer is waited for. One that never comes must hold nothing up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What we do differently for one editor than for another.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Abilities {
    pub(crate) encoding: Encoding,
    /// It shows ghost text, by the standard's method or by its glue's.
    pub(crate) ghost_text: bool,
    /// It is made for Copilot: it shows ghost text, and speaks of it in Copilot's words.
    pub(crate) copilot: bool,
    /// It says nothing of itself, as clients from before the standard had a word for it.
    pub(crate) unnamed: bool,
    /// It shows how the models are doing.
    pub(crate) status: bool,
    /// It shows progress we start.
    pub(crate) progress: bool,
    /// It tells us of changed files when asked to.
    pub(crate) watches_files: bool,
    /// It answers `workspace/configuration`.
    pub(crate) configuration: bool,
    /// It shows answers while they stream.
    pub(crate) answers: bool,
    /// It asks its user for words and passes them on.
    pub(crate) input: bool,
    /// Its user presses a key for a hover; in others the mouse rests somewhere.
    pub(crate) hovers_by_key: bool,
    /// A link in a hover runs `understudy.explain`.
    pub(crate) command_links: bool,
    /// It shows hovers as plain text.
    pub(crate) plain_hovers: bool,
    /// It opens a document when asked to.
    pub(crate) shows_documents: bool,
    /// It lets its user choose among what a message offers.
    pub(crate) offers: bool,
    /// It knows code actions that cannot be, and those a model is asked for.
    pub(crate) disabled_actions: bool,
    pub(crate) action_tags: bool,
    /// It takes edits of a version of a document, and creates files.
    pub(crate) versions: bool,
    pub(crate) creates: bool,
    /// It asks its user before it does what is marked so.
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
        Self {
            // Copilot's server counts in UTF-16, and its clients do, whatever else their editor offers.
            encoding: if copilot { Encoding::Utf16 } else { encoding(capabilities) },
            ghost_text: inline || copilot || announced(GHOST_TEXT),
            copilot,
            unnamed: params.client_info.is_none() && !copilot,
            status: announced(STATUS),
            progress: window.is_some_and(|it| it.work_done_progress == Some(true)),
            watches_files: workspace
                .and_then(|it| it.did_change_watched_files.as_ref())
                .is_some_and(|it| it.dynamic_registration == Some(true)),
            configuration: workspace.is_some_and(|it| it.configuration == Some(true)),
            answers: announced(ANSWERS),
            input: announced(INPUT),
            hovers_by_key: params.client_info.as_ref().is_some_and(|it| {
                let name = it.name.to_lowercase();
                BY_KEY.iter().any(|it| name.contains(it))
            }),
            command_links: announced(COMMAND_LINKS),
            plain_hovers: document
                .and_then(|it| it.hover.as_ref()?.content_format.as_ref()?.first())
                .is_some_and(|it| *it == MarkupKind::PlainText),
            shows_documents: window
                .and_then(|it| it.show_document.as_ref())
                .is_some_and(|it| it.support),
            offers: window.is_some_and(|it| it.show_message.is_some()),
            disabled_actions: actions.is_some_and(|it| it.disabled_support == Some(true)),
            action_tags: actions.is_some_and(|it| it.tag_support.is_some()),
            versions: edits.is_some_and(|it| it.document_changes == Some(true)),
            creates: edits
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|it| it.contains(&ResourceOperationKind::Create)),
            confirms: edits.is_some_and(|it| it.change_annotation_support.is_some()),
        }
    }
}

/// The folders a session begins with.
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

/// UTF-8 where it is offered: it is what we count in.
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
