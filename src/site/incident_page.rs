//! The page of an incident, and of a notice: what was measured, and what people say of it.

use serde::Serialize;

use crate::incident::Incident;
use crate::model::{Action, Impact, IncidentStatus, Moment, Status, WriteUp};
use crate::site::chart::{self, Chart, chart};
use crate::site::clock::{Clock, full_date, words};
use crate::site::entries::{self, incident_href};
use crate::site::frame::{frame, live_foot, settled_foot};
use crate::site::incident_line::line;
use crate::site::know;
use crate::site::parts::{Entry, Fact, Frame, Line, Link, Word, letter};
use crate::site::scene::Scene;
use crate::site::sentences as say;

/// The page of an incident, a notice or planned work.
#[derive(Clone, Debug, Serialize)]
pub struct IncidentPage {
    /// Around it.
    pub frame: Frame,
    /// Before the stamp: "Postmortem, record 2026-11-23-web".
    pub record: String,
    /// Its title.
    pub title: String,
    /// A person wrote the title.
    pub written: bool,
    /// When, who, how long.
    pub lead: String,
    /// The line; none where there is no course of time.
    pub line: Option<Line>,
    /// It is over: figures and title are light.
    pub calm: bool,
    /// What it follows and what follows it.
    pub relations: Vec<Relation>,
    /// Measured facts.
    pub facts: Vec<Fact>,
    /// Minute by minute.
    pub chart: Option<Chart>,
    /// The text, cut at its headings.
    pub sections: Vec<Part>,
    /// What will be done.
    pub steps: Vec<Step>,
    /// What was said, oldest first.
    pub said: Vec<Word>,
    /// What was measured and written by time, oldest first.
    pub course: Vec<Word>,
    /// Who wrote it and who did what.
    pub people: String,
    /// What came after.
    pub after: Vec<Entry>,
}

/// A link to another page, in a sentence.
#[derive(Clone, Debug, Serialize)]
pub struct Relation {
    /// "Follows", "Followed by".
    pub how: &'static str,
    /// The other.
    pub link: Link,
    /// ", 30 November 2026"
    pub when: String,
}

/// A part of the text.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Its heading; empty before the first.
    pub title: String,
    /// Its anchor.
    pub anchor: String,
    /// Safe HTML.
    pub html: String,
}

/// A next step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// "Done 30 Nov", "Due 3 Dec", "Open, no date".
    pub state: String,
    /// Safe HTML.
    pub html: String,
    /// Who.
    pub owner: String,
}

/// Makes the page of an incident.
pub fn incident(scene: &Scene<'_>, i: &Incident) -> IncidentPage {
    let clock = Clock::on(scene.clock.zone, i.started);
    let writeup = scene.writeup(i.writeup);
    let over = i.status.is_over();
    let path = incident_href(&i.slug);
    let worst = i.members.iter().filter(|m| scene.card(&m.component).is_some()).map(|m| m.worst).max();
    let lead = lead(scene, i, clock);
    let icon = if over { 'u' } else { worst.map_or('u', letter) };
    let tab = format!("{} · {}", i.title, scene.title());
    let base = frame(scene, &path, tab, lead.clone(), icon);
    let foot = if over { settled(scene, i, clock) } else { live_foot(scene) };
    let status = say::incident_status(i.status);
    IncidentPage {
        record: i.id.as_ref().map_or_else(|| status.to_owned(), |id| format!("{status}, record {id}")),
        title: i.title.clone(),
        written: writeup.is_some(),
        line: line(scene, i, clock),
        calm: worst.is_none(),
        relations: relations(scene, i),
        facts: facts(scene, i, writeup, clock),
        chart: chart(scene, i, clock),
        sections: writeup.map_or_else(Vec::new, sections),
        steps: writeup.map_or_else(Vec::new, |w| steps(w, clock)),
        said: know::said(scene, i, clock).into_iter().map(|(_, w)| w).collect(),
        course: course(scene, i, writeup, clock),
        people: writeup.map_or_else(String::new, people),
        after: i.followed_by.iter().filter_map(|slug| told(scene, slug, clock)).collect(),
        frame: Frame { foot, ..base },
        lead,
    }
}

/// From when until when the page of an incident looks at rounds: for its chart, its facts and its foot.
pub fn heard(scene: &Scene<'_>, i: &Incident) -> (Moment, Moment) {
    let start = i.measured_start.unwrap_or(i.started);
    let told = i.measured_end.or(i.ended).unwrap_or(i.started) + scene.world.settings.run.interval;
    let end = told.max(i.measured_end.unwrap_or(scene.moment()));
    match chart::reach(scene, i) {
        Some(reach) => (reach.from.min(start), reach.to.max(end)),
        None => (start, end),
    }
}

/// The foot of a closed incident: which records tell of it, and where the last of them pins the chain.
fn settled(scene: &Scene<'_>, i: &Incident, clock: Clock) -> Vec<String> {
    let mut foot = settled_foot(clock, i.started);
    let end = i.measured_end.or(i.ended).unwrap_or(i.started);
    let rounds = scene.rounds_in(i.measured_start.unwrap_or(i.started), end + scene.world.settings.run.interval);
    let mut chains: Vec<&str> = rounds.iter().map(|(r, _)| r.chain.as_str()).collect();
    chains.sort_unstable();
    chains.dedup();
    for chain in chains {
        let mine = || rounds.iter().map(|(r, _)| r).filter(|r| r.chain.as_str() == chain);
        let (Some(a), Some(b)) = (mine().min_by_key(|r| r.n), mine().max_by_key(|r| r.n)) else { continue };
        foot.push(format!(
            "Records {} to {} of “{chain}”; the last is {}.",
            a.n,
            b.n,
            say::short_hash(b.head.as_str())
        ));
    }
    foot
}

fn lead(scene: &Scene<'_>, i: &Incident, clock: Clock) -> String {
    let day = clock.long_date(i.started);
    let of = |status: Status| -> Vec<&str> {
        let members = i.members.iter().filter(|m| m.worst == status);
        members.filter_map(|m| scene.card(&m.component)).map(|c| c.component.name.as_str()).collect()
    };
    let worst = [Status::Major, Status::Partial, Status::Degraded].into_iter().find(|s| !of(*s).is_empty());
    let Some(worst) = worst else {
        let follows = i.follows.iter().find_map(|slug| scene.incidents().find(|o| o.slug == *slug));
        return follows.map_or_else(|| format!("{day}."), |o| format!("{day}. A follow-up of “{}”.", o.title));
    };
    let who = of(worst);
    let verb = if who.len() == 1 { ("is", "was") } else { ("are", "were") };
    let what = say::short_status(worst);
    let zone = clock.zone.abbreviation(i.started);
    let from = clock.time(i.started);
    let mut lead = match i.ended.or(i.measured_end) {
        Some(end) => format!(
            "{day}. {} {} {what} from {from} to {} {zone}, {}.",
            say::names(&who),
            verb.1,
            clock.when(end),
            words(end - i.started),
        ),
        None => format!("{day}. {} {} {what} since {from} {zone}.", say::names(&who), verb.0),
    };
    if i.refuted {
        lead.push_str(" Records that came late show that it was none.");
    }
    lead
}

fn relations(scene: &Scene<'_>, i: &Incident) -> Vec<Relation> {
    let find = |how: &'static str, slug: &String| {
        let (title, at) = match scene.incidents().find(|o| o.slug == *slug) {
            Some(o) => (o.title.clone(), Some(o.started)),
            None => scene.notices().find(|w| w.slug == *slug).map(|w| (w.title.clone(), Scene::notice_at(w)))?,
        };
        let when = at.map_or(String::new(), |at| format!(", {}", full_date(scene.clock.zone.date(at))));
        Some(Relation { how, link: Link { text: title, href: incident_href(slug) }, when })
    };
    let before = i.follows.iter().filter_map(|s| find("Follows", s));
    before.chain(i.followed_by.iter().filter_map(|s| find("Followed by", s))).collect()
}

fn facts(scene: &Scene<'_>, i: &Incident, writeup: Option<&WriteUp>, clock: Clock) -> Vec<Fact> {
    let fact = |name: &str, value: String, note: String| Fact { name: name.to_owned(), value, note };
    let Some(start) = i.measured_start else { return Vec::new() };
    let exact = |at: Moment| {
        if clock.is_today(at) { clock.second(at) } else { format!("{}, {}", clock.date(at), clock.second(at)) }
    };
    let written = |at: Option<Moment>, measured: Moment| match at {
        Some(at) if at != measured => format!("written: {}", clock.when(at)),
        _ => String::new(),
    };
    let mut facts = vec![fact("Began", exact(start), written(writeup.and_then(|w| w.started), start))];
    if let Some(end) = i.measured_end {
        facts.push(fact("Ended", exact(end), written(writeup.and_then(|w| w.ended), end)));
        facts.push(fact("Lasted", (end - start).to_string(), come_back(scene, i)));
    }
    let hit = i.members.iter().filter(|m| scene.card(&m.component).is_some()).count();
    let measured = i.members.iter().map(|m| m.worst.impact()).max().unwrap_or(Impact::None);
    let note = if measured == i.impact || writeup.is_none_or(|w| w.impact.is_none()) {
        format!("{hit} of {}", say::count(scene.cards.len(), "component"))
    } else {
        format!("written; measured: {}", say::impact(measured).to_lowercase())
    };
    facts.push(fact("Impact", say::impact(i.impact).to_owned(), note));
    if let Some(seen) = i.detected {
        facts.push(fact("Detected", exact(seen), format!("{} after it began", seen - start)));
    }
    if let Some((at, _)) = know::said(scene, i, clock).first() {
        let note = if *at >= start { format!("{} after it began", *at - start) } else { String::new() };
        facts.push(fact("First word", clock.when(*at), note));
    }
    if let Some(origin) = i.origin.as_ref().and_then(|id| scene.card(id)) {
        facts.push(fact("Likely origin", origin.component.name.clone(), "the deepest that failed".to_owned()));
    }
    let end = i.measured_end.unwrap_or(scene.moment());
    let rounds = scene.rounds_in(start, end);
    if !rounds.is_empty() {
        let mut places: Vec<_> = rounds.iter().filter_map(|(r, _)| r.chain.vantage()).collect();
        places.sort();
        places.dedup();
        let all = say::count(scene.world.settings.run.vantages.len(), "place");
        facts.push(fact("Seen from", format!("{} of {all}", places.len()), say::count(rounds.len(), "round")));
    }
    facts
}

fn come_back(scene: &Scene<'_>, i: &Incident) -> String {
    let cards = i.members.iter().filter_map(|m| scene.card(&m.component));
    let longest = cards
        .flat_map(|c| know::outages(scene, Some(i), c))
        .map(|o| o.come_backs.iter().map(|(a, b)| *b - *a).sum::<crate::model::Span>())
        .max();
    longest.filter(|s| s.ms() > 0).map_or(String::new(), |s| format!("some of it back for {s}"))
}

/// The text of a write-up.
pub fn sections(w: &WriteUp) -> Vec<Part> {
    w.sections
        .iter()
        .filter(|s| !s.html.trim().is_empty() && !is_all_steps(&s.html, w.timeline.len()))
        .map(|s| Part { title: s.title.clone(), anchor: s.anchor.clone(), html: s.html.clone() })
        .collect()
}

/// Whether a section is one list of items that each begin with a time: they stand under "Step by step", between the
/// measured facts, and are not said twice.
fn is_all_steps(html: &str, timed: usize) -> bool {
    let html = html.trim();
    let lists = html.matches("<ul>").count() + html.matches("<ol").count();
    timed > 0
        && lists == 1
        && html.starts_with("<ul>")
        && html.ends_with("</ul>")
        && html.matches("<li").count() == timed
}

/// Its next steps.
pub fn steps(w: &WriteUp, clock: Clock) -> Vec<Step> {
    let state = |a: &Action| match (a.done, a.due) {
        (true, Some(due)) => format!("Done {}", clock.short(due)),
        (true, None) => "Done".to_owned(),
        (false, Some(due)) => format!("Due {}", clock.short(due)),
        (false, None) => "Open, no date".to_owned(),
    };
    let step = |a: &Action| Step {
        state: state(a),
        html: a.html.clone(),
        owner: a.owner.clone().unwrap_or_else(|| "No owner yet".to_owned()),
    };
    w.actions.iter().map(step).collect()
}

/// Who wrote it and who did what.
pub fn people(w: &WriteUp) -> String {
    let authors: Vec<&str> = w.authors.iter().map(String::as_str).collect();
    let mut said = Vec::new();
    if !authors.is_empty() {
        said.push(format!("Written by {}.", say::names(&authors)));
    }
    said.extend(w.roles.iter().map(|(role, who)| format!("{}: {who}.", say::sentence_case(role))));
    said.join(" ")
}

/// Measured facts and the written timeline, by time.
fn course(scene: &Scene<'_>, i: &Incident, writeup: Option<&WriteUp>, clock: Clock) -> Vec<Word> {
    let blank = |at: Moment| Word {
        letter: String::new(),
        time: clock.when(at),
        datetime: crate::site::clock::datetime(at),
        heading: String::new(),
        html: String::new(),
        edited: String::new(),
        measured: Vec::new(),
    };
    let mut items: Vec<(Moment, Word)> = know::measured(scene, Some(i), &[])
        .into_iter()
        .map(|(at, m)| (at, Word { measured: m, ..blank(at) }))
        .collect();
    for item in writeup.map_or(&[][..], |w| &w.timeline) {
        items.push((item.at, Word { html: item.html.clone(), ..blank(item.at) }));
    }
    items.sort_by_key(|(at, _)| *at);
    items.into_iter().map(|(_, w)| w).collect()
}

fn told(scene: &Scene<'_>, slug: &str, clock: Clock) -> Option<Entry> {
    if let Some(i) = scene.incidents().find(|i| i.slug == slug) {
        return Some(entries::incident(scene, clock, i));
    }
    let w = scene.notices().find(|w| w.slug == slug)?;
    Some(entries::notice(clock, w, Scene::notice_at(w)?))
}

/// Whether an incident's page stays as it is.
pub fn is_settled(i: &Incident) -> bool {
    matches!(i.status, IncidentStatus::Resolved | IncidentStatus::Postmortem)
}
