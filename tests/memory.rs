//! The memory that the built program holds: what a large document took is returned once it is closed.
//! `benches/lsp` has the figures.

use std::fs;
use std::time::Duration;

use serde_json::json;
use tokio::process::Child;
use tokio::time::{interval, timeout};

use crate::support::stdio::{HANG, Home, leave, tell};

const URI: &str = "untitled:large";
/// Its tree takes more than 10 MB.
const FUNCTIONS: usize = 3_000;
/// Megabytes that queries, words and caches of a document's language may keep.
const KEPT: f64 = 5.0;

/// Megabytes; a field of `/proc/PID/status`.
fn memory(child: &Child, field: &str) -> f64 {
    let id = child.id().expect("the server is running");
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim().split(' ').next().unwrap().parse::<f64>().unwrap() / 1e3
}

async fn until(child: &Child, field: &str, holds: impl Fn(f64) -> bool) {
    let mut ticks = interval(Duration::from_millis(20));
    let held = async {
        while !holds(memory(child, field)) {
            ticks.tick().await;
        }
    };
    let held = timeout(HANG, held).await;
    assert!(held.is_ok(), "{field} stays at {:.1} MB", memory(child, field));
}

#[tokio::test]
async fn the_memory_of_a_large_document_is_returned_after_it_is_closed() {
    let home = Home::new();
    let (child, mut wire) = home.served().await;
    let before = memory(&child, "RssAnon");
    let function = "def measure(values, weight):\n    total = sum(it * weight for it in values)\n    \
                    return total / max(len(values), 1)\n\n";
    let text = function.repeat(FUNCTIONS);
    let item = json!({ "uri": URI, "languageId": "python", "version": 0, "text": text });
    tell(&mut wire, "textDocument/didOpen", json!({ "textDocument": item })).await;
    until(&child, "RssAnon", |it| it > before + 10.0).await;
    tell(&mut wire, "textDocument/didClose", json!({ "textDocument": { "uri": URI } })).await;
    until(&child, "RssAnon", |it| it < before + KEPT).await;
    leave(&mut wire).await;
}
