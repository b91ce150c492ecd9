//! A conversation in the words of the program that holds it, passed on to a model that speaks the same API.
//! Only its secrets are taken out; each attempt names its own model.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::context::mask::Mask;

/// A request of another program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relay {
    pub api: Api,
    /// The request, field by field: names, and JSON as the program wrote it. Some models follow the order in
    /// which a schema lists its properties.
    pub fields: Vec<(String, String)>,
    /// What the program's header `anthropic-beta` says.
    pub beta: Option<String>,
    pub passing: Passing,
}

/// The API that a program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    ChatCompletions,
    Messages,
}

/// When an answer is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Passing {
    /// Piece by piece: once one is passed on, no other model can answer.
    AsItComes,
    /// At its end.
    Whole,
}

impl Relay {
    /// Of the request as it is sent, in bytes.
    pub fn bytes(&self) -> usize {
        self.fields.iter().map(|(name, value)| name.len() + value.len() + 4).sum()
    }

    /// Puts placeholders in place of every secret. A field without any stays as it is written.
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

/// The fields of a JSON object as they are written; `None` for any other text.
pub fn fields(body: &str) -> Option<Vec<(String, String)>> {
    serde_json::from_str::<Fields>(body).ok().map(|it| it.0)
}

/// Keeps the order of an object's fields.
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
            // As every reader of JSON does, the last of a name counts.
            fields.retain(|it| it.0 != name);
            fields.push((name, value.get().to_owned()));
        }
        Ok(fields)
    }
}

/// Puts placeholders in place of every secret of a value. What a provider has signed or encoded stays.
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

/// What a tool is called with is JSON in a string: a secret in it is masked as it reads, not as it is written.
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
    fn a_secret_is_masked_wherever_it_stands_in_a_conversation() {
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
    fn what_a_tool_is_called_with_stays_json() {
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
    fn a_request_stays_as_it_is_written_where_it_holds_no_secret() {
        let schema = r#"{"z" : 1.50, "a":{}}"#;
        let body = format!(r#"{{"tools":{schema},"x":1,"messages":["{}"],"x":2}}"#, secret());
        let mut relay = Relay {
            api: Api::ChatCompletions,
            fields: fields(&body).unwrap(),
            beta: None,
            passing: Passing::Whole,
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
