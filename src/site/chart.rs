//! Minute by minute: every affected component over an incident, with our words as upright lines through all rows.

use serde::Serialize;

use crate::incident::Incident;
use crate::model::{Moment, Span, Status};
use crate::site::bars;
use crate::site::clock::Clock;
use crate::site::know;
use crate::site::parts::{AxisLabel, Link, Strip};
use crate::site::recorded::{Curve, curves};
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;

/// What is drawn before the beginning and after the end; the record keeps every look of 30 minutes on either side.
const BEFORE: Span = Span::from_mins(30);
const AFTER: Span = Span::from_mins(25);

/// The chart.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// Its width in its own units.
    pub width: i64,
    /// Where our words stand, in its units.
    pub marks: Vec<i64>,
    /// Their letters and times.
    pub mark_labels: Vec<AxisLabel>,
    /// The time axis.
    pub times: Vec<AxisLabel>,
    /// One row per component.
    pub rows: Vec<ChartRow>,
    /// Recorded values.
    pub curves: Vec<Curve>,
    /// The resolution, and what the lines mean.
    pub caption: String,
    /// The same as a table.
    pub table: Vec<TableRow>,
}

/// A component of the chart.
#[derive(Clone, Debug, Serialize)]
pub struct ChartRow {
    /// Its page.
    pub link: Link,
    /// Its stretches.
    pub strip: Strip,
    /// How long it failed.
    pub failed: String,
}

/// An outage as a row of a table.
#[derive(Clone, Debug, Serialize)]
pub struct TableRow {
    /// Whose.
    pub name: String,
    /// What it showed at worst.
    pub state: String,
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// How long.
    pub lasted: String,
    /// Why.
    pub why: String,
}

/// What a chart reaches over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The incident's first failure.
    pub begin: Moment,
    /// Its end, or the moment.
    pub end: Moment,
    /// Where the chart begins.
    pub from: Moment,
    /// Where it ends.
    pub to: Moment,
}

/// What the chart of an incident reaches over; none where nothing was measured.
pub fn reach(scene: &Scene<'_>, incident: &Incident) -> Option<Reach> {
    let measured = incident.members.iter().flat_map(|m| &m.outages);
    let begin = measured.clone().map(|o| o.0).min()?.min(incident.started);
    let last = measured.map(|o| o.1.unwrap_or(scene.moment())).max()?;
    let end = incident.ended.map_or(last, |e| e.max(last));
    Some(Reach { begin, end, from: round(begin - BEFORE), to: round(end + AFTER) })
}

/// Draws an incident; none where nothing was measured.
pub fn chart(scene: &Scene<'_>, incident: &Incident, clock: Clock) -> Option<Chart> {
    let Reach { begin, end, from, to } = reach(scene, incident)?;
    let unit_ms = ((to - from).ms() / 20_000).max(1000);
    let width = (to - from).ms() / unit_ms;
    let place = |at: Moment| ((at - from).ms() / unit_ms).clamp(0, width);
    let said = know::said(scene, incident, clock);
    let said: Vec<_> = said.iter().filter(|(at, _)| from <= *at && *at < to).collect();
    let members: Vec<Card<'_>> = incident.members.iter().filter_map(|m| scene.card(&m.component)).copied().collect();
    let unseen = scene.cards.iter().filter(|c| {
        let mine = |m: &Card<'_>| m.component.id == c.component.id;
        let hidden = |s: &crate::timeline::Stretch| s.status == Status::NoData && s.to > begin && s.from < end;
        !members.iter().any(mine) && c.timeline.is_some_and(|t| t.stretches.iter().any(hidden))
    });
    let row = |card: &Card<'_>| ChartRow {
        link: card.link(),
        strip: bars::fine_strip(card.timeline, clock, &card.component.name, (from, to), unit_ms),
        failed: failed(scene, incident, card),
    };
    Some(Chart {
        width,
        marks: said.iter().map(|(at, _)| place(*at)).collect(),
        mark_labels: mark_labels(
            &said.iter().map(|(at, w)| (place(*at), w.letter.clone(), w.time.clone())).collect::<Vec<_>>(),
            width,
        ),
        times: times(clock, from, to, unit_ms, width),
        rows: members.iter().chain(unseen).map(row).collect(),
        curves: curves(scene, &members, clock, (from, to), unit_ms),
        caption: caption(scene, incident, &members, said.len(), clock),
        table: table(scene, incident, &members, clock),
    })
}

/// To five minutes, downwards.
fn round(at: Moment) -> Moment {
    at - Span::from_ms(at.ms().rem_euclid(5 * 60_000))
}

fn failed(scene: &Scene<'_>, incident: &Incident, card: &Card<'_>) -> String {
    let outages = know::outages(scene, Some(incident), card);
    if !incident.members.iter().any(|m| m.component == card.component.id) {
        return "not seen".to_owned();
    }
    if outages.is_empty() {
        return "–".to_owned();
    }
    outages.iter().map(|o| o.end.map_or(scene.moment(), |e| e.at) - o.from).sum::<Span>().to_string()
}

/// Letters with times where there is room, else letters alone, else the line without one.
fn mark_labels(marks: &[(i64, String, String)], width: i64) -> Vec<AxisLabel> {
    let mut labels: Vec<AxisLabel> = Vec::new();
    let mut last = i64::MIN / 2;
    for (i, (x, letter, time)) in marks.iter().enumerate() {
        let next = marks.get(i + 1).map_or(i64::MAX / 2, |m| m.0);
        let room = (next - x).min(x - last).min(width) * 100 / width.max(1);
        if room < 2 && i > 0 {
            continue;
        }
        labels.push(AxisLabel {
            percent: bars::percent(*x, width),
            text: if room >= 5 { time.clone() } else { String::new() },
            letter: letter.clone(),
            minor: false,
            anchor: 'm',
        });
        last = *x;
    }
    labels
}

fn times(clock: Clock, from: Moment, to: Moment, unit_ms: i64, width: i64) -> Vec<AxisLabel> {
    const STEPS: [i64; 12] = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];
    let length = (to - from).ms();
    let step = STEPS.iter().map(|m| m * 60_000).find(|s| length / s <= 8).unwrap_or(length / 6);
    bars::time_axis(clock, from, to, step)
        .into_iter()
        .enumerate()
        .map(|(i, (at, text))| {
            let x = (at - from).ms() / unit_ms;
            let anchor = if x * 50 < width {
                'l'
            } else if x * 50 > width * 49 {
                'e'
            } else {
                'm'
            };
            AxisLabel {
                percent: bars::percent(x, width),
                text: if step >= 1440 * 60_000 { clock.date(at) } else { text },
                letter: String::new(),
                minor: i % 2 == 1,
                anchor,
            }
        })
        .collect()
}

fn caption(scene: &Scene<'_>, incident: &Incident, members: &[Card<'_>], words: usize, clock: Clock) -> String {
    let mut said = Vec::new();
    match words {
        0 => {}
        1 => said.push("The upright line is our word; it stands below.".to_owned()),
        _ => said.push("Upright lines are our words; they stand below.".to_owned()),
    }
    let mut backs: Vec<(Moment, Span, Vec<&str>)> = Vec::new();
    for card in members {
        for (from, to) in know::outages(scene, Some(incident), card).iter().flat_map(|o| &o.come_backs) {
            match backs.iter_mut().find(|b| b.0 == *from) {
                Some(b) => b.2.push(&card.component.name),
                None => backs.push((*from, *to - *from, vec![&card.component.name])),
            }
        }
    }
    said.extend(backs.iter().map(|(at, span, who)| {
        format!(
            "At {} {} answered for {span}: a come-back inside one outage, not its end.",
            clock.when(*at),
            say::names(who),
        )
    }));
    let run = &scene.world.settings.run;
    let places =
        if run.vantages.len() > 1 { format!(" from each of {} places", run.vantages.len()) } else { String::new() };
    said.push(format!("One look {}{places}; nothing is smoothed.", say::every(run.interval)));
    said.join(" ")
}

fn table(scene: &Scene<'_>, incident: &Incident, members: &[Card<'_>], clock: Clock) -> Vec<TableRow> {
    let mut rows = Vec::new();
    for card in members {
        for outage in know::outages(scene, Some(incident), card) {
            let end = outage.end.map(|e| e.at);
            let reasons = scene.reasons(card, outage);
            let mut why: Vec<&str> = reasons.iter().map(|r| r.why.as_str()).filter(|w| !w.is_empty()).collect();
            why.dedup();
            why.truncate(3);
            rows.push(TableRow {
                name: card.component.name.clone(),
                state: say::status(outage.worst).to_owned(),
                from: clock.when(outage.from),
                to: end.map_or("not over".to_owned(), |e| clock.when(e)),
                lasted: (end.unwrap_or(scene.moment()) - outage.from).to_string(),
                why: why.join("; "),
            });
        }
    }
    rows
}
