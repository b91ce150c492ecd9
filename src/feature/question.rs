//! One question put to the router: secrets out on the way, back in on the return; what is heard is
//! told while it comes.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::context::mask::Mask;
use crate::context::mask::Restorer;
use crate::feature::declined::Declined;
use crate::feature::models::Models;
use crate::models::price::money::Money;
use crate::prompt::Chat;
use crate::prompt::Prompt;
use crate::reply::answer::Cleaner;
use crate::router::bill::Total;
use crate::router::need::Need;
use crate::router::outcome::By;
use crate::router::outcome::Event;
use crate::router::outcome::Flow;
use crate::router::outcome::Request;
use crate::router::outcome::Sink;
use crate::router::outcome::Tried;

/// What is told while it is being answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Somebody begins to answer.
    Began(Arc<str>),
    Delta(String),
    /// What it has cost by now.
    Spent(Money),
    /// What was told is void: its author failed.
    Reset,
}

/// Hears what is told.
pub type Ear = Arc<dyn Fn(Told) + Send + Sync>;

/// An answer as it came, its secrets back in it.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) by: Arc<str>,
    pub(super) total: Option<Total>,
    /// The limit in tokens, if the answer reached it before its end.
    pub(super) cut_at: Option<u32>,
    /// Targets that failed before.
    pub(super) failed: Vec<Arc<str>>,
}

/// Hears who answers and nothing of what is said.
pub(super) fn quiet(ear: Ear) -> Ear {
    Arc::new(move |it| match it {
        Told::Began(_) | Told::Spent(_) | Told::Reset => ear(it),
        Told::Delta(_) => {}
    })
}

/// Puts a question to the router, and tells what is heard.
pub(super) async fn put(
    models: &Models,
    need: Need,
    chat: Chat,
    files: Vec<String>,
    ear: Ear,
) -> Result<Said, Declined> {
    let mut mask = Mask::new();
    let mut prompt = Prompt::Chat(chat);
    prompt.mask(&mut mask);
    let mask = Arc::new(mask);
    let limit = need.size.max_output;
    let request = Request {
        need,
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
            [] => Declined::NoneUsable(
                outcome
                    .candidates
                    .iter()
                    .map(|it| format!("{}: {}", it.target, it.reason))
                    .collect(),
            ),
            tried => Declined::Failed(tried.iter().map(Tried::to_string).collect()),
        });
    };
    let By::Target(by) = &answer.by else { return Err(Declined::NoneUsable(Vec::new())) };
    let (text, by) = (mask.restore(&answer.text), Arc::clone(by));
    let failed = outcome.tried.iter().map(|it| Arc::clone(&it.target.name)).collect();
    let cut_at = answer.is_cut.then_some(limit);
    Ok(Said { text, by, total: answer.total, cut_at, failed })
}

impl Said {
    /// Ends the words of an answer that was cut off with a note that says so, which `ear` hears too.
    pub(super) fn noted(&self, text: String, ear: &Ear) -> String {
        let Some(limit) = self.cut_at else { return text };
        let note = format!("\n\n(cut off at the limit of {limit} tokens)");
        ear(Told::Delta(note.clone()));
        text + &note
    }
}

/// Passes on what is heard, secrets back in and harmless.
fn teller(mask: Arc<Mask>, ear: Ear) -> Sink {
    let heard = Mutex::new((Restorer::new(Arc::clone(&mask)), Cleaner::default()));
    Box::new(move |event| {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match event {
            Event::Started { target } => {
                *heard = (Restorer::new(Arc::clone(&mask)), Cleaner::default());
                ear(Told::Began(Arc::clone(&target.name)));
                return Flow::On;
            }
            Event::Spent(money) => {
                ear(Told::Spent(money));
                return Flow::On;
            }
            Event::Reset { .. } => {
                ear(Told::Reset);
                return Flow::On;
            }
            Event::Relayed(_) => return Flow::On,
            Event::Delta(text) => {
                let text = heard.0.push(text);
                heard.1.push(&text)
            }
            Event::Done => {
                let last = (Restorer::new(Arc::clone(&mask)), Cleaner::default());
                let (restorer, mut cleaner) = std::mem::replace(&mut *heard, last);
                let said = cleaner.push(&restorer.finish());
                said + &cleaner.finish()
            }
        };
        if !text.is_empty() {
            ear(Told::Delta(text));
        }
        Flow::On
    })
}
