//! A conversation of another program, put to the models that speak its API, one after the other. Secrets are
//! out of it on the way and back in its answer; caps, policy and the ledger are those of every request.

mod restore;

use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use serde_json::Value;

use crate::context::mask::Mask;
use crate::feature::pause::Pause;
use crate::feature::relay::restore::Restoring;
use crate::feature::{Engine, action};
use crate::models::price::money::Money;
use crate::prompt::Prompt;
use crate::prompt::relay::{Api, Passing, Relay};
use crate::provider::dialect::relay;
use crate::provider::failure::Failure;
use crate::provider::{client, sse};
use crate::router::outcome::{
    AnsweredBy, AttemptError, EventSink, FailedAttempt, Flow, MissReason, MissedModel,
    RequestOutcome, RouterRequest, StreamEvent,
};
use crate::router::plan::SkipReason;
use crate::router::pool::Candidate;
use crate::router::spec::{Capability, Deadline, Feature, RequestSize, RequestSpec};

/// Tokens of an answer where the program names no limit, and at most where it does: what is set aside.
const OUTPUT: u32 = 4096;
const MOST: u32 = 32_768;

/// What another program says.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub api: Api,
    /// A JSON object, and the same as the program wrote it.
    pub body: Value,
    pub fields: Vec<(String, String)>,
    pub beta: Option<String>,
    pub passing: Passing,
    pub wanted: Wanted,
    /// What it may cost without being asked about; `None` where only caps hold.
    pub most: Option<Money>,
}

/// The model that a program names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Auto,
    Route(Feature),
    /// `provider/model`.
    Model(Arc<str>),
}

/// What is heard of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// `provider/model` begins to answer.
    Began(Arc<str>),
    Event(sse::SseEvent),
    /// What was heard is void: its author failed.
    Reset,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum Unanswered {
    Paused(Pause),
    NoModels,
    /// No configured model speaks this API.
    NoneSpeaks(Api),
    Dear(Money),
    /// No model may be asked, each with its reason.
    NoneUsable(Vec<String>),
    Failed(Vec<FailedAttempt>),
}

impl Engine {
    /// Puts a conversation to the models; `hear` is told of the answer as it comes. Returns who answered.
    /// Dropping the future ends the call that is on its way.
    pub async fn relay(
        &self,
        conversation: Conversation,
        hear: impl FnMut(Heard) + Send + 'static,
    ) -> Result<Arc<str>, Unanswered> {
        if let Some(pause) = self.shared.pauses.any() {
            return Err(Unanswered::Paused(pause));
        }
        let models = self.models.as_ref().ok_or(Unanswered::NoModels)?;
        models.ready().await;
        let spec = self.spec_of(&conversation)?;
        if let Some(dear) = action::cost_above_limit(models, &spec, conversation.most, Money::ZERO)
        {
            return Err(Unanswered::Dear(dear));
        }
        let mut mask = Mask::new();
        let mut prompt = Prompt::Relay(relayed(conversation));
        prompt.mask(&mut mask);
        let sink = passer(Restoring::new(mask), hear);
        let (prompt, files) = (Arc::new(prompt), Vec::new());
        let request = RouterRequest { spec, prompt, smaller: None, files, standby: None, sink };
        let outcome = models.router.answer(request).await;
        models.warn_of(&outcome).await;
        answered(&outcome)
    }

    fn spec_of(&self, conversation: &Conversation) -> Result<RequestSpec, Unanswered> {
        let models = self.models.as_ref().ok_or(Unanswered::NoModels)?;
        let Conversation { api, body, wanted, .. } = conversation;
        let candidates = models.router.inspect(|pool| pool.candidates.clone());
        let speaks = |it: &&Arc<Candidate>| relay::path(it.target.provider.preset, *api).is_some();
        let is_wanted = |it: &&Arc<Candidate>| match wanted {
            Wanted::Model(wanted) => it.name() == wanted,
            Wanted::Auto | Wanted::Route(_) => true,
        };
        let (asked, others): (Vec<_>, Vec<_>) =
            candidates.iter().partition(|it| speaks(it) && is_wanted(it));
        if asked.is_empty() {
            return Err(Unanswered::NoneSpeaks(*api));
        }
        let except = others.iter().map(|it| Arc::clone(it.name())).collect();
        let bytes = conversation.fields.iter().map(|it| it.1.len() as u64).sum();
        Ok(RequestSpec {
            feature: self.feature_of(wanted, body),
            wants: Capability::Chat,
            size: RequestSize { bytes, stable: 0.9, max_output: output(body), output: None },
            document: document(body),
            policy: self.options.policy.clone(),
            deadline: Deadline { first_token: None, total: client::LONGEST },
            usd: None,
            ahead: None,
            except,
        })
    }

    /// The route that a conversation takes: where tools are called code is written.
    fn feature_of(&self, wanted: &Wanted, body: &Value) -> Feature {
        let has_tools = body["tools"].as_array().is_some_and(|it| !it.is_empty());
        match wanted {
            Wanted::Route(feature) => *feature,
            Wanted::Model(name) => self.routed(name).unwrap_or(Feature::Edit),
            Wanted::Auto if has_tools => Feature::Edit,
            Wanted::Auto => Feature::Explain,
        }
    }

    /// A route in which a model stands.
    fn routed(&self, name: &str) -> Option<Feature> {
        let models = self.models.as_ref()?;
        models.router.inspect(|pool| {
            let candidate = pool.find(name)?;
            let mut all = [Feature::Edit, Feature::Explain, Feature::Complete].into_iter();
            all.find(|it| pool.groups(*it).iter().any(|group| group.contains(&candidate)))
        })
    }
}

/// Tokens of an answer that are set aside.
fn output(body: &Value) -> u32 {
    let said = [&body["max_completion_tokens"], &body["max_tokens"]];
    let said = said.iter().find_map(|it| it.as_u64());
    said.map_or(OUTPUT, |it| u32::try_from(it).unwrap_or(MOST).clamp(1, MOST))
}

/// Stands for a conversation: how it began stays the same, and so its provider's cache is warm.
fn document(body: &Value) -> u64 {
    FxBuildHasher.hash_one((&body["system"], &body["messages"][0]))
}

fn relayed(conversation: Conversation) -> Relay {
    let Conversation { api, fields, beta, passing, .. } = conversation;
    Relay { api, fields, beta, passing }
}

/// Passes on what comes, secrets back in it.
fn passer(mut restoring: Restoring, mut hear: impl FnMut(Heard) + Send + 'static) -> EventSink {
    Box::new(move |event| {
        match event {
            StreamEvent::Relayed(event) => {
                restoring.push(event).into_iter().for_each(|it| hear(Heard::Event(it)));
            }
            StreamEvent::Reset { .. } => {
                restoring.reset();
                hear(Heard::Reset);
            }
            StreamEvent::Started { target } => {
                restoring.reset();
                hear(Heard::Began(Arc::clone(&target.name)));
            }
            StreamEvent::Delta(_) | StreamEvent::Spent(_) | StreamEvent::Done => {}
        }
        Flow::On
    })
}

fn answered(outcome: &RequestOutcome) -> Result<Arc<str>, Unanswered> {
    match outcome.answer.as_ref().map(|it| &it.by) {
        Some(AnsweredBy::Target(by)) => Ok(Arc::clone(by)),
        Some(AnsweredBy::Standby) | None if outcome.tried.is_empty() => {
            Err(Unanswered::NoneUsable(outcome.missed.iter().filter_map(reason).collect()))
        }
        Some(AnsweredBy::Standby) | None => Err(Unanswered::Failed(outcome.tried.clone())),
    }
}

/// Why a model was not asked; `None` for one that was not to be.
fn reason(miss: &MissedModel) -> Option<String> {
    match &miss.cause {
        MissReason::Skipped(SkipReason::Excepted) => None,
        MissReason::Skipped(why) => Some(format!("{}: {why}", miss.target)),
        MissReason::Tried(trouble) => Some(format!("{}: {trouble}", miss.target)),
    }
}

impl Unanswered {
    /// The failure that is passed on where all have failed: what the program can do something about first.
    pub fn failure(&self) -> Option<&Failure> {
        let Self::Failed(tried) = self else { return None };
        let failures = || {
            tried.iter().filter_map(|it| match &it.trouble {
                AttemptError::Failed(failure) => Some(failure),
                AttemptError::Refused(_)
                | AttemptError::Down
                | AttemptError::SameKey
                | AttemptError::TooSmall(_) => None,
            })
        };
        let is_own = |it: &&Failure| {
            matches!(it, Failure::BadRequest { .. } | Failure::ContextTooLong { .. })
        };
        failures().find(is_own).or_else(|| failures().next_back())
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused(pause) => write!(f, "Understudy is {pause}"),
            Self::NoModels => f.write_str("no provider is configured: run `understudy setup`"),
            Self::NoneSpeaks(Api::ChatCompletions) => {
                f.write_str("no configured model has an API for chat completions")
            }
            Self::NoneSpeaks(Api::Messages) => {
                f.write_str("no configured model has Anthropic's Messages API")
            }
            Self::Dear(money) => {
                write!(f, "the request would cost about {money}, more than `http.ask_above_usd`")
            }
            Self::NoneUsable(reasons) if reasons.is_empty() => f.write_str("no model can be used"),
            Self::NoneUsable(reasons) => write!(f, "no model can be used: {}", reasons.join("; ")),
            Self::Failed(tried) => {
                let tried: Vec<String> = tried.iter().map(ToString::to_string).collect();
                write!(f, "no model answered: {}", tried.join("; "))
            }
        }
    }
}
