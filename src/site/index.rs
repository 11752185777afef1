//! The index: what is the matter, what we know, every component, what was before and what is planned.

use chrono::TimeDelta;
use serde::Serialize;

use crate::model::IncidentStatus;
use crate::site::banner::Headline;
use crate::site::entries;
use crate::site::frame::{frame, live_foot, old};
use crate::site::know;
use crate::site::parts::{Entry, Frame, Line, Link, Measured, Word};
use crate::site::rows::{Components, components};
use crate::site::scene::Scene;
use crate::site::situation::Situation;
use crate::site::trouble::{thing_line, thing_title};

/// Most entries under "Earlier"; the rest stands in the history.
const EARLIER: usize = 8;

/// The index.
#[derive(Clone, Debug, Serialize)]
pub struct IndexPage {
    /// Around it.
    pub frame: Frame,
    /// The banner.
    pub headline: Headline,
    /// What we know, one list per thing; empty when calm.
    pub known: Vec<Known>,
    /// What still works; empty when calm.
    pub works: Vec<Measured>,
    /// Every component.
    pub components: Components,
    /// What was before.
    pub earlier: Vec<Entry>,
    /// What is planned.
    pub planned: Vec<Entry>,
}

/// What we know of one thing.
#[derive(Clone, Debug, Serialize)]
pub struct Known {
    /// "What we know", or the thing's sentence where there are several.
    pub title: String,
    /// Its own line, where there are several and this is not the first.
    pub line: Option<Line>,
    /// Words and measured facts, newest first.
    pub words: Vec<Word>,
    /// The incident's page.
    pub page: Option<Link>,
}

/// Makes the index.
pub fn index(scene: &Scene<'_>, situation: &Situation<'_>, headline: &Headline) -> IndexPage {
    let (clock, now) = (scene.clock, scene.moment());
    let tab = format!("{} · {}", headline.tab, scene.title());
    let site = &scene.world.settings.site;
    let description = if site.description.is_empty() { headline.lead.clone() } else { site.description.clone() };
    let frame = Frame {
        stamp: clock.full(now),
        foot: live_foot(scene),
        old: old(scene, headline),
        ..frame(scene, "index.html", tab, description, headline.icon)
    };
    let known = known(scene, situation);
    let shown: Vec<&str> = known.iter().filter_map(|k| Some(k.page.as_ref()?.href.as_str())).collect();
    let from = clock.zone.day_start(clock.zone.date(now) - TimeDelta::days(89));
    let mut earlier = entries::between(scene, clock, from, now);
    earlier.retain(|e| e.href.as_deref().is_none_or(|h| !shown.contains(&h)));
    earlier.truncate(EARLIER);
    let works = if known.is_empty() { Vec::new() } else { entries::still_works(scene) };
    let planned = scene.open_windows().chain(scene.windows_ahead().take(4));
    IndexPage {
        components: components(scene, headline.calm),
        headline: headline.clone(),
        known,
        works,
        earlier,
        planned: planned.map(|m| entries::window(scene, clock, m)).collect(),
        frame,
    }
}

fn known(scene: &Scene<'_>, situation: &Situation<'_>) -> Vec<Known> {
    let clock = scene.clock;
    let page = |slug: &str, title: &str| Link { text: title.to_owned(), href: entries::incident_href(slug) };
    let mut known: Vec<Known> = match situation {
        Situation::Wrong(things) => things
            .iter()
            .enumerate()
            .map(|(n, thing)| Known {
                title: if things.len() > 1 { thing_title(scene, thing) } else { "What we know".to_owned() },
                line: (n > 0).then(|| thing_line(scene, thing)),
                words: know::known(scene, thing.incident, &thing.cards, clock),
                page: thing.incident.map(|i| page(&i.slug, &i.title)),
            })
            .collect(),
        _ => Vec::new(),
    };
    // What is not over has its words on the page, whatever is measured now.
    for incident in scene.incidents().filter(|i| !i.status.is_over()) {
        let link = page(&incident.slug, &incident.title);
        if known.iter().any(|k| k.page.as_ref() == Some(&link)) {
            continue;
        }
        let several = !known.is_empty() || incident.status != IncidentStatus::Monitoring;
        known.push(Known {
            title: if several { incident.title.clone() } else { "What we know".to_owned() },
            line: None,
            words: know::known(scene, Some(incident), &[], clock),
            page: Some(link),
        });
    }
    known
}
