//! Chat requests of other programs: forwarded completely and answered by the first model that can.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use understudy::context::mask::Mask;

use crate::http::{Setup, Station};
use crate::support::stage::{END, text_event};
use crate::support::upstream::planted;
use crate::support::upstream::script::{Script, Step};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

/// A request with every feature that a client can use.
fn question() -> Value {
    json!({
        "model": "auto",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "What is this?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw0KGgo=" } },
            ] },
        ],
        "tools": [{ "type": "function", "function": { "name": "look", "parameters": {
            "type": "object", "properties": { "z": { "type": "string" }, "a": { "type": "string" } },
        } } }],
        "response_format": { "type": "text" },
        "temperature": 0.2,
        "max_tokens": 50,
        "stream": true,
    })
}

fn chunks(events: &[Value]) -> Script {
    let events: String = events.iter().map(|it| format!("data: {it}\n\n")).collect();
    Script::stream(events + "data: [DONE]\n\n")
}

fn call(arguments: &str) -> Value {
    let call = json!({ "index": 0, "id": "c1", "type": "function", "function": { "name": "look", "arguments": arguments } });
    json!({ "id": "x", "object": "chat.completion.chunk", "model": "real", "choices": [{ "index": 0, "delta": { "tool_calls": [call] }, "finish_reason": null }] })
}

fn end(finish: &str) -> Vec<Value> {
    vec![
        json!({ "id": "x", "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] }),
        json!({ "id": "x", "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12 } }),
    ]
}

#[tokio::test]
async fn tools_and_images_are_forwarded_unchanged() {
    let events = [vec![call("{\"z\":"), call("\"é\"}")], end("tool_calls")].concat();
    let station = Station::new("openai-compatible", "m", vec![chunks(&events)]).await;
    let question = question();
    let answer = station.post(CHAT, &question).await;
    let sent = station.sent(0);
    for field in ["messages", "tools", "response_format", "temperature", "max_tokens"] {
        assert_eq!(sent[field], question[field]);
    }
    assert_eq!(
        (&sent["model"], &sent["stream_options"]["include_usage"]),
        (&json!("m"), &json!(true))
    );
    // Usage was not requested.
    assert_eq!(answer.events(), events[..3]);
    assert!(answer.body.ends_with("data: [DONE]\n\n"));
    assert_eq!(answer.header("x-understudy-model"), Some("p0/m"));
}

#[tokio::test]
async fn an_answer_is_one_response_unless_streaming_is_requested() {
    let events = [vec![call("{\"z\":"), json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [{ "index": 0, "function": { "arguments": "1}" } }] } }] })], end("tool_calls")].concat();
    let station = Station::new("openai-compatible", "m", vec![chunks(&events)]).await;
    let mut question = question();
    question["stream"] = json!(false);
    let answer = station.post(CHAT, &question).await.json();
    let message = &answer["choices"][0]["message"];
    assert_eq!(
        (&answer["object"], &answer["usage"]["total_tokens"]),
        (&json!("chat.completion"), &json!(12))
    );
    assert_eq!(
        message["tool_calls"],
        json!([
            { "id": "c1", "type": "function", "function": { "name": "look", "arguments": "{\"z\":1}" } },
        ])
    );
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn usage_is_included_on_request() {
    let events = [vec![call("{}")], end("stop")].concat();
    let station = Station::new("openai-compatible", "m", vec![chunks(&events)]).await;
    let mut question = question();
    question["stream_options"] = json!({ "include_usage": true });
    assert_eq!(station.post(CHAT, &question).await.events(), events);
}

#[tokio::test]
async fn anthropic_messages_go_to_an_anthropic_provider() {
    let script = Script::cassette("anthropic/one_line.sse");
    let providers = vec![
        ("openai-compatible", "m", Script::stream(text_event("no") + END)),
        ("anthropic", "claude", script),
    ];
    let station = Station::set_up(Setup { settings: "", providers, tables: "" }).await;
    let mut question = json!({
        "model": "claude", "max_tokens": 99, "stream": true,
        "system": [{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }],
        "messages": [{ "role": "user", "content": "hi" }],
        "thinking": { "type": "enabled", "budget_tokens": 50 },
    });
    let asked = station.request(MESSAGES, &question).header("anthropic-beta", "some-beta");
    let answer = asked.send(station.port).await;
    let recorded = crate::support::upstream::script::cassette("anthropic/one_line.sse").1;
    let data = |text: &str| {
        text.lines().filter(|it| it.starts_with("data:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(data(&answer.body), data(&recorded));
    let (sent, received) = (station.sent(1), station.upstreams[1].requests().remove(0));
    assert_eq!((&sent["system"], &sent["thinking"]), (&question["system"], &question["thinking"]));
    assert_eq!(
        (received.header("anthropic-beta"), received.header("x-api-key")),
        (Some("some-beta"), Some("key"))
    );
    question["stream"] = json!(false);
    let whole = station.post(MESSAGES, &question).await.json();
    assert_eq!((&whole["type"], &whole["role"]), (&json!("message"), &json!("assistant")));
    assert!(whole["content"][0]["text"].is_string(), "{whole}");
    assert_eq!(station.hits(), [0, 2]);
}

#[tokio::test]
async fn the_next_provider_answers_if_the_first_fails() {
    let good = || Script::stream(text_event("hello") + END);
    for bad in [
        Script::status(429),
        Script::status(500),
        Script::status(401),
        Script::stream("").then(Step::Cut),
    ] {
        let station = Station::new("openai-compatible", "m", vec![bad, good()]).await;
        let answer = station.post(CHAT, &question()).await;
        assert_eq!((answer.status, answer.header("x-understudy-model")), (200, Some("p1/m")));
        assert_eq!(answer.events()[0]["choices"][0]["delta"]["content"], "hello");
    }
}

#[tokio::test]
async fn a_broken_stream_ends_with_an_error_and_an_unstreamed_answer_comes_from_the_next_provider()
{
    let broken = || Script::stream(text_event("hel")).then(Step::Cut);
    let good = || Script::stream(text_event("hello") + END);
    let station = Station::new("openai-compatible", "m", vec![broken(), good()]).await;
    let answer = station.post(CHAT, &question()).await;
    let events = answer.events();
    assert_eq!(events[0]["choices"][0]["delta"]["content"], "hel");
    assert!(
        events.last().unwrap()["error"]["message"].as_str().unwrap().contains("p0/m"),
        "{events:?}"
    );
    assert!(!answer.body.contains("[DONE]"));
    assert_eq!(station.hits(), [1, 0]);
    let mut question = question();
    question["stream"] = json!(false);
    let answer = station.post(CHAT, &question).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], "hello");
}

#[tokio::test]
async fn a_named_model_is_never_replaced_by_another() {
    let good = || Script::stream(text_event("hello") + END);
    let station = Station::new("openai-compatible", "m", vec![good(), good()]).await;
    let mut question = question();
    question["model"] = json!("p1/m");
    assert_eq!(station.post(CHAT, &question).await.status, 200);
    assert_eq!(station.hits(), [0, 1]);
    // Both providers have a model of this name.
    question["model"] = json!("m");
    assert_eq!(station.post(CHAT, &question).await.status, 404);
    let station = Station::new("openai-compatible", "m", vec![good(), Script::status(500)]).await;
    question["model"] = json!("p1/m");
    assert_eq!(station.post(CHAT, &question).await.status, 503);
    assert_eq!(station.hits(), [0, 1]);
}

#[tokio::test]
async fn a_provider_error_is_returned_with_its_status_and_message() {
    let body =
        json!({ "error": { "message": "tools[0] has no name", "type": "invalid_request_error" } });
    let station =
        Station::new("openai-compatible", "m", vec![Script::json(400, &body.to_string())]).await;
    let answer = station.post(CHAT, &question()).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.json()["error"]["message"].as_str().unwrap().contains("tools[0] has no name"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_program_is_told_when_to_repeat_a_request_or_not_to() {
    let limited = |seconds: &str| Script::status(429).header("retry-after", seconds);
    for (script, first, second) in [
        (limited("7"), (429, Some("7")), (429, Some("7"))),
        (limited("600"), (403, None), (403, None)),
        (Script::status(500), (503, Some("2")), (503, Some("2"))),
        (Script::status(401), (403, None), (403, None)),
        (Script::status(404), (404, None), (404, None)),
    ] {
        let station = Station::new("openai-compatible", "m", vec![script]).await;
        for expected in [first, second] {
            let answer = station.post(CHAT, &question()).await;
            let got = (answer.status, answer.header("retry-after"));
            assert_eq!(got, expected, "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn every_error_has_the_format_of_its_api() {
    let station = Station::new("openai-compatible", "m", vec![Script::status(500)]).await;
    let bodies = [json!({}), json!([]), json!({ "model": "none", "messages": [] }), question()];
    for body in &bodies {
        let answer = station.post(CHAT, body).await;
        let error = answer.json()["error"].clone();
        let has = |field: &str| error.get(field).is_some();
        assert!(answer.status >= 400 && has("param") && has("code"), "{}", answer.body);
        assert!(error["message"].is_string() && error["type"].is_string(), "{}", answer.body);
        let answer = station.post(MESSAGES, body).await;
        let error = answer.json();
        assert!(answer.status >= 400 && error["type"] == "error", "{}", answer.body);
        let error = &error["error"];
        assert!(error["message"].is_string() && error["type"].is_string(), "{}", answer.body);
    }
    for path in [CHAT, MESSAGES] {
        let refused = station.request(path, &question()).instead("authorization", "Bearer wrong");
        let answer = refused.send(station.port).await;
        assert_eq!(answer.json()["error"]["type"], "authentication_error");
        assert_eq!(answer.json()["type"] == "error", path == MESSAGES);
    }
}

#[tokio::test]
async fn a_client_that_disconnects_ends_the_call_to_the_model() {
    let stalled = || Script::stream(text_event("hel")).then(Step::Stall);
    let silent = Script::new(200, vec![Step::Stall]);
    for (path, script, streams) in [
        (CHAT, stalled(), true),
        (CHAT, stalled(), false),
        (CHAT, silent.clone(), true),
        ("/v1/completions", silent.clone(), false),
        ("/infill", silent, false),
    ] {
        let kind = if path == CHAT { "openai-compatible" } else { "llama-cpp" };
        let station = Station::new(kind, "m", vec![script]).await;
        let mut body = question();
        body["stream"] = json!(streams);
        body["prompt"] = json!("fn area() {\n    ");
        body["input_prefix"] = json!("fn area() {\n    ");
        let mut stream = station.request(path, &body).start(station.port).await;
        crate::http::until(|| (station.hits() == [1]).then_some(())).await;
        if streams && path == CHAT && station.upstreams[0].hits() == 1 {
            // Part of the answer may already have arrived.
            _ = tokio::time::timeout(Duration::from_millis(20), stream.read(&mut [0; 64])).await;
        }
        drop(stream);
        tokio::time::timeout(crate::http::HANG, station.upstreams[0].hung_up(1)).await.expect(path);
    }
}

#[tokio::test]
async fn a_secret_is_masked_in_the_request_and_restored_in_the_answer() {
    let secret = &planted()[2];
    let mut mask = Mask::new();
    let placeholder = mask.mask(secret).into_owned();
    let (first, second) = placeholder.split_at(9);
    let chat = chunks(&[
        json!({ "choices": [{ "index": 0, "delta": { "content": format!("use {first}") } }] }),
        json!({ "choices": [{ "index": 0, "delta": { "content": second } }] }),
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
    ]);
    let station = Station::new("openai-compatible", "m", vec![chat]).await;
    let mut body = json!({ "messages": [
        { "role": "user", "content": format!("token = \"{secret}\"") },
        { "role": "assistant", "tool_calls": [{ "function": { "name": "f", "arguments": json!({ "k": secret }).to_string() } }] },
    ], "stream": true });
    let answer = station.post(CHAT, &body).await;
    let said: String = answer
        .events()
        .iter()
        .filter_map(|it| it["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(said, format!("use {secret}"));
    body["stream"] = json!(false);
    let answer = station.post(CHAT, &body).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], format!("use {secret}"));
    assert!(station.sent(0).to_string().contains(&placeholder));

    // The upstreams check every received byte for planted secrets when they are dropped.
    let station =
        Station::new("llama-cpp", "m", vec![crate::http::infilled(&format!("x({placeholder})"))])
            .await;
    let text = format!("token = \"{}\"\nfn f() {{\n    ", planted()[1..5].join("\"\nkey = \""));
    let answer =
        station.post("/v1/completions", &json!({ "prompt": text, "suffix": "\n}\n" })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(station.hits(), [1]);
}

#[tokio::test]
async fn spending_limits_pauses_and_rules_apply_to_http_requests() {
    let good = || Script::stream(text_event("hello") + END);
    let setup = |settings: &'static str, tables: &'static str| Setup {
        settings,
        providers: vec![("openai-compatible", "m", good()), ("openai-compatible", "m", good())],
        tables,
    };
    // A folder restricts its text to some providers, and this text may come from that folder.
    let station =
        Station::set_up(setup("", "[[workspace]]\npath = \"/somewhere\"\nonly = [\"p1\"]\n")).await;
    assert_eq!(station.post(CHAT, &question()).await.header("x-understudy-model"), Some("p1/m"));
    assert_eq!(station.hits(), [0, 1]);

    let station = Station::set_up(setup("", "[cap]\nrequests_per_day = 1\n")).await;
    let statuses = [
        station.post(CHAT, &question()).await.status,
        station.post(CHAT, &question()).await.status,
    ];
    assert_eq!((statuses, station.hits()), ([200, 402], vec![1, 0]));

    let station = Station::set_up(setup("", "")).await;
    std::fs::write(
        station.folder.path().join("state/paused.json"),
        r#"[{ "folder": "/somewhere", "until": null }]"#,
    )
    .unwrap();
    let answer = station.post(CHAT, &question()).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("paused in /somewhere"), "{}", answer.body);
    let answer = station.post("/v1/completions", &json!({ "prompt": "a", "suffix": "" })).await;
    assert!(answer.header("x-understudy-reason").unwrap().contains("paused"));
    assert_eq!(station.hits(), [0, 0]);
}

#[tokio::test]
async fn http_requests_are_recorded_in_the_ledger() {
    let station =
        Station::new("openai-compatible", "m", vec![Script::stream(text_event("hello") + END)])
            .await;
    assert_eq!(station.post(CHAT, &question()).await.status, 200);
    let ledger = understudy::usage::Ledger::open(
        station.folder.path().join("state").join(understudy::usage::FILE),
    );
    let calls = crate::http::until_some(async || {
        let calls = ledger.calls(std::time::SystemTime::UNIX_EPOCH).await;
        (!calls.is_empty()).then_some(calls)
    })
    .await;
    assert_eq!((calls.len(), &*calls[0].feature, &*calls[0].provider), (1, "edit", "p0"));
    let sents = ledger.sents(10).await;
    assert_eq!((sents.len(), &*sents[0].target), (1, "p0/m"));
}

#[tokio::test]
async fn configured_headers_and_fields_are_part_of_every_request() {
    let tables = "headers = { x-litellm-tags = 'editor', x-litellm-session-id = '{session}' }\n\
         body = { user = 'alice', cache = { no-cache = true } }\n";
    let providers = vec![("openai-compatible", "m", chunks(&end("stop")))];
    let station = Station::set_up(Setup { settings: "", providers, tables }).await;
    let mut question = question();
    question["user"] = json!("another");
    station.post(CHAT, &question).await;
    station.post("/v1/completions", &json!({ "prompt": "fn area(", "suffix": ")\n" })).await;
    let requests = station.upstreams[0].requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let fields = json!({ "user": body["user"], "cache": body["cache"] });
        assert_eq!(fields, json!({ "user": "alice", "cache": { "no-cache": true } }));
        assert_eq!(request.header("x-litellm-tags"), Some("editor"));
        assert!(request.header("x-litellm-session-id").unwrap().starts_with("understudy-"));
    }
    let session = |at: usize| requests[at].header("x-litellm-session-id");
    assert_eq!(session(0), session(1));
}
