//! `understudy demo`: completions in real files, from the server that editors start.
//!
//! Each trial removes the rest of a line from an open document, sends the request that an editor sends while
//! the user types, and restores the line. The file is indexed, but a document is never completed from its own
//! indexed text.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio::io::{DuplexStream, duplex};

use crate::app::Environment;
use crate::cli::term::place::FilePosition;
use crate::cli::term::print;
use crate::cli::term::print::{PrintedAnswer, PrintedSuggestion, PrintedVerdict, Trial};
use crate::cli::{Common, asking};
use crate::server::wire::ClientConnection;
use crate::syntax::language::Language;
use crate::text::uri;
use crate::text::uri::Family;
use crate::workspace::files;
use crate::workspace::guard::Guard;
use crate::{config, server};

/// Languages of data and prose, which do not test the completion of code.
pub(super) const NO_CODE: [&str; 6] = ["css", "html", "json", "markdown", "toml", "yaml"];
/// Number of files, spread over the folder.
const FILES: usize = 12;
/// Places per file.
const PLACES: usize = 25;
/// Trials printed in full.
const PRINTED: usize = 10;
/// Size limit of a file in bytes, as in the index.
pub(super) const LARGEST: u64 = 400_000;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of source files
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    let folder = folder
        .canonicalize()
        .with_context(|| format!("cannot open the folder {}", folder.display()))?;
    let sources = common.sources(vec![folder.clone()]);
    let (config, _) = config::load(&sources);
    anyhow::ensure!(
        config.at(&folder).index.enabled,
        "`index.enabled` is false: the demo needs the index"
    );
    let runtime = asking::runtime()?;
    let start = Environment { config: sources.file, ..Environment::default() };
    let outcome = runtime.block_on(demo(&folder, start));
    runtime.shutdown_background();
    let (learned, trials) = outcome?;
    anyhow::ensure!(!trials.is_empty(), "no source files in {}", folder.display());
    if common.json {
        let report = json!({ "learned": learned, "trials": trials });
        writeln!(anstream::stdout().lock(), "{report}")?;
    } else {
        show(&mut anstream::stdout().lock(), &learned, &trials)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn demo(folder: &Path, start: Environment) -> anyhow::Result<(String, Vec<Trial>)> {
    let (input, from_editor) = duplex(1 << 16);
    let (to_editor, output) = duplex(1 << 16);
    tokio::spawn(server::run(from_editor, to_editor, start));
    let mut editor = Editor { wire: ClientConnection::new(output, input), id: 0, version: 0 };
    let learned = editor.start(folder).await?;
    let mut trials = Vec::new();
    for file in sources(folder) {
        trials.extend(editor.ask_in(folder, &file).await?);
    }
    Ok((learned, trials))
}

/// Source files of the folder, spread evenly over it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(guard) = Guard::new(vec![folder.to_owned()], &[]) else { return Vec::new() };
    let found = files::walk(&[folder.to_owned()], &Arc::new(guard)).map(|it| it.path);
    let is_code = |it: &PathBuf| {
        let language = Language::detect("", Some(it), "");
        language.is_some_and(|it| !NO_CODE.contains(&it.name()))
    };
    let mut files: Vec<_> = found.filter(is_code).collect();
    files.sort();
    let step = files.len().div_ceil(FILES).max(1);
    files.into_iter().step_by(step).collect()
}

/// A minimal LSP client.
struct Editor {
    wire: ClientConnection<DuplexStream, DuplexStream>,
    id: i64,
    version: i64,
}

/// A place in a text: a line, and the column of the cursor.
struct Cut<'a> {
    row: usize,
    line: &'a str,
    column: usize,
}

impl Editor {
    /// Opens a folder and waits until it is indexed. Returns the server's last progress message.
    async fn start(&mut self, folder: &Path) -> anyhow::Result<String> {
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": { "inlineCompletion": {} },
            "window": { "workDoneProgress": true },
        });
        let folders = json!([{ "uri": uri_of(folder), "name": "demo" }]);
        let hello = json!({ "capabilities": capabilities, "workspaceFolders": folders });
        self.request("initialize", hello).await?;
        self.notify("initialized", json!({})).await?;
        let spinner = if std::io::stderr().is_terminal() {
            ProgressBar::new_spinner().with_message("learning")
        } else {
            ProgressBar::hidden()
        };
        spinner.enable_steady_tick(Duration::from_millis(100));
        loop {
            let message = self.receive().await?;
            let text = message["params"]["value"]["message"].as_str().unwrap_or_default();
            if message["params"]["value"]["kind"] == "end" && !text.is_empty() {
                spinner.finish_and_clear();
                return Ok(text.to_owned());
            }
        }
    }

    async fn ask_in(&mut self, folder: &Path, file: &Path) -> anyhow::Result<Vec<Trial>> {
        let guard = Guard::new(vec![folder.to_owned()], &[]);
        let text = guard.ok().and_then(|it| files::read(file, &it, LARGEST).ok());
        let Some(text) = text else { return Ok(Vec::new()) };
        let uri = uri_of(file);
        let item = json!({ "uri": uri, "languageId": "", "version": self.version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item })).await?;
        let path = file.strip_prefix(folder).unwrap_or(file);
        let mut trials = Vec::new();
        for cut in cuts(&text) {
            trials.push(self.ask_at(&uri, path, &cut).await?);
        }
        let id = json!({ "textDocument": { "uri": uri } });
        self.notify("textDocument/didClose", id).await?;
        Ok(trials)
    }

    async fn ask_at(&mut self, uri: &str, path: &Path, cut: &Cut<'_>) -> anyhow::Result<Trial> {
        let (before, truth) = cut.line.split_at(cut.column);
        let (from, to) = (cut.position(cut.column), cut.position(cut.line.len()));
        self.replace(uri, [&from, &to], "").await?;
        let params = json!({
            "textDocument": { "uri": uri },
            "position": from,
            "context": { "triggerKind": 2 },
        });
        let asked = Instant::now();
        let result = self.request("textDocument/inlineCompletion", params).await?;
        let elapsed = asked.elapsed();
        self.replace(uri, [&from, &from], truth).await?;
        let text = result["items"][0]["insertText"].as_str();
        let suggestion = text.map(|it| PrintedSuggestion {
            text: it.to_owned(),
            confidence: None,
            by: "embedded".to_owned(),
        });
        let place =
            FilePosition { path: path.to_owned(), line: cut.row + 1, column: cut.column + 1 };
        let (before, after) = (before.to_owned(), String::new());
        let answer = PrintedAnswer { place, before, after, suggestion, elapsed };
        Ok(Trial::new(answer, truth.to_owned()))
    }

    async fn replace(&mut self, uri: &str, range: [&Value; 2], text: &str) -> anyhow::Result<()> {
        self.version += 1;
        let range = json!({ "start": range[0], "end": range[1] });
        let params = json!({
            "textDocument": { "uri": uri, "version": self.version },
            "contentChanges": [{ "range": range, "text": text }],
        });
        self.notify("textDocument/didChange", params).await
    }

    async fn request(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        self.id += 1;
        let id = self.id;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.wire.send(&message).await?;
        loop {
            let mut message = self.receive().await?;
            if message["id"] == id && message.get("method").is_none() {
                return Ok(message["result"].take());
            }
        }
    }

    async fn notify(&mut self, method: &str, params: Value) -> anyhow::Result<()> {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        Ok(self.wire.send(&message).await?)
    }

    /// The next message. A request of the server is answered with `null`.
    async fn receive(&mut self) -> anyhow::Result<Value> {
        let message = self.wire.receive().await?.context("the server ended")?;
        if let (Some(_), Some(id)) = (message.get("method"), message.get("id")) {
            self.wire.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null })).await?;
        }
        Ok(message)
    }
}

impl Cut<'_> {
    fn position(&self, column: usize) -> Value {
        json!({ "line": self.row, "character": column })
    }
}

/// Places spread over a text. The column alternates as in `column`.
fn cuts(text: &str) -> impl Iterator<Item = Cut<'_>> {
    let rows = text.lines().enumerate().filter(|(_, it)| it.trim().len() >= 8);
    let rows: Vec<_> = rows.collect();
    let step = rows.len().div_ceil(PLACES).max(1);
    rows.into_iter().step_by(step).enumerate().filter_map(|(turn, (row, line))| {
        let column = column(line, turn)?;
        (line.trim_end().len() >= column + 3).then_some(Cut { row, line: line.trim_end(), column })
    })
}

/// A column where a user may pause: by turn, before the first word, behind it, or behind the second.
pub(super) fn column(line: &str, turn: usize) -> Option<usize> {
    let words = line.match_indices(|it: char| !it.is_alphanumeric() && it != '_');
    let indent = line.len() - line.trim_start().len();
    let ends = words.map(|(at, it)| at + it.len()).filter(|it| *it > indent);
    std::iter::once(indent).chain(ends).nth(turn % 3)
}

fn show(out: &mut impl Write, learned: &str, trials: &[Trial]) -> anyhow::Result<()> {
    let shown: Vec<_> = trials.iter().filter(|it| it.verdict != PrintedVerdict::Silent).collect();
    let step = shown.len().div_ceil(PRINTED).max(1);
    for trial in shown.iter().step_by(step) {
        print::trial(out, trial)?;
    }
    let right = shown.iter().filter(|it| it.verdict == PrintedVerdict::Right).count();
    let mut times: Vec<_> = trials.iter().map(|it| it.answer.elapsed).collect();
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1000.0;
    writeln!(out, "\n{learned}")?;
    writeln!(
        out,
        "{} places: {} suggestions shown, {right} of them right; {median:.2} ms from request to answer",
        trials.len(),
        shown.len(),
    )?;
    Ok(())
}

fn uri_of(path: &Path) -> String {
    uri::from_path(&path.to_string_lossy(), Family::HERE)
}
