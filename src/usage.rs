//! The ledger: calls, spending, cooldowns and decisions. It is durable, and shared by all windows.
//!
//! One SQLite file, used by one thread. Writes are queued and return at once. A query waits for its result
//! until a deadline, and its caller continues without one. A file that is locked, full, read-only or broken
//! never stops a completion: the ledger continues in memory and reports that once. It contains names, numbers
//! and paths, and no source code.
//!
//! Caps are enforced by `reserve` before a call and `book` after it. A reservation that is dropped is
//! released; one of a process that died expires.

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
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use parking_lot::{Mutex, MutexGuard};
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

/// The longest period that `is_first_to_say` covers.
pub const EVER: Duration = book::SUMS_KEPT;
/// How long a query waits for its result. The caller continues without one.
const PATIENCE: Duration = Duration::from_secs(1);

/// A handle on the ledger. Clones are the same ledger.
#[derive(Clone)]
pub struct Ledger {
    place: Arc<LedgerLocation>,
}

enum LedgerLocation {
    /// Jobs run on a thread, which ends with the last handle.
    Thread(LedgerQueue),
    /// Jobs run on the caller's thread: in memory, none waits for a disk.
    Here(Box<Mutex<Store>>),
}

/// The amount reserved for a call. Dropping it before the call is booked releases it.
pub struct Reservation {
    /// `None` if no cap applies and nothing was reserved.
    held: Option<(Ledger, i64)>,
}

impl Ledger {
    /// The ledger in a file. A thread opens the file at the first use.
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

    /// A ledger of this process alone, which answers on the caller's thread. For processes without a state
    /// folder, and for tests with a paused clock, which does not pause threads.
    pub fn in_memory() -> Self {
        Self { place: Arc::new(LedgerLocation::Here(Box::new(Mutex::new(Store::open(None))))) }
    }

    /// Reserves what a call may cost, if a cap applies.
    ///
    /// # Errors
    ///
    /// `Capped` or `Unpriced` if a cap forbids the call; `Busy` if the ledger does not answer within
    /// `patience`.
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

    /// Records a call and releases its reservation.
    pub fn book(&self, mut reservation: Reservation, call: Call) {
        let id = reservation.held.take().map(|(_, id)| id);
        self.tell(move |it| {
            book::call(it, &call)?;
            id.map_or(Ok(()), |id| caps::release(it, id))
        });
    }

    /// Records what happened to an answer: shown, accepted, kept.
    pub fn mark(&self, id: CallId, marks: CallMarks) {
        self.tell(move |it| book::mark(it, id, marks));
    }

    /// Records a decision, for `why`.
    pub fn decided(&self, decision: Decision) {
        self.tell(move |it| book::decision(it, &decision));
    }

    /// Records what left the machine, for `sent`.
    pub fn sent(&self, sent: SentRecord) {
        self.tell(move |it| book::sent(it, &sent));
    }

    /// Records why a document got no suggestion, for `why`. A row with the same id is replaced.
    pub fn silent(&self, silent: Silent) {
        self.tell(move |it| silence::write(it, &silent));
    }

    /// Stops requests to a target in all windows.
    pub fn start_cooldown(&self, cooldown: Cooldown) {
        self.tell(move |it| book::start_cooldown(it, &cooldown));
    }

    pub fn end_cooldown(&self, target: String) {
        self.tell(move |it| book::end_cooldown(it, &target));
    }

    /// The current cooldowns of all windows. The caller skips those that were recorded under other settings.
    pub async fn cooldowns(&self, now: SystemTime) -> Vec<Cooldown> {
        let cooldowns = self.ask(move |store| store.read(|it| book::cooldowns(it, now)));
        cooldowns.await.unwrap_or_default()
    }

    /// The salt for hashes of keys; `None` if the file cannot be read.
    pub async fn salt(&self) -> Option<Vec<u8>> {
        self.ask(move |store| store.read(book::salt)).await.filter(|it| !it.is_empty())
    }

    /// Whether no window has reported `what` within a period; records it as reported. Without an answer it is
    /// true: a repeated message is better than a missing one.
    pub async fn is_first_to_say(&self, now: SystemTime, what: String, within: Duration) -> bool {
        let said = self.ask(move |store| store.say(now, &what, within));
        said.await.unwrap_or(true)
    }

    /// Spending of the current day and month, of one provider or of all.
    pub async fn spent(
        &self,
        now: SystemTime,
        provider: Option<String>,
    ) -> (SpentTotals, SpentTotals) {
        let job =
            move |store: &mut Store| store.read(|it| caps::spent(it, now, provider.as_deref()));
        self.ask(job).await.unwrap_or_default()
    }

    /// Calls since a time, oldest first. `report` aggregates them.
    pub async fn calls(&self, since: SystemTime) -> Vec<Call> {
        let calls = self.ask(move |store| store.read(|it| book::calls(it, since)));
        calls.await.unwrap_or_default()
    }

    /// The last decisions, newest first.
    pub async fn decisions(&self, count: u32) -> Vec<Decision> {
        let decisions = self.ask(move |store| store.read(|it| book::decisions(it, count)));
        decisions.await.unwrap_or_default()
    }

    /// The last requests that were sent, newest first.
    pub async fn sents(&self, count: u32) -> Vec<SentRecord> {
        let sents = self.ask(move |store| store.read(|it| book::sents(it, count)));
        sents.await.unwrap_or_default()
    }

    /// The file's problem in a sentence; `None` if there is none.
    pub async fn trouble(&self) -> Option<String> {
        self.ask(|store| store.trouble().map(str::to_owned)).await.flatten()
    }

    /// Waits, at most a second, until everything recorded so far is written: before the program ends.
    pub async fn settled(&self) {
        // After that second, the program ends without the last rows.
        let _ = self.ask(|_| ()).await;
    }

    fn tell(&self, row: impl Fn(&Connection) -> rusqlite::Result<()> + Send + 'static) {
        let queued = match &*self.place {
            LedgerLocation::Thread(queue) => queue.tell(Box::new(row)),
            LedgerLocation::Here(store) => {
                here(store).write(row);
                true
            }
        };
        if !queued {
            tracing::warn!("the ledger cannot keep up: a row is lost");
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, answer) = oneshot::channel();
        // After its deadline, the receiver is gone.
        let sent = self.run(move |store| drop(sender.send(job(store))));
        if !sent {
            return None;
        }
        timeout(PATIENCE, answer).await.ok()?.ok()
    }

    /// Returns whether the job was queued.
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

/// A job that panics leaves the database consistent.
fn here(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock()
}

impl Reservation {
    /// For a call that no cap applies to.
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
