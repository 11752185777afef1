//! Which incident a confirmed outage joins, and what a new one is called.

use crate::incident::detect::{Detection, Turn};
use crate::incident::ledger::{Case, Part, Spell, Stamp};
use crate::model::{ComponentId, IncidentId, Moment};
use crate::timeline::Outage;

impl Detection<'_> {
    /// Whether a component fails, as known in a round.
    fn failing(&self, component: usize, round: Moment) -> bool {
        self.lines[component]
            .is_some_and(|line| line.outages.iter().any(|o| o.seen <= round && o.end.is_none_or(|e| e.seen > round)))
    }

    /// Whether a declared failure comes before this turn. The two chains are saved one after the other: a kill between
    /// them can leave what comes later in the one without what comes before it in the other. So what stands on the
    /// other side counts only where it comes first.
    fn was_there(&self, turn: Turn, start: Stamp, component: &ComponentId) -> bool {
        let Some(other) = self.graph.number(component.as_str()) else { return true };
        self.graph.is_public(other) == self.graph.is_public(turn.component)
            || (start.seen, start.at, self.graph.rank(other)) < (turn.seen, turn.at, turn.rank)
    }

    /// The failing members of a case, as known in a round.
    fn failing_members(&self, case: &Case, turn: Turn, round: Moment) -> Vec<usize> {
        let failing = |s: &Spell| s.start.seen <= round && s.end.is_none_or(|e| e.seen > round);
        case.parts
            .iter()
            .filter(|p| p.spells.iter().any(|s| failing(s) && self.was_there(turn, s.start, &p.component)))
            .filter_map(|p| self.graph.number(p.component.as_str()))
            .filter(|i| self.failing(*i, round))
            .collect()
    }

    /// The case that a confirmed outage joins.
    pub(super) fn join(&self, turn: Turn, outage: &Outage) -> Option<usize> {
        let public = self.graph.is_public(turn.component);
        let mut candidates: Vec<(Stamp, usize)> = self
            .cases
            .iter()
            .enumerate()
            .filter(|(_, c)| !(c.internal && public))
            .filter_map(|(i, c)| c.opened.map(|opened| (opened, i)))
            // One that was opened later is no candidate for an outage that was over by then.
            .filter(|(opened, _)| opened.seen <= turn.seen || outage.end.is_none_or(|e| e.seen > opened.seen))
            .filter(|(opened, i)| self.was_there(turn, *opened, &self.cases[*i].parts[0].component))
            .collect();
        candidates.sort(); // of several, the oldest
        let find = |fits: &dyn Fn(&Case, Moment) -> bool| {
            let fitting = candidates.iter().find(|(opened, i)| fits(&self.cases[*i], turn.seen.max(opened.seen)));
            fitting.map(|(_, i)| *i)
        };
        let component = self.graph.component(turn.component);
        let unresolved = |case: &Case, round: Moment| case.resolved.is_none_or(|r| r.seen > round);
        let recent = |case: &Case| case.recovery_seen().is_some_and(|r| turn.at - r <= component.rules.merge_within);
        find(&|case, round| unresolved(case, round) && case.part(&component.id).is_some())
            .or_else(|| find(&|case, _| case.part(&component.id).is_some() && recent(case)))
            .or_else(|| {
                find(&|case, round| {
                    let failing = self.failing_members(case, turn, round);
                    unresolved(case, round) && failing.iter().any(|m| self.graph.linked(*m, turn.component))
                })
            })
            .or_else(|| {
                find(&|case, round| {
                    unresolved(case, round)
                        && !self.failing_members(case, turn, round).is_empty()
                        && self.near_latest(case, turn, round)
                })
            })
    }

    /// Whether the latest member of a case started close enough, and is a neighbour.
    fn near_latest(&self, case: &Case, turn: Turn, round: Moment) -> bool {
        let started = |p: &Part| {
            let known = |s: &Stamp| s.seen <= round && self.was_there(turn, *s, &p.component);
            p.spells.iter().map(|s| s.start).filter(known).map(|s| s.at).max()
        };
        let latest = case.parts.iter().filter_map(started).max();
        latest.is_some_and(|latest| {
            self.near(turn.component, latest, turn.at)
                && case.parts.iter().filter(|p| started(p) == Some(latest)).any(|p| {
                    let member = self.graph.number(p.component.as_str());
                    member.is_some_and(|m| self.graph.neighbours(m, turn.component))
                })
        })
    }

    /// The date of the outage in the site's zone and the deepest failing dependency known by then. A public id never
    /// names an internal component; an internal one keeps to internal names, so that it never takes a public one.
    pub(super) fn new_id(&self, turn: Turn) -> IncidentId {
        let public = self.graph.is_public(turn.component);
        let mut deepest = (0, turn.component);
        for (i, depth) in self.graph.depths(turn.component).into_iter().enumerate() {
            let Some(depth) = depth.filter(|d| *d > deepest.0) else { continue };
            if self.graph.is_public(i) == public && self.failing(i, turn.seen) {
                deepest = (depth, i);
            }
        }
        let date = self.settings.site.time_zone.date(turn.at).format("%Y-%m-%d");
        let stem = format!("{date}-{}", self.graph.component(deepest.1).id);
        let taken = |id: &str| self.cases.number(id).is_some_and(|c| self.cases[c].opened.is_some());
        let mut id = stem.clone();
        let mut next = 2;
        while taken(&id) {
            id = format!("{stem}-{next}");
            next += 1;
        }
        IncidentId::from(id)
    }
}
