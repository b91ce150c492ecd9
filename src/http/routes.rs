//! The paths, and the limits of all requests: number, size, time.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use http::HeaderMap;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::http::error::ApiError;
use crate::http::{Gateway, completions, conversations, infill, models, next_edits};
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

/// All paths, each also without `/v1`: some programs add it to the URL, some do not.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    let mut router = Router::new();
    for version in ["", "/v1"] {
        let at = |path: &str| format!("{version}{path}");
        router = router
            .route(&at("/completions"), post(completions::complete))
            .route(&at("/fim/completions"), post(completions::fill))
            .route(&at("/edit/completions"), post(next_edits::edit))
            .route(&at("/chat/completions"), post(conversations::chat))
            .route(&at("/messages"), post(conversations::messages))
            .route(&at("/models"), get(models::list))
            .route(&at("/models/{*id}"), get(models::one));
    }
    let router = router
        .route("/infill", post(infill::infill))
        .route("/health", get(models::health))
        .route("/props", get(models::props));
    router.fallback(async || ApiError::no_route()).with_state(gateway)
}

/// The API whose error format a path uses.
pub(crate) fn api(path: &str) -> Api {
    if path.ends_with("/messages") { Api::Messages } else { Api::ChatCompletions }
}

/// Reads a request, unless too many are being answered.
pub(crate) async fn read(gateway: &Gateway, request: Request) -> Result<Incoming, ApiError> {
    let permit = Arc::clone(&gateway.permits).try_acquire_owned().map_err(|_| ApiError::busy())?;
    let (parts, body) = request.into_parts();
    let bytes = timeout(ARRIVES, whole(body)).await.map_err(|_| ApiError::too_slow())??;
    let text = String::from_utf8(bytes).map_err(|_| ApiError::invalid("the body is not UTF-8"))?;
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
