//! One request to a model that its user waits for: progress that can be cancelled, a question first
//! where it is dear, its words passed on while they come.

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

/// Has `call` answered; `None` where its user did not want it any more. The voice has ended then.
pub(crate) async fn run<'a>(
    session: &Session,
    title: &str,
    token: Option<ProgressToken>,
    voice: &mut AnswerPublisher<'_>,
    call: impl Fn(Consent, ChatSink) -> BoxFuture<'a, Answer>,
) -> Option<Result<ActionReply, String>> {
    let own = ProgressToken::from(format!("understudy/act/{}", session.number()));
    let is_own = token.is_none();
    let mut running = session.running(token.unwrap_or(own));
    let mut consent = Consent::UpToLimit;
    loop {
        let (tell, told) = mpsc::unbounded_channel();
        let ear = Arc::new(move |it| _ = tell.send(it));
        let asked = call(consent, ear);
        match round(session, asked, told, (title, is_own), &mut running, voice).await {
            Some(Err(ActionError::Dear(money))) if session.state().abilities.offers => {
                let question = format!("{title} would cost about {money}. Send the request?");
                if !agrees(session, question).await {
                    return None;
                }
                consent = Consent::Given;
            }
            Some(reply) => {
                let reply = reply.map_err(|it| it.to_string());
                voice.end(reply.as_ref().map_err(Clone::clone)).await;
                return Some(reply);
            }
            None => {
                voice.end(Err("cancelled".to_owned())).await;
                return None;
            }
        }
    }
}

/// Asks once; `None` where its user cancelled it.
async fn round(
    session: &Session,
    asked: BoxFuture<'_, Answer>,
    mut told: mpsc::UnboundedReceiver<ChatEvent>,
    (title, is_own): (&str, bool),
    running: &mut RunningJob<'_>,
    voice: &mut AnswerPublisher<'_>,
) -> Option<Answer> {
    let cancelled = Arc::clone(&running.cancelled);
    let mut cancelled = pin!(cancelled.notified());
    let mut asked = asked;
    // Polled before anything is awaited: it is about the document as it is now.
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
                Some(it) = told.recv() => {
                    say_who(shown.as_ref(), &mut by, &it).await;
                    voice.hear(it).await;
                }
                reply = &mut asked => break Some(reply),
            }
        },
    };
    while let Ok(it) = told.try_recv() {
        voice.hear(it).await;
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

/// Whoever is being asked is named, with what it has cost so far.
async fn say_who(shown: Option<&Shown>, by: &mut Arc<str>, told: &ChatEvent) {
    let message = match told {
        ChatEvent::Began(began) => {
            *by = Arc::clone(began);
            by.to_string()
        }
        ChatEvent::Spent(money) => format!("{by}, {money} so far"),
        ChatEvent::Delta(_) | ChatEvent::Reset => return,
    };
    if let Some(shown) = shown {
        shown.report_with_message(message, None).await;
    }
}

/// Asks for a yes.
pub(crate) async fn agrees(session: &Session, question: String) -> bool {
    let item = |title: &str| MessageActionItem { title: title.to_owned(), ..Default::default() };
    let items = Some(vec![item("Yes"), item("No")]);
    let asked = session.client.show_message_request(MessageType::Info, question, items).await;
    asked.ok().flatten().is_some_and(|it| it.title == "Yes")
}
