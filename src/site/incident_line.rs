//! The line of an incident: down, first word, a come-back, all up.

use crate::incident::Incident;
use crate::model::{Moment, Status};
use crate::site::clock::{Clock, words};
use crate::site::know;
use crate::site::parts::{Line, Station, letter};
use crate::site::scene::Scene;
use crate::site::sentences as say;

/// Draws it; none where nothing failed.
pub fn line(scene: &Scene<'_>, i: &Incident, clock: Clock) -> Option<Line> {
    let shown = i.members.iter().filter(|m| scene.card(&m.component).is_some());
    let worst = shown.map(|m| m.worst).max().filter(|worst| worst.is_bad())?;
    let state = letter(worst);
    let (word, again) = match worst {
        Status::Major => ("Down", "Down again"),
        Status::Partial => ("Partly down", "Partly down again"),
        _ => ("Degraded", "Degraded again"),
    };
    let hit = i.members.iter().filter(|m| m.worst == worst && scene.card(&m.component).is_some()).count();
    let note = format!("{hit} of {}", say::count(scene.cards.len(), "component"));
    let end = i.ended.or(i.measured_end);
    let mut stations = vec![(i.started, Station::at(word, i.started, clock.figure(i.started), note, state))];
    let mut push = |at: Moment, station: Station| {
        if at > i.started && end.is_none_or(|e| at < e) {
            stations.push((at, station));
        }
    };
    let first = know::said(scene, i, clock).first().map(|(at, _)| *at);
    if let Some(at) = first {
        let note = format!("{} after", words(at - i.started));
        push(at, Station::at("First word", at, clock.figure(at), note, state).within());
    } else if let Some(at) = i.detected {
        let note = format!("{} after", words(at - i.started));
        push(at, Station::at("Detected", at, clock.figure(at), note, state).within());
    }
    if let Some((from, to, who)) = back(scene, i) {
        let who = who.iter().map(String::as_str).collect::<Vec<_>>();
        let note = format!("for {}, {}", to - from, say::names(&who));
        push(from, Station::at("Some of it back", from, clock.figure(from), note, 'p'));
        push(to, Station::at(again, to, clock.figure(to), "a come-back, not the end", state));
    }
    match end {
        Some(at) => {
            let note = format!("{} after it began", at - i.started);
            stations.push((at, Station::at("All up", at, clock.figure(at), note, 'u')));
        }
        None => now(scene, i, clock, &mut stations),
    }
    stations.sort_by_key(|(at, _)| *at);
    let watched = i.members.iter().filter_map(|m| scene.card(&m.component)?.timeline?.since).min();
    let before = if watched.is_some_and(|since| since < i.started) { 'u' } else { ' ' };
    Some(Line { before, stations: stations.into_iter().map(|(_, s)| s).take(5).collect() })
}

/// Where it is not over: the last look, and the next word where one is due.
fn now(scene: &Scene<'_>, i: &Incident, clock: Clock, stations: &mut Vec<(Moment, Station)>) {
    if let Some(look) = scene.last_look() {
        let (now, all) = scene.places();
        stations.push((look, Station::at("Last look", look, clock.figure(look), say::places(now, all), 'f')));
    }
    if let Some(due) = i.next_word.filter(|due| *due > scene.moment()) {
        stations.push((due, Station::at("Next word by", due, clock.figure(due), "or sooner", 'f')));
    }
}

/// The longest come-back: from, to, and who came back.
fn back(scene: &Scene<'_>, i: &Incident) -> Option<(Moment, Moment, Vec<String>)> {
    let mut all: Vec<(Moment, Moment, String)> = Vec::new();
    for card in i.members.iter().filter_map(|m| scene.card(&m.component)) {
        for outage in know::outages(scene, Some(i), card) {
            all.extend(outage.come_backs.iter().map(|(a, b)| (*a, *b, card.component.name.clone())));
        }
    }
    // A longer one ends a member's outage, and the next one is a relapse into the same incident.
    for member in &i.members {
        let Some(card) = scene.card(&member.component) else { continue };
        for pair in member.outages.windows(2) {
            if let (_, Some(to)) = pair[0] {
                all.push((to, pair[1].0, card.component.name.clone()));
            }
        }
    }
    let longest = all.iter().max_by_key(|(a, b, _)| (*b - *a, std::cmp::Reverse(*a)))?;
    let (from, to) = (longest.0, longest.1);
    Some((from, to, all.iter().filter(|b| b.0 == from).map(|b| b.2.clone()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::fixture;

    #[test]
    fn where_nothing_failed_there_is_no_line() {
        let mut f = fixture::outage();
        let drawn = |f: &fixture::Fixture| {
            let world = f.world();
            let scene = Scene::new(&world);
            line(&scene, &f.book.incidents[0], scene.clock).is_some()
        };
        assert!(drawn(&f));
        f.book.incidents[0].members.iter_mut().for_each(|m| m.worst = Status::Operational);
        assert!(!drawn(&f), "named by people without an impact, and measured as up");
    }
}
