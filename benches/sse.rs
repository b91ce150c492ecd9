//! How fast streamed answers are cut into events: `cargo bench --bench sse`. Goal: 300 MB/s.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint;
use std::time::Instant;

use understudy::provider::sse::Framing;
use understudy::provider::sse::Reader;

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
    let mut reader = Reader::new(framing);
    for piece in stream.chunks(piece) {
        reader.push(piece).expect("no event is too long");
        while let Some(event) = reader.event() {
            hint::black_box(event);
        }
    }
    start.elapsed().as_secs_f64()
}
