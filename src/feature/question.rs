//! One question put to the router: secrets out on the way, back in on the return; what is heard is
//! told while it comes.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::context::mask::{Mask, Restorer};
use crate::feature::action_error::ActionError;
use crate::feature::models::Models;
use crate::models::price::money::Money;
use crate::prompt::{Chat, Prompt};
use crate::reply::answer::Cleaner;
use crate::router::outcome::{
    AnsweredBy, EventSink, FailedAttempt, Flow, RouterRequest, StreamEvent,
};
use crate::router::recorder::CallTotal;
use crate::router::spec::RequestSpec;

/// What is told while it is being answered.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatEvent {
    /// Somebody begins to answer.
    Began(Arc<str>),
    Delta(String),
    /// What it has cost by now.
    Spent(Money),
    /// What was told is void: its author failed.
    Reset,
}

/// Hears what is told.
pub type ChatSink = Arc<dyn Fn(ChatEvent) + Send + Sync>;

/// An answer as it came, its secrets back in it.
pub(super) struct ChatReply {
    pub(super) text: String,
    pub(super) by: Arc<str>,
    pub(super) total: Option<CallTotal>,
    /// The limit in tokens, if the answer reached it before its end.
    pub(super) cut_at: Option<u32>,
    /// Targets that failed before.
    pub(super) failed: Vec<Arc<str>>,
}

/// Hears who answers and nothing of what is said.
pub(super) fn quiet(ear: ChatSink) -> ChatSink {
    Arc::new(move |it| match it {
        ChatEvent::Began(_) | ChatEvent::Spent(_) | ChatEvent::Reset => ear(it),
        ChatEvent::Delta(_) => {}
    })
}

/// Puts a question to the router, and tells what is heard.
pub(super) async fn put(
    models: &Models,
    spec: RequestSpec,
    chat: Chat,
    files: Vec<String>,
    ear: ChatSink,
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
        sink: teller(Arc::clone(&mask), ear),
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
    let (text, by) = (mask.restore(&answer.text), Arc::clone(by));
    let failed = outcome.tried.iter().map(|it| Arc::clone(&it.target.name)).collect();
    let cut_at = answer.is_cut.then_some(limit);
    Ok(ChatReply { text, by, total: answer.total, cut_at, failed })
}

impl ChatReply {
    /// Ends the words of an answer that was cut off with a note that says so, which `ear` hears too.
    pub(super) fn noted(&self, text: String, ear: &ChatSink) -> String {
        let Some(limit) = self.cut_at else { return text };
        let note = format!("\n\n(cut off at the limit of {limit} tokens)");
        ear(ChatEvent::Delta(note.clone()));
        text + &note
    }
}

/// Passes on what is heard, secrets back in and harmless.
fn teller(mask: Arc<Mask>, ear: ChatSink) -> EventSink {
    let heard = Mutex::new((Restorer::new(Arc::clone(&mask)), Cleaner::default()));
    Box::new(move |event| {
        let mut heard = heard.lock();
        let text = match event {
            StreamEvent::Started { target } => {
                *heard = (Restorer::new(Arc::clone(&mask)), Cleaner::default());
                ear(ChatEvent::Began(Arc::clone(&target.name)));
                return Flow::On;
            }
            StreamEvent::Spent(money) => {
                ear(ChatEvent::Spent(money));
                return Flow::On;
            }
            StreamEvent::Reset { .. } => {
                ear(ChatEvent::Reset);
                return Flow::On;
            }
            StreamEvent::Relayed(_) => return Flow::On,
            StreamEvent::Delta(text) => {
                let text = heard.0.push(text);
                heard.1.push(&text)
            }
            StreamEvent::Done => {
                let last = (Restorer::new(Arc::clone(&mask)), Cleaner::default());
                let (restorer, mut cleaner) = std::mem::replace(&mut *heard, last);
                let said = cleaner.push(&restorer.finish());
                said + &cleaner.finish()
            }
        };
        if !text.is_empty() {
            ear(ChatEvent::Delta(text));
        }
        Flow::On
    })
}
