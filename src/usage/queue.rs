//! The queue of the ledger's thread. Rows wait briefly for others, so that a burst of them causes one write
//! and one wake-up. A query runs at once, after all rows that were queued before it.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rusqlite::{Connection, Result};

use crate::usage::store::Store;

/// Highest number of queued rows and queries. Above it, the disk is considered stuck.
const MOST: usize = 4096;
/// How long rows wait for others. These rows are lost if the process is killed.
const GATHER: Duration = Duration::from_millis(20);

/// Writes a row. It is called again on another database if it fails.
pub(super) type QueuedRow = Box<dyn Fn(&Connection) -> Result<()> + Send>;

/// A job with a result that a caller waits for.
pub(super) type LedgerQuery = Box<dyn FnOnce(&mut Store) + Send>;

/// How long the end of the program waits for the disk.
const FAREWELL: Duration = Duration::from_millis(200);

/// The sending end. Dropping it writes all queued rows and ends the thread.
pub(super) struct LedgerQueue {
    shared: Arc<Shared>,
}

/// The receiving end.
pub(super) struct Work {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    told: Condvar,
    ended: Condvar,
}

#[derive(Default)]
struct Waiting {
    rows: Vec<QueuedRow>,
    questions: Vec<LedgerQuery>,
    /// One of the ends is gone.
    closed: bool,
    /// The thread has ended.
    ended: bool,
}

pub(super) fn queue() -> (LedgerQueue, Work) {
    let shared = Arc::new(Shared::default());
    (LedgerQueue { shared: Arc::clone(&shared) }, Work { shared })
}

impl LedgerQueue {
    /// Returns whether the row was queued.
    pub(super) fn tell(&self, row: QueuedRow) -> bool {
        let mut waiting = self.shared.waiting.lock();
        if waiting.is_full() {
            return false;
        }
        waiting.rows.push(row);
        // The first row wakes the thread, which then looks for more by itself.
        if waiting.rows.len() == 1 {
            self.shared.told.notify_one();
        }
        true
    }

    /// Returns whether the query was queued.
    pub(super) fn ask(&self, question: LedgerQuery) -> bool {
        let mut waiting = self.shared.waiting.lock();
        if waiting.is_full() {
            return false;
        }
        waiting.questions.push(question);
        self.shared.told.notify_one();
        true
    }
}

impl Drop for LedgerQueue {
    fn drop(&mut self) {
        self.shared.close();
        let mut waiting = self.shared.waiting.lock();
        // If the disk takes longer, the last rows are lost.
        self.shared.ended.wait_while_for(&mut waiting, |it| !it.ended, FAREWELL);
    }
}

impl Work {
    /// Runs jobs until the sending end is dropped.
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

    fn next(&self) -> Option<(Vec<QueuedRow>, Vec<LedgerQuery>)> {
        let told = &self.shared.told;
        let idle = |it: &mut Waiting| it.rows.is_empty() && it.is_calm();
        let mut waiting = self.shared.waiting.lock();
        told.wait_while(&mut waiting, idle);
        if waiting.is_calm() {
            told.wait_while_for(&mut waiting, |it| it.is_calm(), GATHER);
        }
        let work = (mem::take(&mut waiting.rows), mem::take(&mut waiting.questions));
        (!waiting.closed || !work.0.is_empty() || !work.1.is_empty()).then_some(work)
    }
}

impl Drop for Work {
    /// However the thread ends, no caller may wait for it.
    fn drop(&mut self) {
        self.shared.close();
        let mut waiting = self.shared.waiting.lock();
        (waiting.rows, waiting.questions) = Default::default();
        waiting.ended = true;
        self.shared.ended.notify_one();
    }
}

impl Shared {
    fn close(&self) {
        self.waiting.lock().closed = true;
        self.told.notify_one();
    }
}

impl Waiting {
    fn is_full(&self) -> bool {
        self.closed || self.rows.len() + self.questions.len() >= MOST
    }

    /// Whether nothing has to run at once.
    fn is_calm(&self) -> bool {
        self.questions.is_empty() && !self.closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Inserts its number into a table, which it creates if necessary.
    fn row(number: u32) -> QueuedRow {
        Box::new(move |it| {
            it.execute_batch("CREATE TABLE IF NOT EXISTS told (number)")?;
            it.execute("INSERT INTO told VALUES (?1)", [number]).map(|_| ())
        })
    }

    fn told(store: &mut Store) -> Vec<u32> {
        store.read(|it| {
            let mut all = it.prepare("SELECT number FROM told ORDER BY rowid")?;
            all.query_map([], |row| row.get(0))?.collect()
        })
    }

    #[test]
    fn a_query_sees_all_rows_queued_before_it() {
        let (queue, work) = queue();
        let (sender, answers) = mpsc::channel();
        let thread = thread::spawn(move || work.done_by(|| Store::open(None)));
        for round in 0..200 {
            assert!(queue.tell(row(round)));
            let sender = sender.clone();
            assert!(queue.ask(Box::new(move |store| sender.send(told(store)).unwrap())));
            assert_eq!(answers.recv().unwrap(), (0..=round).collect::<Vec<_>>());
        }
        drop(queue);
        thread.join().unwrap();
    }

    /// Threads queue rows and queries and end while the ledger's thread waits, gathers and writes: no row is
    /// lost, and no thread waits forever.
    #[test]
    fn rows_of_many_threads_are_all_written() {
        for round in 0..50 {
            let (queue, work) = queue();
            let (sender, answers) = mpsc::channel();
            let thread = thread::spawn(move || work.done_by(|| Store::open(None)));
            let queue = Arc::new(queue);
            let writers = (0..4).map(|writer| {
                let (queue, sender) = (Arc::clone(&queue), sender.clone());
                thread::spawn(move || {
                    (0..25).for_each(|it| assert!(queue.tell(row(100 * writer + it))));
                    let answer = move |store: &mut Store| sender.send(told(store)).unwrap();
                    assert!(queue.ask(Box::new(answer)));
                })
            });
            writers.collect::<Vec<_>>().into_iter().for_each(|it| it.join().unwrap());
            let last = answers.iter().take(4).max_by_key(Vec::len).unwrap();
            assert_eq!(last.len(), 100, "{round}");
            for writer in 0..4 {
                let own = last.iter().filter(|it| *it / 100 == writer);
                assert!(own.is_sorted(), "{round}");
            }
            drop(queue);
            thread.join().unwrap();
        }
    }

    #[test]
    fn dropping_the_queue_writes_all_rows() {
        for _ in 0..50 {
            let (queue, work) = queue();
            let (sender, written) = mpsc::channel();
            thread::spawn(move || work.done_by(|| Store::open(None)));
            assert!(queue.tell(Box::new(move |_| {
                // The row may be written more than once.
                _ = sender.send(());
                Ok(())
            })));
            drop(queue);
            assert_eq!(written.try_recv(), Ok(()));
        }
    }

    #[test]
    fn a_dead_thread_refuses_new_work() {
        let (queue, work) = queue();
        let thread = thread::spawn(move || work.done_by(|| Store::open(None)));
        assert!(queue.ask(Box::new(|_| panic!("as a bug would"))));
        assert!(thread.join().is_err());
        assert!(!queue.tell(row(1)));
        assert!(!queue.ask(Box::new(|_| ())));
    }
}
