//! OpenAI's Completions and Mistral's FIM. A prompt with the markers of a known family is parsed back into
//! its hole, so that any model can fill it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::response::Response;
use futures::stream;
use http::StatusCode;
use serde_json::{Value, json};

use crate::feature::Engine;
use crate::feature::completion::external::Insertion;
use crate::http::error::ApiError;
use crate::http::routes::{self, Incoming};
use crate::http::{Gateway, models, next_edits, reply};
use crate::prompt::fill::ExternalHole;
use crate::provider::fim::parse;
use crate::provider::next_edit;
use crate::provider::next_edit::parse::ForeignEdit;

/// Numbers the answers: some programs tell them apart by their id.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// The shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    /// As a chat's, which is Mistral's shape.
    Chat,
}

/// The text, or the reason for an empty one.
pub(crate) struct Filled {
    pub(crate) text: String,
    pub(crate) by: Arc<str>,
    pub(crate) silence: Option<String>,
}

/// `POST /v1/completions`
pub(crate) async fn complete(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, ApiError> {
    let incoming = routes::read(&gateway, request).await?;
    answer(&gateway, incoming, Shape::Text).await
}

/// `POST /v1/fim/completions`
pub(crate) async fn fill(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, ApiError> {
    let incoming = routes::read(&gateway, request).await?;
    answer(&gateway, incoming, Shape::Chat).await
}

async fn answer(gateway: &Gateway, incoming: Incoming, shape: Shape) -> Result<Response, ApiError> {
    let Incoming { body, permit: _permit, .. } = incoming;
    let asked = asked(&body)?;
    let engine = gateway.engine.load_full();
    let filled = match asked {
        _ if body["max_tokens"] == 0 => Filled::empty(None),
        Asked::Hole(hole) => filled(&engine, &hole, &body["stop"]).await,
        Asked::NextEdit(foreign) => {
            let edited = next_edits::edited(&engine, &foreign).await;
            Filled { text: stopped(edited.text, &body["stop"]), ..edited }
        }
    };
    Ok(response(&body, shape, &filled))
}

/// The answer to a request, streamed if the request says so.
pub(crate) fn response(body: &Value, shape: Shape, filled: &Filled) -> Response {
    let response = match body["stream"] == true {
        true => reply::stream(stream::iter(events(shape, filled))),
        false => reply::json(StatusCode::OK, &whole(shape, filled)),
    };
    filled.noted(response)
}

/// What a prompt requests.
enum Asked {
    Hole(ExternalHole),
    NextEdit(Box<ForeignEdit>),
}

impl Filled {
    /// An empty text for a request that needs no model.
    pub(crate) fn empty(silence: Option<String>) -> Self {
        Self { text: String::new(), by: models::AUTO.into(), silence }
    }

    /// Adds headers that name the model, and the reason for an empty text.
    pub(crate) fn noted(&self, response: Response) -> Response {
        let response = reply::noted(response, "x-understudy-model", &self.by);
        match &self.silence {
            Some(silence) => reply::noted(response, "x-understudy-reason", silence),
            None => response,
        }
    }
}

/// Fills a hole, up to the first stop text. A failure is an empty text, as for every suggestion.
pub(crate) async fn filled(engine: &Engine, hole: &ExternalHole, stop: &Value) -> Filled {
    if let Some(models) = &engine.core.models {
        models.ready().await;
    }
    match engine.completer.fill_external(hole).await {
        Ok(Insertion { text, by }) => Filled { text: stopped(text, stop), by, silence: None },
        Err(silence) => {
            tracing::debug!(silence, "nothing completed");
            Filled::empty(Some(silence))
        }
    }
}

/// The text up to the first stop text of the request.
fn stopped(mut text: String, stop: &Value) -> String {
    let all = stop.as_array().into_iter().flatten().chain([stop]).filter_map(Value::as_str);
    let ends = all.filter(|it| !it.is_empty()).filter_map(|it| text.find(it)).min();
    text.truncate(ends.unwrap_or(text.len()));
    text
}

fn asked(body: &Value) -> Result<Asked, ApiError> {
    // A list of one prompt is accepted. Several prompts are not a completion while typing.
    let prompt = match &body["prompt"] {
        Value::Array(prompts) if prompts.len() == 1 => prompts[0].as_str(),
        prompt => prompt.as_str(),
    };
    let prompt = prompt.ok_or_else(|| ApiError::invalid("`prompt` must be a string"))?;
    if next_edit::parse::is_next_edit(prompt) {
        let foreign = next_edit::parse::parse(prompt).map(|it| Asked::NextEdit(Box::new(it)));
        return foreign.ok_or_else(|| {
            ApiError::invalid(
                "the prompt for the next edit is in none of the formats of Zeta 2, Zeta 2.1, Sweep and Mercury",
            )
        });
    }
    if let Some(suffix) = body["suffix"].as_str() {
        let (prefix, suffix) = (prompt.to_owned(), suffix.to_owned());
        return Ok(Asked::Hole(ExternalHole { prefix, suffix, ..ExternalHole::default() }));
    }
    let alone = || ExternalHole { prefix: prompt.to_owned(), ..ExternalHole::default() };
    Ok(Asked::Hole(parse::parse(prompt).unwrap_or_else(alone)))
}

/// The fields that all events of an answer share.
fn head(shape: Shape, filled: &Filled, streams: bool) -> Value {
    let object = match (shape, streams) {
        (Shape::Text, _) => "text_completion",
        (Shape::Chat, false) => "chat.completion",
        (Shape::Chat, true) => "chat.completion.chunk",
    };
    let created = reply::seconds();
    let id = format!("cmpl-{created:x}-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    json!({ "id": id, "object": object, "created": created, "model": &*filled.by })
}

fn whole(shape: Shape, filled: &Filled) -> Value {
    let mut value = head(shape, filled, false);
    value["choices"] = match shape {
        Shape::Text => {
            json!([{ "index": 0, "text": filled.text, "logprobs": null, "finish_reason": "stop" }])
        }
        Shape::Chat => {
            let message = json!({ "role": "assistant", "content": filled.text });
            json!([{ "index": 0, "message": message, "finish_reason": "stop" }])
        }
    };
    value["usage"] = json!({ "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 });
    value
}

fn events(shape: Shape, filled: &Filled) -> Vec<String> {
    let head = head(shape, filled, true);
    let event = |text: &str, finish: Option<&str>| {
        let mut value = head.clone();
        value["choices"] = match shape {
            Shape::Text => {
                json!([{ "index": 0, "text": text, "logprobs": null, "finish_reason": finish }])
            }
            Shape::Chat => {
                let delta = json!({ "role": "assistant", "content": text });
                json!([{ "index": 0, "delta": delta, "finish_reason": finish }])
            }
        };
        reply::data(&value)
    };
    let text = (!filled.text.is_empty()).then(|| event(&filled.text, None));
    text.into_iter().chain([event("", Some("stop")), reply::DONE.to_owned()]).collect()
}
