//! Chat Completions and Messages: passed on to a model that speaks the same API, and its answer passed back as
//! it comes, or whole.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use futures::future::BoxFuture;
use futures::{FutureExt, stream};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::feature::relay::{Conversation, Heard, Unanswered};
use crate::http::assemble::Assembly;
use crate::http::fault::Fault;
use crate::http::routes::{self, Incoming};
use crate::http::{Gateway, models, reply};
use crate::prompt::relay::{self, Api, Passing};
use crate::provider::sse::SseEvent;

type Answered = Result<Arc<str>, Unanswered>;

/// `POST /v1/chat/completions`
pub(crate) async fn chat(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    answer(&gateway, request, Api::ChatCompletions).await
}

/// `POST /v1/messages`
pub(crate) async fn messages(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    answer(&gateway, request, Api::Messages).await
}

async fn answer(gateway: &Gateway, request: Request, api: Api) -> Response {
    let answered = match routes::read(gateway, request).await {
        Ok(incoming) => converse(gateway, incoming, api).await,
        Err(fault) => Err(fault),
    };
    answered.unwrap_or_else(|fault| fault.response(api))
}

async fn converse(gateway: &Gateway, incoming: Incoming, api: Api) -> Result<Response, Fault> {
    let Incoming { headers, body, text, permit } = incoming;
    if !body["messages"].is_array() {
        return Err(Fault::invalid("`messages` must be a list"));
    }
    let engine = gateway.engine.load_full();
    let wanted = models::wanted(&engine, body["model"].as_str())?;
    let streams = body["stream"] == true;
    let wants_usage = body["stream_options"]["include_usage"] == true;
    let passing = if streams { Passing::AsItComes } else { Passing::Whole };
    let (beta, most) = (beta(&headers), gateway.ask_above);
    let fields = relay::fields(&text).unwrap_or_default();
    let conversation = Conversation { api, body, fields, beta, passing, wanted, most };
    let (tell, heard) = mpsc::unbounded_channel();
    let answer = async move {
        // Who does not listen any more has dropped this as well.
        engine.relay(conversation, move |it| _ = tell.send(it)).await
    };
    let mut answering =
        Answering { heard, answer: Some(answer.boxed()), ended: None, _permit: permit };
    match streams {
        true => answering.streamed(api, wants_usage).await,
        false => answering.whole(api).await,
    }
}

fn beta(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all("anthropic-beta").iter().filter_map(|it| it.to_str().ok());
    let all: Vec<&str> = all.collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// An answer on its way. Dropping it ends the call.
struct Answering {
    heard: mpsc::UnboundedReceiver<Heard>,
    answer: Option<BoxFuture<'static, Answered>>,
    ended: Option<Answered>,
    _permit: OwnedSemaphorePermit,
}

/// What happens next.
enum Step {
    Heard(Heard),
    Ended(Answered),
}

impl Answering {
    /// `None` behind the end.
    async fn step(&mut self) -> Option<Step> {
        loop {
            let Some(answer) = &mut self.answer else {
                // All that was said before the end is heard before it.
                return match self.heard.recv().await {
                    Some(heard) => Some(Step::Heard(heard)),
                    None => self.ended.take().map(Step::Ended),
                };
            };
            tokio::select! {
                biased;
                Some(heard) = self.heard.recv() => return Some(Step::Heard(heard)),
                ended = answer => {
                    self.ended = Some(ended);
                    self.answer = None;
                }
            }
        }
    }

    async fn whole(&mut self, api: Api) -> Result<Response, Fault> {
        let mut assembly = Assembly::new(api);
        loop {
            match self.step().await {
                Some(Step::Heard(Heard::Event(event))) => assembly.push(&event),
                Some(Step::Heard(Heard::Began(_) | Heard::Reset)) => assembly = Assembly::new(api),
                Some(Step::Ended(Ok(by))) => {
                    let value = assembly.finish().ok_or_else(Fault::nothing)?;
                    let response = reply::json(StatusCode::OK, &value);
                    return Ok(reply::noted(response, "x-understudy-model", &by));
                }
                Some(Step::Ended(Err(unanswered))) => return Err(Fault::from(&unanswered)),
                None => return Err(Fault::nothing()),
            }
        }
    }

    /// The status is known once the first event comes.
    async fn streamed(mut self, api: Api, wants_usage: bool) -> Result<Response, Fault> {
        let mut by = None;
        let first = loop {
            match self.step().await {
                Some(Step::Heard(Heard::Event(event))) => break event,
                Some(Step::Heard(Heard::Began(target))) => by = Some(target),
                Some(Step::Heard(Heard::Reset)) => {}
                Some(Step::Ended(Err(unanswered))) => return Err(Fault::from(&unanswered)),
                Some(Step::Ended(Ok(_))) | None => return Err(Fault::nothing()),
            }
        };
        let writer = Writer { api, wants_usage };
        let first = writer.event(&first);
        let rest = stream::unfold((self, writer), |(mut answering, writer)| async move {
            let written = writer.step(answering.step().await?);
            Some((written, (answering, writer)))
        });
        let events = stream::StreamExt::chain(stream::iter([first]), rest);
        let response = reply::stream(events);
        Ok(match by {
            Some(by) => reply::noted(response, "x-understudy-model", &by),
            None => response,
        })
    }
}

/// Writes events in their API's words.
struct Writer {
    api: Api,
    /// Whether the program asked for an event of usage: it need not expect one.
    wants_usage: bool,
}

impl Writer {
    fn step(&self, step: Step) -> String {
        match (step, self.api) {
            (Step::Heard(Heard::Event(event)), _) => self.event(&event),
            (Step::Heard(Heard::Began(_) | Heard::Reset), _) => String::new(),
            (Step::Ended(Ok(_)), Api::ChatCompletions) => reply::DONE.to_owned(),
            (Step::Ended(Ok(_)), Api::Messages) => String::new(),
            (Step::Ended(Err(unanswered)), api) => failed(&unanswered, api),
        }
    }

    fn event(&self, event: &SseEvent) -> String {
        let is_usage = self.api == Api::ChatCompletions
            && event.data.contains("\"usage\"")
            && serde_json::from_str::<Value>(&event.data).is_ok_and(|it| is_only_usage(&it));
        match is_usage && !self.wants_usage {
            true => String::new(),
            false => reply::event(event),
        }
    }
}

fn is_only_usage(chunk: &Value) -> bool {
    chunk["choices"].as_array().is_some_and(Vec::is_empty) && chunk["usage"].is_object()
}

/// The end of a stream that broke off.
fn failed(unanswered: &Unanswered, api: Api) -> String {
    let data = Fault::from(unanswered).body(api).to_string();
    let name = match api {
        Api::ChatCompletions => None,
        Api::Messages => Some("error".to_owned()),
    };
    reply::event(&SseEvent { name, data })
}
