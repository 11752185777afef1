//! The sentence, the lead, the line, the tab and the badge of a situation.

use serde::Serialize;

use crate::incident::{Incident, Maintenance, Voice};
use crate::model::{Moment, Span, Status};
use crate::site::clock::{datetime, words};
use crate::site::figures;
use crate::site::parts::{Line, Station, letter};
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;
use crate::site::situation::{Scale, Situation, Thing};

/// What the site says first of all.
#[derive(Clone, Debug, Serialize)]
pub struct Headline {
    /// The sentence (h1).
    pub sentence: String,
    /// For whom, what it means.
    pub lead: String,
    /// The tab's words, without the name: "Down since 9:00".
    pub tab: String,
    /// The favicon's and badge's state letter.
    pub icon: char,
    /// The badge's word.
    pub badge: &'static str,
    /// Nothing is the matter: sentence and figures are light.
    pub calm: bool,
    /// The line.
    pub line: Line,
}

/// Says it.
pub fn headline(scene: &Scene<'_>, situation: &Situation<'_>) -> Headline {
    let title = scene.title();
    let make = |sentence: String, lead: String, tab: String, status: Status, calm: bool, line: Line| Headline {
        sentence,
        lead,
        tab,
        icon: letter(status),
        badge: say::badge(status),
        calm,
        line,
    };
    match situation {
        Situation::NothingWatched => make(
            "Nothing is watched yet.".to_owned(),
            "No component stands in the configuration.".to_owned(),
            "Nothing watched".to_owned(),
            Status::NoData,
            false,
            never_line(scene),
        ),
        Situation::NotYet => make(
            "Nobody has looked yet.".to_owned(),
            format!("{title} has no observations. The first look is due at {}.", scene.clock.when(next_look(scene))),
            "No data".to_owned(),
            Status::NoData,
            false,
            never_line(scene),
        ),
        Situation::Unseen { since, blind, before } => {
            let at = scene.clock.when(*since);
            let before = before.map(|(at, well)| (scene.clock.when(at), well));
            let lead = match blind {
                Some(why) => say::blind(title, &at, why, before.as_ref()),
                None => say::nobody_since(title, &at, before.as_ref()),
            };
            let line = unseen_line(scene, *since, blind.is_some());
            make(format!("We cannot see {title}."), lead, format!("Not seen since {at}"), Status::NoData, false, line)
        }
        Situation::Overrun(m, bad) => {
            let who = component_names(scene, m);
            let bad: Vec<&str> = bad.iter().map(|c| c.component.name.as_str()).collect();
            let status = if bad.is_empty() { Status::Maintenance } else { Status::Degraded };
            make(
                format!("Work on {} has run over.", say::names(&who)),
                say::overrun(&scene.clock.when(m.ends), &bad),
                "Work overdue".to_owned(),
                status,
                false,
                work_line(scene, m, letter(status)),
            )
        }
        Situation::Wrong(things) => wrong(scene, things),
        Situation::Again(incident) => again(scene, incident),
        Situation::Partly(cards) => {
            let who: Vec<&str> = cards.iter().map(|c| c.component.name.as_str()).collect();
            let since = cards.iter().filter_map(|c| c.since).max();
            let since = since.map_or(String::new(), |s| format!(" since {}", scene.clock.when(s)));
            let lead = format!("No data of {}{since}. Everything else answers.", say::names(&who));
            let line = calm_line(scene, "Watched since");
            make("Not everything was seen.".to_owned(), lead, "Not all seen".to_owned(), Status::NoData, false, line)
        }
        Situation::Work(m) => {
            let who = component_names(scene, m);
            let ends = scene.clock.when(m.ends);
            let more = scene.cards.len() > m.components.len();
            make(
                say::worked_on(&who, &ends),
                if more { say::PLANNED_ELSE_UP } else { say::PLANNED }.to_owned(),
                format!("Planned work until {ends}"),
                Status::Maintenance,
                true,
                work_line(scene, m, 'm'),
            )
        }
        Situation::Calm => {
            let line = calm_line(scene, "Up since");
            make(format!("{title} is up."), calm_lead(scene), "Up".to_owned(), Status::Operational, true, line)
        }
    }
}

fn component_names<'a>(scene: &Scene<'a>, m: &Maintenance) -> Vec<&'a str> {
    let names: Vec<&str> =
        m.components.iter().filter_map(|id| scene.card(id)).map(|c| c.component.name.as_str()).collect();
    if names.is_empty() { vec![scene.title()] } else { names }
}

fn wrong(scene: &Scene<'_>, things: &[Thing<'_>]) -> Headline {
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
    Headline {
        sentence,
        lead,
        tab,
        icon: letter(status),
        badge: say::badge(status),
        calm: false,
        line: thing_line(scene, first),
    }
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
    } else if major.is_empty() && partial.is_empty() && thing.cards.len() == 1 {
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
            said.push("Everything else answers.".into())
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
        probe.is_none_or(|p| p.visibility == crate::model::Visibility::Public)
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
    } else if let Some((at, word)) = thing.incident.and_then(|i| latest_word(scene, i)) {
        if at >= thing.since {
            stations.push(Station::at("Latest word", at, clock.figure(at), word, state).within());
        }
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

fn again(scene: &Scene<'_>, incident: &Incident) -> Headline {
    let (clock, now) = (scene.clock, scene.moment());
    let back = incident.measured_end.or(incident.ended).or(incident.recovered_seen).unwrap_or(now);
    let quiet = scene.world.settings.rules.merge_within;
    let until = incident.next_word.or(incident.recovered_seen.map(|seen| seen + quiet)).filter(|u| *u > now);
    let after = format!("after {}", words(back - incident.started));
    let mut stations =
        vec![Station::at("Up again since", back, clock.figure(back), after, 'u'), last_look_station(scene)];
    match until {
        Some(due) if incident.next_word.is_some() => {
            let station = Station::at("Next word by", due, clock.figure(due), "or sooner", 'f');
            stations.push(Station { live: Some("until"), ..station });
        }
        Some(due) => stations.push(Station::at("Watched until", due, clock.figure(due), "if it stays quiet", 'f')),
        None => stations.push(next_look_station(scene)),
    }
    let worst = incident.members.iter().map(|m| m.worst).max().map_or('d', letter);
    Headline {
        sentence: format!("{} is up again.", scene.title()),
        lead: say::watching(&clock.when(back), until.map(|u| clock.when(u)).as_deref()),
        tab: format!("Up again since {}", clock.when(back)),
        icon: 'u',
        badge: say::badge(Status::Operational),
        calm: false,
        line: Line { before: worst, stations },
    }
}

fn calm_lead(scene: &Scene<'_>) -> String {
    let (now, clock) = (scene.moment(), scene.clock);
    let day: Vec<_> = scene
        .cards
        .iter()
        .filter(|c| c.is_watched())
        .filter_map(|c| Some(figures::measure(c.timeline?, now - Span::from_mins(24 * 60), now)))
        .collect();
    let places = scene.places().0;
    let at = scene.last_look().map(|m| clock.when(m));
    let mut lead = say::calm(scene.cards.len(), at.as_deref(), places, &figures::group(&day).1);
    let checking: Vec<_> = scene.cards.iter().filter(|c| c.checking.is_some()).collect();
    if let Some(since) = checking.iter().filter_map(|c| c.checking).min() {
        let who: Vec<&str> = checking.iter().map(|c| c.component.name.as_str()).collect();
        lead = say::checking(&who, &clock.when(since));
    }
    lead
}

/// Since when nothing has been wrong: the last end of any bad stretch, else the first look.
fn well_since(scene: &Scene<'_>) -> Option<(Moment, bool)> {
    let ends = scene.cards.iter().filter_map(|c| {
        let t = c.timeline?;
        t.stretches.iter().rev().find(|s| s.status.is_bad()).map(|s| s.to)
    });
    let first = scene.cards.iter().filter_map(|c| c.timeline?.since).min();
    ends.max().map(|at| (at, true)).or(first.map(|at| (at, false)))
}

fn calm_line(scene: &Scene<'_>, label: &str) -> Line {
    let (clock, now) = (scene.clock, scene.moment());
    let mut stations = Vec::new();
    let mut before = ' ';
    if let Some((since, after_trouble)) = well_since(scene)
        .filter(|_| label == "Up since")
        .or_else(|| scene.cards.iter().filter_map(|c| c.timeline?.since).min().map(|at| (at, false)))
    {
        let note = if clock.is_today(since) {
            say::so_far(now - since)
        } else {
            format!("{}, {}", clock.time(since), say::ago(now - since))
        };
        stations.push(Station::at(label, since, clock.figure(since), note, 'u'));
        before = if after_trouble { 'u' } else { ' ' };
    }
    stations.push(last_look_station(scene));
    stations.push(next_look_station(scene));
    if let Some(m) = scene.windows_ahead().next() {
        let window = format!("{} to {}", clock.time(m.starts), clock.when(m.ends));
        let who = say::names(&component_names(scene, m));
        let note = if scene.clock.is_today(m.starts) {
            format!("until {}, {who}", clock.when(m.ends))
        } else {
            format!("{}, {who}", window_end(scene, m, &window))
        };
        stations.push(Station::at("Next planned work", m.starts, clock.figure(m.starts), note, 'f'));
    }
    Line { before, stations }
}

fn window_end(scene: &Scene<'_>, m: &Maintenance, window: &str) -> String {
    let clock = scene.clock;
    if clock.zone.date(m.starts) == clock.zone.date(m.ends) {
        format!("{} to {}", clock.time(m.starts), clock.time(m.ends))
    } else {
        window.to_owned()
    }
}

fn never_line(scene: &Scene<'_>) -> Line {
    let next = next_look(scene);
    let none = Station {
        label: "No data".to_owned(),
        figure: "–".to_owned(),
        datetime: None,
        note: say::count(scene.cards.len(), "component"),
        after: 'n',
        within: false,
        live: None,
    };
    let every = say::every(scene.world.settings.run.interval);
    let first = Station::at("First look due", next, scene.clock.figure(next), every, 'f');
    Line { before: ' ', stations: vec![none, first] }
}

fn unseen_line(scene: &Scene<'_>, since: Moment, blind: bool) -> Line {
    let clock = scene.clock;
    let tried = scene.world.timelines.places.iter().filter_map(|p| p.last_round).max().unwrap_or(scene.moment());
    let (label, last, next) =
        if blind { ("Blind since", "Last try", "Next try") } else { ("No data since", "Last round", "Next look") };
    let every = say::every(scene.world.settings.run.interval);
    let all = scene.world.settings.run.vantages.len();
    let blind_places = scene.world.timelines.places.iter().filter(|p| p.blind.is_some()).count();
    let note = if blind {
        format!("{blind_places} of {}", say::count(all, "place"))
    } else {
        say::ago(scene.moment() - since)
    };
    let due = next_look(scene);
    let mut stations = vec![Station::at(label, since, clock.figure(since), note, 'n')];
    if tried >= since {
        stations.push(Station::at(last, tried, clock.figure(tried), every, 'f'));
    }
    stations.push(Station::at(next, due, clock.figure(due), "or sooner", 'f'));
    Line { before: 'u', stations }
}

fn work_line(scene: &Scene<'_>, m: &Maintenance, over: char) -> Line {
    let clock = scene.clock;
    let who = say::names(&component_names(scene, m));
    let mut stations = vec![Station::at("Work since", m.starts, clock.figure(m.starts), who, 'm')];
    if m.overrun {
        let note = format!("{} over", words(scene.moment() - m.ends));
        stations.push(Station::at("Should have ended", m.ends, clock.figure(m.ends), note, over));
        stations.push(last_look_station(scene));
        stations.push(next_look_station(scene));
    } else {
        stations.push(last_look_station(scene));
        stations.push(Station::at("Work ends by", m.ends, clock.figure(m.ends), "planned", 'f'));
    }
    Line { before: 'u', stations }
}

fn last_look_station(scene: &Scene<'_>) -> Station {
    let (now, all) = scene.places();
    match scene.last_look() {
        Some(at) => {
            let station = Station::at("Last look", at, scene.clock.figure(at), say::places(now, all), 'f');
            Station { datetime: Some(datetime(at)), ..station }
        }
        None => Station {
            label: "Last look".to_owned(),
            figure: "–".to_owned(),
            datetime: None,
            note: "nothing looks here".to_owned(),
            after: 'f',
            within: false,
            live: None,
        },
    }
}

fn next_look_station(scene: &Scene<'_>) -> Station {
    let next = next_look(scene);
    let every = say::every(scene.world.settings.run.interval);
    Station::at("Next look", next, scene.clock.figure(next), every, 'f')
}

/// When the next round is due.
pub fn next_look(scene: &Scene<'_>) -> Moment {
    scene.moment() + scene.world.settings.run.interval
}
