//! The ledger's file: opened, brought up to date, set aside when it is broken. It is private to
//! its user, as what it holds tells what they work on.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::storage;
use crate::usage::schema;

/// How long another window may take to open the same file.
const OPENING: Duration = Duration::from_secs(2);

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    /// Its folder, or the file itself, cannot be made.
    #[error("{0}")]
    Io(io::Error),
    #[error("{}", words(.0))]
    Sqlite(rusqlite::Error),
    #[error("a newer version of Understudy wrote it (version {0})")]
    Newer(usize),
}

/// Opens a file, or makes it. One that is broken is set aside, and another begun.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    if let Some(folder) = path.parent() {
        storage::folder().recursive(true).create(folder).map_err(LedgerError::Io)?;
    }
    // Only one window at a time changes which file it is, or what is in its head.
    let _lock = lock(path);
    match connect(path) {
        Err(LedgerError::Sqlite(error)) if is_broken(&error) => {
            set_aside(path).map_err(LedgerError::Io)?;
            connect(path)
        }
        opened => opened,
    }
}

/// Opens a file whose use has shown it to be broken: it is looked through from end to end, since
/// another window may have set it aside already.
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

/// Opens a file to be read by a command; `None` where there is none yet.
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

/// A ledger of this process alone.
pub(super) fn memory() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Whether what a file holds can never be read again.
pub(super) fn is_broken(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Which file a path leads to: windows would go on writing to one that was removed.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Elsewhere a file in use cannot be removed.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    path.is_file().then_some((0, 0))
}

fn connect(path: &Path) -> Result<Connection, LedgerError> {
    // SQLite gives its other files the mode of this one.
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
    // In WAL this loses nothing when the program dies, and the last moments when the power fails.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "journal_size_limit", 1 << 20)?;
    // Reads a page, which a text or a file cut short does not survive.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Keeps what is broken beside its successor, in case somebody can make sense of it.
fn set_aside(path: &Path) -> io::Result<()> {
    // Its log would be taken for the new file's.
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(path, end));
    }
    fs::rename(path, beside(path, ".broken"))
}

/// Held until it is dropped. A window that holds it for long has died or sleeps: others go on
/// without.
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

/// The message of an error without the code that SQLite puts before it.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(ffi::Error { code, .. }, message) => {
            message.clone().unwrap_or_else(|| format!("{code:?}"))
        }
        error => error.to_string(),
    }
}
