//! When a thing is over: calm enough to declare a recovery, quiet long enough to resolve an incident.

use std::collections::BTreeMap;

use crate::incident::graph::Graph;
use crate::incident::ledger::{self, Case, Stamp, WindowWords};
use crate::model::{Moment, Span, Status};
use crate::timeline::{ComponentTimeline, Stretch};

/// What is needed to judge quiet.
pub(super) struct Quiet<'a> {
    graph: &'a Graph<'a>,
    lines: Vec<Option<&'a ComponentTimeline>>,
    windows: BTreeMap<&'a str, WindowWords<'a>>,
    rounds: Vec<Moment>,
    moment: Moment,
}

impl<'a> Quiet<'a> {
    pub(super) fn new(
        graph: &'a Graph<'a>,
        lines: Vec<Option<&'a ComponentTimeline>>,
        windows: BTreeMap<&'a str, WindowWords<'a>>,
        rounds: Vec<Moment>,
        moment: Moment,
    ) -> Self {
        Self { graph, lines, windows, rounds, moment }
    }

    /// Whether a component was neither bad nor being checked in some round from `seen` on, before it failed anew.
    /// None: not yet. A recovery is never declared while its component is bad or pending.
    pub(super) fn calm_after(&self, component: usize, outage: usize, seen: Moment) -> Option<bool> {
        let line = self.lines[component]?;
        let mut from = seen;
        // Blips are in order: each can only push the calm back to its own end.
        for blip in &line.blips {
            if blip.from <= from && from < blip.to {
                from = blip.to;
            }
        }
        if line.outages.get(outage + 1).is_some_and(|next| next.from <= from) {
            return Some(false);
        }
        let pending = line.pending.as_ref().is_some_and(|p| p.from <= from);
        (!pending && from <= self.moment.max(seen)).then_some(true)
    }

    /// The true end of a case, and the first round up to `by` that found it quiet long enough.
    pub(super) fn resolved(&self, case: &Case, by: Moment) -> Option<Stamp> {
        if case.opened.is_none() || case.resolved.is_some() {
            return None;
        }
        let mut end: Option<Stamp> = None;
        let mut wait = Span::ZERO;
        let mut members = Vec::new();
        for part in &case.parts {
            let watched = self.graph.number(part.component.as_str()).filter(|i| self.lines[*i].is_some());
            let last = part.spells.last()?;
            // One that is no longer configured will never be seen to recover: it does not count.
            let ended = if watched.is_some() { last.end? } else { last.end.unwrap_or(last.start) };
            let so_far = end.unwrap_or(ended);
            end = Some(Stamp { at: so_far.at.max(ended.at), seen: so_far.seen.max(ended.seen) });
            if let Some(i) = watched {
                wait = wait.max(self.graph.component(i).rules.merge_within);
                members.push(i);
            }
        }
        let end = end?;
        let first = self.rounds.partition_point(|t| *t < end.seen + wait);
        let round = self.rounds[first..]
            .iter()
            .take_while(|t| **t <= by)
            .find(|t| members.iter().all(|i| self.well(*i, **t)))?;
        Some(Stamp { at: end.at, seen: *round })
    }

    /// Neither bad, nor being checked, nor unseen, as known in a round.
    fn well(&self, component: usize, round: Moment) -> bool {
        let Some(line) = self.lines[component] else { return true };
        let bad = line.outages.iter().any(|o| o.from <= round && o.end.is_none_or(|e| e.seen > round));
        let checked = line.blips.iter().any(|b| b.from <= round && round < b.to)
            || line.pending.as_ref().is_some_and(|p| p.from <= round);
        !bad && !checked && self.seen(component, line, round)
    }

    fn seen(&self, component: usize, line: &ComponentTimeline, round: Moment) -> bool {
        let id = &self.graph.component(component).id;
        if ledger::in_window(&self.windows, id, round) {
            return false;
        }
        holding(line, round).is_some_and(|s| s.known && !matches!(s.status, Status::NoData | Status::Maintenance))
    }
}

/// The stretch that holds a moment; the last one holds the moment at which the fold stopped.
fn holding(line: &ComponentTimeline, at: Moment) -> Option<&Stretch> {
    let i = line.stretches.partition_point(|s| s.to <= at);
    let last = || line.stretches.last().filter(|s| s.to == at);
    line.stretches.get(i).or_else(last).filter(|s| s.from <= at)
}
