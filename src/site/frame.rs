//! What stands around every page: head, foot, and what it turns into when it is old.

use crate::model::{Moment, Span};
use crate::site::banner::{Headline, next_look};
use crate::site::clock::Clock;
use crate::site::parts::{Contact, Frame, Line, Old, Station};
use crate::site::scene::Scene;
use crate::site::sentences as say;

/// Languages whose usual script runs from right to left.
const RIGHT_TO_LEFT: [&str; 9] = ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "ur", "yi"];

/// The frame of a page at a path, with the common parts filled in.
pub fn frame(scene: &Scene<'_>, path: &str, tab: String, description: String, icon: char) -> Frame {
    let site = &scene.world.settings.site;
    Frame {
        language: site.language.clone(),
        rtl: RIGHT_TO_LEFT.contains(&site.language.split('-').next().unwrap_or_default()),
        site: site.title.clone(),
        root: "../".repeat(path.matches('/').count()),
        path: path.to_owned(),
        tab,
        description,
        address: Some(address(&site.url, path)),
        icon,
        stamp: String::new(),
        foot: Vec::new(),
        contact: site.contact.as_deref().map(contact),
        noindex: scene.world.look_back,
        counts: !scene.world.look_back,
        old: None,
    }
}

/// The public address of a path: a folder's, where it is one.
pub fn address(url: &str, path: &str) -> String {
    format!("{url}{}", path.strip_suffix("index.html").unwrap_or(path))
}

fn contact(text: &str) -> Contact {
    let href = if text.contains("://") || text.starts_with("mailto:") {
        text.to_owned()
    } else if text.contains('@') {
        format!("mailto:{text}")
    } else {
        format!("https://{text}")
    };
    Contact { text: text.trim_start_matches("mailto:").to_owned(), href }
}

/// The foot of the index: its age, and where the record ends.
pub fn live_foot(scene: &Scene<'_>) -> Vec<String> {
    let (clock, now) = (scene.clock, scene.moment());
    let zone = clock.zone_name(now);
    let mut foot = if scene.world.look_back {
        vec![say::foot_look_back(&zone, &clock.full(now))]
    } else {
        let made = format!("{} {}", clock.second(now), clock.zone.abbreviation(now));
        vec![say::foot(&zone, &made, &clock.time(next_look(scene)), &clock.time(old_after(scene)))]
    };
    foot.extend(scene.world.remarks.iter().map(|r| say::stop(&r.text)));
    foot.extend(scene.heads().map(say::head));
    foot
}

/// The foot of a page that reaches until a moment.
pub fn reaching_foot(scene: &Scene<'_>, until: Moment) -> Vec<String> {
    let clock = Clock::on(scene.clock.zone, until);
    vec![say::foot_reaches(&clock.zone_name(until), &clock.full(until))]
}

/// The foot of a page that stays.
pub fn settled_foot(clock: Clock, at: Moment) -> Vec<String> {
    vec![say::foot_settled(&clock.zone_name(at))]
}

/// The moment after which the index is not to be trusted: 2.5 intervals, to the next whole minute.
pub fn old_after(scene: &Scene<'_>) -> Moment {
    let at = scene.moment().ms() + scene.world.settings.run.interval.ms() * 5 / 2;
    Moment::from_ms((at + 59_999).div_euclid(60_000) * 60_000)
}

/// What the index turns into when nobody replaces it.
pub fn old(scene: &Scene<'_>, headline: &Headline) -> Option<Old> {
    if scene.world.look_back {
        return None;
    }
    let (clock, now) = (scene.clock, scene.moment());
    let due = next_look(scene);
    let look = scene.last_look().unwrap_or(now);
    let mut stations = Vec::new();
    let first = headline.line.stations.first().filter(|s| s.label != "Last look" && s.datetime.is_some());
    stations.extend(first.map(|s| Station { note: "when last seen".to_owned(), live: None, ..s.clone() }));
    let last = Station::at("Last look", look, clock.figure(look), "", 'n');
    stations.push(Station { live: Some("age"), ..last });
    stations.push(Station::at("Next page due", due, clock.figure(due), "did not come", 'n').within());
    stations.push(Station {
        label: "Your clock".to_owned(),
        figure: "–".to_owned(),
        datetime: None,
        note: format!("nobody has looked since {}", clock.time(look)),
        after: 'n',
        within: true,
        live: Some("clock"),
    });
    Some(Old {
        after_ms: old_after(scene).ms(),
        look_ms: look.ms(),
        zone: clock.zone.name().to_owned(),
        tab: format!("Old page, made {} · {}", clock.time(now), scene.title()),
        sentence: "This page is old.".to_owned(),
        lead: say::old(&clock.time(now), &clock.time(due), &headline.sentence),
        line: Line { before: headline.line.before, stations },
    })
}

/// The hour or the last change of state, whichever is later: what a page that is not made each round may know.
pub fn settled_until(now: Moment, changes: impl Iterator<Item = Moment>) -> Moment {
    let hour = crate::site::clock::hour(now);
    changes.filter(|at| *at <= now).fold(hour, Moment::max)
}

/// One hour on.
pub fn next_hour(at: Moment) -> Moment {
    crate::site::clock::hour(at) + Span::from_mins(60)
}
