//! Ghost text while typing from chat models: the request of each API, the order of models, and the case where
//! every model costs more than the limit.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use understudy::app::Environment;
use understudy::config::source::UserFile;
use understudy::models::catalog::Catalog;
use understudy::provider::preset;

use crate::support::editor::{Editor, Hello, inline, texts, uri};
use crate::support::stage::capabilities;
use crate::support::upstream::Upstream;
use crate::support::upstream::script::Script;
use crate::support::{models, stage};

/// The missing text at the cursor.
const REST: &str = "compute(values)";
/// The incomplete line.
const BEGUN: &str = "    total = ";
/// Without the built-in model, every reason is about the configured ones.
const OFF: &str = "embedded.enabled = false\n";

/// A Python file of at least this many bytes, and the end of its incomplete line.
fn file(bytes: usize) -> (String, (u32, u32)) {
    let function = |it: usize| {
        format!(
            "def scaled_{it}(values, factor_{it}):\n    scaled = [it * factor_{it} for it in values]\n    return sum(scaled)\n\n\n"
        )
    };
    let count = bytes / 2 / function(0).len();
    let above: String = (0..count).map(function).collect();
    let below: String = (count..2 * count).map(function).collect();
    let text = format!("{above}def total(values):\n{BEGUN}\n    return total\n\n\n{below}");
    let line = above.lines().count() + 1;
    (text, (line as u32, BEGUN.len() as u32))
}

/// An editor with a Python file open and one scripted server.
struct World {
    editor: Editor,
    folder: TempDir,
    upstream: Upstream,
    uri: String,
    at: (u32, u32),
}

impl World {
    fn new(settings: &str, bytes: usize, script: Script) -> Self {
        let state = tempfile::tempdir().unwrap();
        Self::with(settings, bytes, script, state.path().to_owned(), capabilities())
    }

    /// With the address of the server in place of `URL`.
    fn with(
        settings: &str,
        bytes: usize,
        script: Script,
        state: std::path::PathBuf,
        capabilities: Value,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let mut editor = Editor::started(Environment {
            config: UserFile::Named(path.clone()),
            state: Some(state),
            deadline: Some(Duration::from_secs(20)),
            variables: Some(Arc::new(|name: &str| name.ends_with("_KEY").then(|| "k".to_owned()))),
            ..Environment::default()
        });
        let upstream = editor.within(|| Upstream::start([script]));
        fs::write(&path, settings.replace("URL", &upstream.url())).unwrap();
        editor.greet(Hello {
            roots: vec![folder.path().to_owned()],
            config: Some(path),
            capabilities,
            ..Hello::default()
        });
        editor.indexed();
        editor.forgiving = true;
        let (text, at) = file(bytes);
        let uri = uri(&folder.path().join("total.py"));
        editor.open(&uri, "python", &text);
        Self { editor, folder, upstream, uri, at }
    }

    /// Waits for ghost text and returns it.
    fn shown(&mut self) -> String {
        let (uri, at) = (self.uri.clone(), self.at);
        let mut shown = Vec::new();
        self.editor.until(|it| {
            shown = it.ghost(&uri, at);
            !shown.is_empty()
        });
        shown.remove(0)
    }

    fn ghost(&mut self) -> Vec<String> {
        self.editor.ghost(&self.uri, self.at)
    }

    /// The last sent request.
    fn sent(&self) -> Value {
        let requests = self.upstream.requests();
        let last = requests.iter().rev().find(|it| it.method == "POST").unwrap();
        serde_json::from_slice(&last.body).unwrap()
    }

    fn posts(&self) -> usize {
        self.upstream.requests().iter().filter(|it| it.method == "POST").count()
    }

    fn silence(&mut self) -> String {
        let params = json!({ "textDocument": { "uri": self.uri } });
        let status = self.editor.request("understudy/status", params);
        status["silence"]["message"].as_str().unwrap_or_default().to_owned()
    }

    fn config(&self) -> String {
        fs::read_to_string(self.folder.path().join("config.toml")).unwrap()
    }
}

/// A provider at the scripted server with the catalogue's price.
fn row(kind: &str, model: &str) -> String {
    let catalog = Catalog::built_in();
    let entry = catalog.find(kind, model);
    let price = entry.and_then(|it| it.price).map(|it| {
        let rate = |it: understudy::models::price::money::Rate| it.dollars_per_million();
        let (input, output) = (rate(it.rates.input), rate(it.rates.output));
        format!(", price = {{ input = {input}, output = {output} }}")
    });
    format!(
        "[[provider]]\nname = \"p\"\nkind = \"{kind}\"\nurl = \"URL\"\nmodels = [{{ id = \"{model}\"{} }}]\n",
        price.unwrap_or_default()
    )
}

/// The same with a price in dollars per million tokens.
fn priced(name: &str, kind: &str, model: &str, input: f64, output: f64) -> String {
    format!(
        "[[provider]]\nname = \"{name}\"\nkind = \"{kind}\"\nurl = \"URL\"\n\
         models = [{{ id = \"{model}\", price = {{ input = {input}, output = {output} }} }}]\n"
    )
}

/// A chat answer in the format of a provider kind.
fn answer(kind: &str, text: &str) -> Script {
    let event = |name: &str, data: Value| format!("event: {name}\ndata: {data}\n\n");
    match kind {
        "anthropic" => Script::stream(
            [
                event(
                    "message_start",
                    json!({ "type": "message_start", "message": { "usage": { "input_tokens": 9 } } }),
                ),
                event(
                    "content_block_delta",
                    json!({ "type": "content_block_delta", "index": 0,
                        "delta": { "type": "text_delta", "text": text } }),
                ),
                event(
                    "message_delta",
                    json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" },
                        "usage": { "output_tokens": 9 } }),
                ),
                event("message_stop", json!({ "type": "message_stop" })),
            ]
            .concat(),
        ),
        "gemini" => Script::stream(format!(
            "data: {}\n\n",
            json!({ "candidates": [{ "index": 0, "finishReason": "STOP",
                "content": { "role": "model", "parts": [{ "text": text }] } }] })
        )),
        "openai-responses" => Script::stream(
            [
                event(
                    "response.output_text.delta",
                    json!({ "type": "response.output_text.delta", "delta": text }),
                ),
                event(
                    "response.completed",
                    json!({ "type": "response.completed", "response": { "usage": {} } }),
                ),
            ]
            .concat(),
        ),
        _ => stage::answer(text),
    }
}

/// Whether a value contains all fields of another one.
fn holds(value: &Value, part: &Value) -> bool {
    match part {
        Value::Object(part) => part.iter().all(|(key, it)| holds(&value[key], it)),
        part => value == part,
    }
}

/// Each API with a chat model, and the fields that keep its answer short and its reasoning off.
fn chats() -> Vec<(&'static str, &'static str, Value)> {
    let low = json!({ "reasoning_effort": "low", "max_completion_tokens": 64 + 256 });
    vec![
        (
            "openai",
            "gpt-5.4-mini",
            json!({ "reasoning_effort": "none", "max_completion_tokens": 64 }),
        ),
        (
            "openai-responses",
            "gpt-5.4-mini",
            json!({ "reasoning": { "effort": "none" }, "max_output_tokens": 64 }),
        ),
        (
            "anthropic",
            "claude-haiku-5-5",
            json!({ "thinking": { "type": "disabled" }, "max_tokens": 64,
                "stop_sequences": ["</fill>"] }),
        ),
        ("anthropic", "claude-haiku-4-5", json!({ "max_tokens": 64 })),
        (
            "gemini",
            "gemini-3.5-flash-lite",
            json!({ "generationConfig": { "maxOutputTokens": 64 + 256,
                "thinkingConfig": { "thinkingLevel": "minimal" }, "stopSequences": ["</fill>"] } }),
        ),
        ("groq", "openai/gpt-oss-20b", low.clone()),
        ("cerebras", "gpt-oss-120b", low),
        (
            "together",
            "deepseek-ai/DeepSeek-V4.1-Flash",
            json!({ "reasoning": { "enabled": false }, "max_tokens": 64, "stop": ["</fill>"] }),
        ),
        (
            "deepinfra",
            "deepseek-ai/DeepSeek-V4.1-Flash",
            json!({ "reasoning_effort": "none", "max_tokens": 64 }),
        ),
        ("sambanova", "gpt-oss-120b", json!({ "reasoning_effort": "low", "max_tokens": 64 + 256 })),
        ("xai", "grok-4.3", json!({ "reasoning_effort": "none", "max_tokens": 64 })),
        ("openrouter", "anthropic/claude-haiku-4.5", json!({ "max_tokens": 64 })),
        ("mistral", "devstral-latest", json!({ "max_tokens": 64, "stop": ["</fill>", "\n"] })),
    ]
}

#[test]
fn chat_models_give_ghost_text_while_typing_on_every_api() {
    let replies = [
        format!("<fill>{REST}</fill>"),
        REST.to_owned(),
        format!("```python\n{REST}\n```"),
        format!("<fill>{BEGUN}{REST}"),
        format!("Here is the missing text:\n```\n{REST}\n```\nIt calls compute."),
    ];
    for (at, (kind, model, expected)) in chats().into_iter().enumerate() {
        for bytes in [0, 30_000] {
            let reply = answer(kind, &replies[at % replies.len()]);
            let mut world = World::new(&row(kind, model), bytes, reply);
            assert_eq!(world.shown(), REST, "{kind}/{model}, {bytes} bytes");
            let sent = world.sent();
            assert!(holds(&sent, &expected), "{kind}/{model}: {sent}");
            // About 1,700 tokens for a file of any size.
            let text = sent.to_string();
            assert!(text.len() < 6_500, "{kind}/{model}: {} bytes", text.len());
            assert!(text.contains("<<<HOLE>>> marks the cursor"), "{text}");
            let around = "total = <<<HOLE>>>\\n</before>";
            assert!(text.contains(around), "{text}");
            assert!(!world.editor.has_unread("window/showMessageRequest"));
        }
    }
}

/// An answer in the format of the request that a provider kind gets first.
fn any_answer(kind: &str) -> Script {
    match kind {
        "anthropic" | "gemini" | "openai-responses" => {
            answer(kind, &format!("<fill>{REST}</fill>"))
        }
        "ollama" => {
            let said = json!({ "response": REST, "done": false });
            Script::stream(format!("{said}\n{}\n", json!({ "response": "", "done": true })))
        }
        "llama-cpp" => {
            let said = json!({ "content": REST, "stop": false });
            Script::stream(format!(
                "data: {said}\n\ndata: {}\n\n",
                json!({ "content": "", "stop": true })
            ))
        }
        _ => both(),
    }
}

#[test]
fn every_kind_of_provider_gives_ghost_text_with_the_models_that_setup_suggests() {
    let local = ["ollama", "llama-cpp", "vllm", "lm-studio"];
    for preset in preset::all() {
        let models: Vec<&str> = match preset.suggested() {
            None if local.contains(&preset.kind) => vec!["qwen2.5-coder"],
            None => Vec::new(),
            Some(models) => vec![models.typing],
        };
        for (model, bytes) in models.iter().flat_map(|it| [(it, 0), (it, 30_000)]) {
            let limit = "limit.complete.usd = 0.01\n";
            let settings = format!("{limit}{OFF}{}", row(preset.kind, model));
            let mut world = World::new(&settings, bytes, any_answer(preset.kind));
            assert_eq!(world.shown(), REST, "{}/{model}, {bytes} bytes", preset.kind);
            let sent = world.sent().to_string().len();
            assert!(sent < 13_000, "{}/{model}: {sent} bytes", preset.kind);
        }
    }
}

#[test]
fn the_answer_is_prefilled_if_the_api_supports_it() {
    let mut world = World::new(&row("anthropic", "claude-haiku-4-5"), 0, answer("anthropic", REST));
    assert_eq!(world.shown(), REST);
    let begun = json!({ "role": "assistant", "content": [{ "type": "text", "text": "<fill>" }] });
    assert_eq!(world.sent()["messages"][1], begun);
    let mut world = World::new(&row("mistral", "devstral-latest"), 0, answer("mistral", REST));
    assert_eq!(world.shown(), REST);
    let begun = json!({ "role": "assistant", "content": "<fill>", "prefix": true });
    assert_eq!(world.sent()["messages"][2], begun);
    let mut world = World::new(&row("anthropic", "claude-haiku-5-5"), 0, answer("anthropic", REST));
    assert_eq!(world.shown(), REST);
    assert_eq!(world.sent()["messages"].as_array().unwrap().len(), 1);
}

/// Answers chat and FIM requests in their own formats.
fn both() -> Script {
    let event = json!({ "choices": [{ "index": 0, "text": REST, "delta": { "content": REST },
        "finish_reason": "stop" }] });
    Script::stream(format!("data: {event}\n\ndata: [DONE]\n\n"))
}

#[test]
fn a_fim_model_is_preferred_unless_a_chat_model_is_much_cheaper() {
    let asked = |route: &str, input: f64| {
        let fills = priced("fills", "vllm", "qwen2.5-coder", 0.5, 1.0);
        let chats = priced("chats", "openai-compatible", "m", input, 2.0 * input);
        let settings = format!("{route}\n{chats}{fills}");
        let mut world = World::new(&settings, 30_000, both());
        assert_eq!(world.shown(), REST);
        match world.sent()["prompt"].is_string() {
            true => "fills",
            false => "chats",
        }
    };
    let equal = "route.complete = [[\"fills\", \"chats\"]]";
    assert_eq!(asked(equal, 0.5), "fills");
    // Only the price counts, for a prompt of half the size.
    let by_price = "route.a_second = 0\nroute.complete = [[\"fills\", \"chats\"]]";
    assert_eq!(asked(by_price, 0.05), "chats");
    // Without a route, the FIM model is first while it can answer.
    assert_eq!(asked("", 0.05), "fills");
    assert_eq!(asked("route.complete = [\"chats\", \"fills\"]", 0.5), "chats");
}

#[test]
fn within_a_line_a_chat_model_is_used_only_if_the_route_names_it() {
    let settings = row("openai", "gpt-5.4-mini");
    for (route, expected) in [("", None), ("route.complete = [\"p\"]\n", Some(REST))] {
        let script = answer("openai", REST);
        let mut world = World::new(&format!("{route}{settings}"), 0, script);
        world.editor.insert(&world.uri, 1, world.at, " + other(values)");
        match expected {
            Some(rest) => assert_eq!(world.shown(), rest),
            None => {
                assert_eq!(world.ghost(), [""; 0]);
                let said =
                    "nothing shown: code follows the cursor, and p/gpt-5.4-mini only chats: ";
                assert!(world.silence().starts_with(said), "{}", world.silence());
                assert_eq!(world.posts(), 0);
            }
        }
    }
}

#[test]
fn reasoning_and_search_models_are_not_used_while_typing_and_the_reason_is_shown() {
    // These providers answer at their vendors' addresses, which the test cannot reach.
    for (kind, model, said) in [
        ("xai", "grok-code-fast-1", "p/grok-code-fast-1 reasons before every answer, "),
        ("openai", "o4-mini", "p/o4-mini reasons before every answer, "),
        (
            "perplexity",
            "sonar-pro",
            "p/sonar-pro answers from a web search: it completes code only if `route.complete` names it",
        ),
    ] {
        let row = format!("{OFF}{}", row(kind, model).replace("url = \"URL\"\n", ""));
        let mut world = World::new(&row, 0, answer(kind, REST));
        assert_eq!(world.ghost(), [""; 0]);
        let silence = world.silence();
        assert!(silence.strip_prefix("nothing shown: ").unwrap().starts_with(said), "{silence}");
    }
    let named = format!("route.complete = [\"p\"]\n{}", row("perplexity", "sonar-pro"));
    assert_eq!(World::new(&named, 0, answer("perplexity", REST)).shown(), REST);
}

#[test]
fn the_first_key_opens_a_connection_to_a_chat_model_within_the_limit() {
    let settings = row("anthropic", "claude-haiku-4-5");
    let mut world = World::new(&settings, 30_000, answer("anthropic", REST));
    world.editor.insert(&world.uri, 1, world.at, "c");
    let upstream = &world.upstream;
    world.editor.until(|it| {
        it.request("understudy/status", Value::Null);
        upstream.hits() == 1
    });
    assert_eq!(world.upstream.requests()[0].method, "HEAD");
}

#[test]
fn a_smaller_prompt_is_sent_if_the_usual_one_is_too_expensive() {
    let settings = row("anthropic", "claude-sonnet-5-5");
    let mut world = World::new(&settings, 30_000, answer("anthropic", REST));
    assert_eq!(world.shown(), REST);
    let sent = world.sent().to_string();
    assert!(sent.len() < 3_000, "{} bytes", sent.len());
    assert!(!world.editor.has_unread("window/showMessageRequest"));
    // A FIM model gets a smaller prompt as well.
    let settings = priced("p", "vllm", "qwen2.5-coder", 2.0, 8.0);
    let mut world = World::new(&settings, 30_000, models::answer(REST));
    assert_eq!(world.shown(), REST);
    let sent = world.sent().to_string();
    assert!(sent.len() < 2_500, "{} bytes", sent.len());
}

/// A model that costs more than the limit with any prompt, in a file with comments.
const ABOVE_LIMIT: &str = "# mine\nembedded.enabled = false # nothing else answers\n";

fn above_limit() -> String {
    format!("{ABOVE_LIMIT}{}", priced("far", "anthropic", "claude-opus-4", 8.0, 40.0))
}

#[test]
fn a_price_above_the_limit_is_shown_once_with_both_figures_and_allow_is_saved() {
    let state = tempfile::tempdir().unwrap();
    let script = || answer("anthropic", REST);
    let world = |state: &TempDir| {
        World::with(&above_limit(), 30_000, script(), state.path().to_owned(), capabilities())
    };
    let mut first = world(&state);
    first.editor.replies.insert("window/showMessageRequest", json!({ "title": "Allow" }));
    assert_eq!(first.ghost(), [""; 0]);
    let asked = first.editor.take_request("window/showMessageRequest");
    let message = asked["message"].as_str().unwrap();
    let figures = message.strip_prefix("far/claude-opus-4 costs about $0.00").unwrap();
    let (each, rest) = figures.split_once(" per suggestion, $").unwrap();
    let (hour, rest) = rest.split_once(" per hour of typing; ").unwrap();
    assert_eq!(rest, "`limit.complete.usd` allows $0.002");
    let (each, hour): (f64, f64) = (format!("0.00{each}").parse().unwrap(), hour.parse().unwrap());
    assert!((hour / each - 150.0).abs() < 2.0, "{message}");
    let titles: Vec<_> = asked["actions"].as_array().unwrap().iter().collect();
    assert_eq!(titles, [&json!({ "title": "Allow" }), &json!({ "title": "Only on request" })]);
    // The choice applies without a restart, and the rest of the file is kept.
    assert_eq!(first.shown(), REST);
    let config = first.config();
    assert!(config.starts_with(ABOVE_LIMIT), "{config}");
    let usd = config.split_once("[limit.complete]\nusd = ").unwrap().1.trim();
    assert!((each..2.0 * each).contains(&usd.parse().unwrap()), "{usd} for {each}");
    drop(first);

    // Another window with the same models shows no message.
    let mut second = world(&state);
    for _ in 0..3 {
        assert_eq!(second.ghost(), [""; 0]);
    }
    let silence = second.silence();
    assert!(silence.starts_with("nothing shown: far/claude-opus-4 costs about $0.00"), "{silence}");
    assert!(!second.editor.has_unread("window/showMessageRequest"));
    assert_eq!(second.posts(), 0);
}

#[test]
fn only_on_request_is_saved_and_invoked_requests_still_work() {
    let mut world = World::new(&above_limit(), 30_000, answer("anthropic", REST));
    world.editor.replies.insert("window/showMessageRequest", json!({ "title": "Only on request" }));
    assert_eq!(world.ghost(), [""; 0]);
    world.editor.take_request("window/showMessageRequest");
    let folder = world.folder.path().join("config.toml");
    world.editor.until(|it| {
        it.turn();
        fs::read_to_string(&folder).unwrap().ends_with("\n[limit.complete]\nusd = 0.002\n")
    });
    assert!(world.config().starts_with(ABOVE_LIMIT), "{}", world.config());
    assert_eq!(world.ghost(), [""; 0]);
    assert_eq!(world.posts(), 0);
    let invoked = inline(&world.uri, world.at, 1);
    let answer = world.editor.request("textDocument/inlineCompletion", invoked);
    assert_eq!(texts(&answer), [REST]);
}

#[test]
fn an_editor_without_message_choices_gets_the_line_to_add() {
    let mut capabilities = capabilities();
    capabilities["window"].as_object_mut().unwrap().remove("showMessage");
    let state = tempfile::tempdir().unwrap();
    let script = answer("anthropic", REST);
    let mut world =
        World::with(&above_limit(), 30_000, script, state.path().to_owned(), capabilities);
    assert_eq!(world.ghost(), [""; 0]);
    let message = world.editor.take("window/showMessage")["message"].take();
    let message = message.as_str().unwrap();
    assert!(
        message.contains("per hour of typing; `limit.complete.usd` allows $0.002"),
        "{message}"
    );
    let line = message.split('`').find(|it| it.contains(" = ")).unwrap();
    let path = world.folder.path().join("config.toml");
    assert!(message.ends_with(&*path.to_string_lossy()), "{message}");
    assert!(message.contains("below `[limit.complete]`"), "{message}");
    fs::write(&path, format!("{}\n[limit.complete]\n{line}\n", world.config())).unwrap();
    assert_eq!(world.shown(), REST);
}

#[test]
fn an_empty_insertion_is_not_requested_again_until_the_text_changes() {
    let settings = format!("{OFF}{}", priced("p", "openai-compatible", "m", 0.1, 0.5));
    let mut world = World::new(&settings, 0, answer("openai", "<fill></fill>"));
    for _ in 0..5 {
        assert_eq!(world.ghost(), [""; 0]);
    }
    assert_eq!(world.posts(), 1);
    let silence = world.silence();
    assert!(silence.contains("nothing"), "{silence}");
    let (uri, at) = (world.uri.clone(), world.at);
    world.editor.insert(&uri, 1, at, "x");
    assert_eq!(world.editor.ghost(&uri, (at.0, at.1 + 1)), [""; 0]);
    assert_eq!(world.posts(), 2);
}

/// A llama.cpp server's answer to a prompt of 600 tokens that it has read at this rate.
fn read_at(tokens_a_second: u32) -> Script {
    let millis = 600_000 / tokens_a_second;
    let timings = json!({ "cache_n": 0, "prompt_n": 600, "prompt_ms": millis });
    let events = [
        json!({ "content": REST, "stop": false, "timings": timings }),
        json!({ "content": "", "stop": true, "stop_type": "eos", "tokens_evaluated": 600, "timings": timings }),
    ];
    Script::stream(events.iter().map(|it| format!("data: {it}\n\n")).collect::<String>())
}

#[test]
fn a_local_model_gets_as_much_context_as_it_reads_in_time() {
    let settings =
        format!("{OFF}[[provider]]\nname = \"p\"\nkind = \"llama-cpp\"\nurl = \"URL\"\n");
    let length = |body: &Value, part: &str| body[part].as_str().unwrap().len();
    for (rate, is_fast) in [(5000, true), (190, false)] {
        let mut world = World::new(&settings, 40_000, read_at(rate));
        assert_eq!(world.shown(), REST);
        let first = world.sent();
        // The user types on, something else than what is shown.
        world.editor.insert(&world.uri.clone(), 2, world.at, "x");
        world.at.1 += 1;
        world.ghost();
        let second = world.sent();
        let sent = length(&first, "input_prefix") + length(&first, "input_suffix");
        assert!(sent < 1600, "its rate is not known yet: {sent}");
        if is_fast {
            assert!(length(&second, "input_suffix") > 800, "{second}");
        } else {
            let begin = |body: &Value| body["input_prefix"].as_str().unwrap()[..80].to_owned();
            assert_eq!(begin(&first), begin(&second), "its server holds the beginning");
            assert!(length(&second, "input_suffix") < 300, "{second}");
        }
    }
}

#[test]
fn a_local_model_reads_the_text_around_a_resting_cursor_before_the_user_types() {
    // The paid model is not asked in its place.
    let paid = priced("q", "openai-compatible", "m", 0.1, 0.5);
    let local = "[[provider]]\nname = \"p\"\nkind = \"llama-cpp\"\nurl = \"URL\"\n";
    let settings = format!("{OFF}route.complete = [\"p\", \"q\"]\n{local}{paid}");
    let mut world = World::new(&settings, 40_000, read_at(190));
    let rest = |world: &mut World, line: u32| {
        let place = json!({ "line": line, "character": 0 });
        let params = json!({
            "textDocument": { "uri": world.uri }, "range": { "start": place, "end": place },
            "context": { "diagnostics": [], "triggerKind": 2 },
        });
        world.editor.request("textDocument/codeAction", params);
    };
    // Nothing is sent before the model is used, nor for a place that it has read, nor for one that the cursor leaves.
    rest(&mut world, 898);
    assert_eq!(world.shown(), REST);
    let (here, before) = (world.at.0, world.posts());
    [here, 500, 898].into_iter().for_each(|line| rest(&mut world, line));
    let World { editor, upstream, .. } = &mut world;
    let posts = || upstream.requests().iter().filter(|it| it.method == "POST").count();
    editor.until(|it| {
        it.turn();
        posts() > before
    });
    let warmed = world.sent();
    assert_eq!(warmed["n_predict"], 1);
    let uri = world.uri.clone();
    world.at = (898, 0);
    world.editor.insert(&uri, 1, world.at, "x");
    world.at.1 = 1;
    world.ghost();
    let typed = world.sent();
    let prefix = |body: &Value| body["input_prefix"].as_str().unwrap().to_owned();
    assert_eq!(prefix(&typed), prefix(&warmed) + "x");
    assert_eq!(world.posts(), before + 2);
}
