//! Two curves over days, a lower and an upper one, on the axis of the states.

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use crate::site::bars::percent;
use crate::site::clock::Clock;
use crate::site::parts::Run;

/// The height of the curves' own coordinates, and what the peak may use of it.
const HEIGHT: i64 = 1000;
const PEAK: f64 = 860.0;

/// The curves.
#[derive(Clone, Debug, Serialize)]
pub struct Band {
    /// What they show, in words.
    pub label: String,
    /// The width of their coordinates: ten a day.
    pub width: i64,
    /// Unbroken pieces: (along, lower down, upper down).
    pub pieces: Vec<Vec<(i64, i64, i64)>>,
    /// Where nobody looked.
    pub gaps: Vec<Run>,
    /// Grid lines: down, percent of the height, "400 ms".
    pub grid: Vec<(i64, String, String)>,
    /// The highest day in words, and where it stands.
    pub peak: String,
    /// In percent of width and height.
    pub peak_at: (String, String),
    /// `e` ends there, `l` starts there.
    pub anchor: char,
    /// The names at the curves' ends: "p50 131 ms" and its percent of the height.
    pub ends: Vec<(String, String)>,
}

/// How a band's figures are said.
pub struct Words<'w> {
    /// A figure with its unit.
    pub figure: &'w dyn Fn(f64) -> String,
    /// What the lower and the upper curve are called.
    pub ends: (&'static str, &'static str),
    /// The least step between grid lines.
    pub least: f64,
    /// What it shows, from the last day's lower and upper figure and the highest day.
    pub label: &'w dyn Fn(&str, &str, &str) -> String,
}

/// Draws the days, each with its lower and its upper figure where there is one.
pub fn band(days: &[Option<(f64, f64)>], clock: Clock, first: NaiveDate, words: &Words<'_>) -> Option<Band> {
    let known = || days.iter().enumerate().filter_map(|(x, d)| d.map(|d| (x, d)));
    let (peak_day, (_, peak)) = known().max_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
    let (_, last) = known().next_back()?;
    let floor = known().map(|(_, (low, _))| low).fold(0.0, f64::min);
    let range = if peak > floor { peak - floor } else { 1.0 };
    let width = days.len() as i64 * 10;
    let y = |v: f64| HEIGHT - ((v - floor) * PEAK / range) as i64;
    let mut pieces: Vec<Vec<(i64, i64, i64)>> = Vec::new();
    let mut gaps = Vec::new();
    let mut before: Option<usize> = None;
    for (x, (low, high)) in known() {
        let point = (x as i64 * 10 + 5, y(low), y(high));
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
    let peak_x = peak_day as i64 * 10 + 5;
    let said = |v: f64| (words.figure)(v);
    let peak_text = format!("{}, {}", said(peak), clock.short(first + TimeDelta::days(peak_day as i64)));
    // Names at the ends keep a line's height between them.
    let (low, high) = (y(last.0), y(last.1).min(y(last.0) - 110));
    Some(Band {
        label: (words.label)(&said(last.0), &said(last.1), &peak_text),
        width,
        pieces,
        gaps,
        grid: grid(floor, peak, words.least).map(|v| (y(v), percent(y(v), HEIGHT), said(v))).collect(),
        peak_at: (percent(peak_x, width), percent((y(peak) - 30).max(60), HEIGHT)),
        peak: peak_text,
        anchor: if peak_x * 2 > width { 'e' } else { 'l' },
        ends: vec![
            (format!("{} {}", words.ends.1, said(last.1)), percent(high, HEIGHT)),
            (format!("{} {}", words.ends.0, said(last.0)), percent(low, HEIGHT)),
        ],
    })
}

/// Round figures between the floor and the peak.
fn grid(floor: f64, peak: f64, least: f64) -> impl Iterator<Item = f64> {
    let step = grid_step(peak - floor, least);
    (1..=4).map(move |n| floor + f64::from(n) * step).filter(move |v| *v < peak)
}

/// A round number of which two or three fit under the peak, not less than `least`.
fn grid_step(peak: f64, least: f64) -> f64 {
    let unit = 10_f64.powf((peak / 3.0).log10().floor());
    let fits = [1.0, 2.0, 4.0, 5.0, 10.0].map(|n| unit * n).into_iter().find(|step| peak <= step * 3.0);
    fits.filter(|step| step.is_finite()).unwrap_or(least).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_are_round_and_few() {
        let steps = [1130.0, 309.0, 12.0, 2.0, 0.5, 0.0].map(|peak| grid_step(peak, 1.0));
        assert_eq!(format!("{steps:?}"), "[400.0, 200.0, 4.0, 1.0, 1.0, 1.0]");
        let lines: Vec<f64> = grid(0.0, 1130.0, 1.0).collect();
        assert_eq!(format!("{lines:?}"), "[400.0, 800.0]");
        let said: Vec<String> = grid(0.0, 0.93, 0.0).map(|v| format!("{v:.2}")).collect();
        assert_eq!(said, ["0.40", "0.80"]);
        assert_eq!(grid(-5.0, -5.0, 0.0).count(), 0);
    }
}
