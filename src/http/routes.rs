//! The paths, and the limits of all requests: number, size, time.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::http::error::ApiError;
use crate::http::{Gateway, completions, conversations, infill, models, next_edits, surrogates};
use crate::prompt::relay::Api;

/// Most bytes of a body.
const BODY: usize = 4 << 20;
/// A body must arrive within this time.
const ARRIVES: Duration = Duration::from_secs(10);

/// A request that was read and admitted.
pub(crate) struct Incoming {
    pub(crate) headers: HeaderMap,
    /// The body as JSON, an object, and as text.
    pub(crate) body: Value,
    pub(crate) text: String,
    /// Counts against the limit of parallel requests.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// All paths, as `plain` writes them.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/completions", post(completions::complete))
        .route("/fim/completions", post(completions::fill))
        .route("/edit/completions", post(next_edits::edit))
        .route("/chat/completions", post(conversations::chat))
        .route("/messages", post(conversations::messages))
        .route("/models", get(models::list))
        .route("/models/{*id}", get(models::one))
        .route("/infill", post(infill::infill))
        .route("/health", get(models::health))
        .route("/props", get(models::props))
        .fallback(async || ApiError::no_route())
        .method_not_allowed_fallback(async || ApiError::other_method())
        .with_state(gateway)
}

/// A path without its version and without empty segments: some programs add `/v1` to a URL that ends with it,
/// or with a slash, and some add nothing.
pub(crate) fn plain(uri: &Uri) -> Option<Uri> {
    let segments = uri.path().split('/').filter(|it| !it.is_empty());
    let path: String = segments.skip_while(|it| *it == "v1").map(|it| format!("/{it}")).collect();
    let path = if path.is_empty() { "/" } else { &path };
    match uri.query() {
        Some(query) => format!("{path}?{query}").parse().ok(),
        None => path.parse().ok(),
    }
}

/// The API whose error format a path uses.
pub(crate) fn api(path: &str) -> Api {
    if path.contains("/messages") { Api::Messages } else { Api::ChatCompletions }
}

/// Reads a request, unless too many are being answered.
pub(crate) async fn read(gateway: &Gateway, request: Request) -> Result<Incoming, ApiError> {
    let permit = Arc::clone(&gateway.permits).try_acquire_owned().map_err(|_| ApiError::busy())?;
    let (parts, body) = request.into_parts();
    let bytes = timeout(ARRIVES, whole(body)).await.map_err(|_| ApiError::too_slow())??;
    let text = String::from_utf8(bytes).map_err(|_| ApiError::invalid("the body is not UTF-8"))?;
    let text = surrogates::replaced(text.trim_start_matches('\u{feff}'));
    let body = serde_json::from_str::<Value>(&text);
    let body = body.map_err(|it| ApiError::invalid(format!("the body is not JSON: {it}")))?;
    match body.is_object() {
        true => Ok(Incoming { headers: parts.headers, body, text, permit }),
        false => Err(ApiError::invalid("the body is not a JSON object")),
    }
}

async fn whole(body: Body) -> Result<Vec<u8>, ApiError> {
    match Limited::new(body, BODY).collect().await {
        Ok(whole) => Ok(whole.to_bytes().into()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(ApiError::too_large())
        }
        Err(_) => Err(ApiError::invalid("the body ended early")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_and_empty_segments_of_a_path_do_not_matter() {
        for (given, expected) in [
            ("/v1/models", "/models"),
            ("/models?limit=2", "/models?limit=2"),
            ("/v1/v1/completions", "/completions"),
            ("//v1//chat/completions/", "/chat/completions"),
            ("/models/v1/v1", "/models/v1/v1"),
            ("/v1/", "/"),
        ] {
            assert_eq!(plain(&given.parse().unwrap()).unwrap().to_string(), expected);
        }
    }
}
