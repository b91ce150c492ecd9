//! Reads and writes rows about completion requests that showed nothing.

use rusqlite::{Connection, Result, Row, params};

use crate::usage::book::{from_millis, millis};
use crate::usage::record::Silent;

/// Inserts a row, or replaces an earlier state of it.
pub(super) fn write(connection: &Connection, silent: &Silent) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO silence VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            silent.id,
            millis(silent.first),
            millis(silent.last),
            silent.count,
            silent.document,
            silent.reason
        ])?;
    Ok(())
}

/// The last rows, newest first; of one document if it is given.
pub(super) fn read(
    connection: &Connection,
    document: Option<&str>,
    count: u32,
) -> Result<Vec<Silent>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, first, at, count, document, reason FROM silence
         WHERE ?1 IS NULL OR document = ?1 ORDER BY at DESC, rowid LIMIT ?2",
    )?;
    let read = |row: &Row<'_>| {
        Ok(Silent {
            id: row.get(0)?,
            first: from_millis(row.get(1)?),
            last: from_millis(row.get(2)?),
            count: row.get(3)?,
            document: row.get(4)?,
            reason: row.get(5)?,
        })
    };
    statement.query_map(params![document, count], read)?.collect()
}
