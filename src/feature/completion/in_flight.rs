//! A call on its way, for every request that its text still fits.
//!
//! Who types on while somebody is being asked need not ask again: the newer request takes a seat in
//! the same call, and what is left of its text, as long as what has been said so far is what was
//! typed. A call in which nobody sits goes on for a moment only: for the next key's request, or for
//! the backspace that makes it fit again. One that has come stays for the keys behind it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ropey::Rope;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::feature::completion::anchor::Anchor;
use crate::router::outcome::MissedModel;
use crate::text::Edit;
use crate::usage::record::CallId;

/// How long a call that still fits goes on with nobody in it: an editor asks so long after a key.
const PATIENCE: Duration = Duration::from_millis(300);

/// A call of a document. The last who drops it ends it.
pub struct InFlight {
    /// Where it was asked for; `None` once that is no more.
    anchor: Mutex<Option<Anchor>>,
    /// The settings it was asked under.
    pub generation: u64,
    state: Arc<watch::Sender<InFlightState>>,
    wanted: Arc<watch::Sender<Demand>>,
    task: AbortHandle,
}

/// A text that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedText {
    pub text: String,
    /// Bytes right of the cursor that it covers.
    pub covers: usize,
    pub by: Arc<str>,
    pub call: Option<CallId>,
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InFlightState {
    /// So much was said.
    Saying(String),
    Said(ReceivedText),
    /// It came, and nothing of it can be shown.
    Nothing,
    /// Who was asked, and why each did not answer.
    Failed(Vec<MissedModel>),
    /// Nobody wanted it any more.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Demand {
    seats: usize,
    /// Whether what was typed last is what it says.
    fits: bool,
}

/// Tells those who sit in a call what it came to.
pub struct Publisher(Arc<watch::Sender<InFlightState>>);

/// Tells those who sit in a call what it says meanwhile.
pub struct PartialPublisher(Arc<watch::Sender<InFlightState>>);

/// A request's part in a call. Dropping it leaves the call.
pub struct Subscriber {
    flight: Arc<InFlight>,
    /// What was typed since it was asked for.
    typed: String,
}

/// What a call comes to for one who sits in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// What is left to type.
    Text(ReceivedText),
    Nothing,
    Failed(Vec<MissedModel>),
    /// It says something other than what was typed.
    Other,
}

impl InFlight {
    /// Sends a call off, with one seat taken. `spare` is how long it goes on with nobody in it once
    /// it does not fit. Needs a runtime around it.
    pub fn launch<F>(
        anchor: Anchor,
        generation: u64,
        spare: Duration,
        fly: impl FnOnce(Publisher) -> F,
    ) -> (Arc<Self>, Subscriber)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let state = Arc::new(watch::Sender::new(InFlightState::Saying(String::new())));
        let wanted = Arc::new(watch::Sender::new(Demand { seats: 1, fits: true }));
        let lonely = abandoned(wanted.subscribe(), spare);
        let call = fly(Publisher(Arc::clone(&state)));
        let task = tokio::spawn(async move {
            tokio::select! {
                () = call => {}
                () = lonely => {}
            }
        });
        let (anchor, task) = (Mutex::new(Some(anchor)), task.abort_handle());
        let flight = Arc::new(Self { anchor, generation, state, wanted, task });
        let seat = Subscriber { flight: Arc::clone(&flight), typed: String::new() };
        (flight, seat)
    }

    /// A seat for a request at `offset`, if the call's text still fits there.
    pub fn board(self: &Arc<Self>, rope: &Rope, offset: usize) -> Option<Subscriber> {
        let typed = self.fits(rope, offset);
        self.wanted.send_modify(|it| {
            it.fits = typed.is_some();
            it.seats += usize::from(typed.is_some());
        });
        Some(Subscriber { flight: Arc::clone(self), typed: typed? })
    }

    /// A seat for a request at a place that its user may come to, if the call's text fits there.
    pub fn board_ahead(self: &Arc<Self>, rope: &Rope, offset: usize) -> Option<Subscriber> {
        let typed = self.fits(rope, offset)?;
        self.wanted.send_modify(|it| it.seats += 1);
        Some(Subscriber { flight: Arc::clone(self), typed })
    }

    /// Follows an edit, `rope` being the text after it; false once there is nothing left of it.
    pub fn edited(&self, edit: &Edit, rope: &Rope) -> bool {
        let holds = self.anchor().as_mut().is_some_and(|it| it.follow(edit));
        if !holds {
            *self.anchor() = None;
        }
        let fits = holds && self.fits(rope, edit.new_end).is_some();
        self.wanted.send_modify(|it| it.fits = fits);
        holds && !self.is_over()
    }

    /// Whether nothing can come of it any more.
    pub fn is_over(&self) -> bool {
        match &*self.state.borrow() {
            InFlightState::Saying(_) | InFlightState::Said(_) => false,
            InFlightState::Nothing | InFlightState::Failed(_) | InFlightState::Dropped => true,
        }
    }

    /// What was typed since, where that is what it says.
    fn fits(&self, rope: &Rope, offset: usize) -> Option<String> {
        let typed = self.anchor().as_ref()?.typed(rope, offset)?;
        let fits = match &*self.state.borrow() {
            InFlightState::Saying(said) => agree(&typed, said),
            InFlightState::Said(text) => {
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

impl PartialPublisher {
    /// What was said so far.
    pub fn say(&self, said: String) {
        self.0.send_replace(InFlightState::Saying(said));
    }
}

impl Publisher {
    pub fn voice(&self) -> PartialPublisher {
        PartialPublisher(Arc::clone(&self.0))
    }

    /// What it came to.
    pub fn end(&self, state: InFlightState) {
        self.0.send_replace(state);
    }
}

impl Drop for Publisher {
    /// A call that ends without a word must not be waited for.
    fn drop(&mut self) {
        self.0.send_if_modified(|it| {
            let is_cut = matches!(it, InFlightState::Saying(_));
            if is_cut {
                *it = InFlightState::Dropped;
            }
            is_cut
        });
    }
}

impl Subscriber {
    /// Waits for what is left of the text, or until it says something else.
    pub async fn rest(&self) -> Remainder {
        let mut state = self.flight.state.subscribe();
        loop {
            match state.borrow_and_update().clone() {
                InFlightState::Saying(said) if agree(&self.typed, &said) => {}
                InFlightState::Saying(_) | InFlightState::Dropped => return self.other(),
                InFlightState::Said(text) => return self.left(text),
                InFlightState::Nothing => return Remainder::Nothing,
                InFlightState::Failed(why) => return Remainder::Failed(why),
            }
            if state.changed().await.is_err() {
                return Remainder::Other;
            }
        }
    }

    /// Whether nothing was typed since the call was asked for.
    pub fn is_first(&self) -> bool {
        self.typed.is_empty()
    }

    fn left(&self, text: ReceivedText) -> Remainder {
        match text.text.strip_prefix(&self.typed) {
            Some("") => Remainder::Nothing,
            Some(left) => Remainder::Text(ReceivedText { text: left.to_owned(), ..text }),
            None => self.other(),
        }
    }

    fn other(&self) -> Remainder {
        self.flight.wanted.send_modify(|it| it.fits = false);
        Remainder::Other
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.flight.wanted.send_modify(|it| it.seats -= 1);
    }
}

/// Whether one of the two goes on where the other ends.
fn agree(typed: &str, said: &str) -> bool {
    typed.starts_with(said) || said.starts_with(typed)
}

/// Comes back once nobody has sat in a call for a while.
async fn abandoned(mut wanted: watch::Receiver<Demand>, spare: Duration) {
    loop {
        let Ok(empty) = wanted.wait_for(|it| it.seats == 0).await.map(|it| *it) else { return };
        let patience = if empty.fits { PATIENCE } else { spare };
        match timeout(patience, wanted.wait_for(|it| *it != empty)).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests;
