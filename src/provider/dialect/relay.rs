//! A conversation in another program's own request. Only the model and streaming options are replaced, and
//! the answer is passed on event by event. Text, reasoning, usage and the end are decoded only to be counted.

use serde_json::{Value, json};

use crate::prompt::relay::{Api, Relay};
use crate::provider::Target;
use crate::provider::dialect::{Delta, Dialect, EmptyAnswer, Finish, HttpRequest, anthropic, chat};
use crate::provider::failure::Failure;
use crate::provider::preset::Preset;
use crate::provider::sse::{Framing, SseEvent};

/// Two names of one field, as clients send it.
const MAX_TOKENS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// The path of this API at a provider; `None` if it has none.
pub fn path(preset: &Preset, api: Api) -> Option<&'static str> {
    match (api, preset.chat?) {
        (Api::ChatCompletions, (Dialect::OpenAiChat, path))
        | (Api::Messages, (Dialect::Anthropic, path)) => Some(path),
        (Api::ChatCompletions, (Dialect::OpenAiResponses, _)) => Some("/chat/completions"),
        (Api::ChatCompletions, (Dialect::OllamaChat, _)) => Some("/v1/chat/completions"),
        (Api::ChatCompletions | Api::Messages, _) => None,
    }
}

pub(super) fn encode(target: &Target, relay: &Relay) -> HttpRequest {
    let preset = target.provider.preset;
    let dialect = match relay.api {
        Api::ChatCompletions => Dialect::RelayedChat,
        Api::Messages => Dialect::RelayedMessages,
    };
    let mut fields = vec![("model", json!(target.model.id).to_string())];
    for (name, value) in &relay.fields {
        match name.as_str() {
            "model" | "stream" | "stream_options" => {}
            name if relay.api == Api::ChatCompletions && MAX_TOKENS.contains(&name) => {
                fields.push((max_tokens(preset), value.clone()));
            }
            name => fields.push((name, value.clone())),
        }
    }
    fields.push(("stream", "true".to_owned()));
    if relay.api == Api::ChatCompletions && preset.asks_usage {
        fields.push(("stream_options", r#"{"include_usage":true}"#.to_owned()));
    }
    target.provider.extras.extend_raw(&mut fields);
    let fields = fields.iter().map(|(name, value)| format!("{}:{value}", json!(name)));
    let body = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
    let mut headers = dialect.headers();
    headers.extend(relay.beta.iter().map(|it| ("anthropic-beta", it.clone())));
    HttpRequest {
        path: path(preset, relay.api).unwrap_or("/chat/completions").to_owned(),
        headers,
        body: body.into_bytes(),
        framing: Framing::Sse,
        dialect,
        empty: EmptyAnswer::NothingToInsert,
    }
}

/// The provider's name of the field in Chat Completions. Its preset can contain the name for another wire
/// format.
fn max_tokens(preset: &Preset) -> &'static str {
    match preset.chat {
        Some((Dialect::OpenAiResponses, _)) => "max_completion_tokens",
        Some((Dialect::OpenAiChat, _)) => preset.max_tokens,
        Some(_) | None => "max_tokens",
    }
}

/// The event, followed by its decoded content.
pub(super) fn decode(api: Api, event: SseEvent, value: &Value) -> Vec<Delta> {
    let mut deltas = vec![Delta::Relayed(event)];
    deltas.extend(match api {
        Api::ChatCompletions => counted_chat(value),
        // A refusal is passed on like any other answer.
        Api::Messages => counted_message(value),
    });
    deltas
}

/// Converts an answer that was not streamed into the equivalent event of a stream.
pub(super) fn whole(api: Api, value: &Value) -> Result<Vec<Delta>, Failure> {
    if api == Api::Messages {
        return Err(Failure::Garbled { reason: "it is not a stream".to_owned() });
    }
    if !value.is_object() {
        return Err(Failure::Garbled { reason: "it is not a JSON object".to_owned() });
    }
    let mut chunk = value.clone();
    chunk["object"] = json!("chat.completion.chunk");
    for choice in chunk["choices"].as_array_mut().into_iter().flatten() {
        let Some(choice) = choice.as_object_mut() else { continue };
        let mut delta = choice.remove("message").unwrap_or_default();
        let calls = delta.get_mut("tool_calls").and_then(Value::as_array_mut);
        for (at, call) in calls.into_iter().flatten().enumerate() {
            _ = call.as_object_mut().map(|it| it.insert("index".to_owned(), json!(at)));
        }
        choice.insert("delta".to_owned(), delta);
    }
    Ok(decode(api, SseEvent { name: None, data: chunk.to_string() }, &chunk))
}

fn counted_chat(value: &Value) -> Vec<Delta> {
    let (mut text, mut thought, mut finish) = (String::new(), String::new(), None);
    for choice in value["choices"].as_array().into_iter().flatten() {
        let delta = &choice["delta"];
        said(delta, &mut text);
        thought += &chat::reasoning(delta);
        finish = finish.or(choice["finish_reason"].as_str().filter(|it| !it.is_empty()));
    }
    let mut deltas = Vec::new();
    if !text.is_empty() {
        deltas.push(Delta::Text(text));
    }
    if !thought.is_empty() {
        deltas.push(Delta::Thought(thought));
    }
    deltas.extend(finish.map(|it| Delta::Finish(chat::finish(it).unwrap_or(Finish::Other))));
    deltas.extend(chat::reported(value));
    deltas
}

/// Appends everything that a provider counts as text: content, refusals, names and arguments of tool calls.
fn said(delta: &Value, text: &mut String) {
    let mut add = |it: &Value| *text += it.as_str().unwrap_or_default();
    let pieces = delta["content"].as_array().into_iter().flatten().map(|it| &it["text"]);
    [&delta["content"], &delta["refusal"]].into_iter().chain(pieces).for_each(&mut add);
    let calls = delta["tool_calls"].as_array().into_iter().flatten().map(|it| &it["function"]);
    for call in calls.chain([&delta["function_call"]]) {
        add(&call["name"]);
        add(&call["arguments"]);
    }
}

fn counted_message(value: &Value) -> Vec<Delta> {
    let tool = match value["type"].as_str() {
        Some("content_block_start") => value["content_block"]["name"].as_str(),
        Some("content_block_delta") => value["delta"]["partial_json"].as_str(),
        _ => None,
    };
    let tool = tool.filter(|it| !it.is_empty()).map(|it| Delta::Text(it.to_owned()));
    let read = anthropic::decode(value).unwrap_or_else(|_| vec![Delta::Finish(Finish::Other)]);
    tool.into_iter().chain(read).collect()
}
