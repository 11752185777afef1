//! What was measured of the journal's incidents: each member's outages, as the timelines know them now.

use std::collections::HashMap;

use crate::incident::Member;
use crate::incident::detect;
use crate::incident::graph::Graph;
use crate::incident::ledger::{Cases, Spell, Stamp};
use crate::incident::say::Failure;
use crate::model::{ComponentId, Moment, Settings, Status, Visibility};
use crate::timeline::{ComponentTimeline, Outage, Timelines};

/// The timelines, seen from the journal's incidents.
pub(super) struct Facts<'a> {
    pub(super) graph: &'a Graph<'a>,
    pub(super) lines: Vec<Option<&'a ComponentTimeline>>,
    cases: &'a Cases,
    /// Case and part → the outages that belong to it.
    outages: HashMap<(usize, usize), Vec<&'a Outage>>,
}

/// A member and whether anything is left of it.
pub(super) struct Measured {
    pub(super) member: Member,
    /// Late records show that it never failed.
    pub(super) refuted: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn new(timelines: &'a Timelines, cases: &'a Cases, graph: &'a Graph<'a>, settings: &Settings) -> Self {
        let lines = detect::lines(timelines, graph, settings);
        let mut outages: HashMap<(usize, usize), Vec<&Outage>> = HashMap::new();
        for line in lines.iter().flatten() {
            for outage in &line.outages {
                if let Some(of) = belongs(cases, &line.id, outage) {
                    outages.entry(of).or_default().push(outage);
                }
            }
        }
        Self { graph, lines, cases, outages }
    }

    /// A component's timeline.
    pub(super) fn line(&self, id: &ComponentId) -> Option<&'a ComponentTimeline> {
        self.graph.number(id.as_str()).and_then(|i| self.lines[i])
    }

    /// The name on the page.
    pub(super) fn name(&self, id: &ComponentId) -> String {
        self.graph.number(id.as_str()).map_or_else(|| id.to_string(), |i| self.graph.component(i).name.clone())
    }

    /// Whether the public may know of it: what is no longer configured is known by the chain it stood in.
    pub(super) fn is_public(&self, id: &ComponentId) -> bool {
        self.graph.number(id.as_str()).is_none_or(|i| self.graph.is_public(i))
    }

    /// The members of some cases, in the order of joining. A public incident shows no internal member.
    pub(super) fn members(&self, cases: &[usize]) -> Vec<Measured> {
        let mut members: Vec<Measured> = Vec::new();
        for &c in cases {
            for (p, part) in self.cases[c].parts.iter().enumerate() {
                if !self.cases[c].internal && !self.is_public(&part.component) {
                    continue;
                }
                let measured = self.measured(c, p);
                match members.iter_mut().find(|m| m.member.component == part.component) {
                    None => members.push(measured),
                    Some(known) => {
                        known.refuted &= measured.refuted;
                        known.member.worst = known.member.worst.max(measured.member.worst);
                        known.member.outages.extend(measured.member.outages);
                        known.member.outages.sort_unstable();
                    }
                }
            }
        }
        members
    }

    fn measured(&self, c: usize, p: usize) -> Measured {
        let part = &self.cases[c].parts[p];
        let component = part.component.clone();
        if let Some(outages) = self.outages.get(&(c, p)) {
            let worst = outages.iter().map(|o| o.worst).max().unwrap_or(Status::Degraded);
            let outages = outages.iter().map(|o| (o.from, o.end.map(|e| e.at))).collect();
            return Measured { member: Member { component, worst, outages }, refuted: false };
        }
        let since = self.line(&component).and_then(|l| l.since);
        let refuted = since.is_some_and(|since| part.spells.iter().all(|s| s.start.at >= since));
        if refuted {
            return Measured { member: Member { component, worst: Status::Operational, outages: Vec::new() }, refuted };
        }
        // The record does not reach back, or the component is gone: the declaration is all that is known.
        let outages = part.spells.iter().map(|s| (s.start.at, s.end.map(|e| e.at))).collect();
        Measured { member: Member { component, worst: Status::Degraded, outages }, refuted }
    }

    /// The outage that a step speaks of: the one that was failing when the step was confirmed.
    pub(super) fn outage(&self, id: &ComponentId, start: Stamp) -> Option<&'a Outage> {
        let spell = Spell { start, end: None };
        self.line(id)?.outages.iter().rev().find(|o| detect::touches(&spell, o))
    }

    /// The end that a recovery speaks of.
    pub(super) fn end(&self, id: &ComponentId, stamp: Stamp) -> Option<Moment> {
        let ends = self.line(id)?.outages.iter().filter_map(|o| o.end);
        ends.filter(|e| e.at <= stamp.seen && e.seen >= stamp.at).map(|e| e.at).next_back()
    }

    /// How a component failed at first: its status then, and the first reason that the public may read.
    pub(super) fn failure(&self, id: &ComponentId, start: Stamp, settings: &Settings) -> Failure {
        let outage = self.outage(id, start);
        let hidden: Vec<_> = settings
            .component(id.as_str())
            .into_iter()
            .flat_map(|c| &c.probes)
            .filter(|p| p.visibility == Visibility::Internal)
            .map(|p| &p.key)
            .collect();
        let reason = outage
            .and_then(|o| o.reasons.iter().find(|r| !hidden.contains(&&r.probe)))
            .map(|r| (r.phase.clone(), r.why.clone()));
        let first = outage.zip(self.line(id)).map(|(o, line)| line.status_at(o.from)).filter(|s| s.is_bad());
        let status = first.or(outage.map(|o| o.worst)).unwrap_or(Status::Major);
        Failure { name: self.name(id), status, reason }
    }

    /// The deepest of the members: the one that most steps of `depends_on` lead down to from another member. Of several,
    /// the first to fail, then the first in the config. None where no member depends on another.
    pub(super) fn origin(&self, members: &[Measured]) -> Option<ComponentId> {
        let failed: Vec<(usize, Moment)> = members
            .iter()
            .filter_map(|m| Some((self.graph.number(m.member.component.as_str())?, m.member.outages.first()?.0)))
            .collect();
        let deeper = failed.iter().flat_map(|(from, _)| {
            let depths = self.graph.depths(*from);
            let below = failed.iter().filter_map(move |(i, start)| Some((depths[*i].filter(|d| *d > 0)?, *start, *i)));
            below.collect::<Vec<_>>()
        });
        let deepest = deeper.min_by_key(|(depth, start, i)| (std::cmp::Reverse(*depth), *start, *i));
        deepest.map(|(_, _, i)| self.graph.component(i).id.clone())
    }
}

/// The case and part that an outage belongs to: the spell that tells of it, or one that was open when it began.
fn belongs(cases: &Cases, id: &ComponentId, outage: &Outage) -> Option<(usize, usize)> {
    detect::cover(cases, id, outage).map(|t| (t.case, t.part)).or_else(|| {
        let open =
            |&&(c, p): &&(usize, usize)| cases[c].parts[p].open().is_some_and(|s: &Spell| s.start.at <= outage.from);
        cases.of(id).iter().rev().find(open).copied()
    })
}
