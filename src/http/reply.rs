//! Responses as bytes: JSON, or events as they arrive.

use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::response::Response;
use futures::Stream;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::provider::sse::SseEvent;

/// The end of a stream in OpenAI's API.
pub(crate) const DONE: &str = "data: [DONE]\n\n";

pub(crate) fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    set(&mut response, "application/json");
    response
}

pub(crate) fn stream(events: impl Stream<Item = String> + Send + 'static) -> Response {
    use futures::StreamExt;
    let bytes = events.map(Ok::<_, Infallible>);
    let mut response = Response::new(Body::from_stream(bytes));
    set(&mut response, "text/event-stream");
    response
}

fn set(response: &mut Response, kind: &'static str) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// An event in the format of server-sent events.
pub(crate) fn event(event: &SseEvent) -> String {
    let name = event.name.as_ref().map(|it| format!("event: {it}\n")).unwrap_or_default();
    let data: String = event.data.lines().map(|it| format!("data: {it}\n")).collect();
    format!("{name}{data}\n")
}

/// A value as an event without a name.
pub(crate) fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// Adds a header, such as the name of the model, for people who debug a client.
pub(crate) fn noted(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Seconds since 1970.
pub(crate) fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs())
}
