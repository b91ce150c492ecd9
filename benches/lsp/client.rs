//! An editor that drives a server over stdio, independent of the server's code.

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{fs, io};

use serde_json::{Value, json};

use crate::pipe::Pipe;

pub(crate) const URI: &str = "file:///bench/main.rs";

/// A server after `initialize`.
pub(crate) struct Client {
    pipe: Pipe,
    id: i64,
    version: i32,
}

impl Client {
    /// The built server with its settings in `folder`.
    pub(crate) fn server(folder: &Path) -> io::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_understudy"));
        command.env("XDG_CONFIG_HOME", folder).env("XDG_STATE_HOME", folder.join("state"));
        Self::start(command.env("UNDERSTUDY_LOG", "off"))
    }

    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut client = Self { pipe: Pipe::start(command)?, id: 0, version: 0 };
        // UTF-16, which every client must support.
        let capabilities = json!({ "textDocument": { "inlineCompletion": {} } });
        client.request("initialize", json!({ "capabilities": capabilities }))?;
        client.notify("initialized", json!({}))?;
        Ok(client)
    }

    pub(crate) fn open(&mut self, uri: &str, text: &str) -> io::Result<()> {
        let item = json!({ "uri": uri, "languageId": "rust", "version": 0, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }))
    }

    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }))
    }

    pub(crate) fn insert(&mut self, line: usize, character: usize, text: &str) -> io::Result<()> {
        self.version += 1;
        let at = json!({ "line": line, "character": character });
        let change = json!({ "range": { "start": at, "end": at }, "text": text });
        let id = json!({ "uri": URI, "version": self.version });
        let params = json!({ "textDocument": id, "contentChanges": [change] });
        self.notify("textDocument/didChange", params)
    }

    /// An automatic inline completion at a place.
    pub(crate) fn ask(&mut self, line: usize, character: usize) -> io::Result<Value> {
        let id = self.begin(URI, (line, character), 2)?;
        self.result(id)
    }

    /// The same without waiting for the response. Trigger 1 is invoked, 2 automatic.
    pub(crate) fn begin(
        &mut self,
        uri: &str,
        (line, character): (usize, usize),
        trigger: u8,
    ) -> io::Result<i64> {
        let params = json!({
            "textDocument": { "uri": uri },
            "position": { "line": line, "character": character },
            "context": { "triggerKind": trigger },
        });
        self.send("textDocument/inlineCompletion", params)
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> io::Result<Value> {
        let id = self.send(method, params)?;
        self.result(id)
    }

    fn result(&mut self, id: i64) -> io::Result<Value> {
        loop {
            let mut message = self.pipe.receive()?;
            if message["id"] == id && message.get("method").is_none() {
                return Ok(message["result"].take());
            }
        }
    }

    /// Waits for the next response: request id, result and time.
    pub(crate) fn response(&mut self) -> io::Result<(i64, Value, Instant)> {
        loop {
            let message = self.pipe.receive()?;
            if let (Some(id), None) = (message["id"].as_i64(), message.get("method")) {
                return Ok((id, message, Instant::now()));
            }
        }
    }

    fn send(&mut self, method: &str, params: Value) -> io::Result<i64> {
        self.id += 1;
        let id = self.id;
        self.pipe
            .send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        Ok(id)
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) -> io::Result<()> {
        self.pipe.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Whether the server still responds.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.request("bench/alive", json!({})).is_ok()
    }

    /// Resident memory in megabytes; 0 where the operating system does not report it.
    pub(crate) fn resident(&self) -> f64 {
        self.memory("VmRSS:")
    }

    /// Resident memory without file-backed pages. Pages of the executable count only after they are touched.
    pub(crate) fn anonymous(&self) -> f64 {
        self.memory("RssAnon:")
    }

    fn memory(&self, field: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pipe.process.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix(field));
        let kilobytes = line.and_then(|it| it.trim().split(' ').next()?.parse::<f64>().ok());
        kilobytes.unwrap_or_default() * 1024.0 / 1e6
    }

    /// CPU time in seconds; 0 where the operating system does not report it.
    pub(crate) fn computed(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pipe.process.id()));
        let stat = stat.unwrap_or_default();
        // After the name in brackets: fields 14 and 15, in hundredths of a second.
        let fields = stat.rsplit_once(')').map_or("", |it| it.1);
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks.filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0
    }
}
