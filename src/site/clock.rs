//! Times as a visitor reads them: the site's zone, no leading zero, the date where it is not the day in hand.

use chrono::{Datelike, NaiveDate, Timelike};

use crate::model::{Moment, Span, Zone};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A zone and the day that needs no date: today on a live page, the day it began on an incident's.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The site's zone.
    pub zone: Zone,
    /// The day in hand.
    pub day: NaiveDate,
}

impl Clock {
    /// A clock whose day in hand is that of the moment.
    pub fn on(zone: Zone, at: Moment) -> Self {
        Self { zone, day: zone.date(at) }
    }

    /// `9:20`
    pub fn time(self, at: Moment) -> String {
        let t = self.zone.local(at);
        format!("{}:{:02}", t.hour(), t.minute())
    }

    /// `9:20:14`
    pub fn second(self, at: Moment) -> String {
        let t = self.zone.local(at);
        format!("{}:{:02}:{:02}", t.hour(), t.minute(), t.second())
    }

    /// `23 Nov`, with the year where it is another than the day in hand's.
    pub fn date(self, at: Moment) -> String {
        self.short(self.zone.date(at))
    }

    /// The same for a date.
    pub fn short(self, date: NaiveDate) -> String {
        let short = format!("{} {}", date.day(), &month(date)[..3]);
        if date.year() == self.day.year() { short } else { format!("{short} {}", date.year()) }
    }

    /// The time today, else the date: a station's big figure.
    pub fn figure(self, at: Moment) -> String {
        if self.is_today(at) { self.time(at) } else { self.date(at) }
    }

    /// The time today, else date and time: `23 Nov, 10:40`.
    pub fn when(self, at: Moment) -> String {
        if self.is_today(at) { self.time(at) } else { format!("{}, {}", self.date(at), self.time(at)) }
    }

    /// Whether it needs no date.
    pub fn is_today(self, at: Moment) -> bool {
        self.zone.date(at) == self.day
    }

    /// `Monday 23 November 2026`
    pub fn long_date(self, at: Moment) -> String {
        let d = self.zone.date(at);
        format!("{} {}", weekday(d), full_date(d))
    }

    /// `Monday 23 November 2026, 9:20 PST`
    pub fn full(self, at: Moment) -> String {
        format!("{}, {} {}", self.long_date(at), self.time(at), self.zone.abbreviation(at))
    }

    /// `22:00 to 22:30`, with dates where the day in hand is another, and one date where both are on one day.
    pub fn window(self, from: Moment, to: Moment) -> String {
        if self.zone.date(from) == self.zone.date(to) {
            let times = format!("{} to {}", self.time(from), self.time(to));
            if self.is_today(from) { times } else { format!("{}, {times}", self.date(from)) }
        } else {
            format!("{} to {}", self.when(from), self.when(to))
        }
    }

    /// `America/Los_Angeles (PST, UTC−8)`
    pub fn zone_name(self, at: Moment) -> String {
        if self.zone == Zone::UTC {
            return "UTC".to_owned();
        }
        let offset = self.zone.offset_secs(at);
        let (h, m) = (offset.abs() / 3600, offset.abs() / 60 % 60);
        let sign = if offset < 0 { '−' } else { '+' };
        let minutes = if m == 0 { String::new() } else { format!(":{m:02}") };
        let name = self.zone.name().replace('_', " ");
        format!("{name} ({}, UTC{sign}{h}{minutes})", self.zone.abbreviation(at))
    }
}

/// For `<time datetime>`: to the second, UTC.
pub fn datetime(at: Moment) -> String {
    at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `November`
pub fn month(date: NaiveDate) -> &'static str {
    MONTHS[date.month0() as usize]
}

/// `23 November 2026`
pub fn full_date(date: NaiveDate) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

fn weekday(date: NaiveDate) -> &'static str {
    DAYS[date.weekday().num_days_from_monday() as usize]
}

/// A length in words that a sentence can hold: `20 minutes`, `1 hour 40 minutes`, `7 days`.
/// Cut, never rounded; days alone from two days on.
pub fn words(span: Span) -> String {
    // To the nearest second first, as everywhere: 4 min 59.9 s are 5 minutes.
    let minutes = (span.ms().max(0) + 500) / 1000 / 60;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let many = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match (days, hours, rest) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, m) => many(m, "minute"),
        (0, h, 0) => many(h, "hour"),
        (0, h, m) => format!("{} {}", many(h, "hour"), many(m, "minute")),
        (1, 0, _) => "1 day".to_owned(),
        (1, h, _) => format!("1 day {}", many(h, "hour")),
        (d, _, _) => many(d, "day"),
    }
}

/// The first of the month that holds the date.
pub fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

/// The first of the next month.
pub fn next_month(date: NaiveDate) -> NaiveDate {
    first_of_month(first_of_month(date) + chrono::TimeDelta::days(32))
}

/// The beginning of the hour (UTC) that holds the moment.
pub fn hour(at: Moment) -> Moment {
    at - Span::from_ms(at.ms().rem_euclid(3_600_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_timetable() {
        let zone = Zone::parse("America/Los_Angeles").unwrap();
        let at = Moment::parse_rfc3339("2026-11-23T09:05:09-08:00").unwrap();
        let clock = Clock::on(zone, at);
        let other = Moment::parse_rfc3339("2025-10-02T22:30:00-07:00").unwrap();
        let lines = [
            clock.figure(at),
            clock.second(at),
            clock.full(at),
            clock.when(other),
            clock.window(at, at + Span::from_mins(30)),
            clock.zone_name(at),
            words(Span::from_mins(100)),
            words(Span::from_mins(1)),
            words(Span::from_mins(60 * 24 * 7 + 300)),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        9:05
        9:05:09
        Monday 23 November 2026, 9:05 PST
        2 Oct 2025, 22:30
        9:05 to 9:35
        America/Los Angeles (PST, UTC−8)
        1 hour 40 minutes
        1 minute
        7 days
        ");
    }
}
