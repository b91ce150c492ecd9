//! The server as used by an editor: an edit and a request for each key.

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::time::{Instant, timeout_at};
use understudy::app::Environment;
use understudy::config::source::UserFile;
use understudy::server;
use understudy::server::wire::ClientConnection;
use understudy::text::uri;
use understudy::text::uri::Family;

use crate::model::Used;

/// A server in this process with one open document.
pub(crate) struct Server {
    wire: ClientConnection<DuplexStream, DuplexStream>,
    uri: String,
    id: i64,
    version: i32,
    row: usize,
    column: usize,
    pub(crate) used: Arc<Mutex<Used>>,
}

impl Server {
    /// A server for this folder and config, with a complete index.
    pub(crate) async fn start(
        folder: &Path,
        config: &Path,
        used: Arc<Mutex<Used>>,
    ) -> anyhow::Result<Self> {
        let (input, from_editor) = tokio::io::duplex(1 << 16);
        let (to_editor, output) = tokio::io::duplex(1 << 16);
        let config = UserFile::Named(config.to_owned());
        let start = Environment { config, ..Environment::default() };
        tokio::spawn(server::run(from_editor, to_editor, start));
        let (wire, uri) = (ClientConnection::new(output, input), String::new());
        let mut server = Self { wire, uri, id: 0, version: 0, row: 0, column: 0, used };
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": { "inlineCompletion": {} },
            "window": { "workDoneProgress": true },
        });
        let folders = json!([{ "uri": of(folder), "name": "bench" }]);
        let hello = json!({ "capabilities": capabilities, "workspaceFolders": folders });
        server.send("initialize", Some(0), hello).await?;
        server.until(|it| it["id"] == 0).await?;
        server.send("initialized", None, json!({})).await?;
        let learned = |it: &Value| {
            let said = it["params"]["value"]["message"].as_str().unwrap_or_default();
            it["params"]["value"]["kind"] == "end" && !said.is_empty()
        };
        server.until(learned).await?;
        Ok(server)
    }

    /// Opens a new file; text is typed at its end.
    pub(crate) async fn open(
        &mut self,
        path: &Path,
        language: &str,
        text: &str,
    ) -> anyhow::Result<()> {
        let last = text.rsplit('\n').next().unwrap_or_default();
        (self.row, self.column) = (text.matches('\n').count(), last.len());
        self.uri = of(path);
        let item = json!({ "uri": self.uri, "languageId": language, "version": 0, "text": text });
        self.send("textDocument/didOpen", None, json!({ "textDocument": item })).await
    }

    pub(crate) async fn insert(&mut self, new: &str) -> anyhow::Result<()> {
        let at = json!({ "line": self.row, "character": self.column });
        self.change(&at, &at, new).await?;
        match new.rsplit_once('\n') {
            Some((_, last)) => (self.row, self.column) = (self.row + 1, last.len()),
            None => self.column += new.len(),
        }
        self.ask().await
    }

    pub(crate) async fn delete(&mut self) -> anyhow::Result<()> {
        let to = json!({ "line": self.row, "character": self.column });
        self.column -= 1;
        let from = json!({ "line": self.row, "character": self.column });
        self.change(&from, &to, "").await?;
        self.ask().await
    }

    async fn change(&mut self, from: &Value, to: &Value, text: &str) -> anyhow::Result<()> {
        self.version += 1;
        let id = json!({ "uri": self.uri, "version": self.version });
        let change = json!({ "range": { "start": from, "end": to }, "text": text });
        let params = json!({ "textDocument": id, "contentChanges": [change] });
        self.send("textDocument/didChange", None, params).await
    }

    /// Requests a completion at the cursor and cancels the previous request, as editors do.
    async fn ask(&mut self) -> anyhow::Result<()> {
        self.send("$/cancelRequest", None, json!({ "id": self.id })).await?;
        self.id += 1;
        let params = json!({
            "textDocument": { "uri": self.uri },
            "position": { "line": self.row, "character": self.column },
            "context": { "triggerKind": 2 },
        });
        self.send("textDocument/inlineCompletion", Some(self.id), params).await
    }

    /// The response to the newest request, if it arrives before `until`.
    pub(crate) async fn offered(&mut self, until: Instant) -> anyhow::Result<Option<String>> {
        let id = self.id;
        loop {
            let Ok(message) = timeout_at(until, self.receive()).await else { return Ok(None) };
            let message = message?;
            if message["id"] == id && message.get("method").is_none() {
                let item = &message["result"]["items"][0];
                let text = item["insertText"].as_str().unwrap_or_default().to_owned();
                if !text.is_empty() {
                    let shown = json!({ "item": item });
                    self.send("textDocument/didShowCompletion", None, shown).await?;
                }
                return Ok(Some(text.lines().next().unwrap_or_default().to_owned()));
            }
        }
    }

    async fn until(&mut self, mut is_it: impl FnMut(&Value) -> bool) -> anyhow::Result<()> {
        while !is_it(&self.receive().await?) {}
        Ok(())
    }

    async fn send(&mut self, method: &str, id: Option<i64>, params: Value) -> anyhow::Result<()> {
        let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        if let Some(id) = id {
            message["id"] = json!(id);
        }
        Ok(self.wire.send(&message).await?)
    }

    /// The next message; requests of the server are answered.
    async fn receive(&mut self) -> anyhow::Result<Value> {
        let message = self.wire.receive().await?.context("the server ended")?;
        if let (Some(_), Some(id)) = (message.get("method"), message.get("id")) {
            self.wire.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null })).await?;
        }
        Ok(message)
    }
}

fn of(path: &Path) -> String {
    uri::from_path(&path.to_string_lossy(), Family::HERE)
}
