//! One request, put to one target after another until one has answered.
//!
//! A plain loop. Whoever fails is judged, and the next is asked within the same deadline; nobody is
//! asked twice. Dropping the future ends the call that is in flight.

mod attempt;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;
use tokio::time::timeout;

use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::prompt::relay::Passing;
use crate::prompt::relay::Relay;
use crate::provider::Target;
use crate::provider::client::HangUp;
use crate::provider::client::ModelStream;
use crate::provider::dialect::Delta;
use crate::provider::dialect::Finish;
use crate::provider::failure::Failure;
use crate::provider::failure::Phase;
use crate::router::Shared;
use crate::router::bill::Bill;
use crate::router::bill::End;
use crate::router::bill::Total;
use crate::router::deadline;
use crate::router::deadline::Behind;
use crate::router::need::Need;
use crate::router::outcome::Answer;
use crate::router::outcome::By;
use crate::router::outcome::Event;
use crate::router::outcome::Flow;
use crate::router::outcome::Sink;
use crate::router::outcome::Tried;
use crate::router::outcome::Trouble;
use crate::router::plan::Choice;
use crate::router::plan::Plan;
use crate::router::pool::ModelPool;
use crate::router::run::attempt::Opened;

/// How long is waited for the usage that comes behind an answer.
const TRAILER: Duration = Duration::from_millis(50);
/// How long an answer that nobody reads is let run to its end.
const DRAIN: Duration = Duration::from_secs(2);
/// What is spent is said at most so often.
const SAID: Duration = Duration::from_millis(500);
/// An answer with fewer tokens left to say is about to end.
const FEW: f64 = 8.0;

/// A request on its way.
pub(super) struct Run {
    router: Arc<Shared>,
    need: Arc<Need>,
    prompt: Arc<Prompt>,
    /// Files whose text is in the prompt.
    files: Arc<[String]>,
    /// Those who were not asked yet, best first.
    behind: Vec<Choice>,
    pub(super) tried: Vec<Tried>,
    attempts: u32,
    /// What those who failed have cost.
    spent: Money,
    /// When it was last said what is spent.
    said: Option<Instant>,
    ends: Instant,
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
            files: files.into(),
            behind: plan.order.clone(),
            tried: Vec::new(),
            attempts: 0,
            spent: Money::ZERO,
            said: None,
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

    /// Records a failure, and drops the candidates that would fail for the same reason.
    fn fail(&mut self, tried: Tried) {
        let dropped: Vec<Tried> = match &tried.trouble {
            Trouble::Failed(Failure::Cancelled) => {
                self.behind.clear();
                Vec::new()
            }
            Trouble::Failed(Failure::Auth { .. }) => self.drop_same_key(&tried.target),
            Trouble::Failed(Failure::ContextTooLong { .. }) => self.drop_too_small(),
            Trouble::Failed(_)
            | Trouble::Refused(_)
            | Trouble::Down
            | Trouble::SameKey
            | Trouble::TooSmall(_) => Vec::new(),
        };
        self.tried.push(tried);
        self.tried.extend(dropped);
    }

    /// The other models of a provider have the same key.
    fn drop_same_key(&mut self, failed: &Target) -> Vec<Tried> {
        let provider = &failed.provider.name;
        self.drop_behind(|_, it| (it.candidate.provider() == provider).then_some(Trouble::SameKey))
    }

    /// The prompt is trimmed to each window; those are dropped that do not hold what remains then.
    fn drop_too_small(&mut self) -> Vec<Tried> {
        let (least, output) = (self.prompt.least_bytes(), u64::from(self.need.size.max_output));
        self.drop_behind(|pool, it| {
            let (candidate, health) = (&it.candidate, &pool.health[it.index]);
            let tokens = (least as f64 / health.bytes_per_token(candidate)).ceil() as u64;
            let window = health.window(candidate, super::now().clock)?;
            (tokens + output > u64::from(window)).then_some(Trouble::TooSmall(window))
        })
    }

    fn drop_behind(&mut self, why: impl Fn(&ModelPool, &Choice) -> Option<Trouble>) -> Vec<Tried> {
        let pool = self.router.pool();
        let mut dropped = Vec::new();
        self.behind.retain(|it| {
            let trouble = why(&pool, it);
            let is_kept = trouble.is_none();
            dropped.extend(trouble.map(|trouble| Tried::new(it, trouble)));
            is_kept
        });
        dropped
    }

    /// Passes an answer on as it comes; `None` where it failed on the way.
    async fn stream(&mut self, opened: Opened, sink: &mut Sink) -> Option<Answer> {
        let Opened { choice, mut bill, mut reply, pieces } = opened;
        let name = Arc::clone(&choice.candidate.target.name);
        let (mut text, mut pieces) = (String::new(), pieces.into_iter());
        sink(Event::Started { target: &choice.candidate.target });
        self.settle();
        let finish = loop {
            let piece = match pieces.next() {
                Some(piece) => Ok(piece),
                None => self.next(&choice, &mut reply, &mut bill).await,
            };
            match piece {
                Ok(Delta::Text(piece)) => {
                    text.push_str(&piece);
                    match sink(Event::Delta(&piece)) {
                        Flow::On => self.say_spent(&bill, sink),
                        Flow::Stop => {
                            let total = self.stop(bill, reply);
                            sink(Event::Done);
                            let by = By::Target(name);
                            let total = Some(total);
                            return Some(Answer { text, by, total, is_cut: false });
                        }
                    }
                }
                Ok(Delta::Relayed(event)) => _ = sink(Event::Relayed(&event)),
                Ok(Delta::Thought(_) | Delta::Usage(_)) => {}
                Ok(Delta::Finish(finish)) => break finish,
                Ok(Delta::End) => break Finish::Stop,
                Err(failure) => {
                    let total = bill.close(End::Failed(&failure));
                    self.spent = self.spent + total.money.unwrap_or(Money::ZERO);
                    let tried = Tried::new(&choice, Trouble::Failed(failure));
                    sink(Event::Reset { failed: &tried });
                    self.fail(tried);
                    return None;
                }
            }
        };
        if timeout(TRAILER.min(self.left()), drain(&mut reply, &mut bill)).await.is_err() {
            tracing::debug!(target = &*name, "no end behind the answer's end");
        }
        let total = bill.close(End::Answered);
        sink(Event::Done);
        let is_cut = finish == Finish::Length;
        Some(Answer { text, by: By::Target(name), total: Some(total), is_cut })
    }

    /// What another program has begun to read cannot be taken back: nobody else can answer from here on.
    fn settle(&mut self) {
        if let Prompt::Relay(Relay { passing: Passing::AsItComes, .. }) = &*self.prompt {
            self.behind.clear();
        }
    }

    /// Says what all of it has come to by now, unless that was said a moment ago.
    fn say_spent(&mut self, bill: &Bill, sink: &mut Sink) {
        if self.said.is_some_and(|it| it.elapsed() < SAID) {
            return;
        }
        self.said = Some(Instant::now());
        let now = bill.preview().money.unwrap_or(Money::ZERO);
        let spent = self.spent + now;
        if spent > Money::ZERO {
            sink(Event::Spent(spent));
        }
    }

    async fn next(
        &self,
        choice: &Choice,
        reply: &mut ModelStream,
        bill: &mut Bill,
    ) -> Result<Delta, Failure> {
        let (behind, left) = (self.behind(), self.left());
        let wait = deadline::stall(left, behind);
        let piece = match timeout(wait, reply.deltas.next()).await {
            Ok(piece) => piece.unwrap_or(Err(Failure::Cut))?,
            Err(_) if self.left().is_zero() => return Err(Failure::Timeout(Phase::Total)),
            Err(_) => return Err(Failure::Timeout(Phase::Stall)),
        };
        bill.count(&piece);
        let usual = {
            let pool = self.router.pool();
            let latency = pool.health[choice.index].latency(self.need.feature);
            latency.tokens_a_second(super::now().clock)
        };
        let is_text = matches!(&piece, Delta::Text(_));
        if is_text && deadline::is_slow(bill.tokens(), bill.flowed(), usual, behind) {
            return Err(Failure::Timeout(Phase::Stall));
        }
        Ok(piece)
    }

    /// Enough was said. A stream that ends soon, or takes its connection along, is read on unseen
    /// for a while, so that its usage and its connection survive.
    fn stop(&self, mut bill: Bill, mut reply: ModelStream) -> Total {
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
}

/// How far an answer was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drained {
    ToTheEnd,
    Broken,
}

/// Reads an answer to its end, for what it used.
async fn drain(reply: &mut ModelStream, bill: &mut Bill) -> Drained {
    while let Some(piece) = reply.deltas.next().await {
        match piece {
            Ok(piece) => bill.count(&piece),
            Err(_) => return Drained::Broken,
        }
    }
    Drained::ToTheEnd
}
