//! Calls that outlive the request they were made for: who types on takes a seat in the one that is
//! on its way, and pays nobody for what it says already.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::feature::Engine;
use crate::feature::completion::anchor::Anchor;
use crate::feature::completion::cache::{CacheKey, CachedCompletion, CompletionCache};
use crate::feature::completion::fill::GatheredContext;
use crate::feature::completion::in_flight::{
    InFlight, InFlightState, PartialPublisher, ReceivedText, Remainder,
};
use crate::feature::completion::{Suggestion, Unavailable, fill};
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::prompt::{CompletionScope, Trigger};
use crate::reply::completion::fit::Fit;
use crate::router::outcome::{AnsweredBy, RequestOutcome};
use crate::router::spec::RequestSpec;

/// How long a call that does not fit any more goes on: its prompt is paid for, and a slip of the
/// finger is taken back as soon. A server of the user's own has better things to do.
const SPARE: Duration = Duration::from_millis(500);
/// Calls of a document that are kept.
const MOST: usize = 2;

impl Engine {
    /// What is left of a call that is on its way or has just come, where its text fits; `None`
    /// where there is none, or it says something else.
    pub(super) async fn join(
        &self,
        place: &Place,
    ) -> Option<Result<Option<Suggestion>, Unavailable>> {
        let seat = {
            let state = place.open.state();
            let flights = state.flights.iter().rev();
            let mut flights = flights.filter(|it| it.generation == self.generation);
            let is_now = state.revision == place.revision;
            let rope = &place.open.document.rope;
            is_now.then(|| flights.find_map(|it| it.board(rope, place.offset))).flatten()?
        };
        match seat.rest().await {
            Remainder::Text(text) => Some(Ok(Some(offer(place, text)))),
            Remainder::Failed(why) => Some(Err(Unavailable::of(why))),
            Remainder::Nothing if seat.is_first() => Some(Ok(None)),
            Remainder::Nothing | Remainder::Other => None,
        }
    }

    /// What is left, behind the text of another place, of a call for this one.
    pub(super) async fn joined_behind(&self, place: &Place, behind: &Place) -> Option<Suggestion> {
        let seat = {
            let state = place.open.state();
            let mut flights =
                state.flights.iter().rev().filter(|it| it.generation == self.generation);
            let rope = &behind.open.document.rope;
            let is_now = state.revision == place.revision;
            is_now.then(|| flights.find_map(|it| it.board_ahead(rope, behind.offset))).flatten()?
        };
        match seat.rest().await {
            Remainder::Text(text) => Some(offer(behind, text)),
            Remainder::Failed(_) | Remainder::Nothing | Remainder::Other => None,
        }
    }

    /// Puts a hole to the router: what that comes to.
    pub(super) fn call(
        &self,
        models: &Models,
        spec: RequestSpec,
        gathered: GatheredContext,
        standby: Option<&Suggestion>,
        voice: Option<PartialPublisher>,
    ) -> impl Future<Output = InFlightState> + Send + use<> {
        let asked = spec.clone();
        let put = fill::put(models, &self.shared.syntax, spec, gathered, standby, voice);
        let models = models.clone();
        async move {
            let (outcome, fitted) = put.await;
            models.warn_of(&outcome).await;
            models.warn_of_price(asked, Arc::clone(&outcome)).await;
            came(&outcome, fitted)
        }
    }

    /// Puts a place to the router, in a call that later requests may join.
    pub(super) async fn send(
        &self,
        models: &Models,
        place: &Place,
        spec: RequestSpec,
        extent: CompletionScope,
        standby: Option<&Suggestion>,
        spare: Linger,
    ) -> Result<Option<Suggestion>, Unavailable> {
        let gathered = self.gather(place, Trigger::Automatic, extent);
        let anchor = Anchor::new(&place.open.document.rope, place.offset);
        let (cache, key) = (Arc::clone(&self.cache), self.key(place));
        let spare = match spare {
            Linger::No => Duration::ZERO,
            Linger::Moment => SPARE,
        };
        let (flight, seat) = InFlight::launch(anchor, self.generation, spare, |teller| {
            let call = self.call(models, spec, gathered, standby, Some(teller.voice()));
            async move {
                let state = call.await;
                keep(&cache, key, &state);
                teller.end(state);
            }
        });
        depart(place, flight);
        match seat.rest().await {
            Remainder::Text(text) => Ok(Some(offer(place, text))),
            Remainder::Failed(why) => Err(Unavailable::of(why)),
            Remainder::Nothing | Remainder::Other => Ok(None),
        }
    }
}

/// Whether a call that does not fit any more may go on for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linger {
    No,
    Moment,
}

/// Lets the requests behind know of a call, unless their text is another one already.
fn depart(place: &Place, flight: Arc<InFlight>) {
    let mut state = place.open.state();
    if state.revision != place.revision || state.closed {
        return;
    }
    state.flights.retain(|it| !it.is_over());
    let many = (state.flights.len() + 1).saturating_sub(MOST);
    state.flights.drain(..many);
    state.flights.push(flight);
}

fn came(outcome: &RequestOutcome, fitted: Option<Fit>) -> InFlightState {
    let answer = outcome.answer.as_ref().map(|it| (&it.by, it.total));
    match (answer, fitted) {
        (Some((AnsweredBy::Target(by), total)), Some(Fit { text, covers })) => {
            let (by, call) = (Arc::clone(by), total.map(|it| it.call));
            InFlightState::Said(ReceivedText { text, covers, by, call })
        }
        (Some((AnsweredBy::Target(_), _)), None) => InFlightState::Nothing,
        (Some((AnsweredBy::Standby, _)) | None, _) => InFlightState::Failed(outcome.missed.clone()),
    }
}

/// What a call came to, for the one place it was made for.
pub(super) fn settle(
    cache: &Mutex<CompletionCache>,
    key: CacheKey,
    place: &Place,
    state: InFlightState,
) -> Result<Option<Suggestion>, Unavailable> {
    keep(cache, key, &state);
    match state {
        InFlightState::Said(text) => Ok(Some(offer(place, text))),
        InFlightState::Failed(why) => Err(Unavailable::of(why)),
        InFlightState::Saying(_) | InFlightState::Nothing | InFlightState::Dropped => Ok(None),
    }
}

/// Keeps what somebody was paid for.
pub(super) fn keep(cache: &Mutex<CompletionCache>, key: CacheKey, state: &InFlightState) {
    let kept = match state {
        InFlightState::Said(ReceivedText { text, by, .. }) => {
            CachedCompletion { text: text.clone(), by: Arc::clone(by) }
        }
        // A model that inserts nothing here is not asked again while the text is the same.
        InFlightState::Nothing => CachedCompletion { text: String::new(), by: "".into() },
        InFlightState::Saying(_) | InFlightState::Failed(_) | InFlightState::Dropped => return,
    };
    cache.lock().put(key, kept, Instant::now());
}

fn offer(place: &Place, text: ReceivedText) -> Suggestion {
    let range = place.offset..place.offset + text.covers;
    Suggestion { text: text.text, range, by: text.by, confidence: None, call: text.call }
}
