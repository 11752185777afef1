//! Our own JSON: everything that the pages show, with coverage and with what nobody saw.

use chrono::TimeDelta;

use crate::model::{Moment, Span, Visibility};
use crate::site::World;
use crate::site::machine::{Part, Public, Said};
use crate::timeline::{Blip, Reason, Stretch};

// What the report hands on as it is.
pub use crate::incident::{Incident, Maintenance};
pub use crate::timeline::{Figure, Outage, Place};

/// Stretches, outages and closed incidents are told of so many days: as many as the pages draw.
const DAYS: i64 = 90;

/// The windows that figures are given for: name, days (0: the last 24 hours).
const WINDOWS: [(&str, i64); 5] = [("24h", 0), ("7d", 7), ("30d", 30), ("90d", 90), ("365d", 365)];

/// What the file tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// The public part of the world.
    pub public: Public<'a>,
    /// What the index says first of all.
    pub said: Said<'a>,
    /// When the next one is due.
    pub next: Moment,
    /// After this moment it is not to be trusted.
    pub stale: Moment,
    /// One per public component, in config order.
    pub parts: Vec<Measured<'a>>,
    /// Not over, or begun within the days that are told; newest first.
    pub incidents: Vec<&'a Incident>,
    /// Ahead, open, or ended within the days that are told; by beginning.
    pub windows: Vec<&'a Maintenance>,
}

/// What was measured of one component.
#[derive(Debug)]
pub struct Measured<'a> {
    /// Which.
    pub part: Part<'a>,
    /// Name, beginning, and the figure of each window.
    pub figures: Vec<(&'static str, Moment, Figure)>,
    /// The stretches that reach into the days that are told.
    pub stretches: Vec<&'a Stretch>,
    /// The outages that do.
    pub outages: Vec<&'a Outage>,
    /// The blips that do.
    pub blips: Vec<&'a Blip>,
}

/// Works it out.
pub fn report<'a>(world: &'a World<'a>, said: Said<'a>) -> Report<'a> {
    let public = Public::new(world);
    let zone = world.settings.site.time_zone;
    let day = |days: i64| zone.day_start(zone.date(world.moment) - TimeDelta::days(days - 1));
    let begin = day(DAYS);
    let interval = world.settings.run.interval;
    let parts = public.parts.iter().map(|part| measure(part, begin, world.moment, &day)).collect();
    Report {
        said,
        next: world.moment + interval,
        stale: world.moment + Span::from_ms(interval.ms() * 5 / 2),
        parts,
        incidents: public.incidents().filter(|i| !i.status.is_over() || i.started >= begin).collect(),
        windows: public.windows().filter(|w| w.ends >= begin).collect(),
        public,
    }
}

fn measure<'a>(part: &Part<'a>, begin: Moment, until: Moment, day: &dyn Fn(i64) -> Moment) -> Measured<'a> {
    let Some(timeline) = part.timeline.filter(|_| part.is_watched()) else {
        return Measured {
            part: *part,
            figures: Vec::new(),
            stretches: Vec::new(),
            outages: Vec::new(),
            blips: Vec::new(),
        };
    };
    let figure = |(name, days): (&'static str, i64)| {
        let from = if days == 0 { until - Span::from_mins(24 * 60) } else { day(days) };
        let from = timeline.since.map_or(from, |since| since.max(from));
        (name, from, timeline.figure(from, until))
    };
    Measured {
        part: *part,
        figures: WINDOWS.into_iter().map(figure).collect(),
        stretches: timeline.stretches.iter().filter(|s| s.to > begin).collect(),
        outages: timeline.outages.iter().filter(|o| o.end.is_none_or(|e| e.at > begin)).collect(),
        blips: timeline.blips.iter().filter(|b| b.to > begin).collect(),
    }
}

impl Report<'_> {
    /// Whether a page of this address may be named.
    pub fn may_name(&self, slug: &str) -> bool {
        self.public.incidents().any(|i| i.slug == slug) || self.public.notices().any(|w| w.slug == slug)
    }
}

impl Measured<'_> {
    /// Whether the public may know of a reason's probe.
    pub fn may_tell(&self, reason: &Reason) -> bool {
        let probe = self.part.component.probes.iter().find(|p| p.key.name() == reason.probe.name());
        probe.is_none_or(|p| p.visibility == Visibility::Public)
    }
}
