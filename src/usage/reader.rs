//! Read access to the ledger for commands, which run outside of the server.

use std::path::Path;
use std::time::SystemTime;

use rusqlite::Connection;

use crate::usage::caps::SpentTotals;
use crate::usage::record::{Call, Cooldown, Decision, SentRecord, Silent};
use crate::usage::{book, caps, file, silence};

/// A ledger that exists.
pub struct Reader(Connection);

/// Why an existing ledger cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ReaderError(file::LedgerError);

type Result<T> = std::result::Result<T, ReaderError>;

impl Reader {
    /// Opens the ledger in a file; `None` if nothing was booked yet.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        Ok(file::read(path).map_err(ReaderError)?.map(Self))
    }

    /// Calls since a time, oldest first.
    pub fn calls(&self, since: SystemTime) -> Result<Vec<Call>> {
        book::calls(&self.0, since).map_err(failed)
    }

    /// Spending of the current day and month, of one provider or of all.
    pub fn spent(
        &self,
        now: SystemTime,
        provider: Option<&str>,
    ) -> Result<(SpentTotals, SpentTotals)> {
        caps::spent(&self.0, now, provider).map_err(failed)
    }

    /// The last decisions, newest first.
    pub fn decisions(&self, count: u32) -> Result<Vec<Decision>> {
        book::decisions(&self.0, count).map_err(failed)
    }

    /// The last requests that were sent, newest first.
    pub fn sent(&self, count: u32) -> Result<Vec<SentRecord>> {
        book::sents(&self.0, count).map_err(failed)
    }

    /// Why nothing was shown, newest first; for one document if it is given.
    pub fn silences(&self, document: Option<&str>, count: u32) -> Result<Vec<Silent>> {
        silence::read(&self.0, document, count).map_err(failed)
    }

    /// Current cooldowns.
    pub fn cooldowns(&self, now: SystemTime) -> Result<Vec<Cooldown>> {
        book::cooldowns(&self.0, now).map_err(failed)
    }

    /// Number of calls in progress. Calls of dead processes count until their reservations expire.
    pub fn pending(&self, now: SystemTime) -> Result<usize> {
        let expire = caps::pending(&self.0).map_err(failed)?;
        Ok(expire.iter().filter(|it| **it > now).count())
    }
}

fn failed(error: rusqlite::Error) -> ReaderError {
    ReaderError(file::LedgerError::Sqlite(error))
}
