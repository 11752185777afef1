//! What the drawn worlds must hold, so that nothing of all this is checked in vain.

use std::collections::{BTreeMap, BTreeSet};

use statuary::model::{Body, Moment, Record, Status};
use statuary::timeline::{ComponentTimeline, Timelines, days, last_days};

use crate::fold::fold_all;
use crate::kept;
use crate::world::{self, World};
use crate::zones::MOVED;

type Found<'a> = &'a mut dyn FnMut(&'static str);

/// What worlds hold, and in how many.
pub fn of(seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    for seed in seeds {
        let world = world::draw(seed);
        let mut found = BTreeSet::new();
        config(&world, &mut |what| {
            found.insert(what);
        });
        chains(&world, &mut |what| {
            found.insert(what);
        });
        for moment in &world.moments {
            let timelines = fold_all(&world.records(), &world.settings, *moment);
            told(&world, &timelines, *moment, &mut |what| {
                found.insert(what);
            });
            condensed(&world, *moment, &mut |what| {
                found.insert(what);
            });
        }
        for what in found {
            *counts.entry(what).or_default() += 1;
        }
    }
    counts
}

/// What the config of today makes of what was looked at.
fn config(world: &World, found: Found) {
    let mut seen: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for record in world.written.iter().map(|w| &w.record) {
        let Body::Round(round) = &record.body else { continue };
        for key in round.up.iter().map(|(key, _)| key).chain(round.not.iter().map(|s| &s.id)) {
            let first = seen.entry(key.as_str().split_once('/').unwrap()).or_insert(record.t.ms());
            *first = record.t.ms().min(*first);
        }
    }
    let components = &world.settings.components;
    let looked = |id: &str| seen.keys().any(|(component, _)| *component == id);
    for (component, probe) in seen.keys() {
        let of = components
            .iter()
            .find(|c| c.id.as_str() == *component || c.formerly.iter().any(|former| former.as_str() == *component));
        match of {
            None => found("a component removed"),
            Some(c) if c.probes.iter().all(|p| p.key.name() != *probe) => found("a probe removed"),
            Some(_) => {}
        }
    }
    for component in components {
        if component.formerly.iter().any(|old| looked(old.as_str())) && looked(component.id.as_str()) {
            found("a component renamed");
        }
        let first = |id: &str| seen.iter().filter(|((c, _), _)| *c == id).map(|(_, t)| *t).min();
        let earlier = seen.values().min().unwrap_or(&0) + 5 * world.settings.run.interval.ms();
        if component.formerly.is_empty() && first(component.id.as_str()).is_some_and(|t| t > earlier) {
            found("a component added");
        }
    }
    let run = &world.settings.run;
    if run.quorum > 1 {
        found("several places with a quorum");
    }
    if run.vantages.len() > 2 && run.quorum != run.vantages.len() / 2 + 1 {
        found("a quorum that is no majority");
    }
}

/// How the chains were written.
fn chains(world: &World, found: Found) {
    let mut chains: BTreeMap<&str, Vec<(i64, &Record)>> = BTreeMap::new();
    for one in world.written.iter().filter(|w| matches!(w.record.body, Body::Round(_))) {
        chains.entry(one.record.chain.as_str()).or_default().push((one.there, &one.record));
    }
    let ends: Vec<i64> = chains.values().map(|chain| chain[chain.len() - 1].0).collect();
    for chain in chains.values() {
        if chain.iter().any(|(_, r)| r.head.as_str().contains('/')) {
            found("a chain with two writers");
            continue;
        }
        for pair in chain.windows(2) {
            let Body::Round(round) = &pair[1].1.body else { continue };
            let (gap, step) = (round.gap.ms(), (pair[1].1.t - pair[0].1.t).ms());
            let clock = step - (pair[1].0 - pair[0].0);
            if step == 0 {
                found("a doubled round");
            } else if step < 0 && -step <= gap {
                found("rounds out of order within the gap");
            }
            if clock < -gap {
                found("a clock that steps back");
            } else if clock > gap {
                found("a clock that steps forward");
            }
        }
        let late = chain.iter().any(|(there, r)| there - r.t.ms() > 5 * world.settings.run.interval.ms());
        if late && ends.len() > 1 {
            found("a place whose records come late");
        }
    }
}

/// What the fold says.
fn told(world: &World, timelines: &Timelines, moment: Moment, found: Found) {
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
        for (i, stretch) in c.stretches.iter().enumerate() {
            match (stretch.status, stretch.known) {
                (Status::Maintenance, _) if i == 0 => found("a window that begins before the first record"),
                (Status::Maintenance, true) => found("maintenance that was looked into"),
                (Status::Maintenance, false) => found("maintenance that nobody looked into"),
                (Status::NoData, _) => found("no data"),
                _ => {}
            }
            stretch.minority.iter().for_each(|_| found("a place alone"));
        }
        c.blips.iter().for_each(|_| found("a blip"));
        c.pending.iter().for_each(|_| found("a row that is being checked"));
        match c.since {
            None => found("a component that nobody has looked at"),
            Some(since) if last_days(world.settings.site.time_zone, moment, 7) < since => {
                found("a figure whose days begin before the first record");
            }
            Some(_) => found("a figure that reaches back less far than the record"),
        }
        calendar(world, c, moment, found);
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

fn calendar(world: &World, c: &ComponentTimeline, moment: Moment, found: Found) {
    let zone = world.settings.site.time_zone;
    for day in days(c, zone, moment, crate::DAYS as u32) {
        let watched = day.worst.is_some();
        let minutes = (day.to - day.from).ms() / 60_000;
        match minutes {
            0 => found("a day that never was"),
            1380 if watched => found("a day of 23 hours"),
            1410 | 1470 if watched => found("a day of half an hour more or less"),
            1440 if watched => found("a day that was watched"),
            1500 if watched => found("a day of 25 hours"),
            _ if !watched => found("a day that was not watched"),
            _ => {}
        }
        if watched && minutes != 1440 && MOVED.contains(&zone.name()) {
            found("a day on which a zone moved its clocks for good");
        }
        match day.from.ms().rem_euclid(3_600_000) / 60_000 {
            30 if watched => found("a zone half an hour off"),
            15 | 45 if watched => found("a zone a quarter of an hour off"),
            _ => {}
        }
    }
}

/// What those hold who read on from a checkpoint.
fn condensed(world: &World, moment: Moment, found: Found) {
    let kept = kept::read(world, moment);
    if kept.on > 3 {
        found("a chain that was read on again and again");
    }
    if kept.anew > 0 {
        found("a chain that had to be read anew");
    }
    for run in kept.history.chains.iter().flat_map(|c| &c.strips).flat_map(|s| &s.runs).filter(|r| r.looks > 1) {
        found(match run.level() {
            Some(0) => "good looks that stand as one",
            Some(_) => "bad looks that stand as one",
            None => "unknown looks that stand as one",
        });
    }
}

/// Everything that must be there.
pub const ALL: &[&str] = &[
    // Zones.
    "a day of 23 hours",
    "a day of 25 hours",
    "a day of half an hour more or less",
    "a day that never was",
    "a zone half an hour off",
    "a zone a quarter of an hour off",
    "a day on which a zone moved its clocks for good",
    "a day that was watched",
    "a day that was not watched",
    // Windows that begin before the first record: of figures, and of maintenance.
    "a figure whose days begin before the first record",
    "a figure that reaches back less far than the record",
    "a window that begins before the first record",
    // Config.
    "a component added",
    "a component removed",
    "a component renamed",
    "a probe removed",
    "a component that nobody has looked at",
    // Clocks, and how records come.
    "a clock that steps back",
    "a clock that steps forward",
    "a clock that was ahead",
    "a clock that fell back by more than a day",
    "a doubled round",
    "a place whose records come late",
    "rounds out of order within the gap",
    "a chain with two writers",
    "a round after the moment",
    // Places.
    "several places with a quorum",
    "a quorum that is no majority",
    "a place alone",
    "a place that is gone",
    "a blind place",
    // What is seen.
    "a major outage",
    "a partial outage",
    "a degraded outage",
    "an outage that ended",
    "an open outage",
    "a come-back",
    "a blip",
    "a row that is being checked",
    "no data",
    "maintenance that was looked into",
    "maintenance that nobody looked into",
    // What is kept.
    "a chain that was read on again and again",
    "a chain that had to be read anew",
    "good looks that stand as one",
    "bad looks that stand as one",
    "unknown looks that stand as one",
];
