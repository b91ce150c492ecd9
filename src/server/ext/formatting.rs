//! How an editor indents new lines: what clients say of it beside requests that have no place for it.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tower_lsp_server::gen_lsp_types::InlineCompletionParams;

use crate::prompt::indentation::Indentation;

/// LSP's `FormattingOptions`, as far as they are about indentation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Formatting {
    pub(crate) tab_size: u8,
    pub(crate) insert_spaces: bool,
}

impl Formatting {
    pub(crate) fn indentation(self) -> Option<Indentation> {
        match (self.insert_spaces, self.tab_size) {
            (false, _) => Some(Indentation::Tabs),
            (true, 1..=16) => Some(Indentation::Spaces(self.tab_size.into())),
            (true, _) => None,
        }
    }
}

/// What `textDocument/inlineCompletion` takes from clients that say how they indent, as Copilot's do.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FormattedInlineCompletion {
    #[serde(flatten)]
    pub(crate) params: InlineCompletionParams,
    #[serde(default, rename = "formattingOptions", deserialize_with = "lenient")]
    pub(crate) formatting: Option<Formatting>,
}

/// Formatting options, or nothing where a value is none.
///
/// # Errors
/// The value is no JSON.
pub(crate) fn lenient<'de, D>(value: D) -> Result<Option<Formatting>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = Value::deserialize(value)?;
    Ok(serde_json::from_value(value).ok())
}
