//! One model, measured at one place: a request as for a completion, and its result.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use crate::feature::completion::request::GatheredContext;
use crate::feature::completion::{exchange, request};
use crate::feature::core::Core;
use crate::feature::doctor;
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::models::price::money::Money;
use crate::prompt::{Prompt, Trigger};
use crate::router::outcome::{AnsweredBy, FailedAttempt};
use crate::router::plan::SkipReason;
use crate::router::pool::Candidate;
use crate::router::spec::{Feature, RequestSpec};
use crate::router::value::Now;

/// The result of one request.
#[derive(Clone, Debug)]
pub struct Take {
    /// The text that would be shown, empty if the answer does not fit; or why there is none.
    pub answer: Result<String, String>,
    pub first_token: Option<Duration>,
    pub total: Duration,
    /// Cost, if known.
    pub money: Option<Money>,
}

/// Tokens per second of a model on this machine: those of a prompt that it reads, as far as they are not
/// cached, and those that it writes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
    pub reads: Option<f64>,
    pub writes: Option<f64>,
}

/// The most that a call for this place costs, if known.
///
/// # Errors
///
/// The reason if no call would be made.
pub fn quote(core: &Core, place: &Place) -> Result<Option<Money>, String> {
    let Some(models) = &core.models else { return Err(SkipReason::NotRouted.to_string()) };
    let (spec, gathered) = prepared(core, place);
    let plan = models.router.plan_with(&spec, &Prompt::Fill(gathered.fill));
    let Some(choice) = plan.order.first() else {
        let why = plan.skipped.iter().map(|it| it.why).find(|it| *it != SkipReason::NotRouted);
        return Err(why.unwrap_or(SkipReason::NotRouted).to_string());
    };
    let now = Now { clock: Instant::now().into_std(), calendar: SystemTime::now() };
    Ok(choice.estimate(&spec, now).money)
}

/// Starts and connects the models, so that the first measurement is like the others.
pub async fn warm_up(models: &Models) {
    models.ready().await;
    let candidates = models.router.inspect(|pool| pool.candidates.clone());
    let routed = candidates.iter().filter(|it| (it.fills || it.chats) && it.has_key);
    for target in routed.map(|it| &it.target) {
        // If it cannot be started, its measurements report the reason.
        doctor::started(models, target).await;
        models.client.transport.connect(target).await;
    }
}

/// Sends the request that a pause in typing at this place would cause.
pub async fn sample(core: &Core, place: &Place) -> Take {
    let started = Instant::now();
    let failed =
        |why: String, total| Take { answer: Err(why), first_token: None, total, money: None };
    let models = match (&core.models, quote(core, place)) {
        (Some(models), Ok(_)) => models,
        (_, quote) => return failed(quote.err().unwrap_or_default(), Duration::ZERO),
    };
    let (spec, gathered) = prepared(core, place);
    let (request, reply) = exchange::begin(spec, gathered, None, None);
    let outcome = models.router.answer(request).await;
    let fitted = reply.fitted(&core.shared.syntax).await;
    let Some(answer) = outcome.answer.as_ref().filter(|it| it.by != AnsweredBy::Standby) else {
        let tried = outcome.tried.iter().map(FailedAttempt::to_string);
        return failed(tried.collect::<Vec<_>>().join("; "), started.elapsed());
    };
    Take {
        answer: Ok(fitted.map(|(fit, _)| fit.text).unwrap_or_default()),
        first_token: answer.total.and_then(|it| it.first_token),
        total: started.elapsed(),
        money: answer.total.and_then(|it| it.money),
    }
}

/// What the calls of this model have shown of its speed; `None` if it is not on this machine.
pub fn rates(models: &Models, model: &str) -> Option<Rates> {
    models.router.inspect(|pool| {
        let is_it = |it: &Arc<Candidate>| it.is_local && &**it.name() == model;
        let health = &pool.health[pool.candidates.iter().position(is_it)?];
        Some(Rates {
            reads: health.reading.rate(),
            writes: health.latency(Feature::Complete).pace(Instant::now().into_std()),
        })
    })
}

fn prepared(core: &Core, place: &Place) -> (RequestSpec, GatheredContext) {
    let trigger = Trigger::Automatic;
    let scope = request::scope(core, place, trigger);
    let spec = request::spec(core, place, trigger, scope);
    (spec, GatheredContext::gather(core, place, trigger, scope))
}
