//! Windows, days and months, cut in the site's zone.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::model::{Moment, Span, Status, Zone};
use crate::timeline::{ComponentTimeline, Figure};

/// One day of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The date on the wall.
    pub date: NaiveDate,
    /// Its first instant.
    pub from: Moment,
    /// One past its last, 23 to 25 hours later; at once for a date that a zone skipped.
    pub to: Moment,
    /// Its worst status; none: not yet watched (it was over before the component's first record, or has not begun), or
    /// a date that never was.
    pub worst: Option<Status>,
    /// Its worst status while anything was known; none: nothing was.
    pub worst_seen: Option<Status>,
    /// Blips that began on it.
    pub blips: u32,
    /// Known time, in ms.
    pub known_ms: i64,
    /// Known time in a partial or major outage, in ms.
    pub down_ms: i64,
    /// Known time in degraded performance, in ms.
    pub degraded_ms: i64,
    /// Uptime and coverage.
    pub figure: Figure,
}

/// One month of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first date.
    pub first: NaiveDate,
    /// Its first instant.
    pub from: Moment,
    /// One past its last.
    pub to: Moment,
    /// Its worst status; none: not yet watched.
    pub worst: Option<Status>,
    /// Blips that began in it.
    pub blips: u32,
    /// Time in a partial or major outage, in ms.
    pub down_ms: i64,
    /// Uptime and coverage.
    pub figure: Figure,
}

/// A window that figures are given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its name: `24h`, `30d`.
    pub name: &'static str,
    /// How many days: today and those before it, cut in the site's zone. None: the 24 hours before the moment.
    pub days: Option<u32>,
}

/// The windows that figures are given for (MEANING, "Figures").
pub const WINDOWS: [Window; 5] = [
    Window { name: "24h", days: None },
    Window { name: "7d", days: Some(7) },
    Window { name: "30d", days: Some(30) },
    Window { name: "90d", days: Some(90) },
    Window { name: "365d", days: Some(365) },
];

impl Window {
    /// Where it begins.
    pub fn from(self, zone: Zone, moment: Moment) -> Moment {
        self.days.map_or_else(|| last_24h(moment), |days| last_days(zone, moment, days))
    }
}

impl ComponentTimeline {
    /// The figure of every window that ends at the moment, with where it begins: the window's beginning, or the first
    /// record where that is later.
    pub fn windows(&self, zone: Zone, moment: Moment) -> Vec<(Window, Moment, Figure)> {
        let figure = |window: Window| {
            let from = window.from(zone, moment);
            let from = self.since.map_or(from, |since| since.max(from));
            (window, from, self.figure(from, moment))
        };
        WINDOWS.map(figure).to_vec()
    }
}

/// Where the window "24 h" begins: 24 hours before the moment.
pub fn last_24h(moment: Moment) -> Moment {
    moment - Span::from_mins(24 * 60)
}

/// Where the window "N days" begins: today and the N − 1 days before, cut in the zone. `n` from 1.
pub fn last_days(zone: Zone, moment: Moment, n: u32) -> Moment {
    zone.day_start(back(zone.date(moment), n))
}

fn back(today: NaiveDate, n: u32) -> NaiveDate {
    today.checked_sub_days(Days::new(u64::from(n.saturating_sub(1)))).unwrap_or(NaiveDate::MIN)
}

/// The last `n` days of a component, today last. The moment is the fold's, or one before it that a page reaches to:
/// nothing after it counts.
pub fn days(component: &ComponentTimeline, zone: Zone, moment: Moment, n: u32) -> Vec<Day> {
    days_from(component, zone, moment, back(zone.date(moment), n), n)
}

/// `n` days of a component from a date on. Nothing after the moment counts; a day that has not begun by then is empty.
pub fn days_from(component: &ComponentTimeline, zone: Zone, moment: Moment, first: NaiveDate, n: u32) -> Vec<Day> {
    let mut out = Vec::with_capacity(n as usize);
    let mut date = first;
    let mut from = zone.day_start(date);
    for _ in 0..n {
        let Some(next) = date.succ_opt() else { break };
        let to = zone.day_start(next);
        out.push(day(component, date, from, to, moment));
        (date, from) = (next, to);
    }
    out
}

fn day(component: &ComponentTimeline, date: NaiveDate, from: Moment, to: Moment, moment: Moment) -> Day {
    let (worst, worst_seen) = component.worst(from, to, moment);
    let until = to.min(moment);
    let down_ms = component.down(from, until).ms();
    let degraded_ms = component.time_in(&[Status::Degraded], from, until).ms();
    let figure = component.figure(from, until);
    let blips = component.blips_in(from, until);
    Day { date, from, to, worst, worst_seen, blips, known_ms: figure.known_ms, down_ms, degraded_ms, figure }
}

/// The last `n` months of a component, this month last. The moment is the fold's, or one before it that a page reaches
/// to: nothing after it counts.
pub fn months(component: &ComponentTimeline, zone: Zone, moment: Moment, n: u32) -> Vec<Month> {
    let this = zone.date(moment).with_day(1).unwrap_or_default();
    let month = |back: u32| {
        let first = this.checked_sub_months(Months::new(back))?;
        let from = zone.day_start(first);
        let to = zone.day_start(first.checked_add_months(Months::new(1))?);
        let (worst, _) = component.worst(from, to, moment);
        let until = to.min(moment);
        let (blips, figure) = (component.blips_in(from, until), component.figure(from, until));
        Some(Month { first, from, to, worst, blips, down_ms: component.down(from, until).ms(), figure })
    };
    (0..n).rev().filter_map(month).collect()
}

impl ComponentTimeline {
    /// Blips that began in `[from, to)`.
    pub fn blips_in(&self, from: Moment, to: Moment) -> u32 {
        let before = |at: Moment| self.blips.partition_point(|b| b.from < at);
        before(to).saturating_sub(before(from)) as u32
    }

    /// Time in a partial or major outage within `[from, to)`, unweighted, come-backs included: "down for".
    pub fn down(&self, from: Moment, to: Moment) -> Span {
        self.time_in(&[Status::Partial, Status::Major], from, to)
    }

    fn time_in(&self, statuses: &[Status], from: Moment, to: Moment) -> Span {
        let first = self.stretches.partition_point(|s| s.to <= from);
        let inside = self.stretches[first..].iter().take_while(|s| s.from < to);
        inside.filter(|s| statuses.contains(&s.status)).map(|s| s.to.min(to) - s.from.max(from)).sum()
    }

    /// The worst status in `[from, to)` as far as the moment, and the worst of what was known. What holds at the moment
    /// itself counts on its day.
    fn worst(&self, from: Moment, to: Moment, moment: Moment) -> (Option<Status>, Option<Status>) {
        // A date that never was (a zone that skipped it) holds no instant.
        if from >= to {
            return (None, None);
        }
        let first = self.stretches.partition_point(|s| s.to <= from);
        let inside = self.stretches[first..].iter().take_while(|s| s.from < to.min(moment));
        let now = self.holding(moment).filter(|_| from <= moment && moment < to);
        let all = || inside.clone().chain(now);
        (all().map(|s| s.status).max(), all().filter(|s| s.known).map(|s| s.status).max())
    }
}
