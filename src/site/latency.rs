//! Time to answer over ninety days: the middle and the slowest twentieth of each day, on the axis of the states.

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use crate::model::{Buckets, Moment, Span, Visibility};
use crate::site::bars::percent;
use crate::site::clock::Clock;
use crate::site::parts::Run;
use crate::site::recorded::number;
use crate::site::scene::Card;
use crate::timeline::{Day, ProbeTimeline};

/// The height of the curves' own coordinates, and what the peak may use of it.
const HEIGHT: i64 = 1000;
const PEAK: i64 = 860;

const HOUR: Span = Span::from_mins(60);

/// The curves.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// What they show, in words.
    pub label: String,
    /// The width of their coordinates: ten a day.
    pub width: i64,
    /// Unbroken pieces: (along, p50 down, p95 down).
    pub pieces: Vec<Vec<(i64, i64, i64)>>,
    /// Where nobody looked.
    pub gaps: Vec<Run>,
    /// Grid lines: down, percent of the height, "400 ms".
    pub grid: Vec<(i64, String, String)>,
    /// The slowest day in words, and where it stands.
    pub peak: String,
    /// In percent of width and height.
    pub peak_at: (String, String),
    /// `e` ends there, `l` starts there.
    pub anchor: char,
    /// The names at the curves' ends: "p50 131 ms" and its percent of the height.
    pub ends: Vec<(String, String)>,
}

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
pub fn latency(days: &Days, clock: Clock, first: NaiveDate) -> Option<Latency> {
    let slowest = |(_, d): &(usize, (u32, u32))| d.1;
    let known = || days.iter().enumerate().filter_map(|(x, d)| d.map(|d| (x, d)));
    let (peak_day, (_, peak)) = known().max_by_key(slowest)?;
    let (_, last) = known().next_back()?;
    let width = days.len() as i64 * 10;
    let y = |ms: u32| HEIGHT - i64::from(ms) * PEAK / i64::from(peak.max(1));
    let mut pieces: Vec<Vec<(i64, i64, i64)>> = Vec::new();
    let mut gaps = Vec::new();
    let mut before: Option<usize> = None;
    for (x, (p50, p95)) in known() {
        let point = (x as i64 * 10 + 5, y(p50), y(p95));
        match (before, pieces.last_mut()) {
            (Some(b), Some(piece)) if b + 1 == x => piece.push(point),
            (Some(b), _) => {
                gaps.push(Run { x: (b as i64 + 1) * 10, w: (x - b - 1) as i64 * 10 });
                pieces.push(vec![point]);
            }
            _ => pieces.push(vec![point]),
        }
        before = Some(x);
    }
    let step = grid_step(peak);
    let ms = |v: u32| format!("{} ms", number(f64::from(v)));
    let at = |v: u32| percent(y(v), HEIGHT);
    let peak_x = peak_day as i64 * 10 + 5;
    let peak_text = format!("{}, {}", ms(peak), clock.short(first + TimeDelta::days(peak_day as i64)));
    // Names at the ends keep a line's height between them.
    let (low, high) = (y(last.0), y(last.1).min(y(last.0) - 110));
    Some(Latency {
        label: format!(
            "Time to answer: {} in the middle, {} for the slowest in 20 on the last day; slowest day {peak_text}.",
            ms(last.0),
            ms(last.1),
        ),
        width,
        pieces,
        gaps,
        grid: (1..peak.div_ceil(step)).map(|n| n * step).map(|v| (y(v), at(v), ms(v))).collect(),
        peak_at: (percent(peak_x, width), percent((y(peak) - 30).max(60), HEIGHT)),
        peak: peak_text,
        anchor: if peak_x * 2 > width { 'e' } else { 'l' },
        ends: vec![
            (format!("p95 {}", ms(last.1)), percent(high, HEIGHT)),
            (format!("p50 {}", ms(last.0)), percent(low, HEIGHT)),
        ],
    })
}

/// A round number of which two or three fit under the peak.
fn grid_step(peak: u32) -> u32 {
    let mut unit = 1;
    loop {
        for n in [1, 2, 4, 5] {
            if u64::from(peak) <= u64::from(unit * n) * 3 {
                return unit * n;
            }
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_are_round_and_few() {
        assert_eq!([grid_step(1130), grid_step(309), grid_step(12), grid_step(2)], [400, 200, 4, 1]);
    }
}
