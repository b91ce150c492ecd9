//! The calendar in UTC. Providers bill by it, and daily and monthly caps follow it.

use std::time::SystemTime;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

/// Date and time in UTC. A time after the year 9999 becomes 1970-01-01.
pub fn utc(at: SystemTime) -> DateTime {
    Offset::UTC.to_datetime(Timestamp::try_from(at).unwrap_or_default())
}

pub fn of(at: SystemTime) -> Date {
    utc(at).date()
}

/// A month such as `2026-11`, which is the key of its sums in the ledger.
pub fn month(date: Date) -> String {
    date.strftime("%Y-%m").to_string()
}

/// The starts of the next day and of the next month.
pub fn ends(at: SystemTime) -> (SystemTime, SystemTime) {
    let today = of(at);
    let month = today.first_of_month().saturating_add(1.month());
    let start = |it: Date| Offset::UTC.to_timestamp(it.into()).and_then(SystemTime::try_from);
    (start(today.saturating_add(1.day())).unwrap_or(at), start(month).unwrap_or(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_day_and_month_start_at_midnight_utc() {
        for (at, day, month) in [
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2028-01-31T12:00:00Z", "2028-02-01T00:00:00Z", "2028-02-01T00:00:00Z"),
        ] {
            let moment = |it: &str| SystemTime::try_from(it.parse::<Timestamp>().unwrap()).unwrap();
            assert_eq!(ends(moment(at)), (moment(day), moment(month)), "{at}");
            assert_eq!(of(moment(at)).to_string(), at[..10]);
        }
    }
}
