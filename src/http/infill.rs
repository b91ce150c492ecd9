//! llama.cpp's `/infill`, as llama.vim and llama.vscode use it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::response::Response;
use futures::stream;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::completions::{self, Filled};
use crate::http::error::ApiError;
use crate::http::routes::{self, Incoming};
use crate::http::{Gateway, reply};
use crate::prompt::fill::ExternalHole;

/// `POST /infill`
pub(crate) async fn infill(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, ApiError> {
    let Incoming { body, permit: _permit, .. } = routes::read(&gateway, request).await?;
    let hole = hole(&body)?;
    let began = Instant::now();
    let filled = match is_warm_up(&body) {
        true => Filled::empty(None),
        false => {
            let engine = gateway.engine.load_full();
            // The program decides how long it waits; until then `limit.complete` applies.
            completions::filled(&engine, &hole, &body["stop"]).await
        }
    };
    let value = fields(&body, whole(&filled, began.elapsed()));
    let response = match body["stream"] == true {
        true => reply::stream(stream::iter([reply::data(&value)])),
        false => reply::json(StatusCode::OK, &value),
    };
    Ok(filled.noted(response))
}

/// `prompt` is the text before the cursor on its line, after `input_prefix`.
fn hole(body: &Value) -> Result<ExternalHole, ApiError> {
    let text = |name: &str| match &body[name] {
        Value::String(text) => Ok(text.as_str()),
        Value::Null => Ok(""),
        _ => Err(ApiError::invalid(format!("`{name}` must be a string"))),
    };
    let prefix = [text("input_prefix")?, text("prompt")?].concat();
    let extra = body["input_extra"].as_array().into_iter().flatten();
    let files = extra.filter_map(|it| {
        let name = it["filename"].as_str().unwrap_or("other");
        Some((name.to_owned(), it["text"].as_str()?.to_owned()))
    });
    Ok(ExternalHole {
        path: None,
        prefix,
        suffix: text("input_suffix")?.to_owned(),
        files: files.collect(),
    })
}

/// A request that only fills a server's cache. There is none here.
fn is_warm_up(body: &Value) -> bool {
    body["n_predict"] == 0 || body["t_max_predict_ms"].as_u64().is_some_and(|it| it <= 1)
}

fn whole(filled: &Filled, took: Duration) -> Value {
    let ms = took.as_secs_f64() * 1000.0;
    // At least one token, since programs divide by it.
    let tokens = (filled.text.len() / 4).max(1);
    json!({
        "index": 0,
        "content": filled.text,
        "tokens": [],
        "id_slot": 0,
        "stop": true,
        "model": &*filled.by,
        "tokens_predicted": tokens,
        "tokens_evaluated": 1,
        "generation_settings": {},
        "prompt": "",
        "has_new_line": filled.text.contains('\n'),
        "truncated": false,
        "stop_type": "eos",
        "stopping_word": "",
        "tokens_cached": 0,
        "timings": {
            "cache_n": 0,
            "prompt_n": 1,
            "prompt_ms": 0.0,
            "prompt_per_token_ms": 0.0,
            "prompt_per_second": 0.0,
            "predicted_n": tokens,
            "predicted_ms": ms,
            "predicted_per_token_ms": ms / tokens as f64,
            "predicted_per_second": tokens as f64 / took.as_secs_f64().max(1e-6),
        },
    })
}

/// Only the requested fields, by their paths: `timings/prompt_n`.
fn fields(body: &Value, whole: Value) -> Value {
    let Some(wanted) = body["response_fields"].as_array().filter(|it| !it.is_empty()) else {
        return whole;
    };
    let found = wanted.iter().filter_map(Value::as_str).filter_map(|path| {
        let value = path.split('/').try_fold(&whole, |it, key| it.get(key))?;
        Some((path.to_owned(), value.clone()))
    });
    Value::Object(found.collect::<Map<_, _>>())
}
