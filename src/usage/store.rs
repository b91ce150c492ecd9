//! The file of the ledger, and the memory that stands in for it.
//!
//! Whatever happens to the file, work goes on: in memory, with what was last known of the day's and
//! the month's spending, until the file can be had again; then what memory holds moves into it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, Error, ErrorCode, Result, params};

use crate::models::price::date;
use crate::usage::queue::QueuedRow;
use crate::usage::record::{Estimate, ReservationError, SpendingCaps};
use crate::usage::{book, caps, file};

/// How long another window is waited for when nobody waits for us.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same when memory is emptied into the file, which a request may be waiting behind.
const HURRY: Duration = Duration::from_millis(15);
/// How often a file that failed is tried again, and how often one that works is looked for.
const RETRY: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(5);
/// How long writes go through memory after another window held the file for too long.
const QUIET: Duration = Duration::from_secs(2);
/// How often what is old is forgotten.
const PRUNE: Duration = Duration::from_secs(60 * 60);

/// Moves what memory holds into the file, each row once.
const MOVE: &str = "
    INSERT OR IGNORE INTO disk.call SELECT * FROM main.call;
    INSERT INTO disk.decision (at, feature, chosen, candidates)
        SELECT at, feature, chosen, candidates FROM main.decision ORDER BY id;
    INSERT INTO disk.sent (at, target, host, feature, files, bytes)
        SELECT at, target, host, feature, files, bytes FROM main.sent ORDER BY id;
    INSERT OR REPLACE INTO disk.park SELECT * FROM main.park;
    INSERT OR REPLACE INTO disk.silence SELECT * FROM main.silence;
    DELETE FROM main.silence;
    DELETE FROM main.call; DELETE FROM main.decision; DELETE FROM main.sent;
    DELETE FROM main.park; DELETE FROM main.spent; DELETE FROM main.reservation;
";

pub(super) struct Store {
    path: Option<PathBuf>,
    file: Option<Open>,
    memory: Connection,
    /// Whether memory holds what the file should.
    waiting: bool,
    /// When another window last held the file for longer than we wait.
    held: Option<Instant>,
    tried: Instant,
    pruned: Option<Instant>,
    /// What is wrong with the file, said once.
    trouble: Option<String>,
}

struct Open {
    connection: Connection,
    identity: Option<(u64, u64)>,
    looked: Instant,
}

impl Store {
    /// A ledger in a file, or in memory alone.
    pub(super) fn open(path: Option<PathBuf>) -> Self {
        let memory = file::memory().expect("a database in memory needs nothing but memory");
        let mut store = Self {
            path,
            file: None,
            memory,
            waiting: false,
            held: None,
            tried: Instant::now(),
            pruned: None,
            trouble: None,
        };
        store.connect(file::open);
        store
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Work that only adds: where the file cannot take it, memory does.
    pub(super) fn write(&mut self, work: impl Fn(&Connection) -> Result<()>) {
        self.settle_down();
        if let Some(open) = self.file.as_ref().filter(|_| self.held.is_none()) {
            match in_transaction(&open.connection, &work) {
                Ok(()) => return,
                Err(error) => self.failed(&error),
            }
        }
        self.waiting = self.path.is_some();
        if let Err(error) = work(&self.memory) {
            tracing::warn!("the ledger forgets a row: {error}");
        }
    }

    /// Rows in one go, or, where that fails, one by one.
    pub(super) fn write_all(&mut self, rows: Vec<QueuedRow>) {
        if let [row] = rows.as_slice() {
            return self.write(row);
        }
        if rows.is_empty() {
            return;
        }
        self.settle_down();
        if let Some(open) = self.file.as_ref().filter(|_| self.held.is_none()) {
            let all = |it: &Connection| rows.iter().try_for_each(|row| row(it));
            if in_transaction(&open.connection, &all).is_ok() {
                return;
            }
        }
        rows.iter().for_each(|it| self.write(it));
    }

    /// Work that only reads; nothing where even memory fails.
    pub(super) fn read<T: Default>(&mut self, work: impl Fn(&Connection) -> Result<T>) -> T {
        self.settle_down();
        let read = match &self.file {
            Some(open) => work(&open.connection),
            None => work(&self.memory),
        };
        read.unwrap_or_else(|error| {
            self.failed(&error);
            work(&self.memory).unwrap_or_default()
        })
    }

    /// Whether the asker is the first to say something; it is where nobody knows.
    pub(super) fn say(&mut self, now: SystemTime, what: &str, within: Duration) -> bool {
        self.settle_down();
        let connection = self.file.as_ref().map_or(&self.memory, |it| &it.connection);
        match book::say(connection, now, what, within) {
            Ok(is_first) => is_first,
            Err(error) => {
                self.failed(&error);
                book::say(&self.memory, now, what, within).unwrap_or(true)
            }
        }
    }

    pub(super) fn reserve(
        &mut self,
        now: SystemTime,
        estimate: &Estimate,
        caps: &SpendingCaps,
        patience: Duration,
    ) -> std::result::Result<i64, ReservationError> {
        self.settle_down();
        if let Some(open) = &mut self.file {
            // Where the timeout cannot be set the old one holds, which is not longer by much.
            let _ = open.connection.busy_timeout(patience * 3 / 4);
            let reserved = caps::reserve(&mut open.connection, now, estimate, caps);
            let _ = open.connection.busy_timeout(PATIENCE);
            match reserved {
                Ok(reserved) => return reserved,
                Err(error) if is_busy(&error) => return Err(ReservationError::Busy),
                Err(error) => self.failed(&error),
            }
        }
        let reserved = caps::reserve(&mut self.memory, now, estimate, caps);
        reserved.unwrap_or(Err(ReservationError::Busy))
    }

    /// Before any work: the file looked for, memory emptied into it, the old forgotten.
    fn settle_down(&mut self) {
        let path = self.path.as_deref();
        if let (Some(open), Some(path)) = (&mut self.file, path)
            && open.looked.elapsed() > LOOK
        {
            open.looked = Instant::now();
            if file::identity(path) != open.identity {
                self.file = None;
                self.connect(file::open);
            }
        }
        if self.file.is_none() && self.path.is_some() && self.tried.elapsed() > RETRY {
            self.connect(file::open);
        }
        self.held = self.held.filter(|it| it.elapsed() < QUIET);
        if self.waiting && self.file.is_some() && self.held.is_none() {
            self.waiting = self.empty_memory().is_err();
        }
        if self.pruned.is_none_or(|it| it.elapsed() > PRUNE) {
            self.pruned = Some(Instant::now());
            let connection = self.file.as_ref().map_or(&self.memory, |it| &it.connection);
            // What was not forgotten now will be in an hour.
            let _ = in_transaction(connection, &|it| book::prune(it, SystemTime::now()));
        }
    }

    fn connect(&mut self, open: fn(&Path) -> std::result::Result<Connection, file::LedgerError>) {
        let Some(path) = self.path.clone() else { return };
        self.tried = Instant::now();
        match open(&path) {
            Ok(connection) => {
                // Without it SQLite does not wait, and some rows go through memory.
                let _ = connection.busy_timeout(PATIENCE);
                let (identity, looked) = (file::identity(&path), Instant::now());
                self.file = Some(Open { connection, identity, looked });
                if self.trouble.take().is_some() {
                    tracing::info!("the ledger's file is back");
                }
            }
            Err(error) => self.warn(&path, &error.to_string()),
        }
    }

    /// After the file failed: one that is only busy is kept, any other is given up for a while.
    fn failed(&mut self, error: &Error) {
        if is_busy(error) {
            self.held = Some(Instant::now());
            return;
        }
        let Some(open) = self.file.take() else { return };
        self.carry(&open.connection);
        drop(open);
        let Some(path) = self.path.clone() else { return };
        if file::is_broken(error) {
            self.connect(file::reopen);
        } else {
            self.warn(&path, &error.to_string());
            self.tried = Instant::now();
        }
    }

    fn warn(&mut self, path: &Path, reason: &str) {
        let trouble = format!("the ledger {} cannot be used: {reason}", path.display());
        if self.trouble.is_none() {
            tracing::warn!("{trouble}; until it can, spending is counted in memory");
        }
        self.trouble = Some(trouble);
    }

    /// Takes over what the file last said was spent, so that caps go on to hold.
    fn carry(&self, file: &Connection) {
        let today = date::of(SystemTime::now());
        let carried = file.prepare("SELECT * FROM spent WHERE period IN (?1, ?2)").and_then(
            |mut statement| {
                let mut rows = statement.query(params![today.to_string(), date::month(today)])?;
                while let Some(row) = rows.next()? {
                    let (period, provider): (String, String) = (row.get(0)?, row.get(1)?);
                    let sums: [u64; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
                    self.memory.execute(
                        "INSERT INTO spent VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
                         SET picodollars = picodollars + excluded.picodollars,
                             requests = requests + excluded.requests,
                             tokens = tokens + excluded.tokens",
                        params![period, provider, sums[0], sums[1], sums[2]],
                    )?;
                }
                Ok(())
            },
        );
        if carried.is_err() {
            tracing::warn!("what was spent before is not known");
        }
    }

    fn empty_memory(&mut self) -> Result<()> {
        let Some(path) = self.path.as_deref() else { return Ok(()) };
        self.memory.busy_timeout(HURRY)?;
        self.memory.execute("ATTACH DATABASE ?1 AS disk", [path.to_string_lossy()])?;
        let moved = self.memory.execute_batch(&format!("BEGIN IMMEDIATE; {MOVE} COMMIT;"));
        if moved.is_err() && !self.memory.is_autocommit() {
            self.memory.execute_batch("ROLLBACK")?;
        }
        self.memory.execute_batch("DETACH DATABASE disk")?;
        moved
    }
}

fn in_transaction(on: &Connection, work: &impl Fn(&Connection) -> Result<()>) -> Result<()> {
    let transaction = on.unchecked_transaction()?;
    work(&transaction)?;
    transaction.commit()
}

fn is_busy(error: &Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// What tests do to a store that only time or a disk does otherwise.
#[cfg(test)]
impl Store {
    /// The file may grow by so many pages more.
    pub(super) fn limit_pages(&self, more: u32) {
        let connection = &self.file.as_ref().expect("there is a file").connection;
        let count: u32 =
            connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("it counts");

        connection
            .pragma_update_and_check(None, "max_page_count", count + more, |_| Ok(()))
            .expect("it can be limited");
    }

    /// As if all waiting was over.
    pub(super) fn retry_now(&mut self) {
        self.held = None;
        if self.file.is_none() {
            self.connect(file::open);
        }
    }

    /// As if the file had not been looked for in a while.
    pub(super) fn look_now(&mut self) {
        let open = self.file.as_mut().expect("there is a file");
        open.looked = open.looked.checked_sub(2 * LOOK).expect("the machine runs that long");
    }
}
