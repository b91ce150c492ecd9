//! Recorded replies of a real model at every place of the typed files, with their delays.
//!
//! A llama.cpp server is queried once (`--record URL`), in typing order, so that its cache holds all but the
//! last key, as with a typist. `replies.jsonl` beside this file holds the replies of SmolLM2-135M-Instruct
//! (Q4_1) on two cores, which has no fill-in-the-middle training and continues the text before the cursor.
//! The files are in pinned packages, so a path, a row and a column identify a place.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Task;
use crate::llama::send;
use crate::model::{File, Reply};

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/economy/replies.jsonl");
/// Rows above the typed ones in the prompt.
const ABOVE: usize = 60;
const TOKENS: u32 = 24;

/// The reply at a place of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    path: String,
    row: usize,
    column: usize,
    text: String,
    tokens: u32,
    /// Milliseconds until the first token, and between tokens.
    first: f64,
    pace: f64,
}

/// Replies for a file, by row and column.
#[derive(Debug, Default)]
pub(crate) struct Recorded(HashMap<(usize, usize), Said>);

/// All recordings, by file.
pub(crate) fn read() -> anyhow::Result<HashMap<String, Recorded>> {
    let text = fs::read_to_string(RECORDED)?;
    let mut files: HashMap<String, Recorded> = HashMap::new();
    for line in text.lines() {
        let said: Said = serde_json::from_str(line)?;
        let file = files.entry(said.path.clone()).or_default();
        file.0.insert((said.row, said.column), said);
    }
    Ok(files)
}

/// Queries a server at each place of these files and writes the replies.
pub(crate) fn record(tasks: &[Task], lines: usize, server: &str) -> anyhow::Result<()> {
    let mut out = fs::File::create(RECORDED)?;
    for task in tasks {
        let File { lines: all, .. } = &*task.file;
        let first = task.row.saturating_sub(ABOVE);
        for row in (task.row + 1..all.len()).take(lines) {
            let (above, line) = (all[first..row].join("\n"), &all[row]);
            for column in line.len() - line.trim_start().len()..line.len() {
                let said = asked(server, &above, &line[..column])?;
                let said = Said { path: task.name.clone(), row, column, ..said };
                writeln!(out, "{}", serde_json::to_string(&said)?)?;
            }
        }
        println!("{}", task.name);
    }
    Ok(())
}

impl Recorded {
    /// The reply after `begun`. After a typing error it is the reply before the error; rows that were not
    /// recorded have none.
    pub(crate) fn reply(&self, line: &str, row: usize, begun: &str) -> Reply {
        let column = line.bytes().zip(begun.bytes()).take_while(|(a, b)| a == b).count();
        let Some(said) = self.0.get(&(row, column.min(line.len().saturating_sub(1)))) else {
            return Reply { first: Duration::ZERO, pace: Duration::ZERO, tokens: Vec::new() };
        };
        let chars: Vec<char> = said.text.chars().collect();
        let size = chars.len().div_ceil(said.tokens.max(1) as usize).max(1);
        let tokens = chars.chunks(size).map(|it| it.iter().collect()).collect();
        let millis = |it: f64| Duration::from_secs_f64(it / 1000.0);
        Reply { first: millis(said.first), pace: millis(said.pace), tokens }
    }
}

/// The reply for the rest of a line. The white space before it is part of the reply, since it shares a token
/// with the next word; it is removed from the recording.
fn asked(server: &str, above: &str, begun: &str) -> anyhow::Result<Said> {
    let typed = begun.trim_end();
    let space = &begun[typed.len()..];
    let body = json!({ "prompt": format!("{above}\n{typed}"), "n_predict": TOKENS, "temperature": 0,
        "stop": ["\n"], "cache_prompt": true });
    let answer = serde_json::from_str::<Value>(&send(server, "/completion", &body)?)?;
    let said = answer["content"].as_str().context("no content")?;
    let text = said.strip_prefix(space).unwrap_or(said.trim_start()).trim_end().to_owned();
    let timings = &answer["timings"];
    let number = |name: &str| timings[name].as_f64().with_context(|| format!("no {name}"));
    let tokens = number("predicted_n")?.max(1.0);
    let pace = number("predicted_ms")? / tokens;
    let first = number("prompt_ms")? + pace;
    let (path, round) = (String::new(), |it: f64| (it * 10.0).round() / 10.0);
    Ok(Said {
        path,
        row: 0,
        column: 0,
        text,
        tokens: tokens as u32,
        first: round(first),
        pace: round(pace),
    })
}
