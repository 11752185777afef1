//! The history: a page that lists the months, and a page per month. A closed month stays as it is.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::model::Moment;
use crate::site::bars;
use crate::site::clock::{Clock, first_of_month, month, next_month};
use crate::site::entries;
use crate::site::frame::{frame, reaching_foot, settled_foot, settled_until};
use crate::site::parts::{AxisLabel, Entry, Frame, Link, Strip};
use crate::site::scene::Scene;
use crate::site::sentences as say;
use crate::timeline::group_figure;

/// The list of months.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryPage {
    /// Around it.
    pub frame: Frame,
    /// Newest first.
    pub months: Vec<MonthLine>,
}

/// A month in the list.
#[derive(Clone, Debug, Serialize)]
pub struct MonthLine {
    /// "November 2026", and its page from the root.
    pub link: Link,
    /// What happened, in one line.
    pub note: String,
}

/// A month.
#[derive(Clone, Debug, Serialize)]
pub struct MonthPage {
    /// Around it.
    pub frame: Frame,
    /// "November 2026"
    pub title: String,
    /// What happened, in one line.
    pub lead: String,
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Days along the axis.
    pub days: Vec<AxisLabel>,
    /// Every component that was watched in it.
    pub rows: Vec<ComponentLine>,
    /// The month before, where there is one.
    pub before: Option<Link>,
    /// The month after.
    pub after: Option<Link>,
}

/// A component over a month.
#[derive(Clone, Debug, Serialize)]
pub struct ComponentLine {
    /// Its page.
    pub link: Link,
    /// Its days.
    pub strip: Strip,
    /// How long it was down, or a dash.
    pub down: String,
    /// `99.98 %`
    pub uptime: String,
    /// `99.6 %`
    pub coverage: String,
}

/// A month's dates and moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Month {
    /// Its first date.
    pub first: NaiveDate,
    /// The first date of the next.
    pub next: NaiveDate,
    /// Its first instant.
    pub from: Moment,
    /// One past its last, or as far as the history reaches.
    pub to: Moment,
    /// Whether it is over.
    pub closed: bool,
}

impl Month {
    /// Its page.
    pub fn link(&self) -> Link {
        link(self.first)
    }
}

/// The history: as far as it reaches, and every month of it, oldest first.
#[derive(Clone, Debug)]
pub struct Months {
    /// The last closed hour, the last change of state or the last word, whichever came last.
    pub until: Moment,
    /// At least one.
    pub list: Vec<Month>,
}

/// Which months there are.
pub fn months(scene: &Scene<'_>) -> Months {
    let stretches = scene.cards.iter().filter_map(|c| c.timeline).flat_map(|t| t.stretches.iter().map(|s| s.from));
    let events = scene.incidents().flat_map(|i| i.events.iter().map(|e| e.published));
    let until = settled_until(scene.moment(), stretches.chain(events));
    Months { until, list: months_until(scene, until) }
}

/// The list of months.
pub fn list(scene: &Scene<'_>, months: &Months) -> HistoryPage {
    let line = |m: &Month| MonthLine { link: m.link(), note: lead(scene, *m, entries::count(scene, m.from, m.to)) };
    let tab = format!("History · {}", scene.title());
    let base = frame(scene, "history/index.html", tab, format!("What happened to {}, by month.", scene.title()), 'u');
    let foot = reaching_foot(scene, months.until);
    HistoryPage { months: months.list.iter().rev().map(line).collect(), frame: Frame { foot, ..base } }
}

fn months_until(scene: &Scene<'_>, until: Moment) -> Vec<Month> {
    let zone = scene.clock.zone;
    let watched = scene.cards.iter().filter_map(|c| c.timeline?.since);
    let told = scene.incidents().map(|i| i.started).chain(scene.notices().filter_map(Scene::notice_at));
    let begin = watched.chain(told).min().unwrap_or(until).min(until);
    let mut first = first_of_month(zone.date(begin));
    let mut months = Vec::new();
    while zone.day_start(first) <= until {
        let next = next_month(first);
        let end = zone.day_start(next);
        months.push(Month { first, next, from: zone.day_start(first), to: end.min(until), closed: end <= until });
        first = next;
    }
    months
}

/// The page of a month.
pub fn page(scene: &Scene<'_>, m: Month, all: &Months) -> MonthPage {
    let clock = Clock::on(scene.clock.zone, m.from);
    let title = name(m.first);
    let entries = entries::between(scene, clock, m.from, m.to);
    let lead = lead(scene, m, entries.len());
    let path = link(m.first).href;
    let base = frame(scene, &path, format!("{title} · {}", scene.title()), lead.clone(), 'u');
    let foot = if m.closed { settled_foot(clock, m.to) } else { reaching_foot(scene, all.until) };
    let has = |date: NaiveDate| all.list.iter().find(|o| o.first == date).map(|o| link(o.first));
    let before = m.first.pred_opt().map(first_of_month);
    MonthPage {
        rows: rows(scene, m),
        days: crate::site::component_page::month_days(),
        before: before.and_then(has),
        after: has(m.next),
        frame: Frame { foot, ..base },
        title,
        lead,
        entries,
    }
}

fn lead(scene: &Scene<'_>, m: Month, entries: usize) -> String {
    let what = match entries {
        0 => "Nothing happened.".to_owned(),
        n => format!(
            "{}.",
            say::sentence_case(&format!("{} {}", say::number(n), if n == 1 { "entry" } else { "entries" }))
        ),
    };
    let figures: Vec<_> = scene
        .cards
        .iter()
        .filter(|c| c.is_watched())
        .filter_map(|c| Some(c.timeline?.figure(m.from, m.to)))
        .filter(|f| f.window_ms > 0)
        .collect();
    if figures.is_empty() {
        return what;
    }
    let all = group_figure(&figures);
    format!("{what} {} uptime, {} coverage.", all.text(), all.coverage_text())
}

fn rows(scene: &Scene<'_>, m: Month) -> Vec<ComponentLine> {
    let watched = scene.cards.iter().filter(|c| c.is_watched());
    watched
        .filter_map(|card| {
            let t = card.timeline.filter(|t| t.since.is_some_and(|s| s < m.to))?;
            let figure = t.figure(m.from, m.to);
            let count = (m.next - m.first).num_days() as u32;
            let strip = bars::day_strip(scene, card, &name(m.first), (m.first, count), m.to);
            Some(ComponentLine {
                link: card.link(),
                strip: Strip { width: 31, ..strip },
                down: say::span_or_dash(t.down(m.from, m.to)),
                uptime: figure.text(),
                coverage: figure.coverage_text(),
            })
        })
        .collect()
}

fn name(first: NaiveDate) -> String {
    format!("{} {}", month(first), first.year())
}

fn link(first: NaiveDate) -> Link {
    Link { text: name(first), href: format!("history/{}/index.html", first.format("%Y-%m")) }
}
