//! The status as plain text, and what hosts and search engines are told.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::incident::Incident;
use crate::model::{MaintenanceStatus, Moment, Span, Witness};
use crate::site::machine::Said;
use crate::site::scene::Scene;
use crate::site::sentences;

/// Lines of `status.txt`, made to be read with `curl` and to be cut with `grep`.
pub fn status(scene: &Scene<'_>, said: Said<'_>) -> String {
    let world = scene.world;
    let zone = world.settings.site.time_zone;
    let time = |m: Moment| format!("{} {}", zone.local(m).format("%Y-%m-%d %H:%M:%S"), zone.abbreviation(m));
    let mut text = format!("{}\n{}\n\n", said.sentence, said.lead);
    if world.look_back {
        let _ = writeln!(text, "As it stood at {}.", time(world.moment));
    } else {
        let stale = world.moment + Span::from_ms(world.settings.run.interval.ms() * 5 / 2);
        let _ = writeln!(text, "Made at {}. Do not trust it after {}.", time(world.moment), time(stale));
    }
    text.push('\n');
    let name = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let wide = scene.cards.iter().map(|p| name(&p.component.name).chars().count()).max().unwrap_or(0);
    for card in &scene.cards {
        let since = card.since.map_or(String::new(), |m| format!("  since {}", time(m)));
        let _ = writeln!(text, "{:wide$}  {}{since}", name(&card.component.name), sentences::status(card.status));
    }
    for incident in scene.incidents().filter(|i| !i.status.is_over()) {
        write_incident(scene, incident, &time, &mut text);
    }
    for window in scene.standing_windows().filter(|w| w.status != MaintenanceStatus::Completed) {
        let _ = write!(text, "\nPlanned: {}\n{} to {}\n", window.title, time(window.starts), time(window.ends));
    }
    text.push('\n');
    for remark in world.remarks {
        let _ = writeln!(text, "{}", remark.text);
    }
    for Witness { chain, n, head, closed } in scene.heads() {
        let _ = writeln!(text, "Record {chain} {n} {head}");
        if let Some(closed) = closed {
            let _ = writeln!(text, "Record {chain} {} {}, the last of {}", closed.n, closed.head, closed.day);
        }
    }
    let _ = writeln!(text, "{}", world.settings.site.url);
    text
}

fn write_incident(scene: &Scene<'_>, incident: &Incident, time: &dyn Fn(Moment) -> String, text: &mut String) {
    let _ = write!(text, "\n{} ({})\nBegan {}.", incident.title, incident.status.word(), time(incident.started));
    if let Some(next) = incident.next_word {
        let late = if incident.next_overdue { ", and it is late" } else { "" };
        let _ = write!(text, " Next word by {}{late}.", time(next));
    }
    text.push('\n');
    let latest = incident.events.iter().rev().find_map(|e| Some((e, scene.words(incident, e)?)));
    if let Some((event, words)) = latest {
        let word = if words.word.is_empty() { String::new() } else { format!("{}. ", words.word) };
        let _ = writeln!(text, "{}: {word}{}", time(event.at), words.text);
    }
    let _ = writeln!(text, "{}", scene.address(&incident.slug));
}

/// What search engines are told: every page that is worth finding, and when it last changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The site's address, ending in `/`.
    pub url: String,
    /// Paths from the root, `index.html` cut off, and the day of the last change where one is known.
    pub pages: Vec<(String, Option<chrono::NaiveDate>)>,
    /// A look back is not to be found.
    pub hidden: bool,
}

/// Makes the map of a site's pages. `pages` are paths such as `incidents/x/index.html`.
pub fn map<'a>(scene: &Scene<'_>, pages: impl Iterator<Item = &'a str>) -> Map {
    let last = |i: &Incident| i.events.iter().map(|e| e.edited.unwrap_or(e.published)).max();
    let changed: HashMap<&str, Moment> = scene.incidents().filter_map(|i| Some((i.slug.as_str(), last(i)?))).collect();
    let mut listed: Vec<_> = pages
        .filter(|path| path.rsplit('.').next() == Some("html") && *path != "404.html")
        .map(|path| {
            let path = path.strip_suffix("index.html").unwrap_or(path);
            let slug = path.strip_prefix("incidents/").map(|rest| rest.trim_end_matches('/'));
            (path.to_owned(), slug.and_then(|slug| changed.get(slug)).map(|m| m.utc().date_naive()))
        })
        .collect();
    listed.sort();
    Map { url: scene.world.settings.site.url.clone(), pages: listed, hidden: scene.world.look_back }
}
