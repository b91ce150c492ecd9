//! Methods beyond the standard: what Copilot's clients tell of a suggestion, which refines what
//! we infer from the document's changes.

use serde::Deserialize;
use serde::Serialize;
use tower_lsp_server::gen_lsp_types::InlineCompletionItem;

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
