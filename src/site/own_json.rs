//! Our own JSON: everything that the pages show, with coverage and with what nobody saw.

use crate::model::{Moment, Span, Status};
use crate::site::machine::Said;
use crate::site::scene::{Card, Scene, worst};
use crate::timeline::{Blip, GroupFigure, Stretch, WINDOWS, group_figure, last_days};

// What the report hands on as it is.
pub use crate::incident::{Incident, Maintenance};
pub use crate::timeline::{Figure, Outage, Place, Window};

/// Stretches, outages and closed incidents are told of so many days: as many as the pages draw.
const DAYS: u32 = 90;

/// What the file tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// The public part of the world.
    pub scene: &'a Scene<'a>,
    /// What the index says first of all.
    pub said: Said<'a>,
    /// When the next one is due.
    pub next: Moment,
    /// After this moment it is not to be trusted.
    pub stale: Moment,
    /// One per public component, in config order.
    pub parts: Vec<Measured<'a>>,
    /// One per group, in config order.
    pub groups: Vec<Grouped<'a>>,
    /// Not over, or begun within the days that are told; newest first.
    pub incidents: Vec<&'a Incident>,
    /// Ahead, open, or ended within the days that are told; by beginning.
    pub windows: Vec<&'a Maintenance>,
}

/// What was measured of one component.
#[derive(Debug)]
pub struct Measured<'a> {
    /// Which.
    pub card: &'a Card<'a>,
    /// Each window with its beginning and its figure.
    pub figures: Vec<(Window, Moment, Figure)>,
    /// The stretches that reach into the days that are told.
    pub stretches: Vec<&'a Stretch>,
    /// The outages that do.
    pub outages: Vec<&'a Outage>,
    /// The blips that do.
    pub blips: Vec<&'a Blip>,
}

/// A group of components.
#[derive(Debug)]
pub struct Grouped<'a> {
    /// Its name.
    pub name: &'a str,
    /// The worst of its components'.
    pub status: Status,
    /// Its components.
    pub cards: Vec<&'a Card<'a>>,
    /// Each window with its figure.
    pub figures: Vec<(Window, GroupFigure)>,
}

/// Works it out.
pub fn report<'a>(scene: &'a Scene<'a>, said: Said<'a>) -> Report<'a> {
    let world = scene.world;
    let begin = last_days(world.settings.site.time_zone, world.moment, DAYS);
    let interval = world.settings.run.interval;
    let parts: Vec<_> = scene.cards.iter().map(|card| measure(scene, card, begin)).collect();
    Report {
        said,
        next: world.moment + interval,
        stale: world.moment + Span::from_ms(interval.ms() * 5 / 2),
        groups: scene.groups().into_iter().map(|(name, cards)| group(name, cards, &parts)).collect(),
        parts,
        incidents: scene.incidents().filter(|i| !i.status.is_over() || i.started >= begin).collect(),
        windows: scene.standing_windows().filter(|w| w.ends >= begin).collect(),
        scene,
    }
}

fn measure<'a>(scene: &Scene<'a>, card: &'a Card<'a>, begin: Moment) -> Measured<'a> {
    let Some(timeline) = card.timeline.filter(|_| card.is_watched()) else {
        return Measured { card, figures: Vec::new(), stretches: Vec::new(), outages: Vec::new(), blips: Vec::new() };
    };
    Measured {
        card,
        figures: timeline.windows(scene.clock.zone, scene.moment()),
        stretches: timeline.stretches.iter().filter(|s| s.to > begin).collect(),
        outages: timeline.outages.iter().filter(|o| o.end.is_none_or(|e| e.at > begin)).collect(),
        blips: timeline.blips.iter().filter(|b| b.to > begin).collect(),
    }
}

/// A group's figures are the means of those of its components that are watched (MEANING "Group").
fn group<'a>(name: &'a str, cards: Vec<&'a Card<'a>>, parts: &[Measured<'a>]) -> Grouped<'a> {
    let mine = |part: &&Measured<'_>| part.card.component.group.as_deref() == Some(name);
    let figure = |window: Window| {
        let figures = parts.iter().filter(mine).flat_map(|part| &part.figures).filter(|(w, _, _)| *w == window);
        (window, group_figure(&figures.map(|(_, _, figure)| *figure).collect::<Vec<_>>()))
    };
    Grouped { name, status: worst(&cards), figures: WINDOWS.into_iter().map(figure).collect(), cards }
}

impl Report<'_> {
    /// Whether a page of this address may be named.
    pub fn may_name(&self, slug: &str) -> bool {
        self.scene.incidents().any(|i| i.slug == slug) || self.scene.notices().any(|w| w.slug == slug)
    }
}
