//! What each page is made from, as fingerprints: a page that stands with the print that it would have now is not made
//! again.
//!
//! A print takes in at least all that its page shows; more where that is simpler and seldom changes, such as the whole
//! of the settings. Each page has its function here under the name of the file that makes it: what the one looks at, the
//! other takes in. Nouns are taken apart field by field, so that a new field is decided upon here too.
//!
//! Rounds are taken in by nobody: they are not there when prints are made. What pins them is told at [`Pins`].

use std::collections::HashMap;
use std::hash::Hash;

use crate::incident::{Incident, Maintenance};
use crate::model::{ComponentId, Ink, Moment, Print, Span, WriteUp};
use crate::site::history::{Month, Months};
use crate::site::pins::Pins;
use crate::site::scene::{Card, Scene};
use crate::site::{chart, component_page, incident_page, know, latency};
use crate::timeline::{ComponentTimeline, Outage, OutageEnd, Reason, Stretch};

/// The shortest time: what holds at an instant is taken in by the stretch up to just after it.
const INSTANT: Span = Span::from_ms(1);

/// What prints are made with: the world, looked up once for all pages.
pub struct Prints<'s, 'a> {
    scene: &'s Scene<'a>,
    /// Program, theme and settings.
    base: Print,
    pins: Pins<'a>,
    by_slug: HashMap<&'a str, &'a Incident>,
    /// With its moment, where it has one.
    notices: Vec<(&'a WriteUp, Option<Moment>)>,
    /// Per card: when nobody saw it.
    dark: Vec<Vec<&'a Stretch>>,
    /// Per component: the public incidents that it is a member of, in the book's order.
    of: HashMap<&'a ComponentId, Vec<&'a Incident>>,
}

impl<'s, 'a> Prints<'s, 'a> {
    /// Looks up what all prints need. `base` is what every page is made with: the program and the theme.
    pub fn new(scene: &'s Scene<'a>, base: Print) -> Self {
        let mut by_slug: HashMap<&str, &Incident> = HashMap::new();
        let mut of: HashMap<&ComponentId, Vec<&Incident>> = HashMap::new();
        for i in scene.incidents() {
            by_slug.entry(i.slug.as_str()).or_insert(i);
            for m in &i.members {
                of.entry(&m.component).or_default().push(i);
            }
        }
        let dark = |card: &Card<'a>| -> Vec<&'a Stretch> {
            let stretches = card.timeline.map_or(&[][..], |t| &t.stretches);
            stretches.iter().filter(|s| s.status == crate::model::Status::NoData).collect()
        };
        Self {
            base: Print::of(&(base, scene.world.settings, scene.world.look_back)),
            pins: Pins::new(scene),
            by_slug,
            notices: scene.world.book.notices.iter().filter_map(|n| scene.writeup(Some(*n))).map(dated).collect(),
            dark: scene.cards.iter().map(dark).collect(),
            of,
            scene,
        }
    }

    fn ink(&self, kind: &str) -> Ink {
        let mut ink = Ink::default();
        ink.take(&(self.base, kind));
        ink
    }

    /// A page of rules, which the settings alone make.
    pub fn text(&self, path: &str) -> Print {
        self.ink(path).print()
    }

    /// `incident_page`, with `chart`, `incident_line`, `know` and `recorded`. None: it is made each round.
    pub fn incident(&self, i: &Incident) -> Option<Print> {
        if !incident_page::is_settled(i) {
            return None;
        }
        let scene = self.scene;
        let mut ink = self.ink("incident");
        incident(i, &mut ink);
        ink.take(&scene.writeup(i.writeup));
        i.follows.iter().chain(&i.followed_by).for_each(|slug| self.told(slug, &mut ink));
        let (heard_from, heard_to) = incident_page::heard(scene, i);
        self.pins.take(heard_to, &mut ink);
        let members: Vec<(&Card<'a>, Vec<&Outage>)> = i
            .members
            .iter()
            .filter_map(|m| scene.card(&m.component))
            .map(|card| (card, know::outages(scene, Some(i), card)))
            .collect();
        let outages = || members.iter().flat_map(|(_, outages)| outages);
        let ends = || outages().map(|o| o.end.map(|e| e.at));
        // What has no end reaches to the moment.
        if i.measured_end.is_none() || i.ended.is_none() || ends().any(|end| end.is_none()) {
            ink.take(&scene.moment());
        }
        let from = outages().map(|o| o.from).chain([heard_from]).min().unwrap_or(heard_from);
        let to = ends().flatten().map(|at| at + INSTANT).chain([heard_to]).max().unwrap_or(heard_to);
        for (card, outages) in &members {
            for o in outages {
                outage(o, &mut ink);
            }
            ink.take(&card.timeline.map(|t| t.since));
            card.timeline.iter().for_each(|t| strip(t, from, to, &mut ink));
        }
        if let Some(reach) = chart::reach(scene, i) {
            for (n, card) in scene.cards.iter().enumerate() {
                if self.is_dark(n, reach.begin, reach.end) {
                    ink.take(&n);
                    card.timeline.iter().for_each(|t| strip(t, from, to, &mut ink));
                }
            }
        }
        Some(ink.print())
    }

    fn is_dark(&self, card: usize, begin: Moment, end: Moment) -> bool {
        let dark = &self.dark[card];
        dark.get(dark.partition_point(|s| s.to <= begin)).is_some_and(|s| s.from < end)
    }

    /// What a page says of another one: `incident_page::relations`, and its entry in a list.
    fn told(&self, slug: &str, ink: &mut Ink) {
        if let Some(i) = self.by_slug.get(slug) {
            return self.entry(i, ink);
        }
        let notice = self.notices.iter().find(|(w, _)| w.slug == slug);
        if let Some((w, at)) = notice {
            notice_entry(w, *at, ink);
        }
    }

    /// `entries::incident`.
    fn entry(&self, i: &Incident, ink: &mut Ink) {
        ink.take(&(&i.slug, &i.title, i.status, i.started, i.ended, i.follows.is_empty()));
        i.members.iter().for_each(|m| ink.take(&(&m.component, m.worst)));
        ink.take(&self.scene.writeup(i.writeup).map(|w| w.sections.is_empty()));
    }

    /// `notice_page::notice`.
    pub fn notice(&self, w: &WriteUp) -> Print {
        let mut ink = self.ink("notice");
        ink.take(w);
        if Scene::notice_at(w).is_none() {
            let (clock, now) = (self.scene.clock, self.scene.moment());
            ink.take(&(clock.day, clock.zone_name(now)));
        }
        ink.print()
    }

    /// `notice_page::planned`.
    pub fn work(&self, w: &WriteUp, windows: &[&Maintenance]) -> Print {
        let mut ink = self.ink("work");
        ink.take(w);
        for m in windows {
            self.window(m, &mut ink);
        }
        ink.print()
    }

    /// `planned`, which reaches until a moment.
    pub fn planned(&self, until: Moment) -> Print {
        let mut ink = self.ink("planned");
        ink.take(&until);
        self.scene.windows().for_each(|m| self.window(m, &mut ink));
        ink.print()
    }

    /// `entries::window`, and what else is told of it.
    fn window(&self, m: &Maintenance, ink: &mut Ink) {
        let Maintenance {
            id,
            writeup,
            title,
            status,
            starts,
            ends,
            components,
            overrun,
            declared_late,
            cancelled,
            announced,
            public,
        } = m;
        ink.take(&(id, writeup.is_some(), self.scene.writeup(*writeup).map(|w| &w.slug), title, status));
        ink.take(&(starts, ends, components, overrun, declared_late, cancelled, announced, public));
    }

    /// `component_page`, with `bars`, `latency` and `how`. None: it is made each round.
    pub fn component(&self, card: &Card<'a>) -> Option<Print> {
        if component_page::is_live(card) {
            return None;
        }
        let until = component_page::until(self.scene, card);
        let mut ink = self.ink("component");
        let Card { component, timeline, status, since, declared, checking: _ } = card;
        ink.take(&(&component.id, status, since, declared, until));
        // The looks that answered, for the latency: those until the page's reach.
        self.pins.take(until, &mut ink);
        ink.take(&latency::probe(card).map(|p| &p.key));
        if let Some(t) = timeline {
            let first = t.since.unwrap_or(until);
            ink.take(&t.since);
            stretches(t, first, until + INSTANT, &mut ink);
            blips(t, first, until + INSTANT, &mut ink);
            let reached = t.outages.partition_point(|o| o.from <= until);
            let (old, new) = t.outages.split_at(reached.saturating_sub(component_page::OUTAGES));
            for o in old {
                ink.take(&(o.from, o.end.map(|e| e.at)));
            }
            for o in new {
                outage(o, &mut ink);
            }
        }
        for i in self.of.get(&component.id).into_iter().flatten() {
            ink.take(&(&i.slug, &i.title, self.scene.writeup(i.writeup).is_some(), i.started, i.ended));
            i.members.iter().filter(|m| m.component == component.id).for_each(|m| ink.take(m));
        }
        Some(ink.print())
    }

    /// `history::page`.
    pub fn month(&self, m: &Month, all: &Months) -> Print {
        let mut ink = self.ink("month");
        let (first, last) = (all.list.first(), all.list.last());
        ink.take(&(m, first == Some(m), last == Some(m)));
        let within = |at: Moment| m.from <= at && at < m.to;
        // The newest stand first.
        let incidents = &self.scene.world.book.incidents;
        let later = incidents.partition_point(|i| i.started >= m.to);
        let begun = incidents[later..].iter().take_while(|i| i.started >= m.from);
        begun.filter(|i| i.public).for_each(|i| self.entry(i, &mut ink));
        let notices = self.notices.iter().filter(|(_, at)| at.is_some_and(within));
        notices.for_each(|(w, at)| notice_entry(w, *at, &mut ink));
        self.scene.holes.iter().filter(|(at, _)| within(*at)).for_each(|hole| ink.take(hole));
        for (n, card) in self.scene.cards.iter().enumerate().filter(|(_, c)| c.is_watched()) {
            let Some(t) = card.timeline.filter(|t| t.since.is_some_and(|s| s < m.to)) else { continue };
            ink.take(&(n, t.since));
            stretches(t, m.from, m.to + INSTANT, &mut ink);
            blips(t, m.from, m.to, &mut ink);
        }
        ink.print()
    }

    /// `history::list`: a line for every month.
    pub fn history(&self, all: &Months, months: &[Print]) -> Print {
        let mut ink = self.ink("history");
        ink.take(&(all.until, months));
        ink.print()
    }
}

fn dated(w: &WriteUp) -> (&WriteUp, Option<Moment>) {
    (w, Scene::notice_at(w))
}

/// `entries::notice`.
fn notice_entry(w: &WriteUp, at: Option<Moment>, ink: &mut Ink) {
    ink.take(&(&w.slug, &w.title, w.kind, w.follows.is_some(), at));
}

/// All of an incident but the place of its write-up among the others, which is taken in as a whole where it matters.
fn incident(i: &Incident, ink: &mut Ink) {
    let Incident {
        id,
        writeup,
        slug,
        title,
        status,
        impact,
        measured_start,
        measured_end,
        started,
        ended,
        detected,
        recovered_seen,
        members,
        origin,
        events,
        next_word,
        next_overdue,
        public,
        follows,
        followed_by,
        refuted,
    } = i;
    ink.take(&(id, writeup.is_some(), slug, title, status, impact, measured_start, measured_end, started, ended));
    ink.take(&(detected, recovered_seen, members, origin, events, next_word, next_overdue, public));
    ink.take(&(follows, followed_by, refuted));
}

/// All of an outage but whether it may still be undone, which no page shows.
fn outage(o: &Outage, ink: &mut Ink) {
    let Outage { from, seen, end, worst, firm: _, come_backs, reasons } = o;
    let end = end.map(|OutageEnd { at, seen, firm: _ }| (at, seen));
    ink.take(&(from, seen, end, worst, come_backs, reasons.len()));
    for Reason { probe, vantage, at, last, looks, phase, why } in reasons {
        ink.take(&(probe, vantage, at, last, looks, phase, why));
    }
}

/// `bars::fine_strip` over `[from, to)`: stretches, come-backs and blips.
fn strip(t: &ComponentTimeline, from: Moment, to: Moment, ink: &mut Ink) {
    stretches(t, from, to, ink);
    blips(t, from, to, ink);
    let before = t.outages.partition_point(|o| o.end.is_some_and(|e| e.at <= from));
    let inside = t.outages[before..].iter().take_while(|o| o.from < to);
    inside.for_each(|o| ink.take(&o.come_backs));
}

/// The stretches of `[from, to)`, cut there. Which places see it down without a quorum, no page tells of the past.
fn stretches(t: &ComponentTimeline, from: Moment, to: Moment, ink: &mut Ink) {
    let before = t.stretches.partition_point(|s| s.to < from);
    let inside = t.stretches[before..].iter().take_while(|s| s.from < to);
    let mut count = 0_usize;
    for Stretch { from: begin, to: end, status, known, minority: _ } in inside {
        ink.take(&(begin.max(&from), end.min(&to), status, known));
        count += 1;
    }
    ink.take(&count);
}

/// The blips that begin in `[from, to)`: where each stands is all that is drawn.
fn blips(t: &ComponentTimeline, from: Moment, to: Moment, ink: &mut Ink) {
    let place = |at: Moment| t.blips.partition_point(|b| b.from < at);
    let inside = &t.blips[place(from)..place(to).max(place(from))];
    for b in inside {
        b.from.hash(ink);
    }
    ink.take(&inside.len());
}
