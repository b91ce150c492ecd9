//! What was spent, how it went, and what was decided: durable, and shared by all windows.
//!
//! One SQLite file, owned by one thread. What is booked is sent to that thread and nobody waits;
//! what is asked of it is waited for as long as its asker can afford, and then done without. A file
//! that is locked, full, read-only or broken never stops a completion: the ledger goes on in memory
//! and says so once. It holds names, numbers and paths, and no source.
//!
//! Caps are held by `reserve` before a call and `book` after it. A reservation that is dropped is
//! given back; one whose process died expires.

mod book;
pub mod caps;
mod file;
mod queue;
pub mod reader;
pub mod record;
pub mod report;
mod schema;
mod silence;
mod store;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::usage::caps::SpentTotals;
use crate::usage::queue::LedgerQueue;
use crate::usage::record::{
    Call, CallId, CallMarks, Cooldown, Decision, Estimate, ReservationError, SentRecord, Silent,
    SpendingCaps,
};
use crate::usage::store::Store;

/// The name of the ledger in the state folder.
pub const FILE: &str = "ledger.sqlite";

/// The longest time within which `is_first_to_say` knows what was said.
pub const EVER: Duration = book::SUMS_KEPT;
/// How long a query waits for its result. Its caller can do without one.
const PATIENCE: Duration = Duration::from_secs(1);

/// A handle on the ledger. Clones are the same ledger.
#[derive(Clone)]
pub struct Ledger {
    place: Arc<LedgerLocation>,
}

/// Where work is done.
enum LedgerLocation {
    /// On a thread, which ends with the last handle.
    Thread(LedgerQueue),
    /// Where it is asked for: in memory nothing waits for a disk.
    Here(Box<Mutex<Store>>),
}

/// What was set aside for a call. Dropped before the call is booked, it is given back.
pub struct Reservation {
    /// `None` where no cap holds, and nothing had to be set aside.
    held: Option<(Ledger, i64)>,
}

impl Ledger {
    /// The ledger in a file, which is opened when it is first needed, behind the caller's back.
    pub fn open(path: PathBuf) -> Self {
        let (queue, work) = queue::queue();
        let thread = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || work.done_by(|| Store::open(Some(path))));
        match thread {
            Ok(_) => Self { place: Arc::new(LedgerLocation::Thread(queue)) },
            Err(error) => {
                tracing::warn!("no thread for the ledger ({error}): spending is counted in memory");
                Self::in_memory()
            }
        }
    }

    /// A ledger of this process alone, which answers at once: for those who have no state folder,
    /// and for tests, whose paused clocks know nothing of threads.
    pub fn in_memory() -> Self {
        Self { place: Arc::new(LedgerLocation::Here(Box::new(Mutex::new(Store::open(None))))) }
    }

    /// Sets aside what a call may cost, where caps hold.
    ///
    /// # Errors
    ///
    /// `ReservationError::Busy` if the ledger did not answer within `patience`, and the cap that is reached.
    pub async fn reserve(
        &self,
        now: SystemTime,
        estimate: Estimate,
        caps: SpendingCaps,
        patience: Duration,
    ) -> Result<Reservation, ReservationError> {
        if caps.are_none() {
            return Ok(Reservation { held: None });
        }
        let (sender, answer) = oneshot::channel();
        let job = move |store: &mut Store| {
            let reserved = store.reserve(now, &estimate, &caps, patience);
            if let Err(Ok(late)) = sender.send(reserved) {
                store.write(|it| caps::release(it, late));
            }
        };
        if !self.run(job) {
            return Err(ReservationError::Busy);
        }
        let reserved = timeout(patience, answer).await.ok().and_then(Result::ok);
        let id = reserved.unwrap_or(Err(ReservationError::Busy))?;
        Ok(Reservation { held: Some((self.clone(), id)) })
    }

    /// Books a call, and gives back what was set aside for it.
    pub fn book(&self, mut reservation: Reservation, call: Call) {
        let id = reservation.held.take().map(|(_, id)| id);
        self.tell(move |it| {
            book::call(it, &call)?;
            id.map_or(Ok(()), |id| caps::release(it, id))
        });
    }

    /// Adds what became of an answer: shown, accepted, kept.
    pub fn mark(&self, id: CallId, marks: CallMarks) {
        self.tell(move |it| book::mark(it, id, marks));
    }

    /// Keeps why somebody was asked, for `why`.
    pub fn decided(&self, decision: Decision) {
        self.tell(move |it| book::decision(it, &decision));
    }

    /// Keeps what left the machine, for `sent`.
    pub fn sent(&self, sent: SentRecord) {
        self.tell(move |it| book::sent(it, &sent));
    }

    /// Keeps why a document was shown nothing, for `why`; a row with the same id is replaced.
    pub fn silent(&self, silent: Silent) {
        self.tell(move |it| silence::write(it, &silent));
    }

    /// No window asks this target for a while.
    pub fn park(&self, park: Cooldown) {
        self.tell(move |it| book::park(it, &park));
    }

    pub fn unpark(&self, target: String) {
        self.tell(move |it| book::unpark(it, &target));
    }

    /// Who is parked, in any window. Those parked under other settings than the asker's are his to
    /// pass over.
    pub async fn parks(&self, now: SystemTime) -> Vec<Cooldown> {
        let parks = self.ask(move |store| store.read(|it| book::parks(it, now)));
        parks.await.unwrap_or_default()
    }

    /// What keys are hashed with; `None` where the file cannot be read.
    pub async fn salt(&self) -> Option<Vec<u8>> {
        self.ask(move |store| store.read(book::salt)).await.filter(|it| !it.is_empty())
    }

    /// Whether the asker is the first of all windows to say something within a time. Without an
    /// answer it is: twice is better than never.
    pub async fn is_first_to_say(&self, now: SystemTime, what: String, within: Duration) -> bool {
        let said = self.ask(move |store| store.say(now, &what, within));
        said.await.unwrap_or(true)
    }

    /// What was spent today and this month, on a provider or on all.
    pub async fn spent(
        &self,
        now: SystemTime,
        provider: Option<String>,
    ) -> (SpentTotals, SpentTotals) {
        let job =
            move |store: &mut Store| store.read(|it| caps::spent(it, now, provider.as_deref()));
        self.ask(job).await.unwrap_or_default()
    }

    /// The calls since a moment, oldest first: `report` makes sense of them.
    pub async fn calls(&self, since: SystemTime) -> Vec<Call> {
        let calls = self.ask(move |store| store.read(|it| book::calls(it, since)));
        calls.await.unwrap_or_default()
    }

    /// The last decisions, newest first.
    pub async fn decisions(&self, count: u32) -> Vec<Decision> {
        let decisions = self.ask(move |store| store.read(|it| book::decisions(it, count)));
        decisions.await.unwrap_or_default()
    }

    /// What was sent last, newest first.
    pub async fn sents(&self, count: u32) -> Vec<SentRecord> {
        let sents = self.ask(move |store| store.read(|it| book::sents(it, count)));
        sents.await.unwrap_or_default()
    }

    /// What is wrong with the file, in a sentence; `None` while nothing is.
    pub async fn trouble(&self) -> Option<String> {
        self.ask(|store| store.trouble().map(str::to_owned)).await.flatten()
    }

    /// Waits until all that was told is written: before the program ends.
    pub async fn settled(&self) {
        // Who waited long enough goes without.
        let _ = self.ask(|_| ()).await;
    }

    fn tell(&self, row: impl Fn(&Connection) -> rusqlite::Result<()> + Send + 'static) {
        let told = match &*self.place {
            LedgerLocation::Thread(queue) => queue.tell(Box::new(row)),
            LedgerLocation::Here(store) => {
                here(store).write(row);
                true
            }
        };
        if !told {
            tracing::warn!("the ledger cannot keep up: a row is lost");
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, answer) = oneshot::channel();
        // Nobody may be waiting any more.
        let sent = self.run(move |store| drop(sender.send(job(store))));
        if !sent {
            return None;
        }
        timeout(PATIENCE, answer).await.ok()?.ok()
    }

    /// Whether the job will be done.
    fn run(&self, job: impl FnOnce(&mut Store) + Send + 'static) -> bool {
        match &*self.place {
            LedgerLocation::Thread(queue) => queue.ask(Box::new(job)),
            LedgerLocation::Here(store) => {
                job(&mut here(store));
                true
            }
        }
    }
}

/// A job that panicked left a database behind, which is whole at all times.
fn here(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reservation {
    /// Of a call that no cap touches.
    pub fn none() -> Self {
        Self { held: None }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some((ledger, id)) = self.held.take() {
            ledger.tell(move |it| caps::release(it, id));
        }
    }
}
