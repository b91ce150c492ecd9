//! Every dialect against everything that can become of its answer: the right text, or the right
//! failure, and never a half of either.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use understudy::models::token_usage::Usage;
use understudy::prompt::{CompletionScope, Fill, Prompt, Trigger};
use understudy::provider::dialect::{Delta, Dialect};
use understudy::provider::failure::Failure;
use understudy::provider::fim::FillFormat;
use understudy::provider::secret::Secret;
use understudy::provider::transport::{Delivery, Patience, Transport};
use understudy::provider::{Provider, Target, TargetModel, dialect, fim, preset};

use crate::upstream::script::{Script, Step};
use crate::upstream::{Upstream, script};

pub(crate) const TEXT: &str = "println!(\"grüße ∑ 😀\");";

/// A dialect, and who speaks it.
pub(crate) struct Row {
    pub(crate) dialect: Dialect,
    pub(crate) kind: &'static str,
    pub(crate) form: FillFormat,
    /// Its folder of `tests/cassettes`, and how its streams are named.
    folder: &'static str,
    pub(crate) ending: &'static str,
    /// What stands in the event that makes an answer whole.
    last: &'static str,
    /// What it counts of its prompt as cached.
    cached: u64,
    path: &'static str,
    /// An error of no particular kind, as it words them.
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

impl Row {
    pub(crate) fn cassette(&self, name: &str) -> String {
        format!("{}/{name}.{}", self.folder, self.ending)
    }

    /// The name of the same answer where it came in one piece.
    pub(crate) fn whole_name(&self) -> String {
        format!("{}/one_line.json", self.folder)
    }

    pub(crate) fn stream(&self) -> String {
        script::cassette(&self.cassette("one_line")).1
    }

    /// A text as an event of its streams.
    pub(crate) fn event(&self, text: &str) -> String {
        match self.ending {
            "ndjson" => format!("{text}\n"),
            _ => format!("data: {text}\n\n"),
        }
    }

    /// How much of its stream is a whole answer where the body ends cleanly: a last event of
    /// complete JSON needs no line end.
    fn whole(&self) -> usize {
        let stream = self.stream();
        let at = stream.find(self.last).expect("its last event");
        at + stream[at..].find(self.end()).expect("its end")
    }

    /// The same where the connection breaks.
    fn whole_event(&self) -> usize {
        self.whole() + self.end().len()
    }

    /// What stands behind each of its events.
    pub(crate) fn end(&self) -> &'static str {
        if self.ending == "ndjson" { "\n" } else { "\n\n" }
    }

    fn target(&self, upstream: &Upstream) -> Target {
        let preset = preset::find(self.kind).expect("a preset of this kind");
        let secret = Secret::variable("KEY", Some("planted-key-0123456789".to_owned()));
        let (name, url) = (self.kind.to_owned(), upstream.url());
        let provider = Arc::new(Provider { name, preset, url, insecure: false, secret });
        let model = TargetModel { id: "model".to_owned(), form: self.form, window: None };
        Target { name: "it/model".into(), provider, model }
    }

    /// What comes of each answer, all of one target.
    async fn asked(&self, scripts: Vec<Script>) -> Vec<Result<String, Failure>> {
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

    async fn check(
        &self,
        scripts: Vec<Script>,
        expected: impl Fn(&Result<String, Failure>) -> bool,
    ) {
        for (at, result) in self.asked(scripts).await.into_iter().enumerate() {
            assert!(expected(&result), "{:?}, case {at}: {result:?}", self.dialect);
        }
    }
}

/// A hole for any model to fill.
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
    })
}

async fn ask(transport: &Transport, target: &Target) -> Result<(String, Usage), Failure> {
    let request = dialect::encode(target, &fill());
    let total = Instant::now() + Duration::from_secs(30);
    let patience = Patience { total, stall: Duration::from_secs(8) };
    let mut reply = transport.call(target, &request, patience, &Delivery::default()).await?;
    let mut text = String::new();
    while let Some(delta) = reply.next().await? {
        if let Delta::Text(piece) = delta {
            text += &piece;
        }
    }
    Ok((text, reply.usage()))
}

fn is_text(result: &Result<String, Failure>) -> bool {
    result.as_deref() == Ok(TEXT)
}

#[tokio::test(start_paused = true)]
async fn streamed_or_whole_it_is_the_same_text() {
    for row in rows() {
        let whole = Script::cassette(&row.whole_name());
        let upstream = Upstream::start([Script::cassette(&row.cassette("one_line")), whole]);
        let (transport, target) = (Transport::default(), row.target(&upstream));
        let expected = Usage { prompt: 120, cached: row.cached, output: 9, ..Usage::default() };
        for way in ["streamed", "whole"] {
            let answer = ask(&transport, &target).await;
            assert_eq!(answer, Ok((TEXT.to_owned(), expected)), "{:?}, {way}", row.dialect);
        }
        for request in upstream.requests() {
            assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", row.path));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn split_at_any_byte_it_is_the_same_text() {
    for row in rows() {
        let stream = row.stream();
        let split = |at: usize| {
            let (head, tail) = stream.as_bytes().split_at(at);
            Script::stream(head).then(Step::Bytes(tail.into()))
        };
        row.check((0..=stream.len()).map(split).collect(), is_text).await;
        let pieces = [1, 2, 3, 7, 64].map(|it| Script::stream(stream.clone()).in_pieces(it));
        row.check(pieces.into(), is_text).await;
        let lines = stream.replace('\n', "\r\n");
        row.check(vec![Script::stream(lines)], is_text).await;
    }
}

#[tokio::test(start_paused = true)]
async fn cut_at_any_byte_before_its_end_it_is_no_answer() {
    for row in rows() {
        let (stream, whole, event) = (row.stream(), row.whole(), row.whole_event());
        let until = |at: usize| Script::stream(&stream.as_bytes()[..at]);
        let cut = (0..event).map(|at| until(at).then(Step::Cut)).collect();
        row.check(cut, |it| *it == Err(Failure::Cut)).await;
        let ended = (0..whole).map(until).collect();
        row.check(ended, |it| *it == Err(Failure::Cut)).await;
        let enough = (whole..stream.len()).map(until).collect();
        row.check(enough, is_text).await;
        let json = script::cassette(&row.whole_name()).1;
        let end = json.trim_end().len();
        let half = (1..end).step_by(11).map(|at| {
            let at = json.floor_char_boundary(at);
            Script::json(200, &json[..at])
        });
        row.check(half.collect(), |it| *it == Err(Failure::Cut)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_good_status_is_one() {
    for row in rows() {
        let script = Script::cassette(&row.cassette("error_inside"));
        let whole = Script::json(200, row.error);
        let overloaded = |it: &Result<String, Failure>| {
            it.as_ref().is_err_and(|it| it.name() == "overloaded" || it.name() == "bad-request")
        };
        row.check(vec![script.clone(), script.in_pieces(5), whole], overloaded).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_status_is_the_same_failure_in_every_dialect() {
    let statuses = [
        (301, "connect"),
        (308, "connect"),
        (400, "bad-request"),
        (401, "auth"),
        (402, "quota"),
        (403, "auth"),
        (404, "model-gone"),
        (408, "timeout"),
        (409, "overloaded"),
        (413, "context-too-long"),
        (422, "bad-request"),
        (429, "rate-limited"),
        (498, "overloaded"),
        (500, "overloaded"),
        (501, "model-gone"),
        (502, "overloaded"),
        (503, "overloaded"),
        (504, "timeout"),
        (529, "overloaded"),
    ];
    for row in rows() {
        let bodies = [row.error, "", "<html><body>nginx</body></html>", "{", "\u{0}\u{1b}[2J"];
        let cases = statuses.iter().flat_map(|it| bodies.map(|body| (it, body)));
        let scripts = cases.clone().map(|(it, body)| Script::json(it.0, body)).collect();
        for ((status, body), result) in cases.zip(row.asked(scripts).await) {
            // A firewall's words say nothing of the key.
            let is_foreign = status.0 == 403 && !body.is_empty() && body != row.error;
            let expected = if is_foreign { "connect" } else { status.1 };
            let name = result.as_ref().map_err(Failure::name).map(String::as_str);
            assert_eq!(name, Err(expected), "{:?}: {} {body}", row.dialect, status.0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_vendor_s_own_limit_is_understood() {
    for (folder, expected) in [
        ("openai", "rate limited, retry in 2 s"),
        ("anthropic", "rate limited"),
        ("gemini", "rate limited, retry in 47 s"),
        ("mistral", "rate limited"),
        ("ollama", "overloaded: server busy, please try again. maximum pending requests exceeded"),
        ("llama", "overloaded: Loading model"),
    ] {
        let row = rows().into_iter().find(|it| it.folder == folder).unwrap();
        let script = Script::cassette(&format!("{folder}/limited.json"));
        let failure = row.asked(vec![script]).await.remove(0).unwrap_err();
        assert_eq!(failure.to_string(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_is_garbled_in_every_dialect() {
    for row in rows() {
        let garbage = ["{no json}", "42", "[]", "\"\"", "null", "{}", "\u{fffd}", "}{", "<html>"]
            .map(|it| row.event(it));
        let scripts = garbage.iter().map(|it| Script::stream(it.as_bytes())).collect();
        row.check(scripts, |it| {
            matches!(it, Err(Failure::Garbled { .. } | Failure::Cut | Failure::Overloaded { .. }))
        })
        .await;
        let bytes = (0..64_u8).map(|it| {
            let noise = (0..500_u16).map(|at| (at.wrapping_mul(31) >> (it % 5)) as u8 ^ it);
            Script::stream(noise.collect::<Vec<u8>>())
        });
        row.check(bytes.collect(), |it| matches!(it, Err(Failure::Garbled { .. } | Failure::Cut)))
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_megabytes_are_not_read_in_any_dialect() {
    for row in rows() {
        let stream = row.stream();
        let first = stream.split_inclusive(if row.ending == "ndjson" { "\n" } else { "\n\n" });
        let event = first.clone().find(|it| it.contains("println!(")).unwrap();
        let much = |piece: &[u8]| {
            let piece = piece.repeat((64 << 10) / piece.len() + 1);
            let count = (50 << 20) / piece.len();
            Script::new(200, vec![Step::Bytes(piece); count])
        };
        let scripts = vec![much(event.as_bytes()), much(b"x"), much(b"\n")];
        row.check(scripts, |it| matches!(it, Err(Failure::Garbled { .. }))).await;
    }
}
