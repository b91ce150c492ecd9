//! Load: fifty documents with twenty random edits per second, requests of every kind, and providers that fail
//! in three of ten cases. No response is lost, no text is wrong, nothing leaks.
//!
//! `UNDERSTUDY_SOAK` sets the duration in seconds (default 5; `tests/run` uses 60, a nightly run 600).
//! `UNDERSTUDY_BINARY` sets the binary (default: this build's). The expected texts are known because the
//! answers of the providers depend only on the text before the cursor.

mod figures;
pub(crate) mod mirror;
mod provider;

use std::collections::BTreeMap;
use std::env;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{Empty, Sink};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use understudy::server::wire::ClientConnection;

use crate::soak::figures::Figures;
use crate::soak::mirror::{Mirror, Random};
use crate::soak::provider::{Providers, expected};
use crate::support::editor::inline;

const DOCUMENTS: usize = 50;
const EDIT: Duration = Duration::from_millis(50);
/// Interval of edits during warm-up, so that caches are full before the measurement starts.
const FAST: Duration = Duration::from_millis(5);
/// The share of the duration used for warm-up.
const WARM: f64 = 0.4;
/// Longer than the longest deadline: an action on a hanging provider without a successor uses all of it.
const HANG: Duration = Duration::from_secs(90);

/// A request in flight.
struct Asked {
    kind: &'static str,
    at: Instant,
    /// The correct texts, if they are known: the one for the current lines, and those that may still be shown
    /// there from before the line above was edited.
    texts: Option<Vec<String>>,
    cancelled: bool,
}

struct Soak {
    child: Child,
    input: ClientConnection<Empty, ChildStdin>,
    messages: mpsc::UnboundedReceiver<(Instant, Value)>,
    documents: Vec<Mirror>,
    waiting: BTreeMap<i64, Asked>,
    random: Random,
    next_id: i64,
    figures: Figures,
}

#[test]
fn no_response_is_lost_and_nothing_leaks_under_load() {
    let seconds = env::var("UNDERSTUDY_SOAK").ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(soak(Duration::from_secs(seconds)));
}

async fn soak(time: Duration) {
    let home = TempDir::new().unwrap();
    let providers = Providers::start(&home);
    let mut soak = Soak::start(&home).await;
    soak.figures.begin(&soak.child);
    for (pause, share) in [(FAST, WARM), (EDIT, 1.0 - WARM)] {
        let (began, mut ticks) = (Instant::now(), tokio::time::interval(pause));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while began.elapsed() < time.mul_f64(share) {
            ticks.tick().await;
            soak.turn().await;
            if pause == EDIT {
                soak.figures.sample(&soak.child);
            }
        }
    }
    providers.fail(0);
    soak.settle().await;
    soak.check_documents().await;
    soak.close().await;
    println!("{}", soak.figures);
    soak.figures.judge();
    soak.figures.rests(&soak.child).await;
    drop(soak);
    drop(providers);
}

impl Soak {
    async fn start(home: &TempDir) -> Self {
        let binary = env::var("UNDERSTUDY_BINARY");
        let binary = binary.unwrap_or_else(|_| env!("CARGO_BIN_EXE_understudy").to_owned());
        let mut child = Command::new(binary)
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .env("XDG_STATE_HOME", home.path().join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = ClientConnection::new(tokio::io::empty(), child.stdin.take().unwrap());
        let output = ClientConnection::new(child.stdout.take().unwrap(), tokio::io::sink());
        let messages = listen(output);
        let documents = (0..DOCUMENTS).map(Mirror::new).collect();
        let (waiting, random) = (BTreeMap::new(), Random::new(7));
        let figures = Figures::default();
        let mut soak =
            Self { child, input, messages, documents, waiting, random, next_id: 0, figures };
        soak.ask("initialize", "initialize", greeting(home), None).await;
        soak.settle().await;
        soak.tell("initialized", json!({})).await;
        for at in 0..DOCUMENTS {
            soak.open(at).await;
        }
        soak
    }

    /// One edit and the requests that may follow it.
    async fn turn(&mut self) {
        let at = self.random.below(DOCUMENTS);
        let (change, line) = self.documents[at].edit(&mut self.random);
        self.tell("textDocument/didChange", change).await;
        let end = self.documents[at].end(line);
        match self.random.below(100) {
            0..60 => self.complete("automatic", at, end, 2).await,
            60..70 => self.complete("invoked", at, end, 1).await,
            70..75 => {
                let params = json!({ "textDocument": { "uri": self.documents[at].uri },
                    "position": { "line": end.0, "character": 4 } });
                self.ask("hover", "textDocument/hover", params, None).await;
            }
            75..80 => {
                let range = self.documents[at].around(line);
                let params = json!({ "textDocument": { "uri": self.documents[at].uri }, "range": range,
                    "context": { "diagnostics": [], "triggerKind": 1 } });
                self.ask("code actions", "textDocument/codeAction", params, None).await;
            }
            80..83 => self.act(at, line, "explain").await,
            83..86 => self.act(at, line, "simplify").await,
            86..88 => {
                let argument = json!({ "question": "Is it right?", "uri": self.documents[at].uri });
                let params = json!({ "command": "understudy.ask", "arguments": [argument] });
                self.ask("question", "workspace/executeCommand", params, None).await;
            }
            88..94 => self.cancel().await,
            94 => {
                let uri = self.documents[at].uri.clone();
                self.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } })).await;
                self.open(at).await;
            }
            95 => {
                let lines = if self.random.below(2) == 0 { "single" } else { "auto" };
                let settings = json!({ "understudy": { "complete": { "lines": lines } } });
                self.tell("workspace/didChangeConfiguration", json!({ "settings": settings }))
                    .await;
            }
            96 => self.ask("status", "understudy/status", Value::Null, None).await,
            _ => {}
        }
        while let Ok((at, message)) = self.messages.try_recv() {
            self.take(at, message).await;
        }
    }

    async fn open(&mut self, at: usize) {
        let document = &mut self.documents[at];
        document.version = 0;
        let item = json!({ "uri": document.uri, "languageId": "rust", "version": 0, "text": document.text() });
        self.tell("textDocument/didOpen", json!({ "textDocument": item })).await;
    }

    async fn complete(&mut self, kind: &'static str, at: usize, end: (u32, u32), trigger: u32) {
        let document = &mut self.documents[at];
        let text = expected(&document.before(end.0 as usize));
        let texts = Some(document.offered(end.0 as usize, text));
        let params = inline(&document.uri, end, trigger);
        self.ask(kind, "textDocument/inlineCompletion", params, texts).await;
    }

    async fn act(&mut self, at: usize, line: usize, action: &'static str) {
        let document = &self.documents[at];
        let act = json!({ "uri": document.uri, "version": document.version,
            "range": document.around(line), "action": action });
        let params = json!({ "command": "understudy.act", "arguments": [act] });
        self.ask(action, "workspace/executeCommand", params, None).await;
    }

    async fn cancel(&mut self) {
        let Some(id) = self.waiting.keys().next_back().copied() else { return };
        self.waiting.get_mut(&id).unwrap().cancelled = true;
        self.tell("$/cancelRequest", json!({ "id": id })).await;
    }

    async fn ask(
        &mut self,
        kind: &'static str,
        method: &str,
        params: Value,
        texts: Option<Vec<String>>,
    ) {
        self.next_id += 1;
        let id = self.next_id;
        let asked = Asked { kind, at: Instant::now(), texts, cancelled: false };
        self.waiting.insert(id, asked);
        self.figures.requests += 1;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.input.send(&message).await.expect("the server reads");
    }

    async fn tell(&mut self, method: &str, params: Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.input.send(&message).await.expect("the server reads");
    }

    /// One message from the server: a response, a request or a notification.
    async fn take(&mut self, at: Instant, message: Value) {
        let id = message["id"].clone();
        match (message["method"].as_str(), id.as_i64()) {
            (None, Some(id)) => {
                let asked = self.waiting.remove(&id).expect("one response to each request");
                self.figures.response(&asked, at, &message);
            }
            (None, None) => panic!("a response without a request: {message}"),
            (Some(_), _) if id.is_null() => {}
            (Some(method), _) => {
                let result = match method {
                    "workspace/applyEdit" => {
                        json!({ "applied": self.apply(&message["params"]).await })
                    }
                    _ => Value::Null,
                };
                let response = json!({ "jsonrpc": "2.0", "id": id, "result": result });
                self.input.send(&response).await.expect("the server reads");
            }
        }
    }

    /// Applies an edit to the version it is meant for, and reports it as editors do.
    async fn apply(&mut self, params: &Value) -> bool {
        let edit = &params["edit"]["documentChanges"][0];
        let uri = edit["textDocument"]["uri"].as_str().unwrap_or_default();
        let document =
            self.documents.iter_mut().find(|it| it.uri == uri).expect("a document of ours");
        if edit["textDocument"]["version"] != document.version {
            return false;
        }
        let change = document.apply(edit["edits"].as_array().expect("edits"));
        self.figures.edits += 1;
        self.tell("textDocument/didChange", change).await;
        true
    }

    /// Waits until every request has a response.
    async fn settle(&mut self) {
        while !self.waiting.is_empty() {
            let message = tokio::time::timeout(HANG, self.messages.recv()).await;
            let left: Vec<&str> = self.waiting.values().map(|it| it.kind).collect();
            let message = message.unwrap_or_else(|_| panic!("never answered: {left:?}"));
            let (at, message) = message.expect("the server is running");
            self.take(at, message).await;
        }
    }

    /// Checks every document again while no provider fails: the server's text equals the mirror's.
    async fn check_documents(&mut self) {
        for at in 0..DOCUMENTS {
            let line = self.documents[at].lines.len() - 1;
            let end = self.documents[at].end(line);
            let (began, right) = (Instant::now(), self.figures.right);
            while self.figures.right == right {
                // Providers that failed often are skipped for some seconds.
                assert!(
                    began.elapsed() < 2 * HANG,
                    "no provider answers any more: {}",
                    self.figures
                );
                self.complete("at the end", at, end, 1).await;
                self.settle().await;
                tokio::time::sleep(EDIT).await;
            }
        }
    }

    async fn close(&mut self) {
        for at in 0..DOCUMENTS {
            let uri = self.documents[at].uri.clone();
            self.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } })).await;
        }
        self.ask("status", "understudy/status", Value::Null, None).await;
        self.settle().await;
    }
}

/// Receives all messages with their times.
fn listen(
    mut output: ClientConnection<ChildStdout, Sink>,
) -> mpsc::UnboundedReceiver<(Instant, Value)> {
    let (sender, messages) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(Some(message)) = output.receive().await {
            // The receiver is dropped at the end of the soak.
            _ = sender.send((Instant::now(), message));
        }
    });
    messages
}

fn greeting(home: &TempDir) -> Value {
    let capabilities = json!({
        "textDocument": { "inlineCompletion": {}, "codeAction": {} },
        "window": { "workDoneProgress": true, "showMessage": {} },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    });
    let folder = json!([{ "uri": crate::support::editor::uri(home.path()), "name": "home" }]);
    // Neovim's hovers come from a key, so they query a model.
    json!({ "capabilities": capabilities, "workspaceFolders": folder, "clientInfo": { "name": "Neovim" },
        "initializationOptions": { "answers": true } })
}
