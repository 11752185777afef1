//! What happened that people may want to be told of: each with an id that is the same whenever it is asked.
//!
//! Everything is derived from what the desk journaled and from the book, never from what a run "just changed":
//! a run that was killed before it told anybody is completed by the next.

use std::collections::{BTreeMap, BTreeSet};

use crate::incident::{Incident, Maintenance};
use crate::model::{
    Body, ComponentId, DeskIncident, DeskMaintenance, Impact, IncidentStep, MaintenanceStatus, Moment, Record, Span,
    Status, Visibility, WriteUp,
};
use crate::site::World;

use super::story::{self, Story};

/// Rises of an incident's impact are looked for this long after its end: a late record may still show one.
const IMPACT_WITHIN: Span = Span::from_mins(7 * 24 * 60);

/// Something that people may want to be told of.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id: made from what stands in the journal, so that it is the same in every run.
    pub id: String,
    /// What it is.
    pub kind: EventKind,
    /// When it happened.
    pub at: Moment,
    /// When it became news. Nothing that was news before a channel was first seen is due to it.
    pub since: Moment,
    /// Whether it may leave to a channel that is not the operator's.
    pub public: bool,
    /// What the operator's channels are told.
    pub inside: Story,
    /// What all others are told: nothing internal is named.
    pub outside: Story,
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// An incident began.
    Opened,
    /// Its impact or its members changed.
    Changed,
    /// Its last member works again, or it is over.
    Recovered,
    /// A person wrote a word.
    Update,
    /// A window was announced, moved, cancelled, began or ended.
    Maintenance,
    /// The monitor itself needs its operator.
    Trouble,
}

impl EventKind {
    /// The word of the config and of the payload.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Recovered => "recovered",
            Self::Update => "update",
            Self::Maintenance => "maintenance",
            Self::Trouble => "trouble",
        }
    }
}

/// Every event that the record and the book know of, oldest news first.
pub fn events(world: &World<'_>) -> Vec<Event> {
    let mut all = Vec::new();
    for (incident, records) in incidents(world) {
        steps(world, incident, &records, &mut all);
        impacts(world, incident, &records, &mut all);
    }
    words(world, &mut all);
    windows(world, &mut all);
    all.sort_by(|a, b| (a.since, a.at, &a.id).cmp(&(b.since, b.at, &b.id)));
    all
}

/// Whether a component may be named to everybody.
pub(super) fn is_public(world: &World<'_>, id: &ComponentId) -> bool {
    world.settings.component(id.as_str()).is_some_and(|c| c.visibility == Visibility::Public)
}

/// One journaled step of an incident.
type Step<'a> = (&'a Record, &'a DeskIncident);

/// Each incident that the desk opened, with its records in order.
fn incidents<'a>(world: &World<'a>) -> Vec<(&'a Incident, Vec<Step<'a>>)> {
    let mut by_id: BTreeMap<&str, Vec<Step<'a>>> = BTreeMap::new();
    for record in world.records {
        if let Body::Incident(step) = &record.body {
            by_id.entry(step.id.as_str()).or_default().push((record, step));
        }
    }
    let with_records = world.book.incidents.iter().filter_map(|incident| {
        let mut records = by_id.remove(incident.id.as_ref()?.as_str())?;
        records.sort_by_key(|(record, _)| (record.t, record.n));
        Some((incident, records))
    });
    with_records.collect()
}

/// One event for every step that the desk journaled.
fn steps(world: &World<'_>, incident: &Incident, records: &[Step<'_>], all: &mut Vec<Event>) {
    let mut failing: BTreeSet<&ComponentId> = BTreeSet::new();
    for (record, step) in records {
        let (kind, id) = match step.step {
            IncidentStep::Open => (EventKind::Opened, format!("{}/open", step.id)),
            IncidentStep::Join => (EventKind::Changed, format!("{}/join/{}", step.id, plus(&step.components))),
            IncidentStep::Recover => {
                let last = failing.iter().all(|c| step.components.contains(c));
                let kind = if last { EventKind::Recovered } else { EventKind::Changed };
                (kind, format!("{}/recover/{}/{}", step.id, plus(&step.components), step.at.rfc3339()))
            }
            IncidentStep::Relapse => {
                let id = format!("{}/relapse/{}/{}", step.id, plus(&step.components), step.at.rfc3339());
                (EventKind::Changed, id)
            }
            IncidentStep::Resolve => (EventKind::Recovered, format!("{}/resolve/{}", step.id, step.seen.rfc3339())),
        };
        match step.step {
            IncidentStep::Open | IncidentStep::Join | IncidentStep::Relapse => failing.extend(&step.components),
            IncidentStep::Recover => failing.retain(|c| !step.components.contains(c)),
            IncidentStep::Resolve => failing.clear(),
        }
        // A step of internal members only is nobody else's business, even in a public incident.
        let named = step.components.is_empty() || step.components.iter().any(|c| is_public(world, c));
        let still: Vec<ComponentId> = failing.iter().map(|c| (*c).clone()).collect();
        let tell = |internal: bool| story::of_step(world, incident, step, &still, internal);
        all.push(Event {
            id,
            kind,
            at: step.at,
            since: record.t,
            public: incident.public && named,
            inside: tell(true),
            outside: tell(false),
        });
    }
}

fn plus(components: &[ComponentId]) -> String {
    components.iter().map(ComponentId::as_str).collect::<Vec<_>>().join("+")
}

/// One event for every rise of the measured impact after the opening that no journaled step already tells.
fn impacts(world: &World<'_>, incident: &Incident, records: &[Step<'_>], all: &mut Vec<Event>) {
    let over = incident.ended.or(incident.measured_end);
    if over.is_some_and(|end| end + IMPACT_WITHIN < world.moment) {
        return;
    }
    let Some((_, open)) = records.iter().find(|(_, s)| s.step == IncidentStep::Open) else { return };
    let mut changes: Vec<(Moment, Impact, &ComponentId)> = Vec::new();
    for member in &incident.members {
        let Some(timeline) = world.timelines.components.iter().find(|t| t.id == member.component) else { continue };
        for (from, to) in &member.outages {
            let to = to.unwrap_or(world.moment);
            let inside = timeline.stretches.iter().filter(|s| s.from < to && s.to > *from && s.status.is_bad());
            changes.extend(inside.map(|s| (s.from.max(*from), s.status.impact(), &member.component)));
        }
    }
    changes.sort_by_key(|(at, ..)| *at);
    let mut worst = Impact::None;
    for (at, impact, component) in changes {
        if impact <= worst {
            continue;
        }
        let before = std::mem::replace(&mut worst, impact);
        let told = records.iter().any(|(_, s)| s.at == at && s.components.contains(component));
        if at <= open.seen || told {
            continue;
        }
        let tell = |internal| story::of_impact(world, incident, component, at, (before, impact), internal);
        all.push(Event {
            id: format!("{}/impact/{}", open.id, impact.word()),
            kind: EventKind::Changed,
            at,
            since: at,
            public: incident.public && is_public(world, component),
            inside: tell(true),
            outside: tell(false),
        });
    }
}

/// One event for every update that a person wrote, by the moment at which it was first published.
fn words(world: &World<'_>, all: &mut Vec<Event>) {
    let mut first: BTreeMap<(&str, &str), Moment> = BTreeMap::new();
    for record in world.records {
        if let Body::Words(words) = &record.body {
            for update in &words.updates {
                let at = first.entry((words.file.as_str(), update.key.as_str())).or_insert(record.t);
                *at = record.t.min(*at);
            }
        }
    }
    for (index, writeup) in world.writeups.iter().enumerate().filter(|(_, w)| !w.draft) {
        let incident = world.book.incidents.iter().find(|i| i.writeup == Some(index));
        for update in &writeup.updates {
            // An update that is not in the record yet has not been published; its turn comes with its record.
            let Some(published) = first.get(&(writeup.file.as_str(), update.key.as_str())) else { continue };
            let tell = |internal| story::of_words(world, incident, writeup, update, *published, internal);
            all.push(Event {
                id: format!("words/{}#{}", writeup.file, update.key),
                kind: EventKind::Update,
                at: update.shown_at(*published),
                since: *published,
                public: writeup.visibility == Visibility::Public && incident.is_none_or(|i| i.public),
                inside: tell(true),
                outside: tell(false),
            });
        }
    }
}

/// The events of every maintenance window.
fn windows(world: &World<'_>, all: &mut Vec<Event>) {
    let mut by_id: BTreeMap<&str, Vec<(&Record, &DeskMaintenance)>> = BTreeMap::new();
    for record in world.records {
        if let Body::Maintenance(window) = &record.body {
            by_id.entry(&window.id).or_default().push((record, window));
        }
    }
    for maintenance in &world.book.maintenances {
        let Some(said) = by_id.get_mut(maintenance.id.as_str()) else { continue };
        said.sort_by_key(|(record, _)| (record.t, record.n));
        window(world, maintenance, said, all);
    }
}

fn window(world: &World<'_>, window: &Maintenance, said: &[(&Record, &DeskMaintenance)], all: &mut Vec<Event>) {
    let writeup: Option<&WriteUp> = window.writeup.and_then(|i| world.writeups.get(i));
    let mut push = |key: String, word: &str, times: (Moment, Moment), at: Moment| {
        let said = (word, times.0, times.1);
        let tell = |internal| story::of_window(world, window, writeup, said, internal);
        all.push(Event {
            id: format!("maintenance/{}/{key}", window.id),
            kind: EventKind::Maintenance,
            at,
            since: at,
            public: window.public,
            inside: tell(true),
            outside: tell(false),
        });
    };
    let mut before: Option<(Moment, Moment)> = None;
    for (record, said) in said {
        let times = (said.starts, said.ends);
        if before != Some(times) {
            let cancelled = said.starts == said.ends;
            let word = match before {
                _ if cancelled => "cancelled",
                None => "announced",
                Some(_) => "moved",
            };
            let key = if before.is_none() { word.to_owned() } else { format!("{word}/{}", record.t.rfc3339()) };
            push(key, word, times, record.t);
        }
        before = Some(times);
    }
    if window.cancelled {
        return;
    }
    let times = (window.starts, window.ends);
    if window.starts <= world.moment && !window.declared_late {
        push("started".to_owned(), "started", times, window.starts);
    }
    if window.status == MaintenanceStatus::Completed {
        push("completed".to_owned(), "completed", times, window.ends);
    }
}

/// The status that a component was measured to have just before a moment, and at it.
pub(super) fn before_and_after(world: &World<'_>, id: &ComponentId, at: Moment) -> Option<(Status, Status)> {
    let timeline = world.timelines.components.iter().find(|t| t.id == *id)?;
    Some((timeline.status_at(at - Span::from_ms(1)), timeline.status_at(at)))
}
