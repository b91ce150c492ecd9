use std::future::pending;
use std::sync::Arc;

use parking_lot::Mutex;
use proptest::prelude::*;
use serde_json::json;
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tower_lsp_server::gen_lsp_types::{InitializeParams, InitializeResult};
use tower_lsp_server::jsonrpc::Result;

use super::*;

/// A service with methods that misbehave.
#[derive(Clone, Default)]
struct Unruly {
    log: Arc<Mutex<Vec<i64>>>,
    /// Referenced while a `stall` runs.
    at_work: Arc<()>,
}

impl LanguageServer for Unruly {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

impl Unruly {
    async fn panic(&self, _: Value) -> Result<Value> {
        panic!("on purpose")
    }

    async fn panic_later(&self, _: Value) -> Result<Value> {
        tokio::task::yield_now().await;
        panic!("on purpose")
    }

    async fn stall(&self, _: Value) -> Result<Value> {
        let _at_work = Arc::clone(&self.at_work);
        pending().await
    }

    async fn note(&self, number: i64) {
        self.log.lock().push(number);
    }

    async fn noted(&self, _: Value) -> Result<Value> {
        Ok(json!(*self.log.lock()))
    }

    async fn large(&self, _: Value) -> Result<Value> {
        Ok(json!("x".repeat(1 << 20)))
    }
}

struct Wire {
    input: DuplexStream,
    output: DuplexStream,
    frames: Frames,
    end: JoinHandle<ConnectionEnd>,
    unruly: Unruly,
}

impl Wire {
    async fn new() -> Self {
        let unruly = Unruly::default();
        let (service, socket) = LspService::build(|_| unruly.clone())
            .custom_method("panic", Unruly::panic)
            .custom_method("panicLater", Unruly::panic_later)
            .custom_method("stall", Unruly::stall)
            .custom_method("note", Unruly::note)
            .custom_method("noted", Unruly::noted)
            .custom_method("large", Unruly::large)
            .finish();
        let (input, theirs) = duplex(4096);
        let (ours, output) = duplex(4096);
        let end = tokio::spawn(run(theirs, ours, service, socket));
        let mut wire = Self { input, output, frames: Frames::default(), end, unruly };
        let answer =
            wire.ask(json!({ "id": 0, "method": "initialize", "params": { "capabilities": {} } }));
        assert_eq!(answer.await["id"], 0);
        wire
    }

    async fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        self.input.write_all(&encode(&message)).await.expect("the server reads");
    }

    async fn receive(&mut self) -> Value {
        loop {
            if let Some(frame) = self.frames.next() {
                return serde_json::from_slice(&frame.expect("a frame")).expect("JSON");
            }
            assert_ne!(self.output.read_buf(self.frames.buffer()).await.expect("a server"), 0);
        }
    }

    async fn ask(&mut self, message: Value) -> Value {
        self.send(message).await;
        self.receive().await
    }
}

fn code(answer: &Value) -> (Value, Value) {
    (answer["id"].clone(), answer["error"]["code"].clone())
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_only_its_own_request() {
    let mut wire = Wire::new().await;
    for (id, method) in [(1, "panic"), (2, "panicLater")] {
        let answer = wire.ask(json!({ "id": id, "method": method, "params": {} })).await;
        assert_eq!(code(&answer), (json!(id), json!(-32603)));
        assert!(!answer.to_string().contains("on purpose"));
    }
    let answer = wire.ask(json!({ "id": 3, "method": "noted", "params": {} })).await;
    assert_eq!(answer["result"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn an_invalid_message_gets_an_error_and_the_next_one_is_served() {
    let mut wire = Wire::new().await;
    wire.input.write_all(b"Content-Length: 9\r\n\r\n{\"id\": 1,").await.expect("the server reads");
    assert_eq!(code(&wire.receive().await), (Value::Null, json!(-32700)));
    wire.input.write_all(b"nonsense\r\n\r\n").await.expect("the server reads");
    assert_eq!(code(&wire.receive().await), (Value::Null, json!(-32700)));
    assert_eq!(code(&wire.ask(json!({ "id": 7 })).await), (json!(7), json!(-32600)));
    assert_eq!(code(&wire.ask(json!({ "id": 8, "method": 5 })).await), (json!(8), json!(-32600)));
    let unknown = wire.ask(json!({ "id": 9, "method": "no/such" })).await;
    assert_eq!(code(&unknown), (json!(9), json!(-32601)));
}

#[tokio::test(start_paused = true)]
async fn a_request_sees_every_notification_sent_before_it() {
    let mut wire = Wire::new().await;
    let messages = (0..100).map(|it| json!({ "jsonrpc": "2.0", "method": "note", "params": it }));
    let asked = json!({ "jsonrpc": "2.0", "id": 1, "method": "noted", "params": {} });
    let bytes: Vec<u8> = messages.chain([asked]).flat_map(|it| encode(&it)).collect();
    wire.input.write_all(&bytes).await.expect("the server reads");
    assert_eq!(wire.receive().await["result"], json!((0..100).collect::<Vec<_>>()));
}

#[tokio::test(start_paused = true)]
async fn a_stalled_request_delays_no_other_and_can_be_cancelled() {
    let mut wire = Wire::new().await;
    for id in 1..=50 {
        wire.send(json!({ "id": id, "method": "stall", "params": {} })).await;
    }
    let answer = wire.ask(json!({ "id": 99, "method": "noted", "params": {} })).await;
    assert_eq!(answer["id"], 99);
    let answer = wire.ask(json!({ "method": "$/cancelRequest", "params": { "id": 7 } })).await;
    assert_eq!(code(&answer), (json!(7), json!(-32800)));
    assert_eq!(Arc::strong_count(&wire.unruly.at_work), 2 + 49);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_drops_unfinished_requests() {
    let mut wire = Wire::new().await;
    wire.send(json!({ "id": 1, "method": "stall", "params": {} })).await;
    wire.ask(json!({ "id": 2, "method": "noted", "params": {} })).await;
    drop(wire.input);
    assert_eq!(wire.end.await.expect("no panic"), ConnectionEnd::Lost);
    assert_eq!(Arc::strong_count(&wire.unruly.at_work), 1);
}

#[tokio::test(start_paused = true)]
async fn exit_succeeds_only_after_shutdown() {
    let mut wire = Wire::new().await;
    wire.send(json!({ "method": "exit" })).await;
    assert_eq!(wire.end.await.expect("no panic"), ConnectionEnd::Lost);

    let mut wire = Wire::new().await;
    let answer = wire.ask(json!({ "id": 1, "method": "shutdown" })).await;
    assert_eq!(answer["id"], 1);
    wire.send(json!({ "method": "exit" })).await;
    assert_eq!(wire.end.await.expect("no panic"), ConnectionEnd::Asked);
}

#[tokio::test(start_paused = true)]
async fn an_editor_that_stops_reading_ends_the_connection_within_a_second() {
    let mut wire = Wire::new().await;
    let start = tokio::time::Instant::now();
    wire.send(json!({ "id": 1, "method": "large", "params": {} })).await;
    assert_eq!(wire.end.await.expect("no panic"), ConnectionEnd::Lost);
    assert!(start.elapsed() <= STUCK * 2, "{:?}", start.elapsed());

    let mut wire = Wire::new().await;
    drop(wire.output);
    let message = encode(&json!({ "jsonrpc": "2.0", "id": 1, "method": "noted", "params": {} }));
    wire.input.write_all(&message).await.expect("the server reads");
    assert_eq!(wire.end.await.expect("no panic"), ConnectionEnd::Lost);
}

#[tokio::test]
async fn notifications_are_written_before_a_later_response() {
    let (mut editor, output) = duplex(1 << 10);
    let (outbox, messages) = mpsc::unbounded_channel();
    let notified = Request::build("notified").finish();
    outbox.send(encode(&Response::from_ok(1.into(), Value::Null))).expect("it is open");
    drop(outbox);
    write(output, messages, futures::stream::iter([notified])).await;
    let mut written = String::new();
    editor.read_to_string(&mut written).await.expect("it was closed");
    let [notified, response] =
        ["notified", "result"].map(|it| written.find(it).expect("it was written"));
    assert!(notified < response, "{written}");
}

/// JSON as an editor might write it by mistake, with the members of a message in it.
fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "2\\.0|exit|noted|\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop_oneof![
            Just("jsonrpc".to_owned()),
            Just("id".to_owned()),
            Just("method".to_owned()),
            Just("params".to_owned()),
            Just("result".to_owned()),
            Just("error".to_owned()),
            "\\PC{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..6).prop_map(|it| it.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes: Vec<u8>) {
        if let Err(fault) = Message::parse(&bytes) {
            prop_assert!(fault.is_error());
        }
    }

    #[test]
    fn an_error_response_has_the_id_of_its_message(value in json_values()) {
        let Err(fault) = Message::parse(value.to_string().as_bytes()) else { return Ok(()) };
        prop_assert!(fault.is_error());
        let id = value.get("id").and_then(|it| serde_json::from_value(it.clone()).ok());
        prop_assert_eq!(fault.id(), &id.unwrap_or(Id::Null));
    }
}
