//! A running call, shared by every request that its text still fits.
//!
//! While the user types on during a call, the newer request subscribes to the same call instead of sending
//! another. It gets the rest of the text, as long as the text received so far agrees with what was typed. A
//! call without subscribers continues for a moment only: for the request of the next key, or for the
//! backspace that makes it fit again. A finished call is kept for the following keys.

pub mod publisher;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ropey::Rope;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::feature::completion::anchor::Anchor;
use crate::feature::completion::in_flight::publisher::{MarkDropped, PartialText, Publisher};
use crate::feature::document::Place;
use crate::reply::certainty::Certainty;
use crate::router::outcome::MissedModel;
use crate::text::Edit;
use crate::usage::record::CallId;

/// How long a call that still fits continues without subscribers. Editors send the next request within this
/// time of a key.
const GRACE: Duration = Duration::from_millis(300);
/// The same once its beginning is on the screen: the user reads, then types on or accepts it, and wants the rest.
const READ: Duration = Duration::from_secs(10);

/// The most calls kept per document.
const MOST: usize = 2;

/// A call of a document. Dropping the last reference ends it.
pub struct InFlight {
    /// The place it was made for; `None` once an edit has removed it.
    anchor: Mutex<Option<Anchor>>,
    /// The generation of the settings it was made under.
    pub generation: u64,
    state: Arc<watch::Sender<InFlightState>>,
    demand: Arc<watch::Sender<Demand>>,
    task: AbortHandle,
}

/// A complete text.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedText {
    pub text: String,
    pub certainty: Certainty,
    /// Bytes after the cursor that it replaces.
    pub covers: usize,
    pub by: Arc<str>,
    pub call: Option<CallId>,
}

/// The progress of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum InFlightState {
    Receiving(PartialText),
    Received(ReceivedText),
    /// An answer arrived, but nothing of it can be shown.
    Nothing,
    /// Why each model did not answer.
    Failed(Vec<MissedModel>),
    /// Ended without a result.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Demand {
    subscribers: usize,
    /// Whether the text agrees with what was typed last.
    fits: bool,
    /// Whether a subscriber got the beginning of the text.
    is_shown: bool,
}

/// One request that waits for a call. Dropping it unsubscribes.
pub struct Subscriber {
    flight: Arc<InFlight>,
    /// What was typed since the call was made.
    typed: String,
}

/// The result of a call for one subscriber.
#[derive(Clone, Debug, PartialEq)]
pub enum Remainder {
    /// The text that is left to type.
    Text(ReceivedText),
    /// The beginning of it, while its model writes the rest.
    Beginning(ReceivedText),
    Nothing,
    Failed(Vec<MissedModel>),
    /// The call's text is not what was typed.
    Other,
}

impl InFlight {
    /// Starts a call with one subscriber. The call publishes its text through a clone of `publisher`. `linger` is
    /// how long it continues without subscribers once it no longer fits. Needs a Tokio runtime.
    pub fn launch(
        anchor: Anchor,
        generation: u64,
        linger: Duration,
        publisher: Publisher,
        call: impl Future<Output = InFlightState> + Send + 'static,
    ) -> (Arc<Self>, Subscriber) {
        let state = Arc::clone(&publisher.0);
        let demand =
            Arc::new(watch::Sender::new(Demand { subscribers: 1, fits: true, is_shown: false }));
        let idle = abandoned(demand.subscribe(), linger);
        let mark = MarkDropped(publisher.0);
        let task = tokio::spawn(async move {
            tokio::select! {
                state = call => mark.end(state),
                () = idle => {}
            }
        });
        let (anchor, task) = (Mutex::new(Some(anchor)), task.abort_handle());
        let flight = Arc::new(Self { anchor, generation, state, demand, task });
        let subscriber = Subscriber { flight: Arc::clone(&flight), typed: String::new() };
        (flight, subscriber)
    }

    /// Subscribes a request at `offset`, if the call's text still fits there. If it does not, the call ends
    /// after `linger` without subscribers.
    pub fn subscribe(self: &Arc<Self>, rope: &Rope, offset: usize) -> Option<Subscriber> {
        let typed = self.fits(rope, offset);
        self.demand.send_modify(|it| {
            it.fits = typed.is_some();
            it.subscribers += usize::from(typed.is_some());
        });
        Some(Subscriber { flight: Arc::clone(self), typed: typed? })
    }

    /// Subscribes a request for a place that the user may reach, if the call's text fits there.
    pub fn subscribe_ahead(self: &Arc<Self>, rope: &Rope, offset: usize) -> Option<Subscriber> {
        let typed = self.fits(rope, offset)?;
        self.demand.send_modify(|it| it.subscribers += 1);
        Some(Subscriber { flight: Arc::clone(self), typed })
    }

    /// Follows an edit; `rope` is the text after it. Returns false once the call has no further use.
    pub fn edited(&self, edit: &Edit, rope: &Rope) -> bool {
        let holds = self.anchor().as_mut().is_some_and(|it| it.follow(edit));
        if !holds {
            *self.anchor() = None;
        }
        let fits = holds && self.fits(rope, edit.new_end).is_some();
        self.demand.send_modify(|it| it.fits = fits);
        holds && !self.is_over()
    }

    /// Whether the call ended without a text.
    pub fn is_over(&self) -> bool {
        match &*self.state.borrow() {
            InFlightState::Receiving(_) | InFlightState::Received(_) => false,
            InFlightState::Nothing | InFlightState::Failed(_) | InFlightState::Dropped => true,
        }
    }

    /// What was typed since, if the call's text agrees with it.
    fn fits(&self, rope: &Rope, offset: usize) -> Option<String> {
        let typed = self.anchor().as_ref()?.typed(rope, offset)?;
        let fits = match &*self.state.borrow() {
            InFlightState::Receiving(text) => agree(&typed, &text.so_far),
            InFlightState::Received(text) => {
                text.text.len() > typed.len() && text.text.starts_with(&typed)
            }
            InFlightState::Nothing | InFlightState::Failed(_) | InFlightState::Dropped => false,
        };
        fits.then_some(typed)
    }

    fn anchor(&self) -> parking_lot::MutexGuard<'_, Option<Anchor>> {
        self.anchor.lock()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Subscriber {
    /// Waits for the rest of the text or for a beginning of it, or until the text differs from what was typed.
    pub async fn rest(&self) -> Remainder {
        let mut state = self.flight.state.subscribe();
        loop {
            match state.borrow_and_update().clone() {
                InFlightState::Receiving(text) if agree(&self.typed, &text.so_far) => {
                    if let Some(left) = text.beginning.and_then(|it| self.rest_of(it)) {
                        self.flight.demand.send_modify(|it| it.is_shown = true);
                        return Remainder::Beginning(left);
                    }
                }
                InFlightState::Receiving(_) | InFlightState::Dropped => return self.other(),
                InFlightState::Received(text) => return self.left(text),
                InFlightState::Nothing => return Remainder::Nothing,
                InFlightState::Failed(why) => return Remainder::Failed(why),
            }
            if state.changed().await.is_err() {
                return Remainder::Other;
            }
        }
    }

    /// Whether nothing was typed since the call was made.
    pub fn is_first(&self) -> bool {
        self.typed.is_empty()
    }

    /// The rest of the text, if the call has ended with one.
    pub fn received(&self) -> Option<ReceivedText> {
        match &*self.flight.state.borrow() {
            InFlightState::Received(text) => self.rest_of(text.clone()),
            _ => None,
        }
    }

    fn left(&self, text: ReceivedText) -> Remainder {
        match text.text.starts_with(&self.typed) {
            true => self.rest_of(text).map_or(Remainder::Nothing, Remainder::Text),
            false => self.other(),
        }
    }

    /// What is left of a text behind what was typed, if anything.
    fn rest_of(&self, text: ReceivedText) -> Option<ReceivedText> {
        let left = text.text.strip_prefix(&self.typed).filter(|it| !it.is_empty())?.to_owned();
        let certainty = text.certainty.rest(self.typed.len());
        Some(ReceivedText { text: left, certainty, ..text })
    }

    fn other(&self) -> Remainder {
        self.flight.demand.send_modify(|it| it.fits = false);
        Remainder::Other
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.flight.demand.send_modify(|it| it.subscribers -= 1);
    }
}

/// Whether one of the two continues the other.
fn agree(typed: &str, text: &str) -> bool {
    typed.starts_with(text) || text.starts_with(typed)
}

/// Resolves once a call has had no subscribers for a while.
async fn abandoned(mut demand: watch::Receiver<Demand>, linger: Duration) {
    loop {
        let Ok(empty) = demand.wait_for(|it| it.subscribers == 0).await.map(|it| *it) else {
            return;
        };
        let grace = match (empty.fits, empty.is_shown) {
            (true, true) => READ,
            (true, false) => GRACE,
            (false, _) => linger,
        };
        match timeout(grace, demand.wait_for(|it| *it != empty)).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// Subscribes to a running or recent call of the place's document, if its text fits at the cursor.
pub(super) fn join(place: &Place, generation: u64) -> Option<Subscriber> {
    newest(place, generation, |it| it.subscribe(&place.open.document.rope, place.offset))
}

/// Whether a call of the place's document whose beginning was shown continues at the cursor.
pub(super) fn continues(place: &Place, generation: u64) -> bool {
    let state = place.open.state();
    let mut flights = state.flights.iter().filter(|it| it.generation == generation);
    let rope = &place.open.document.rope;
    flights.any(|it| it.demand.borrow().is_shown && it.fits(rope, place.offset).is_some())
}

/// Subscribes to a call of the place's document, if its text continues with the text of `behind`.
pub(super) fn join_behind(place: &Place, behind: &Place, generation: u64) -> Option<Subscriber> {
    newest(place, generation, |it| it.subscribe_ahead(&behind.open.document.rope, behind.offset))
}

fn newest(
    place: &Place,
    generation: u64,
    subscribe: impl Fn(&Arc<InFlight>) -> Option<Subscriber>,
) -> Option<Subscriber> {
    let state = place.open.state();
    if state.revision != place.revision {
        return None;
    }
    let flights = state.flights.iter().rev().filter(|it| it.generation == generation);
    flights.into_iter().find_map(subscribe)
}

/// Makes a call available to later requests, unless the document has changed since.
pub(super) fn register(place: &Place, flight: Arc<InFlight>) {
    let mut state = place.open.state();
    if state.revision != place.revision || state.closed {
        return;
    }
    state.flights.retain(|it| !it.is_over());
    let excess = (state.flights.len() + 1).saturating_sub(MOST);
    state.flights.drain(..excess);
    state.flights.push(flight);
}

#[cfg(test)]
mod tests;
