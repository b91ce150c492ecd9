//! How an editor indents new lines, for requests that have no field for it in the standard.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tower_lsp_server::gen_lsp_types::InlineCompletionParams;

use crate::prompt::indentation::Indentation;

/// LSP's `FormattingOptions`, reduced to indentation.
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

/// The parameters of `textDocument/inlineCompletion` with formatting options, which Copilot's clients send.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FormattedInlineCompletion {
    #[serde(flatten)]
    pub(crate) params: InlineCompletionParams,
    #[serde(default, rename = "formattingOptions", deserialize_with = "lenient")]
    pub(crate) formatting: Option<Formatting>,
}

/// Formatting options; `None` if a value is invalid.
///
/// # Errors
/// The value is not JSON.
pub(crate) fn lenient<'de, D>(value: D) -> Result<Option<Formatting>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = Value::deserialize(value)?;
    Ok(serde_json::from_value(value).ok())
}
