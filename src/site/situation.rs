//! What is the matter, decided once: banner, tab, favicon, badge and notification all speak from it.

use crate::incident::{Incident, Maintenance};
use crate::model::{IncidentStatus, Moment, Status};
use crate::site::scene::{Card, Scene};

/// What is the matter.
#[derive(Debug)]
pub enum Situation<'a> {
    /// No component at all.
    NothingWatched,
    /// Components, and not one look.
    NotYet,
    /// Nothing can be seen: since when, our own trouble where it is that, and the last look before.
    Unseen {
        /// Since when.
        since: Moment,
        /// Why, where our own connection failed.
        blind: Option<String>,
        /// The last moment seen, and whether all was well.
        before: Option<(Moment, bool)>,
    },
    /// Planned work has run past its end.
    Overrun(&'a Maintenance, Vec<Card<'a>>),
    /// Something is wrong, worst first; never empty.
    Wrong(Vec<Thing<'a>>),
    /// Works again, being watched.
    Again(&'a Incident),
    /// Some components were not seen; the rest is well.
    Partly(Vec<Card<'a>>),
    /// Planned work is going on.
    Work(&'a Maintenance),
    /// All is well.
    Calm,
}

/// One thing that is wrong.
#[derive(Debug)]
pub struct Thing<'a> {
    /// Its incident, where it has a public one.
    pub incident: Option<&'a Incident>,
    /// The components that fail.
    pub cards: Vec<Card<'a>>,
    /// How far it reaches.
    pub scale: Scale,
    /// Since when.
    pub since: Moment,
}

/// How far a trouble reaches, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// Fails from some places without a quorum: how many do not see it.
    Minority(usize),
    /// Nothing is down.
    Degraded,
    /// Some of it is down.
    Part,
    /// What customers see is down.
    Down,
}

impl Thing<'_> {
    /// The worst status in it.
    pub fn worst(&self) -> Status {
        self.cards.iter().map(|c| c.status).max().unwrap_or(Status::Degraded)
    }

    /// When the promised word is late: when it was due.
    pub fn late(&self) -> Option<Moment> {
        self.incident.filter(|i| i.next_overdue).and_then(|i| i.next_word)
    }
}

/// Looks at everything and says what is the matter.
pub fn judge<'a>(scene: &Scene<'a>) -> Situation<'a> {
    if scene.cards.is_empty() {
        return Situation::NothingWatched;
    }
    let watched: Vec<&Card<'a>> = scene.cards.iter().filter(|c| c.is_watched()).collect();
    let bad: Vec<Card<'a>> = scene.cards.iter().filter(|c| c.status.is_bad()).copied().collect();
    if bad.is_empty() && !watched.is_empty() && watched.iter().all(|c| !c.was_seen()) {
        return Situation::NotYet;
    }
    if let Some(unseen) = all_unseen(scene, &watched).filter(|_| bad.is_empty()) {
        return unseen;
    }
    if let Some(over) = scene.open_windows().find(|m| m.overrun) {
        let mine = |c: &Card<'_>| over.components.contains(&c.component.id);
        if bad.iter().all(mine) {
            return Situation::Overrun(over, bad);
        }
    }
    if !bad.is_empty() {
        return Situation::Wrong(things(scene, &bad));
    }
    if let Some(incident) = scene.incidents().find(|i| i.status == IncidentStatus::Monitoring) {
        return Situation::Again(incident);
    }
    let unseen: Vec<Card<'a>> = scene.cards.iter().filter(|c| c.status == Status::NoData).copied().collect();
    if !unseen.is_empty() {
        return Situation::Partly(unseen);
    }
    scene.open_windows().next().map_or(Situation::Calm, Situation::Work)
}

fn all_unseen<'a>(scene: &Scene<'a>, watched: &[&Card<'a>]) -> Option<Situation<'a>> {
    if watched.is_empty() || watched.iter().any(|c| c.status != Status::NoData) {
        return None;
    }
    let blind = scene.world.timelines.places.iter().filter_map(|p| p.blind.clone()).min_by_key(|(at, _)| *at);
    let since = watched.iter().filter_map(|c| c.since).max().unwrap_or(scene.moment());
    let since = blind.as_ref().map_or(since, |(at, _)| *at);
    let before = scene.last_look().filter(|at| *at < since).map(|at| {
        let well = |c: &&Card<'_>| c.timeline.is_none_or(|t| !t.status_at(at).is_bad());
        (at, watched.iter().all(well))
    });
    Some(Situation::Unseen { since, blind: blind.map(|(_, why)| why), before })
}

/// Groups bad components by their incidents; those without one are one thing together.
fn things<'a>(scene: &Scene<'a>, bad: &[Card<'a>]) -> Vec<Thing<'a>> {
    let mut open: Vec<(Option<&'a Incident>, Vec<Card<'a>>)> = Vec::new();
    for card in bad {
        let mine = |i: &&Incident| !i.status.is_over() && i.members.iter().any(|m| m.component == card.component.id);
        let incident = scene.incidents().find(mine);
        let same = |(i, _): &&mut (Option<&'a Incident>, Vec<Card<'a>>)| match (*i, incident) {
            (Some(a), Some(b)) => a.slug == b.slug,
            (None, None) => true,
            _ => false,
        };
        match open.iter_mut().find(same) {
            Some((_, cards)) => cards.push(*card),
            None => open.push((incident, vec![*card])),
        }
    }
    let mut things: Vec<Thing<'a>> = open
        .into_iter()
        .map(|(incident, cards)| {
            // Since when it is as bad as it is now; the incident may have begun with something milder.
            let worst = cards.iter().map(|c| c.status).max();
            let as_bad = cards.iter().filter(|c| Some(c.status) == worst);
            let since = as_bad.filter_map(|c| c.since).min().unwrap_or(scene.moment());
            let scale = scale(scene, &cards);
            Thing { incident, cards, scale, since }
        })
        .collect();
    things.sort_by_key(|t| (std::cmp::Reverse(t.worst()), std::cmp::Reverse(t.scale), t.since));
    things
}

/// What customers see is what nothing else stands on; when all of that is down, the whole is down.
fn scale(scene: &Scene<'_>, cards: &[Card<'_>]) -> Scale {
    let down = |c: &Card<'_>| c.status == Status::Major;
    if !cards.iter().any(|c| matches!(c.status, Status::Major | Status::Partial)) {
        let minority = cards.iter().filter_map(|c| c.timeline?.stretches.last()).map(|s| s.minority.len());
        let most = minority.max().unwrap_or(0);
        return if most > 0 && cards.len() == 1 { Scale::Minority(most) } else { Scale::Degraded };
    }
    let face = |c: &&Card<'_>| !scene.cards.iter().any(|o| o.component.depends_on.contains(&c.component.id));
    let mine = |c: &Card<'_>| cards.iter().any(|m| m.component.id == c.component.id);
    let seen = |c: &&Card<'_>| !matches!(c.status, Status::NoData | Status::Maintenance);
    let mut faces = scene.cards.iter().filter(face).filter(seen).peekable();
    let faces_down = faces.peek().is_some() && faces.all(|c| down(c) && mine(c));
    let none_works = scene.cards.iter().all(|c| c.status != Status::Operational) && cards.iter().any(down);
    if faces_down || none_works { Scale::Down } else { Scale::Part }
}
