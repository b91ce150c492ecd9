//! The paths, and what all requests have in common: how many at a time, how large, and in how much time.

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

use crate::http::fault::Fault;
use crate::http::{Gateway, completions, conversations, infill, models};

/// Of a body, in bytes.
const BODY: usize = 4 << 20;
/// A body takes at most so long to arrive.
const ARRIVES: Duration = Duration::from_secs(10);

/// A request that may be answered.
pub(crate) struct Incoming {
    pub(crate) headers: HeaderMap,
    /// A JSON object, and as it was written.
    pub(crate) body: Value,
    pub(crate) text: String,
    /// Its place among those that are answered at a time.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// All paths, each also without the version: some programs add it to the address, and some do not.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    let mut router = Router::new();
    for version in ["", "/v1"] {
        let at = |path: &str| format!("{version}{path}");
        router = router
            .route(&at("/completions"), post(completions::complete))
            .route(&at("/fim/completions"), post(completions::fill))
            .route(&at("/chat/completions"), post(conversations::chat))
            .route(&at("/messages"), post(conversations::messages))
            .route(&at("/models"), get(models::list))
            .route(&at("/models/{*id}"), get(models::one));
    }
    let router = router
        .route("/infill", post(infill::infill))
        .route("/health", get(models::health))
        .route("/props", get(models::props));
    router.fallback(async || Fault::no_route()).with_state(gateway)
}

/// Reads a request, if there is room for one more.
pub(crate) async fn read(gateway: &Gateway, request: Request) -> Result<Incoming, Fault> {
    let permit = Arc::clone(&gateway.permits).try_acquire_owned().map_err(|_| Fault::busy())?;
    let (parts, body) = request.into_parts();
    let bytes = timeout(ARRIVES, whole(body)).await.map_err(|_| Fault::too_slow())??;
    let text = String::from_utf8(bytes).map_err(|_| Fault::invalid("the body is not UTF-8"))?;
    let body = serde_json::from_str::<Value>(&text);
    let body = body.map_err(|it| Fault::invalid(format!("the body is not JSON: {it}")))?;
    match body.is_object() {
        true => Ok(Incoming { headers: parts.headers, body, text, permit }),
        false => Err(Fault::invalid("the body is not a JSON object")),
    }
}

async fn whole(body: Body) -> Result<Vec<u8>, Fault> {
    match Limited::new(body, BODY).collect().await {
        Ok(whole) => Ok(whole.to_bytes().into()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Fault::too_large()),
        Err(_) => Err(Fault::invalid("the body ended early")),
    }
}
