//! Next edits in the formats of Zeta, Sweep and Mercury: the prompt is parsed, and the answer has the format
//! that the program expects.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;

use crate::feature::Engine;
use crate::feature::next_edit::external::EditedWindow;
use crate::http::Gateway;
use crate::http::completions::{self, Filled, Shape};
use crate::http::error::ApiError;
use crate::http::routes::{self, Incoming};
use crate::provider::next_edit::EditFormat;
use crate::provider::next_edit::parse::{self, ForeignEdit};

/// `POST /v1/edit/completions`: Inception's route for next edits.
pub(crate) async fn edit(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, ApiError> {
    let Incoming { body, permit: _permit, .. } = routes::read(&gateway, request).await?;
    let foreign = message(&body).and_then(|it| parse::parse(&it));
    let foreign = foreign.filter(|it| it.format == EditFormat::Mercury);
    let foreign = foreign.ok_or_else(|| {
        ApiError::invalid("`messages` must be one user message with <|code_to_edit|> and its end")
    })?;
    let filled = edited(&gateway.engine.load_full(), &foreign).await;
    Ok(completions::response(&body, Shape::Chat, &filled))
}

/// The text of the only message, which is a string or a list of parts.
fn message(body: &Value) -> Option<String> {
    let [message] = &body["messages"].as_array()?[..] else { return None };
    let parts = message["content"].as_array().into_iter().flatten().map(|it| &it["text"]);
    let texts = [&message["content"]].into_iter().chain(parts).filter_map(Value::as_str);
    Some(texts.collect())
}

/// The next edit as the program expects it; without one, the reply that changes nothing.
pub(crate) async fn edited(engine: &Engine, foreign: &ForeignEdit) -> Filled {
    if let Some(models) = &engine.core.models {
        models.ready().await;
    }
    let silence = match engine.edit_window(&foreign.prompt).await {
        Ok(EditedWindow { text, by }) if foreign.allows(&text) => {
            return Filled { text: foreign.write(&text), by, silence: None };
        }
        Ok(_) => "the edit is in the part of the answer that the prompt contains".to_owned(),
        Err(silence) => silence,
    };
    tracing::debug!(silence, "no next edit");
    Filled { text: foreign.unchanged(), ..Filled::empty(Some(silence)) }
}
