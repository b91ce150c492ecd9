//! `understudy.ask`: a question of the user, optionally about a place or after an answer.

use futures::FutureExt;
use tower_lsp_server::gen_lsp_types::{MessageType, ProgressToken};

use crate::feature::action::ActionOutcome;
use crate::feature::ask::Question;
use crate::server::ext::AskParams;
use crate::server::from_proto;
use crate::server::handlers::answer::AnswerPublisher;
use crate::server::handlers::{job, status};
use crate::server::session::Session;

/// Length limit of a title, in characters.
const TITLE: usize = 60;

pub(crate) async fn run(session: &Session, ask: AskParams, token: Option<ProgressToken>) {
    let snap = ask.uri.as_ref().and_then(|it| session.snapshot(it));
    let engine = session.state().engine.clone();
    let title: String = ask.question.chars().take(TITLE).collect();
    let mut publisher = AnswerPublisher::new(session, &title, ask.thread.clone());
    let about = snap
        .as_ref()
        .map(|it| (&it.open, ask.range.map_or(0..0, |range| it.range(from_proto::range(range)))));
    let thread = publisher.thread.clone();
    let call = |consent, sink| {
        let (engine, about) = (&engine, about.clone());
        let question =
            Question { text: &ask.question, thread: &thread, about, files: &[], consent };
        async move { engine.questions.ask(&question, sink).await }.boxed()
    };
    let reply = job::run(session, &title, token, &mut publisher, call).await;
    let path = snap.as_ref().and_then(|it| it.open.path.as_deref());
    status::after(session, &engine, path);
    match reply {
        Some(Ok(reply)) => {
            if let (ActionOutcome::Answer(text), false) = (reply.done, publisher.was_heard()) {
                publisher.show(&text).await;
            }
        }
        Some(Err(reason)) => {
            let message = format!("Understudy: {reason}");
            session.client.show_message(MessageType::Warning, message).await;
        }
        None => {}
    }
}
