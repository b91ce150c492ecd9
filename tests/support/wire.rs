//! Every dialect with its cassettes, and a prompt to send in it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use understudy::models::token_usage::Usage;
use understudy::prompt::{CompletionScope, Fill, Prompt, Trigger};
use understudy::provider::dialect::{Delta, Dialect};
use understudy::provider::failure::Failure;
use understudy::provider::fim::FillFormat;
use understudy::provider::secret::Secret;
use understudy::provider::transport::{Patience, Transport};
use understudy::provider::{Provider, Target, TargetModel, dialect, fim, preset};

use crate::support::upstream::script::Script;
use crate::support::upstream::{Upstream, script};

pub(crate) const TEXT: &str = "println!(\"grüße ∑ 😀\");";

/// A dialect and a provider that uses it.
pub(crate) struct Row {
    pub(crate) dialect: Dialect,
    pub(crate) kind: &'static str,
    pub(crate) form: FillFormat,
    /// Its folder in `tests/cassettes`; `ending` is the extension of its streams.
    pub(crate) folder: &'static str,
    pub(crate) ending: &'static str,
    /// A text in the event that completes an answer.
    last: &'static str,
    /// The cached prompt tokens in its usage.
    pub(crate) cached: u64,
    pub(crate) path: &'static str,
    /// An error message in the dialect's format.
    pub(crate) error: &'static str,
}

const OPENAI: &str = r#"{"error":{"message":"m","type":"t","param":null,"code":null}}"#;

pub(crate) fn rows() -> [Row; 10] {
    let row = |dialect, kind, form, folder, last, path| Row {
        dialect,
        kind,
        form,
        folder,
        ending: "sse",
        last,
        cached: 64,
        path,
        error: OPENAI,
    };
    let family = fim::family("qwen2.5-coder-7b").expect("a family of ours");
    let ollama = |dialect, form, folder, path| Row {
        ending: "ndjson",
        cached: 0,
        error: r#"{"error":"m"}"#,
        ..row(dialect, "ollama", form, folder, r#""done":true"#, path)
    };
    let llama = |dialect, form, folder, path| Row {
        error: r#"{"error":{"code":400,"message":"m","type":"t"}}"#,
        ..row(dialect, "llama-cpp", form, folder, r#""stop":true"#, path)
    };
    let stop = r#""finish_reason":"stop""#;
    [
        row(Dialect::OpenAiChat, "openai", FillFormat::Chat, "openai", stop, "/chat/completions"),
        row(
            Dialect::OpenAiResponses,
            "openai-responses",
            FillFormat::Chat,
            "responses",
            "event: response.completed",
            "/responses",
        ),
        row(
            Dialect::OpenAiCompletions,
            "deepseek",
            FillFormat::Suffix,
            "completions",
            stop,
            "/beta/completions",
        ),
        Row {
            error: r#"{"type":"error","error":{"type":"t","message":"m"}}"#,
            ..row(
                Dialect::Anthropic,
                "anthropic",
                FillFormat::Chat,
                "anthropic",
                "event: message_stop",
                "/messages",
            )
        },
        Row {
            error: r#"[{"error":{"code":0,"message":"m","status":"T"}}]"#,
            ..row(
                Dialect::Gemini,
                "gemini",
                FillFormat::Chat,
                "gemini",
                r#""finishReason":"STOP""#,
                "/models/model:streamGenerateContent?alt=sse",
            )
        },
        Row {
            error: r#"{"object":"error","message":"m","type":"t","code":"1"}"#,
            ..row(
                Dialect::MistralFim,
                "codestral",
                FillFormat::Suffix,
                "mistral",
                stop,
                "/fim/completions",
            )
        },
        ollama(Dialect::OllamaGenerate, FillFormat::Suffix, "ollama", "/api/generate"),
        ollama(Dialect::OllamaChat, FillFormat::Chat, "ollama_chat", "/api/chat"),
        llama(Dialect::LlamaInfill, FillFormat::Infill, "llama", "/infill"),
        llama(Dialect::LlamaCompletion, FillFormat::Raw(family), "llama_completion", "/completion"),
    ]
}

/// The model `it/model` of a provider of this kind at an address.
pub(crate) fn target(kind: &str, url: &str, form: FillFormat, secret: Secret) -> Target {
    let preset = preset::find(kind).expect("a preset of this kind");
    let provider = Arc::new(Provider::new(preset, url, secret));
    let model = TargetModel { id: "model".to_owned(), form, edits: None, context_length: None };
    Target { name: "it/model".into(), provider, model }
}

impl Row {
    /// The times that the server reports for reading the prompt and for writing the answer.
    pub(crate) fn times(&self) -> [Option<Duration>; 2] {
        match self.dialect {
            Dialect::LlamaInfill | Dialect::LlamaCompletion => {
                [10_500, 90_100].map(|it| Some(Duration::from_micros(it)))
            }
            Dialect::OllamaGenerate | Dialect::OllamaChat => {
                [2, 3].map(|it| Some(Duration::from_nanos(it)))
            }
            _ => [None, None],
        }
    }

    pub(crate) fn cassette(&self, name: &str) -> String {
        format!("{}/{name}.{}", self.folder, self.ending)
    }

    /// The cassette of the same answer without streaming.
    pub(crate) fn whole_name(&self) -> String {
        format!("{}/one_line.json", self.folder)
    }

    pub(crate) fn stream(&self) -> String {
        script::cassette(&self.cassette("one_line")).1
    }

    /// A stream event with this text.
    pub(crate) fn event(&self, text: &str) -> String {
        match self.ending {
            "ndjson" => format!("{text}\n"),
            _ => format!("data: {text}\n\n"),
        }
    }

    /// Bytes of the stream that form a complete answer if the body ends cleanly: a last event of complete
    /// JSON needs no line end.
    pub(crate) fn whole(&self) -> usize {
        let stream = self.stream();
        let at = stream.find(self.last).expect("its last event");
        at + stream[at..].find(self.end()).expect("its end")
    }

    /// The same if the connection breaks.
    pub(crate) fn whole_event(&self) -> usize {
        self.whole() + self.end().len()
    }

    /// The separator after an event.
    pub(crate) fn end(&self) -> &'static str {
        if self.ending == "ndjson" { "\n" } else { "\n\n" }
    }

    pub(crate) fn target(&self, upstream: &Upstream) -> Target {
        let secret = Secret::variable("KEY", Some("planted-key-0123456789".to_owned()));
        target(self.kind, &upstream.url(), self.form, secret)
    }

    /// The results of these answers, all from one target.
    pub(crate) async fn asked(&self, scripts: Vec<Script>) -> Vec<Result<String, Failure>> {
        let count = scripts.len();
        let upstream = Upstream::start(scripts);
        let (transport, target) = (Transport::default(), self.target(&upstream));
        let mut results = Vec::new();
        for _ in 0..count {
            results.push(ask(&transport, &target).await.map(|it| it.0));
        }
        assert_eq!(upstream.hits(), count, "{:?}: one request an attempt", self.dialect);
        results
    }

    pub(crate) async fn check(
        &self,
        scripts: Vec<Script>,
        expected: impl Fn(&Result<String, Failure>) -> bool,
    ) {
        for (at, result) in self.asked(scripts).await.into_iter().enumerate() {
            assert!(expected(&result), "{:?}, case {at}: {result:?}", self.dialect);
        }
    }
}

/// A fill-in-the-middle prompt that every model accepts.
pub(crate) fn fill() -> Prompt {
    Prompt::Fill(Fill {
        path: "src/main.rs".to_owned(),
        language: "rust".to_owned(),
        parts: Vec::new(),
        prefix: "fn main() {\n    ".to_owned(),
        suffix: "\n}\n".to_owned(),
        extent: CompletionScope::Lines(3),
        max_tokens: 64,
        trigger: Trigger::Invoked,
        draft: None,
        typed: String::new(),
    })
}

pub(crate) async fn ask(
    transport: &Transport,
    target: &Target,
) -> Result<(String, Usage), Failure> {
    let request = dialect::encode(target, &fill());
    let total = Instant::now() + Duration::from_secs(30);
    let patience = Patience { total, stall: Duration::from_secs(8) };
    let mut reply = transport.call(target, &request, patience, |_| {}).await?;
    let mut text = String::new();
    while let Some(delta) = reply.next().await? {
        if let Delta::Text(piece) = delta {
            text += &piece;
        }
    }
    Ok((text, reply.usage()))
}
