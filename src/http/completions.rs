//! OpenAI's Completions and Mistral's FIM: a prompt of any known family is read back into its hole, so that any
//! model can fill it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use futures::stream;
use http::StatusCode;
use serde_json::{Value, json};

use crate::feature::Engine;
use crate::feature::completion::elsewhere::Insertion;
use crate::feature::elsewhere::Sheet;
use crate::http::fault::Fault;
use crate::http::routes::{self, Incoming};
use crate::http::{Gateway, models, reply};
use crate::provider::fim::parse;

/// How an answer is shaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    /// As a chat's, which is how Mistral answers.
    Chat,
}

/// What came of a request, and why nothing where nothing did.
pub(crate) struct Filled {
    pub(crate) text: String,
    pub(crate) by: Arc<str>,
    pub(crate) silence: Option<String>,
}

/// `POST /v1/completions`
pub(crate) async fn complete(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, Fault> {
    let incoming = routes::read(&gateway, request).await?;
    answer(&gateway, incoming, Shape::Text).await
}

/// `POST /v1/fim/completions`
pub(crate) async fn fill(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, Fault> {
    let incoming = routes::read(&gateway, request).await?;
    answer(&gateway, incoming, Shape::Chat).await
}

async fn answer(gateway: &Gateway, incoming: Incoming, shape: Shape) -> Result<Response, Fault> {
    let Incoming { body, permit: _permit, .. } = incoming;
    let sheet = sheet(&body)?;
    let filled = match body["max_tokens"].as_u64() {
        Some(0) => Filled { text: String::new(), by: models::AUTO.into(), silence: None },
        Some(_) | None => filled(&gateway.engine.load_full(), &sheet, &body["stop"]).await,
    };
    let response = match body["stream"] == true {
        true => reply::stream(stream::iter(events(shape, &filled))),
        false => reply::json(StatusCode::OK, &whole(shape, &filled)),
    };
    let response = reply::noted(response, "x-understudy-model", &filled.by);
    Ok(match &filled.silence {
        Some(silence) => reply::noted(response, "x-understudy-reason", silence),
        None => response,
    })
}

/// Fills a sheet up to the first text that ends it. What fails is an empty text, as for every suggestion.
pub(crate) async fn filled(engine: &Engine, sheet: &Sheet, stop: &Value) -> Filled {
    if let Some(models) = &engine.models {
        models.ready().await;
    }
    match engine.fill_sheet(sheet).await {
        Ok(Insertion { text, by }) => Filled { text: stopped(text, stop), by, silence: None },
        Err(silence) => {
            tracing::debug!(silence, "nothing completed");
            let (text, by) = (String::new(), models::AUTO.into());
            Filled { text, by, silence: Some(silence) }
        }
    }
}

/// The text up to what the program wants it to end at.
fn stopped(mut text: String, stop: &Value) -> String {
    let all = stop.as_array().into_iter().flatten().chain([stop]).filter_map(Value::as_str);
    let ends = all.filter(|it| !it.is_empty()).filter_map(|it| text.find(it)).min();
    text.truncate(ends.unwrap_or(text.len()));
    text
}

fn sheet(body: &Value) -> Result<Sheet, Fault> {
    let prompt = match &body["prompt"] {
        Value::String(prompt) => prompt,
        // Several prompts in one request are no completion of a program that types.
        Value::Array(prompts) if prompts.len() == 1 && prompts[0].is_string() => {
            prompts[0].as_str().unwrap_or_default()
        }
        _ => return Err(Fault::invalid("`prompt` must be a string")),
    };
    if parse::is_next_edit(prompt) {
        return Err(Fault::invalid("prompts for the next edit are not answered here"));
    }
    if let Some(suffix) = body["suffix"].as_str() {
        let (prefix, suffix) = (prompt.to_owned(), suffix.to_owned());
        return Ok(Sheet { prefix, suffix, ..Sheet::default() });
    }
    let asked = parse::parse(prompt);
    Ok(match asked {
        Some(parse::Asked { prefix, suffix, path, files }) => Sheet { path, prefix, suffix, files },
        None => Sheet { prefix: prompt.to_owned(), ..Sheet::default() },
    })
}

fn head(shape: Shape, filled: &Filled, streams: bool) -> Value {
    let object = match (shape, streams) {
        (Shape::Text, _) => "text_completion",
        (Shape::Chat, false) => "chat.completion",
        (Shape::Chat, true) => "chat.completion.chunk",
    };
    let created = reply::seconds();
    json!({ "id": "cmpl-understudy", "object": object, "created": created, "model": &*filled.by })
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
    let event = |text: &str, finish: Option<&str>| {
        let mut value = head(shape, filled, true);
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
