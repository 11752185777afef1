//! Recorded values around an incident, as curves: one per field of a probe, broken where nobody looked.

use serde::Serialize;

use crate::model::{Moment, Probe, Visibility};
use crate::site::bars::percent;
use crate::site::clock::Clock;
use crate::site::parts::Run;
use crate::site::scene::{Card, Scene};
use crate::timeline::values;

/// Most curves on a page; fields in the order of their names.
const CURVES: usize = 4;
/// Most points of a curve; where there are more, the greatest of each bucket is drawn.
const POINTS: usize = 720;
/// The height of a curve's own coordinates.
const HEIGHT: i64 = 1000;

/// A curve over the chart's axis.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// "Redis: used memory"
    pub name: String,
    /// What it shows, in words.
    pub label: String,
    /// Unbroken pieces; the red ones lie on a bad stretch.
    pub pieces: Vec<Piece>,
    /// Where nobody looked.
    pub gaps: Vec<Run>,
    /// The peak, in words: "67,162 at 10:08".
    pub peak: String,
    /// Where it stands, in percent of the width and of the height.
    pub peak_at: (String, String),
    /// How its words stand to its place: `e` ends there, `l` starts there.
    pub anchor: char,
    /// Half the greatest value, on a grid line.
    pub half: String,
}

/// An unbroken piece of a curve.
#[derive(Clone, Debug, Serialize)]
pub struct Piece {
    /// On a bad stretch.
    pub bad: bool,
    /// Places: along in the chart's units, down in thousandths.
    pub points: Vec<(i64, i64)>,
}

/// The curves of these components over `[from, to)`.
pub fn curves(
    scene: &Scene<'_>,
    cards: &[Card<'_>],
    clock: Clock,
    window: (Moment, Moment),
    unit_ms: i64,
) -> Vec<Curve> {
    let (from, to) = window;
    let rounds = scene.rounds_in(from, to);
    let mut found = Vec::new();
    for card in cards {
        for probe in card.component.probes.iter().filter(|p| p.visibility == Visibility::Public) {
            let series = values(rounds, card.component, probe);
            found.extend(series.into_iter().map(|(field, values)| (card, probe, field, values)));
        }
    }
    found.sort_by(|a, b| (&a.1.key, a.2).cmp(&(&b.1.key, b.2)));
    let curves =
        found.iter().map(|(card, probe, field, values)| curve(card, probe, field, values, clock, from, unit_ms, to));
    curves.take(CURVES).collect()
}

#[expect(clippy::too_many_arguments, reason = "one caller, and a struct would only rename them")]
fn curve(
    card: &Card<'_>,
    probe: &Probe,
    field: &str,
    values: &[(Moment, f64)],
    clock: Clock,
    from: Moment,
    unit_ms: i64,
    to: Moment,
) -> Curve {
    let (gap, unit) = (probe.gap, unit_of(probe, field));
    let (peak_at, peak) = values.iter().fold((from, f64::MIN), |best, v| if v.1 > best.1 { *v } else { best });
    let floor = values.iter().map(|v| v.1).fold(0.0, f64::min);
    let range = if peak > floor { peak - floor } else { 1.0 };
    let width = (to - from).ms() / unit_ms;
    let x = |at: Moment| (at - from).ms() / unit_ms;
    // A tenth of the height stays free for the peak's words.
    let y = |v: f64| HEIGHT - ((v - floor) / range * 800.0).round() as i64;
    let bad = |at: Moment| card.timeline.is_some_and(|t| t.status_at(at).is_bad());
    let mut pieces: Vec<Piece> = Vec::new();
    let mut gaps = Vec::new();
    let mut last: Option<Moment> = None;
    for (at, value) in thin(values) {
        let point = (x(at), y(value));
        let whole = last.is_some_and(|l| at - l <= gap);
        if let Some(l) = last.filter(|_| !whole) {
            gaps.push(Run { x: x(l), w: x(at) - x(l) });
        }
        match pieces.last_mut() {
            Some(piece) if whole && piece.bad == bad(at) => piece.points.push(point),
            Some(piece) if whole => {
                let joint = piece.points.last().copied().unwrap_or(point);
                pieces.push(Piece { bad: bad(at), points: vec![joint, point] });
            }
            _ => pieces.push(Piece { bad: bad(at), points: vec![point] }),
        }
        last = Some(at);
    }
    let name = format!("{}: {}", card.component.name, words(field));
    let peak_text = format!("{}{unit} at {}", number(peak), clock.when(peak_at));
    Curve {
        label: format!("{name}, at most {peak_text}."),
        name,
        pieces,
        gaps,
        peak_at: (percent(x(peak_at), width), percent(y(peak) - 40, HEIGHT)),
        peak: peak_text,
        anchor: if x(peak_at) * 2 > width { 'e' } else { 'l' },
        half: format!("{}{unit}", number(floor + range / 2.0)),
    }
}

fn thin(values: &[(Moment, f64)]) -> Vec<(Moment, f64)> {
    let step = values.len().div_ceil(POINTS).max(1);
    let greatest = |c: &[(Moment, f64)]| c.iter().copied().fold(c[0], |a, b| if b.1 > a.1 { b } else { a });
    values.chunks(step).map(greatest).collect()
}

/// A field as a person says it: the last part of its path.
pub fn words(field: &str) -> String {
    field.rsplit('.').next().unwrap_or(field).replace('_', " ")
}

/// The unit behind a figure of a field: ` ms`; nothing where it is not known.
pub fn unit_of(probe: &Probe, field: &str) -> String {
    let known = probe.units.iter().find(|(name, _)| name == field);
    known.map_or_else(String::new, |(_, unit)| format!(" {unit}"))
}

/// `67,162`, `3.25`: whole numbers in groups of three, others with two digits at most.
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |r| ("−", r));
    let (whole, fraction) = rest.split_once('.').map_or((rest, ""), |(w, f)| (w, f));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    // Above a hundred the fraction only makes noise.
    if fraction.is_empty() || whole.len() > 2 {
        format!("{sign}{grouped}")
    } else {
        format!("{sign}{grouped}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        let said: Vec<String> = [67162.0, 3.25, 0.0, -1234.5, 12.0].into_iter().map(number).collect();
        assert_eq!(said, ["67,162", "3.25", "0", "−1,234", "12"]);
    }
}
