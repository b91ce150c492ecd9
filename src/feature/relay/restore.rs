//! Restores secrets in the events of an answer. A placeholder can be split over events, so its possible
//! start is held back until it is complete or its field ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::context::mask::{Mask, Restorer};
use crate::provider::sse::SseEvent;

/// Text fields of a chat delta.
const TEXTS: [&str; 4] = ["content", "refusal", "reasoning_content", "reasoning"];
/// Text fields of a message block, and whether the text is JSON.
const BLOCKS: [(&str, bool); 3] = [("text", false), ("thinking", false), ("partial_json", true)];

/// The place of a text: index of its choice or block, field, index of its tool.
type Field = (u64, &'static str, u64);

/// The field with a tool call's arguments.
const ARGUMENTS: &str = "arguments";

pub(super) struct Restoring {
    mask: Arc<Mask>,
    /// For fields that contain JSON.
    escaped: Arc<Mask>,
    held: BTreeMap<Field, Restorer>,
}

impl Restoring {
    pub(super) fn new(mask: Mask) -> Self {
        let escaped = Arc::new(mask.escaped());
        Self { mask: Arc::new(mask), escaped, held: BTreeMap::new() }
    }

    /// Discards held text: another answer begins.
    pub(super) fn reset(&mut self) {
        self.held.clear();
    }

    /// The event to forward, after any held text that ends here.
    pub(super) fn push(&mut self, event: &SseEvent) -> Vec<SseEvent> {
        if self.mask.is_empty() {
            return vec![event.clone()];
        }
        let parsed = serde_json::from_str::<Value>(&event.data).ok();
        let Some(mut value) = parsed.filter(Value::is_object) else { return vec![event.clone()] };
        let mut events = match value["type"].is_string() {
            true => self.message(&mut value),
            false => self.chunk(&mut value),
        };
        events.push(SseEvent { name: event.name.clone(), data: value.to_string() });
        events
    }

    fn chunk(&mut self, value: &mut Value) -> Vec<SseEvent> {
        let mut rests = Vec::new();
        for choice in value["choices"].as_array_mut().into_iter().flatten() {
            let number = choice["index"].as_u64().unwrap_or_default();
            for name in TEXTS {
                self.restore((number, name, 0), choice.get_mut("delta"), name);
            }
            let calls = choice.pointer_mut("/delta/tool_calls").and_then(Value::as_array_mut);
            for call in calls.into_iter().flatten() {
                let tool = call["index"].as_u64().unwrap_or_default();
                self.restore((number, ARGUMENTS, tool), call.get_mut("function"), ARGUMENTS);
            }
            if choice["finish_reason"].is_string() {
                let rest = self.end(number).into_iter().map(|(field, rest)| delta(field, &rest));
                rests.extend(
                    rest.map(|it| json!({ "index": number, "delta": it, "finish_reason": null })),
                );
            }
        }
        let event = |choice: Value| {
            let mut chunk = value.clone();
            chunk["choices"] = json!([choice]);
            if let Some(chunk) = chunk.as_object_mut() {
                chunk.remove("usage");
            }
            SseEvent { name: None, data: chunk.to_string() }
        };
        rests.into_iter().map(event).collect()
    }

    fn message(&mut self, value: &mut Value) -> Vec<SseEvent> {
        let number = value["index"].as_u64().unwrap_or_default();
        match value["type"].as_str() {
            Some("content_block_delta") => {
                for (name, _) in BLOCKS {
                    self.restore((number, name, 0), value.get_mut("delta"), name);
                }
                Vec::new()
            }
            Some("content_block_stop") => {
                let rest = self.end(number).into_iter();
                rest.map(|(field, rest)| block_delta(number, field.1, &rest)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Restores a field of an object, if it exists.
    fn restore(&mut self, field: Field, object: Option<&mut Value>, name: &str) {
        let Some(Value::String(text)) = object.and_then(|it| it.get_mut(name)) else { return };
        let is_json = field.1 == ARGUMENTS || BLOCKS.contains(&(field.1, true));
        let mask = if is_json { &self.escaped } else { &self.mask };
        let restorer = self.held.entry(field).or_insert_with(|| Restorer::new(Arc::clone(mask)));
        *text = restorer.push(text);
    }

    /// Held text of a choice or block that ends.
    fn end(&mut self, number: u64) -> Vec<(Field, String)> {
        let fields: Vec<Field> = self.held.keys().filter(|it| it.0 == number).copied().collect();
        let rests = fields.into_iter().filter_map(|it| Some((it, self.held.remove(&it)?.finish())));
        rests.filter(|it| !it.1.is_empty()).collect()
    }
}

/// A chat delta with one field.
fn delta((_, name, tool): Field, text: &str) -> Value {
    match name {
        ARGUMENTS => {
            json!({ "tool_calls": [{ "index": tool, "function": { "arguments": text } }] })
        }
        name => json!({ name: text }),
    }
}

/// An event that adds to a block.
fn block_delta(number: u64, name: &str, text: &str) -> SseEvent {
    let kind = match name {
        "thinking" => "thinking_delta",
        "partial_json" => "input_json_delta",
        _ => "text_delta",
    };
    let value = json!({ "type": "content_block_delta", "index": number, "delta": { "type": kind, name: text } });
    SseEvent { name: Some("content_block_delta".to_owned()), data: value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A secret with a quote and a line end in it, as keys in files have them.
    fn restoring() -> (Restoring, String) {
        let secret = [
            "-----BEGIN RSA PRIVATE ",
            "KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE ",
            "KEY-----",
        ]
        .concat();
        let mut mask = Mask::new();
        assert!(mask.mask(&secret).contains("MASKED_SECRET_1"));
        (Restoring::new(mask), secret)
    }

    fn pushed(restoring: &mut Restoring, events: &[Value]) -> Vec<Value> {
        let events = events
            .iter()
            .flat_map(|it| restoring.push(&SseEvent { name: None, data: it.to_string() }));
        events.map(|it| serde_json::from_str(&it.data).unwrap()).collect()
    }

    fn chunk(delta: &Value, finish: Option<&str>) -> Value {
        json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
    }

    fn said(events: &[Value], at: impl Fn(&Value) -> &Value) -> String {
        events.iter().filter_map(|it| at(it).as_str()).collect()
    }

    #[test]
    fn a_placeholder_in_pieces_becomes_its_secret() {
        let (mut restoring, secret) = restoring();
        let events = pushed(
            &mut restoring,
            &[
                chunk(&json!({ "content": "x = MASKED_" }), None),
                chunk(&json!({ "content": "SECRET_1" }), None),
                chunk(&json!({}), Some("stop")),
            ],
        );
        assert_eq!(
            said(&events, |it| &it["choices"][0]["delta"]["content"]),
            format!("x = {secret}")
        );
        assert_eq!(events.last().unwrap()["choices"][0]["finish_reason"], "stop");
    }

    #[test]
    fn what_a_tool_is_called_with_stays_json() {
        let (mut restoring, secret) = restoring();
        let call = |text: &str| json!({ "tool_calls": [{ "index": 1, "function": { "arguments": text } }] });
        let events = pushed(
            &mut restoring,
            &[
                chunk(&call("{\"key\":\"MASKED_SE"), None),
                chunk(&call("CRET_1\"}"), None),
                chunk(&json!({}), Some("tool_calls")),
            ],
        );
        let arguments =
            said(
                &events,
                |it| &it["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"],
            );
        assert_eq!(serde_json::from_str::<Value>(&arguments).unwrap(), json!({ "key": secret }));
    }

    #[test]
    fn the_same_in_blocks_of_a_message() {
        let (mut restoring, secret) = restoring();
        let block = |index: u64, kind: &str, field: &str, text: &str| json!({ "type": "content_block_delta", "index": index, "delta": { "type": kind, field: text } });
        let events = pushed(
            &mut restoring,
            &[
                block(0, "text_delta", "text", "MASKED_SECRET_1"),
                json!({ "type": "content_block_stop", "index": 0 }),
                block(1, "input_json_delta", "partial_json", "{\"k\":\"MASKED_SECRET_1"),
                block(1, "input_json_delta", "partial_json", "\"}"),
                json!({ "type": "content_block_stop", "index": 1 }),
            ],
        );
        assert_eq!(said(&events, |it| &it["delta"]["text"]), secret);
        let input = said(&events, |it| &it["delta"]["partial_json"]);
        assert_eq!(serde_json::from_str::<Value>(&input).unwrap(), json!({ "k": secret }));
    }
}
