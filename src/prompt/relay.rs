//! A request of another program, forwarded to a model with the same API. Only secrets are replaced, and each
//! attempt sets its own model name.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::context::mask::Mask;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relay {
    pub api: Api,
    /// Field names, and each value as JSON text as received. The order of fields is kept, since some models
    /// follow the order of the properties in a schema.
    pub fields: Vec<(String, String)>,
    /// Value of the `anthropic-beta` header.
    pub beta: Option<String>,
    pub delivery: AnswerDelivery,
}

/// The API of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    ChatCompletions,
    Messages,
}

/// When the reply is forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerDelivery {
    /// In pieces. After the first piece, no other model can answer.
    AsItComes,
    /// After it is complete.
    Whole,
}

impl Relay {
    /// Size of the request body.
    pub fn bytes(&self) -> usize {
        self.fields.iter().map(|(name, value)| name.len() + value.len() + 4).sum()
    }

    /// Replaces every secret with a placeholder. A field without secrets is forwarded unchanged.
    pub(super) fn mask(&mut self, mask: &mut Mask) {
        for (_, text) in &mut self.fields {
            let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
            let mut masked = value.clone();
            self::mask(&mut masked, mask);
            if masked != value {
                *text = masked.to_string();
            }
        }
    }
}

/// Fields of a JSON object as written; `None` for any other text.
pub fn fields(body: &str) -> Option<Vec<(String, String)>> {
    serde_json::from_str::<Fields>(body).ok().map(|it| it.0)
}

/// Keeps the order of the fields.
struct Fields(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor).map(Self)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields: Self::Value = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            // The last of equal names counts, as in other JSON parsers.
            fields.retain(|it| it.0 != name);
            fields.push((name, value.get().to_owned()));
        }
        Ok(fields)
    }
}

/// Replaces every secret in a value. Signed and encoded values are kept.
fn mask(value: &mut Value, mask: &mut Mask) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(masked) = mask.mask(text) {
                *text = masked;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| self::mask(it, mask)),
        Value::Object(object) => mask_object(object, mask),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mask_object(object: &mut Map<String, Value>, mask: &mut Mask) {
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (key, value) in object.iter_mut() {
        match key.as_str() {
            "data" if matches!(kind.as_str(), "base64" | "redacted_thinking") => {}
            "signature" if kind == "thinking" => {}
            "input_audio" => {}
            "arguments" => mask_arguments(value, mask),
            _ if value.as_str().is_some_and(|it| it.starts_with("data:")) => {}
            _ => self::mask(value, mask),
        }
    }
}

/// Tool arguments are JSON in a string: a secret in them is matched in decoded form, not as written.
fn mask_arguments(value: &mut Value, mask: &mut Mask) {
    let parsed = value.as_str().and_then(|it| serde_json::from_str::<Value>(it).ok());
    let Some(inner) = parsed.filter(|it| it.is_object() || it.is_array()) else {
        return self::mask(value, mask);
    };
    let mut masked = inner.clone();
    self::mask(&mut masked, mask);
    if masked != inner {
        *value = Value::String(masked.to_string());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: Value, expected: &Value) {
        let (mut masked, mut secrets) = (value, Mask::new());
        mask(&mut masked, &mut secrets);
        assert_eq!(masked.to_string(), expected.to_string());
    }

    fn secret() -> String {
        ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat()
    }

    #[test]
    fn a_secret_is_masked_anywhere_in_a_conversation() {
        let secret = secret();
        check(
            json!({ "z": 1, "messages": [
                { "role": "user", "content": format!("x = {secret}") },
                { "role": "user", "content": [{ "type": "text", "text": secret }] },
                { "role": "tool", "tool_call_id": "1", "content": format!("TOKEN={secret}") },
            ] }),
            &json!({ "z": 1, "messages": [
                { "role": "user", "content": "x = MASKED_SECRET_1" },
                { "role": "user", "content": [{ "type": "text", "text": "MASKED_SECRET_1" }] },
                { "role": "tool", "tool_call_id": "1", "content": "TOKEN=MASKED_SECRET_1" },
            ] }),
        );
    }

    #[test]
    fn masked_tool_arguments_stay_valid_json() {
        let arguments = json!({ "b": format!("a\n\"{}\"", secret()), "a": 1 }).to_string();
        check(
            json!({ "arguments": arguments }),
            &json!({ "arguments": "{\"a\":1,\"b\":\"a\\n\\\"MASKED_SECRET_1\\\"\"}" }),
        );
        check(json!({ "arguments": "{\"a\" : 1}" }), &json!({ "arguments": "{\"a\" : 1}" }));
        check(
            json!({ "arguments": format!("{{ {}", secret()) }),
            &json!({ "arguments": "{ MASKED_SECRET_1" }),
        );
    }

    #[test]
    fn a_request_without_secrets_is_forwarded_unchanged() {
        let schema = r#"{"z" : 1.50, "a":{}}"#;
        let body = format!(r#"{{"tools":{schema},"x":1,"messages":["{}"],"x":2}}"#, secret());
        let mut relay = Relay {
            api: Api::ChatCompletions,
            fields: fields(&body).unwrap(),
            beta: None,
            delivery: AnswerDelivery::Whole,
        };
        relay.mask(&mut Mask::new());
        let expected = [("tools", schema), ("messages", r#"["MASKED_SECRET_1"]"#), ("x", "2")];
        assert_eq!(relay.fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!([fields("[]"), fields("{"), fields("")], [None, None, None]);
    }

    #[test]
    fn images_and_signatures_stay_as_they_are() {
        let secret = secret();
        for kept in [
            json!({ "type": "base64", "media_type": "image/png", "data": secret }),
            json!({ "type": "thinking", "thinking": "hm", "signature": secret }),
            json!({ "type": "redacted_thinking", "data": secret }),
            json!({ "image_url": { "url": format!("data:image/png;base64,{secret}") } }),
            json!({ "input_audio": { "data": secret } }),
        ] {
            check(kept.clone(), &kept);
        }
        check(
            json!({ "type": "tool", "data": secret }),
            &json!({ "type": "tool", "data": "MASKED_SECRET_1" }),
        );
    }
}
