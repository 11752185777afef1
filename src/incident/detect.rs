//! Which incident steps are due: what the timelines show, less what the journal already says.
//!
//! Everything is taken in one fixed order and judged as it was known in its own confirming round. So a run that was
//! killed is completed by the next with the same ids and times, and it does not matter how many runs were lost.

use crate::incident::Due;
use crate::incident::graph::Graph;
use crate::incident::ledger::{self, Case, Entry, Part, Spell, Stamp};
use crate::incident::quiet::Quiet;
use crate::model::{Body, ComponentId, DeskIncident, IncidentId, IncidentStep, Moment, Record, Settings};
use crate::timeline::{ComponentTimeline, Outage, Timelines};

/// Which spell of the journal tells of an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Told {
    pub(super) case: usize,
    pub(super) part: usize,
    pub(super) spell: usize,
}

/// One thing to take, in its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    seen: Moment,
    at: Moment,
    what: What,
    rank: usize,
    component: usize,
    outage: usize,
}

/// Ends before starts: the order of the variants is the order of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Late records refute what case and part say.
    Refute(Told),
    End,
    Start,
    /// The journal says recovered, the record by now says it never was.
    Again,
}

/// The state of one detection.
pub(super) struct Detection<'a> {
    settings: &'a Settings,
    graph: &'a Graph<'a>,
    lines: Vec<Option<&'a ComponentTimeline>>,
    cases: Vec<Case>,
    /// Per component and outage.
    told: Vec<Vec<Option<Told>>>,
    /// What waits for firmer news: component, start.
    held: Vec<(usize, Moment)>,
    quiet: Quiet<'a>,
    own_rounds: Vec<Moment>,
    now: Moment,
    out: Vec<Due>,
}

/// All incident steps that are due.
pub(super) fn steps(
    timelines: &Timelines,
    records: &[Record],
    entries: &[Entry<'_>],
    graph: &Graph<'_>,
    settings: &Settings,
    now: Moment,
) -> Vec<Due> {
    let cases = ledger::cases(entries, graph);
    let lines = lines(timelines, graph, settings);
    let own = ledger::rounds(records, settings, now, true);
    let all = ledger::rounds(records, settings, now, false);
    let mut detection = Detection {
        settings,
        graph,
        told: lines
            .iter()
            .map(|l| l.map_or_else(Vec::new, |l| l.outages.iter().map(|o| cover(&cases, &l.id, o)).collect()))
            .collect(),
        quiet: Quiet::new(graph, lines.clone(), ledger::windows(entries), all.clone(), timelines.moment),
        own_rounds: if own.is_empty() { all } else { own },
        lines,
        cases,
        held: Vec::new(),
        now,
        out: Vec::new(),
    };
    let mut turns = detection.turns();
    turns.sort();
    for turn in turns {
        match turn.what {
            What::Refute(told) => detection.recover(told, turn),
            What::End => detection.end(turn),
            What::Start | What::Again => detection.start(turn),
        }
    }
    detection.resolve(now);
    detection.out
}

/// The timeline of each component that is watched: one that is not configured, or has no probe, has none.
pub(super) fn lines<'a>(
    timelines: &'a Timelines,
    graph: &Graph<'_>,
    settings: &Settings,
) -> Vec<Option<&'a ComponentTimeline>> {
    let mut lines = vec![None; settings.components.len()];
    for line in &timelines.components {
        if let Some(i) = graph.number(line.id.as_str()).filter(|i| !graph.component(*i).probes.is_empty()) {
            lines[i] = Some(line);
        }
    }
    lines
}

/// Whether a spell of the journal tells of this outage: they share a look between failing and confirming, or the
/// outage lies inside what was declared.
pub(super) fn touches(spell: &Spell, outage: &Outage) -> bool {
    let evidence = outage.from <= spell.start.seen && outage.end.is_none_or(|e| e.at > spell.start.at);
    let inside = spell.end.is_some_and(|e| spell.start.at <= outage.from && outage.from < e.at);
    evidence || inside
}

/// The latest spell that tells of an outage.
pub(super) fn cover(cases: &[Case], component: &ComponentId, outage: &Outage) -> Option<Told> {
    let mut best: Option<(Stamp, Told)> = None;
    for (c, case) in cases.iter().enumerate() {
        for (p, part) in case.parts.iter().enumerate().filter(|(_, p)| p.component == *component) {
            for (s, spell) in part.spells.iter().enumerate().filter(|(_, s)| touches(s, outage)) {
                if best.is_none_or(|(start, _)| spell.start >= start) {
                    best = Some((spell.start, Told { case: c, part: p, spell: s }));
                }
            }
        }
    }
    best.map(|(_, told)| told)
}

impl Detection<'_> {
    /// Everything that has a turn.
    fn turns(&self) -> Vec<Turn> {
        let mut turns = Vec::new();
        for (component, line) in self.lines.iter().enumerate() {
            let Some(line) = line else { continue };
            let rank = self.graph.rank(component);
            for (outage, o) in line.outages.iter().enumerate() {
                let turn = Turn { seen: o.seen, at: o.from, what: What::Start, rank, component, outage };
                match self.told[component][outage] {
                    None => turns.push(turn),
                    Some(told) => turns.extend(self.again(told, turn, o)),
                }
                if let Some(end) = o.end {
                    turns.push(Turn { seen: end.seen, at: end.at, what: What::End, ..turn });
                }
            }
            turns.extend(self.refuted(component, rank, line));
        }
        turns
    }

    /// The journal says that it recovered; the record by now says that it never did.
    fn again(&self, told: Told, turn: Turn, outage: &Outage) -> Option<Turn> {
        let ended = self.spell(told).end?;
        outage.end.is_none().then_some(Turn {
            seen: outage.seen.max(ended.seen),
            at: outage.from.max(ended.at),
            what: What::Again,
            ..turn
        })
    }

    /// Open spells that nothing in the timeline tells of any more, although it reaches back to them.
    fn refuted(&self, component: usize, rank: usize, line: &ComponentTimeline) -> Vec<Turn> {
        let mut turns = Vec::new();
        for (c, case) in self.cases.iter().enumerate().filter(|(_, c)| c.opened.is_some()) {
            for (p, part) in case.parts.iter().enumerate().filter(|(_, p)| p.component == line.id) {
                let Some(spell) = part.open() else { continue };
                let told = Told { case: c, part: p, spell: part.spells.len() - 1 };
                let reached = line.since.is_some_and(|since| since <= spell.start.at);
                if reached && !line.outages.iter().any(|o| touches(spell, o)) {
                    let Stamp { at, seen } = spell.start;
                    turns.push(Turn { seen, at, what: What::Refute(told), rank, component, outage: usize::MAX });
                }
            }
        }
        turns
    }

    fn spell(&self, told: Told) -> Spell {
        self.cases[told.case].parts[told.part].spells[told.spell]
    }

    /// Whether something that could share an incident with this waits for firmer news: then this waits too, or the
    /// order in which they are taken would depend on when the run happened to come.
    fn waits(&self, turn: Turn) -> bool {
        self.held.iter().any(|&(other, at)| {
            other == turn.component
                || turn.what >= What::Start
                    && (self.graph.linked(other, turn.component)
                        || self.graph.neighbours(other, turn.component) && self.near(turn.component, at, turn.at))
        })
    }

    fn near(&self, component: usize, a: Moment, b: Moment) -> bool {
        let within = self.graph.component(component).rules.group_within;
        a - b <= within && b - a <= within
    }

    /// A confirmed outage.
    fn start(&mut self, turn: Turn) {
        let line = self.lines[turn.component].expect("a turn has a timeline");
        let outage = &line.outages[turn.outage];
        if self.passed(outage) {
            return;
        }
        if !outage.firm || self.waits(turn) {
            self.held.push((turn.component, turn.at));
            return;
        }
        // Its last recovery could not be declared before this began: the same spell goes on.
        if let Some(told) = self.open_spell(&line.id, turn.at) {
            self.told[turn.component][turn.outage] = Some(told);
            return;
        }
        self.resolve(turn.seen);
        let joined = self.join(turn, outage);
        // Late news of an earlier failure inside an incident that already tells of a later one: nothing is due.
        let later = |p: &Part| p.spells.iter().any(|s| s.start.at > turn.at);
        if joined.is_some_and(|c| self.cases[c].part(&line.id).is_some_and(later)) {
            return;
        }
        let (id, step, internal) = match joined {
            Some(case) => {
                let case = &self.cases[case];
                let step = if case.part(&line.id).is_some() { IncidentStep::Relapse } else { IncidentStep::Join };
                (case.id.clone(), step, case.internal)
            }
            None => (self.new_id(turn), IncidentStep::Open, false),
        };
        let internal = internal || !self.graph.is_public(turn.component);
        self.declare(internal, id.clone(), step, Stamp { at: turn.at, seen: turn.seen }, line.id.clone());
        let case = self.cases.iter().position(|c| c.id == id).expect("it was just declared");
        let part = self.cases[case].parts.iter().position(|p| p.component == line.id).expect("as above");
        let spell = self.cases[case].parts[part].spells.len() - 1;
        self.told[turn.component][turn.outage] = Some(Told { case, part, spell });
    }

    /// An outage that ended.
    fn end(&mut self, turn: Turn) {
        let line = self.lines[turn.component].expect("a turn has a timeline");
        let outage = &line.outages[turn.outage];
        let Some(told) = self.told[turn.component][turn.outage] else { return };
        if self.spell(told).end.is_some() || self.waits(turn) {
            return;
        }
        match outage.end.filter(|e| e.firm).map(|e| self.quiet.calm_after(turn.component, turn.outage, e.seen)) {
            Some(Some(true)) => self.recover(told, turn),
            Some(Some(false)) => {}
            Some(None) | None => self.held.push((turn.component, outage.from)),
        }
    }

    fn recover(&mut self, told: Told, turn: Turn) {
        let case = &self.cases[told.case];
        let component = case.parts[told.part].component.clone();
        let internal = case.internal || !self.graph.is_public(turn.component);
        let start = self.spell(told).start;
        let stamp = Stamp { at: turn.at.max(start.at), seen: turn.seen.max(start.seen) };
        self.declare(internal, case.id.clone(), IncidentStep::Recover, stamp, component);
    }

    /// The spell of a component that is open since before a moment.
    fn open_spell(&self, component: &ComponentId, at: Moment) -> Option<Told> {
        self.cases.iter().enumerate().filter(|(_, c)| c.opened.is_some()).find_map(|(case, c)| {
            let part = c.parts.iter().position(|p| p.component == *component)?;
            let spell = c.parts[part].spells.len() - 1;
            c.parts[part].open().filter(|s| s.start.at <= at).map(|_| Told { case, part, spell })
        })
    }

    /// Changed rules open nothing in days already passed. The journal does not know the rules of then; but where this
    /// site looked again well after the end, on a day that is over, and declared nothing, they did not call it one.
    fn passed(&self, outage: &Outage) -> bool {
        let Some(end) = outage.end else { return false };
        let zone = self.settings.site.time_zone;
        let before_last = self.own_rounds.len().checked_sub(2).map(|i| self.own_rounds[i]);
        zone.date(end.seen) < zone.date(self.now)
            && before_last.is_some_and(|t| t > end.seen + self.settings.rules.merge_within)
    }

    /// Whether a component fails, as known in a round.
    fn failing(&self, component: usize, round: Moment) -> bool {
        self.lines[component]
            .is_some_and(|line| line.outages.iter().any(|o| o.seen <= round && o.end.is_none_or(|e| e.seen > round)))
    }

    /// The failing members of a case, as known in a round.
    fn failing_members(&self, case: &Case, round: Moment) -> Vec<usize> {
        let failing = |s: &Spell| s.start.seen <= round && s.end.is_none_or(|e| e.seen > round);
        case.parts
            .iter()
            .filter(|p| p.spells.iter().any(failing))
            .filter_map(|p| self.graph.number(p.component.as_str()))
            .filter(|i| self.failing(*i, round))
            .collect()
    }

    /// The case that a confirmed outage joins.
    fn join(&self, turn: Turn, outage: &Outage) -> Option<usize> {
        let public = self.graph.is_public(turn.component);
        let mut candidates: Vec<(Stamp, usize)> = self
            .cases
            .iter()
            .enumerate()
            .filter(|(_, c)| !(c.internal && public))
            .filter_map(|(i, c)| c.opened.map(|opened| (opened, i)))
            // One that was opened later is no candidate for an outage that was over by then.
            .filter(|(opened, _)| opened.seen <= turn.seen || outage.end.is_none_or(|e| e.seen > opened.seen))
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
                    let failing = self.failing_members(case, round);
                    unresolved(case, round) && failing.iter().any(|m| self.graph.linked(*m, turn.component))
                })
            })
            .or_else(|| {
                find(&|case, round| {
                    unresolved(case, round)
                        && !self.failing_members(case, round).is_empty()
                        && self.near_latest(case, turn, round)
                })
            })
    }

    /// Whether the latest member of a case started close enough, and is a neighbour.
    fn near_latest(&self, case: &Case, turn: Turn, round: Moment) -> bool {
        let started = |p: &Part| p.spells.iter().map(|s| s.start).filter(|s| s.seen <= round).map(|s| s.at).max();
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
    fn new_id(&self, turn: Turn) -> IncidentId {
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
        let taken = |id: &str| self.cases.iter().any(|c| c.id.as_str() == id && c.opened.is_some());
        let mut id = stem.clone();
        let mut next = 2;
        while taken(&id) {
            id = format!("{stem}-{next}");
            next += 1;
        }
        IncidentId::from(id)
    }

    /// Resolves what had been quiet long enough by a round.
    fn resolve(&mut self, by: Moment) {
        for i in 0..self.cases.len() {
            if let Some(stamp) = self.quiet.resolved(&self.cases[i], by.min(self.now)) {
                let case = &self.cases[i];
                // What stands in a public record names no internal component.
                let told = |id: &&ComponentId| {
                    case.internal || self.graph.number(id.as_str()).is_none_or(|i| self.graph.is_public(i))
                };
                let components = case.parts.iter().map(|p| &p.component).filter(told).cloned().collect();
                let (id, internal) = (case.id.clone(), case.internal);
                let step = DeskIncident { id, step: IncidentStep::Resolve, at: stamp.at, seen: stamp.seen, components };
                ledger::apply(&mut self.cases, self.now, internal, step.clone());
                self.out.push(Due { internal, body: Body::Incident(step) });
            }
        }
    }

    /// Notes a step, and adds it to the last record of its incident where that says the same of others.
    fn declare(&mut self, internal: bool, id: IncidentId, step: IncidentStep, stamp: Stamp, component: ComponentId) {
        let due = DeskIncident { id, step, at: stamp.at, seen: stamp.seen, components: vec![component.clone()] };
        ledger::apply(&mut self.cases, self.now, internal, due.clone());
        let last = self.out.iter_mut().rev().find_map(|d| match &mut d.body {
            Body::Incident(i) if i.id == due.id => Some((d.internal, i)),
            _ => None,
        });
        if let Some((was_internal, last)) = last {
            let same_step = last.step == step || last.step == IncidentStep::Open && step == IncidentStep::Join;
            if was_internal == internal && same_step && (last.at, last.seen) == (due.at, due.seen) {
                last.components.push(component);
                return;
            }
        }
        self.out.push(Due { internal, body: Body::Incident(due) });
    }
}
