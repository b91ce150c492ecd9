//! Calls that outlive the request they were made for: who types on takes a seat in the one that is
//! on its way, and pays nobody for what it says already.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::feature::Engine;
use crate::feature::completion::Offer;
use crate::feature::completion::Silence;
use crate::feature::completion::anchor::Anchor;
use crate::feature::completion::cache::Cache;
use crate::feature::completion::cache::Kept;
use crate::feature::completion::cache::Key;
use crate::feature::completion::fill;
use crate::feature::completion::fill::Gathered;
use crate::feature::completion::in_flight::Flight;
use crate::feature::completion::in_flight::Rest;
use crate::feature::completion::in_flight::State;
use crate::feature::completion::in_flight::Text;
use crate::feature::completion::in_flight::Voice;
use crate::feature::document::Place;
use crate::feature::models::Models;
use crate::prompt::Extent;
use crate::prompt::Trigger;
use crate::reply::completion::fit::Fit;
use crate::router::need::Need;
use crate::router::outcome::By;
use crate::router::outcome::Outcome;

/// How long a call that does not fit any more goes on: its prompt is paid for, and a slip of the
/// finger is taken back as soon. A server of the user's own has better things to do.
const SPARE: Duration = Duration::from_millis(500);
/// Calls of a document that are kept.
const MOST: usize = 2;

impl Engine {
    /// What is left of a call that is on its way or has just come, where its text fits; `None`
    /// where there is none, or it says something else.
    pub(super) async fn join(&self, place: &Place) -> Option<Result<Option<Offer>, Silence>> {
        let seat = {
            let desk = place.open.desk();
            let flights = desk.flights.iter().rev();
            let mut flights = flights.filter(|it| it.generation == self.generation);
            let is_now = desk.revision == place.revision;
            let rope = &place.open.document.rope;
            is_now.then(|| flights.find_map(|it| it.board(rope, place.offset))).flatten()?
        };
        match seat.rest().await {
            Rest::Text(text) => Some(Ok(Some(offer(place, text)))),
            Rest::Failed(why) => Some(Err(Silence::of(why))),
            Rest::Nothing if seat.is_first() => Some(Ok(None)),
            Rest::Nothing | Rest::Other => None,
        }
    }

    /// What is left, behind the text of another place, of a call for this one.
    pub(super) async fn joined_behind(&self, place: &Place, behind: &Place) -> Option<Offer> {
        let seat = {
            let desk = place.open.desk();
            let mut flights =
                desk.flights.iter().rev().filter(|it| it.generation == self.generation);
            let rope = &behind.open.document.rope;
            let is_now = desk.revision == place.revision;
            is_now.then(|| flights.find_map(|it| it.board_ahead(rope, behind.offset))).flatten()?
        };
        match seat.rest().await {
            Rest::Text(text) => Some(offer(behind, text)),
            Rest::Failed(_) | Rest::Nothing | Rest::Other => None,
        }
    }

    /// Puts a hole to the router: what that comes to.
    pub(super) fn call(
        &self,
        models: &Models,
        need: Need,
        gathered: Gathered,
        standby: Option<&Offer>,
        voice: Option<Voice>,
    ) -> impl Future<Output = State> + Send + use<> {
        let asked = need.clone();
        let put = fill::put(models, &self.shared.syntax, need, gathered, standby, voice);
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
        need: Need,
        extent: Extent,
        standby: Option<&Offer>,
        spare: Spare,
    ) -> Result<Option<Offer>, Silence> {
        let gathered = self.gather(place, Trigger::Automatic, extent);
        let anchor = Anchor::new(&place.open.document.rope, place.offset);
        let (cache, key) = (Arc::clone(&self.cache), self.key(place));
        let spare = match spare {
            Spare::No => Duration::ZERO,
            Spare::Moment => SPARE,
        };
        let (flight, seat) = Flight::launch(anchor, self.generation, spare, |teller| {
            let call = self.call(models, need, gathered, standby, Some(teller.voice()));
            async move {
                let state = call.await;
                keep(&cache, key, &state);
                teller.end(state);
            }
        });
        depart(place, flight);
        match seat.rest().await {
            Rest::Text(text) => Ok(Some(offer(place, text))),
            Rest::Failed(why) => Err(Silence::of(why)),
            Rest::Nothing | Rest::Other => Ok(None),
        }
    }
}

/// Whether a call that does not fit any more may go on for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spare {
    No,
    Moment,
}

/// Lets the requests behind know of a call, unless their text is another one already.
fn depart(place: &Place, flight: Arc<Flight>) {
    let mut desk = place.open.desk();
    if desk.revision != place.revision || desk.closed {
        return;
    }
    desk.flights.retain(|it| !it.is_over());
    let many = (desk.flights.len() + 1).saturating_sub(MOST);
    desk.flights.drain(..many);
    desk.flights.push(flight);
}

fn came(outcome: &Outcome, fitted: Option<Fit>) -> State {
    let answer = outcome.answer.as_ref().map(|it| (&it.by, it.total));
    match (answer, fitted) {
        (Some((By::Target(by), total)), Some(Fit { text, covers })) => {
            let (by, call) = (Arc::clone(by), total.map(|it| it.call));
            State::Said(Text { text, covers, by, call })
        }
        (Some((By::Target(_), _)), None) => State::Nothing,
        (Some((By::Standby, _)) | None, _) => State::Failed(outcome.missed.clone()),
    }
}

/// What a call came to, for the one place it was made for.
pub(super) fn settle(
    cache: &Mutex<Cache>,
    key: Key,
    place: &Place,
    state: State,
) -> Result<Option<Offer>, Silence> {
    keep(cache, key, &state);
    match state {
        State::Said(text) => Ok(Some(offer(place, text))),
        State::Failed(why) => Err(Silence::of(why)),
        State::Saying(_) | State::Nothing | State::Dropped => Ok(None),
    }
}

/// Keeps what somebody was paid for.
pub(super) fn keep(cache: &Mutex<Cache>, key: Key, state: &State) {
    let kept = match state {
        State::Said(Text { text, by, .. }) => Kept { text: text.clone(), by: Arc::clone(by) },
        // A model that inserts nothing here is not asked again while the text is the same.
        State::Nothing => Kept { text: String::new(), by: "".into() },
        State::Saying(_) | State::Failed(_) | State::Dropped => return,
    };
    cache.lock().unwrap_or_else(PoisonError::into_inner).put(key, kept, Instant::now());
}

fn offer(place: &Place, text: Text) -> Offer {
    let range = place.offset..place.offset + text.covers;
    Offer { text: text.text, range, by: text.by, confidence: None, call: text.call }
}
