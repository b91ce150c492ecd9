//! Forwards a conversation of another program to the models that have its API, one after another. Secrets
//! are masked in the request and restored in the answer. Caps, policies and the ledger apply as to every
//! request.

mod restore;

use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxBuildHasher;
use serde_json::Value;

use crate::context::mask::Mask;
use crate::feature::action;
use crate::feature::core::Core;
use crate::feature::models::Models;
use crate::feature::pause::Pause;
use crate::feature::relay::restore::Restoring;
use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::prompt::relay::{AnswerDelivery, Api, Relay};
use crate::provider::dialect::relay;
use crate::provider::{client, sse};
use crate::router::outcome::{
    AnsweredBy, EventSink, FailedAttempt, Flow, MissReason, MissedModel, RequestOutcome,
    RouterRequest, StreamEvent,
};
use crate::router::plan::SkipReason;
use crate::router::pool::Candidate;
use crate::router::spec::{Capability, Deadline, Feature, PrivacyPolicy, RequestSize, RequestSpec};

/// Tokens reserved for an answer if the program states no limit, and the most otherwise.
const OUTPUT: u32 = 4096;
const MOST: u32 = 32_768;

/// A conversation of another program.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub api: Api,
    /// A JSON object, and its fields as the program wrote them.
    pub body: Value,
    pub fields: Vec<(String, String)>,
    pub beta: Option<String>,
    pub delivery: AnswerDelivery,
    pub wanted: RequestedModel,
    /// The most that it may cost; `None` leaves this to the caps.
    pub limit: Option<Money>,
}

/// The model that a program requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedModel {
    Auto,
    Route(Feature),
    /// `provider/model`.
    Model(Arc<str>),
}

/// An event of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayEvent {
    /// `provider/model` has begun to answer.
    Started(Arc<str>),
    Event(sse::SseEvent),
    /// Events so far are void: the model failed.
    Reset,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum RelayError {
    Paused(Pause),
    NoModels,
    /// No configured model has this API.
    NoneSupports(Api),
    TooExpensive(Money),
    /// No model can be used, each with its reason.
    NoneUsable(Vec<MissedModel>),
    Failed(Vec<FailedAttempt>),
}

/// Forwards conversations.
pub struct Relays {
    core: Arc<Core>,
}

impl Relays {
    pub(super) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core) }
    }

    /// Sends a conversation to the models. `hear` receives the answer's events. Returns the model that
    /// answered. Dropping the future ends the call.
    pub async fn forward(
        &self,
        conversation: Conversation,
        hear: impl FnMut(RelayEvent) + Send + 'static,
    ) -> Result<Arc<str>, RelayError> {
        if let Some(pause) = self.core.shared.pauses.any() {
            return Err(RelayError::Paused(pause));
        }
        let models = self.core.models.as_ref().ok_or(RelayError::NoModels)?;
        models.ready().await;
        let spec = spec(models, &self.core.outside.policy, &conversation)?;
        if let Some(cost) = action::cost_above_limit(models, &spec, conversation.limit, Money::ZERO)
        {
            return Err(RelayError::TooExpensive(cost));
        }
        let mut mask = Mask::new();
        let mut prompt = Prompt::Relay(relayed(conversation));
        prompt.mask(&mut mask);
        let sink = passer(Restoring::new(mask), hear);
        let (prompt, files) = (Arc::new(prompt), Vec::new());
        let request = RouterRequest {
            spec,
            prompt,
            smaller: None,
            files,
            standby: None,
            reasoning: None,
            sink,
        };
        let outcome = models.router.answer(request).await;
        models.warn_of(&outcome).await;
        answered(&outcome)
    }
}

fn spec(
    models: &Models,
    policy: &PrivacyPolicy,
    conversation: &Conversation,
) -> Result<RequestSpec, RelayError> {
    let Conversation { api, body, wanted, .. } = conversation;
    let candidates = models.router.inspect(|pool| pool.candidates.clone());
    let speaks = |it: &&Arc<Candidate>| relay::path(it.target.provider.preset, *api).is_some();
    let is_wanted = |it: &&Arc<Candidate>| match wanted {
        RequestedModel::Model(wanted) => it.name() == wanted,
        RequestedModel::Auto | RequestedModel::Route(_) => true,
    };
    let (asked, others): (Vec<_>, Vec<_>) =
        candidates.iter().partition(|it| speaks(it) && is_wanted(it));
    if asked.is_empty() {
        return Err(RelayError::NoneSupports(*api));
    }
    let except = others.iter().map(|it| Arc::clone(it.name())).collect();
    let bytes = conversation.fields.iter().map(|it| it.1.len() as u64).sum();
    Ok(RequestSpec {
        feature: feature(models, wanted, body),
        wants: Capability::Chat,
        size: RequestSize { bytes, stable: 0.9, max_output: output(body), output: None },
        document: document(body),
        policy: policy.clone(),
        deadline: Deadline { first_token: None, total: client::LONGEST, patience: Duration::ZERO },
        usd: None,
        ahead: None,
        except,
    })
}

/// The route of a conversation. Conversations with tools write code.
fn feature(models: &Models, wanted: &RequestedModel, body: &Value) -> Feature {
    let has_tools = body["tools"].as_array().is_some_and(|it| !it.is_empty());
    match wanted {
        RequestedModel::Route(route) => *route,
        RequestedModel::Model(name) => route_with(models, name).unwrap_or(Feature::Edit),
        RequestedModel::Auto if has_tools => Feature::Edit,
        RequestedModel::Auto => Feature::Explain,
    }
}

/// A route that contains a model.
fn route_with(models: &Models, name: &str) -> Option<Feature> {
    models.router.inspect(|pool| {
        let candidate = pool.find(name)?;
        let mut all = [Feature::Edit, Feature::Explain, Feature::Complete].into_iter();
        all.find(|it| pool.groups(*it).iter().any(|group| group.contains(&candidate)))
    })
}
/// Tokens reserved for the answer.
fn output(body: &Value) -> u32 {
    let said = [&body["max_completion_tokens"], &body["max_tokens"]];
    let said = said.iter().find_map(|it| it.as_u64());
    said.map_or(OUTPUT, |it| u32::try_from(it).unwrap_or(MOST).clamp(1, MOST))
}

/// Identifies a conversation by its start, which its provider caches.
fn document(body: &Value) -> u64 {
    FxBuildHasher.hash_one((&body["system"], &body["messages"][0]))
}

fn relayed(conversation: Conversation) -> Relay {
    let Conversation { api, fields, beta, delivery, .. } = conversation;
    Relay { api, fields, beta, delivery }
}

/// Forwards events with secrets restored.
fn passer(
    mut restoring: Restoring,
    mut hear: impl FnMut(RelayEvent) + Send + 'static,
) -> EventSink {
    Box::new(move |event| {
        match event {
            StreamEvent::Relayed(event) => {
                restoring.push(event).into_iter().for_each(|it| hear(RelayEvent::Event(it)));
            }
            StreamEvent::Reset { .. } => {
                restoring.reset();
                hear(RelayEvent::Reset);
            }
            StreamEvent::Started { target } => {
                restoring.reset();
                hear(RelayEvent::Started(Arc::clone(&target.name)));
            }
            StreamEvent::Delta(_)
            | StreamEvent::LogProb(_)
            | StreamEvent::Spent(_)
            | StreamEvent::Done => {}
        }
        Flow::On
    })
}

fn answered(outcome: &RequestOutcome) -> Result<Arc<str>, RelayError> {
    match outcome.answer.as_ref().map(|it| &it.by) {
        Some(AnsweredBy::Target(by)) => Ok(Arc::clone(by)),
        Some(AnsweredBy::Standby) | None if outcome.tried.is_empty() => {
            Err(RelayError::NoneUsable(outcome.missed.iter().filter(has_api).cloned().collect()))
        }
        Some(AnsweredBy::Standby) | None => Err(RelayError::Failed(outcome.tried.clone())),
    }
}

/// Models without the API of the request are excepted.
fn has_api(miss: &&MissedModel) -> bool {
    miss.cause != MissReason::Skipped(SkipReason::Excepted)
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused(pause) => write!(f, "Understudy is {pause}"),
            Self::NoModels => f.write_str("no provider is configured: run `understudy setup`"),
            Self::NoneSupports(Api::ChatCompletions) => {
                f.write_str("no configured model has an API for chat completions")
            }
            Self::NoneSupports(Api::Messages) => {
                f.write_str("no configured model has Anthropic's Messages API")
            }
            Self::TooExpensive(money) => {
                write!(f, "the request would cost about {money}, more than `http.ask_above_usd`")
            }
            Self::NoneUsable(missed) if missed.is_empty() => f.write_str("no model can be used"),
            Self::NoneUsable(missed) => {
                let missed: Vec<String> = missed.iter().map(reason).collect();
                write!(f, "no model can be used: {}", missed.join("; "))
            }
            Self::Failed(tried) => {
                let tried: Vec<String> = tried.iter().map(ToString::to_string).collect();
                write!(f, "no model answered: {}", tried.join("; "))
            }
        }
    }
}

fn reason(miss: &MissedModel) -> String {
    match &miss.cause {
        MissReason::Skipped(why) => format!("{}: {why}", miss.target),
        MissReason::Tried(trouble) => format!("{}: {trouble}", miss.target),
    }
}
