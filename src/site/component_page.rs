//! The page of a component. It is not made each round: it reaches until the last closed hour or the last change of state.

use chrono::{Datelike, TimeDelta};
use serde::Serialize;

use crate::model::{Moment, Span, Status};
use crate::site::band::Band;
use crate::site::bars;
use crate::site::clock::{Clock, datetime, hour, month, next_month};
use crate::site::entries::incident_href;
use crate::site::frame::{frame, live_foot, next_hour, reaching_foot};
use crate::site::how::{How, how};
use crate::site::latency;
use crate::site::parts::{AxisLabel, Frame, Line, Link, Station, Strip, letter};
use crate::site::pins::margin;
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;
use crate::site::values::{Values, values};
use crate::timeline::{ComponentTimeline, Day, Month, Outage, days, last_24h, last_days, months};

/// Most outages on the page; older ones stand in the history.
pub const OUTAGES: usize = 25;

/// The page of a component.
#[derive(Clone, Debug, Serialize)]
pub struct ComponentPage {
    /// Around it.
    pub frame: Frame,
    /// "Website is up."
    pub sentence: String,
    /// How fast, or why not; and what it is.
    pub lead: String,
    /// Nothing is the matter.
    pub calm: bool,
    /// The line.
    pub line: Line,
    /// Where months begin in the ninety days.
    pub months: Vec<i64>,
    /// Their names.
    pub month_labels: Vec<AxisLabel>,
    /// The state over ninety days.
    pub days: Strip,
    /// Time to answer.
    pub latency: Option<Band>,
    /// What was recorded.
    pub values: Vec<Values>,
    /// Ninety days as a table.
    pub table: Vec<DayRow>,
    /// Uptime and coverage.
    pub windows: Vec<WindowRow>,
    /// The year.
    pub year: String,
    /// Days of the month along the axis.
    pub month_days: Vec<AxisLabel>,
    /// A line per month.
    pub year_rows: Vec<MonthRow>,
    /// Outages, newest first.
    pub outages: Vec<OutageRow>,
    /// Older ones are left to the history.
    pub more_outages: bool,
    /// How we look.
    pub how: Vec<How>,
}

/// A day of the table.
#[derive(Clone, Debug, Serialize)]
pub struct DayRow {
    /// `23 Nov`
    pub day: String,
    /// Its worst state.
    pub state: &'static str,
    /// p50, or a dash.
    pub p50: String,
    /// p95, or a dash.
    pub p95: String,
}

/// A window of time.
#[derive(Clone, Debug, Serialize)]
pub struct WindowRow {
    /// "24 hours"
    pub name: String,
    /// `99.98 %`
    pub uptime: String,
    /// `99.6 %`
    pub coverage: String,
    /// How long, or a dash.
    pub down: String,
    /// How many.
    pub outages: usize,
    /// How many.
    pub blips: u32,
}

/// A month of the year.
#[derive(Clone, Debug, Serialize)]
pub struct MonthRow {
    /// "November"
    pub name: &'static str,
    /// Its month's page, from the root.
    pub href: String,
    /// Its days.
    pub strip: Strip,
    /// How long, or a dash.
    pub down: String,
    /// `99.98 %`
    pub uptime: String,
    /// `99.6 %`
    pub coverage: String,
}

/// An outage.
#[derive(Clone, Debug, Serialize)]
pub struct OutageRow {
    /// `23 Nov`
    pub date: String,
    /// For machines.
    pub datetime: String,
    /// The state letter.
    pub state: char,
    /// "Major outage, 9:00 to 10:40, 1 h 40 min"
    pub text: String,
    /// Why.
    pub why: String,
    /// Its incident.
    pub link: Option<Link>,
    /// A person wrote the incident's title.
    pub written: bool,
}

/// Makes the page.
pub fn component(scene: &Scene<'_>, card: &Card<'_>) -> ComponentPage {
    let until = until(scene, card);
    let clock = Clock::on(scene.clock.zone, until);
    let name = &card.component.name;
    let sentence = sentence(card);
    let lead = lead(scene, card, clock, until);
    let path = format!("components/{}/index.html", card.component.id);
    let tab = format!("{} {}· {}", name, tab_state(card), scene.title());
    let description = if card.component.description.is_some() { lead.clone() } else { format!("{sentence} {lead}") };
    let base = frame(scene, &path, tab, description, letter(card.status));
    let first = clock.zone.date(until) - TimeDelta::days(89);
    let (months, month_labels) = bars::month_axis(first, 90);
    let probe = latency::probe(card);
    let days = card.timeline.map_or_else(Vec::new, |t| days(t, clock.zone, until, 90));
    let timed = probe.map(|p| latency::days(p, &days, until)).unwrap_or_default();
    let all = card.timeline.map_or(&[][..], |t| &t.outages).iter().rev().filter(|o| o.from <= until);
    let outages: Vec<&Outage> = all.collect();
    let year = clock.zone.date(until).year();
    let watched = card.timeline.filter(|_| card.is_watched());
    let foot = if is_live(card) { live_foot(scene) } else { reaching_foot(scene, until) };
    ComponentPage {
        line: line(scene, card, clock, until),
        months,
        month_labels,
        days: bars::day_strip(scene, card, "Ninety days", (first, 90), until),
        latency: latency::latency(&timed, clock, first),
        values: values(scene.world, card, &days, clock, first, until),
        table: table(&days, clock, &timed),
        windows: watched.map_or_else(Vec::new, |t| windows(t, clock, until)),
        year: year.to_string(),
        month_days: month_days(),
        year_rows: watched.map_or_else(Vec::new, |_| year_rows(scene, card, clock, until)),
        outages: outages.iter().take(OUTAGES).map(|o| outage(scene, card, clock, o)).collect(),
        more_outages: outages.len() > OUTAGES,
        how: how(scene, card),
        calm: matches!(card.status, Status::Operational | Status::Maintenance),
        frame: Frame { stamp: format!("Until {}", clock.full(until)), foot, ..base },
        sentence,
        lead,
    }
}

/// Whether its page is made each round.
pub fn is_live(card: &Card<'_>) -> bool {
    card.status.is_bad()
}

/// The last closed hour, or the last change of state. An hour is closed when nothing can come to it any more, so that
/// its page is made once. While the component fails, the page is made each round and reaches the moment: nobody reads an
/// hour-old figure in the middle of an outage.
pub fn until(scene: &Scene<'_>, card: &Card<'_>) -> Moment {
    if is_live(card) {
        return scene.moment();
    }
    let stretches = card.timeline.map_or(&[][..], |t| &t.stretches);
    let closed = hour(scene.moment() - margin(scene.world.settings));
    let changes = stretches.iter().map(|s| s.from).chain(card.since);
    changes.filter(|at| *at <= scene.moment()).fold(closed, Moment::max)
}

fn sentence(card: &Card<'_>) -> String {
    let name = &card.component.name;
    match card.status {
        Status::NoData if card.is_watched() && !card.was_seen() => format!("Nobody has looked at {name} yet."),
        Status::Operational => format!("{name} is up."),
        Status::Degraded => format!("{name} is degraded."),
        Status::Partial => format!("{name} is partly down."),
        Status::Major => format!("{name} is down."),
        Status::Maintenance => format!("{name} is being worked on."),
        Status::NoData => format!("We cannot see {name}."),
    }
}

fn tab_state(card: &Card<'_>) -> String {
    if card.status == Status::Operational { String::new() } else { format!("{} ", say::short_status(card.status)) }
}

fn lead(scene: &Scene<'_>, card: &Card<'_>, clock: Clock, until: Moment) -> String {
    let mut said = Vec::new();
    if !card.is_watched() {
        said.push("Nothing measures it; this is as reported.".to_owned());
    } else if card.status.is_bad() {
        let open = card.timeline.and_then(|t| t.outages.last()).filter(|o| o.end.is_none());
        let why = open.and_then(|o| scene.reasons(card, o).into_iter().find(|r| !r.why.is_empty()));
        said.extend(why.map(|r| say::sentence_case(&say::stop(&r.why))));
    } else if let Some(ms) = latency::probe(card).and_then(|p| latency::last_hour(p, until)) {
        let hour = clock.when(hour(until));
        said.push(format!("In the hour until {hour} it answered in {ms} ms."));
    }
    said.extend(card.component.description.as_deref().map(say::stop));
    said.join(" ")
}

/// Not before it.
fn full_minute(at: Moment) -> Moment {
    Moment::from_ms((at.ms() + 59_999).div_euclid(60_000) * 60_000)
}

fn line(scene: &Scene<'_>, card: &Card<'_>, clock: Clock, until: Moment) -> Line {
    let state = letter(card.status);
    let label = match card.status {
        Status::Operational => "Up since",
        Status::Degraded => "Degraded since",
        Status::Partial => "Partly down since",
        Status::Major => "Down since",
        Status::Maintenance => "Work since",
        Status::NoData => "No data since",
    };
    let ended = card.timeline.and_then(|t| t.stretches.iter().rev().find(|s| s.status.is_bad())).map(|s| s.to);
    let first = card.timeline.and_then(|t| t.since);
    let since = if card.status == Status::Operational { ended.or(first) } else { card.since.or(first) };
    let mut stations = Vec::new();
    let mut before = ' ';
    if let Some(at) = since {
        let note = if clock.is_today(at) { clock.date(at) } else { clock.time(at) };
        stations.push(Station::at(label, at, clock.figure(at), note, state));
        let status = card.timeline.map(|t| t.status_at(at - Span::from_ms(1)));
        // What is over is not red: once all is well, the line comes from the left as it goes on.
        let status = if card.status == Status::Operational { Some(card.status) } else { status };
        before = if first.is_some_and(|f| f < at) { status.map_or(' ', letter) } else { ' ' };
    }
    if is_live(card) {
        let look = card.timeline.and_then(|t| t.last_look).unwrap_or(until);
        stations.push(Station::at("Last look", look, clock.figure(look), clock.date(look), 'f'));
        return Line { before, stations };
    }
    stations.push(Station::at("This page reaches", until, clock.figure(until), clock.date(until), 'f'));
    let next = full_minute(next_hour(until) + margin(scene.world.settings));
    stations.push(Station::at("Next page by", next, clock.figure(next), "or when the state changes", 'f'));
    Line { before, stations }
}

fn table(days: &[Day], clock: Clock, timed: &latency::Days) -> Vec<DayRow> {
    let ms = |v: Option<u32>| v.map_or("–".to_owned(), |v| format!("{v} ms"));
    let rows = days.iter().enumerate().rev().filter_map(|(x, day)| {
        let times = timed.get(x).copied().flatten();
        Some(DayRow {
            day: clock.short(day.date),
            state: say::status(day.worst?),
            p50: ms(times.map(|t| t.0)),
            p95: ms(times.map(|t| t.1)),
        })
    });
    rows.collect()
}

fn windows(t: &ComponentTimeline, clock: Clock, until: Moment) -> Vec<WindowRow> {
    let Some(since) = t.since else { return Vec::new() };
    let days = |n: u32| last_days(clock.zone, until, n);
    let row = |name: String, from: Moment| {
        let figure = t.figure(from, until);
        WindowRow {
            name,
            uptime: figure.text(),
            coverage: figure.coverage_text(),
            down: say::span_or_dash(t.down(from, until)),
            outages: t.outages.iter().filter(|o| o.from <= until && o.end.is_none_or(|e| e.at > from)).count(),
            blips: t.blips_in(from, until),
        }
    };
    let mut rows = Vec::new();
    for (name, from) in
        [("24 hours", last_24h(until)), ("7 days", days(7)), ("30 days", days(30)), ("90 days", days(90))]
    {
        let name = if since > from { format!("{name}, since {}", clock.when(since)) } else { name.to_owned() };
        rows.push(row(name, from));
    }
    if since < days(90) {
        rows.push(row(format!("Since {}", clock.date(since)), since));
    }
    rows
}

/// Days of the month along an axis of 31.
pub fn month_days() -> Vec<AxisLabel> {
    let label = |d: i64| AxisLabel {
        percent: bars::percent(d * 2 - 1, 62),
        text: d.to_string(),
        letter: String::new(),
        minor: matches!(d, 5 | 15 | 25),
        anchor: 'm',
    };
    [1, 5, 10, 15, 20, 25, 31].into_iter().map(label).collect()
}

fn year_rows(scene: &Scene<'_>, card: &Card<'_>, clock: Clock, until: Moment) -> Vec<MonthRow> {
    let Some((t, since)) = card.timeline.and_then(|t| Some((t, t.since?))) else { return Vec::new() };
    let all = months(t, clock.zone, until, clock.zone.date(until).month());
    let row = |m: Month| {
        let count = (next_month(m.first) - m.first).num_days() as u32;
        let strip = bars::day_strip(scene, card, month(m.first), (m.first, count), until);
        MonthRow {
            name: month(m.first),
            href: format!("history/{}/index.html", m.first.format("%Y-%m")),
            strip: Strip { width: 31, ..strip },
            down: say::span_or_dash(Span::from_ms(m.down_ms)),
            uptime: m.figure.text(),
            coverage: m.figure.coverage_text(),
        }
    };
    all.into_iter().filter(|m| m.to.min(until) > since).map(row).collect()
}

fn outage(scene: &Scene<'_>, card: &Card<'_>, clock: Clock, o: &Outage) -> OutageRow {
    let incident = scene.incident_of(&card.component.id, o);
    let mut why: Vec<String> = Vec::new();
    for reason in scene.reasons(card, o) {
        let text = say::sentence_case(&say::stop(&reason.why));
        if !reason.why.is_empty() && !why.contains(&text) && why.len() < 3 {
            why.push(text);
        }
    }
    let span = match o.end {
        Some(end) => {
            let day = Clock::on(clock.zone, o.from);
            format!("{} to {}, {}", clock.time(o.from), day.when(end.at), end.at - o.from)
        }
        None => format!("since {}, not over", clock.time(o.from)),
    };
    let backs: Span = o.come_backs.iter().map(|(a, b)| *b - *a).sum();
    let back = match o.come_backs.first() {
        Some((at, _)) => format!(", back at {} for {backs}", clock.time(*at)),
        None => String::new(),
    };
    OutageRow {
        date: clock.date(o.from),
        datetime: datetime(o.from),
        state: letter(o.worst),
        text: format!("{}, {span}{back}", say::status(o.worst)),
        why: why.join(" "),
        link: incident.map(|i| Link { text: i.title.clone(), href: incident_href(&i.slug) }),
        written: incident.is_some_and(|i| scene.writeup(i.writeup).is_some()),
    }
}
