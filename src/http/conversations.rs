//! Chat Completions and Messages: forwarded to a model with the same API. The answer is streamed or returned
//! whole.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use futures::future::BoxFuture;
use futures::{FutureExt, stream};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::feature::relay::{Conversation, RelayError, RelayEvent};
use crate::http::assemble::Assembly;
use crate::http::error::ApiError;
use crate::http::routes::{self, Incoming};
use crate::http::{Gateway, models, reply};
use crate::prompt::relay::{self, AnswerDelivery, Api};
use crate::provider::sse::SseEvent;

type Answered = Result<Arc<str>, RelayError>;

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
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| error.response(api))
}

async fn converse(gateway: &Gateway, incoming: Incoming, api: Api) -> Result<Response, ApiError> {
    let Incoming { headers, body, text, permit } = incoming;
    if !body["messages"].is_array() {
        return Err(ApiError::invalid("`messages` must be a list"));
    }
    let engine = gateway.engine.load_full();
    let wanted = models::wanted(&engine, body["model"].as_str())?;
    let streams = body["stream"] == true;
    let wants_usage = body["stream_options"]["include_usage"] == true;
    let delivery = if streams { AnswerDelivery::AsItComes } else { AnswerDelivery::Whole };
    let (beta, limit) = (beta(&headers), gateway.ask_above);
    let fields = relay::fields(&text).unwrap_or_default();
    let conversation = Conversation { api, body, fields, beta, delivery, wanted, limit };
    let (sender, events) = mpsc::unbounded_channel();
    let answer = async move {
        // If the program has disconnected, this future is dropped as well.
        engine.relays.forward(conversation, move |it| _ = sender.send(it)).await
    };
    let mut answering =
        Answering { events, answer: Some(answer.boxed()), ended: None, _permit: permit };
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

/// An answer in progress. Dropping it ends the call.
struct Answering {
    events: mpsc::UnboundedReceiver<RelayEvent>,
    answer: Option<BoxFuture<'static, Answered>>,
    ended: Option<Answered>,
    _permit: OwnedSemaphorePermit,
}

/// The next event or the end.
enum Step {
    Event(RelayEvent),
    Ended(Answered),
}

impl Answering {
    /// `None` after the end.
    async fn step(&mut self) -> Option<Step> {
        loop {
            let Some(answer) = &mut self.answer else {
                // Events that were sent before the end come first.
                return match self.events.recv().await {
                    Some(event) => Some(Step::Event(event)),
                    None => self.ended.take().map(Step::Ended),
                };
            };
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => return Some(Step::Event(event)),
                ended = answer => {
                    self.ended = Some(ended);
                    self.answer = None;
                }
            }
        }
    }

    async fn whole(&mut self, api: Api) -> Result<Response, ApiError> {
        let mut assembly = Assembly::new(api);
        loop {
            match self.step().await {
                Some(Step::Event(RelayEvent::Event(event))) => assembly.push(&event),
                Some(Step::Event(RelayEvent::Started(_) | RelayEvent::Reset)) => {
                    assembly = Assembly::new(api)
                }
                Some(Step::Ended(Ok(by))) => {
                    let value = assembly.finish().ok_or_else(ApiError::nothing)?;
                    let response = reply::json(StatusCode::OK, &value);
                    return Ok(reply::noted(response, "x-understudy-model", &by));
                }
                Some(Step::Ended(Err(unanswered))) => return Err(ApiError::from(&unanswered)),
                None => return Err(ApiError::nothing()),
            }
        }
    }

    /// The status is known with the first event.
    async fn streamed(mut self, api: Api, wants_usage: bool) -> Result<Response, ApiError> {
        let mut by = None;
        let first = loop {
            match self.step().await {
                Some(Step::Event(RelayEvent::Event(event))) => break event,
                Some(Step::Event(RelayEvent::Started(target))) => by = Some(target),
                Some(Step::Event(RelayEvent::Reset)) => {}
                Some(Step::Ended(Err(unanswered))) => return Err(ApiError::from(&unanswered)),
                Some(Step::Ended(Ok(_))) | None => return Err(ApiError::nothing()),
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

/// Writes events in the format of the API.
struct Writer {
    api: Api,
    /// Whether the program requested a usage event; others may not expect one.
    wants_usage: bool,
}

impl Writer {
    fn step(&self, step: Step) -> String {
        match (step, self.api) {
            (Step::Event(RelayEvent::Event(event)), _) => self.event(&event),
            (Step::Event(RelayEvent::Started(_) | RelayEvent::Reset), _) => String::new(),
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

/// The last event of a stream that broke off.
fn failed(unanswered: &RelayError, api: Api) -> String {
    let data = ApiError::from(unanswered).body(api).to_string();
    let name = match api {
        Api::ChatCompletions => None,
        Api::Messages => Some("error".to_owned()),
    };
    reply::event(&SseEvent { name, data })
}
