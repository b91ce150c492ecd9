//! `fim/completions` of Mistral. It takes other files before the prefix, each behind its name; its
//! answers are those of a chat.

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
