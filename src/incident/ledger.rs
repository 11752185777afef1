//! The desk's records, replayed: what it has already declared.

use std::collections::{BTreeMap, HashMap};

use crate::incident::graph::Graph;
use crate::model::{
    Body, ComponentId, DeskIncident, DeskMaintenance, DeskWords, History, IncidentId, IncidentStep, Moment, Record,
    Settings, Summary,
};

/// When something happened, and the round that confirmed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) at: Moment,
    pub(super) seen: Moment,
}

/// One record of the desk, in the order in which it counts.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    /// When it was made, at most the moment.
    pub(super) t: Moment,
    /// Whether it stands in the internal chain.
    pub(super) internal: bool,
    pub(super) body: &'a Body,
}

/// An incident as the journal tells it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) id: IncidentId,
    /// None while only a join was saved (a kill between the desk's two chains): then it is not there yet.
    pub(super) opened: Option<Stamp>,
    /// Opened by an internal component.
    pub(super) internal: bool,
    /// In the order of joining.
    pub(super) parts: Vec<Part>,
    pub(super) resolved: Option<Stamp>,
    /// Every record about it, oldest first: when it was made, and what it says.
    pub(super) steps: Vec<(Moment, DeskIncident)>,
}

/// A member of a case.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) component: ComponentId,
    pub(super) spells: Vec<Spell>,
}

/// From a failure to its recovery, as declared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    pub(super) start: Stamp,
    pub(super) end: Option<Stamp>,
}

/// The desk's records in one order: each chain in its own, the two laid together by time.
///
/// `build --at` hands us records that lie after the moment: they are left out. A clock that went back also makes such
/// records, but then the chain's last record does not lie there: those count as at the moment (MEANING, fold 1).
pub(super) fn entries<'a>(history: &'a History, settings: &Settings, moment: Option<Moment>) -> Vec<Entry<'a>> {
    let cut = moment.filter(|m| looks_back(history, settings, *m));
    let chain = |internal: bool| {
        let mut of: Vec<&Record> = history.declared.iter().filter(|r| r.chain.is_public() != internal).collect();
        of.sort_by_key(|r| r.n);
        of.into_iter()
            .filter(move |r| cut.is_none_or(|m| r.t <= m))
            .map(move |r| Entry { t: moment.map_or(r.t, |m| r.t.min(m)), internal, body: &r.body })
            .collect::<Vec<_>>()
    };
    let (mut public, mut internal) = (chain(false).into_iter().peekable(), chain(true).into_iter().peekable());
    let mut all = Vec::new();
    loop {
        let from_internal = match (public.peek(), internal.peek()) {
            (None, None) => return all,
            (Some(_), None) => false,
            (None, Some(_)) => true,
            (Some(p), Some(i)) => i.t < p.t,
        };
        all.extend(if from_internal { internal.next() } else { public.next() });
    }
}

/// Whether the moment lies before the end of the record: somebody asks how it stood. This site's own place tells, as
/// its clock is the one that the moment was read from; where it does not look, all places do.
pub(super) fn looks_back(history: &History, settings: &Settings, moment: Moment) -> bool {
    let mine = |c: &&Summary| c.chain.is_public() && c.chain.vantage().is_some_and(|v| v == settings.run.vantage);
    let own = history.chains.iter().find(mine).and_then(|c| c.end).map(|(_, t)| t);
    let any = || history.chains.iter().filter_map(|c| c.span.map(|s| s.1)).max();
    let desk = || history.declared.iter().max_by_key(|r| (r.n, r.chain.is_public())).map(|r| r.t);
    own.or_else(any).or_else(desk).is_some_and(|t| t > moment)
}

/// Every incident that the journal knows, in the order of its first record.
#[derive(Clone, Debug, Default)]
pub(super) struct Cases {
    list: Vec<Case>,
    by_id: HashMap<IncidentId, usize>,
    /// Component → case and part, in the order of joining.
    by_component: HashMap<ComponentId, Vec<(usize, usize)>>,
}

impl std::ops::Deref for Cases {
    type Target = [Case];
    fn deref(&self) -> &[Case] {
        &self.list
    }
}

impl Cases {
    /// A case by its id.
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Where a component is a member: case, part.
    pub(super) fn of(&self, component: &ComponentId) -> &[(usize, usize)] {
        self.by_component.get(component).map_or(&[], Vec::as_slice)
    }
}

/// Replays the desk's records.
pub(super) fn cases(entries: &[Entry<'_>], graph: &Graph<'_>) -> Cases {
    let mut cases = Cases::default();
    for e in entries {
        if let Body::Incident(step) = e.body {
            let mut step = step.clone();
            for id in &mut step.components {
                if let Some(i) = graph.number(id.as_str()) {
                    *id = graph.component(i).id.clone();
                }
            }
            apply(&mut cases, e.t, e.internal, step);
        }
    }
    cases
}

/// What one more record makes of the cases.
pub(super) fn apply(cases: &mut Cases, t: Moment, internal: bool, step: DeskIncident) {
    let Cases { list, by_id, by_component } = cases;
    let i = *by_id.entry(step.id.clone()).or_insert_with(|| {
        list.push(Case {
            id: step.id.clone(),
            opened: None,
            internal,
            parts: Vec::new(),
            resolved: None,
            steps: Vec::new(),
        });
        list.len() - 1
    });
    let case = &mut list[i];
    let members = case.parts.len();
    let stamp = Stamp { at: step.at, seen: step.seen };
    match step.step {
        IncidentStep::Open => {
            if case.opened.is_none() {
                case.opened = Some(stamp);
                case.internal = internal;
            }
            case.fail(&step.components, stamp);
        }
        IncidentStep::Join | IncidentStep::Relapse => {
            // Records of one moment in two chains have no order between them: there, what was seen says which is later.
            if internal == case.internal || case.resolved.is_some_and(|r| stamp.seen > r.seen) {
                case.resolved = None;
            }
            case.fail(&step.components, stamp);
        }
        IncidentStep::Recover => {
            let named = |p: &&mut Part| step.components.contains(&p.component);
            for part in case.parts.iter_mut().filter(named) {
                if let Some(spell) = part.spells.last_mut().filter(|s| s.end.is_none()) {
                    spell.end = Some(stamp);
                }
            }
        }
        IncidentStep::Resolve => case.resolved = Some(stamp),
    }
    for (p, part) in case.parts.iter().enumerate().skip(members) {
        by_component.entry(part.component.clone()).or_default().push((i, p));
    }
    case.steps.push((t, step));
}

impl Part {
    /// Its spell that has no end yet.
    pub(super) fn open(&self) -> Option<&Spell> {
        self.spells.last().filter(|s| s.end.is_none())
    }
}

impl Case {
    fn fail(&mut self, components: &[ComponentId], start: Stamp) {
        for id in components {
            let spell = Spell { start, end: None };
            match self.parts.iter_mut().find(|p| p.component == *id) {
                None => self.parts.push(Part { component: id.clone(), spells: vec![spell] }),
                Some(part) if part.spells.last().is_none_or(|s| s.end.is_some()) => part.spells.push(spell),
                Some(_) => {} // a doubled record says nothing new
            }
        }
    }

    /// A member.
    pub(super) fn part(&self, component: &ComponentId) -> Option<&Part> {
        self.parts.iter().find(|p| p.component == *component)
    }

    /// Every declared failure and recovery of every member.
    pub(super) fn spells(&self) -> impl Iterator<Item = &Spell> {
        self.parts.iter().flat_map(|p| &p.spells)
    }

    /// When its latest recovery was seen.
    pub(super) fn recovery_seen(&self) -> Option<Moment> {
        self.spells().filter_map(|s| s.end).map(|e| e.seen).max()
    }
}

/// What was journaled about one maintenance window: when, and what.
pub(super) type WindowWords<'a> = Vec<(Moment, bool, &'a DeskMaintenance)>;

/// The journaled words about every maintenance window, oldest first.
pub(super) fn windows<'a>(entries: &[Entry<'a>]) -> BTreeMap<&'a str, WindowWords<'a>> {
    let mut windows: BTreeMap<&str, WindowWords<'_>> = BTreeMap::new();
    for e in entries {
        if let Body::Maintenance(m) = e.body {
            windows.entry(&m.id).or_default().push((e.t, e.internal, m));
        }
    }
    windows
}

/// Whether a component is in a window at an instant: the last word journaled by then counts.
pub(super) fn in_window(windows: &BTreeMap<&str, WindowWords<'_>>, component: &ComponentId, at: Moment) -> bool {
    windows.values().any(|words| {
        let last = words.iter().rev().find(|(t, _, _)| *t <= at);
        last.is_some_and(|(_, _, m)| m.starts <= at && at < m.ends && m.components.contains(component))
    })
}

/// What is journaled about one write-up's words.
#[derive(Clone, Debug, Default)]
pub(super) struct FileWords {
    /// The hash of the file as last journaled.
    pub(super) sha256: String,
    /// When that was.
    pub(super) changed: Moment,
    /// When the file was first journaled.
    pub(super) first: Moment,
    /// Per update, by its key.
    pub(super) updates: BTreeMap<String, Said>,
}

/// What is journaled about one update.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// When it was first published.
    pub(super) first: Moment,
    /// When its text was last journaled.
    pub(super) last: Moment,
    /// Its heading's time as first published.
    pub(super) stamp: Option<Moment>,
    /// The hash of its text now.
    pub(super) sha256: String,
}

/// The journaled words of one side, per file: an internal file that becomes public is published anew.
pub(super) fn words(entries: &[Entry<'_>], internal: bool) -> BTreeMap<String, FileWords> {
    let mut files: BTreeMap<String, FileWords> = BTreeMap::new();
    for e in entries.iter().filter(|e| e.internal == internal) {
        if let Body::Words(DeskWords { file, sha256, updates }) = e.body {
            let known = files.entry(file.clone()).or_insert_with(|| FileWords { first: e.t, ..FileWords::default() });
            known.sha256.clone_from(sha256);
            known.changed = e.t;
            for u in updates {
                let said = known.updates.entry(u.key.clone()).or_insert_with(|| Said {
                    first: e.t,
                    last: e.t,
                    stamp: u.stamp,
                    sha256: String::new(),
                });
                said.last = said.last.max(e.t);
                said.sha256.clone_from(&u.sha256);
            }
        }
    }
    files
}

/// The moments of all rounds up to `now`, ascending: this site's own place's, else everyone's.
pub(super) fn rounds(history: &History, settings: &Settings, now: Moment, own: bool) -> Vec<Moment> {
    let mine = |c: &&Summary| !own || c.chain.vantage().is_some_and(|v| v == settings.run.vantage);
    let mut all: Vec<Moment> =
        history.chains.iter().filter(mine).flat_map(|c| &c.times).copied().filter(|t| *t <= now).collect();
    all.sort_unstable();
    all.dedup();
    all
}
