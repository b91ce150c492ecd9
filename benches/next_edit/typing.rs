//! Cost of hunk tracking per keystroke: an edit of an open document as in `didChange`.

use std::time::{Duration, Instant};

use understudy::app;
use understudy::app::Environment;
use understudy::feature::document::OpenDocument;
use understudy::text::position::{Encoding, Position};
use understudy::text::{Change, Document};

const LINES: usize = 2000;
const KEYS: usize = 40;

pub(crate) fn run() -> String {
    let engine = app::engine(&Environment::default(), Vec::new());
    let text = "    let value = store.load(context, 1); // a line of usual length\n".repeat(LINES);
    let document = Document::new(&text, 0, "plaintext");
    let mut open = OpenDocument::new("untitled:keys", None, document, &engine.core.shared.trees);
    let mut times: Vec<Duration> = Vec::new();
    for line in (0..LINES as u32).step_by(20) {
        for key in 0..KEYS as u32 {
            let at = Position { line, character: 8 + key };
            let change = Change { range: Some(at..at), text: "x".to_owned() };
            let begin = Instant::now();
            open.change(&[change], 0, Encoding::Utf8, &engine.core.shared);
            times.push(begin.elapsed());
        }
    }
    times.sort();
    let micros = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    format!(
        "didChange of one key, {LINES} lines, {} hunks: {:.1} µs median, {:.1} µs p95",
        times.len() / KEYS,
        micros(50),
        micros(95)
    )
}
