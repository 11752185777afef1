//! Which incident steps are due: what the timelines show, less what the journal already says.
//!
//! Everything is taken in one fixed order and judged as it was known in its own confirming round. So a run that was
//! killed is completed by the next with the same ids and times, and it does not matter how many runs were lost.

use crate::incident::Due;
use crate::incident::graph::Graph;
use crate::incident::ledger::{self, Cases, Entry, Part, Spell, Stamp};
use crate::incident::quiet::Quiet;
use crate::model::{Body, ComponentId, DeskIncident, History, IncidentId, IncidentStep, Moment, Settings};
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
pub(super) struct Turn {
    pub(super) seen: Moment,
    pub(super) at: Moment,
    what: What,
    pub(super) rank: usize,
    pub(super) component: usize,
    outage: usize,
}

/// Ends before starts: the order of the variants is the order of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Late records refute what case and part say.
    Refute(Told),
    End,
    Start,
    /// The journal says recovered, the record by now says it never was.
    Again,
}

/// The state of one detection.
pub(super) struct Detection<'a> {
    pub(super) settings: &'a Settings,
    pub(super) graph: &'a Graph<'a>,
    pub(super) lines: Vec<Option<&'a ComponentTimeline>>,
    pub(super) cases: Cases,
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
    history: &History,
    entries: &[Entry<'_>],
    graph: &Graph<'_>,
    settings: &Settings,
    now: Moment,
) -> Vec<Due> {
    let cases = ledger::cases(entries, graph);
    let lines = lines(timelines, graph, settings);
    let own = ledger::rounds(history, settings, now, true);
    let all = ledger::rounds(history, settings, now, false);
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
pub(super) fn cover(cases: &Cases, component: &ComponentId, outage: &Outage) -> Option<Told> {
    let mut best: Option<(Stamp, Told)> = None;
    for &(case, part) in cases.of(component) {
        for (spell, s) in cases[case].parts[part].spells.iter().enumerate().filter(|(_, s)| touches(s, outage)) {
            if best.is_none_or(|(start, _)| s.start >= start) {
                best = Some((s.start, Told { case, part, spell }));
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
        for &(case, part) in self.cases.of(&line.id) {
            let spells = &self.cases[case].parts[part];
            let Some(spell) = spells.open().filter(|_| self.cases[case].opened.is_some()) else { continue };
            let told = Told { case, part, spell: spells.spells.len() - 1 };
            let reached = line.since.is_some_and(|since| since <= spell.start.at);
            if reached && !line.outages.iter().any(|o| touches(spell, o)) {
                let Stamp { at, seen } = spell.start;
                turns.push(Turn { seen, at, what: What::Refute(told), rank, component, outage: usize::MAX });
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

    /// Whether two starts lie within `group_within` of each other.
    pub(super) fn near(&self, component: usize, a: Moment, b: Moment) -> bool {
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
        let case = self.cases.number(id.as_str()).expect("it was just declared");
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
        self.cases.of(component).iter().find_map(|&(case, part)| {
            let spells = &self.cases[case].parts[part];
            let open = spells.open().filter(|s| s.start.at <= at && self.cases[case].opened.is_some());
            open.map(|_| Told { case, part, spell: spells.spells.len() - 1 })
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
