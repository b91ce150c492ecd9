//! The list of models, and the health check.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::feature::Engine;
use crate::feature::relay::RequestedModel;
use crate::http::error::ApiError;
use crate::http::{Gateway, reply};
use crate::router::spec::Feature;

/// Names that let the router choose a model.
pub(crate) const AUTO: &str = "auto";
const ROUTES: [(&str, Feature); 3] =
    [("complete", Feature::Complete), ("edit", Feature::Edit), ("explain", Feature::Explain)];

pub(crate) async fn health() -> Response {
    reply::json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// Fields that llama.cpp's clients read.
pub(crate) async fn props() -> Response {
    let version = concat!("understudy ", env!("CARGO_PKG_VERSION"));
    reply::json(
        StatusCode::OK,
        &json!({
            "default_generation_settings": { "n_ctx": 8192 },
            "total_slots": 1,
            "model_path": AUTO,
            "chat_template": "",
            "modalities": { "vision": false, "audio": false },
            "build_info": version,
        }),
    )
}

pub(crate) async fn list(State(gateway): State<Arc<Gateway>>) -> Response {
    let names = names(&gateway.engine.load());
    let data: Vec<Value> = names.iter().map(|it| described(it)).collect();
    reply::json(
        StatusCode::OK,
        &json!({
            "object": "list",
            "data": data,
            "has_more": false,
            "first_id": names.first(),
            "last_id": names.last(),
        }),
    )
}

pub(crate) async fn one(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let names = names(&gateway.engine.load());
    let name = names.iter().find(|it| **it == id).ok_or_else(|| ApiError::no_model(&id))?;
    Ok(reply::json(StatusCode::OK, &described(name)))
}

/// A model in the formats of OpenAI and Anthropic.
fn described(name: &str) -> Value {
    json!({
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": name.split_once('/').map_or("understudy", |it| it.0),
        "type": "model",
        "display_name": name,
        "created_at": "1970-01-01T00:00:00Z",
    })
}

fn names(engine: &Engine) -> Vec<String> {
    let routes = ROUTES.iter().map(|it| it.0.to_owned());
    let models = engine.core.models.as_ref().map(|it| {
        it.router.inspect(|pool| {
            pool.candidates.iter().map(|it| it.name().to_string()).collect::<Vec<_>>()
        })
    });
    [AUTO.to_owned()].into_iter().chain(routes).chain(models.unwrap_or_default()).collect()
}

/// The requested model: by our name, or by the provider's own name if only one provider has it.
pub(crate) fn wanted(engine: &Engine, name: Option<&str>) -> Result<RequestedModel, ApiError> {
    let Some(name) = name.filter(|it| !it.is_empty() && *it != AUTO) else {
        return Ok(RequestedModel::Auto);
    };
    if let Some((_, feature)) = ROUTES.iter().find(|it| it.0 == name) {
        return Ok(RequestedModel::Route(*feature));
    }
    let models = engine.core.models.as_ref();
    let candidates =
        models.map(|it| it.router.inspect(|pool| pool.candidates.clone())).unwrap_or_default();
    let exact = candidates.iter().find(|it| **it.name() == *name);
    let mut alike = candidates.iter().filter(|it| *it.target.model.id == *name);
    let found = exact.or_else(|| alike.next().filter(|_| alike.next().is_none()));
    found
        .map(|it| RequestedModel::Model(Arc::clone(it.name())))
        .ok_or_else(|| ApiError::no_model(name))
}
