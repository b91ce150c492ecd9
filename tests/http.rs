//! The local HTTP endpoint over real sockets: what clients get, and which requests are refused.

mod client;
mod conversations;
mod next_edits;
mod process;
mod security;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use understudy::app::{self, Environment};
use understudy::config;
use understudy::config::source::{ConfigSources, UserFile};
use understudy::feature::Engine;
use understudy::feature::pause::{self, Pauses};
use understudy::http::{Endpoint, Listening, owner, token};

use crate::http::client::{Answer, Request};
use crate::support::stage::{END, text_event};
use crate::support::upstream::script::Script;
use crate::support::upstream::{Upstream, planted};

/// Hang guard.
const HANG: Duration = Duration::from_mins(1);

/// An endpoint with scripted providers.
pub(crate) struct Station {
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) port: u16,
    pub(crate) token: String,
    endpoint: Endpoint,
    engine: Engine,
    folder: TempDir,
}

/// The default settings of the endpoint in tests.
const HTTP: &str = "[http]\nenabled = true\nport = 0\n";

/// `settings` of the endpoint, and providers of these kinds with one model each.
pub(crate) struct Setup<'a> {
    pub(crate) settings: &'a str,
    pub(crate) providers: Vec<(&'static str, &'static str, Script)>,
    /// TOML tables after the providers.
    pub(crate) tables: &'a str,
}

impl Station {
    /// Providers of one kind that answer with these scripts, in this order.
    pub(crate) async fn new(kind: &'static str, model: &'static str, scripts: Vec<Script>) -> Self {
        let providers = scripts.into_iter().map(|it| (kind, model, it)).collect();
        Self::set_up(Setup { settings: "", providers, tables: "" }).await
    }

    pub(crate) async fn set_up(setup: Setup<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut upstreams, mut rows, mut names) = (Vec::new(), String::new(), Vec::new());
        for (at, (kind, model, script)) in setup.providers.into_iter().enumerate() {
            let upstream = Upstream::start([script]);
            let url = upstream.url();
            rows += &format!(
                "[[provider]]\nname = \"p{at}\"\nkind = \"{kind}\"\nurl = \"{url}\"\nmodels = [\"{model}\"]\n\
                 key = {{ env = \"KEY\" }}\n"
            );
            names.push(format!("p{at}/{model}"));
            upstreams.push(upstream);
        }
        let http = if setup.settings.is_empty() { HTTP } else { setup.settings };
        let settings = format!(
            "embedded = \"off\"\n{http}[route]\nprefer = \"listed\"\n\
             edit = [{names:?}]\nexplain = [{names:?}]\n{rows}{}",
            setup.tables
        );
        let path = folder.path().join("config.toml");
        fs::write(&path, settings).unwrap();
        let state = folder.path().join("state");
        let environment = Environment {
            config: UserFile::Named(path),
            state: Some(state.clone()),
            variables: Some(Arc::new(|name| (name == "KEY").then(|| "key".to_owned()))),
            deadline: Some(HANG),
            ..Environment::default()
        };
        let sources =
            ConfigSources { file: environment.config.clone(), ..ConfigSources::default() };
        let (config, problems) = config::load(&sources);
        assert_eq!(problems, []);
        // As `understudy http serve` does.
        let pauses = Arc::new(Pauses::new(Some(state.join(pause::FILE))));
        let engine = app::engine(&environment, Vec::new()).with_pauses(pauses);
        let listening = Listening::of(&config.http, Some(&state)).unwrap();
        let endpoint = Endpoint::default();
        endpoint.follow(Some(listening.clone()), &engine);
        let owner = until(|| owner::owner(&listening.folder)).await;
        assert_eq!(owner.problem, None);
        let token = token::read_or_make(&listening.folder).unwrap();
        Self { upstreams, port: owner.port, token, endpoint, engine, folder }
    }

    /// One provider, and these settings of the endpoint.
    pub(crate) async fn with_http(settings: &str, script: Script) -> Self {
        let providers = vec![("openai-compatible", "m", script)];
        Self::set_up(Setup { settings, providers, tables: "" }).await
    }

    /// Disables the endpoint.
    pub(crate) fn turn_off(&self) {
        self.endpoint.follow(None, &self.engine);
    }

    /// Sends a request with the token.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(path, body).send(self.port).await
    }

    pub(crate) fn request(&self, path: &str, body: &Value) -> Request {
        let key = format!("Bearer {}", self.token);
        Request::post(path, body).host(self.port).header("authorization", &key)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let key = format!("Bearer {}", self.token);
        Request::get(path).host(self.port).header("authorization", &key).send(self.port).await
    }

    /// The last body that a provider received.
    pub(crate) fn sent(&self, provider: usize) -> Value {
        serde_json::from_slice(&self.upstreams[provider].requests().last().unwrap().body).unwrap()
    }

    pub(crate) fn hits(&self) -> Vec<usize> {
        self.upstreams.iter().map(Upstream::hits).collect()
    }
}

/// Like `until`, for an asynchronous check.
async fn until_some<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < HANG, "timed out");
        tokio::task::yield_now().await;
    }
}

/// Polls until there is a value.
async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < HANG, "timed out");
        tokio::task::yield_now().await;
    }
}

/// A stream in the Completions format.
fn completion(text: &str) -> Script {
    let event = json!({ "choices": [{ "index": 0, "text": text, "finish_reason": null }] });
    let end = json!({ "choices": [{ "index": 0, "text": "", "finish_reason": "stop" }] });
    Script::stream(format!("data: {event}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
}

/// A stream in llama.cpp's format.
fn infilled(text: &str) -> Script {
    let events = [
        json!({ "content": text, "stop": false }),
        json!({ "content": "", "stop": true, "stop_type": "eos" }),
    ];
    Script::stream(events.iter().map(|it| format!("data: {it}\n\n")).collect::<String>())
}

const PREFIX: &str = "fn area(w: f64, h: f64) -> f64 {\n    ";
const SUFFIX: &str = "\n}\n";

/// One FIM prompt for each model family, with the same hole.
fn prompts() -> Vec<String> {
    vec![
        format!("<|fim_prefix|>{PREFIX}<|fim_suffix|>{SUFFIX}<|fim_middle|>"),
        format!("<fim_prefix>{PREFIX}<fim_suffix>{SUFFIX}<fim_middle>"),
        format!("<PRE> {PREFIX} <SUF>{SUFFIX} <MID>"),
        format!("<｜fim▁begin｜>{PREFIX}<｜fim▁hole｜>{SUFFIX}<｜fim▁end｜>"),
        format!("[SUFFIX]{SUFFIX}[PREFIX]{PREFIX}"),
        format!("<|code_prefix|>{PREFIX}<|code_suffix|>{SUFFIX}<|code_middle|>"),
    ]
}

#[tokio::test]
async fn a_fim_prompt_of_any_model_family_works_with_any_model() {
    for prompt in prompts() {
        let models = [
            ("llama-cpp", "m", infilled("w * h"), "input_prefix"),
            ("openai-compatible", "starcoder2", completion("w * h"), "prompt"),
            (
                "openai-compatible",
                "chatty",
                Script::stream(text_event("<fill>w * h</fill>") + END),
                "messages",
            ),
        ];
        for (kind, model, script, field) in models {
            let station = Station::new(kind, model, vec![script]).await;
            let body = json!({ "model": "qwen2.5-coder", "prompt": prompt, "max_tokens": 64 });
            let answer = station.post("/v1/completions", &body).await;
            assert_eq!(answer.status, 200, "{prompt}: {}", answer.body);
            let value = answer.json();
            assert_eq!(value["choices"][0]["text"], "w * h", "{kind} {model}: {prompt}");
            assert_eq!(value["object"], "text_completion");
            let sent = station.sent(0);
            assert!(sent[field].to_string().contains("fn area("), "{sent}");
            let foreign = ["<|fim_", "<｜fim", "[SUFFIX]", "<PRE>", "<|code_"];
            assert!(foreign.iter().all(|it| !sent.to_string().contains(it)), "{sent}");
        }
    }
}

#[tokio::test]
async fn a_request_may_contain_half_a_surrogate_pair_and_a_byte_order_mark() {
    let station = Station::new("llama-cpp", "m", vec![infilled("w * h")]).await;
    let body = format!("\u{feff}{}", json!({ "prompt": PREFIX, "suffix": "\n}#" }));
    let body = body.replace('#', "\\ud83d").into_bytes();
    let key = format!("Bearer {}", station.token);
    let request = Request::bytes("POST", "//v1/completions/", body).host(station.port);
    let request = request.header("authorization", &key).header("content-type", "application/json");
    let answer = request.send(station.port).await;
    assert_eq!(answer.json()["choices"][0]["text"], "w * h", "{}", answer.body);
    assert!(station.sent(0).to_string().contains('\u{fffd}'));
}

#[tokio::test]
async fn the_text_of_a_notebook_is_python() {
    let script = Script::stream(text_event("<fill>w * h</fill>") + END);
    let station = Station::new("openai-compatible", "chatty", vec![script]).await;
    let prompt = "<|file_sep|>a.ipynb\n<|fim_prefix|>def area(w, h):\n    return <|fim_suffix|><|fim_middle|>";
    // Some programs append `/v1` to a URL that has it.
    let answer = station.post("/v1/v1/completions", &json!({ "prompt": prompt })).await.json();
    assert_eq!(answer["choices"][0]["text"], "w * h");
    let sent = station.sent(0).to_string();
    assert!(sent.contains("a.ipynb (python)"), "{sent}");
}

#[tokio::test]
async fn a_completion_streams_on_request() {
    let station = Station::new("llama-cpp", "m", vec![infilled("w * h")]).await;
    let body = json!({ "prompt": PREFIX, "suffix": SUFFIX, "stream": true });
    let answer = station.post("/v1/completions", &body).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let texts: String = answer
        .events()
        .iter()
        .filter_map(|it| it["choices"][0]["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(texts, "w * h");
    assert!(answer.body.ends_with("data: [DONE]\n\n"));
    let answer = station.post("/v1/fim/completions", &body).await;
    let texts: String = answer
        .events()
        .iter()
        .filter_map(|it| it["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(texts, "w * h");
    let body = json!({ "prompt": PREFIX, "suffix": SUFFIX });
    let answer = station.post("/v1/fim/completions", &body).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], "w * h");
    // The second and third came from the cache.
    assert_eq!(station.hits(), [1]);
}

#[tokio::test]
async fn infill_returns_the_fields_that_llama_vim_reads() {
    let station = Station::new("llama-cpp", "m", vec![infilled("w * h")]).await;
    let mut body = json!({
        "id_slot": 0, "input_prefix": "fn area(w: f64, h: f64) -> f64 {\n", "prompt": "    ", "input_suffix": SUFFIX,
        "input_extra": [
            { "text": "const HEIGHT: f64 = 2.0;\n", "filename": "src/height.rs" },
            { "text": format!("KEY={}", planted()[0]), "filename": ".env" },
        ],
        "n_predict": 128, "stream": false, "samplers": [], "t_max_prompt_ms": 500, "t_max_predict_ms": 60000,
        "response_fields": ["content", "timings/prompt_n", "timings/predicted_ms", "truncated", "tokens_cached"],
    });
    let answer = station.post("/infill", &body).await.json();
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    let wanted =
        ["content", "timings/predicted_ms", "timings/prompt_n", "tokens_cached", "truncated"];
    assert_eq!(keys, wanted);
    assert_eq!(answer["content"], "w * h");
    let sent = station.sent(0).to_string();
    assert!(sent.contains("HEIGHT") && !sent.contains(".env"), "{sent}");
    body["n_predict"] = json!(0);
    assert_eq!(station.post("/infill", &body).await.json()["content"], "");
    assert_eq!(station.hits(), [1]);
}

#[tokio::test]
async fn a_completion_ends_at_the_requested_stop_text() {
    let station = Station::new("llama-cpp", "m", vec![infilled("w * h // area")]).await;
    let body = json!({ "prompt": PREFIX, "suffix": SUFFIX, "stop": ["\n\n", " //"] });
    assert_eq!(station.post("/v1/completions", &body).await.json()["choices"][0]["text"], "w * h");
}

#[tokio::test]
async fn a_failed_completion_is_an_empty_text_with_a_reason_header() {
    let station = Station::new("llama-cpp", "m", vec![Script::status(500)]).await;
    let answer =
        station.post("/v1/completions", &json!({ "prompt": PREFIX, "suffix": SUFFIX })).await;
    assert_eq!((answer.status, &answer.json()["choices"][0]["text"]), (200, &json!("")));
    assert!(answer.header("x-understudy-reason").unwrap().contains("p0/m"), "{answer:?}");
}

#[tokio::test]
async fn the_reason_for_an_empty_text_is_the_one_an_editor_gets() {
    let reason = async |station: &Station, suffix: &str| {
        let body = json!({ "prompt": PREFIX, "suffix": suffix });
        let answer = station.post("/v1/completions", &body).await;
        let text = answer.json()["choices"][0]["text"].clone();
        assert_eq!((answer.status, text), (200, json!("")));
        answer.header("x-understudy-reason").unwrap().to_owned()
    };
    // A model that inserts nothing is not asked again, and the reason stays the same.
    let station = Station::new("llama-cpp", "m", vec![infilled("")]).await;
    let first = reason(&station, "\n}\n").await;
    assert_eq!(reason(&station, "\n}\n").await, first);
    assert_eq!(station.hits(), [1]);
    assert_eq!(reason(&station, "word\n").await, "the cursor is inside a word");
    assert_eq!(station.hits(), [1]);
}

#[tokio::test]
async fn unsupported_requests_get_an_error_message() {
    let station = Station::new("llama-cpp", "m", vec![Script::status(500)]).await;
    for (path, body, status) in [
        ("/v1/completions", json!({ "prompt": ["a", "b"] }), 400),
        (
            "/v1/completions",
            json!({ "prompt": "<|file_sep|>original/a\n<|file_sep|>updated/a\n" }),
            400,
        ),
        ("/v1/completions", json!([]), 400),
        ("/infill", json!({ "input_prefix": 1 }), 400),
        ("/v1/chat/completions", json!({ "model": "auto" }), 400),
        ("/v1/chat/completions", json!({ "model": "gpt-none", "messages": [] }), 404),
        ("/v1/messages", json!({ "model": "auto", "messages": [] }), 400),
        ("/v1/embeddings", json!({}), 404),
        ("/v1/models", json!({}), 405),
    ] {
        let answer = station.post(path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
        assert!(answer.json()["error"]["message"].is_string(), "{path}: {}", answer.body);
    }
    assert_eq!(station.hits(), [0]);
}

#[tokio::test]
async fn models_lists_the_routes_and_every_configured_model() {
    let station = Station::new("llama-cpp", "m", vec![Script::status(500)]).await;
    let list = station.get("/v1/models").await.json();
    let names: Vec<&str> =
        list["data"].as_array().unwrap().iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(names, ["auto", "complete", "edit", "explain", "p0/m"]);
    assert_eq!(station.get("/v1/models/p0/m").await.json()["id"], "p0/m");
    assert_eq!(station.get("/v1/models/p1/m").await.status, 404);
    assert_eq!(station.get("/health").await.json(), json!({ "status": "ok" }));
    assert_eq!(station.get("/props").await.json()["total_slots"], 1);
}
