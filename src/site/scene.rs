//! What all pages look at: the public part of the world, looked up once.

use crate::incident::{Incident, Maintenance};
use crate::model::{Component, ComponentId, MaintenanceStatus, Moment, Record, Status, Visibility, WriteUp};
use crate::site::World;
use crate::site::clock::Clock;
use crate::site::machine::{FirstWords, first_published};
use crate::site::parts::Link;
use crate::timeline::{ComponentTimeline, Heard, Outage, Reason, rounds};

/// The public part of the world.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Everything.
    pub world: &'a World<'a>,
    /// The site's zone; its day in hand is the moment's.
    pub clock: Clock,
    /// Public components, in config order.
    pub cards: Vec<Card<'a>>,
    /// Rounds of public chains that count, by time, as far as they were asked for ([`Scene::hear`]).
    rounds: Vec<Heard<'a>>,
    /// Times when nobody looked at anything, oldest first.
    pub holes: Vec<(Moment, Moment)>,
    /// When each update was first published.
    pub(super) first_words: FirstWords<'a>,
}

/// A public component as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    /// Its settings.
    pub component: &'a Component,
    /// What was measured; none: nothing.
    pub timeline: Option<&'a ComponentTimeline>,
    /// What it shows.
    pub status: Status,
    /// Since when.
    pub since: Option<Moment>,
    /// Whether people say so, and no measurement does.
    pub declared: bool,
    /// A bad row that is not yet confirmed began here.
    pub checking: Option<Moment>,
}

impl Card<'_> {
    /// Whether anything looks at it; else it is "as reported".
    pub fn is_watched(&self) -> bool {
        !self.component.probes.is_empty()
    }

    /// Whether it was ever looked at.
    pub fn was_seen(&self) -> bool {
        self.timeline.is_some_and(|t| t.since.is_some())
    }

    /// Its page.
    pub fn link(&self) -> Link {
        Link { text: self.component.name.clone(), href: format!("components/{}/index.html", self.component.id) }
    }
}

/// A group shows the worst of its components.
pub fn worst(cards: &[&Card<'_>]) -> Status {
    cards.iter().map(|c| c.status).max().unwrap_or(Status::NoData)
}

impl<'a> Scene<'a> {
    /// Looks everything up but the rounds: which of them are needed is known when it is known which pages are made.
    pub fn new(world: &'a World<'a>) -> Self {
        let cards: Vec<Card<'a>> = world
            .settings
            .components
            .iter()
            .filter(|c| c.visibility == Visibility::Public)
            .map(|component| {
                let timeline = world.timelines.components.iter().find(|t| t.id == component.id);
                let shown = world.book.shown.iter().find(|s| s.component == component.id);
                let measured = timeline.map_or(Status::NoData, ComponentTimeline::status);
                // Where nothing looks and nobody declared anything, there is nothing to doubt.
                let unwatched = if component.probes.is_empty() { Status::Operational } else { measured };
                let since = timeline.and_then(|t| t.stretches.last()).map(|s| s.from);
                Card {
                    component,
                    timeline,
                    status: shown.map_or(unwatched, |s| s.status),
                    since: shown.map_or(since, |s| s.since),
                    declared: shown.is_some_and(|s| s.declared),
                    checking: shown
                        .and_then(|s| s.checking)
                        .or(timeline.and_then(|t| t.pending.as_ref()).map(|p| p.from)),
                }
            })
            .collect();
        let holes = crate::site::entries::holes(&cards, world.moment);
        let clock = Clock::on(world.settings.site.time_zone, world.moment);
        Self { world, clock, cards, rounds: Vec::new(), holes, first_words: first_published(world) }
    }

    /// The same with the rounds of these records, which hold at least those of `windows` ([`crate::site::Plan::wants`]).
    /// Where none is wanted, none is looked at.
    #[must_use]
    pub fn hear(mut self, records: &'a [Record], windows: &[(Moment, Moment)]) -> Self {
        if !windows.is_empty() {
            self.rounds = rounds(records.iter().filter(|r| r.chain.is_public()), self.world.moment);
        }
        self
    }

    /// The moment that the site speaks of.
    pub fn moment(&self) -> Moment {
        self.world.moment
    }

    /// What is watched, by name.
    pub fn title(&self) -> &'a str {
        &self.world.settings.site.title
    }

    /// A public component.
    pub fn card(&self, id: &ComponentId) -> Option<&Card<'a>> {
        self.cards.iter().find(|c| c.component.id == *id || c.component.formerly.contains(id))
    }

    /// Incidents that have a public page, newest beginning first.
    pub fn incidents(&self) -> impl Iterator<Item = &'a Incident> + use<'a> {
        self.world.book.incidents.iter().filter(|i| i.public)
    }

    /// The public incident of an outage: one of its members' outages begins within it.
    pub fn incident_of(&self, id: &ComponentId, outage: &Outage) -> Option<&'a Incident> {
        let end = outage.end.map_or(self.moment(), |e| e.at);
        self.incidents().find(|i| {
            let mine = i.members.iter().filter(|m| m.component == *id);
            mine.flat_map(|m| &m.outages).any(|(from, to)| *from <= end && to.is_none_or(|to| to >= outage.from))
        })
    }

    /// Groups in config order, each with its components; those of no group stand in none.
    pub fn groups(&self) -> Vec<(&'a str, Vec<&Card<'a>>)> {
        let mut groups: Vec<(&str, Vec<&Card<'a>>)> = Vec::new();
        for card in &self.cards {
            let Some(name) = card.component.group.as_deref() else { continue };
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, cards)) => cards.push(card),
                None => groups.push((name, vec![card])),
            }
        }
        groups
    }

    /// Windows that may be shown, by beginning; also those that were called off.
    pub fn windows(&self) -> impl Iterator<Item = &'a Maintenance> + use<'a> {
        self.world.book.maintenances.iter().filter(|m| m.public)
    }

    /// Windows that may be shown and were not called off, by beginning.
    pub fn standing_windows(&self) -> impl Iterator<Item = &'a Maintenance> + use<'a> {
        self.windows().filter(|m| !m.cancelled)
    }

    /// Windows that are open now.
    pub fn open_windows(&self) -> impl Iterator<Item = &'a Maintenance> + use<'a> {
        let open = |s| matches!(s, MaintenanceStatus::InProgress | MaintenanceStatus::Verifying);
        self.standing_windows().filter(move |m| open(m.status))
    }

    /// Windows ahead, soonest first.
    pub fn windows_ahead(&self) -> impl Iterator<Item = &'a Maintenance> + use<'a> {
        self.standing_windows().filter(|m| m.status == MaintenanceStatus::Scheduled)
    }

    /// A write-up that may be shown.
    pub fn writeup(&self, index: Option<usize>) -> Option<&'a WriteUp> {
        let w = self.world.writeups.get(index?)?;
        (!w.draft && w.visibility == Visibility::Public).then_some(w)
    }

    /// Notices that may be shown, newest first.
    pub fn notices(&self) -> impl Iterator<Item = &'a WriteUp> + '_ {
        self.world.book.notices.iter().filter_map(|i| self.writeup(Some(*i)))
    }

    /// A notice's moment: its own beginning, else its first update's.
    pub fn notice_at(w: &WriteUp) -> Option<Moment> {
        w.started.or(w.starts).or_else(|| w.updates.iter().filter_map(|u| u.at).min())
    }

    /// An outage's reasons from probes that the public may know of.
    pub fn reasons<'b>(&self, card: &Card<'_>, outage: &'b Outage) -> Vec<&'b Reason> {
        let public = |r: &&Reason| {
            let probe = card.component.probes.iter().find(|p| p.key.name() == r.probe.name());
            probe.is_none_or(|p| p.visibility == Visibility::Public)
        };
        outage.reasons.iter().filter(public).collect()
    }

    /// Rounds of public chains with `from ≤ t < to`.
    pub fn rounds_in(&self, from: Moment, to: Moment) -> &[Heard<'a>] {
        let a = self.rounds.partition_point(|(r, _)| r.t < from);
        let b = self.rounds.partition_point(|(r, _)| r.t < to);
        &self.rounds[a..b.max(a)]
    }

    /// The last look at any public component.
    pub fn last_look(&self) -> Option<Moment> {
        self.cards.iter().filter_map(|c| c.timeline?.last_look).max()
    }

    /// How many places looked lately, of how many: a place counts while its last round still vouches.
    pub fn places(&self) -> (usize, usize) {
        let all = self.world.settings.run.vantages.len().max(1);
        let fresh = self.world.settings.run.interval.ms() * 5 / 2;
        let lately = |at: Moment| (self.moment() - at).ms() < fresh;
        let places = &self.world.timelines.places;
        let now = places.iter().filter(|p| p.blind.is_none() && p.last_round.is_some_and(lately)).count();
        (now.min(all), all)
    }
}
