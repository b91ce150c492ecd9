//! Ghost text that its user asks for with a key: the best two models side by side, so that there is
//! a choice. Nobody joins, and both calls end with their request.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::time::{Instant, timeout};

use crate::feature::Engine;
use crate::feature::completion::fill::GatheredContext;
use crate::feature::completion::in_flight::InFlightState;
use crate::feature::completion::{Suggestion, Unavailable, join};
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::router::plan::{Choice, Plan};
use crate::router::spec::RequestSpec;

/// The second is waited for as long again as the first took, and at least so long.
const LEAST: Duration = Duration::from_millis(200);

impl Engine {
    /// What the best models say, best first.
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
        // Kept last, the first's is what is found again.
        let settle = |it| join::settle(&self.cache, self.key(place), place, it);
        let [first, second] = states;
        let (second, first) = (settle(second), settle(first));
        match (first, second) {
            (Err(silence), Ok(None) | Err(_)) => Err(silence),
            (first, second) => Ok([first, second].into_iter().flatten().flatten().collect()),
        }
    }
}

/// What another model is asked with: one of those that their user holds equal to the first.
fn second(plan: &Plan, spec: &RequestSpec) -> Option<RequestSpec> {
    let order = &plan.order;
    let first = order.first()?;
    let is_other =
        |it: &&Choice| it.group == first.group && it.candidate.model() != first.candidate.model();
    let (others, except): (Vec<&Choice>, Vec<&Choice>) = order.iter().partition(is_other);
    let except = except.iter().map(|it| Arc::clone(it.candidate.name())).collect();
    (!others.is_empty()).then(|| RequestSpec { except, ..spec.clone() })
}

/// Both at once, the second for as long as it is worth waiting for.
async fn both(
    first: impl Future<Output = InFlightState>,
    second: impl Future<Output = InFlightState>,
) -> [InFlightState; 2] {
    let started = Instant::now();
    let (first, second) = (pin!(first), pin!(second));
    match select(first, second).await {
        Either::Left((first @ InFlightState::Said(_), second)) => {
            let patience = started.elapsed().max(LEAST);
            [first, timeout(patience, second).await.unwrap_or(InFlightState::Dropped)]
        }
        Either::Left((first, second)) => [first, second.await],
        Either::Right((second, first)) => [first.await, second],
    }
}
