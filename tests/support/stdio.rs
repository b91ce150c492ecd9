//! The built program over its real streams: starts it and speaks LSP.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use understudy::server::wire::ClientConnection;

use crate::support::editor::uri;

/// Hang guard.
pub(crate) const HANG: Duration = Duration::from_mins(1);

/// A temporary home with `config`, `state` and `project`.
pub(crate) struct Home(pub(crate) TempDir);

#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn start(&self, args: &[&str], log: &str) -> Child {
        self.start_on(args, log, [Stdio::piped(), Stdio::piped()])
    }

    /// With these streams as stdin and stdout.
    pub(crate) fn start_on(&self, args: &[&str], log: &str, [input, output]: [Stdio; 2]) -> Child {
        let home = self.0.path();
        Command::new(env!("CARGO_BIN_EXE_understudy"))
            .args(args)
            .current_dir(home)
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("UNDERSTUDY_LOG", log)
            .stdin(input)
            .stdout(output)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// An initialized server on its standard streams.
    pub(crate) async fn served(&self) -> (Child, ClientConnection<ChildStdout, ChildStdin>) {
        let mut child = self.start(&[], "debug");
        let mut wire =
            ClientConnection::new(child.stdout.take().unwrap(), child.stdin.take().unwrap());
        initialize(&mut wire, &self.path("project")).await;
        (child, wire)
    }

    /// The paths of the log files.
    pub(crate) fn logs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("state/understudy/log"));
        entries.map_or(Vec::new(), |it| it.map(|it| it.unwrap().path()).collect())
    }
}

pub(crate) async fn initialize<R, W>(wire: &mut ClientConnection<R, W>, root: &Path)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let capabilities = json!({ "textDocument": { "inlineCompletion": {} } });
    let roots = json!([{ "uri": uri(root), "name": "project" }]);
    let params = json!({ "capabilities": capabilities, "workspaceFolders": roots });
    let answer = ask(wire, 1, "initialize", params).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "understudy");
    tell(wire, "initialized", json!({})).await;
}

pub(crate) async fn tell<R, W>(wire: &mut ClientConnection<R, W>, method: &str, params: Value)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    wire.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await.unwrap();
}

/// Sends a request and waits for its response; skips other messages.
pub(crate) async fn ask<R, W>(
    wire: &mut ClientConnection<R, W>,
    id: i64,
    method: &str,
    params: Value,
) -> Value
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    wire.send(&request).await.unwrap();
    wait_for(wire, |it| it["id"] == id).await
}

pub(crate) async fn wait_for<R, W>(
    wire: &mut ClientConnection<R, W>,
    is_it: impl Fn(&Value) -> bool,
) -> Value
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        let message = timeout(HANG, wire.receive()).await.expect("the server answers").unwrap();
        let message = message.expect("the server is running");
        if is_it(&message) {
            return message;
        }
    }
}

pub(crate) async fn leave<R, W>(wire: &mut ClientConnection<R, W>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let answer = ask(wire, 3, "shutdown", Value::Null).await;
    assert_eq!(answer["result"], Value::Null);
    tell(wire, "exit", Value::Null).await;
}

pub(crate) async fn ended(child: Child) -> Outcome {
    let output = timeout(HANG, child.wait_with_output()).await.expect("the process ends").unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Outcome { code: output.status.code(), stderr }
}

/// The peak resident memory of a process.
#[derive(Debug)]
pub(crate) struct Peak(Option<f64>);

impl Peak {
    pub(crate) fn of(child: &Child) -> Self {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id().unwrap()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        Self(line.and_then(|it| it.trim().split(' ').next()?.parse().ok()))
    }

    /// In megabytes; 0 on systems without `/proc`.
    pub(crate) fn megabytes(&self) -> f64 {
        self.0.unwrap_or_default() / 1000.0
    }
}
