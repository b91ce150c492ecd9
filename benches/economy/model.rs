//! The model for both sides, and its usage.
//!
//! Without a recording, the model has the file and errs as a small model does: by a fixed seed, some tokens
//! of a line are not predicted, more of them near the start of the line. The reply continues the file up to
//! the next such token, contains another token there and ends soon. A request for the same place always gets
//! the same reply, another reply follows a correction of a wrong token, and repeated requests do not improve
//! it. Delays are those of a fast provider.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};
use understudy::workspace::tokens::lexer;

use crate::recorded::Recorded;

/// Bytes per token.
pub(crate) const BYTES_PER_TOKEN: f64 = 3.5;
/// Time between tokens.
const PACE: Duration = Duration::from_millis(12);
/// Percentage of first tokens of a line, and of other tokens, that are not predicted.
const HARD: (u64, u64) = (45, 14);

/// Usage of all calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Used {
    pub(crate) calls: u64,
    pub(crate) prompt: u64,
    pub(crate) output: u64,
    /// Complete lines in the replies.
    pub(crate) told: HashSet<String>,
}

/// The typed lines of a file, and the lines above them.
pub(crate) struct File {
    pub(crate) lines: Vec<String>,
    /// Recorded replies; `None` for a simulated model.
    pub(crate) recorded: Option<Recorded>,
}

/// The reply at a place: time to the first token, and the tokens.
pub(crate) struct Reply {
    pub(crate) first: Duration,
    /// Time between tokens.
    pub(crate) pace: Duration,
    pub(crate) tokens: Vec<String>,
}

pub(crate) fn hash(it: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

impl File {
    /// The reply at a cursor after `begun`, on the line after `row` others.
    pub(crate) fn reply(&self, row: usize, begun: &str) -> Reply {
        let line = self.lines.get(row).map(String::as_str).unwrap_or_default();
        if let Some(recorded) = &self.recorded {
            return recorded.reply(line, row, begun);
        }
        let text = match line.strip_prefix(begun) {
            Some(_) => guess(row, line, begun.len()),
            // After a typing error the model continues the error.
            None => format!("_of(value_{});", hash(begun) % 1000),
        };
        let chance = hash((row, begun));
        // Most replies are fast, and a few are slow.
        let tail = chance % 100;
        let first = Duration::from_millis(140 + tail + if tail > 90 { 5 * tail } else { 0 });
        let chars: Vec<char> = text.chars().collect();
        Reply { first, pace: PACE, tokens: chars.chunks(4).map(|it| it.iter().collect()).collect() }
    }
}

/// The rest of a line after `from`, as predicted from there.
fn guess(row: usize, line: &str, from: usize) -> String {
    let first = line.len() - line.trim_start().len();
    for token in lexer::lex(line) {
        let (start, end) = (token.start, token.end);
        if end <= from {
            continue;
        }
        let hard = if start <= first { HARD.0 } else { HARD.1 };
        if hash((row, line, start)) % 100 >= hard {
            continue;
        }
        // The first letters of a name resolve half of the unpredicted ones.
        let is_told = from >= start + 2 && hash((start, line)) % 2 == 0;
        if !is_told {
            let right = line.get(from..start.max(from)).unwrap_or_default();
            return format!("{right}q{}(other);", hash((row, start)) % 100);
        }
    }
    line.get(from..).unwrap_or_default().to_owned()
}

impl Reply {
    pub(crate) fn takes(&self) -> Duration {
        self.first + self.pace * self.tokens.len() as u32
    }

    /// Tokens sent within this time after the request.
    pub(crate) fn said_by(&self, elapsed: Duration) -> u64 {
        let flowing = elapsed.saturating_sub(self.first);
        if flowing.is_zero() {
            return 0;
        }
        (1 + (flowing.as_micros() / self.pace.as_micros().max(1)) as u64)
            .min(self.tokens.len() as u64)
    }
}

/// Starts a server on loopback; its usage is added to `used`.
pub(crate) async fn serve(file: Arc<File>, used: Arc<Mutex<Used>>) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (file, used) = (Arc::clone(&file), Arc::clone(&used));
            // The client closes the connection to cancel.
            tokio::spawn(async move { _ = answer_all(stream, &file, &used).await });
        }
    });
    Ok(url)
}

async fn answer_all(mut stream: TcpStream, file: &File, used: &Mutex<Used>) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    while stream.read_buf(&mut bytes).await? > 0 {
        let Some((is_question, body)) = whole(&mut bytes) else { continue };
        if !is_question {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await?;
            continue;
        }
        let asked = Instant::now();
        let prompt: Value = serde_json::from_slice(&body)?;
        let prompt = prompt["prompt"].as_str().unwrap_or_default();
        let (row, begun) = file.place(prompt);
        let reply = file.reply(row, &begun);
        note(used, |it| {
            it.calls += 1;
            it.prompt += (prompt.len() as f64 / BYTES_PER_TOKEN) as u64;
            it.told.insert(format!("{row}:{begun}{}", reply.tokens.concat()));
        });
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            )
            .await?;
        for (turn, token) in reply.tokens.iter().enumerate() {
            wait(&mut stream, asked + reply.first + reply.pace * turn as u32).await?;
            let event = json!({ "choices": [{ "text": token, "finish_reason": null }] });
            chunk(&mut stream, &format!("data: {event}\n\n")).await?;
            note(used, |it| it.output += 1);
        }
        let end = json!({ "choices": [{ "text": "", "finish_reason": "stop" }] });
        chunk(&mut stream, &format!("data: {end}\n\ndata: [DONE]\n\n")).await?;
        stream.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

impl File {
    /// The place of a prompt: its last, partial line, found by the lines above it.
    fn place(&self, prompt: &str) -> (usize, String) {
        let before = prompt.split_once("<|fim_suffix|>").map_or(prompt, |it| it.0);
        let before = before.rsplit_once("<|fim_prefix|>").map_or(before, |it| it.1);
        let (above, begun) = before.rsplit_once('\n').unwrap_or(("", before));
        let above: Vec<&str> = above.rsplit('\n').collect();
        // The row with the longest match of the lines above.
        let agree = |row: usize| {
            let said = self.lines[..row].iter().rev();
            said.zip(&above).take_while(|(a, b)| a.as_str() == **b).count()
        };
        let row = (1..self.lines.len()).max_by_key(|it| agree(*it)).unwrap_or(0);
        (row, begun.to_owned())
    }
}

/// Waits, and stops when the client disconnects: tokens that are not sent are not paid for.
async fn wait(stream: &mut TcpStream, until: Instant) -> anyhow::Result<()> {
    let gone = async {
        loop {
            stream.readable().await?;
            match stream.try_read(&mut [0; 64]) {
                Ok(0) => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted)),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    tokio::select! {
        () = sleep_until(until) => Ok(()),
        gone = gone => Ok(gone?),
    }
}

async fn chunk(stream: &mut TcpStream, text: &str) -> anyhow::Result<()> {
    Ok(stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await?)
}

pub(crate) fn note(used: &Mutex<Used>, change: impl FnOnce(&mut Used)) {
    change(&mut used.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Takes a complete request from the buffer: whether it is a completion, and its body.
fn whole(bytes: &mut Vec<u8>) -> Option<(bool, Vec<u8>)> {
    let head = bytes.windows(4).position(|it| it == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse().ok());
    let end = head + 4 + length.unwrap_or(0_usize);
    if bytes.len() < end {
        return None;
    }
    let body = bytes[head + 4..end].to_vec();
    bytes.drain(..end);
    Some((text.starts_with("post"), body))
}
