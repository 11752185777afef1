//! Time to answer over ninety days: the middle and the slowest twentieth of each day, on the axis of the states.

use chrono::NaiveDate;

use crate::model::{Buckets, Moment, Span, Visibility};
use crate::site::band::{Band, Words, band};
use crate::site::clock::Clock;
use crate::site::recorded::number;
use crate::site::scene::Card;
use crate::timeline::{Day, ProbeTimeline};

const HOUR: Span = Span::from_mins(60);

/// Each day's p50 and p95 in ms, where anything answered.
pub type Days = Vec<Option<(u32, u32)>>;

/// The first public probe with any latency.
pub fn probe<'a>(card: &Card<'a>) -> Option<&'a ProbeTimeline> {
    let public = |p: &&ProbeTimeline| {
        let set = card.component.probes.iter().find(|s| s.key.name() == p.key.name());
        set.is_some_and(|s| s.visibility == Visibility::Public)
    };
    card.timeline?.probes.iter().filter(public).find(|p| p.timed())
}

/// The days' figures, from hours that closed by `until`.
pub fn days(probe: &ProbeTimeline, days: &[Day], until: Moment) -> Days {
    // An hour counts once it is over: the last one to count begins an hour before.
    let closed = until - HOUR + Span::from_ms(1);
    let spans: Vec<_> = days.iter().map(|day| (day.from, day.to.min(closed).max(day.from))).collect();
    let figures = |all: &Buckets| Some((all.quantile(0.5)?, all.quantile(0.95)?));
    probe.latency_in(&spans).iter().map(figures).collect()
}

/// The last closed hour's middle look, in ms.
pub fn last_hour(probe: &ProbeTimeline, until: Moment) -> Option<u32> {
    let end = crate::site::clock::hour(until);
    probe.latency_between(end - HOUR, end).quantile(0.5)
}

/// Draws the days.
pub fn latency(days: &Days, clock: Clock, first: NaiveDate) -> Option<Band> {
    let days: Vec<_> = days.iter().map(|d| d.map(|(p50, p95)| (f64::from(p50), f64::from(p95)))).collect();
    let label = |p50: &str, p95: &str, peak: &str| {
        format!("Time to answer: {p50} in the middle, {p95} for the slowest in 20 on the last day; slowest day {peak}.")
    };
    let figure = |ms| format!("{} ms", number(ms));
    band(&days, clock, first, &Words { figure: &figure, ends: ("p50", "p95"), least: 1.0, label: &label })
}
