//! Strips of bars over a timeline's stretches: a day as its worst state, or the stretches themselves.

use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::model::{Moment, Status};
use crate::site::clock::{Clock, month};
use crate::site::parts::{AxisLabel, Run, Strip, Stroke, letter};
use crate::site::scene::{Card, Scene};
use crate::site::sentences;
use crate::timeline::{ComponentTimeline, Day, Stretch, days_from};

/// States in the order in which they are painted: the worst on top.
const PAINT: [Status; 6] =
    [Status::Operational, Status::Maintenance, Status::NoData, Status::Degraded, Status::Partial, Status::Major];

/// The strip of so many days that ends with the day of `until`.
pub fn day_strip(
    scene: &Scene<'_>,
    card: &Card<'_>,
    name: &str,
    (first, count): (NaiveDate, u32),
    until: Moment,
) -> Strip {
    let clock = Clock::on(scene.clock.zone, until);
    let declared;
    let timeline = match card.timeline {
        Some(timeline) if card.is_watched() => timeline,
        _ => {
            declared = reported(scene, card, until);
            &declared
        }
    };
    let days = days_from(timeline, clock.zone, until, first, count);
    let runs = runs(&days);
    let day = |x: i64| first + TimeDelta::days(x);
    let told = runs
        .iter()
        .filter(|(s, _)| *s != Status::Operational)
        .map(|(s, r)| (*s, clock.short(day(r.x)), clock.short(day(r.x + r.w - 1))))
        .collect();
    Strip {
        width: i64::from(count),
        label: sentences::strip(name, runs.is_empty(), told),
        strokes: strokes(&runs),
        ticks: days.iter().enumerate().filter(|(_, d)| d.blips > 0).map(|(x, _)| format!("{x}.5")).collect(),
    }
}

/// A strip of the stretches themselves over `[from, to)`, in units of `unit_ms`.
pub fn fine_strip(
    timeline: Option<&ComponentTimeline>,
    clock: Clock,
    name: &str,
    window: (Moment, Moment),
    unit_ms: i64,
) -> Strip {
    let (from, to) = window;
    let width = (to - from).ms() / unit_ms;
    let place = |m: Moment| ((m - from).ms() / unit_ms).clamp(0, width);
    let mut all = Vec::new();
    let mut told = Vec::new();
    for (a, b, status) in timeline.map_or_else(Vec::new, drawn) {
        let (a, b) = (a.max(from), b.min(to));
        if b <= a {
            continue;
        }
        let x = place(a).min(width - 1);
        all.push((status, Run { x, w: (place(b) - x).max(1) }));
        if status != Status::Operational {
            told.push((status, clock.when(a), clock.when(b)));
        }
    }
    let blips = timeline.map_or(&[][..], |t| &t.blips);
    let ticks = blips.iter().filter(|b| b.from >= from && b.from < to).map(|b| place(b.from).to_string()).collect();
    Strip { width, label: sentences::strip(name, all.is_empty(), told), strokes: strokes(&all), ticks }
}

/// Stretches as they are drawn: a come-back is drawn as up, although it is still downtime.
fn drawn(timeline: &ComponentTimeline) -> Vec<(Moment, Moment, Status)> {
    let mut drawn = Vec::new();
    let backs: Vec<(Moment, Moment)> = timeline.outages.iter().flat_map(|o| o.come_backs.iter().copied()).collect();
    for s in &timeline.stretches {
        let mut from = s.from;
        for (a, b) in backs.iter().filter(|(a, b)| s.status.is_bad() && *a < s.to && *b > s.from) {
            drawn.push((from, (*a).max(from), s.status));
            drawn.push(((*a).max(from), (*b).min(s.to), Status::Operational));
            from = (*b).min(s.to);
        }
        drawn.push((from, s.to, s.status));
    }
    drawn
}

/// What people declared of a component that nothing looks at; where they declared several things at once, the worst.
fn reported(scene: &Scene<'_>, card: &Card<'_>, until: Moment) -> ComponentTimeline {
    let told = scene.incidents().filter_map(|i| {
        let member = i.members.iter().find(|m| m.component == card.component.id)?;
        let to = i.ended.unwrap_or(until).min(until);
        (to > i.started && member.worst.is_bad()).then_some((i.started, to, member.worst))
    });
    let told: Vec<(Moment, Moment, Status)> = told.collect();
    let mut cuts: Vec<Moment> = told.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    cuts.sort();
    cuts.dedup();
    let stretch = |from: Moment, to: Moment| {
        let status = told.iter().filter(|(a, b, _)| *a <= from && to <= *b).map(|t| t.2).max()?;
        Some(Stretch { from, to, status, known: true, minority: Vec::new() })
    };
    ComponentTimeline {
        stretches: cuts.windows(2).filter_map(|cut| stretch(cut[0], cut[1])).collect(),
        ..ComponentTimeline::blank(card.component.id.clone())
    }
}

/// Neighbouring days of one state become one run; days that were not watched become none.
fn runs(days: &[Day]) -> Vec<(Status, Run)> {
    let mut runs: Vec<(Status, Run)> = Vec::new();
    for (x, day) in days.iter().enumerate() {
        let Some(status) = day.worst else { continue };
        match runs.last_mut() {
            Some((last, run)) if *last == status && run.x + run.w == x as i64 => run.w += 1,
            _ => runs.push((status, Run { x: x as i64, w: 1 })),
        }
    }
    runs
}

fn strokes(runs: &[(Status, Run)]) -> Vec<Stroke> {
    PAINT
        .iter()
        .filter_map(|status| {
            let runs: Vec<Run> = runs.iter().filter(|(s, _)| s == status).map(|(_, r)| *r).collect();
            (!runs.is_empty()).then(|| Stroke { state: letter(*status), runs })
        })
        .collect()
}

/// Where months begin in a row of days, and their names; the first month too where it has room.
pub fn month_axis(first: NaiveDate, count: i64) -> (Vec<i64>, Vec<AxisLabel>) {
    let mut lines = Vec::new();
    let mut labels = Vec::new();
    let mut label = |x: i64, date: NaiveDate, anchor: char| {
        labels.push(AxisLabel {
            percent: percent(x, count),
            text: month(date)[..3].to_owned(),
            letter: String::new(),
            minor: false,
            anchor,
        });
    };
    let starts: Vec<i64> = (1..count).filter(|x| (first + TimeDelta::days(*x)).day() == 1).collect();
    if starts.first().is_none_or(|x| *x >= 12) || first.day() == 1 {
        label(0, first, 'l');
    }
    for x in starts {
        lines.push(x);
        if count - x >= 12 {
            label(x, first + TimeDelta::days(x), 's');
        }
    }
    (lines, labels)
}

/// Lines and labels of a time axis: one at every whole multiple of `step_ms` of the wall clock.
pub fn time_axis(clock: Clock, from: Moment, to: Moment, step_ms: i64) -> Vec<(Moment, String)> {
    let offset = i64::from(clock.zone.offset_secs(from)) * 1000;
    let mut at = (from.ms() + offset).div_euclid(step_ms) * step_ms - offset;
    let mut marks = Vec::new();
    while at <= to.ms() {
        if at >= from.ms() {
            let m = Moment::from_ms(at);
            marks.push((m, clock.time(m)));
        }
        at += step_ms;
    }
    marks
}

/// A place on an axis, in percent with two digits.
pub fn percent(x: i64, width: i64) -> String {
    if width <= 0 {
        return "0%".to_owned();
    }
    let hundredths = (x * 10_000 / width).clamp(0, 10_000);
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Zone;

    #[test]
    fn neighbouring_days_of_one_state_are_one_run() {
        let at = |t: &str| Moment::parse_rfc3339(t).unwrap();
        let stretch =
            |from, to, status| Stretch { from: at(from), to: at(to), status, known: true, minority: Vec::new() };
        let timeline = ComponentTimeline {
            stretches: vec![
                stretch("2026-11-02T12:00:00Z", "2026-11-04T00:00:00Z", Status::Operational),
                stretch("2026-11-04T00:00:00Z", "2026-11-04T01:00:00Z", Status::Major),
                stretch("2026-11-04T01:00:00Z", "2026-11-05T01:00:00Z", Status::Operational),
            ],
            ..ComponentTimeline::blank("web".into())
        };
        let first = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let days = days_from(&timeline, Zone::UTC, at("2026-11-05T01:00:00Z"), first, 6);
        let told: Vec<_> = runs(&days).into_iter().map(|(s, run)| (letter(s), run.x, run.w)).collect();
        assert_eq!(told, [('u', 1, 2), ('d', 3, 1), ('u', 4, 1)]);
    }

    #[test]
    fn places_keep_two_digits_and_no_more() {
        assert_eq!((percent(1, 3), percent(45, 90), percent(0, 0)), ("33.33%".into(), "50%".into(), "0%".into()));
    }
}
