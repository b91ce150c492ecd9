//! One chat request through the router: secrets are masked in the prompt and restored in the answer, which is
//! streamed to a sink.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::context::mask::{Mask, Restorer};
use crate::feature::action_error::ActionError;
use crate::feature::models::Models;
use crate::models::price::money::Money;
use crate::prompt::{Chat, Prompt};
use crate::reply::answer::Cleaner;
use crate::reply::edit::overrun::Overrun;
use crate::router::outcome::{
    AnsweredBy, EventSink, FailedAttempt, Flow, RouterRequest, StreamEvent,
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
pub(super) struct ChatReply {
    pub(super) text: String,
    /// `provider/model`.
    pub(super) by: Arc<str>,
    pub(super) total: Option<CallTotal>,
    /// The limit in tokens, if the answer reached it before its end.
    pub(super) cut_at: Option<u32>,
    /// Targets that failed before this answer.
    pub(super) failed: Vec<Arc<str>>,
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

/// Sends a prompt through the router and streams events to `sink`. With `overrun` an answer ends there.
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
    overrun: Option<Overrun>,
) -> Result<ChatReply, ActionError> {
    let mut mask = Mask::new();
    let mut prompt = Prompt::Chat(chat);
    prompt.mask(&mut mask);
    let mask = Arc::new(mask);
    let limit = spec.size.max_output;
    let request = RouterRequest {
        spec,
        prompt: Arc::new(prompt),
        smaller: None,
        files,
        standby: None,
        sink: until(overrun.clone(), event_sink(Arc::clone(&mask), sink)),
    };
    let outcome = models.router.answer(request).await;
    models.warn_of(&outcome).await;
    let Some(answer) = &outcome.answer else {
        return Err(match outcome.tried.as_slice() {
            [] => ActionError::NoneUsable(
                outcome
                    .candidates
                    .iter()
                    .map(|it| format!("{}: {}", it.target, it.reason))
                    .collect(),
            ),
            tried => ActionError::Failed(tried.iter().map(FailedAttempt::to_string).collect()),
        });
    };
    let AnsweredBy::Target(by) = &answer.by else {
        return Err(ActionError::NoneUsable(Vec::new()));
    };
    let mut cut = overrun;
    let cut = cut.as_mut().and_then(|it| it.push(&answer.text).then(|| it.cut()).flatten());
    let (text, by) = (mask.restore(cut.as_deref().unwrap_or(&answer.text)), Arc::clone(by));
    let failed = outcome.tried.iter().map(|it| Arc::clone(&it.target.name)).collect();
    let cut_at = answer.is_cut.then_some(limit);
    Ok(ChatReply { text, by, total: answer.total, cut_at, failed })
}

impl ChatReply {
    /// Appends a note to an answer that was cut off, and sends the note to `sink`.
    pub(super) fn with_cut_note(&self, text: String, sink: &ChatSink) -> String {
        let Some(limit) = self.cut_at else { return text };
        let note = format!("\n\n(cut off at the limit of {limit} tokens)");
        sink(ChatEvent::Delta(note.clone()));
        text + &note
    }
}

/// Ends an answer where it continues with code behind the selection.
fn until(overrun: Option<Overrun>, mut sink: EventSink) -> EventSink {
    let Some(overrun) = overrun else { return sink };
    let mut watched = overrun.clone();
    Box::new(move |event| {
        let is_complete = match event {
            StreamEvent::Started { .. } | StreamEvent::Reset { .. } => {
                watched = overrun.clone();
                false
            }
            StreamEvent::Delta(text) => watched.push(text),
            StreamEvent::LogProb(_)
            | StreamEvent::Relayed(_)
            | StreamEvent::Spent(_)
            | StreamEvent::Done => false,
        };
        match (sink(event), is_complete) {
            (Flow::On, true) => Flow::Stop,
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
