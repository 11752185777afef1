//! What the drawn worlds must hold, so that nothing of all this is checked in vain.

use std::collections::BTreeMap;

use statuary::model::{Moment, Status};
use statuary::timeline::{Timelines, days};

use crate::fold::fold_all;
use crate::world::{self, World};

/// What worlds hold, and in how many.
pub fn of(seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, u32> {
    let mut found = BTreeMap::new();
    for seed in seeds {
        let world = world::draw(seed);
        for moment in &world.moments {
            let timelines = fold_all(&world.records(), &world.settings, *moment);
            look(&world, &timelines, *moment, &mut |what| *found.entry(what).or_default() += 1);
        }
    }
    found
}

fn look(world: &World, timelines: &Timelines, moment: Moment, found: &mut dyn FnMut(&'static str)) {
    for c in &timelines.components {
        for outage in &c.outages {
            found(match outage.worst {
                Status::Major => "a major outage",
                Status::Partial => "a partial outage",
                _ => "a degraded outage",
            });
            found(if outage.end.is_some() { "an outage that ended" } else { "an open outage" });
            outage.come_backs.iter().for_each(|_| found("a come-back"));
        }
        for stretch in &c.stretches {
            match (stretch.status, stretch.known) {
                (Status::Maintenance, true) => found("maintenance that was looked into"),
                (Status::Maintenance, false) => found("maintenance that nobody looked into"),
                (Status::NoData, _) => found("no data"),
                _ => {}
            }
            stretch.minority.iter().for_each(|_| found("a place alone"));
        }
        c.blips.iter().for_each(|_| found("a blip"));
        c.pending.iter().for_each(|_| found("a row that is being checked"));
        if c.since.is_none() {
            found("a component that nobody has looked at");
        }
        for day in days(c, world.settings.site.time_zone, moment, crate::DAYS as u32) {
            found(match ((day.to - day.from).ms() / 60_000, day.worst) {
                (0, _) => "a day that never was",
                (minutes, Some(_)) if minutes < 1440 => "a short day",
                (minutes, Some(_)) if minutes > 1440 => "a long day",
                (_, Some(_)) => "a day that was watched",
                (_, None) => "a day that was not watched",
            });
        }
    }
    timelines.places.iter().filter(|p| p.blind.is_some()).for_each(|_| found("a blind place"));
    for remark in &timelines.remarks {
        let text = remark.text.as_str();
        if text.contains("a round written later claims an earlier time") {
            found("a clock that was ahead");
        } else if text.contains("claim a time more than a day later") {
            found("a clock that fell back by more than a day");
        } else if text.contains("not counted yet") {
            found("a round after the moment");
        } else if text.contains("is not among the configured `vantages`") {
            found("a place that is gone");
        }
    }
}

/// Everything that must be there.
pub const ALL: [&str; 23] = [
    "a major outage",
    "a partial outage",
    "a degraded outage",
    "an outage that ended",
    "an open outage",
    "a come-back",
    "maintenance that was looked into",
    "maintenance that nobody looked into",
    "no data",
    "a place alone",
    "a blip",
    "a row that is being checked",
    "a component that nobody has looked at",
    "a day that never was",
    "a short day",
    "a long day",
    "a day that was watched",
    "a day that was not watched",
    "a blind place",
    "a clock that was ahead",
    "a clock that fell back by more than a day",
    "a round after the moment",
    "a place that is gone",
];
