//! The components of the index: groups of rows, each with two strips, uptime and coverage.

use chrono::TimeDelta;
use serde::Serialize;

use crate::model::{Moment, Span, Status};
use crate::site::bars;
use crate::site::parts::{AxisLabel, Link, Strip, letter};
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;
use crate::timeline::last_days;

/// Over so many components, those not operational stand first.
const LONG: usize = 12;

/// All components with what their strips share.
#[derive(Clone, Debug, Serialize)]
pub struct Components {
    /// "One day", or "Two hours" while something is wrong.
    pub short_name: &'static str,
    /// Where months begin in the ninety days.
    pub months: Vec<i64>,
    /// Their names.
    pub month_labels: Vec<AxisLabel>,
    /// Where the short strip has lines, in its units.
    pub hours: Vec<i64>,
    /// Their times.
    pub hour_labels: Vec<AxisLabel>,
    /// Groups in config order.
    pub groups: Vec<Group>,
    /// Whether any component was watched at all, so that a legend helps.
    pub legend: bool,
}

/// A group of components.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Its heading; empty where no component has a group.
    pub name: String,
    /// Its components.
    pub rows: Vec<Row>,
}

/// A component in a row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its page.
    pub link: Link,
    /// The state letter.
    pub state: char,
    /// The state's word.
    pub word: &'static str,
    /// "since 9:00", "being checked", "as reported".
    pub since: String,
    /// Outage words are bold and red.
    pub outage: bool,
    /// Ninety days.
    pub days: Strip,
    /// One day, or two hours.
    pub short: Strip,
    /// `99.98 %`; empty where nothing looks.
    pub uptime: String,
    /// `99.6 %`
    pub coverage: String,
}

/// Makes the rows.
pub fn components(scene: &Scene<'_>, calm: bool) -> Components {
    let (clock, now) = (scene.clock, scene.moment());
    let first = clock.zone.date(now) - TimeDelta::days(89);
    let (months, month_labels) = bars::month_axis(first, 90);
    let (short_name, length, unit, step) = if calm {
        ("One day", Span::from_mins(24 * 60), 60_000, 12 * 3_600_000)
    } else {
        ("Two hours", Span::from_mins(120), 10_000, 3_600_000)
    };
    let from = now - length;
    let marks = bars::time_axis(clock, from, now, step);
    let place = |m: &Moment| (*m - from).ms() / unit;
    let width = length.ms() / unit;
    // A label at the very edge would leave the strip.
    let roomy = |x: i64| x * 100 / width >= 8 && x * 100 / width <= 92;
    let hour_labels = marks
        .iter()
        .filter(|(m, _)| roomy(place(m)))
        .map(|(m, text)| AxisLabel {
            percent: bars::percent(place(m), width),
            text: text.clone(),
            letter: String::new(),
            minor: false,
            anchor: 'm',
        })
        .collect();
    let row = |card: &Card<'_>| row(scene, card, (from, now), unit, short_name);
    let mut groups: Vec<Group> = Vec::new();
    let mut rest: Vec<&Card<'_>> = scene.cards.iter().collect();
    if scene.cards.len() > LONG {
        let (wrong, fine): (Vec<&Card<'_>>, Vec<&Card<'_>>) =
            rest.iter().partition(|c| c.status != Status::Operational);
        if !wrong.is_empty() && !fine.is_empty() {
            let name = "Not operational".to_owned();
            groups.push(Group { name, rows: wrong.iter().map(|c| row(c)).collect() });
            rest = fine;
        }
    }
    let names: Vec<Option<&str>> = rest.iter().map(|c| c.component.group.as_deref()).collect();
    let mut order: Vec<Option<&str>> = Vec::new();
    for name in &names {
        if !order.contains(name) {
            order.push(*name);
        }
    }
    let grouped = order.iter().any(Option::is_some);
    for name in order {
        let cards: Vec<&&Card<'_>> = rest.iter().filter(|c| c.component.group.as_deref() == name).collect();
        groups.push(Group {
            name: name.map_or_else(|| if grouped { "Other".to_owned() } else { String::new() }, str::to_owned),
            rows: cards.iter().map(|c| row(c)).collect(),
        });
    }
    Components {
        short_name,
        months,
        month_labels,
        hours: marks.iter().map(|(m, _)| place(m)).collect(),
        hour_labels,
        groups,
        legend: !scene.cards.is_empty(),
    }
}

/// The beginning of the ninety days.
pub fn first_moment(scene: &Scene<'_>) -> Moment {
    last_days(scene.clock.zone, scene.moment(), 90)
}

fn row(scene: &Scene<'_>, card: &Card<'_>, window: (Moment, Moment), unit: i64, short_name: &str) -> Row {
    let (clock, now) = (scene.clock, scene.moment());
    let first = clock.zone.date(now) - TimeDelta::days(89);
    let figure = card.timeline.filter(|_| card.is_watched()).map(|t| t.figure(first_moment(scene), now));
    let since = match (card.status, card.since) {
        _ if card.checking.is_some() && !card.status.is_bad() => "being checked".to_owned(),
        (Status::Operational, _) if !card.is_watched() => "as reported".to_owned(),
        (Status::Operational, _) | (_, None) => String::new(),
        (_, Some(at)) => format!("since {}", clock.figure(at)),
    };
    Row {
        link: card.link(),
        state: letter(card.status),
        word: say::status(card.status),
        since,
        outage: matches!(card.status, Status::Partial | Status::Major),
        days: bars::day_strip(scene, card, "Ninety days", (first, 90), now),
        short: bars::fine_strip(card.timeline.filter(|_| card.is_watched()), clock, short_name, window, unit),
        uptime: figure.map_or(String::new(), |f| f.text()),
        coverage: figure.map_or(String::new(), |f| f.coverage_text()),
    }
}
