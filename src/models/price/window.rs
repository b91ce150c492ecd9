//! Hours of a week in which a price holds.

use std::fmt;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

const DAY: u16 = 24 * 60;

/// Some hours, in UTC, of some days of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceWindow {
    /// Minutes of the day, `start` in and `end` out. One that ends before it starts goes on into
    /// the next day; one that ends as it starts is the whole day.
    start: u16,
    end: u16,
    /// The days it starts on: bit 0 is Monday.
    days: u8,
}

impl PriceWindow {
    /// Of `22:00-06:00` and the digits of its days, Monday being 1.
    pub fn parse(hours: &str, days: &str) -> Option<Self> {
        let (start, end) = hours.split_once('-')?;
        let (start, end) = (minute(start)?, minute(end)?);
        let mut bits = 0;
        for day in days.chars() {
            let day = day.to_digit(10).filter(|it| (1..=7).contains(it))?;
            bits |= 1 << (day - 1);
        }
        (bits != 0).then_some(Self { start, end, days: bits })
    }

    /// Whether a moment is in it.
    pub fn holds(&self, at: SystemTime) -> bool {
        let minutes = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 60;
        let (days, minute) = (minutes / u64::from(DAY), (minutes % u64::from(DAY)) as u16);
        // The first of January 1970 was a Thursday.
        let weekday = (days + 3) % 7;
        let (today, yesterday) = (self.starts_on(weekday), self.starts_on((weekday + 6) % 7));
        if self.start < self.end {
            return today && (self.start..self.end).contains(&minute);
        }
        today && minute >= self.start || yesterday && minute < self.end
    }

    fn starts_on(&self, weekday: u64) -> bool {
        self.days >> weekday & 1 == 1
    }
}

/// As `parse` reads it: hours, `@`, days.
impl fmt::Display for PriceWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.start, self.end);
        write!(f, "{:02}:{:02}-{:02}:{:02}@", start / 60, start % 60, end / 60, end % 60)?;
        (1..=7).filter(|it| self.starts_on(it - 1)).try_for_each(|it| write!(f, "{it}"))
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Hours from the start of a Monday at which a window holds.
    fn check(hours: &str, days: &str, expected: &[u64]) {
        let window = PriceWindow::parse(hours, days).unwrap();
        // 1970-01-05.
        let monday = UNIX_EPOCH + Duration::from_secs(4 * 86_400);
        let at = |hour: &u64| window.holds(monday + Duration::from_secs(hour * 3600));
        let held: Vec<u64> = (0..7 * 24).filter(at).collect();
        assert_eq!(held, expected, "{window}");
    }

    #[test]
    fn hours_hold_on_their_days() {
        check("04:00-06:00", "1", &[4, 5]);
        check("00:00-01:00", "17", &[0, 6 * 24]);
    }

    #[test]
    fn a_window_may_end_at_midnight_or_after() {
        check("22:00-00:00", "1", &[22, 23]);
        check("22:00-02:00", "1", &[22, 23, 24, 25]);
        check("23:00-01:00", "7", &[0, 7 * 24 - 1]);
    }

    #[test]
    fn a_window_that_ends_as_it_starts_is_a_day() {
        check("00:00-00:00", "2", &(24..48).collect::<Vec<_>>());
        check("12:00-12:00", "2", &(36..60).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_window_is_none() {
        for (hours, days) in [
            ("", "1"),
            ("1-2", "1"),
            ("25:00-26:00", "1"),
            ("01:00-02:00", ""),
            ("01:00-02:00", "8"),
        ] {
            assert_eq!(PriceWindow::parse(hours, days), None);
        }
        let window = PriceWindow::parse("22:00-02:30", "167").unwrap();
        assert_eq!(window.to_string(), "22:00-02:30@167");
    }
}
