//! What outputs for machines ask of the scene besides: words with their dates, addresses, permanent names.

use std::collections::HashMap;

use crate::incident::{Event, Incident, Maintenance, Voice};
use crate::model::{Body, Moment, Status, Update, Witness, WriteUp};
use crate::site::World;
use crate::site::scene::Scene;

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

/// Moments by file and key.
pub(super) type FirstWords<'a> = HashMap<(&'a str, &'a str), Moment>;

impl<'a> Scene<'a> {
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
        self.first_words.get(&key).copied().or(update.at)
    }

    /// When a file was first published.
    pub fn first_of_file(&self, file: &'a str) -> Option<Moment> {
        self.first_words.get(&(file, "")).copied()
    }

    /// Where every public chain ends.
    pub fn heads(&self) -> impl Iterator<Item = &'a Witness> + use<'a> {
        self.world.heads.iter().filter(|w| w.chain.is_public())
    }

    /// The address of an incident's or a notice's page.
    pub fn address(&self, slug: &str) -> String {
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
        let seen = self.cards.iter().filter_map(|c| c.timeline?.since);
        let told = self.incidents().flat_map(|i| i.events.iter().map(|e| e.published));
        seen.chain(told).min().unwrap_or_default()
    }
}

/// When each update was first published, by file and key; with an empty key, the file itself.
pub(super) fn first_published<'a>(world: &World<'a>) -> FirstWords<'a> {
    let mut first: FirstWords<'_> = HashMap::new();
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
