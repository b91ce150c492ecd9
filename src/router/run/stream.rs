//! Passes an answer on while it arrives, to its end or its failure.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, timeout};

use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::prompt::relay::{AnswerDelivery, Relay};
use crate::provider::client::{HangUp, ModelStream};
use crate::provider::dialect::{Delta, Finish};
use crate::provider::failure::{Failure, Phase};
use crate::reply::repetition::RepetitionWatch;
use crate::router::deadline;
use crate::router::outcome::{
    AnsweredBy, AttemptError, EventSink, FailedAttempt, Flow, ModelAnswer, StreamEvent,
};
use crate::router::plan::Choice;
use crate::router::recorder::{CallEnd, CallRecorder, CallTotal};
use crate::router::run::{OpenedStream, Run};

/// Longest wait for the usage that follows an answer.
const TRAILER: Duration = Duration::from_millis(50);
/// How long an answer that is complete is read on, to keep its connection.
const DRAIN: Duration = Duration::from_secs(2);
/// Minimum interval of cost reports.
const COST_INTERVAL: Duration = Duration::from_millis(500);
/// An answer with fewer tokens left ends soon.
const FEW: f64 = 8.0;

/// How far an answer was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drained {
    ToTheEnd,
    Broken,
}

/// The deltas of an answer, with a failure behind reasoning that repeats itself.
pub(super) fn until_repetition(
    deltas: BoxStream<'static, Result<Delta, Failure>>,
    mut watch: RepetitionWatch,
) -> BoxStream<'static, Result<Delta, Failure>> {
    let pieces = deltas.flat_map(move |piece| {
        let repeats = matches!(&piece, Ok(Delta::Thought(text)) if watch.push(text).is_some());
        let failure = repeats.then_some(Err(Failure::Repetition));
        stream::iter(iter::once(piece).chain(failure))
    });
    pieces.boxed()
}

impl Run {
    /// Passes an answer on while it arrives; `None` if it failed before its end.
    pub(super) async fn stream(
        &mut self,
        opened: OpenedStream,
        sink: &mut EventSink,
    ) -> Option<ModelAnswer> {
        let OpenedStream { choice, mut recorder, mut reply, pieces } = opened;
        let name = Arc::clone(&choice.candidate.target.name);
        let (mut text, mut pieces) = (String::new(), pieces.into_iter());
        sink(StreamEvent::Started { target: &choice.candidate.target });
        self.settle();
        let finish = loop {
            let piece = match pieces.next() {
                Some(piece) => Ok(piece),
                None => self.next(&choice, &mut reply, &mut recorder).await,
            };
            match piece {
                Ok(Delta::Text(piece)) => {
                    text.push_str(&piece);
                    match sink(StreamEvent::Delta(&piece)) {
                        Flow::On => self.report_cost(&recorder, sink),
                        Flow::Stop => {
                            let total = Some(self.stop(&choice, recorder, reply));
                            sink(StreamEvent::Done);
                            let by = AnsweredBy::Target(name);
                            return Some(ModelAnswer { text, by, total, is_cut: false });
                        }
                    }
                }
                Ok(Delta::Relayed(event)) => _ = sink(StreamEvent::Relayed(&event)),
                Ok(Delta::LogProb(it)) => _ = sink(StreamEvent::LogProb(it)),
                Ok(Delta::Thought(_) | Delta::Usage(_)) => {}
                Ok(Delta::Finish(finish)) => break finish,
                Ok(Delta::End) => break Finish::Stop,
                Err(failure) => {
                    self.break_off(&choice, recorder, failure, sink);
                    return None;
                }
            }
        };
        if timeout(TRAILER.min(self.left()), drain(&mut reply, &mut recorder)).await.is_err() {
            tracing::debug!(target = &*name, "no end behind the answer's end");
        }
        let total = recorder.close(CallEnd::Answered);
        sink(StreamEvent::Done);
        let is_cut = finish == Finish::Length;
        Some(ModelAnswer { text, by: AnsweredBy::Target(name), total: Some(total), is_cut })
    }

    /// Ends a stream that failed before its end.
    fn break_off(
        &mut self,
        choice: &Choice,
        mut recorder: CallRecorder,
        failure: Failure,
        sink: &mut EventSink,
    ) {
        let total = recorder.close(CallEnd::Failed(&failure));
        self.spent = self.spent + total.money.unwrap_or(Money::ZERO);
        let failed = FailedAttempt::new(choice, AttemptError::Failed(failure));
        sink(StreamEvent::Reset { failed: &failed });
        self.fail(failed);
    }

    /// Text that another program has begun to read cannot be taken back, so no other candidate may answer.
    fn settle(&mut self) {
        if let Prompt::Relay(Relay { delivery: AnswerDelivery::AsItComes, .. }) = &*self.prompt {
            self.remaining.clear();
        }
    }

    /// Reports the cost of all attempts so far, unless it was reported a moment ago.
    fn report_cost(&mut self, recorder: &CallRecorder, sink: &mut EventSink) {
        if self.cost_reported.is_some_and(|it| it.elapsed() < COST_INTERVAL) {
            return;
        }
        self.cost_reported = Some(Instant::now());
        let now = recorder.preview().money.unwrap_or(Money::ZERO);
        let spent = self.spent + now;
        if spent > Money::ZERO {
            sink(StreamEvent::Spent(spent));
        }
    }

    async fn next(
        &self,
        choice: &Choice,
        reply: &mut ModelStream,
        recorder: &mut CallRecorder,
    ) -> Result<Delta, Failure> {
        let (behind, left) = (self.behind(), self.left());
        let wait = deadline::stall(left, behind);
        let piece = match timeout(wait, reply.deltas.next()).await {
            Ok(piece) => piece.unwrap_or(Err(Failure::Cut))?,
            Err(_) if self.left().is_zero() => return Err(Failure::Timeout(Phase::Total)),
            Err(_) => return Err(Failure::Timeout(Phase::Stall)),
        };
        recorder.count(&piece);
        let usual = choice.terms.tokens_a_second;
        let is_text = matches!(&piece, Delta::Text(_));
        if is_text && deadline::is_slow(recorder.tokens(), recorder.flowed(), usual, behind) {
            return Err(Failure::Timeout(Phase::Stall));
        }
        Ok(piece)
    }

    /// Ends a stream whose text is complete. If it ends soon, or if closing it would close its connection, it is
    /// read on in the background for `DRAIN`. Not that of a model on this machine: the next request would wait for it.
    fn stop(
        &self,
        choice: &Choice,
        mut recorder: CallRecorder,
        mut reply: ModelStream,
    ) -> CallTotal {
        let ends_soon = recorder.tokens() + FEW >= f64::from(self.spec.size.max_output);
        let is_useful = ends_soon || reply.hang_up == HangUp::LosesConnection;
        if is_useful && !choice.candidate.is_local {
            let total = recorder.preview();
            tokio::spawn(async move {
                let end = match timeout(DRAIN, drain(&mut reply, &mut recorder)).await {
                    Ok(Drained::ToTheEnd) => CallEnd::Answered,
                    Ok(Drained::Broken) | Err(_) => CallEnd::Enough,
                };
                recorder.close(end);
            });
            total
        } else {
            recorder.close(CallEnd::Enough)
        }
    }
}

/// Reads an answer to its end, for what it used.
async fn drain(reply: &mut ModelStream, recorder: &mut CallRecorder) -> Drained {
    while let Some(piece) = reply.deltas.next().await {
        match piece {
            Ok(piece) => recorder.count(&piece),
            Err(_) => return Drained::Broken,
        }
    }
    Drained::ToTheEnd
}
