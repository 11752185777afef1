//! What a person wrote, read into nouns; every word kept.

use chrono::NaiveTime;

use crate::model::{
    ComponentId, Impact, IncidentId, IncidentStatus, MaintenanceStatus, Moment, Span, Visibility, Zone,
};

/// A heading may be this much ahead of its first publication: clocks differ. More is a slip.
const AHEAD: Span = Span::from_mins(5);

/// What a write-up tells about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WriteUpKind {
    /// An incident, or its postmortem.
    #[default]
    Incident,
    /// Planned work.
    Maintenance,
    /// Something people should know that is neither.
    Notice,
}

/// One Markdown file of `incidents/`.
#[derive(Clone, Debug, Default, Hash)]
pub struct WriteUp {
    /// The path under `incidents/`, with `/`: `2026-11-23-morning-outage.md`.
    pub file: String,
    /// The address: the file's stem, made safe for URLs. Pages stand at `incidents/<slug>/`.
    pub slug: String,
    /// SHA-256 of the file's bytes, hex.
    pub sha256: String,
    /// The title.
    pub title: String,
    /// What it tells about.
    pub kind: WriteUpKind,
    /// Affected components as typed, each with the impact a person gave it.
    pub components: Vec<(ComponentId, Option<Impact>)>,
    /// Corrected beginning.
    pub started: Option<Moment>,
    /// Corrected end.
    pub ended: Option<Moment>,
    /// The status a person set in the front matter.
    pub status: Option<IncidentStatus>,
    /// The impact a person set.
    pub impact: Option<Impact>,
    /// The journal's ids it tells about.
    pub incident: Vec<IncidentId>,
    /// The earlier write-up that this one follows: a slug.
    pub follows: Option<String>,
    /// Maintenance: window begins.
    pub starts: Option<Moment>,
    /// Maintenance: window ends.
    pub ends: Option<Moment>,
    /// Maintenance: the RRULE of a recurring one.
    pub recurs: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Who did what: ("commander", "Ines").
    pub roles: Vec<(String, String)>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Old addresses that point on.
    pub aliases: Vec<String>,
    /// Not to be published.
    pub draft: bool,
    /// Who may read it.
    pub visibility: Visibility,
    /// What was said while it happened, in the file's order.
    pub updates: Vec<Update>,
    /// The rest of the body, cut at its headings; the first may have none.
    pub sections: Vec<Section>,
    /// Items under "Timeline" that begin with a time.
    pub timeline: Vec<TimelineItem>,
    /// Task items under "Next steps".
    pub actions: Vec<Action>,
}

/// One update: a heading with a time or a status word, and the text under it.
#[derive(Clone, Debug, Hash)]
pub struct Update {
    /// Stable within the file: survives edits of the text and updates added before or after it.
    pub key: String,
    /// The status word, where it had one that can be read.
    pub status: Option<IncidentStatus>,
    /// Maintenance's own words, where it had one.
    pub maintenance: Option<MaintenanceStatus>,
    /// The heading's word as typed ("Investigating", "Fixed it"); empty: "Update".
    pub word: String,
    /// The heading's time; none: when it was first seen.
    pub at: Option<Moment>,
    /// When the next word is due, where the file alone tells: by a date, or beside the heading's own time.
    /// [`Update::next_due`] knows it in every case.
    pub next: Option<Moment>,
    /// When the next word is due, where only a time was typed: that time, on the site's wall.
    pub next_time: Option<NaiveTime>,
    /// The text, as safe HTML. Addresses inside the site begin with `../../`: the root, seen from `incidents/<slug>/`.
    pub html: String,
    /// The text, as plain words (feeds' summaries, JSON, notifications).
    pub text: String,
    /// SHA-256 of the update's source, hex.
    pub sha256: String,
    /// The line of its heading, from 1.
    pub line: u32,
}

impl Update {
    /// Whether its heading lies in the future of its first publication, by more than clocks differ.
    pub fn is_ahead(&self, published: Moment) -> bool {
        self.at.is_some_and(|at| at - published > AHEAD)
    }

    /// When it is shown to have been said: the heading's time, else when it was first published. A heading that lies in
    /// the future counts as none.
    pub fn shown_at(&self, published: Moment) -> Moment {
        self.at.filter(|_| !self.is_ahead(published)).unwrap_or(published)
    }

    /// When the next word is due. A time alone is counted from when this word was said ([`Zone::promised`]).
    pub fn next_due(&self, published: Moment, zone: Zone) -> Option<Moment> {
        let counted = self.next.is_none() || self.is_ahead(published);
        let time = self.next_time.filter(|_| counted);
        time.map(|time| zone.promised(self.shown_at(published), time).0).or(self.next)
    }
}

/// A part of the postmortem.
#[derive(Clone, Debug, Hash)]
pub struct Section {
    /// The heading's words; empty before the first heading.
    pub title: String,
    /// A safe id for links, unique in the file.
    pub anchor: String,
    /// The text as safe HTML, its own headings shifted to begin at `<h3>`. Without the task items of "Next steps".
    /// Addresses as in an update.
    pub html: String,
}

/// An item under "Timeline" that begins with a time.
#[derive(Clone, Debug, Hash)]
pub struct TimelineItem {
    /// When.
    pub at: Moment,
    /// What, as safe inline HTML.
    pub html: String,
}

/// A task item under "Next steps".
#[derive(Clone, Debug, Hash)]
pub struct Action {
    /// Whether it is ticked.
    pub done: bool,
    /// What, as safe inline HTML, without owner and due date.
    pub html: String,
    /// What, as plain words.
    pub text: String,
    /// Who.
    pub owner: Option<String>,
    /// Until when; with `done`, when it was done.
    pub due: Option<chrono::NaiveDate>,
}
