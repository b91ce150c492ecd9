//! One chat request through the router: secrets are masked in the prompt and restored in the answer, which is
//! streamed to a sink.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::context::mask::{Mask, Restorer};
use crate::feature::action_error::ActionError;
use crate::feature::models::Models;
use crate::models::price::money::Money;
use crate::prompt::{Chat, Prompt};
use crate::provider::failure::Failure;
use crate::reply::answer::Cleaner;
use crate::reply::ending::{AnswerWatch, EndedAnswer};
use crate::router::outcome::{
    AnsweredBy, AttemptError, EventSink, FailedAttempt, Flow, RequestOutcome, RouterRequest,
    StreamEvent,
};
use crate::router::recorder::CallTotal;
use crate::router::spec::RequestSpec;

/// The progress of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatEvent {
    /// `provider/model` begins to answer.
    Began(Arc<str>),
    Delta(String),
    /// The cost so far.
    Spent(Money),
    /// The text so far is void: the model failed.
    Reset,
    /// The user's command checks the answer.
    Checking(Arc<str>),
}

pub type ChatSink = Arc<dyn Fn(ChatEvent) + Send + Sync>;

/// An answer with its secrets restored.
#[derive(Clone)]
pub(super) struct ChatReply {
    pub(super) text: String,
    /// `provider/model`.
    pub(super) by: Arc<str>,
    pub(super) total: Option<CallTotal>,
    /// Why the answer has no end, if so.
    pub(super) cut: Option<Cut>,
    /// Targets that failed before this answer.
    pub(super) failed: Vec<Arc<str>>,
}

/// Why an answer was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// At its limit of so many tokens.
    Limit(u32),
    Repetition,
    /// Before the answer: its reasoning repeated itself.
    Reasoning,
}

/// Passes on all events but the text.
pub(super) fn without_text(sink: ChatSink) -> ChatSink {
    Arc::new(move |it| match it {
        ChatEvent::Began(_) | ChatEvent::Spent(_) | ChatEvent::Reset | ChatEvent::Checking(_) => {
            sink(it)
        }
        ChatEvent::Delta(_) => {}
    })
}

/// Sends a prompt through the router and streams events to `sink`. An answer ends where `watch` ends it. The answer of
/// a model that was tried last and whose reasoning repeated itself is empty.
///
/// # Errors
///
/// `NoneUsable` if no request was sent, `Failed` if every attempt failed.
pub(super) async fn send(
    models: &Models,
    spec: RequestSpec,
    chat: Chat,
    files: Vec<String>,
    sink: ChatSink,
    watch: AnswerWatch,
) -> Result<ChatReply, ActionError> {
    let mut mask = Mask::new();
    let mut prompt = Prompt::Chat(chat);
    prompt.mask(&mut mask);
    let (mask, ended) = (Arc::new(mask), Arc::new(Mutex::new(None)));
    let limit = spec.size.max_output;
    let request = RouterRequest {
        spec,
        prompt: Arc::new(prompt),
        smaller: None,
        files,
        standby: None,
        reasoning: Some(watch.of_reasoning()),
        sink: until(watch, Arc::clone(&ended), event_sink(Arc::clone(&mask), sink)),
    };
    let outcome = models.router.answer(request).await;
    models.warn_of(&outcome).await;
    let Some(answer) = &outcome.answer else { return unanswered(&outcome) };
    let AnsweredBy::Target(by) = &answer.by else {
        return Err(ActionError::NoneUsable(Vec::new()));
    };
    let ended = ended.lock().take();
    let (text, cut) = match &ended {
        Some(it) => (&it.text, it.repeats.then_some(Cut::Repetition)),
        None => (&answer.text, answer.is_cut.then_some(Cut::Limit(limit))),
    };
    let text = mask.restore(text);
    let failed = names(&outcome.tried);
    Ok(ChatReply { text, by: Arc::clone(by), total: answer.total, cut, failed })
}

/// The reply to a request that no model answered.
fn unanswered(outcome: &RequestOutcome) -> Result<ChatReply, ActionError> {
    match outcome.tried.as_slice() {
        [] => Err(ActionError::NoneUsable(
            outcome.candidates.iter().map(|it| format!("{}: {}", it.target, it.reason)).collect(),
        )),
        [failed @ .., last] if last.trouble == AttemptError::Failed(Failure::Repetition) => {
            Ok(ChatReply {
                text: String::new(),
                by: Arc::clone(&last.target.name),
                total: None,
                cut: Some(Cut::Reasoning),
                failed: names(failed),
            })
        }
        tried => Err(ActionError::Failed(tried.iter().map(FailedAttempt::to_string).collect())),
    }
}

fn names(tried: &[FailedAttempt]) -> Vec<Arc<str>> {
    tried.iter().map(|it| Arc::clone(&it.target.name)).collect()
}

impl ChatReply {
    /// Appends a note to an answer that was cut off, and sends the note to `sink`.
    pub(super) fn with_cut_note(&self, text: String, sink: &ChatSink) -> String {
        let Some(cut) = self.cut else { return text };
        let note = format!("\n\n({cut})");
        sink(ChatEvent::Delta(note.clone()));
        text + &note
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(limit) => write!(f, "cut off at its limit of {limit} tokens"),
            Self::Repetition => f.write_str("ended because it repeated itself"),
            Self::Reasoning => f.write_str("ended because its reasoning repeated itself"),
        }
    }
}

/// Ends an answer where `watch` does, and keeps it in `ended`.
fn until(
    watch: AnswerWatch,
    ended: Arc<Mutex<Option<EndedAnswer>>>,
    mut sink: EventSink,
) -> EventSink {
    let mut watched = watch.clone();
    Box::new(move |event| {
        let mut ended = ended.lock();
        match event {
            StreamEvent::Started { target } => {
                watched = watch.of_model(target.provider.is_loopback());
                *ended = None;
            }
            StreamEvent::Reset { .. } => *ended = None,
            StreamEvent::Delta(text) => *ended = watched.push(text),
            StreamEvent::LogProb(_)
            | StreamEvent::Relayed(_)
            | StreamEvent::Spent(_)
            | StreamEvent::Done => {}
        }
        match (sink(event), &*ended) {
            (Flow::On, Some(_)) => Flow::Stop,
            (flow, _) => flow,
        }
    })
}

/// Converts events for `sink`: secrets are restored and the text is sanitised.
fn event_sink(mask: Arc<Mask>, sink: ChatSink) -> EventSink {
    let filters = Mutex::new((Restorer::new(Arc::clone(&mask)), Cleaner::default()));
    Box::new(move |event| {
        let mut filters = filters.lock();
        let text = match event {
            StreamEvent::Started { target } => {
                *filters = (Restorer::new(Arc::clone(&mask)), Cleaner::default());
                sink(ChatEvent::Began(Arc::clone(&target.name)));
                return Flow::On;
            }
            StreamEvent::Spent(money) => {
                sink(ChatEvent::Spent(money));
                return Flow::On;
            }
            StreamEvent::Reset { .. } => {
                sink(ChatEvent::Reset);
                return Flow::On;
            }
            StreamEvent::LogProb(_) | StreamEvent::Relayed(_) => return Flow::On,
            StreamEvent::Delta(text) => {
                let text = filters.0.push(text);
                filters.1.push(&text)
            }
            StreamEvent::Done => {
                let fresh = (Restorer::new(Arc::clone(&mask)), Cleaner::default());
                let (restorer, mut cleaner) = std::mem::replace(&mut *filters, fresh);
                let rest = cleaner.push(&restorer.finish());
                rest + &cleaner.finish()
            }
        };
        if !text.is_empty() {
            sink(ChatEvent::Delta(text));
        }
        Flow::On
    })
}
