//! The ledger's file, and the database in memory that replaces it after a failure.
//!
//! Whatever happens to the file, work continues in memory, with the last known spending of the day and the
//! month. Once the file is usable again, the rows in memory are moved into it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, Error, ErrorCode, Result, params};

use crate::models::price::date;
use crate::usage::queue::QueuedRow;
use crate::usage::record::{Estimate, ReservationError, SpendingCaps};
use crate::usage::{book, caps, file};

/// How long to wait for another window's lock if no request waits.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same while memory is moved into the file: a request may be waiting for that.
const HURRY: Duration = Duration::from_millis(15);
/// How often a failed file is tried again, and how often a working file is checked for replacement.
const RETRY: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(5);
/// How long writes go to memory after another window held the lock for too long.
const QUIET: Duration = Duration::from_secs(2);
/// How often old rows are deleted.
const PRUNE: Duration = Duration::from_secs(60 * 60);

/// Moves each row once from memory into the file.
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
    /// Whether memory has rows that belong in the file.
    waiting: bool,
    /// When another window last held the lock for too long.
    held: Option<Instant>,
    tried: Instant,
    pruned: Option<Instant>,
    /// The file's problem. It is logged once.
    trouble: Option<String>,
}

struct Open {
    connection: Connection,
    identity: Option<(u64, u64)>,
    looked: Instant,
}

impl Store {
    /// A ledger in a file, or only in memory.
    pub(super) fn open(path: Option<PathBuf>) -> Self {
        let memory = file::memory().expect("a database in memory has no file that could fail");
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

    /// Runs work that only adds rows. If the file fails, the rows go to memory.
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
            tracing::warn!("the ledger lost a row: {error}");
        }
    }

    /// Writes rows in one transaction, or one by one if that fails.
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

    /// Runs work that only reads. Returns the default if even memory fails.
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

    /// Whether `what` was not recorded within a period; true if that is unknown. Records it.
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
            // If the timeout cannot be set, the old one applies, which is not much longer.
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

    /// Before each job: checks the file, moves memory into it, deletes old rows.
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
            // If this fails, it is repeated in an hour.
            let _ = in_transaction(connection, &|it| book::prune(it, SystemTime::now()));
        }
    }

    fn connect(&mut self, open: fn(&Path) -> std::result::Result<Connection, file::LedgerError>) {
        let Some(path) = self.path.clone() else { return };
        self.tried = Instant::now();
        match open(&path) {
            Ok(connection) => {
                // If this fails, SQLite does not wait, and some rows go through memory.
                let _ = connection.busy_timeout(PATIENCE);
                let (identity, looked) = (file::identity(&path), Instant::now());
                self.file = Some(Open { connection, identity, looked });
                if self.trouble.take().is_some() {
                    tracing::info!("the ledger's file can be used again");
                }
            }
            Err(error) => self.warn(&path, &error.to_string()),
        }
    }

    /// Handles an error of the file. A busy file stays open; any other is closed and tried again later.
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

    /// Copies the file's last known spending to memory, so that caps still apply.
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
            tracing::warn!("earlier spending is unknown, and caps do not count it");
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

/// For tests: effects that otherwise only time or a disk has.
#[cfg(test)]
impl Store {
    /// Lets the file grow by `more` pages at most.
    pub(super) fn limit_pages(&self, more: u32) {
        let connection = &self.file.as_ref().expect("there is a file").connection;
        let count: u32 =
            connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("it counts");

        connection
            .pragma_update_and_check(None, "max_page_count", count + more, |_| Ok(()))
            .expect("it can be limited");
    }

    /// Ends all waiting times.
    pub(super) fn retry_now(&mut self) {
        self.held = None;
        if self.file.is_none() {
            self.connect(file::open);
        }
    }

    /// Makes the next check of the file due.
    pub(super) fn look_now(&mut self) {
        let open = self.file.as_mut().expect("there is a file");
        open.looked = open.looked.checked_sub(2 * LOOK).expect("the machine has run for longer");
    }
}
