//! What waits for the ledger's thread. Rows that are told wait for others, so that a burst of them is
//! one write and wakes nobody between; what somebody waits for is done at once, and after all that
//! was told before it.

use std::mem;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::Result;

use crate::router::ledger::store::Store;

/// How much may wait. A disk that takes nothing for so long takes nothing more.
const MOST: usize = 4096;
/// How long rows wait for others: what a kill at the wrong moment costs.
const GATHER: Duration = Duration::from_millis(20);

/// A row to be written, or written again elsewhere where that failed.
pub(super) type Row = Box<dyn Fn(&Connection) -> Result<()> + Send>;

/// Work whose result somebody waits for.
pub(super) type Question = Box<dyn FnOnce(&mut Store) + Send>;

/// The asking end. Dropped, it lets the thread end once all is written.
pub(super) struct Queue {
    shared: Arc<Shared>,
}

/// The thread's end.
pub(super) struct Work {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    told: Condvar,
}

#[derive(Default)]
struct Waiting {
    rows: Vec<Row>,
    questions: Vec<Question>,
    /// One of the ends is gone.
    closed: bool,
}

pub(super) fn queue() -> (Queue, Work) {
    let shared = Arc::new(Shared::default());
    (Queue { shared: Arc::clone(&shared) }, Work { shared })
}

impl Queue {
    /// Whether the row will be written.
    pub(super) fn tell(&self, row: Row) -> bool {
        let mut waiting = self.shared.lock();
        if waiting.is_full() {
            return false;
        }
        waiting.rows.push(row);
        // The thread knows of the first, and looks for more by itself.
        if waiting.rows.len() == 1 {
            self.shared.told.notify_one();
        }
        true
    }

    /// Whether the question will be answered.
    pub(super) fn ask(&self, question: Question) -> bool {
        let mut waiting = self.shared.lock();
        if waiting.is_full() {
            return false;
        }
        waiting.questions.push(question);
        self.shared.told.notify_one();
        true
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Work {
    /// Works until nobody is left who could ask.
    pub(super) fn done_by(self, open: impl FnOnce() -> Store) {
        let (mut open, mut opened) = (Some(open), None);
        while let Some((rows, questions)) = self.next() {
            let store = match (&mut opened, open.take()) {
                (Some(store), _) => store,
                (none, Some(open)) => none.insert(open()),
                (None, None) => return,
            };
            store.write_all(rows);
            questions.into_iter().for_each(|it| it(store));
        }
    }

    fn next(&self) -> Option<(Vec<Row>, Vec<Question>)> {
        let told = &self.shared.told;
        let idle = |it: &mut Waiting| it.rows.is_empty() && it.is_calm();
        let mut waiting =
            told.wait_while(self.shared.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        if waiting.is_calm() {
            let gathered = told.wait_timeout_while(waiting, GATHER, |it| it.is_calm());
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        let work = (mem::take(&mut waiting.rows), mem::take(&mut waiting.questions));
        (!waiting.closed || !work.0.is_empty() || !work.1.is_empty()).then_some(work)
    }
}

impl Drop for Work {
    /// However the thread ended, nobody may wait for it.
    fn drop(&mut self) {
        self.shared.close();
        let mut waiting = self.shared.lock();
        (waiting.rows, waiting.questions) = Default::default();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.told.notify_one();
    }
}

impl Waiting {
    fn is_full(&self) -> bool {
        self.closed || self.rows.len() + self.questions.len() >= MOST
    }

    /// Whether nothing is to be done at once.
    fn is_calm(&self) -> bool {
        self.questions.is_empty() && !self.closed
    }
}
