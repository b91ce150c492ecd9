//! Calls that outlive the request they were made for. While the user types on, a newer request subscribes to
//! the running call instead of sending another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::feature::completion::anchor::Anchor;
use crate::feature::completion::cache::{CacheKey, CachedCompletion, CompletionCache};
use crate::feature::completion::fill::GatheredContext;
use crate::feature::completion::in_flight::{
    InFlight, InFlightState, PartialPublisher, ReceivedText, Remainder,
};
use crate::feature::completion::{Completer, Suggestion, Unavailable, fill};
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::prompt::{CompletionScope, Trigger};
use crate::reply::certainty::Certainty;
use crate::reply::completion::fit::Fit;
use crate::router::outcome::{AnsweredBy, RequestOutcome};
use crate::router::spec::RequestSpec;

/// How long a paid call continues after its text no longer fits: its prompt is already charged, and a typo is
/// often taken back. A free model's call ends at once, since its server has other work.
const LINGER: Duration = Duration::from_millis(500);
/// The most calls kept per document.
const MOST: usize = 2;

impl Completer {
    /// The rest of a running or recent call, if its text fits; `None` if there is no such call.
    pub(super) async fn join(
        &self,
        place: &Place,
    ) -> Option<Result<Option<Suggestion>, Unavailable>> {
        let subscriber = {
            let state = place.open.state();
            let flights = state.flights.iter().rev();
            let mut flights = flights.filter(|it| it.generation == self.core.generation);
            let is_current = state.revision == place.revision;
            let rope = &place.open.document.rope;
            is_current.then(|| flights.find_map(|it| it.subscribe(rope, place.offset))).flatten()?
        };
        match subscriber.rest().await {
            Remainder::Text(text) => Some(Ok(Some(offer(place, text)))),
            Remainder::Failed(why) => Some(Err(Unavailable::of(why))),
            Remainder::Nothing if subscriber.is_first() => Some(Ok(None)),
            Remainder::Nothing | Remainder::Other => None,
        }
    }

    /// The rest, after the text of `behind`, of a call for `place`.
    pub(super) async fn joined_behind(&self, place: &Place, behind: &Place) -> Option<Suggestion> {
        let subscriber = {
            let state = place.open.state();
            let mut flights =
                state.flights.iter().rev().filter(|it| it.generation == self.core.generation);
            let rope = &behind.open.document.rope;
            let is_current = state.revision == place.revision;
            is_current
                .then(|| flights.find_map(|it| it.subscribe_ahead(rope, behind.offset)))
                .flatten()?
        };
        match subscriber.rest().await {
            Remainder::Text(text) => Some(offer(behind, text)),
            Remainder::Failed(_) | Remainder::Nothing | Remainder::Other => None,
        }
    }

    /// Sends a request through the router. Resolves to the call's final state.
    pub(super) fn call(
        &self,
        models: &Models,
        spec: RequestSpec,
        gathered: GatheredContext,
        standby: Option<&Suggestion>,
        partial: Option<PartialPublisher>,
    ) -> impl Future<Output = InFlightState> + Send + use<> {
        let requested = spec.clone();
        let submitted =
            fill::submit(models, &self.core.shared.syntax, spec, gathered, standby, partial);
        let models = models.clone();
        async move {
            let (outcome, fitted) = submitted.await;
            models.warn_of(&outcome).await;
            models.warn_of_price(requested, Arc::clone(&outcome)).await;
            final_state(&outcome, fitted)
        }
    }

    /// Sends a request through the router, in a call that later requests can join.
    pub(super) async fn send(
        &self,
        models: &Models,
        place: &Place,
        spec: RequestSpec,
        extent: CompletionScope,
        standby: Option<&Suggestion>,
        linger: Linger,
    ) -> Result<Option<Suggestion>, Unavailable> {
        let gathered = self.gather(place, Trigger::Automatic, extent);
        let anchor = Anchor::new(&place.open.document.rope, place.offset);
        let (cache, key) = (Arc::clone(&self.cache), self.key(place));
        let linger = match linger {
            Linger::No => Duration::ZERO,
            Linger::Moment => LINGER,
        };
        let (flight, subscriber) =
            InFlight::launch(anchor, self.core.generation, linger, |publisher| {
                let call = self.call(models, spec, gathered, standby, Some(publisher.partial()));
                async move {
                    let state = call.await;
                    store(&cache, key, &state);
                    publisher.end(state);
                }
            });
        register(place, flight);
        match subscriber.rest().await {
            Remainder::Text(text) => Ok(Some(offer(place, text))),
            Remainder::Failed(why) => Err(Unavailable::of(why)),
            Remainder::Nothing | Remainder::Other => Ok(None),
        }
    }
}

/// Whether a call continues for a moment after its text no longer fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linger {
    No,
    Moment,
}

/// Makes a call available to later requests, unless the document has changed since.
fn register(place: &Place, flight: Arc<InFlight>) {
    let mut state = place.open.state();
    if state.revision != place.revision || state.closed {
        return;
    }
    state.flights.retain(|it| !it.is_over());
    let excess = (state.flights.len() + 1).saturating_sub(MOST);
    state.flights.drain(..excess);
    state.flights.push(flight);
}

fn final_state(outcome: &RequestOutcome, fitted: Option<(Fit, Certainty)>) -> InFlightState {
    let answer = outcome.answer.as_ref().map(|it| (&it.by, it.total));
    match (answer, fitted) {
        (Some((AnsweredBy::Target(by), total)), Some((Fit { text, covers }, certainty))) => {
            let (by, call) = (Arc::clone(by), total.map(|it| it.call));
            InFlightState::Received(ReceivedText { text, certainty, covers, by, call })
        }
        (Some((AnsweredBy::Target(_), _)), None) => InFlightState::Nothing,
        (Some((AnsweredBy::Standby, _)) | None, _) => InFlightState::Failed(outcome.missed.clone()),
    }
}

/// The suggestion of a call's final state, for the one place that it was made for.
pub(super) fn settle(
    cache: &Mutex<CompletionCache>,
    key: CacheKey,
    place: &Place,
    state: InFlightState,
) -> Result<Option<Suggestion>, Unavailable> {
    store(cache, key, &state);
    match state {
        InFlightState::Received(text) => Ok(Some(offer(place, text))),
        InFlightState::Failed(why) => Err(Unavailable::of(why)),
        InFlightState::Receiving(_) | InFlightState::Nothing | InFlightState::Dropped => Ok(None),
    }
}

/// Caches the result of a call.
pub(super) fn store(cache: &Mutex<CompletionCache>, key: CacheKey, state: &InFlightState) {
    let cached = match state {
        InFlightState::Received(ReceivedText { text, certainty, by, .. }) => CachedCompletion {
            text: text.clone(),
            certainty: certainty.clone(),
            by: Arc::clone(by),
        },
        // A model that inserts nothing here is not queried again while the text is unchanged.
        InFlightState::Nothing => CachedCompletion::default(),
        InFlightState::Receiving(_) | InFlightState::Failed(_) | InFlightState::Dropped => return,
    };
    cache.lock().put(key, cached, Instant::now());
}

fn offer(place: &Place, text: ReceivedText) -> Suggestion {
    let range = place.offset..place.offset + text.covers;
    let confidence = text.certainty.probability(&text.text);
    Suggestion { text: text.text, range, by: text.by, confidence, call: text.call }
}
