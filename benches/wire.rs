//! Throughput of stream parsing and request encoding: `cargo bench --bench wire`. Goal for streams: 300 MB/s.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint;
use std::sync::Arc;
use std::time::Instant;

use understudy::context::{Part, PartKind};
use understudy::prompt::{CompletionScope, Fill, Prompt, Trigger};
use understudy::provider::secret::Secret;
use understudy::provider::sse::{Framing, SseReader};
use understudy::provider::{Provider, Target, TargetModel, dialect, preset};

const RUNS: usize = 15;
const BYTES: usize = 32 << 20;

fn main() {
    let chunk = |text: &str| {
        format!(
            r#"{{"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion.chunk","created":1741569952,"model":"gpt","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
        )
    };
    let sse = |text: &str| format!("data: {}\n\n", chunk(text));
    println!("{:40} {:>10} {:>12}", "", "MB/s", "events/s");
    for (name, framing, event, piece) in [
        ("server-sent events, 16 kB a piece", Framing::Sse, sse("let x"), 16 << 10),
        ("server-sent events, 1 kB a piece", Framing::Sse, sse("let x"), 1 << 10),
        ("server-sent events, 7 bytes a piece", Framing::Sse, sse("let x"), 7),
        ("server-sent events, not ASCII", Framing::Sse, sse("größe ∑ 😀"), 16 << 10),
        ("server-sent events, CRLF", Framing::Sse, sse("x").replace('\n', "\r\n"), 16 << 10),
        ("JSON lines, 16 kB a piece", Framing::Lines, chunk("let x") + "\n", 16 << 10),
    ] {
        measure(name, framing, &event, piece);
    }
    println!("\n{:40} {:>10} {:>12}", "", "us", "bytes");
    for (kind, id) in [
        ("openai", "gpt-5-mini"),
        ("openai-responses", "gpt-5-mini"),
        ("anthropic", "claude-haiku-4-5"),
        ("gemini", "gemini-2.5-flash"),
        ("mistral", "codestral-latest"),
        ("deepseek", "deepseek-v4-flash"),
        ("together", "Qwen/Qwen2.5-Coder-32B-Instruct"),
        ("ollama", "qwen2.5-coder:7b"),
        ("llama-cpp", "any"),
    ] {
        encode(kind, id);
    }
}

/// A prompt of usual size in the format of each provider.
fn encode(kind: &str, id: &str) {
    let preset = preset::find(kind).expect("a kind of ours");
    let provider = Provider::new(preset, preset.url, Secret::none());
    let form = preset.form(id, None, None);
    let model = TargetModel { id: id.to_owned(), form, edits: None, context_length: None };
    let target = Target { name: kind.into(), provider: Arc::new(provider), model };
    let code = "    let total = input.iter().map(|it| it * weight).sum::<f64>();\n";
    let part = |nth: u32| Part {
        kind: PartKind::Snippet,
        path: format!("src/module_{nth}.rs"),
        text: code.repeat(9),
        rank: nth,
    };
    let prompt = Prompt::Fill(Fill {
        path: "src/main.rs".to_owned(),
        language: "rust".to_owned(),
        parts: (0..6).map(part).collect(),
        prefix: code.repeat(55),
        suffix: code.repeat(14),
        extent: CompletionScope::Lines(8),
        max_tokens: 256,
        trigger: Trigger::Automatic,
        draft: None,
        typed: String::new(),
    });
    let mut micros: Vec<f64> = Vec::new();
    let mut bytes = 0;
    for _ in 0..40 * RUNS {
        let start = Instant::now();
        bytes = hint::black_box(dialect::encode(&target, &prompt)).body.len();
        micros.push(start.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    let name = format!("{kind}: a hole as a request");
    println!("{name:40} {:10.1} {bytes:12}", micros[micros.len() / 2]);
}

fn measure(name: &str, framing: Framing, event: &str, piece: usize) {
    let stream = event.repeat(BYTES / event.len()).into_bytes();
    let mut seconds: Vec<f64> = (0..RUNS).map(|_| run(framing, &stream, piece)).collect();
    seconds.sort_by(f64::total_cmp);
    let median = seconds[RUNS / 2];
    let events = (BYTES / event.len()) as f64;
    println!("{name:40} {:10.0} {:12.0}", stream.len() as f64 / 1e6 / median, events / median);
}

fn run(framing: Framing, stream: &[u8], piece: usize) -> f64 {
    let start = Instant::now();
    let mut reader = SseReader::new(framing);
    for piece in stream.chunks(piece) {
        reader.push(piece).expect("no event is too long");
        while let Some(event) = reader.event() {
            hint::black_box(event);
        }
    }
    start.elapsed().as_secs_f64()
}
