//! Assembles a streamed answer into one value, for programs that do not stream.

use serde_json::{Value, json};

use crate::prompt::relay::Api;
use crate::provider::sse::SseEvent;

/// The answer so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembly {
    api: Api,
    value: Value,
    /// Arguments of tool calls by block: JSON at the end.
    inputs: Vec<String>,
}

/// Fields that are repeated in every event instead of continued.
const SAID_ONCE: [&str; 5] = ["index", "type", "role", "id", "name"];

/// Most blocks of a message: their numbers come from a provider.
const BLOCKS: usize = 4096;

impl Assembly {
    pub fn new(api: Api) -> Self {
        Self { api, value: Value::Null, inputs: Vec::new() }
    }

    /// Adds an event. An event of another kind is ignored.
    pub fn push(&mut self, event: &SseEvent) {
        let Ok(value) = serde_json::from_str::<Value>(&event.data) else { return };
        if !value.is_object() {
            return;
        }
        match self.api {
            Api::ChatCompletions => self.chunk(value),
            Api::Messages => self.message(value),
        }
    }

    /// The answer; `None` without any event.
    pub fn finish(mut self) -> Option<Value> {
        match self.api {
            Api::ChatCompletions if self.value.is_object() => self.finish_chat(),
            Api::ChatCompletions | Api::Messages => {}
        }
        self.value.is_object().then_some(self.value)
    }

    fn chunk(&mut self, mut chunk: Value) {
        let choices = chunk["choices"].take();
        let Some(fields) = chunk.as_object_mut() else { return };
        if !self.value.is_object() {
            self.value = json!({});
        }
        for (key, value) in fields {
            if !value.is_null() || self.value.get(key).is_none() {
                self.value[key.as_str()] = value.take();
            }
        }
        if !self.value["choices"].is_array() {
            self.value["choices"] = json!([]);
        }
        for choice in choices.as_array().into_iter().flatten() {
            self.choice(choice);
        }
    }

    fn choice(&mut self, choice: &Value) {
        let Some(choices) = self.value["choices"].as_array_mut() else { return };
        let place = choices.iter().position(|it| it["index"] == choice["index"]);
        let place = place.unwrap_or_else(|| {
            choices.push(json!({ "index": choice["index"], "message": {}, "finish_reason": null }));
            choices.len() - 1
        });
        let Some(whole) = choices.get_mut(place) else { return };
        for (key, value) in choice.as_object().into_iter().flatten() {
            match key.as_str() {
                "delta" => add(&mut whole["message"], value),
                "index" => {}
                "logprobs" => add(&mut whole["logprobs"], value),
                key if value.is_null() && whole.get(key).is_some() => {}
                key => whole[key] = value.clone(),
            }
        }
    }

    fn finish_chat(&mut self) {
        self.value["object"] = json!("chat.completion");
        for choice in self.value["choices"].as_array_mut().into_iter().flatten() {
            let message = &mut choice["message"];
            if !message.is_object() {
                *message = json!({});
            }
            message["role"] = json!("assistant");
            if message.get("content").is_none() {
                message["content"] = Value::Null;
            }
            let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
            for call in calls.into_iter().flatten() {
                call.as_object_mut().map(|it| it.remove("index"));
            }
        }
    }

    fn message(&mut self, mut event: Value) {
        let at = event["index"].as_u64().map_or(0, |it| it as usize);
        match event["type"].as_str() {
            Some("message_start") if event["message"].is_object() => {
                self.value = event["message"].take()
            }
            Some("content_block_start") if self.value.is_object() && at < BLOCKS => {
                if !self.value["content"].is_array() {
                    self.value["content"] = json!([]);
                }
                if let Some(blocks) = self.value["content"].as_array_mut() {
                    blocks.resize(blocks.len().max(at + 1), Value::Null);
                    blocks[at] = event["content_block"].take();
                }
                self.inputs.resize(self.inputs.len().max(at + 1), String::new());
            }
            Some("content_block_delta") => self.block(at, &event["delta"]),
            Some("content_block_stop") => self.end_block(at),
            Some("message_delta") if self.value.is_object() => {
                overlay(&mut self.value, &event["delta"]);
                overlay(&mut self.value["usage"], &event["usage"]);
            }
            _ => {}
        }
    }

    fn block(&mut self, at: usize, delta: &Value) {
        let Some(block) = block_of(&mut self.value, at) else { return };
        let text = |name: &str| delta[name].as_str().unwrap_or_default();
        match delta["type"].as_str() {
            Some("text_delta") => append(&mut block["text"], text("text")),
            Some("thinking_delta") => append(&mut block["thinking"], text("thinking")),
            Some("signature_delta") => append(&mut block["signature"], text("signature")),
            Some("input_json_delta") => {
                if let Some(input) = self.inputs.get_mut(at) {
                    *input += text("partial_json");
                }
            }
            Some("citations_delta") => {
                if !block["citations"].is_array() {
                    block["citations"] = json!([]);
                }
                if let Some(all) = block["citations"].as_array_mut() {
                    all.push(delta["citation"].clone());
                }
            }
            _ => {}
        }
    }

    fn end_block(&mut self, at: usize) {
        let Some(input) = self.inputs.get_mut(at).map(std::mem::take) else { return };
        let Some(block) = block_of(&mut self.value, at) else { return };
        if let Ok(input) = serde_json::from_str::<Value>(&input) {
            block["input"] = input;
        }
    }
}

fn block_of(message: &mut Value, at: usize) -> Option<&mut Value> {
    message.get_mut("content")?.get_mut(at).filter(|it| it.is_object())
}

/// Continues a value: strings are appended, items with the same index are merged.
fn add(whole: &mut Value, delta: &Value) {
    match (&mut *whole, delta) {
        (Value::Object(whole), Value::Object(delta)) => {
            for (key, value) in delta {
                match whole.get_mut(key) {
                    Some(there) if !SAID_ONCE.contains(&key.as_str()) => add(there, value),
                    Some(there) if !value.is_null() => *there = value.clone(),
                    Some(_) => {}
                    None => {
                        let mut there = Value::Null;
                        add(&mut there, value);
                        whole.insert(key.clone(), there);
                    }
                }
            }
        }
        (Value::String(whole), Value::String(delta)) => *whole += delta,
        (Value::Array(whole), Value::Array(delta)) => {
            delta.iter().for_each(|it| add_item(whole, it))
        }
        (Value::Null, Value::Array(delta)) => {
            let mut items = Vec::new();
            delta.iter().for_each(|it| add_item(&mut items, it));
            *whole = Value::Array(items);
        }
        (_, Value::Null) => {}
        (whole, delta) => *whole = delta.clone(),
    }
}

fn add_item(items: &mut Vec<Value>, item: &Value) {
    let same =
        |it: &&mut Value| item.get("index").is_some() && it.get("index") == item.get("index");
    match items.iter_mut().find(same) {
        Some(there) => add(there, item),
        None => items.push(item.clone()),
    }
}

/// Copies the fields of one object over another's.
fn overlay(whole: &mut Value, over: &Value) {
    if !whole.is_object() {
        *whole = json!({});
    }
    for (key, value) in over.as_object().into_iter().flatten() {
        whole[key.as_str()] = value.clone();
    }
}

fn append(there: &mut Value, text: &str) {
    match there {
        Value::String(there) => there.push_str(text),
        there => *there = text.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assembled(api: Api, events: &[Value]) -> Value {
        let mut assembly = Assembly::new(api);
        for event in events {
            assembly.push(&SseEvent { name: None, data: event.to_string() });
        }
        assembly.finish().unwrap()
    }

    #[test]
    fn chunks_of_a_chat_are_one_answer() {
        let chunk = |choice: Value| json!({ "id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice] });
        let call = |index: u64, rest: Value| {
            let mut call = json!({ "index": index });
            overlay(&mut call, &rest);
            chunk(json!({ "index": 0, "delta": { "tool_calls": [call] }, "finish_reason": null }))
        };
        let whole = assembled(
            Api::ChatCompletions,
            &[
                chunk(json!({ "index": 0, "delta": { "role": "assistant", "content": "" } })),
                chunk(json!({ "index": 0, "delta": { "content": "Hel" } })),
                chunk(json!({ "index": 0, "delta": { "content": "lo" } })),
                call(
                    0,
                    json!({ "id": "a", "type": "function", "function": { "name": "f", "arguments": "" } }),
                ),
                call(0, json!({ "function": { "arguments": "{\"x\":" } })),
                call(
                    1,
                    json!({ "id": "b", "type": "function", "function": { "name": "g", "arguments": "{}" } }),
                ),
                call(0, json!({ "function": { "arguments": "1}" } })),
                chunk(json!({ "index": 0, "delta": {}, "finish_reason": "tool_calls" })),
                json!({ "id": "c", "object": "chat.completion.chunk", "choices": [], "usage": { "total_tokens": 3 } }),
            ],
        );
        let choice = &whole["choices"][0];
        assert_eq!((&whole["object"], &whole["model"]), (&json!("chat.completion"), &json!("m")));
        assert_eq!(
            (&choice["finish_reason"], &whole["usage"]["total_tokens"]),
            (&json!("tool_calls"), &json!(3))
        );
        assert_eq!(
            choice["message"],
            json!({ "role": "assistant", "content": "Hello", "tool_calls": [
            { "id": "a", "type": "function", "function": { "name": "f", "arguments": "{\"x\":1}" } },
            { "id": "b", "type": "function", "function": { "name": "g", "arguments": "{}" } },
        ] })
        );
    }

    #[test]
    fn blocks_of_a_message_are_one_answer() {
        let delta = |index: u64, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
        let whole = assembled(
            Api::Messages,
            &[
                json!({ "type": "message_start", "message": { "id": "m", "role": "assistant", "content": [], "usage": { "input_tokens": 5, "output_tokens": 1 } } }),
                json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
                delta(0, json!({ "type": "text_delta", "text": "Hel" })),
                delta(0, json!({ "type": "text_delta", "text": "lo" })),
                json!({ "type": "content_block_stop", "index": 0 }),
                json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "id": "t", "name": "f", "input": {} } }),
                delta(1, json!({ "type": "input_json_delta", "partial_json": "{\"x\":" })),
                delta(1, json!({ "type": "input_json_delta", "partial_json": "1}" })),
                json!({ "type": "content_block_stop", "index": 1 }),
                json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 9 } }),
                json!({ "type": "message_stop" }),
            ],
        );
        assert_eq!(
            whole,
            json!({
                "id": "m", "role": "assistant", "stop_reason": "tool_use",
                "content": [
                    { "type": "text", "text": "Hello" },
                    { "type": "tool_use", "id": "t", "name": "f", "input": { "x": 1 } },
                ],
                "usage": { "input_tokens": 5, "output_tokens": 9 },
            })
        );
    }

    proptest! {
        #[test]
        fn any_events_are_taken_without_a_panic(
            events in prop::collection::vec(("[a-z_]{0,12}", any::<u64>(), any::<bool>()), 0..12),
        ) {
            for api in [Api::ChatCompletions, Api::Messages] {
                let mut assembly = Assembly::new(api);
                for (kind, index, flag) in &events {
                    for kind in [kind, "content_block_start", "content_block_delta", "content_block_stop", "message_delta"] {
                        let value = match flag {
                            true => json!({ "type": kind, "index": index, "delta": { "content": kind }, "choices": [{ "index": index, "delta": kind }] }),
                            false => json!({ "type": kind, "index": index, "message": index, "content_block": kind, "delta": { "type": "text_delta", "text": kind }, "choices": index }),
                        };
                        assembly.push(&SseEvent { name: None, data: value.to_string() });
                    }
                }
                _ = assembly.finish();
            }
        }
    }
}
