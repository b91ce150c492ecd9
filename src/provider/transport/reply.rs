//! Reads a streamed answer within its limits of time and size, and never takes a truncated answer for a
//! complete one.
//!
//! An answer without any text is judged here for all callers: its `Finish` is held back until the stream
//! ends, so that the usage after it is counted. It is a failure unless the request allows an empty answer.

mod body;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, mem};

use reqwest::{Response, Version};
use tokio::time::{Instant, timeout, timeout_at};

use crate::models::token_usage::Usage;
use crate::provider::Provider;
use crate::provider::dialect::{Delta, Dialect, EmptyAnswer, Finish, HttpRequest};
use crate::provider::failure::{Failure, Phase};
use crate::provider::limits::Limits;
use crate::provider::sse::{Framing, SseReader};
use crate::provider::thought::Thoughts;
pub(super) use crate::provider::transport::reply::body::broken;
use crate::provider::transport::reply::body::{cut, queue, skip_head, too_long};
use crate::provider::transport::{Opened, Patience, Timing};

/// Size limit of an answer, in bytes.
const LONGEST: usize = 4 << 20;
/// Limits for reading after the end of an answer, in bytes and time, so that its connection can be used
/// again.
const BEHIND: usize = 64 << 10;
const BEHIND_WITHIN: Duration = Duration::from_secs(1);
/// Longest wait for the end of an answer without text. Its usage arrives earlier.
const USAGE_WITHIN: Duration = Duration::from_millis(200);
/// The byte order mark, which some servers send first.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A streamed answer. Dropping it cancels the request.
pub struct ReplyStream {
    /// Rate limits in the response headers.
    pub limits: Limits,
    state: State,
    body: Body,
    dialect: Dialect,
    provider: Arc<Provider>,
    ready: VecDeque<Delta>,
    thoughts: Thoughts,
    /// The failure that follows the deltas in `ready`.
    broken: Option<Failure>,
    said: Said,
    /// The finish reason, if it has been received.
    finish: Option<Finish>,
    /// Whether the finish reason has been returned to the caller.
    is_finish_passed: bool,
    empty: EmptyAnswer,
    is_multiplexed: bool,
    received: usize,
    usage: Usage,
    patience: Patience,
    started: Instant,
    /// Time of the last piece.
    last: Instant,
    timing: Timing,
}

enum State {
    Open(Response),
    Ended,
    Failed,
}

/// What the answer has contained so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Thoughts,
    Text,
}

/// How to interpret the bytes.
enum Body {
    /// Too few bytes to decide: at most a part of a byte order mark.
    Unknown(Framing, Vec<u8>),
    Events(SseReader),
    /// The bytes of an answer that is not a stream, so far.
    Whole(Vec<u8>),
}

/// Output tokens that can be billed for an answer without text.
const A_FEW: u64 = 4;

impl ReplyStream {
    pub(super) fn new(opened: Opened, request: &HttpRequest, patience: Patience) -> Self {
        let Opened { response, provider, limits, started, timing } = opened;
        Self {
            limits,
            is_multiplexed: response.version() >= Version::HTTP_2,
            state: State::Open(response),
            body: Body::Unknown(request.framing, Vec::new()),
            dialect: request.dialect,
            provider,
            ready: VecDeque::new(),
            broken: None,
            thoughts: match request.dialect.is_chat() {
                true => Thoughts::of_chat(),
                false => Thoughts::none(),
            },
            said: Said::Nothing,
            finish: None,
            is_finish_passed: false,
            empty: request.empty,
            received: 0,
            usage: Usage::default(),
            patience,
            started,
            last: Instant::now(),
            timing,
        }
    }

    /// The next delta; `None` after the end of the answer.
    ///
    /// # Errors
    ///
    /// If the answer is truncated, invalid, late, or empty where that is not allowed. No delta follows a
    /// failure.
    pub async fn next(&mut self) -> Result<Option<Delta>, Failure> {
        let next = self.read_on().await;
        match next {
            Ok(None) => {
                self.timing.total.get_or_insert(self.started.elapsed());
                Ok(None)
            }
            Ok(Some(delta)) => Ok(Some(delta)),
            Err(failure) => {
                self.state = State::Failed;
                self.ready.clear();
                Err(failure.map_reason(|it| self.provider.secret.hide(it)))
            }
        }
    }

    /// Time from the request to the first text or reasoning.
    pub fn first(&self) -> Option<Duration> {
        self.timing.first
    }

    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Usage that has been reported so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// Whether a finish reason has been received. Usage can still follow.
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether the connection survives a cancelled request: HTTP/2.
    pub fn is_multiplexed(&self) -> bool {
        self.is_multiplexed
    }

    /// Reads the rest of an answer that is not needed, for its usage and to keep its connection. `within` is
    /// the time limit.
    pub async fn drain(&mut self, within: Duration) -> Result<Usage, Failure> {
        let drain = async {
            while self.next().await?.is_some() {}
            Ok(())
        };
        timeout(within, drain).await.unwrap_or(Err(Failure::Timeout(Phase::Total)))?;
        Ok(self.usage)
    }

    async fn read_on(&mut self) -> Result<Option<Delta>, Failure> {
        loop {
            match self.ready.pop_front() {
                Some(Delta::End) => {
                    self.end();
                    return self.conclude();
                }
                Some(delta) => {
                    self.note(&delta);
                    if !self.holds_finish() || !matches!(delta, Delta::Finish(_)) {
                        return Ok(Some(delta));
                    }
                }
                None => {}
            }
            match self.state {
                State::Open(_) if self.ready.is_empty() => match self.broken.take() {
                    Some(failure) => return Err(failure),
                    None => self.receive().await?,
                },
                State::Open(_) => {}
                State::Ended => return Ok(None),
                State::Failed => return Err(Failure::Cut),
            }
        }
    }

    fn note(&mut self, delta: &Delta) {
        self.last = Instant::now();
        match delta {
            Delta::Text(text) => {
                self.timing.first.get_or_insert(self.started.elapsed());
                // White space can be a completion, but not an answer to a question.
                let is_text = match self.empty {
                    EmptyAnswer::Failure => !text.trim().is_empty(),
                    EmptyAnswer::NothingToInsert => true,
                };
                if is_text {
                    self.said = Said::Text;
                }
            }
            Delta::Thought(_) => {
                self.timing.first.get_or_insert(self.started.elapsed());
                if self.said == Said::Nothing {
                    self.said = Said::Thoughts;
                }
            }
            Delta::Finish(finish) => {
                self.finish = Some(*finish);
                self.is_finish_passed |= self.said == Said::Text;
            }
            Delta::Usage(usage) => self.usage.update(usage),
            Delta::End | Delta::LogProb(_) | Delta::Relayed(_) => {}
        }
    }

    /// Whether a finish reason has been received but is held back because there is no text.
    fn holds_finish(&self) -> bool {
        self.finish.is_some() && !self.is_finish_passed
    }

    /// Ends the answer: returns the finish reason that was held back or omitted by the server. Fails if the
    /// answer is empty and must not be.
    fn conclude(&mut self) -> Result<Option<Delta>, Failure> {
        if let Some(reason) = self.why_empty() {
            return Err(Failure::Empty { reason: reason.to_owned() });
        }
        if mem::replace(&mut self.is_finish_passed, true) {
            return Ok(None);
        }
        Ok(Some(Delta::Finish(self.finish.unwrap_or(Finish::Stop))))
    }

    /// Why a finished answer is a failure, for display; `None` if it is not.
    fn why_empty(&self) -> Option<&'static str> {
        let is_hidden = self.said == Said::Nothing && self.usage.reasoning > 0;
        let said = if is_hidden { Said::Thoughts } else { self.said };
        match (said, self.finish, self.empty) {
            (Said::Text, _, _) => None,
            (Said::Nothing, Some(Finish::Stop), EmptyAnswer::NothingToInsert)
                if self.usage.output <= A_FEW =>
            {
                None
            }
            (Said::Nothing, Some(Finish::Stop), EmptyAnswer::NothingToInsert) => {
                Some("tokens were billed, but no text was returned")
            }
            (Said::Thoughts, Some(Finish::Length), _) => {
                Some("the model used its whole output limit for reasoning")
            }
            (Said::Thoughts, _, _) => Some("the model returned only reasoning"),
            (Said::Nothing, Some(Finish::Length), _) => {
                Some("the output limit was reached before any text")
            }
            (Said::Nothing, _, _) => Some("the answer ended without any text"),
        }
    }

    /// Reads the next bytes within the time limits. Only deltas count as pieces, so empty events do not
    /// extend the time.
    async fn receive(&mut self) -> Result<(), Failure> {
        let holds_finish = self.holds_finish();
        let State::Open(response) = &mut self.state else { return Ok(()) };
        let stall = self.last + self.patience.stall;
        let (until, phase) = match self.timing.first {
            _ if holds_finish => (self.patience.total.min(self.last + USAGE_WITHIN), Phase::Total),
            None => (self.patience.total, Phase::FirstToken),
            Some(_) if stall < self.patience.total => (stall, Phase::Stall),
            Some(_) => (self.patience.total, Phase::Total),
        };
        match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(bytes))) => self.take(&bytes),
            Ok(Ok(None)) => self.close(),
            // Some servers close the connection uncleanly after the last event.
            Ok(Err(_)) if self.may_end() => {
                self.state = State::Ended;
                self.ready.push_back(Delta::End);
                Ok(())
            }
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) if holds_finish => {
                self.ready.push_back(Delta::End);
                Ok(())
            }
            Err(_) => Err(Failure::Timeout(phase)),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.received += bytes.len();
        if self.received > LONGEST {
            return Err(too_long());
        }
        let head;
        let mut bytes = bytes;
        if let Body::Unknown(framing, before) = &mut self.body {
            let framing = *framing;
            before.extend_from_slice(bytes);
            skip_head(before);
            if MARK.starts_with(before) {
                return Ok(());
            }
            head = mem::take(before);
            bytes = &head;
            if bytes.first() == Some(&b'<') {
                let reason = "it is a web page; the url may be wrong".to_owned();
                return Err(Failure::Garbled { reason });
            }
            self.body = match (framing, bytes.first()) {
                (Framing::Sse, Some(b'{' | b'[')) => Body::Whole(Vec::new()),
                (Framing::Sse | Framing::Lines, _) => Body::Events(SseReader::new(framing)),
            };
        }
        match &mut self.body {
            Body::Unknown(..) => Ok(()),
            Body::Whole(whole) => {
                whole.extend_from_slice(bytes);
                Ok(())
            }
            Body::Events(reader) => {
                reader.push(bytes).map_err(|_| too_long())?;
                self.decode()
            }
        }
    }

    /// Handles the end of the connection. The dialect decides whether the answer is complete.
    fn close(&mut self) -> Result<(), Failure> {
        // A last event without a line end can contain the finish reason. In formats with an end marker, that
        // is not enough.
        let mut may_finish = self.dialect.ends_with_finish();
        match &mut self.body {
            Body::Unknown(..) => {}
            Body::Events(reader) => {
                reader.end().map_err(|_| too_long())?;
                // A truncated value means that the answer was cut.
                self.decode().map_err(cut)?;
                if let Some(failure) = self.broken.take() {
                    self.broken = Some(cut(failure));
                    return Ok(());
                }
            }
            Body::Whole(whole) => {
                let data = String::from_utf8_lossy(mem::take(whole).trim_ascii()).into_owned();
                let deltas = self.dialect.decode_whole(&data).map_err(cut)?;
                deltas.into_iter().for_each(|it| queue(&mut self.ready, &mut self.thoughts, it));
                may_finish = true;
            }
        }
        let is_end = |it: &Delta| match it {
            Delta::Finish(_) => may_finish,
            it => *it == Delta::End,
        };
        match self.may_end() || self.ready.iter().any(is_end) {
            true => {
                self.ready.push_back(Delta::End);
                Ok(())
            }
            false => Err(Failure::Cut),
        }
    }

    fn may_end(&self) -> bool {
        self.finish.is_some() && self.dialect.ends_with_finish()
    }

    fn decode(&mut self) -> Result<(), Failure> {
        let Body::Events(reader) = &mut self.body else { return Ok(()) };
        while let Some(event) = reader.event() {
            let deltas = match self.dialect.decode(&event) {
                Ok(deltas) => deltas,
                Err(failure) if self.ready.is_empty() => return Err(failure),
                // Earlier deltas are returned and counted first.
                Err(failure) => {
                    self.broken = Some(failure);
                    return Ok(());
                }
            };
            deltas.into_iter().for_each(|it| queue(&mut self.ready, &mut self.thoughts, it));
            // Events after the end marker are ignored.
            if self.ready.back() == Some(&Delta::End) {
                break;
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        self.ready.clear();
        let State::Open(mut response) = mem::replace(&mut self.state, State::Ended) else { return };
        tokio::spawn(async move {
            let rest = async {
                let mut read = 0;
                while let Ok(Some(bytes)) = response.chunk().await {
                    read += bytes.len();
                    if read > BEHIND {
                        break;
                    }
                }
            };
            // A server that sends more than this loses the connection.
            _ = timeout(BEHIND_WITHIN, rest).await;
        });
    }
}

impl fmt::Debug for ReplyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("timing", &self.timing).finish_non_exhaustive()
    }
}
