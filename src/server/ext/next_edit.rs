//! The next edit on the wire: as Copilot's clients request it, and with more data.
//! <https://www.npmjs.com/package/@github/copilot-language-server>

use serde::{Deserialize, Serialize};
use tower_lsp_server::gen_lsp_types::{
    Command, Position, Range, Uri, VersionedTextDocumentIdentifier,
};

/// A place, and the version of its document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskNextEdit {
    pub(crate) text_document: VersionedTextDocumentIdentifier,
    pub(crate) position: Position,
    #[serde(default)]
    pub(crate) context: Option<AskContext>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskContext {
    /// As in inline completions: 1 means that the user pressed a key.
    #[serde(default)]
    pub(crate) trigger_kind: Option<u32>,
}

/// At most one edit: some clients apply all of them, others the first. Copilot's clients do not accept null.
#[derive(Debug, Default, Serialize)]
pub(crate) struct NextEdits {
    pub(crate) edits: Vec<InlineEdit>,
    /// Only for `understudy/nextEdit`, without an edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conflict: Option<Conflict>,
}

/// A definition that the user renamed to a name that exists already. Its uses are not suggested.
#[derive(Debug, Serialize)]
pub(crate) struct Conflict {
    pub(crate) definition: Renamed,
    /// For the user.
    pub(crate) message: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InlineEdit {
    pub(crate) text: String,
    pub(crate) text_document: Versioned,
    pub(crate) range: Range,
    /// The client runs it once the edit is applied.
    pub(crate) command: Command,
    #[serde(flatten)]
    pub(crate) known: Option<Known>,
}

/// The document of an edit. The library's type flattens its uri, which is the same on the wire.
#[derive(Debug, Serialize)]
pub(crate) struct Versioned {
    pub(crate) uri: Uri,
    pub(crate) version: i32,
}

/// Additional data of `understudy/nextEdit`.
#[derive(Debug, Serialize)]
pub(crate) struct Known {
    pub(crate) kind: EditKind,
    /// The origin of the edit: `history`, or `provider/model`.
    pub(crate) source: String,
    /// Unknown for a model's edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<f32>,
    /// The definition whose use the edit renames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) definition: Option<Renamed>,
}

/// A definition that the user renamed by typing. Another server can rename its uses.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Renamed {
    pub(crate) text_document: Versioned,
    /// Its new name.
    pub(crate) range: Range,
    pub(crate) old_name: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EditKind {
    Repeat,
    Rename,
    Parameter,
    Model,
}

/// An edit is on the screen. Clients send the whole edit; its id is sufficient.
#[derive(Debug, Deserialize)]
pub(crate) struct DidShowInlineEdit {
    pub(crate) item: ShownEdit,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ShownEdit {
    pub(crate) command: Command,
}
