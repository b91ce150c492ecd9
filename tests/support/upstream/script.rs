//! The reply of a scripted upstream to one request.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) framing: Framing,
    /// Whether the head is omitted, too.
    pub(crate) is_silent: bool,
}

/// One step of a reply.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Bytes(Vec<u8>),
    /// Sends the whole request.
    Echo,
    Wait(Duration),
    /// Waits until a test opens the gate.
    Gate(Arc<Semaphore>),
    /// Waits for ever.
    Stall,
    /// Closes the connection at this point.
    Cut,
    /// Repeats these bytes for ever.
    Endless(Vec<u8>),
}

/// How a reply marks its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Chunked,
    /// A `Content-Length`, which may be wrong.
    Length(usize),
    /// The end of the connection.
    Closing,
}

/// Whether the connection stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    KeepAlive,
    Close,
}

impl Script {
    pub(crate) fn new(status: u16, steps: Vec<Step>) -> Self {
        let headers = Vec::new();
        Self { status, headers, steps, framing: Framing::Chunked, is_silent: false }
    }

    /// A status without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, Vec::new())
    }

    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::new(status, vec![Step::Bytes(body.into())]).header("content-type", "application/json")
    }

    /// A streamed answer.
    pub(crate) fn stream(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, vec![Step::Bytes(body.into())]).header("content-type", "text/event-stream")
    }

    /// A recorded answer, one chunk per event: a file of `tests/cassettes`. A `.json` file is sent whole; a
    /// first line such as `HTTP 429` sets the status.
    pub(crate) fn cassette(name: &str) -> Self {
        let (status, body) = cassette(name);
        let kind = match name.rsplit_once('.') {
            Some((_, "sse")) => "text/event-stream",
            Some((_, "ndjson")) => "application/x-ndjson",
            _ => "application/json",
        };
        let events = body.split_inclusive("\n\n").map(|it| Step::Bytes(it.into()));
        Self::new(status, events.collect()).header("content-type", kind)
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Changes how the reply ends.
    pub(crate) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Adds a step at the end.
    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Splits the body into pieces of this size in bytes.
    pub(crate) fn in_pieces(mut self, size: usize) -> Self {
        let pieces = self.steps.iter().flat_map(|step| match step {
            Step::Bytes(bytes) => bytes.chunks(size).map(|it| Step::Bytes(it.into())).collect(),
            other => vec![other.clone()],
        });
        self.steps = pieces.collect();
        self
    }

    /// Waits before each piece.
    pub(crate) fn paced(mut self, wait: Duration) -> Self {
        let steps = self.steps.into_iter().flat_map(|it| [Step::Wait(wait), it]);
        self.steps = steps.collect();
        self
    }

    /// Bytes that are not HTTP.
    pub(crate) fn raw(steps: Vec<Step>) -> Self {
        Self { is_silent: true, framing: Framing::Closing, ..Self::new(0, steps) }
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.framing == Framing::Chunked && !self.is_silent
    }

    pub(crate) fn ending(&self) -> Ending {
        match self.framing {
            Framing::Chunked | Framing::Length(_) => Ending::KeepAlive,
            Framing::Closing => Ending::Close,
        }
    }

    /// The head of the reply; a reply to `HEAD` describes no body.
    pub(crate) fn head(&self, is_head: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &match self.framing {
            _ if is_head => "content-length: 0\r\n".to_owned(),
            Framing::Chunked => "transfer-encoding: chunked\r\n".to_owned(),
            Framing::Length(length) => format!("content-length: {length}\r\n"),
            Framing::Closing => "connection: close\r\n".to_owned(),
        };
        (head + "\r\n").into_bytes()
    }
}

/// The status and body of a recorded answer.
pub(crate) fn cassette(name: &str) -> (u16, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cassettes").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
    let status = text.strip_prefix("HTTP ").and_then(|it| it.split_once('\n'));
    match status {
        Some((status, body)) => (status.trim().parse().expect("a status"), body.to_owned()),
        None => (200, text),
    }
}
