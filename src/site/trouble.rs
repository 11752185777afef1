//! One or more things that are wrong: their sentences, their lines, who is hit.

use crate::incident::{Incident, Voice};
use crate::model::{Moment, Span, Status, Visibility};
use crate::site::banner::{Headline, last_look_station, next_look_station};
use crate::site::clock::words;
use crate::site::parts::{Line, Station, letter};
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;
use crate::site::situation::{Scale, Thing};

/// The headline of things that are wrong, worst first.
pub fn wrong(scene: &Scene<'_>, things: &[Thing<'_>]) -> Headline {
    let first = &things[0];
    let status = match first.scale {
        Scale::Down => Status::Major,
        Scale::Part => Status::Partial,
        Scale::Degraded | Scale::Minority(_) => Status::Degraded,
    };
    let since = scene.clock.when(first.since);
    let names: Vec<&str> = first.cards.iter().map(|c| c.component.name.as_str()).collect();
    let one = match first.scale {
        Scale::Down => format!("Down since {since}"),
        Scale::Part => format!("Part down since {since}"),
        _ => format!("Degraded: {}", say::names(&names)),
    };
    let (sentence, tab) = if things.len() > 1 {
        (say::things(things.len()), format!("{} wrong: {}", things.len(), one))
    } else {
        (thing_sentence(scene, first), one)
    };
    let lead = match first.late() {
        Some(due) if things.len() == 1 => say::word_was_due(&scene.clock.when(due)),
        _ => things.iter().map(|t| thing_lead(scene, t, things.len() > 1)).collect::<Vec<_>>().join(" "),
    };
    Headline { sentence, lead, tab, icon: letter(status), status, calm: false, line: thing_line(scene, first) }
}

/// The sentence of one thing.
pub fn thing_sentence(scene: &Scene<'_>, thing: &Thing<'_>) -> String {
    let title = scene.title();
    let names: Vec<&str> = thing.cards.iter().map(|c| c.component.name.as_str()).collect();
    let sentence = match thing.scale {
        Scale::Down => format!("{title} is down."),
        Scale::Part => format!("Part of {title} is down."),
        Scale::Degraded => say::up_but(title, &names),
        Scale::Minority(bad) => {
            let all = scene.world.settings.run.vantages.len();
            say::seen_from(title, all.saturating_sub(bad), all)
        }
    };
    if thing.late().is_some() { say::and_late(&sentence) } else { sentence }
}

/// The heading of one thing among several: it says nothing about the whole where only a part is degraded.
pub fn thing_title(scene: &Scene<'_>, thing: &Thing<'_>) -> String {
    if thing.scale > Scale::Degraded {
        return thing_sentence(scene, thing);
    }
    let names: Vec<&str> = thing.cards.iter().map(|c| c.component.name.as_str()).collect();
    let sentence = say::degraded(&names);
    if thing.late().is_some() { say::and_late(&sentence) } else { sentence }
}

/// Who is hit and what that means.
fn thing_lead(scene: &Scene<'_>, thing: &Thing<'_>, with_time: bool) -> String {
    let of = |status: Status| -> Vec<&str> {
        thing.cards.iter().filter(|c| c.status == status).map(|c| c.component.name.as_str()).collect()
    };
    let mut said = Vec::new();
    let (major, partial, degraded) = (of(Status::Major), of(Status::Partial), of(Status::Degraded));
    if !major.is_empty() {
        said.push(say::no_answer(&major));
    }
    if !partial.is_empty() {
        said.push(say::partly_down(&partial));
    }
    if let Scale::Minority(_) = thing.scale {
        said.extend(minority(thing));
    } else if !with_time && major.is_empty() && partial.is_empty() && thing.cards.len() == 1 {
        said.extend(last_reason(&thing.cards[0]).map(|why| say::sentence_case(&say::stop(&why))));
    } else if !degraded.is_empty() {
        said.push(say::degraded(&degraded));
    }
    if with_time {
        let since = format!(" since {}.", scene.clock.when(thing.since));
        return said.first().map(|s| s.trim_end_matches('.').to_owned() + &since).unwrap_or_default();
    }
    let rest: Vec<&str> =
        scene.cards.iter().filter(|c| c.status == Status::Operational).map(|c| c.component.name.as_str()).collect();
    match (thing.scale, rest.len()) {
        (_, 0) | (Scale::Minority(_), _) => {}
        (Scale::Degraded, n) if n + thing.cards.len() == scene.cards.len() => {
            said.push("Everything else answers.".into());
        }
        _ => said.push(say::answers(&rest)),
    }
    said.join(" ")
}

fn minority(thing: &Thing<'_>) -> Option<String> {
    let stretch = thing.cards[0].timeline?.stretches.last()?;
    let places: Vec<String> = stretch.minority.iter().map(|v| say::sentence_case(v.as_str())).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let does = if places.len() == 1 { "does" } else { "do" };
    let name = &thing.cards[0].component.name;
    Some(format!("{} {does} not reach {name}. The other places do.", say::names(&places)))
}

/// Why a component fails, in its latest public words.
pub fn last_reason(card: &Card<'_>) -> Option<String> {
    let outage = card.timeline?.outages.last().filter(|o| o.end.is_none())?;
    let public = |name: &str| {
        let probe = card.component.probes.iter().find(|p| p.key.name() == name);
        probe.is_none_or(|p| p.visibility == Visibility::Public)
    };
    outage.reasons.iter().rev().find(|r| public(r.probe.name())).map(|r| r.why.clone()).filter(|w| !w.is_empty())
}

/// The line of one thing that is wrong.
pub fn thing_line(scene: &Scene<'_>, thing: &Thing<'_>) -> Line {
    let (clock, now) = (scene.clock, scene.moment());
    let state = letter(match thing.scale {
        Scale::Down => Status::Major,
        Scale::Part => Status::Partial,
        Scale::Degraded | Scale::Minority(_) => Status::Degraded,
    });
    let label = match thing.scale {
        Scale::Down => "Down since",
        Scale::Part => "Partly down since",
        Scale::Degraded | Scale::Minority(_) => "Degraded since",
    };
    let note = match thing.scale {
        Scale::Down if clock.is_today(thing.since) => say::so_far(now - thing.since),
        Scale::Degraded | Scale::Minority(_) if clock.is_today(thing.since) => {
            say::names(&thing.cards.iter().map(|c| c.component.name.as_str()).collect::<Vec<_>>())
        }
        _ if clock.is_today(thing.since) => {
            format!("{} of {}", thing.cards.len(), say::count(scene.cards.len(), "component"))
        }
        _ => format!("{}, {}", clock.time(thing.since), say::ago(now - thing.since)),
    };
    let mut stations = vec![Station::at(label, thing.since, clock.figure(thing.since), note, state)];
    let late = thing.late();
    if let Some(due) = late {
        let note = format!("{} late", words(now - due));
        stations.push(Station::at("Word was due", due, clock.figure(due), note, state).within());
    } else if let Some((at, word)) = thing.incident.and_then(|i| latest_word(scene, i)).filter(|w| w.0 >= thing.since) {
        stations.push(Station::at("Latest word", at, clock.figure(at), word, state).within());
    }
    stations.push(last_look_station(scene));
    stations.extend(thing.incident.filter(|_| late.is_none()).and_then(|i| i.next_word).filter(|w| *w > now).map(
        |due| Station { live: Some("until"), ..Station::at("Next word by", due, clock.figure(due), "or sooner", 'f') },
    ));
    if stations.len() < 4 && late.is_none() && !stations.iter().any(|s| s.label == "Next word by") {
        stations.push(next_look_station(scene));
    }
    let before = thing.cards.iter().filter_map(|c| Some(c.timeline?.status_at(thing.since - Span::from_ms(1)))).max();
    let first_ever = thing.cards.iter().all(|c| c.timeline.and_then(|t| t.since).is_none_or(|s| s >= thing.since));
    Line { before: if first_ever { ' ' } else { before.map_or(' ', letter) }, stations }
}

/// The latest word of a person: when, and its heading.
fn latest_word(scene: &Scene<'_>, incident: &Incident) -> Option<(Moment, String)> {
    let writeup = scene.writeup(incident.writeup)?;
    let (event, index) = incident.events.iter().rev().find_map(|e| match e.voice {
        Voice::Person(index) if e.at <= scene.moment() => Some((e, index)),
        _ => None,
    })?;
    let word = writeup.updates.get(index).map(|u| u.word.as_str()).unwrap_or_default();
    Some((event.at, if word.is_empty() { "Update".to_owned() } else { word.to_owned() }))
}
