//! Limits that a process must survive: texts of any size, a full disk, a kill, the exit of its editor.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use understudy::server::wire::ClientConnection;

use crate::support::editor::{inline, texts};
use crate::support::stage::answer;
use crate::support::stdio::{HANG, Home, Peak, ask, ended, leave, tell};
use crate::support::upstream::Upstream;
use crate::support::upstream::script::{Script, Step};

const URI: &str = "file:///nowhere/main.rs";

/// Ten times the expected second, for a loaded machine.
const SOON: Duration = Duration::from_secs(10);

type Pipe = ClientConnection<ChildStdout, ChildStdin>;

async fn open(wire: &mut Pipe, uri: &str, text: &str) {
    let item = json!({ "uri": uri, "languageId": "rust", "version": 0, "text": text });
    tell(wire, "textDocument/didOpen", json!({ "textDocument": item })).await;
}

async fn insert(wire: &mut Pipe, uri: &str, (line, character): (u32, u32), text: &str) {
    let at = json!({ "line": line, "character": character });
    let change = json!([{ "range": { "start": at, "end": at }, "text": text }]);
    let id = json!({ "uri": uri, "version": 1 });
    tell(wire, "textDocument/didChange", json!({ "textDocument": id, "contentChanges": change }))
        .await;
}

async fn complete(wire: &mut Pipe, uri: &str, at: (u32, u32)) -> Value {
    let params = inline(uri, at, 1);
    ask(wire, 7, "textDocument/inlineCompletion", params).await
}

/// Opens a text, sends every request at its second line, types in it and closes it; checks the memory (in
/// megabytes) against a bound.
async fn bounded(name: &str, text: String, most: f64) {
    let home = Home::new();
    let (child, mut wire) = home.served().await;
    open(&mut wire, URI, &text).await;
    drop(text);
    complete(&mut wire, URI, (1, 4)).await;
    for at in 0..20 {
        insert(&mut wire, URI, (1, at), "a").await;
        complete(&mut wire, URI, (1, at + 1)).await;
    }
    let place =
        json!({ "textDocument": { "uri": URI }, "position": { "line": 1, "character": 4 } });
    ask(&mut wire, 8, "textDocument/hover", place).await;
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    let menu = json!({ "textDocument": { "uri": URI }, "range": range,
        "context": { "diagnostics": [], "triggerKind": 1 } });
    ask(&mut wire, 9, "textDocument/codeAction", menu).await;
    tell(&mut wire, "textDocument/didClose", json!({ "textDocument": { "uri": URI } })).await;
    complete(&mut wire, URI, (1, 4)).await;
    let peak = Peak::of(&child);
    assert!(peak.megabytes() < most, "{name}: {peak:?}");
    leave(&mut wire).await;
    assert_eq!(ended(child).await.code, Some(0), "{name}");
}

#[tokio::test]
async fn a_file_of_fifty_megabytes_is_served_with_bounded_memory() {
    let line = "    let total = input.iter().map(|it| it * weight).sum::<f64>();\n";
    bounded("50 MB", "fn main() {\n".to_owned() + &line.repeat((50 << 20) / line.len()), 600.0)
        .await;
}

#[tokio::test]
async fn a_line_of_five_megabytes_is_served_with_bounded_memory() {
    for (name, piece) in
        [("numbers", "12345, "), ("a word", "abcde"), ("brackets", "(["), ("quotes", "\"'")]
    {
        let text = format!("fn main() {{\nlet x = {}\n}}\n", piece.repeat((5 << 20) / piece.len()));
        bounded(name, text, 250.0).await;
    }
}

#[tokio::test]
async fn a_thousand_open_documents_are_served_with_bounded_memory() {
    let home = Home::new();
    let (child, mut wire) = home.served().await;
    let text = "fn measure(input: &[f64]) -> f64 {\n    let total = input.iter().sum::<f64>();\n    total\n}\n";
    let uris: Vec<String> = (0..1000).map(|it| format!("file:///nowhere/{it}.rs")).collect();
    for uri in &uris {
        open(&mut wire, uri, &text.repeat(25)).await;
    }
    for uri in &uris {
        insert(&mut wire, uri, (1, 4), "x").await;
    }
    for uri in uris.iter().step_by(50) {
        assert!(complete(&mut wire, uri, (1, 5)).await["result"].is_object(), "{uri}");
    }
    for uri in &uris {
        tell(&mut wire, "textDocument/didClose", json!({ "textDocument": { "uri": uri } })).await;
    }
    assert_eq!(complete(&mut wire, &uris[7], (1, 5)).await["result"], Value::Null);
    let peak = Peak::of(&child);
    assert!(peak.megabytes() < 300.0, "{peak:?}");
    leave(&mut wire).await;
    assert_eq!(ended(child).await.code, Some(0));
}

/// A home with this provider configured.
fn provided(upstream: &Upstream) -> Home {
    let home = Home::new();
    let url = upstream.url();
    let row = format!(
        "route.complete = [\"p\"]\n[[provider]]\nname = 'p'\nkind = 'openai-compatible'\nurl = '{url}'\nmodels = ['m']\n"
    );
    home.write("config/understudy/config.toml", &row);
    home
}

/// Requests ghost text until the provider's answer arrives.
async fn answered(wire: &mut Pipe, text: &str) {
    open(wire, URI, "fn main() {\n    let total = \n}\n").await;
    let answer = complete(wire, URI, (1, 16)).await;
    assert!(texts(&answer["result"]).iter().any(|it| it == text), "{answer}");
}

#[tokio::test]
async fn calls_end_when_the_editor_exits() {
    let upstream = Upstream::start([Script::stream("").then(Step::Stall)]);
    let home = provided(&upstream);
    let (child, mut wire) = home.served().await;
    open(&mut wire, URI, "fn main() {\n    let total = \n}\n").await;
    let params = inline(URI, (1, 16), 1);
    let request = json!({ "jsonrpc": "2.0", "id": 5, "method": "textDocument/inlineCompletion", "params": params });
    wire.send(&request).await.unwrap();
    while upstream.hits() == 0 {
        tokio::task::yield_now().await;
    }
    let gone = Instant::now();
    drop(wire);
    ended(child).await;
    timeout(SOON, upstream.hung_up(1)).await.expect("the call ends");
    assert!(gone.elapsed() < SOON, "{:?}", gone.elapsed());
}

/// A full disk for one process: the file size limit stops all writes.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_loses_only_ledger_entries() {
    let upstream = Upstream::start([answer("w + h")]);
    let home = provided(&upstream);
    // Entries recorded before must stay intact.
    let (child, mut wire) = home.served().await;
    answered(&mut wire, "w + h").await;
    leave(&mut wire).await;
    ended(child).await;
    let booked = usage(&home).await;
    assert_eq!(booked["models"][0]["requests"], 1, "{booked}");
    for blocks in [0, 1, 40] {
        let mut child = home.limited(blocks);
        let mut wire =
            ClientConnection::new(child.stdout.take().unwrap(), child.stdin.take().unwrap());
        ask(&mut wire, 1, "initialize", json!({ "capabilities": {} })).await;
        tell(&mut wire, "initialized", json!({})).await;
        answered(&mut wire, "w + h").await;
        leave(&mut wire).await;
        assert_eq!(ended(child).await.code, Some(0), "{blocks} blocks");
        assert!(usage(&home).await.is_object(), "the books are whole");
    }
    let (child, mut wire) = home.served().await;
    answered(&mut wire, "w + h").await;
    leave(&mut wire).await;
    ended(child).await;
}

#[tokio::test]
async fn the_server_works_without_a_state_folder() {
    let upstream = Upstream::start([answer("w + h")]);
    let home = provided(&upstream);
    home.write("state", "no folder");
    let (child, mut wire) = home.served().await;
    answered(&mut wire, "w + h").await;
    leave(&mut wire).await;
    assert_eq!(ended(child).await.code, Some(0));
}

#[tokio::test]
async fn a_killed_process_leaves_the_ledger_and_the_settings_intact() {
    let upstream = Upstream::start([answer("w + h")]);
    let home = provided(&upstream);
    let config = fs::read(home.path("config/understudy/config.toml")).unwrap();
    for round in 0..5 {
        let (mut child, mut wire) = home.served().await;
        open(&mut wire, URI, "fn main() {\n    let total = \n}\n").await;
        for at in 0..20 {
            let params = inline(URI, (1, at), 1);
            let message = json!({ "jsonrpc": "2.0", "id": 100 + at, "method": "textDocument/inlineCompletion", "params": params });
            wire.send(&message).await.unwrap();
        }
        while upstream.hits() <= round {
            tokio::task::yield_now().await;
        }
        child.kill().await.unwrap();
    }
    assert!(usage(&home).await.is_object());
    assert_eq!(fs::read(home.path("config/understudy/config.toml")).unwrap(), config);
}

/// The ledger's usage, read by another process.
async fn usage(home: &Home) -> Value {
    let child = home.start(&["usage", "--json"], "off");
    let output = timeout(HANG, child.wait_with_output()).await.expect("it ends").unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Home {
    /// Starts a server whose files are limited to this many blocks of 512 or 1024 bytes.
    fn limited(&self, blocks: u32) -> Child {
        let home = self.0.path();
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\"");
        Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_understudy")])
            .current_dir(home)
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("UNDERSTUDY_LOG", "debug")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }
}
