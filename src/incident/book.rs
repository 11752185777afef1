//! Joins the journal's incidents, the timelines and the write-ups into the book.

use std::collections::{BTreeMap, HashSet};

use crate::incident::events::{events, status};
use crate::incident::facts::{Facts, Measured};
use crate::incident::failing::{self, failing};
use crate::incident::graph::Graph;
use crate::incident::join::{self, Pair};
use crate::incident::ledger::{self, Case, Cases, Entry};
use crate::incident::say::{self, Clock};
use crate::incident::windows::remark;
use crate::incident::words::{self, Press};
use crate::incident::{Book, Event, Incident, Member, Voice, plan, shown};
use crate::model::{
    Announce, History, Impact, IncidentStatus, Moment, Remark, Settings, Span, Status, Visibility, WriteUp, WriteUpKind,
};
use crate::timeline::Timelines;

/// What every part of the book is made from.
pub(super) struct Desk<'a> {
    pub(super) settings: &'a Settings,
    pub(super) graph: &'a Graph<'a>,
    pub(super) cases: &'a Cases,
    pub(super) facts: Facts<'a>,
    pub(super) press: Press,
    pub(super) writeups: &'a [WriteUp],
    pub(super) moment: Moment,
    pub(super) look_back: bool,
}

/// The whole book.
pub(super) fn attach(
    timelines: &Timelines,
    history: &History,
    writeups: &[WriteUp],
    settings: &Settings,
    moment: Moment,
) -> Book {
    let graph = Graph::new(settings);
    let entries: Vec<Entry<'_>> = ledger::entries(history, settings, Some(moment));
    let look_back = ledger::looks_back(history, settings, moment);
    let cases = ledger::cases(&entries, &graph);
    let desk = Desk {
        settings,
        graph: &graph,
        cases: &cases,
        facts: Facts::new(timelines, &cases, &graph, settings),
        press: Press::new(history, &entries, moment, look_back),
        writeups,
        moment,
        look_back,
    };
    let (pairs, mut remarks) = join::pairs(&cases, writeups, &graph, settings, &desk.press, moment);
    let mut incidents: Vec<Incident> = pairs.iter().filter_map(|p| desk.incident(p, &mut remarks)).collect();
    Desk::address(&mut incidents);
    remarks.extend(desk.follow(&mut incidents));
    incidents.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.slug.cmp(&b.slug)));
    remarks.extend(desk.unknown_components());
    let windows = ledger::windows(&entries);
    let (maintenances, unread) = plan::maintenances(&desk, &windows);
    remarks.extend(unread);
    let shown = shown::shown(&desk, &incidents, &windows);
    Book { incidents, maintenances, notices: desk.notices(), shown, remarks }
}

impl Desk<'_> {
    /// One incident; none where it was not yet known at the moment.
    fn incident(&self, pair: &Pair, remarks: &mut Vec<Remark>) -> Option<Incident> {
        let w = pair.writeup.map(|i| &self.writeups[i]);
        let cases: Vec<&Case> = pair.cases.iter().map(|c| &self.cases[*c]).collect();
        let measured = self.facts.members(&pair.cases);
        let measured_start = measured_start(&cases, &measured);
        let measured_end = measured_end(&cases, &measured);
        let began = w.and_then(|w| w.started).or(measured_start);
        let clock = Clock { zone: self.settings.site.time_zone, began: began.unwrap_or(self.moment) };
        let events = events(&cases, w, &self.facts, &self.press, self.settings, &clock);
        let filed = w.and_then(|w| self.press.file_moments(w));
        if cases.is_empty() && filed.is_none() && events.is_empty() {
            return None;
        }
        let by_name = || w.and_then(join::file_date).map(|d| self.settings.site.time_zone.day_start(d));
        let first_word = events.iter().filter(|e| is_word(e)).map(|e| e.at).min();
        let started = began.or(first_word).or_else(by_name).or(filed.map(|f| f.0)).unwrap_or(self.moment);
        let front = w.and_then(|w| w.status).zip(filed.map(|f| f.1));
        let ended_by_now = w.and_then(|w| w.ended).is_some_and(|e| e <= self.moment);
        let failing = failing(&measured, &self.facts);
        let status = status(&events, front, failing.is_some()).unwrap_or(if ended_by_now && cases.is_empty() {
            IncidentStatus::Resolved
        } else {
            IncidentStatus::Investigating
        });
        let end = || w.and_then(|w| w.ended).or(measured_end).or_else(|| over_since(&events)).unwrap_or(started);
        let ended = status.is_over().then(end).map(|e| e.max(started));
        if let Some(w) = w {
            remarks.extend(words::remarks(w, &events, &clock));
            remarks.extend(failing.iter().flat_map(|f| failing::remarks(f, w, &events, &clock, self.moment)));
        }
        let members = members(self, &measured, w);
        let refuted = !measured.is_empty() && measured.iter().all(|m| m.refuted);
        let next_word = self.next_word(&events, w).filter(|_| !status.is_over());
        let origin = self.facts.origin(&measured);
        Some(Incident {
            id: cases.first().map(|c| c.id.clone()),
            writeup: pair.writeup,
            slug: w.map(|w| w.slug.clone()).or(cases.first().map(|c| c.id.to_string())).unwrap_or_default(),
            title: w.map_or_else(|| self.title(&measured, measured_end.is_some()), |w| w.title.clone()),
            status,
            impact: impact(&measured, w),
            measured_start,
            measured_end,
            started,
            ended,
            detected: cases.iter().filter_map(|c| c.opened).map(|o| o.seen).min(),
            recovered_seen: recovered_seen(&cases),
            members,
            origin,
            next_overdue: next_word.is_some_and(|at| at < self.moment),
            next_word,
            public: self.is_public(&cases, w, measured_start, measured_end),
            events,
            follows: Vec::new(),
            followed_by: Vec::new(),
            refuted,
        })
    }

    /// A sentence of facts, of those that were hit worst, in the order of the page.
    fn title(&self, measured: &[Measured], over: bool) -> String {
        let worst = measured.iter().map(|m| m.member.worst).max().unwrap_or(Status::Operational);
        let mut hit: Vec<_> =
            measured.iter().filter(|m| m.member.worst == worst).map(|m| &m.member.component).collect();
        hit.sort_by_key(|id| self.graph.number(id.as_str()).unwrap_or(usize::MAX));
        let names: Vec<String> = hit.into_iter().map(|id| self.facts.name(id)).collect();
        say::title(&names, worst, over)
    }

    /// When the next word is due, by the latest word.
    fn next_word(&self, events: &[Event], w: Option<&WriteUp>) -> Option<Moment> {
        let (last, published) = words::last(events)?;
        w?.updates[last].next_due(published, self.settings.site.time_zone)
    }

    /// A write-up is always published, unless it is internal. Without one, `announce` of its members says when.
    fn is_public(&self, cases: &[&Case], w: Option<&WriteUp>, start: Option<Moment>, end: Option<Moment>) -> bool {
        if cases.iter().any(|c| c.internal) {
            return false;
        }
        if let Some(w) = w {
            return w.visibility == Visibility::Public;
        }
        let lasted = start.map_or(Span::ZERO, |s| end.unwrap_or(self.moment) - s);
        cases.iter().flat_map(|c| &c.parts).any(|p| {
            let component = self.settings.component(p.component.as_str());
            match component.filter(|c| c.visibility == Visibility::Public).map(|c| c.announce) {
                Some(Announce::AtOnce) => true,
                Some(Announce::After(span)) => lasted >= span,
                Some(Announce::ByPeople) => false,
                // No longer configured: it was public when its chain was written.
                None => component.is_none(),
            }
        })
    }

    /// Gives an incident that nobody wrote about another address where a write-up already has its own.
    fn address(incidents: &mut [Incident]) {
        let written: HashSet<String> =
            incidents.iter().filter(|i| i.writeup.is_some()).map(|i| i.slug.clone()).collect();
        for i in incidents.iter_mut().filter(|i| i.writeup.is_none()) {
            while written.contains(&i.slug) {
                i.slug.push_str("-measured");
            }
        }
    }

    /// Ties what follows to what it follows, both ways.
    fn follow(&self, incidents: &mut [Incident]) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let mut ties: Vec<(String, String)> = Vec::new();
        let told: Vec<&WriteUp> = self.writeups.iter().filter(|w| !w.draft).collect();
        for w in &told {
            let Some(wanted) = &w.follows else { continue };
            let meant = wanted.trim_end_matches(".md");
            let named = |t: &&&WriteUp| t.slug == meant || t.aliases.iter().any(|a| a.trim_matches('/') == meant);
            match told.iter().find(named) {
                Some(t) if t.slug != w.slug && (t.visibility == w.visibility || t.visibility == Visibility::Public) => {
                    ties.push((w.slug.clone(), t.slug.clone()));
                }
                // The journal's own id, of an incident that nobody wrote about, is an address too.
                None if incidents.iter().any(|i| i.slug == meant) => ties.push((w.slug.clone(), meant.to_owned())),
                _ => {
                    let public = told.iter().filter(|t| t.visibility == Visibility::Public && t.slug != w.slug);
                    let near = join::nearest(meant, public.map(|t| t.slug.as_str()));
                    remarks.push(remark(w, &format!("`follows` names {wanted}, and no write-up has that name{near}")));
                }
            }
        }
        for (follower, followed) in ties {
            for i in incidents.iter_mut() {
                if i.slug == follower {
                    i.follows.push(followed.clone());
                } else if i.slug == followed {
                    i.followed_by.push(follower.clone());
                }
            }
        }
        remarks
    }

    /// Components as typed that nobody configured: shown as typed, and said.
    fn unknown_components(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        for w in self.writeups.iter().filter(|w| !w.draft) {
            for (id, _) in w.components.iter().filter(|(id, _)| self.graph.number(id.as_str()).is_none()) {
                let near = join::nearest(id.as_str(), self.settings.components.iter().map(|c| c.id.as_str()));
                remarks.push(remark(
                    w,
                    &format!("`components` names {id}, which is not configured; it is shown as typed{near}"),
                ));
            }
        }
        remarks
    }

    /// The public notices, newest first: by their time, else by when they were first published.
    fn notices(&self) -> Vec<usize> {
        let mut notices: BTreeMap<(std::cmp::Reverse<Moment>, &str), usize> = BTreeMap::new();
        for (i, w) in self.writeups.iter().enumerate() {
            if w.kind == WriteUpKind::Notice && !w.draft && w.visibility == Visibility::Public {
                let Some((first, _)) = self.press.file_moments(w) else { continue };
                let day = || join::file_date(w).map(|d| self.settings.site.time_zone.day_start(d));
                let at = w.started.or(w.starts).or_else(day).unwrap_or(first);
                notices.insert((std::cmp::Reverse(at), &w.file), i);
            }
        }
        notices.into_values().collect()
    }
}

fn is_word(e: &Event) -> bool {
    matches!(e.voice, Voice::Person(_))
}

/// The first failure, by the timelines; where late records refute it, by the journal.
fn measured_start(cases: &[&Case], measured: &[Measured]) -> Option<Moment> {
    let first = measured.iter().filter_map(|m| m.member.outages.first()).map(|(from, _)| *from).min();
    first.or_else(|| cases.iter().filter_map(|c| c.opened).map(|o| o.at).min())
}

/// The last recovery; none while any member fails.
fn measured_end(cases: &[&Case], measured: &[Measured]) -> Option<Moment> {
    let mut end = None;
    for (_, to) in measured.iter().flat_map(|m| &m.member.outages) {
        end = end.max(Some((*to)?));
    }
    end.or_else(|| cases.iter().filter_map(|c| c.opened).map(|o| o.at).min())
}

/// When the last member was seen to recover; none while one has not.
fn recovered_seen(cases: &[&Case]) -> Option<Moment> {
    let open = cases.iter().flat_map(|c| &c.parts).any(|p| p.open().is_some());
    cases.iter().filter_map(|c| c.recovery_seen()).max().filter(|_| !open)
}

/// When an incident that is over became so: the first of the last words that say so.
fn over_since(events: &[Event]) -> Option<Moment> {
    let mut since = None;
    for e in events.iter().rev() {
        match e.status {
            Some(s) if s.is_over() => since = Some(e.at),
            Some(_) => break,
            None => {}
        }
    }
    since
}

/// The worst of what was measured and what was written.
fn impact(measured: &[Measured], w: Option<&WriteUp>) -> Impact {
    let seen = measured.iter().map(|m| m.member.worst.impact());
    let written = w.into_iter().flat_map(|w| w.components.iter().filter_map(|(_, i)| *i).chain(w.impact));
    seen.chain(written).max().unwrap_or(Impact::None)
}

/// The measured members in the order of joining, then those that only people name.
fn members(desk: &Desk<'_>, measured: &[Measured], w: Option<&WriteUp>) -> Vec<Member> {
    let mut members: Vec<Member> = measured.iter().map(|m| m.member.clone()).collect();
    for (typed, impact) in w.iter().flat_map(|w| &w.components) {
        let number = desk.graph.number(typed.as_str());
        let public = w.is_some_and(|w| w.visibility == Visibility::Public);
        if public && number.is_some_and(|i| !desk.graph.is_public(i)) {
            continue;
        }
        let component = number.map_or_else(|| typed.clone(), |i| desk.graph.component(i).id.clone());
        let declared = impact.or(w.and_then(|w| w.impact)).map_or(Status::Operational, Impact::status);
        match members.iter_mut().find(|m| m.component == component) {
            Some(m) => m.worst = m.worst.max(declared),
            None => members.push(Member { component, worst: declared, outages: Vec::new() }),
        }
    }
    members
}
