//! The ledger's tables. Each version is a migration step. Steps are only added, never changed.

use rusqlite::{Connection, Result, TransactionBehavior};

/// The step from each version to the next. Times are milliseconds since 1970.
const STEPS: [&str; 4] = [
    "
    CREATE TABLE call (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        day TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        feature TEXT NOT NULL,
        outcome TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        prompt INTEGER NOT NULL,
        cached INTEGER NOT NULL,
        written INTEGER NOT NULL,
        output INTEGER NOT NULL,
        reasoning INTEGER NOT NULL,
        picodollars INTEGER,
        estimated INTEGER NOT NULL,
        first_token INTEGER,
        total INTEGER NOT NULL,
        shown INTEGER NOT NULL,
        accepted INTEGER NOT NULL,
        kept INTEGER NOT NULL
    );
    CREATE INDEX call_at ON call (at);

    -- Sums of days and of months: what caps are held against, and what outlives pruned calls.
    CREATE TABLE spent (
        period TEXT NOT NULL,
        provider TEXT NOT NULL,
        picodollars INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        tokens INTEGER NOT NULL,
        PRIMARY KEY (period, provider)
    ) WITHOUT ROWID;
    CREATE TRIGGER call_day AFTER INSERT ON call BEGIN
        INSERT INTO spent VALUES (new.day, new.provider, ifnull(new.picodollars, 0), 1,
            new.prompt + new.output)
        ON CONFLICT DO UPDATE SET picodollars = picodollars + excluded.picodollars,
            requests = requests + 1, tokens = tokens + excluded.tokens;
    END;
    CREATE TRIGGER call_month AFTER INSERT ON call BEGIN
        INSERT INTO spent VALUES (substr(new.day, 1, 7), new.provider,
            ifnull(new.picodollars, 0), 1, new.prompt + new.output)
        ON CONFLICT DO UPDATE SET picodollars = picodollars + excluded.picodollars,
            requests = requests + 1, tokens = tokens + excluded.tokens;
    END;

    CREATE TABLE reservation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        made INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        provider TEXT NOT NULL,
        picodollars INTEGER NOT NULL,
        tokens INTEGER NOT NULL
    );
    CREATE TABLE decision (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        feature TEXT NOT NULL,
        chosen TEXT,
        candidates TEXT NOT NULL
    );
    CREATE TABLE sent (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        target TEXT NOT NULL,
        host TEXT NOT NULL,
        feature TEXT NOT NULL,
        files TEXT NOT NULL,
        bytes INTEGER NOT NULL
    );
    CREATE TABLE park (
        target TEXT PRIMARY KEY,
        since INTEGER NOT NULL,
        until INTEGER,
        settings TEXT NOT NULL,
        reason TEXT NOT NULL
    );
    CREATE TABLE said (
        what TEXT PRIMARY KEY,
        at INTEGER NOT NULL
    );
",
    "ALTER TABLE reservation ADD COLUMN feature TEXT NOT NULL DEFAULT '';",
    // Cooldowns without an end were for rejected keys, which were not recorded.
    "
    DELETE FROM park WHERE until IS NULL;
    ALTER TABLE park ADD COLUMN key TEXT;
    CREATE TABLE salt (bytes BLOB NOT NULL);
    INSERT INTO salt VALUES (randomblob(32));
",
    // `at` is the time of the last request: rows are pruned by it.
    "
    CREATE TABLE silence (
        id INTEGER PRIMARY KEY,
        first INTEGER NOT NULL,
        at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        document TEXT NOT NULL,
        reason TEXT NOT NULL
    );
    CREATE INDEX silence_at ON silence (at);
",
];

/// The version that this program writes.
pub(super) const VERSION: usize = STEPS.len();

pub(super) fn version(connection: &Connection) -> Result<usize> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Migrates a file to this version. A file from a newer program is left unchanged.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    if version(connection)? >= VERSION {
        return Ok(());
    }
    // Another window may be migrating it: the version is read again under the lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in STEPS.iter().skip(version(&transaction)?) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
