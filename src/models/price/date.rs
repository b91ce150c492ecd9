//! The calendar in UTC: providers bill by it, and caps of a day and a month hold by it.

use std::time::SystemTime;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

/// Date and time of a moment. A clock past the year 9999 is read as one of 1970.
pub fn utc(at: SystemTime) -> DateTime {
    Offset::UTC.to_datetime(Timestamp::try_from(at).unwrap_or_default())
}

pub fn of(at: SystemTime) -> Date {
    utc(at).date()
}

/// `2026-11`, the key of a month's sums in the ledger.
pub fn month(date: Date) -> String {
    date.strftime("%Y-%m").to_string()
}

/// When the next day begins, and when the next month does.
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
    fn a_day_and_a_month_end() {
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
