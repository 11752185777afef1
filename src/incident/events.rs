//! What was said and what happened, in order, and the status that it adds up to.

use std::collections::BTreeSet;

use crate::incident::facts::Facts;
use crate::incident::failing::says_well;
use crate::incident::ledger::{Case, Stamp};
use crate::incident::say::{self, Clock};
use crate::incident::words::Press;
use crate::incident::{Event, Voice};
use crate::model::{ComponentId, DeskIncident, IncidentStatus, IncidentStep, Moment, Settings, WriteUp};

/// A machine's step before it is known what it changes.
struct Step {
    event: Event,
    /// What it would make of the status.
    wants: Wants,
}

/// What a machine's step would make of the status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Nothing,
    /// Something fails where nothing failed.
    Investigating,
    /// The last member works again.
    Monitoring,
    Resolved,
}

/// The events of one incident, oldest first; those before it was published by the moment are left out.
pub(super) fn events(
    cases: &[&Case],
    writeup: Option<&WriteUp>,
    facts: &Facts<'_>,
    press: &Press,
    settings: &Settings,
    clock: &Clock,
) -> Vec<Event> {
    let mut steps = machine(cases, facts, settings, clock);
    let openings: Vec<Moment> = steps.iter().filter(|s| s.wants == Wants::Investigating).map(|s| s.event.at).collect();
    for (i, update) in writeup.iter().flat_map(|w| w.updates.iter().enumerate()) {
        let Some((published, edited)) = writeup.and_then(|w| press.published(w, update)) else { continue };
        let event = Event {
            at: after_opening(update.shown_at(published), &openings),
            published,
            edited,
            status: update.status,
            voice: Voice::Person(i),
            key: format!("word-{}", update.key),
        };
        steps.push(Step { event, wants: Wants::Nothing });
    }
    // Stable: at one instant the machine's facts stand before the words about them, and words in the file's order.
    steps.sort_by_key(|s| s.event.at);
    settle(steps)
}

/// A heading's time is exact to the minute only, a measured one to the millisecond: a word of 11:36 about what began at
/// 11:36:42 was said after it, not before.
fn after_opening(at: Moment, openings: &[Moment]) -> Moment {
    let same = |o: &Moment| *o > at && o.minute() == at; // seconds that were typed, or journaled, are exact
    openings.iter().copied().filter(same).max().unwrap_or(at)
}

/// Gives each of the machine's steps the status that it sets, where it sets one: a fact never takes back what a person
/// has already said of it.
fn settle(steps: Vec<Step>) -> Vec<Event> {
    let mut current: Option<IncidentStatus> = None;
    let mut events = Vec::new();
    for Step { mut event, wants } in steps {
        if matches!(event.voice, Voice::Machine(_)) {
            let over = current.is_some_and(IncidentStatus::is_over);
            event.status = match wants {
                Wants::Nothing => None,
                Wants::Investigating => {
                    let said = matches!(current, Some(IncidentStatus::Investigating | IncidentStatus::Identified));
                    (!said).then_some(IncidentStatus::Investigating)
                }
                Wants::Monitoring => (!over).then_some(IncidentStatus::Monitoring),
                Wants::Resolved => (!over).then_some(IncidentStatus::Resolved),
            };
        }
        current = event.status.or(current);
        events.push(event);
    }
    events
}

/// The status that the events add up to, with the front matter's as a word at the file's last change. A heading that
/// was published with that change, or after it, is the later word. While a member still fails, what says that nothing
/// does is passed over (`failing`).
pub(super) fn status(
    events: &[Event],
    front: Option<(IncidentStatus, Moment)>,
    failing: bool,
) -> Option<IncidentStatus> {
    let counts = |s: IncidentStatus| !(failing && says_well(s));
    let last = events.iter().rev().find(|e| e.status.is_some_and(counts));
    let Some((front, changed)) = front.filter(|(s, _)| counts(*s)) else { return last.and_then(|e| e.status) };
    let later = last.filter(|e| match e.voice {
        Voice::Person(_) => e.at > changed || e.published >= changed,
        Voice::Machine(_) => e.at > changed,
    });
    later.map_or(Some(front), |e| e.status)
}

/// The machine's steps, as sentences.
fn machine(cases: &[&Case], facts: &Facts<'_>, settings: &Settings, clock: &Clock) -> Vec<Step> {
    let mut records: Vec<(usize, Moment, &DeskIncident)> =
        cases.iter().enumerate().flat_map(|(c, case)| case.steps.iter().map(move |(t, d)| (c, *t, d))).collect();
    // Two chains saved at one moment have no order between them: there, what was seen first stands first.
    records.sort_by_key(|(_, t, d)| (*t, d.seen));
    let mut failing: BTreeSet<(usize, ComponentId)> = BTreeSet::new();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    let mut steps = Vec::new();
    for (c, t, d) in records {
        let was_calm = failing.is_empty();
        let named = d.components.iter().cloned().map(|id| (c, id));
        match d.step {
            IncidentStep::Open | IncidentStep::Join | IncidentStep::Relapse => failing.extend(named),
            IncidentStep::Recover => named.for_each(|m| {
                failing.remove(&m);
            }),
            IncidentStep::Resolve => {}
        }
        // A public incident says nothing of internal members.
        let shown = |id: &&ComponentId| cases[c].internal || facts.is_public(id);
        let told: Vec<ComponentId> = d.components.iter().filter(shown).cloned().collect();
        let calm = failing.is_empty();
        if told.is_empty() && d.step != IncidentStep::Resolve && !(calm && d.step == IncidentStep::Recover) {
            continue;
        }
        let wants = match d.step {
            IncidentStep::Open | IncidentStep::Join | IncidentStep::Relapse if was_calm => Wants::Investigating,
            IncidentStep::Recover if calm => Wants::Monitoring,
            // Of several incidents told as one, the last to be resolved ends it.
            IncidentStep::Resolve if cases.iter().all(|c| c.steps.iter().any(|(t2, s)| resolves(s) && *t2 <= t)) => {
                Wants::Resolved
            }
            _ => Wants::Nothing,
        };
        let (at, text) = sentence(d, &told, facts, settings, clock, calm);
        let mut key = format!("{}-{}", word(d.step), d.seen.ms());
        while !keys.insert(key.clone()) {
            key.push('+');
        }
        let event = Event { at, published: t, edited: None, status: None, voice: Voice::Machine(text), key };
        steps.push(Step { event, wants });
    }
    steps
}

fn resolves(step: &DeskIncident) -> bool {
    step.step == IncidentStep::Resolve
}

const fn word(step: IncidentStep) -> &'static str {
    match step {
        IncidentStep::Open => "open",
        IncidentStep::Join => "join",
        IncidentStep::Recover => "recover",
        IncidentStep::Relapse => "relapse",
        IncidentStep::Resolve => "resolve",
    }
}

/// When a step is shown to have happened, and what the machine says of it. The timeline's times are shown where it
/// still knows the outage; a resolution happened when it was seen.
fn sentence(
    d: &DeskIncident,
    told: &[ComponentId],
    facts: &Facts<'_>,
    settings: &Settings,
    clock: &Clock,
    calm: bool,
) -> (Moment, String) {
    let stamp = Stamp { at: d.at, seen: d.seen };
    let mut told: Vec<&ComponentId> = told.iter().collect();
    told.sort_by_key(|id| facts.graph.number(id.as_str())); // as the page lists them
    let names: Vec<String> = told.iter().map(|id| facts.name(id)).collect();
    match d.step {
        IncidentStep::Open | IncidentStep::Join | IncidentStep::Relapse => {
            let at = told.iter().filter_map(|id| facts.outage(id, stamp)).map(|o| o.from).min().unwrap_or(d.at);
            let failures: Vec<_> = told.iter().map(|id| facts.failure(id, stamp, settings)).collect();
            (at, say::failed(&failures, at, clock, d.step == IncidentStep::Relapse))
        }
        IncidentStep::Recover if told.is_empty() => (d.at, say::all_well(d.at, clock)),
        IncidentStep::Recover => {
            let ends: Vec<Moment> = told.iter().filter_map(|id| facts.end(id, stamp)).collect();
            let refuted = ends.is_empty() && told.iter().all(|id| facts.outage(id, stamp).is_none());
            let at = ends.into_iter().max().unwrap_or(d.at);
            let text = if refuted && told.iter().all(|id| facts.line(id).is_some()) {
                say::refuted(&names, at, clock)
            } else {
                say::recovered(&names, at, clock, calm)
            };
            (at, text)
        }
        IncidentStep::Resolve => (d.seen, say::resolved(d.at, clock)),
    }
}
