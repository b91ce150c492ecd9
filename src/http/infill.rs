//! llama.cpp's `/infill`, as llama.vim and llama.vscode ask it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::response::Response;
use futures::stream;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::feature::elsewhere::Sheet;
use crate::http::completions::{self, Filled};
use crate::http::fault::Fault;
use crate::http::routes::{self, Incoming};
use crate::http::{Gateway, models, reply};

/// `POST /infill`
pub(crate) async fn infill(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, Fault> {
    let Incoming { body, permit: _permit, .. } = routes::read(&gateway, request).await?;
    let sheet = sheet(&body)?;
    let began = Instant::now();
    let filled = match is_warm_up(&body) {
        true => empty(),
        false => {
            let engine = gateway.engine.load_full();
            // A program stops listening when it has waited enough; until then `limit.complete` decides.
            completions::filled(&engine, &sheet, &body["stop"]).await
        }
    };
    let value = fields(&body, whole(&filled, began.elapsed()));
    let response = match body["stream"] == true {
        true => reply::stream(stream::iter([reply::data(&value)])),
        false => reply::json(StatusCode::OK, &value),
    };
    let response = reply::noted(response, "x-understudy-model", &filled.by);
    Ok(match &filled.silence {
        Some(silence) => reply::noted(response, "x-understudy-reason", silence),
        None => response,
    })
}

fn empty() -> Filled {
    Filled { text: String::new(), by: models::AUTO.into(), silence: None }
}

/// `prompt` is what stands before the cursor on its line, behind `input_prefix`.
fn sheet(body: &Value) -> Result<Sheet, Fault> {
    let text = |name: &str| match &body[name] {
        Value::String(text) => Ok(text.as_str()),
        Value::Null => Ok(""),
        _ => Err(Fault::invalid(format!("`{name}` must be a string"))),
    };
    let prefix = [text("input_prefix")?, text("prompt")?].concat();
    let extra = body["input_extra"].as_array().into_iter().flatten();
    let files = extra.filter_map(|it| {
        let name = it["filename"].as_str().unwrap_or("other");
        Some((name.to_owned(), it["text"].as_str()?.to_owned()))
    });
    Ok(Sheet {
        path: None,
        prefix,
        suffix: text("input_suffix")?.to_owned(),
        files: files.collect(),
    })
}

/// A program that only wants its context read: there is nothing to read it into.
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

/// Only the fields that the program wants, by their paths: `timings/prompt_n`.
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
