//! Caps, enforced by reserving the cost of a call before it is sent. Each check is one transaction, so that
//! simultaneous windows see each other's reservations.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, Result, TransactionBehavior, params};

use crate::models::price::date;
use crate::models::price::money::Money;
use crate::usage::book::{from_millis, millis};
use crate::usage::record::{
    CapKind, Estimate, ReservationError, SpendingCap, SpendingCaps, SpendingLimit, Whose,
};

/// A reservation that starts later than this after now was made before the clock was set back. Clocks may
/// differ by less.
const SKEW: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_hours(24);

/// Amounts that are spent or reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpentTotals {
    pub money: Money,
    pub requests: u64,
    pub tokens: u64,
}

/// Reserves the cost of a call if all caps allow it. Returns the id of the reservation.
pub(super) fn reserve(
    connection: &mut Connection,
    now: SystemTime,
    estimate: &Estimate,
    caps: &SpendingCaps,
) -> Result<std::result::Result<i64, ReservationError>> {
    if estimate.money.is_none() && caps.count_money() {
        return Ok(Err(ReservationError::Unpriced));
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .prepare_cached("DELETE FROM reservation WHERE expires <= ?1 OR made > ?2")?
        .execute(params![millis(now), millis(now + SKEW)])?;
    let alike = SpendingCap { day: caps.alike, ..SpendingCap::default() };
    for (whose, cap) in
        [(Whose::Overall, caps.overall), (Whose::Own, caps.own), (Whose::Alike, alike)]
    {
        if let Some(refusal) = check(&transaction, now, estimate, whose, cap)? {
            return Ok(Err(refusal));
        }
    }
    let money = estimate.money.unwrap_or_default().picodollars();
    transaction
        .prepare_cached(
            "INSERT INTO reservation (made, expires, provider, picodollars, tokens, feature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            millis(now),
            millis(now + estimate.lasts),
            estimate.provider,
            money,
            estimate.tokens.min(i64::MAX as u64),
            estimate.feature
        ])?;
    let id = transaction.last_insert_rowid();
    transaction.commit()?;
    Ok(Ok(id))
}

pub(super) fn release(connection: &Connection, id: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM reservation WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Spending in the day and the month of `now`, of one provider or of all.
pub(super) fn spent(
    connection: &Connection,
    now: SystemTime,
    provider: Option<&str>,
) -> Result<(SpentTotals, SpentTotals)> {
    let date = date::of(now);
    let of = |period: &str| {
        connection
            .prepare_cached(
                "SELECT ifnull(sum(picodollars), 0), ifnull(sum(requests), 0),
                     ifnull(sum(tokens), 0) FROM spent
                 WHERE period = ?1 AND (?2 IS NULL OR provider = ?2)",
            )?
            .query_row(params![period, provider], row)
    };
    Ok((of(&date.to_string())?, of(&date::month(date))?))
}

/// Spending in the day of `now`, on one feature.
fn spent_on(connection: &Connection, now: SystemTime, feature: &str) -> Result<SpentTotals> {
    let (end, _) = date::ends(now);
    connection
        .prepare_cached(
            "SELECT ifnull(sum(picodollars), 0), count(*), ifnull(sum(prompt + output), 0)
             FROM call WHERE at >= ?1 AND at < ?2 AND feature = ?3",
        )?
        .query_row(params![millis(end - DAY), millis(end), feature], row)
}

fn reserved(
    connection: &Connection,
    provider: Option<&str>,
    feature: Option<&str>,
) -> Result<SpentTotals> {
    connection
        .prepare_cached(
            "SELECT ifnull(sum(picodollars), 0), count(*), ifnull(sum(tokens), 0)
             FROM reservation
             WHERE (?1 IS NULL OR provider = ?1) AND (?2 IS NULL OR feature = ?2)",
        )?
        .query_row(params![provider, feature], row)
}

fn row(row: &rusqlite::Row<'_>) -> Result<SpentTotals> {
    let money = Money::from_picodollars(row.get(0)?);
    Ok(SpentTotals { money, requests: row.get(1)?, tokens: row.get(2)? })
}

fn check(
    connection: &Connection,
    now: SystemTime,
    estimate: &Estimate,
    whose: Whose,
    cap: SpendingCap,
) -> Result<Option<ReservationError>> {
    if cap == SpendingCap::default() {
        return Ok(None);
    }
    let (provider, feature) = match whose {
        Whose::Overall => (None, None),
        Whose::Own => (Some(estimate.provider.as_str()), None),
        Whose::Alike => (None, Some(estimate.feature.as_str())),
    };
    let (day, month) = match feature {
        None => spent(connection, now, provider)?,
        Some(feature) => (spent_on(connection, now, feature)?, SpentTotals::default()),
    };
    let reserved = reserved(connection, provider, feature)?;
    let (day_ends, month_ends) = date::ends(now);
    let broken = |limit, spent, until| {
        let what = exceeded(limit, spent, reserved, estimate)?;
        Some(ReservationError::Capped { whose, what, until })
    };
    // The monthly cap comes first, since it lasts longer.
    Ok(broken(cap.month, month, month_ends).or_else(|| broken(cap.day, day, day_ends)))
}

/// A free call exceeds no cap in dollars, whatever was spent.
fn exceeded(
    limit: SpendingLimit,
    spent: SpentTotals,
    reserved: SpentTotals,
    estimate: &Estimate,
) -> Option<CapKind> {
    let money = estimate.money.unwrap_or_default();
    let over = |limit: Option<u64>, sum: u64| limit.is_some_and(|it| sum > it);
    let dollars = spent.money + reserved.money + money;
    let tokens = spent.tokens.saturating_add(reserved.tokens).saturating_add(estimate.tokens);
    if money > Money::ZERO && limit.money.is_some_and(|it| dollars > it) {
        Some(CapKind::Money)
    } else if over(limit.requests, spent.requests + reserved.requests + 1) {
        Some(CapKind::Requests)
    } else if over(limit.tokens, tokens) {
        Some(CapKind::Tokens)
    } else {
        None
    }
}

/// When the reservations expire, for readers outside of the server.
pub(super) fn pending(connection: &Connection) -> Result<Vec<SystemTime>> {
    let mut statement = connection.prepare_cached("SELECT expires FROM reservation")?;
    statement.query_map([], |row| Ok(from_millis(row.get(0)?)))?.collect()
}
