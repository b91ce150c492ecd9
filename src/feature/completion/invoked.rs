//! Completions that the user requests with a key: the best two models run in parallel to offer a choice.
//! Later requests do not join these calls, and both end with their request.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::time::{Instant, timeout};

use crate::feature::completion::fill::GatheredContext;
use crate::feature::completion::in_flight::InFlightState;
use crate::feature::completion::{Completer, Suggestion, Unavailable, join};
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::router::plan::{Choice, Plan};
use crate::router::spec::RequestSpec;

/// Minimum wait for the second model once the first has answered. Otherwise the wait is as long as the first
/// took.
const LEAST: Duration = Duration::from_millis(200);

impl Completer {
    /// The suggestions of the best models, best first.
    pub(super) async fn invoke(
        &self,
        models: &Models,
        place: &Place,
        (spec, plan): (RequestSpec, &Plan),
        gathered: GatheredContext,
        standby: Option<&Suggestion>,
    ) -> Result<Vec<Suggestion>, Unavailable> {
        let second = second(plan, &spec);
        let first = self.call(models, spec, gathered.clone(), standby, None);
        let states = match second {
            Some(spec) => both(first, self.call(models, spec, gathered, None, None)).await,
            None => [first.await, InFlightState::Dropped],
        };
        // The first model's answer is cached last, so it is the one found again.
        let settle = |it| join::settle(&self.cache, self.key(place), place, it);
        let [first, second] = states;
        let (second, first) = (settle(second), settle(first));
        match (first, second) {
            (Err(reason), Ok(None) | Err(_)) => Err(reason),
            (first, second) => Ok([first, second].into_iter().flatten().flatten().collect()),
        }
    }
}

/// The request for a second model, from the same group as the first.
fn second(plan: &Plan, spec: &RequestSpec) -> Option<RequestSpec> {
    let order = &plan.order;
    let first = order.first()?;
    let is_other =
        |it: &&Choice| it.group == first.group && it.candidate.model() != first.candidate.model();
    let (others, except): (Vec<&Choice>, Vec<&Choice>) = order.iter().partition(is_other);
    let except = except.iter().map(|it| Arc::clone(it.candidate.name())).collect();
    (!others.is_empty()).then(|| RequestSpec { except, ..spec.clone() })
}

/// Runs both at once, and gives the second up if it takes much longer than the first.
async fn both(
    first: impl Future<Output = InFlightState>,
    second: impl Future<Output = InFlightState>,
) -> [InFlightState; 2] {
    let started = Instant::now();
    let (first, second) = (pin!(first), pin!(second));
    match select(first, second).await {
        Either::Left((first @ InFlightState::Received(_), second)) => {
            let wait = started.elapsed().max(LEAST);
            [first, timeout(wait, second).await.unwrap_or(InFlightState::Dropped)]
        }
        Either::Left((first, second)) => [first, second.await],
        Either::Right((second, first)) => [first.await, second],
    }
}
