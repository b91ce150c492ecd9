//! One request, put to one target after another until one has answered.
//!
//! A plain loop. Whoever fails is judged, and the next is asked within the same deadline; nobody is
//! asked twice. Dropping the future ends the call that is in flight.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::Either;
use futures::future::select;
use tokio::time::Instant;
use tokio::time::timeout;

use crate::prompt::Prompt;
use crate::provider::failure::Failure;
use crate::provider::failure::Phase;
use crate::provider::failure::Verdict;
use crate::router::Shared;
use crate::router::ask::HangUp;
use crate::router::ask::Piece;
use crate::router::ask::Reply;
use crate::router::bill::Bill;
use crate::router::bill::End;
use crate::router::bill::Total;
use crate::router::breaker::Admission;
use crate::router::deadline;
use crate::router::deadline::Behind;
use crate::router::health::Capped;
use crate::router::hedge;
use crate::router::ledger::record::Refusal;
use crate::router::ledger::record::Sent;
use crate::router::need::Need;
use crate::router::outcome::Answer;
use crate::router::outcome::By;
use crate::router::outcome::Event;
use crate::router::outcome::Flow;
use crate::router::outcome::Sink;
use crate::router::outcome::Tried;
use crate::router::outcome::Trouble;
use crate::router::plan;
use crate::router::plan::Choice;
use crate::router::plan::Plan;
use crate::router::value;

/// How long is waited for the usage that comes behind an answer.
const TRAILER: Duration = Duration::from_millis(50);
/// How long an answer that nobody reads is let run to its end.
const DRAIN: Duration = Duration::from_secs(2);
/// An answer with fewer tokens left to say is about to end.
const FEW: f64 = 8.0;

/// A request on its way.
pub(super) struct Run {
    router: Arc<Shared>,
    need: Arc<Need>,
    prompt: Arc<Prompt>,
    /// Files whose text is in the prompt.
    files: Vec<String>,
    /// Those who were not asked yet, best first.
    behind: Vec<Choice>,
    pub(super) tried: Vec<Tried>,
    attempts: u32,
    ends: Instant,
}

/// A target whose answer has begun.
struct Opened {
    choice: Choice,
    bill: Bill,
    reply: Reply,
    /// What came until its first text.
    pieces: Vec<Piece>,
}

/// How asking one, or one beside another, came out.
struct Asked {
    opened: Option<Opened>,
    failed: Vec<Tried>,
}

impl Run {
    pub(super) fn new(
        router: &Arc<Shared>,
        need: Need,
        prompt: Arc<Prompt>,
        files: Vec<String>,
        plan: &Plan,
    ) -> Self {
        Self {
            router: Arc::clone(router),
            ends: Instant::now() + need.deadline.total,
            need: Arc::new(need),
            prompt,
            files,
            behind: plan.order.clone(),
            tried: Vec::new(),
            attempts: 0,
        }
    }

    /// Asks until one has answered; `None` where all failed.
    pub(super) async fn answer(&mut self, sink: &mut Sink) -> Option<Answer> {
        while !self.behind.is_empty() && !self.left().is_zero() {
            let choice = self.behind.remove(0);
            let Some(opened) = self.open(choice).await else { continue };
            if let Some(answer) = self.stream(opened, sink).await {
                return Some(answer);
            }
        }
        None
    }

    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    fn behind(&self) -> Behind {
        if self.behind.is_empty() { Behind::Nobody } else { Behind::Others }
    }

    /// Notes a failure, and leaves out whom it makes no sense to ask any more.
    fn fail(&mut self, tried: Tried) {
        if let Trouble::Failed(failure) = &tried.trouble {
            match failure.verdict() {
                Verdict::GiveUp => self.behind.clear(),
                Verdict::Larger => {
                    let fleet = self.router.fleet();
                    let window = |it: usize| fleet.members[it].window.unwrap_or(u32::MAX);
                    let small = window(tried.member);
                    self.behind.retain(|it| window(it.member) > small);
                }
                Verdict::Next { .. } | Verdict::Park(_) | Verdict::ParkUntilReload => {}
            }
            if matches!(failure.verdict(), Verdict::ParkUntilReload) {
                // The others of this provider have the same key.
                let fleet = self.router.fleet();
                let provider = |it: usize| &fleet.members[it].provider;
                self.behind.retain(|it| provider(it.member) != provider(tried.member));
            }
        }
        self.tried.push(tried);
    }

    /// Asks one, and another beside it once it takes too long.
    async fn open(&mut self, choice: Choice) -> Option<Opened> {
        let hedge = {
            let fleet = self.router.fleet();
            hedge::hedge(&self.need, &choice, &self.behind, &fleet, super::now())
        };
        let attempt = self.attempts;
        self.attempts += 1;
        let asked = match hedge {
            None => self.attempt(choice, attempt, self.behind()).await.into(),
            Some(hedge) => {
                let second = self.behind[hedge.place];
                let (asked, used) = self.race(choice, second, attempt, hedge.after).await;
                if used {
                    self.attempts += 1;
                    self.behind.retain(|it| it.member != second.member);
                }
                asked
            }
        };
        asked.failed.into_iter().for_each(|it| self.fail(it));
        asked.opened
    }

    /// Asks the second too when the first has said nothing by then; the one who speaks first
    /// answers. Says whether the second was asked.
    async fn race(
        &self,
        first: Choice,
        second: Choice,
        attempt: u32,
        after: Duration,
    ) -> (Asked, bool) {
        let mut first = pin!(self.attempt(first, attempt, Behind::Others));
        if let Ok(result) = timeout(after, &mut first).await {
            return (result.into(), false);
        }
        let behind = if self.behind.len() > 1 { Behind::Others } else { Behind::Nobody };
        let second = pin!(self.attempt(second, attempt + 1, behind));
        let (result, other) = match select(first, second).await {
            Either::Left((result, second)) => (result, Either::Right(second)),
            Either::Right((result, first)) => (result, Either::Left(first)),
        };
        let failed = match result {
            Ok(opened) => return (Ok(opened).into(), true),
            Err(failed) => failed,
        };
        let mut asked = Asked::from(other.await);
        asked.failed.insert(0, *failed);
        (asked, true)
    }

    /// Asks one, until its first text.
    async fn attempt(
        &self,
        choice: Choice,
        attempt: u32,
        behind: Behind,
    ) -> Result<Opened, Box<Tried>> {
        let tried = |trouble| Box::new(self.tried(choice.member, trouble));
        let mut bill = self.bill(choice, attempt).await.map_err(tried)?;
        let now = super::now();
        let wait = {
            let fleet = self.router.fleet();
            let latency = fleet.health[choice.member].latency(self.need.feature);
            deadline::first_token(latency, self.left(), behind, now.clock)
        };
        let failure = match timeout(wait, self.first_text(choice.member, &mut bill)).await {
            Ok(Ok((reply, pieces))) => return Ok(Opened { choice, bill, reply, pieces }),
            Ok(Err(failure)) => failure,
            Err(_) if self.left().is_zero() => Failure::Timeout(Phase::Total),
            Err(_) => Failure::Timeout(Phase::FirstToken),
        };
        bill.close(End::Failed(&failure));
        Err(tried(Trouble::Failed(failure)))
    }

    /// Sets aside what a call may cost, takes its place, and notes what leaves the machine.
    async fn bill(&self, choice: Choice, attempt: u32) -> Result<Bill, Trouble> {
        let now = super::now();
        let (member, tokens, is_included) = {
            let fleet = self.router.fleet();
            let member = Arc::clone(&fleet.members[choice.member]);
            let tokens = value::tokens(&self.need, &member);
            let health = &fleet.health[choice.member];
            (Arc::clone(&member), tokens, health.is_included(&member, tokens, now.calendar))
        };
        let estimate = plan::at_most(&self.need, &member, is_included, now);
        let counted = estimate.tokens;
        let reserved = self.router.ledger.reserve(now.calendar, estimate, member.caps).await;
        let mut fleet = self.router.fleet();
        let health = &mut fleet.health[choice.member];
        let reservation = match reserved {
            Ok(reservation) => reservation,
            Err(refusal) => {
                if let Refusal::Capped { until, .. } = refusal {
                    health.capped = Some(Capped { until, tokens: counted });
                }
                return Err(Trouble::Refused(refusal));
            }
        };
        match health.breaker.admit(now.clock) {
            Admission::Yes | Admission::Probe => {}
            // Another request was faster to probe it.
            Admission::No { .. } => return Err(Trouble::Down),
        }
        health.headroom.take(tokens + u64::from(self.need.size.max_output));
        drop(fleet);
        self.router.ledger.sent(Sent {
            at: now.calendar,
            target: member.name.to_string(),
            host: member.host.to_string(),
            feature: self.need.feature.name().to_owned(),
            files: self.files.clone(),
            bytes: self.need.size.bytes,
        });
        let (router, need) = (&self.router, &self.need);
        Ok(Bill::open(router, need, choice.member, attempt, is_included, reservation))
    }

    async fn first_text(
        &self,
        index: usize,
        bill: &mut Bill,
    ) -> Result<(Reply, Vec<Piece>), Failure> {
        let member = Arc::clone(bill.member());
        let mut reply = self.router.ask.ask(&member, &self.prompt).await?;
        bill.begin();
        {
            let (mut fleet, now) = (self.router.fleet(), super::now().clock);
            let headroom = &mut fleet.health[index].headroom;
            reply.left.iter().for_each(|it| headroom.observe(*it, now));
        }
        let mut pieces = Vec::new();
        loop {
            let piece = reply.pieces.next().await.unwrap_or(Err(Failure::Cut))?;
            bill.count(&piece);
            let is_enough = matches!(&piece, Piece::Text(_) | Piece::Finish);
            pieces.push(piece);
            if is_enough {
                return Ok((reply, pieces));
            }
        }
    }

    /// Passes an answer on as it comes; `None` where it failed on the way.
    async fn stream(&mut self, opened: Opened, sink: &mut Sink) -> Option<Answer> {
        let Opened { choice, mut bill, mut reply, pieces } = opened;
        let name = Arc::clone(&bill.member().name);
        let (mut text, mut pieces) = (String::new(), pieces.into_iter());
        sink(Event::Started { target: &name });
        loop {
            let piece = match pieces.next() {
                Some(piece) => Ok(piece),
                None => self.next(choice, &mut reply, &mut bill).await,
            };
            match piece {
                Ok(Piece::Text(piece)) => {
                    text.push_str(&piece);
                    match sink(Event::Delta(&piece)) {
                        Flow::On => {}
                        Flow::Stop => {
                            let total = self.stop(bill, reply);
                            sink(Event::Done);
                            let by = By::Target(name);
                            return Some(Answer { text, by, total: Some(total) });
                        }
                    }
                }
                Ok(Piece::Thought(_) | Piece::Usage(_)) => {}
                Ok(Piece::Finish) => break,
                Err(failure) => {
                    bill.close(End::Failed(&failure));
                    let tried = self.tried(choice.member, Trouble::Failed(failure));
                    sink(Event::Reset { failed: &tried });
                    self.fail(tried);
                    return None;
                }
            }
        }
        if timeout(TRAILER.min(self.left()), drain(&mut reply, &mut bill)).await.is_err() {
            tracing::debug!(target = &*name, "no end behind the answer's end");
        }
        let total = bill.close(End::Answered);
        sink(Event::Done);
        Some(Answer { text, by: By::Target(name), total: Some(total) })
    }

    async fn next(
        &self,
        choice: Choice,
        reply: &mut Reply,
        bill: &mut Bill,
    ) -> Result<Piece, Failure> {
        let (behind, left) = (self.behind(), self.left());
        let wait = deadline::stall(left, behind);
        let piece = match timeout(wait, reply.pieces.next()).await {
            Ok(piece) => piece.unwrap_or(Err(Failure::Cut))?,
            Err(_) if self.left().is_zero() => return Err(Failure::Timeout(Phase::Total)),
            Err(_) => return Err(Failure::Timeout(Phase::Stall)),
        };
        bill.count(&piece);
        let usual = {
            let fleet = self.router.fleet();
            let latency = fleet.health[choice.member].latency(self.need.feature);
            latency.tokens_a_second(super::now().clock)
        };
        let is_text = matches!(&piece, Piece::Text(_));
        if is_text && deadline::is_slow(bill.tokens(), bill.flowed(), usual, behind) {
            return Err(Failure::Timeout(Phase::Stall));
        }
        Ok(piece)
    }

    /// Enough was said. A stream that ends soon, or takes its connection along, is read on unseen
    /// for a while, so that its usage and its connection survive.
    fn stop(&self, mut bill: Bill, mut reply: Reply) -> Total {
        let ends_soon = bill.tokens() + FEW >= f64::from(self.need.size.max_output);
        if ends_soon || reply.hang_up == HangUp::LosesConnection {
            let total = bill.preview();
            tokio::spawn(async move {
                let end = match timeout(DRAIN, drain(&mut reply, &mut bill)).await {
                    Ok(Drained::ToTheEnd) => End::Answered,
                    Ok(Drained::Broken) | Err(_) => End::Enough,
                };
                bill.close(end);
            });
            total
        } else {
            bill.close(End::Enough)
        }
    }

    fn tried(&self, member: usize, trouble: Trouble) -> Tried {
        let target = Arc::clone(&self.router.fleet().members[member].name);
        Tried { member, target, trouble }
    }
}

/// How far an answer was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drained {
    ToTheEnd,
    Broken,
}

/// Reads an answer to its end, for what it used.
async fn drain(reply: &mut Reply, bill: &mut Bill) -> Drained {
    while let Some(piece) = reply.pieces.next().await {
        match piece {
            Ok(piece) => bill.count(&piece),
            Err(_) => return Drained::Broken,
        }
    }
    Drained::ToTheEnd
}

impl From<Result<Opened, Box<Tried>>> for Asked {
    fn from(result: Result<Opened, Box<Tried>>) -> Self {
        match result {
            Ok(opened) => Self { opened: Some(opened), failed: Vec::new() },
            Err(failed) => Self { opened: None, failed: vec![*failed] },
        }
    }
}

#[cfg(test)]
mod tests;
