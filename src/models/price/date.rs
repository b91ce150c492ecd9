//! Days of the calendar, in UTC as providers bill: the little that prices and caps need of it.

use std::fmt;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

const DAY: u64 = 24 * 60 * 60;

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl Date {
    /// The day of a moment. A clock before 1970 is one that was never set.
    pub fn of(at: SystemTime) -> Self {
        let days = at.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs() / DAY);
        Self::from_days(days)
    }

    /// A date as `2026-11-23`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let date =
            Self { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        let is_day = (1..=12).contains(&date.month) && (1..=31).contains(&date.day);
        (is_day && parts.next().is_none()).then_some(date)
    }

    /// `2026-11`: what caps of a month go by.
    pub fn month(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }

    /// When the next day begins, and when the next month does.
    pub fn ends(at: SystemTime) -> (SystemTime, SystemTime) {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let today = since / DAY;
        let month = Self::from_days(today).month;
        let next = (today + 1..=today + 31).find(|it| Self::from_days(*it).month != month);
        let start = |day: u64| UNIX_EPOCH + std::time::Duration::from_secs(day * DAY);
        (start(today + 1), start(next.unwrap_or(today + 31)))
    }

    /// `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>, for days since
    /// 1970 alone.
    fn from_days(days: u64) -> Self {
        // A clock set past the year 9999 is as good as any.
        let day = days.min(2_932_896) + 719_468;
        let (era, of_era) = (day / 146_097, day % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        Self { year: year as u16, month: month as u8, day: day as u8 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_are_the_calendar_s() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_795_564_800, "2026-11-25"),
            (1_798_761_599, "2026-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            let at = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(Date::of(at).to_string(), date);
            assert_eq!(Date::parse(date), Some(Date::of(at)));
        }
        assert_eq!(Date::of(UNIX_EPOCH - Duration::from_secs(9)).to_string(), "1970-01-01");
        for wrong in ["", "2026", "2026-13-01", "2026-01-00", "2026-01-01-01", "date when"] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_and_a_month_end() {
        let at = UNIX_EPOCH + Duration::from_secs(1_798_761_599);
        let (day, month) = Date::ends(at);
        assert_eq!(day, at + Duration::from_secs(1));
        assert_eq!(month, day);
        let (day, month) = Date::ends(UNIX_EPOCH + Duration::from_secs(1_795_564_800));
        assert_eq!(
            (Date::of(day).to_string(), Date::of(month).to_string()),
            ("2026-11-26".into(), "2026-12-01".into())
        );
    }
}
