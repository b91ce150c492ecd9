//! One request to a model that the user waits for: with progress that can be cancelled, confirmation if it is
//! expensive, and the answer streamed.

use std::pin::pin;
use std::sync::Arc;

use futures::future::{BoxFuture, poll_immediate};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower_lsp_server::gen_lsp_types::{MessageActionItem, MessageType, ProgressToken};
use tower_lsp_server::{Cancellable, OngoingProgress, Unbounded};

use crate::feature::action::{ActionReply, Consent};
use crate::feature::action_error::ActionError;
use crate::feature::question::{ChatEvent, ChatSink};
use crate::server::client::PATIENCE;
use crate::server::handlers::answer::AnswerPublisher;
use crate::server::session::{RunningJob, Session};

type Shown = OngoingProgress<Unbounded, Cancellable>;
type Answer = Result<ActionReply, ActionError>;

/// Runs `call` until it is answered; `None` if the user cancelled it or refused its cost.
pub(crate) async fn run<'a>(
    session: &Session,
    title: &str,
    token: Option<ProgressToken>,
    publisher: &mut AnswerPublisher<'_>,
    call: impl Fn(Consent, ChatSink) -> BoxFuture<'a, Answer>,
) -> Option<Answer> {
    let own = ProgressToken::from(format!("understudy/act/{}", session.number()));
    let is_own = token.is_none();
    let mut running = session.running(token.unwrap_or(own));
    let mut consent = Consent::UpToLimit;
    loop {
        let (sender, events) = mpsc::unbounded_channel();
        let sink = Arc::new(move |it| _ = sender.send(it));
        let asked = call(consent, sink);
        match round(session, asked, events, (title, is_own), &mut running, publisher).await {
            Some(Err(ActionError::Dear(money))) if session.state().abilities.offers => {
                let question = format!("{title} would cost about {money}. Send the request?");
                if !agrees(session, question).await {
                    return None;
                }
                consent = Consent::Given;
            }
            Some(reply) => {
                publisher.end(reply.as_ref().map_err(ToString::to_string)).await;
                return Some(reply);
            }
            None => {
                publisher.end(Err("cancelled".to_owned())).await;
                return None;
            }
        }
    }
}

/// Sends the request once; `None` if the user cancelled it.
async fn round(
    session: &Session,
    asked: BoxFuture<'_, Answer>,
    mut events: mpsc::UnboundedReceiver<ChatEvent>,
    (title, is_own): (&str, bool),
    running: &mut RunningJob<'_>,
    publisher: &mut AnswerPublisher<'_>,
) -> Option<Answer> {
    let cancelled = Arc::clone(&running.cancelled);
    let mut cancelled = pin!(cancelled.notified());
    let mut asked = asked;
    // Polled before any await: the request is about the current document.
    let early = poll_immediate(&mut asked).await;
    let (mut shown, mut by) = (None, Arc::from(""));
    if early.is_none() && session.state().abilities.progress {
        shown = begin(session, &running.token, is_own, title).await;
        running.is_shown = shown.is_some();
    }
    let reply = match early {
        Some(reply) => Some(reply),
        None => loop {
            tokio::select! {
                biased;
                () = &mut cancelled => break None,
                Some(it) = events.recv() => {
                    show_model(shown.as_ref(), &mut by, &it).await;
                    publisher.hear(it).await;
                }
                reply = &mut asked => break Some(reply),
            }
        },
    };
    while let Ok(it) = events.try_recv() {
        publisher.hear(it).await;
    }
    running.is_shown = false;
    if let Some(shown) = shown {
        shown.finish().await;
    }
    reply
}

async fn begin(
    session: &Session,
    token: &ProgressToken,
    is_own: bool,
    title: &str,
) -> Option<Shown> {
    if is_own {
        let created = session.client.create_work_done_progress(token.clone());
        timeout(PATIENCE, created).await.ok()?.ok()?;
    }
    let progress = session.client.progress(token.clone(), format!("Understudy: {title}"));
    Some(progress.with_cancel_button().begin().await)
}

/// Shows the model that answers, and the cost so far.
async fn show_model(shown: Option<&Shown>, by: &mut Arc<str>, event: &ChatEvent) {
    let message = match event {
        ChatEvent::Began(began) => {
            *by = Arc::clone(began);
            by.to_string()
        }
        ChatEvent::Spent(money) => format!("{by}, {money} so far"),
        ChatEvent::Checking(command) => format!("checking with {command}"),
        ChatEvent::Delta(_) | ChatEvent::Reset => return,
    };
    if let Some(shown) = shown {
        shown.report_with_message(message, None).await;
    }
}

/// Asks the user to confirm.
pub(crate) async fn agrees(session: &Session, question: String) -> bool {
    let item = |title: &str| MessageActionItem { title: title.to_owned(), ..Default::default() };
    let items = Some(vec![item("Yes"), item("No")]);
    let answer = session.client.show_message_request(MessageType::Info, question, items).await;
    answer.ok().flatten().is_some_and(|it| it.title == "Yes")
}
