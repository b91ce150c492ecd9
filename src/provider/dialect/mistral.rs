//! Mistral's `fim/completions`. Other files precede the prefix, each after its name. Answers have the form of
//! a chat's.

use serde_json::json;

use crate::prompt::Fill;
use crate::provider::dialect::{Dialect, Draft};
use crate::provider::{Target, dialect, fim};

pub(super) fn fim(target: &Target, fill: &Fill, path: &str) -> Draft {
    let mut body = json!({
        "model": target.model.id,
        "prompt": format!("{}{}", fim::plus(fill, &str::to_owned), fill.prefix),
        "suffix": fill.suffix,
        "max_tokens": fill.max_tokens,
        "temperature": 0,
        "stream": true,
    });
    let stops = dialect::stops(fill, &[]);
    if !stops.is_empty() {
        body["stop"] = json!(stops);
    }
    Draft { dialect: Dialect::MistralFim, path: path.to_owned(), body }
}
