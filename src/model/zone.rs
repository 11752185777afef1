//! A time zone, and the one rule for local times that exist twice or never.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};

use crate::model::{Moment, Span};

/// An IANA time zone. All local times of a site go through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// Coordinated Universal Time, the default.
    pub const UTC: Self = Self(chrono_tz::Tz::UTC);

    /// Finds a zone by its IANA name, such as `America/Los_Angeles`.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// All IANA names, for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|z| z.name())
    }

    /// The wall clock at a moment.
    pub fn local(self, at: Moment) -> NaiveDateTime {
        at.utc().with_timezone(&self.0).naive_local()
    }

    /// The date on the wall at a moment.
    pub fn date(self, at: Moment) -> NaiveDate {
        self.local(at).date()
    }

    /// Seconds east of UTC at a moment.
    pub fn offset_secs(self, at: Moment) -> i32 {
        at.utc().with_timezone(&self.0).offset().fix().local_minus_utc()
    }

    /// The zone's short name at a moment (`PST`), or its offset where it has none (`+05:30`).
    pub fn abbreviation(self, at: Moment) -> String {
        at.utc().with_timezone(&self.0).format("%Z").to_string()
    }

    /// The moment of a wall-clock time. One that exists twice is the earlier; one that never was (a spring gap)
    /// is read with the offset that held before the gap.
    pub fn moment(self, local: NaiveDateTime) -> Moment {
        if let Some(t) = self.0.from_local_datetime(&local).earliest() {
            return Moment::from_ms(t.timestamp_millis());
        }
        // A gap is never longer than a day (Samoa skipped one in 2011): the offset a day earlier is the one before it.
        let before = self.0.from_utc_datetime(&(local - TimeDelta::days(1)));
        let offset = i64::from(before.offset().fix().local_minus_utc());
        Moment::from_ms(local.and_utc().timestamp_millis() - offset * 1000)
    }

    /// The moment that a wall-clock time means to somebody who promises it at `said`: the first such time from that
    /// minute on, at most 12 hours ahead. A time further ahead is one that has passed already, not tomorrow's: then it
    /// is the last such time before, and the second value is true.
    pub fn promised(self, said: Moment, time: NaiveTime) -> (Moment, bool) {
        let (minute, today) = (said.minute(), self.date(said));
        let days = [today.pred_opt(), Some(today), today.succ_opt()];
        let mut passed = minute;
        for moment in days.into_iter().flatten().map(|day| self.moment(day.and_time(time))) {
            if moment >= minute && moment - minute <= Span::from_mins(12 * 60) {
                return (moment, false);
            }
            if moment < minute {
                passed = moment;
            }
        }
        (passed, true)
    }

    /// The moment at which a date begins.
    pub fn day_start(self, date: NaiveDate) -> Moment {
        self.moment(date.and_time(NaiveTime::MIN))
    }

    /// How long a date lasts: 24 hours, or 23 or 25 where the clocks change.
    pub fn day_length(self, date: NaiveDate) -> Span {
        date.succ_opt().map_or(Span::from_mins(24 * 60), |next| self.day_start(next) - self.day_start(date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, local: &str) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        Zone::parse(zone).unwrap().moment(local).rfc3339()
    }

    #[test]
    fn an_ambiguous_time_is_the_earlier_one() {
        assert_eq!(at("America/Los_Angeles", "2026-11-01 01:30"), "2026-11-01T08:30:00.000Z");
    }

    #[test]
    fn a_missing_time_uses_the_offset_before_the_gap() {
        assert_eq!(at("America/Los_Angeles", "2026-03-08 02:30"), "2026-03-08T10:30:00.000Z");
    }

    #[test]
    fn a_promised_time_is_the_next_one_unless_that_is_half_a_day_away() {
        let la = Zone::parse("America/Los_Angeles").unwrap();
        let read = |text: &str, format| NaiveDateTime::parse_from_str(&format!("2026-11-{text}"), format).unwrap();
        for (said, time, meant, passed) in [
            ("23 11:39:20", "12:00", "23 12:00", false),
            ("23 11:39:20", "11:39", "23 11:39", false),
            ("23 23:50:00", "00:30", "24 00:30", false),
            ("23 11:39:20", "11:00", "23 11:00", true),
            ("23 21:30:00", "09:30", "24 09:30", false),
            ("23 21:29:00", "09:30", "23 09:30", true),
            ("24 00:10:00", "23:00", "23 23:00", true),
            // The clocks go back at 2:00.
            ("01 00:50:00", "02:10", "01 02:10", false),
        ] {
            let said = la.moment(read(said, "%Y-%m-%d %H:%M:%S"));
            let (moment, was) = la.promised(said, NaiveTime::parse_from_str(time, "%H:%M").unwrap());
            assert_eq!((la.local(moment), was), (read(meant, "%Y-%m-%d %H:%M"), passed), "{said} {time}");
        }
    }

    #[test]
    fn days_are_23_and_25_hours_where_clocks_change() {
        let la = Zone::parse("America/Los_Angeles").unwrap();
        let hours = |y, m, d| la.day_length(NaiveDate::from_ymd_opt(y, m, d).unwrap()).ms() / 3_600_000;
        assert_eq!((hours(2026, 3, 8), hours(2026, 11, 1), hours(2026, 11, 2)), (23, 25, 24));
    }
}
