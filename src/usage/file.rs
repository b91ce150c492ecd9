//! Opens the ledger's file, migrates it, and replaces it if it is broken. Only the user can read it: its rows
//! show what the user works on.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::storage;
use crate::usage::schema;

/// How long to wait for another window that opens the same file.
const OPENING: Duration = Duration::from_secs(2);

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    /// The folder or the file cannot be created.
    #[error("{0}")]
    Io(io::Error),
    #[error("{}", words(.0))]
    Sqlite(rusqlite::Error),
    #[error("a newer version of Understudy wrote it (version {0})")]
    Newer(usize),
}

/// Opens or creates a file. A broken file is renamed and replaced.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    if let Some(folder) = path.parent() {
        storage::folder().recursive(true).create(folder).map_err(LedgerError::Io)?;
    }
    // Only one window at a time may replace the file or change its header.
    let _lock = lock(path);
    match connect(path) {
        Err(LedgerError::Sqlite(error)) if is_broken(&error) => {
            set_aside(path).map_err(LedgerError::Io)?;
            connect(path)
        }
        opened => opened,
    }
}

/// Reopens a file that proved to be broken. The whole file is checked first, since another window may have
/// replaced it already.
pub(super) fn reopen(path: &Path) -> Result<Connection, LedgerError> {
    {
        let _lock = lock(path);
        let is_broken = match connect(path).map(|it| is_whole(&it)) {
            Ok(Ok(whole)) => !whole,
            Ok(Err(error)) | Err(LedgerError::Sqlite(error)) => is_broken(&error),
            Err(LedgerError::Io(_) | LedgerError::Newer(_)) => false,
        };
        if is_broken {
            set_aside(path).map_err(LedgerError::Io)?;
        }
    }
    open(path)
}

fn is_whole(connection: &Connection) -> rusqlite::Result<bool> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(found == "ok")
}

/// Opens a file for a command; `None` if no ledger exists yet.
pub(super) fn read(path: &Path) -> Result<Option<Connection>, LedgerError> {
    if !path.is_file() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(LedgerError::Sqlite)?;
    connection.busy_timeout(OPENING).map_err(LedgerError::Sqlite)?;
    match schema::version(&connection).map_err(LedgerError::Sqlite)? {
        0 => Ok(None),
        newer if newer > schema::VERSION => Err(LedgerError::Newer(newer)),
        _ => {
            schema::migrate(&mut connection).map_err(LedgerError::Sqlite)?;
            Ok(Some(connection))
        }
    }
}

/// A database in memory.
pub(super) fn memory() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Whether an error means that the file is damaged beyond use.
pub(super) fn is_broken(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Identifies the file behind a path. A window would otherwise continue to write to a removed file.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// On other systems, a file in use cannot be removed.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    path.is_file().then_some((0, 0))
}

fn connect(path: &Path) -> Result<Connection, LedgerError> {
    // SQLite creates its other files with the mode of this file.
    storage::file().create(true).append(true).open(path).map_err(LedgerError::Io)?;
    let mut connection = prepare(path).map_err(LedgerError::Sqlite)?;
    schema::migrate(&mut connection).map_err(LedgerError::Sqlite)?;
    match schema::version(&connection).map_err(LedgerError::Sqlite)? {
        newer if newer > schema::VERSION => Err(LedgerError::Newer(newer)),
        _ => Ok(connection),
    }
}

fn prepare(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(OPENING)?;
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        connection.pragma_update(None, "journal_mode", "wal")?;
    }
    // In WAL mode, a crash of the program loses nothing, and a power failure the last moments.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "journal_size_limit", 1 << 20)?;
    // Reads a page. That fails for a text file and for a truncated file.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Renames a broken file, so that it can be examined.
fn set_aside(path: &Path) -> io::Result<()> {
    // SQLite would apply the old file's log to the new file.
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(path, end));
    }
    fs::rename(path, beside(path, ".broken"))
}

/// Held until it is dropped. A window that holds it for longer than `OPENING` has died or is suspended. The
/// caller then continues without the lock.
fn lock(path: &Path) -> Option<File> {
    let file = storage::file().create(true).append(true).open(beside(path, ".lock")).ok()?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) if start.elapsed() < OPENING => {
                thread::sleep(Duration::from_millis(2));
            }
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
        }
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The message of an error, without SQLite's code.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(ffi::Error { code, .. }, message) => {
            message.clone().unwrap_or_else(|| format!("{code:?}"))
        }
        error => error.to_string(),
    }
}
