//! Keystroke latency of the built server over stdio, driven as by an editor.
//!
//! `cargo bench --bench keystroke [-- --json]`. Each row is the median and the 95th percentile of its runs.
//! `floor` is a request that the server rejects at once; time above it is spent in the server.
#![allow(clippy::print_stdout, reason = "a bench prints its table")]

#[path = "lsp/code.rs"]
mod code;
#[path = "lsp/http.rs"]
mod http;
#[path = "lsp/pipe.rs"]
mod pipe;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use serde_json::{Value, json};

use crate::code::source;
use crate::http::is_whole;
use crate::pipe::Pipe;

const RUNS: usize = 120;
const URI: &str = "file:///bench/main.rs";

fn main() -> io::Result<()> {
    let mut rows = vec![startup()?];
    rows.push(Row::memory("RSS idle", Server::start()?.resident()?));
    for lines in [200, 2_000, 10_000, 20_000] {
        rows.extend(document(lines)?);
    }
    rows.extend(asked(10_000)?);
    if std::env::args().any(|it| it == "--json") {
        println!("{}", Value::from_iter(rows.iter().map(Row::json)));
    } else {
        println!("{:32} {:>9} {:>9}", "", "median", "p95");
        rows.iter().for_each(Row::print);
    }
    Ok(())
}

/// From process start to the response to `initialize`.
fn startup() -> io::Result<Row> {
    let mut times = Vec::new();
    for _ in 0..RUNS / 2 {
        let start = Instant::now();
        let server = Server::start()?;
        times.push(start.elapsed());
        drop(server);
    }
    Ok(Row::times("startup to initialize", times))
}

/// Rows of a document: requests without and after an edit, requests while typing, and memory.
fn document(lines: usize) -> io::Result<Vec<Row>> {
    let mut server = Server::start()?;
    let text = source(lines);
    server.open(&text)?;
    // The document is parsed in the background; the first response shows that it is ready.
    server.ask(lines, 0)?;
    let name = |it: &str| format!("{it}, {lines} lines");

    let mut floor = Vec::new();
    for _ in 0..RUNS {
        floor.push(server.timed(|it| it.request("bench/floor", json!({})))?);
    }
    let mut rested = Vec::new();
    for run in 0..RUNS {
        rested.push(server.timed(|it| it.ask(run * 7 % lines, 8))?);
    }
    let mut edited = Vec::new();
    for run in 0..RUNS {
        let line = run * 13 % lines;
        edited.push(server.timed(|it| {
            it.insert(line, 0, "a")?;
            it.ask(line, 1)
        })?);
    }
    let typed = typed_along(&mut server, lines)?;
    let resident = server.resident()?;
    Ok(vec![
        Row::times(name("floor"), floor),
        Row::times(name("request"), rested),
        Row::times(name("edit and request"), edited),
        Row::times(name("typed through"), typed),
        Row::memory(name("RSS"), resident),
    ])
}

/// From an invoked request to its first bytes on a provider's socket, without and directly after an edit.
fn asked(lines: usize) -> io::Result<Vec<Row>> {
    let (url, arrivals) = provider()?;
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("understudy"))?;
    let config = format!(
        "embedded.preempt = 1\n[[provider]]\nname = 'near'\nkind = 'vllm'\nurl = '{url}'\n\
         models = ['qwen2.5-coder']\n"
    );
    fs::write(folder.path().join("understudy/config.toml"), config)?;
    let mut server = Server::configured(folder.path())?;
    server.open(&source(lines))?;
    server.ask(lines, 0)?;
    let (mut rested, mut edited, mut typed_on) = (Vec::new(), Vec::new(), Vec::new());
    let run_at = |server: &mut Server, line, keys: Range<usize>| {
        while arrivals.try_recv().is_ok() {}
        let start = Instant::now();
        for at in keys.clone() {
            server.insert(line, at, "a")?;
        }
        // Each request is at a new place, since results are cached.
        server.invoke(line, keys.end)?;
        io::Result::Ok(arrivals.try_recv().ok().map(|it| it.duration_since(start)))
    };
    for run in 0..2 * RUNS {
        let line = run * 13 % lines;
        if run % 2 == 0 {
            rested.extend(run_at(&mut server, line, 0..0)?);
        } else {
            edited.extend(run_at(&mut server, line, 0..1)?);
            typed_on.extend(run_at(&mut server, line, 1..2)?);
        }
    }
    let least = rested.len().min(edited.len()).min(typed_on.len());
    assert!(least > RUNS / 2, "the provider was asked");
    Ok(vec![
        Row::times(format!("to the socket, {lines} lines"), rested),
        Row::times(format!("edit to the socket, {lines} lines"), edited),
        Row::times(format!("next key to the socket, {lines} lines"), typed_on),
    ])
}

/// Answers with a word on loopback, and reports when each request begins to arrive.
fn provider() -> io::Result<(String, Receiver<Instant>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || serve(stream, &sender));
        }
    });
    Ok((url, receiver))
}

fn serve(mut stream: TcpStream, arrivals: &Sender<Instant>) -> io::Result<()> {
    const EVENTS: &str =
        "data: {\"choices\":[{\"text\":\"word\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let mut request = Vec::new();
    loop {
        let mut bytes = [0; 1 << 16];
        let read = stream.read(&mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        if request.is_empty() {
            // The receiver is gone after the bench.
            _ = arrivals.send(Instant::now());
        }
        request.extend_from_slice(&bytes[..read]);
        if is_whole(&request) {
            request.clear();
            let length = EVENTS.len();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ";
            stream.write_all(format!("{head}{length}\r\n\r\n{EVENTS}").as_bytes())?;
        }
    }
}

/// Types the suggestion for a line character by character, for many lines.
fn typed_along(server: &mut Server, lines: usize) -> io::Result<Vec<Duration>> {
    const BEGUN: &str = "    let total = inp";
    let mut times = Vec::new();
    while times.len() < RUNS {
        server.insert(lines, 0, "\n")?;
        server.insert(lines, 0, BEGUN)?;
        let answer = server.ask(lines, BEGUN.len())?;
        let offered = answer["items"][0]["insertText"].as_str().unwrap_or_default().to_owned();
        assert!(offered.len() > 1, "the document repeats this line: {answer}");
        for (at, char) in offered[..offered.len() - 1].char_indices() {
            let column = BEGUN.len() + at;
            server.insert(lines, column, &char.to_string())?;
            times.push(server.timed(|it| it.ask(lines, column + 1))?);
        }
    }
    Ok(times)
}

/// The built server after `initialize`.
struct Server {
    pipe: Pipe,
    id: i64,
    version: i32,
}

impl Server {
    fn start() -> io::Result<Self> {
        Self::configured(Path::new("/nonexistent"))
    }

    fn configured(folder: &Path) -> io::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_understudy"));
        command.env("XDG_CONFIG_HOME", folder).env("XDG_STATE_HOME", folder);
        let pipe = Pipe::start(command.env("UNDERSTUDY_LOG", "off"))?;
        let mut server = Self { pipe, id: 0, version: 0 };
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": { "inlineCompletion": {} },
        });
        server.request(
            "initialize",
            json!({
                "capabilities": capabilities,
                // Suggestions are shown at any confidence.
                "initializationOptions": { "embedded": { "threshold": 0.5 } },
            }),
        )?;
        server.notify("initialized", json!({}))?;
        Ok(server)
    }

    fn open(&mut self, text: &str) -> io::Result<()> {
        let item = json!({ "uri": URI, "languageId": "rust", "version": 0, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }))
    }

    fn insert(&mut self, line: usize, character: usize, text: &str) -> io::Result<()> {
        self.version += 1;
        let at = json!({ "line": line, "character": character });
        let change = json!({ "range": { "start": at, "end": at }, "text": text });
        let id = json!({ "uri": URI, "version": self.version });
        let params = json!({ "textDocument": id, "contentChanges": [change] });
        self.notify("textDocument/didChange", params)
    }

    fn ask(&mut self, line: usize, character: usize) -> io::Result<Value> {
        self.complete(line, character, 2)
    }

    fn invoke(&mut self, line: usize, character: usize) -> io::Result<Value> {
        self.complete(line, character, 1)
    }

    fn complete(&mut self, line: usize, character: usize, trigger: u8) -> io::Result<Value> {
        let params = json!({
            "textDocument": { "uri": URI },
            "position": { "line": line, "character": character },
            "context": { "triggerKind": trigger },
        });
        self.request("textDocument/inlineCompletion", params)
    }

    fn request(&mut self, method: &str, params: Value) -> io::Result<Value> {
        self.id += 1;
        let id = self.id;
        self.pipe
            .send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        loop {
            let mut message = self.pipe.receive()?;
            if message["id"] == id {
                return Ok(message["result"].take());
            }
        }
    }

    fn notify(&mut self, method: &str, params: Value) -> io::Result<()> {
        self.pipe.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn timed<T>(&mut self, run: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<Duration> {
        let start = Instant::now();
        run(self)?;
        Ok(start.elapsed())
    }

    /// Resident memory in bytes; 0 where the operating system does not report it.
    fn resident(&self) -> io::Result<usize> {
        let status = format!("/proc/{}/status", self.pipe.process.id());
        let status = fs::read_to_string(status).unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|it| it.trim().split(' ').next()?.parse::<usize>().ok());
        Ok(kilobytes.unwrap_or_default() * 1024)
    }
}

struct Row {
    name: String,
    unit: &'static str,
    median: f64,
    p95: f64,
}

impl Row {
    fn times(name: impl Into<String>, mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        Self { name: name.into(), unit: "ms", median: at(50), p95: at(95) }
    }

    fn memory(name: impl Into<String>, bytes: usize) -> Self {
        let megabytes = bytes as f64 / 1e6;
        Self { name: name.into(), unit: "MB", median: megabytes, p95: megabytes }
    }

    fn print(&self) {
        println!("{:32} {:9.3} {:9.3} {}", self.name, self.median, self.p95, self.unit);
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "median": self.median, "p95": self.p95, "unit": self.unit })
    }
}
