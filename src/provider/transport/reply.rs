//! An answer while it comes.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Response;
use reqwest::Version;
use reqwest::header::CONTENT_TYPE;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::provider::dialect::Delta;
use crate::provider::dialect::Dialect;
use crate::provider::dialect::HttpRequest;
use crate::provider::failure::Failure;
use crate::provider::failure::Phase;
use crate::provider::limits::Limits;
use crate::provider::sse::Event;
use crate::provider::sse::Framing;
use crate::provider::sse::Reader;
use crate::provider::transport::Patience;

/// No answer of ours is longer, in bytes.
const LONGEST: usize = 4 << 20;

/// A streamed answer. Dropping it hangs up.
pub struct Reply {
    /// What its headers said.
    pub limits: Limits,
    response: Response,
    dialect: Dialect,
    reader: Reader,
    /// Servers that do not stream answer with one value: all of it so far.
    whole: Option<Vec<u8>>,
    ready: VecDeque<Delta>,
    finished: bool,
    ended: bool,
    received: usize,
    patience: Patience,
    started: Instant,
    first: Option<Duration>,
}

impl Reply {
    pub(super) fn new(
        response: Response,
        request: &HttpRequest,
        limits: Limits,
        patience: Patience,
        started: Instant,
    ) -> Self {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let whole = kind.is_some_and(|it| it.starts_with("application/json"));
        let whole = (whole && request.framing == Framing::Sse).then(Vec::new);
        Self {
            limits,
            response,
            dialect: request.dialect,
            reader: Reader::new(request.framing),
            whole,
            ready: VecDeque::new(),
            finished: false,
            ended: false,
            received: 0,
            patience,
            started,
            first: None,
        }
    }

    /// The next piece; `None` once the answer has come to its end. An answer that just stops is a
    /// failure.
    pub async fn next(&mut self) -> Result<Option<Delta>, Failure> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                self.note(&delta);
                match delta {
                    Delta::End => self.ended = true,
                    delta => return Ok(Some(delta)),
                }
            }
            if self.ended {
                return Ok(None);
            }
            if self.ready.is_empty() {
                self.receive().await?;
            }
        }
    }

    /// How long the first text or thought took from the request.
    pub fn first(&self) -> Option<Duration> {
        self.first
    }

    /// Whether its connection lives on when it is hung up: HTTP/2.
    pub fn is_multiplexed(&self) -> bool {
        self.response.version() >= Version::HTTP_2
    }

    /// Whether the model has said that it is done; usage may still follow.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    fn note(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(_) | Delta::Thought(_) => {
                self.first.get_or_insert_with(|| self.started.elapsed());
            }
            Delta::Finish(_) => self.finished = true,
            Delta::Usage(_) | Delta::End => {}
        }
    }

    async fn receive(&mut self) -> Result<(), Failure> {
        let stall = Instant::now() + self.patience.stall;
        let (until, phase) = match (stall < self.patience.total, self.first) {
            (true, Some(_)) => (stall, Phase::Stall),
            (true, None) | (false, None) => (self.patience.total, Phase::FirstToken),
            (false, Some(_)) => (self.patience.total, Phase::Total),
        };
        let chunk = timeout_at(until, self.response.chunk()).await;
        let chunk = chunk.map_err(|_| Failure::Timeout(phase))?;
        match chunk {
            Ok(Some(bytes)) => self.take(&bytes),
            Ok(None) => self.close(),
            // Some hang up right behind their last word.
            Err(_) if self.may_end() => {
                self.ended = true;
                Ok(())
            }
            Err(_) => Err(Failure::Cut),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.received += bytes.len();
        if self.received > LONGEST {
            return Err(too_long());
        }
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(bytes);
            return Ok(());
        }
        self.reader.push(bytes).map_err(|_| too_long())?;
        self.decode()
    }

    /// The connection is over: whether the answer is too is for its dialect to say.
    fn close(&mut self) -> Result<(), Failure> {
        if let Some(whole) = self.whole.take() {
            let data = String::from_utf8_lossy(&whole).trim().to_owned();
            self.ready.extend(self.dialect.decode(&Event { name: None, data })?);
        } else {
            self.reader.end().map_err(|_| too_long())?;
            self.decode()?;
        }
        let said = |it: &Delta| matches!(it, Delta::Finish(_) | Delta::End);
        match self.may_end() || self.ready.iter().any(said) {
            true => {
                self.ready.push_back(Delta::End);
                Ok(())
            }
            false => Err(Failure::Cut),
        }
    }

    fn may_end(&self) -> bool {
        self.finished && self.dialect.ends_with_finish()
    }

    fn decode(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.reader.event() {
            self.ready.extend(self.dialect.decode(&event)?);
        }
        Ok(())
    }
}

fn too_long() -> Failure {
    Failure::Garbled { reason: "it never ends".to_owned() }
}
