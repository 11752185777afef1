//! The sentence, the lead, the line, the tab and the badge of a situation.

use serde::Serialize;

use crate::incident::{Incident, Maintenance};
use crate::model::{Moment, Status};
use crate::site::clock::{datetime, words};
use crate::site::parts::{Line, Station, letter};
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;
use crate::site::situation::Situation;
use crate::site::trouble::wrong;
use crate::timeline::{group_figure, last_24h};

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
    /// The status that the favicon and the badge show; JSON and plain text say the same.
    #[serde(skip)]
    pub status: Status,
    /// Nothing is the matter: sentence and figures are light.
    pub calm: bool,
    /// The line.
    pub line: Line,
}

/// Says it.
pub fn headline(scene: &Scene<'_>, situation: &Situation<'_>) -> Headline {
    let title = scene.title();
    match situation {
        Situation::NothingWatched => Headline {
            sentence: "Nothing is watched yet.".to_owned(),
            lead: "No component stands in the configuration.".to_owned(),
            tab: "Nothing watched".to_owned(),
            ..blank(Status::NoData, never_line(scene))
        },
        Situation::NotYet => Headline {
            sentence: "Nobody has looked yet.".to_owned(),
            lead: format!(
                "{title} has no observations. The first look is due at {}.",
                scene.clock.when(next_look(scene))
            ),
            tab: "No data".to_owned(),
            ..blank(Status::NoData, never_line(scene))
        },
        Situation::Unseen { since, blind, before } => {
            let at = scene.clock.when(*since);
            let before = before.map(|(at, well)| (scene.clock.when(at), well));
            Headline {
                sentence: format!("We cannot see {title}."),
                lead: match blind {
                    Some(why) => say::blind(title, &at, why, before.as_ref()),
                    // The last look vouched for a while longer; nobody has looked since it, and not since then.
                    None => say::nobody_since(title, before.as_ref().map_or(&at, |(seen, _)| seen), before.as_ref()),
                },
                tab: format!("Not seen since {at}"),
                ..blank(Status::NoData, unseen_line(scene, *since, blind.is_some()))
            }
        }
        Situation::Overrun(m, bad) => overrun(scene, m, bad),
        Situation::Wrong(things) => wrong(scene, things),
        Situation::Again(incident) => again(scene, incident),
        Situation::Partly(cards) => partly(scene, cards),
        Situation::Work(m) => work(scene, m),
        Situation::Calm => Headline {
            sentence: format!("{title} is up."),
            lead: calm_lead(scene),
            tab: "Up".to_owned(),
            calm: true,
            ..blank(Status::Operational, calm_line(scene, "Up since"))
        },
    }
}

/// A headline with nothing said yet.
fn blank(status: Status, line: Line) -> Headline {
    Headline {
        sentence: String::new(),
        lead: String::new(),
        tab: String::new(),
        icon: letter(status),
        status,
        calm: false,
        line,
    }
}

fn overrun(scene: &Scene<'_>, m: &Maintenance, bad: &[Card<'_>]) -> Headline {
    let bad: Vec<&str> = bad.iter().map(|c| c.component.name.as_str()).collect();
    let status = if bad.is_empty() { Status::Maintenance } else { Status::Degraded };
    Headline {
        sentence: format!("Work on {} has run over.", say::names(&component_names(scene, m))),
        lead: say::overrun(&scene.clock.when(m.ends), &bad),
        tab: "Work overdue".to_owned(),
        ..blank(status, work_line(scene, m, letter(status)))
    }
}

fn partly(scene: &Scene<'_>, cards: &[Card<'_>]) -> Headline {
    let who: Vec<&str> = cards.iter().map(|c| c.component.name.as_str()).collect();
    let since = cards.iter().filter_map(|c| c.since).max();
    let since = since.map_or(String::new(), |s| format!(" since {}", scene.clock.when(s)));
    Headline {
        sentence: "Not everything was seen.".to_owned(),
        lead: format!("No data of {}{since}. Everything else answers.", say::names(&who)),
        tab: "Not all seen".to_owned(),
        ..blank(Status::NoData, calm_line(scene, "Watched since"))
    }
}

fn work(scene: &Scene<'_>, m: &Maintenance) -> Headline {
    let ends = scene.clock.when(m.ends);
    let more = scene.cards.len() > m.components.len();
    Headline {
        sentence: say::worked_on(&component_names(scene, m), &ends),
        lead: if more { say::PLANNED_ELSE_UP } else { say::PLANNED }.to_owned(),
        tab: format!("Planned work until {ends}"),
        calm: true,
        ..blank(Status::Maintenance, work_line(scene, m, 'm'))
    }
}

fn component_names<'a>(scene: &Scene<'a>, m: &Maintenance) -> Vec<&'a str> {
    let names: Vec<&str> =
        m.components.iter().filter_map(|id| scene.card(id)).map(|c| c.component.name.as_str()).collect();
    if names.is_empty() { vec![scene.title()] } else { names }
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
        status: Status::Operational,
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
        .filter_map(|c| Some(c.timeline?.figure(last_24h(now), now)))
        .collect();
    let places = scene.places().0;
    let at = scene.last_look().map(|m| clock.when(m));
    let mut lead = say::calm(scene.cards.len(), at.as_deref(), places, &group_figure(&day).coverage_text());
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
    let stations = if scene.cards.is_empty() { vec![none] } else { vec![none, first] };
    Line { before: ' ', stations }
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

/// When anybody last looked, and from how many places.
pub fn last_look_station(scene: &Scene<'_>) -> Station {
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

/// When the next look is due.
pub fn next_look_station(scene: &Scene<'_>) -> Station {
    let next = next_look(scene);
    let every = say::every(scene.world.settings.run.interval);
    Station::at("Next look", next, scene.clock.figure(next), every, 'f')
}

/// When the next round is due.
pub fn next_look(scene: &Scene<'_>) -> Moment {
    scene.moment() + scene.world.settings.run.interval
}
