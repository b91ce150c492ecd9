//! Hours of a week in which a price applies.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::{Offset, TimeZone};

/// Hours on certain weekdays, as in LiteLLM's `off_peak_pricing`: the hours are in UTC, the weekdays in
/// `zone`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricePeriod {
    /// Includes `start`, excludes `end`. If `end` is not later than `start`, the period continues past
    /// midnight UTC.
    start: Time,
    end: Time,
    /// Bit 0 is Monday.
    days: u8,
    zone: TimeZone,
}

impl PricePeriod {
    /// Parses hours such as `22:00-06:00`, the digits of weekdays (1 is Monday), and the IANA name of their
    /// time zone.
    pub fn parse(hours: &str, days: &str, zone: &str) -> Option<Self> {
        let (start, end) = hours.split_once('-')?;
        let (start, end) = (start.trim().parse().ok()?, end.trim().parse().ok()?);
        let mut bits = 0;
        for day in days.chars() {
            let day = day.to_digit(10).filter(|it| (1..=7).contains(it))?;
            bits |= 1 << (day - 1);
        }
        let zone = TimeZone::get(zone).ok()?;
        (bits != 0).then_some(Self { start, end, days: bits, zone })
    }

    /// Whether a time is inside the period.
    pub fn holds(&self, at: SystemTime) -> bool {
        let at = Timestamp::try_from(at).unwrap_or_default();
        let time = Offset::UTC.to_datetime(at).time();
        let is_hour = match self.start < self.end {
            true => (self.start..self.end).contains(&time),
            false => time >= self.start || time < self.end,
        };
        is_hour && self.has(self.zone.to_datetime(at).weekday())
    }

    fn has(&self, weekday: Weekday) -> bool {
        self.days >> weekday.to_monday_zero_offset() & 1 == 1
    }
}

/// Writes hours, `@` and weekdays, followed by `@` and the time zone unless it is UTC.
impl fmt::Display for PricePeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.start.strftime("%H:%M"), self.end.strftime("%H:%M"));
        write!(f, "{start}-{end}@")?;
        let mut days = Weekday::Monday.cycle_forward().take(7).filter(|it| self.has(*it));
        days.try_for_each(|it| write!(f, "{}", it.to_monday_one_offset()))?;
        match self.zone.iana_name() {
            None | Some("UTC") => Ok(()),
            Some(zone) => write!(f, "@{zone}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// Checks the hours, counted from the start of a Monday, at which a period applies.
    fn check(hours: &str, days: &str, expected: &[u64]) {
        let period = PricePeriod::parse(hours, days, "UTC").unwrap();
        // 1970-01-05.
        let monday = UNIX_EPOCH + Duration::from_secs(4 * 86_400);
        let at = |hour: &u64| period.holds(monday + Duration::from_secs(hour * 3600));
        let held: Vec<u64> = (0..7 * 24).filter(at).collect();
        assert_eq!(held, expected, "{period}");
    }

    #[test]
    fn a_period_applies_on_its_weekdays() {
        check("04:00-06:00", "1", &[4, 5]);
        check("00:00-01:00", "17", &[0, 6 * 24]);
    }

    #[test]
    fn a_period_can_end_at_midnight_or_later() {
        check("22:00-00:00", "1", &[22, 23]);
        check("22:00-02:00", "1", &[0, 1, 22, 23]);
        check("22:00-02:00", "71", &[0, 1, 22, 23, 6 * 24, 6 * 24 + 1, 6 * 24 + 22, 6 * 24 + 23]);
    }

    #[test]
    fn a_period_that_ends_at_its_start_lasts_a_day() {
        check("00:00-00:00", "2", &(24..48).collect::<Vec<_>>());
        check("12:00-12:00", "2", &(24..48).collect::<Vec<_>>());
    }

    #[test]
    fn weekdays_follow_their_time_zone_in_summer_and_in_winter() {
        let holds = |zone: &str, at: &str| {
            let period = PricePeriod::parse("00:00-00:00", "67", zone).unwrap();
            period.holds(at.parse::<Timestamp>().unwrap().try_into().unwrap())
        };
        for (zone, at, expected) in [
            // Saturday 2026-07-04 begins at 04:00 UTC, Saturday 2026-11-28 at 05:00 UTC.
            ("America/New_York", "2026-07-04T03:59:00Z", false),
            ("America/New_York", "2026-07-04T04:00:00Z", true),
            ("America/New_York", "2026-11-28T04:59:00Z", false),
            ("America/New_York", "2026-11-28T05:00:00Z", true),
            ("Asia/Shanghai", "2026-08-28T15:59:00Z", false),
            ("Asia/Shanghai", "2026-08-28T16:00:00Z", true),
            ("Asia/Shanghai", "2026-08-30T16:00:00Z", false),
        ] {
            assert_eq!(holds(zone, at), expected, "{zone} {at}");
        }
    }

    #[test]
    fn an_invalid_period_is_rejected() {
        for (hours, days) in [
            ("", "1"),
            ("1-2", "1"),
            ("25:00-26:00", "1"),
            ("01:00-02:00", ""),
            ("01:00-02:00", "8"),
        ] {
            assert_eq!(PricePeriod::parse(hours, days, "UTC"), None);
        }
        assert_eq!(PricePeriod::parse("01:00-02:00", "1", "Nowhere/Else"), None);
        for (zone, text) in
            [("UTC", "22:00-02:30@167"), ("Asia/Shanghai", "22:00-02:30@167@Asia/Shanghai")]
        {
            assert_eq!(PricePeriod::parse("22:00-02:30", "167", zone).unwrap().to_string(), text);
        }
    }
}
