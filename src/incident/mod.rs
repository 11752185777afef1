//! Names the stretches that people should hear about, and joins what people wrote.
//!
//! - Takes: timelines, the desk's records, write-ups, settings and the moment.
//! - Gives: what is due to be journaled; then the book: every incident and maintenance as it now stands.
//! - Touches: nothing.
//! - Never: asks what just changed (only what is due and not yet journaled), or lowers a measured status.

mod book;
#[cfg(test)]
mod book_cases;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod check;
mod detect;
mod events;
mod facts;
mod failing;
mod graph;
mod join;
mod joining;
mod ledger;
#[cfg(test)]
mod morning_cases;
mod plan;
#[cfg(test)]
mod plan_cases;
#[cfg(test)]
mod properties;
mod quiet;
mod recur;
mod say;
mod shown;
mod stood;
mod windows;
#[cfg(test)]
mod word_cases;
mod words;
mod worst;

use crate::model::{
    Body, ComponentId, History, Impact, IncidentId, IncidentStatus, MaintenanceStatus, Moment, Remark, Settings,
    Status, WriteUp,
};
use crate::timeline::Timelines;

/// Every incident, maintenance and notice as it stands at the moment.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Newest beginning first.
    pub incidents: Vec<Incident>,
    /// By beginning.
    pub maintenances: Vec<Maintenance>,
    /// Indices into the write-ups of notices, newest first.
    pub notices: Vec<usize>,
    /// What each component shows, in config order: the worst of measured and declared.
    pub shown: Vec<Shown>,
    /// Unknown components, ids that match nothing, …
    pub remarks: Vec<Remark>,
}

/// What a component shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whose.
    pub component: ComponentId,
    /// The worst of what is measured and what people declared.
    pub status: Status,
    /// Since when it has shown this.
    pub since: Option<Moment>,
    /// Whether people alone make it so (the measured status is better, or there is no probe).
    pub declared: bool,
    /// Being checked: a bad row that is not yet confirmed began here.
    pub checking: Option<Moment>,
}

/// An incident: the machine's facts and the people's words.
#[derive(Clone, Debug)]
pub struct Incident {
    /// The journal's id; none where only people speak of it.
    pub id: Option<IncidentId>,
    /// Index of its write-up, where it has one.
    pub writeup: Option<usize>,
    /// Its address: the write-up's slug, else the id.
    pub slug: String,
    /// The write-up's title, else a plain sentence of facts ("Website and API were down").
    pub title: String,
    /// Where it stands: the latest event's word, a person's or the machine's.
    pub status: IncidentStatus,
    /// The worst of measured and written.
    pub impact: Impact,
    /// The measured beginning (the timeline's, where it knows better than the record).
    pub measured_start: Option<Moment>,
    /// The measured end; none while any member fails.
    pub measured_end: Option<Moment>,
    /// The beginning that is shown first: a person's correction, else the measured one, else the first word's.
    pub started: Moment,
    /// The end that is shown first; none while unresolved.
    pub ended: Option<Moment>,
    /// The confirming round of its first member.
    pub detected: Option<Moment>,
    /// When the last member was seen to recover.
    pub recovered_seen: Option<Moment>,
    /// Who failed, in the order of joining.
    pub members: Vec<Member>,
    /// The component it probably came from: the deepest failing dependency.
    pub origin: Option<ComponentId>,
    /// Every event, oldest first: words with their first-published moments, and the machine's steps.
    pub events: Vec<Event>,
    /// When the next word is due, by the latest word; none where nothing was promised or it is over.
    pub next_word: Option<Moment>,
    /// Whether that promise is overdue at the moment.
    pub next_overdue: bool,
    /// Whether it may have a public page now (`announce`, visibility, drafts).
    pub public: bool,
    /// Slugs of incidents whose write-up this one follows, and that follow this one.
    pub follows: Vec<String>,
    /// Slugs that follow this one.
    pub followed_by: Vec<String>,
    /// Late records refute it: it is recovered at its own start, and the page says so.
    pub refuted: bool,
}

/// A component's part in an incident.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// Which.
    pub component: ComponentId,
    /// The worst it showed (measured, or declared by people).
    pub worst: Status,
    /// Measured stretches of outage that belong to this incident: from, to (none: still failing).
    pub outages: Vec<(Moment, Option<Moment>)>,
}

/// Something that was said or happened.
#[derive(Clone, Debug, Hash)]
pub struct Event {
    /// When it is shown to have happened: the heading's time, else first published.
    pub at: Moment,
    /// When it was first published (the record's `t`); feeds date it by this.
    pub published: Moment,
    /// When its text was last changed after that.
    pub edited: Option<Moment>,
    /// The status it sets.
    pub status: Option<IncidentStatus>,
    /// Who speaks.
    pub voice: Voice,
    /// A permanent id within the incident, for feeds.
    pub key: String,
}

/// Who speaks in an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// A person: index into the write-up's updates.
    Person(usize),
    /// The machine: a plain sentence.
    Machine(String),
}

/// A maintenance window as it stands.
#[derive(Clone, Debug)]
pub struct Maintenance {
    /// The write-up's slug, with `@<start>` for one occurrence of a recurring one.
    pub id: String,
    /// Index of its write-up.
    pub writeup: Option<usize>,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: MaintenanceStatus,
    /// Begins.
    pub starts: Moment,
    /// Ends, as announced.
    pub ends: Moment,
    /// Whose.
    pub components: Vec<ComponentId>,
    /// Ran past its announced end and is not called completed.
    pub overrun: bool,
    /// Declared after it began: subtracts nothing.
    pub declared_late: bool,
    /// Called off.
    pub cancelled: bool,
    /// When it was first announced.
    pub announced: Moment,
    /// Whether it may be shown.
    pub public: bool,
}

/// A desk record that is due: which of the desk's chains it belongs to, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Whether it belongs to `_desk+internal`.
    pub internal: bool,
    /// The record's body: incident, maintenance or words.
    pub body: Body,
}

/// What is due and not yet journaled: incident steps, maintenance windows, words. Asking twice gives nothing twice.
pub fn due(
    timelines: &Timelines,
    history: &History,
    writeups: &[WriteUp],
    settings: &Settings,
    now: Moment,
) -> Vec<Due> {
    let graph = graph::Graph::new(settings);
    let entries = ledger::entries(history, settings, None);
    let mut due = detect::steps(timelines, history, &entries, &graph, settings, now);
    due.extend(windows::due(writeups, settings, &graph, &ledger::windows(&entries), now));
    due.extend(words::due(writeups, &entries));
    due
}

/// Joins everything into the book, as it stands at the moment.
pub fn attach(
    timelines: &Timelines,
    history: &History,
    writeups: &[WriteUp],
    settings: &Settings,
    moment: Moment,
) -> Book {
    book::attach(timelines, history, writeups, settings, moment)
}

/// Leaves out of each write-up what was not out by the moment, where the moment looks back. For [`attach`] and for the
/// pages, before either.
pub fn as_it_stood(writeups: &mut [WriteUp], history: &History, settings: &Settings, moment: Moment) {
    stood::cut(writeups, history, settings, moment);
}

/// The moment at which an incident was at its worst, as it was known then: most of its members in the worst status.
/// The status page as it stood at this moment is kept with the incident. Where nothing was measured, its beginning.
pub fn worst_moment(incident: &Incident, timelines: &Timelines) -> Moment {
    worst::moment(incident, timelines)
}
