//! What happened before, as entries of a list: incidents, notices, and times when nobody looked.

use crate::incident::{Incident, Maintenance};
use crate::model::{Moment, Span, Status, WriteUp, WriteUpKind};
use crate::site::clock::{Clock, datetime};
use crate::site::parts::{Entry, Measured};
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;
use crate::timeline::Stretch;

/// A hole shorter than this is not worth an entry; the bars and the coverage still tell of it.
const HOLE: Span = Span::from_mins(60);

/// Everything that began in `[from, to)`, newest first; by the given clock.
pub fn between(scene: &Scene<'_>, clock: Clock, from: Moment, to: Moment) -> Vec<Entry> {
    let within = |at: Moment| from <= at && at < to;
    let mut entries: Vec<Entry> =
        scene.incidents().filter(|i| within(i.started)).map(|i| incident(scene, clock, i)).collect();
    entries.extend(scene.notices().filter_map(|w| {
        let at = Scene::notice_at(w).filter(|at| within(*at))?;
        Some(notice(clock, w, at))
    }));
    entries.extend(scene.holes.iter().filter(|(a, _)| within(*a)).map(|(a, b)| hole(clock, *a, *b)));
    entries.sort_by_key(|e| std::cmp::Reverse(e.at));
    entries
}

/// How many began in `[from, to)`: as many as [`between`] gives.
pub fn count(scene: &Scene<'_>, from: Moment, to: Moment) -> usize {
    let within = |at: &Moment| from <= *at && *at < to;
    let notices = scene.notices().filter_map(Scene::notice_at).filter(within).count();
    let holes = scene.holes.iter().filter(|(a, _)| within(a)).count();
    scene.incidents().filter(|i| within(&i.started)).count() + notices + holes
}

/// The page of an incident, from the root.
pub fn incident_href(slug: &str) -> String {
    format!("incidents/{slug}/index.html")
}

/// An incident in one line.
pub fn incident(scene: &Scene<'_>, clock: Clock, i: &Incident) -> Entry {
    let worst = i.members.iter().filter(|m| scene.card(&m.component).is_some()).map(|m| m.worst).max();
    let writeup = scene.writeup(i.writeup);
    let written = writeup.is_some();
    let postmortem = writeup.is_some_and(|w| !w.sections.is_empty());
    let note = match (worst.filter(|s| s.is_bad()), i.ended) {
        (None, _) if !i.follows.is_empty() => "Follow-up".to_owned(),
        (Some(s), Some(end)) => format!("{}, {}", say::status(s), end - i.started),
        (Some(s), None) => format!("{}, not over", say::status(s)),
        (None, Some(end)) => format!("Reported, {}", end - i.started),
        (None, None) => say::incident_status(i.status).to_owned(),
    };
    Entry {
        date: clock.date(i.started),
        datetime: datetime(i.started),
        title: i.title.clone(),
        href: Some(incident_href(&i.slug)),
        written,
        note: if postmortem && worst.is_some() { format!("{note}. With postmortem.") } else { note },
        at: i.started,
    }
}

/// A notice in one line.
pub fn notice(clock: Clock, w: &WriteUp, at: Moment) -> Entry {
    let note = match (w.kind, &w.follows) {
        (_, Some(_)) => "Follow-up",
        (WriteUpKind::Maintenance, None) => "Planned work",
        (WriteUpKind::Incident | WriteUpKind::Notice, None) => "Notice",
    };
    Entry {
        date: clock.date(at),
        datetime: datetime(at),
        title: w.title.clone(),
        href: Some(incident_href(&w.slug)),
        written: true,
        note: note.to_owned(),
        at,
    }
}

/// A window of planned work in one line.
pub fn window(scene: &Scene<'_>, clock: Clock, m: &Maintenance) -> Entry {
    let who: Vec<&str> =
        m.components.iter().filter_map(|id| scene.card(id)).map(|c| c.component.name.as_str()).collect();
    let state = if m.cancelled {
        "Called off".to_owned()
    } else if m.overrun {
        "Has run over".to_owned()
    } else {
        say::maintenance_status(m.status).to_owned()
    };
    let mut note = format!("{state}. {}", clock.window(m.starts, m.ends));
    if !who.is_empty() {
        note = format!("{note}. {}", say::names(&who));
    }
    if m.declared_late {
        note.push_str(". Said after it began, so it leaves the figures as they are");
    }
    Entry {
        date: clock.date(m.starts),
        datetime: datetime(m.starts),
        title: m.title.clone(),
        href: m.writeup.map(|_| incident_href(slug(scene, m))),
        written: m.writeup.is_some(),
        note: format!("{note}."),
        at: m.starts,
    }
}

/// The address of a window's write-up.
pub fn slug<'a>(scene: &Scene<'a>, m: &'a Maintenance) -> &'a str {
    let stem = m.id.split('@').next().unwrap_or(&m.id);
    scene.writeup(m.writeup).map_or(stem, |w| w.slug.as_str())
}

fn hole(clock: Clock, from: Moment, to: Moment) -> Entry {
    let same = clock.zone.date(from) == clock.zone.date(to) || to - from < Span::from_mins(24 * 60);
    let until = if same { clock.time(to) } else { clock.when(to) };
    let date = clock.zone.date(from);
    Entry {
        date: clock.date(from),
        datetime: datetime(from),
        title: format!("Nobody looked from {} to {until}", clock.time(from)),
        href: Some(format!("history/{}/index.html", date.format("%Y-%m"))),
        written: false,
        note: format!("No data, {}.", to - from),
        at: from,
    }
}

/// Times of at least an hour when no watched component was seen, oldest first, over by the moment.
pub fn holes(cards: &[Card<'_>], moment: Moment) -> Vec<(Moment, Moment)> {
    let mut timelines = cards.iter().filter_map(|c| c.timeline).filter(|t| t.since.is_some());
    let Some(first) = timelines.next() else { return Vec::new() };
    let long = |a: Moment, b: Moment| b - a >= HOLE;
    let unseen = |s: &[Stretch]| -> Vec<(Moment, Moment)> {
        s.iter().filter(|s| s.status == Status::NoData).map(|s| (s.from, s.to)).filter(|(a, b)| long(*a, *b)).collect()
    };
    let mut common = unseen(&first.stretches);
    for t in timelines {
        let begin = t.since.unwrap_or_default();
        let other = unseen(&t.stretches);
        // Before its first record a component says nothing about holes.
        let mut met: Vec<(Moment, Moment)> = common.iter().filter(|(_, b)| *b <= begin).copied().collect();
        for (a, b) in common.iter().filter(|(_, b)| *b > begin) {
            let from = other.partition_point(|(_, d)| d <= a);
            let shared = other[from..].iter().take_while(|(c, _)| c < b).map(|(c, d)| (*a.max(c), *b.min(d)));
            met.extend(shared.filter(|(a, b)| long(*a, *b)));
        }
        common = met;
    }
    common.retain(|(_, b)| *b < moment);
    common
}

/// What still works while something is wrong: the degraded first.
pub fn still_works(scene: &Scene<'_>) -> Vec<Measured> {
    let mut list = Vec::new();
    for card in scene.cards.iter().filter(|c| c.status == Status::Degraded) {
        let why =
            crate::site::trouble::last_reason(card).map_or(String::new(), |w| format!(": {}", w.trim_end_matches('.')));
        let text = format!("answers, but is degraded{why}.");
        list.push(Measured { state: 'g', text, link: Some(card.link()) });
    }
    for card in scene.cards.iter().filter(|c| c.status == Status::Maintenance) {
        list.push(Measured { state: 'm', text: "is being worked on, as planned.".to_owned(), link: Some(card.link()) });
    }
    let fine: Vec<&str> =
        scene.cards.iter().filter(|c| c.status == Status::Operational).map(|c| c.component.name.as_str()).collect();
    if !fine.is_empty() {
        list.push(Measured { state: 'u', text: say::stop(&say::names(&fine)), link: None });
    }
    let made = format!("This page, made at {}.", scene.clock.time(scene.moment()));
    list.push(Measured { state: 'u', text: made, link: None });
    list
}
