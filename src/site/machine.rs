//! What every output for machines looks at: the public part of the world, looked up once.

use std::collections::HashMap;

use crate::incident::{Event, Incident, Maintenance, Shown, Voice};
use crate::model::{Body, Component, ComponentId, Moment, Status, Update, Visibility, WriteUp};
use crate::site::World;
use crate::timeline::ComponentTimeline;

/// What the index says first of all: outputs for machines say the same.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The sentence.
    pub sentence: &'a str,
    /// Its explanation.
    pub lead: &'a str,
    /// The state that the badge and the favicon show.
    pub status: Status,
}

/// The public part of the world.
#[derive(Debug)]
pub struct Public<'a> {
    /// Everything.
    pub world: &'a World<'a>,
    /// Public components, in config order.
    pub parts: Vec<Part<'a>>,
    /// When each update was first published, by file and key; with an empty key, the file itself.
    first: HashMap<(&'a str, &'a str), Moment>,
}

/// A public component as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its settings.
    pub component: &'a Component,
    /// What was measured; none: nothing.
    pub timeline: Option<&'a ComponentTimeline>,
    /// What it shows.
    pub shown: Option<&'a Shown>,
    /// The status that it shows.
    pub status: Status,
}

/// What is said in one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The heading's word: "Investigating"; empty for a machine's sentence.
    pub word: String,
    /// Plain text.
    pub text: String,
    /// The same as the person's safe HTML; none: a machine says it.
    pub html: Option<String>,
}

impl Words {
    /// What a person's update says.
    pub fn of(update: &Update) -> Self {
        let word = if update.word.is_empty() { "Update".to_owned() } else { update.word.clone() };
        Self { word, text: update.text.clone(), html: Some(update.html.clone()) }
    }
}

impl<'a> Public<'a> {
    /// Looks everything up.
    pub fn new(world: &'a World<'a>) -> Self {
        let public = |c: &&Component| c.visibility == Visibility::Public;
        let parts = world.settings.components.iter().filter(public).map(|component| {
            let timeline = world.timelines.components.iter().find(|t| t.id == component.id);
            let shown = world.book.shown.iter().find(|s| s.component == component.id);
            let measured = timeline.map_or(Status::NoData, ComponentTimeline::status);
            // Where nothing looks and nobody declared anything, there is nothing to doubt.
            let unwatched = if component.probes.is_empty() { Status::Operational } else { measured };
            Part { component, timeline, shown, status: shown.map_or(unwatched, |s| s.status) }
        });
        Self { world, parts: parts.collect(), first: first_published(world) }
    }

    /// A public component, by an id that it has or had.
    pub fn part(&self, id: &ComponentId) -> Option<&Part<'a>> {
        self.parts.iter().find(|p| p.component.id == *id || p.component.formerly.contains(id))
    }

    /// Incidents that have a public page, newest beginning first.
    pub fn incidents(&self) -> impl Iterator<Item = &'a Incident> + use<'a> {
        self.world.book.incidents.iter().filter(|i| i.public)
    }

    /// Maintenance windows that may be shown and were not called off, by beginning.
    pub fn windows(&self) -> impl Iterator<Item = &'a Maintenance> + use<'a> {
        self.world.book.maintenances.iter().filter(|m| m.public && !m.cancelled)
    }

    /// Notices that may be shown, newest first.
    pub fn notices(&self) -> impl Iterator<Item = &'a WriteUp> + '_ {
        self.world.book.notices.iter().filter_map(|at| self.writeup(Some(*at)))
    }

    /// A write-up that may be shown.
    pub fn writeup(&self, index: Option<usize>) -> Option<&'a WriteUp> {
        let writeup = self.world.writeups.get(index?)?;
        (!writeup.draft && writeup.visibility == Visibility::Public).then_some(writeup)
    }

    /// What an event says; none where its words may not be shown.
    pub fn words(&self, incident: &Incident, event: &Event) -> Option<Words> {
        match &event.voice {
            Voice::Machine(text) => Some(Words { word: String::new(), text: text.clone(), html: None }),
            Voice::Person(at) => {
                let update = self.writeup(incident.writeup)?.updates.get(*at)?;
                Some(Words::of(update))
            }
        }
    }

    /// A window in one plain sentence, for one of which nobody has said a word.
    pub fn plan(&self, window: &Maintenance) -> String {
        let zone = self.world.settings.site.time_zone;
        let time = |m: Moment| zone.local(m).format("%Y-%m-%d %H:%M").to_string();
        let (from, to) = (time(window.starts), time(window.ends));
        format!("Planned work from {from} to {to} ({}).", zone.abbreviation(window.starts))
    }

    /// When an update was first published; its own time where the record does not know.
    pub fn published(&self, writeup: &'a WriteUp, update: &'a Update) -> Option<Moment> {
        let key = (writeup.file.as_str(), update.key.as_str());
        self.first.get(&key).copied().or(update.at)
    }

    /// When a file was first published.
    pub fn first_of_file(&self, file: &'a str) -> Option<Moment> {
        self.first.get(&(file, "")).copied()
    }

    /// The head of every public chain: chain, hash, number.
    pub fn heads(&self) -> impl Iterator<Item = (String, String, u64)> + use<'a> {
        let public = self.world.heads.iter().filter(|(chain, _, _)| chain.is_public());
        public.map(|(chain, head, n)| (chain.to_string(), head.to_string(), *n))
    }

    /// The address of an incident's or a notice's page.
    pub fn page(&self, slug: &str) -> String {
        format!("{}incidents/{slug}/", self.world.settings.site.url)
    }

    /// The host that the site is published at: part of permanent names.
    pub fn host(&self) -> String {
        let url = url::Url::parse(&self.world.settings.site.url).ok();
        url.and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_else(|| "localhost".to_owned())
    }

    /// A permanent name: the journal's id, else the address.
    pub fn id(incident: &Incident) -> &str {
        incident.id.as_ref().map_or(incident.slug.as_str(), |id| id.as_str())
    }

    /// The oldest thing that is known: a date for what has none of its own. The epoch where nothing is known.
    pub fn beginning(&self) -> Moment {
        let seen = self.parts.iter().filter_map(|p| p.timeline?.since);
        let told = self.incidents().flat_map(|i| i.events.iter().map(|e| e.published));
        seen.chain(told).min().unwrap_or_default()
    }
}

impl Part<'_> {
    /// Whether anything looks at it; else it is "as reported".
    pub fn is_watched(&self) -> bool {
        !self.component.probes.is_empty()
    }
}

fn first_published<'a>(world: &World<'a>) -> HashMap<(&'a str, &'a str), Moment> {
    let mut first: HashMap<(&str, &str), Moment> = HashMap::new();
    for record in world.records.iter().filter(|r| r.t <= world.moment) {
        if let Body::Words(words) = &record.body {
            for key in words.updates.iter().map(|u| u.key.as_str()).chain([""]) {
                let at = first.entry((&words.file, key)).or_insert(record.t);
                *at = record.t.min(*at);
            }
        }
    }
    first
}

/// A share in percent with so many digits, floored: only the whole is 100. None where nothing was counted.
pub fn percent(part: i64, whole: i64, digits: u32) -> Option<f64> {
    let scale = 10_i64.pow(digits);
    let floored = i128::from(part.max(0)) * 100 * i128::from(scale) / i128::from((whole > 0).then_some(whole)?);
    Some(floored as f64 / scale as f64)
}
