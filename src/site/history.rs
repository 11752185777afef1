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
#[derive(Clone, Copy)]
struct Month {
    first: NaiveDate,
    next: NaiveDate,
    from: Moment,
    to: Moment,
    closed: bool,
}

/// The list and every month.
pub fn history(scene: &Scene<'_>) -> (HistoryPage, Vec<MonthPage>) {
    let stretches = scene.cards.iter().filter_map(|c| c.timeline).flat_map(|t| t.stretches.iter().map(|s| s.from));
    let events = scene.incidents().flat_map(|i| i.events.iter().map(|e| e.published));
    let until = settled_until(scene.moment(), stretches.chain(events));
    let months = months(scene, until);
    let pages: Vec<MonthPage> = months.iter().map(|m| page(scene, *m, &months, until)).collect();
    let lines =
        pages.iter().zip(&months).rev().map(|(page, m)| MonthLine { link: link(m.first), note: page.lead.clone() });
    let tab = format!("History · {}", scene.title());
    let base = frame(scene, "history/index.html", tab, format!("What happened to {}, by month.", scene.title()), 'u');
    let list = HistoryPage { months: lines.collect(), frame: Frame { foot: reaching_foot(scene, until), ..base } };
    (list, pages)
}

fn months(scene: &Scene<'_>, until: Moment) -> Vec<Month> {
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

fn page(scene: &Scene<'_>, m: Month, all: &[Month], until: Moment) -> MonthPage {
    let clock = Clock::on(scene.clock.zone, m.from);
    let title = name(m.first);
    let entries = entries::between(scene, clock, m.from, m.to);
    let lead = lead(scene, m, &entries);
    let path = link(m.first).href;
    let base = frame(scene, &path, format!("{title} · {}", scene.title()), lead.clone(), 'u');
    let foot = if m.closed { settled_foot(clock, m.to) } else { reaching_foot(scene, until) };
    let has = |date: NaiveDate| all.iter().find(|o| o.first == date).map(|o| link(o.first));
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

fn lead(scene: &Scene<'_>, m: Month, entries: &[Entry]) -> String {
    let what = match entries.len() {
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
