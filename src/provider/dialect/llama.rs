//! llama.cpp's own routes: `/infill`, for which the server adds the model's markers, and `/completion`.

use serde_json::{Value, json};

use crate::models::token_usage::Usage;
use crate::prompt::Fill;
use crate::provider::dialect::edit::RawText;
use crate::provider::dialect::{Delta, Dialect, Draft, Finish};
use crate::provider::failure::Failure;
use crate::provider::fim::family::FimFamily;
use crate::provider::preset::BUILT_IN;
use crate::provider::{Target, dialect, fim};

pub(super) fn infill(target: &Target, fill: &Fill) -> Draft {
    // The server cuts parts that do not fit from the front, so the best part comes last.
    let mut parts: Vec<_> = fill.files().collect();
    parts.sort_by_key(|it| it.rank);
    let extra = parts.into_iter().map(|it| json!({ "filename": it.path, "text": it.text }));
    let mut body = json!({
        "input_prefix": fill.prefix,
        "input_suffix": fill.suffix,
        "input_extra": extra.collect::<Vec<_>>(),
        "n_predict": fill.max_tokens,
        "temperature": 0,
        "stop": dialect::stops(fill, target.model.tokens()),
        "cache_prompt": true,
        // The first event then tells how fast the prompt was read.
        "timings_per_token": true,
        "n_probs": 1,
        "stream": true,
    });
    // The built-in engine serves several models, writes the file's name into the prompt, and verifies a draft.
    if target.provider.preset.kind == BUILT_IN {
        body["typed"] = fill.typed.as_str().into();
        body["model"] = target.model.id.as_str().into();
        body["input_filename"] = fill.path.as_str().into();
        if let Some(draft) = &fill.draft {
            body["draft"] = draft.as_str().into();
        }
    }
    Draft { dialect: Dialect::LlamaInfill, path: "/infill".to_owned(), body }
}

pub(super) fn completion(target: &Target, fill: &Fill, family: &'static FimFamily) -> Draft {
    let (prompt, max_tokens) = (fim::render(family, fill), fill.max_tokens);
    raw(target, RawText { prompt, max_tokens, stops: dialect::stops(fill, family.tokens) })
}

pub(super) fn raw(target: &Target, RawText { prompt, max_tokens, stops }: RawText) -> Draft {
    let body = json!({
        "model": target.model.id,
        "prompt": prompt,
        "n_predict": max_tokens,
        "temperature": 0,
        "stop": stops,
        "cache_prompt": true,
        // The first event then tells how fast the prompt was read.
        "timings_per_token": true,
        "n_probs": 1,
        "stream": true,
    });
    Draft { dialect: Dialect::LlamaCompletion, path: "/completion".to_owned(), body }
}

pub(super) fn decode(event: &Value) -> Result<Vec<Delta>, Failure> {
    let mut deltas = Vec::new();
    let Some(text) = event["content"].as_str() else {
        return Err(Failure::Garbled { reason: "an event has no `content`".to_owned() });
    };
    let is_end = event["stop"] == true;
    if is_end || event["timings"].is_object() {
        deltas.push(Delta::Usage(usage(event)));
    }
    if !text.is_empty() {
        deltas.extend(dialect::log_prob(&event["completion_probabilities"], Some("logprob")));
        deltas.push(Delta::Text(text.to_owned()));
    }
    if is_end {
        let finish = match event["stop_type"].as_str() {
            Some("limit") => Finish::Length,
            // Servers older than `stop_type`.
            None if event["stopped_limit"] == true => Finish::Length,
            Some(_) | None => Finish::Stop,
        };
        deltas.extend([Delta::Finish(finish), Delta::End]);
    }
    Ok(deltas)
}

fn usage(event: &Value) -> Usage {
    let mut usage = timed(&event["timings"]);
    usage.update(&Usage {
        prompt: dialect::count(&event["tokens_evaluated"]),
        output: dialect::count(&event["tokens_predicted"]),
        ..Usage::default()
    });
    usage
}

/// The `timings` of an event, which llama.cpp adds on OpenAI's routes too. `prompt_n` does not include tokens from the cache.
pub(super) fn timed(timings: &Value) -> Usage {
    let cached = dialect::count(&timings["cache_n"]);
    Usage {
        prompt: cached + dialect::count(&timings["prompt_n"]),
        cached,
        output: dialect::count(&timings["predicted_n"]),
        reading: dialect::millis(&timings["prompt_ms"]),
        writing: dialect::millis(&timings["predicted_ms"]),
        ..Usage::default()
    }
}
