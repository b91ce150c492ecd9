//! The built program over its real streams: behaviour that only a process shows.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin};
use tokio::time::timeout;
use understudy::server::wire::ClientConnection;

use crate::support::editor::{inline, texts};
use crate::support::stdio::{HANG, Home, Outcome, ask, ended, initialize, leave, tell, wait_for};

const URI: &str = "untitled:sums";

/// A text that must not be in any log.
const MARKER: &str = "open_sesame";

/// Opens a document that repeats the rest of its last line, which ends in `sum_of(`.
async fn open<R, W>(wire: &mut ClientConnection<R, W>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let line = format!("let total = sum_of({MARKER}, second);\n");
    let text = line.repeat(300) + "let total = sum_of(";
    let item = json!({ "uri": URI, "languageId": "rust", "version": 0, "text": text });
    tell(wire, "textDocument/didOpen", json!({ "textDocument": item })).await;
}

/// Requests completions at the end of that line until the whole rest is suggested: a busy machine or a debug
/// build may cut it short.
async fn complete<R, W>(wire: &mut ClientConnection<R, W>) -> String
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let rest = format!("{MARKER}, second);");
    let asked = async {
        loop {
            let params = inline(URI, (300, 19), 1);
            let answer = ask(wire, 2, "textDocument/inlineCompletion", params).await;
            if texts(&answer["result"]).contains(&rest) {
                return;
            }
        }
    };
    timeout(HANG, asked).await.expect("the document repeats the line");
    rest
}

/// A short but complete session of an editor.
async fn converse<R, W>(wire: &mut ClientConnection<R, W>, home: &Home)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    initialize(wire, &home.path("project")).await;
    open(wire).await;
    complete(wire).await;
    leave(wire).await;
}

/// Waits for the end of a process that prints nothing.
async fn check(child: Child, code: i32) {
    assert_eq!(ended(child).await, Outcome { code: Some(code), stderr: String::new() });
}

#[tokio::test]
async fn an_editor_is_served_from_initialize_to_exit() {
    let home = Home::new();
    let (child, mut wire) = home.served().await;
    open(&mut wire).await;
    complete(&mut wire).await;
    leave(&mut wire).await;
    check(child, 0).await;
    assert_eq!(wire.receive().await.unwrap(), None);
}

/// Node starts its children with sockets.
#[cfg(unix)]
#[tokio::test]
async fn sockets_work_as_standard_streams() {
    let home = Home::new();
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let ends = [theirs.try_clone().unwrap(), theirs];
    let child = home.start_on(&[], "debug", ends.map(|it| std::os::fd::OwnedFd::from(it).into()));
    ours.set_nonblocking(true).unwrap();
    let (output, input) = tokio::net::UnixStream::from_std(ours).unwrap().into_split();
    let mut wire = ClientConnection::new(output, input);
    converse(&mut wire, &home).await;
    check(child, 0).await;
}

#[tokio::test]
async fn files_work_as_standard_streams() {
    let home = Home::new();
    let frame = |it: Value| format!("Content-Length: {}\r\n\r\n{it}", it.to_string().len());
    let said = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {} } }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "shutdown" }),
        json!({ "jsonrpc": "2.0", "method": "exit" }),
    ];
    let input = home.write("said", &said.map(frame).concat());
    let output = home.write("answered", "");
    let ends = [fs::File::open(input).unwrap(), fs::File::create(&output).unwrap()];
    check(home.start_on(&[], "debug", ends.map(Stdio::from)), 0).await;
    let answered = fs::read_to_string(output).unwrap();
    assert!(answered.contains(r#""name":"understudy""#), "{answered}");
    assert!(answered.ends_with(r#"{"jsonrpc":"2.0","result":null,"id":2}"#), "{answered}");
}

#[tokio::test]
async fn exit_without_shutdown_is_a_failure() {
    let home = Home::new();
    let (child, mut wire) = home.served().await;
    tell(&mut wire, "exit", Value::Null).await;
    check(child, 1).await;
}

#[tokio::test]
async fn the_end_of_input_ends_the_server_during_requests() {
    let home = Home::new();
    for _ in 0..10 {
        let (child, mut wire) = home.served().await;
        open(&mut wire).await;
        for id in 10..30 {
            let params = inline(URI, (300, 19), 1);
            let method = "textDocument/inlineCompletion";
            let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
            wire.send(&request).await.unwrap();
        }
        let ClientConnection { input, .. } = wire;
        drop(input);
        check(child, 1).await;
    }
}

#[tokio::test]
async fn the_server_exits_when_its_output_is_closed() {
    let home = Home::new();
    let (child, wire) = home.served().await;
    let ClientConnection { output, input, .. } = wire;
    drop(output);
    let flood = flood(input);
    check(child, 1).await;
    flood.abort();
}

#[tokio::test]
async fn the_server_exits_when_the_editor_stops_reading() {
    let home = Home::new();
    let (child, wire) = home.served().await;
    let ClientConnection { output, input, .. } = wire;
    let flood = flood(input);
    check(child, 1).await;
    flood.abort();
    drop(output);
}

/// Sends requests until the pipe closes.
fn flood(mut input: ChildStdin) -> tokio::task::JoinHandle<()> {
    let body = json!({ "jsonrpc": "2.0", "id": 9, "method": "no/such" }).to_string();
    let frames = format!("Content-Length: {}\r\n\r\n{body}", body.len()).repeat(1000);
    tokio::spawn(async move { while input.write_all(frames.as_bytes()).await.is_ok() {} })
}

#[tokio::test]
async fn the_socket_option_connects_to_the_port_of_the_editor() {
    let home = Home::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let child = home.start(&["--socket", &port], "debug");
    let (stream, _) = timeout(HANG, listener.accept()).await.expect("it connects").unwrap();
    let (output, input) = stream.into_split();
    let mut wire = ClientConnection::new(output, input);
    converse(&mut wire, &home).await;
    check(child, 0).await;

    drop(listener);
    let outcome = ended(home.start(&["--socket", &port], "debug")).await;
    assert_eq!(outcome.code, Some(1));
    let reason = format!("understudy: no editor listens on port {port}");
    assert!(outcome.stderr.starts_with(&reason), "{}", outcome.stderr);
}

#[tokio::test]
async fn only_the_owner_can_read_the_log_and_it_contains_no_text() {
    let home = Home::new();
    home.write("project/src/lib.rs", &format!("fn {MARKER}() {{}}\n").repeat(300));
    let (child, mut wire) = home.served().await;
    open(&mut wire).await;
    let shown = complete(&mut wire).await;
    // Malformed messages that a log might quote.
    let at = json!({ "line": 300, "character": 19 });
    let changes = json!([{ "range": { "start": at, "end": at }, "text": shown }]);
    let id = json!({ "uri": URI, "version": 1 });
    let params = json!({ "textDocument": id, "contentChanges": changes });
    tell(&mut wire, "textDocument/didChange", params).await;
    let params = json!({ "textDocument": id, "contentChanges": [{ "text": MARKER }] });
    tell(&mut wire, "textDocument/didChange", params).await;
    tell(&mut wire, "textDocument/didChange", json!({ "contentChanges": MARKER })).await;
    let frame = format!("Content-Length: 13\r\n\r\n{{\"{MARKER}");
    wire.input.write_all(frame.as_bytes()).await.unwrap();
    wire.input.write_all(format!("{MARKER}\r\n\r\n").as_bytes()).await.unwrap();
    wait_for(&mut wire, |it| it["error"]["code"] == -32700).await;
    leave(&mut wire).await;
    check(child, 0).await;

    let logs = home.logs();
    let texts = logs.iter().map(|it| fs::read_to_string(it).unwrap());
    let text = texts.collect::<String>();
    assert!(text.contains("skipped"), "{text}");
    assert!(text.contains("accepted="), "{text}");
    assert!(!text.contains(MARKER), "{text}");
    #[cfg(unix)]
    for log in logs {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn log_level_off_writes_no_file() {
    let home = Home::new();
    let mut child = home.start(&["--stdio"], "off");
    let mut wire = ClientConnection::new(child.stdout.take().unwrap(), child.stdin.take().unwrap());
    wire.input.write_all(b"no frame\r\n\r\n").await.unwrap();
    initialize(&mut wire, &home.path("project")).await;
    leave(&mut wire).await;
    check(child, 0).await;
    assert_eq!(home.logs(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn settings_are_read_from_the_config_folder_of_the_platform() {
    let home = Home::new();
    let path = home.write("config/understudy/config.toml", "[embedded]\nenable = false\n");
    let (child, mut wire) = home.served().await;
    let told = wait_for(&mut wire, |it| it["method"] == "window/showMessage").await;
    let expected = format!(
        "{}:2: unknown key \"embedded.enable\", did you mean \"embedded.enabled\"?",
        path.display()
    );
    assert_eq!(told["params"]["message"], expected);
    leave(&mut wire).await;
    check(child, 0).await;
}
