//! Reads and writes the ledger's rows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Result, Row, params};
use serde::de::DeserializeOwned;

use crate::models::price::date;
use crate::models::price::money::Money;
use crate::models::token_usage::Usage;
use crate::usage::record::{Call, CallId, CallMarks, CallOutcome, Cooldown, Decision, SentRecord};

/// A higher count is a provider's error. Sums of this number still fit a column.
const MOST_TOKENS: u64 = 1_000_000_000;
/// Ten thousand dollars. A higher cost is an error too.
const MOST_MONEY: u64 = 10_000_000_000_000_000;

/// How long rows are kept, and the highest number of rows per table.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
const MOST_ROWS: [(&str, u32); 4] =
    [("call", 200_000), ("sent", 20_000), ("decision", 2_000), ("silence", 1_000)];
/// Sums of days are kept for longer, so that no month loses a day.
pub(super) const SUMS_KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// A call that is inserted twice is stored once.
pub(super) fn call(connection: &Connection, call: &Call) -> Result<()> {
    let usage = &call.usage;
    let tokens = |it: u64| it.min(MOST_TOKENS);
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO call VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
                 ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            call.id.0,
            millis(call.at),
            date::of(call.at).to_string(),
            call.provider,
            call.model,
            call.feature,
            call.outcome.as_str(),
            call.attempt,
            tokens(usage.prompt),
            tokens(usage.cached),
            tokens(usage.written),
            tokens(usage.output),
            tokens(usage.reasoning),
            call.money.map(|it| it.picodollars().min(MOST_MONEY)),
            call.estimated,
            call.first_token.map(duration),
            duration(call.total),
            call.marks.shown,
            call.marks.accepted,
            call.marks.kept,
        ])?;
    Ok(())
}

/// Adds marks to a call. Marks are never removed.
pub(super) fn mark(connection: &Connection, id: CallId, marks: CallMarks) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE call SET shown = max(shown, ?2), accepted = max(accepted, ?3),
                 kept = max(kept, ?4) WHERE id = ?1",
        )?
        .execute(params![id.0, marks.shown, marks.accepted, marks.kept])?;
    Ok(())
}

/// Calls since a time, oldest first.
pub(super) fn calls(connection: &Connection, since: SystemTime) -> Result<Vec<Call>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at, provider, model, feature, outcome, attempt, prompt, cached, written,
             output, reasoning, picodollars, estimated, first_token, total, shown, accepted, kept
         FROM call WHERE at >= ?1 ORDER BY at",
    )?;
    statement.query_map([millis(since)], read_call)?.collect()
}

fn read_call(row: &Row<'_>) -> Result<Call> {
    let usage = Usage {
        prompt: row.get(7)?,
        cached: row.get(8)?,
        written: row.get(9)?,
        output: row.get(10)?,
        reasoning: row.get(11)?,
        // The cost is in the call's own column.
        ..Usage::default()
    };
    let money: Option<u64> = row.get(12)?;
    let first_token: Option<u64> = row.get(14)?;
    Ok(Call {
        id: CallId(row.get(0)?),
        at: from_millis(row.get(1)?),
        provider: row.get(2)?,
        model: row.get(3)?,
        feature: row.get(4)?,
        outcome: CallOutcome::parse(row.get(5)?),
        attempt: row.get(6)?,
        usage,
        money: money.map(Money::from_picodollars),
        estimated: row.get(13)?,
        first_token: first_token.map(Duration::from_millis),
        total: Duration::from_millis(row.get(15)?),
        marks: CallMarks { shown: row.get(16)?, accepted: row.get(17)?, kept: row.get(18)? },
    })
}

pub(super) fn decision(connection: &Connection, decision: &Decision) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO decision (at, feature, chosen, candidates) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            millis(decision.at),
            decision.feature,
            decision.chosen,
            json(&decision.candidates)
        ])?;
    Ok(())
}

/// The last decisions, newest first.
pub(super) fn decisions(connection: &Connection, count: u32) -> Result<Vec<Decision>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, feature, chosen, candidates FROM decision ORDER BY id DESC LIMIT ?1",
    )?;
    let read = |row: &Row<'_>| {
        Ok(Decision {
            at: from_millis(row.get(0)?),
            feature: row.get(1)?,
            chosen: row.get(2)?,
            candidates: list(&row.get::<_, String>(3)?),
        })
    };
    statement.query_map([count], read)?.collect()
}

pub(super) fn sent(connection: &Connection, sent: &SentRecord) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO sent (at, target, host, feature, files, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            millis(sent.at),
            sent.target,
            sent.host,
            sent.feature,
            json(&sent.files),
            sent.bytes.min(i64::MAX as u64)
        ])?;
    Ok(())
}

/// The last requests that were sent, newest first.
pub(super) fn sents(connection: &Connection, count: u32) -> Result<Vec<SentRecord>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, target, host, feature, files, bytes FROM sent ORDER BY id DESC LIMIT ?1",
    )?;
    let read = |row: &Row<'_>| {
        Ok(SentRecord {
            at: from_millis(row.get(0)?),
            target: row.get(1)?,
            host: row.get(2)?,
            feature: row.get(3)?,
            files: list(&row.get::<_, String>(4)?),
            bytes: row.get(5)?,
        })
    };
    statement.query_map([count], read)?.collect()
}

pub(super) fn start_cooldown(connection: &Connection, cooldown: &Cooldown) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO park VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            cooldown.target,
            millis(cooldown.since),
            cooldown.until.map(millis),
            cooldown.settings,
            cooldown.reason,
            cooldown.key
        ])?;
    Ok(())
}

pub(super) fn end_cooldown(connection: &Connection, target: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM park WHERE target = ?1")?.execute([target])?;
    Ok(())
}

/// Current cooldowns. A cooldown that starts more than a minute after now was recorded before the clock was
/// set back. Its end is unknown, so it is left out.
pub(super) fn cooldowns(connection: &Connection, now: SystemTime) -> Result<Vec<Cooldown>> {
    let mut statement = connection.prepare_cached(
        "SELECT target, since, until, settings, reason, key FROM park
         WHERE (until IS NULL OR until > ?1) AND since <= ?1 + 60000 ORDER BY target",
    )?;
    let read = |row: &Row<'_>| {
        let until: Option<i64> = row.get(2)?;
        Ok(Cooldown {
            target: row.get(0)?,
            since: from_millis(row.get(1)?),
            until: until.map(from_millis),
            settings: row.get(3)?,
            reason: row.get(4)?,
            key: row.get(5)?,
        })
    };
    statement.query_map([millis(now)], read)?.collect()
}

/// The salt for hashes of keys: random, and the same for all windows.
pub(super) fn salt(connection: &Connection) -> Result<Vec<u8>> {
    connection.query_row("SELECT bytes FROM salt", [], |row| row.get(0))
}

/// Whether `what` was not recorded within a period before now; records it.
pub(super) fn say(
    connection: &Connection,
    now: SystemTime,
    what: &str,
    within: Duration,
) -> Result<bool> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO said VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = excluded.at
             WHERE at <= ?3 OR at > ?2 + 60000",
        )?
        .execute(params![what, millis(now), millis(now) - duration(within)])?;
    Ok(changed > 0)
}

/// Deletes old rows and rows above the limits. If the newest call is older than the limit, the clock is
/// probably wrong, and no row is deleted for its age: that would delete the whole history.
pub(super) fn prune(connection: &Connection, now: SystemTime) -> Result<()> {
    let newest: Option<i64> =
        connection.query_row("SELECT max(at) FROM call WHERE at <= ?1", [millis(now)], |row| {
            row.get(0)
        })?;
    if newest.is_some_and(|it| it > millis(now) - duration(KEPT)) {
        for (table, _) in MOST_ROWS {
            let old = format!("DELETE FROM {table} WHERE at < ?1");
            connection.execute(&old, [millis(now) - duration(KEPT)])?;
        }
        let day = date::of(now.checked_sub(SUMS_KEPT).unwrap_or(UNIX_EPOCH));
        connection.execute("DELETE FROM spent WHERE period < ?1", [day.to_string()])?;
        let said = millis(now) - duration(SUMS_KEPT);
        connection.execute("DELETE FROM said WHERE at < ?1", [said])?;
    }
    for (table, most) in MOST_ROWS {
        let oldest = format!(
            "DELETE FROM {table} WHERE at <
                 (SELECT at FROM {table} ORDER BY at DESC LIMIT 1 OFFSET {most})"
        );
        connection.execute(&oldest, [])?;
    }
    Ok(())
}

pub(super) fn millis(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).map_or(0, duration)
}

pub(super) fn from_millis(millis: i64) -> SystemTime {
    let since = Duration::from_millis(millis.max(0).unsigned_abs());
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}

fn duration(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

fn json(list: &impl serde::Serialize) -> String {
    serde_json::to_string(list).expect("lists of strings are JSON")
}

/// A list that cannot be parsed is empty: the rest of its row is still useful.
fn list<T: DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).unwrap_or_default()
}
