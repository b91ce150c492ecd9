//! Any messages to a real server, one a line, behind a proper beginning: it ends in order, each of
//! its own messages whole, and no handler panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::json;
use tokio::runtime;
use understudy::server;
use understudy::server::Start;
use understudy::server::connection::End;
use understudy::server::frames::Frames;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Vec::new();
    for message in beginning() {
        input.extend(frame(message.to_string().as_bytes()));
    }
    for body in bytes.split(|it| *it == b'\n') {
        input.extend(frame(body));
    }
    let mut frames = Frames::default();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let end = runtime.block_on(server::run(&input[..], frames.buffer(), Start::default()));
    runtime.shutdown_background();
    assert!(matches!(end, End::Asked | End::Lost));
    while let Some(frame) = frames.next() {
        let message = serde_json::from_slice::<Value>(&frame.expect("a frame")).expect("JSON");
        assert_eq!(message["jsonrpc"], "2.0");
    }
    assert!(frames.buffer().is_empty());
});

fn beginning() -> [Value; 3] {
    let text = "let total = sum_of(first, second);\n".repeat(30);
    let document = json!({ "uri": "untitled:a", "languageId": "rust", "version": 0, "text": text });
    let call = |method, params| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    [
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "capabilities": {} } }),
        call("initialized", json!({})),
        call("textDocument/didOpen", json!({ "textDocument": document })),
    ]
}

fn frame(body: &[u8]) -> Vec<u8> {
    [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}
