//! Every figure of `timeline`, over drawn worlds, against an independent, slow and obvious computation of MEANING.md.
//!
//! A world is drawn from a seed: what is really so with each target (`truth`), what is watched from where and under which
//! config (`plan`), how the places look (`rounds`) and what the desk declares (`desk`). `slow` computes everything that
//! is told of it, instant by instant. It shares no code with the program but the nouns of `model`; a test reads its
//! files and says so. The program's own code answers twice, as it is used: from a record that is read cold, and from
//! what was condensed at earlier runs and read on (`kept`). All three must tell the same, to the millisecond: stretches,
//! outages, come-backs, blips, pending rows, reasons, latencies, uptime and coverage of every window, day and month, of
//! components and of all together, and what each place did. `known` draws worlds in which nothing is uncertain and holds
//! the fold against the truth itself.
//!
//! What the worlds must hold is listed in `variety::ALL`, and `the_worlds_hold_everything_that_can_go_wrong` counts it:
//!
//! | what must be exact | drawn as |
//! |---|---|
//! | time zones with DST days of 23 and 25 hours | "a day of 23 hours", "a day of 25 hours", "a day of half an hour more or less" |
//! | half-hour zones | "a zone half an hour off", "a zone a quarter of an hour off" |
//! | zone changes | "a day on which a zone moved its clocks for good", "a day that never was" |
//! | windows that begin before the first record | "a figure whose days begin before the first record", "a window that begins before the first record" |
//! | component added, removed, renamed with `formerly` | "a component added", "a component removed", "a component renamed", "a probe removed" |
//! | clock steps back and forward | "a clock that steps back", "a clock that steps forward", "a clock that was ahead", "a clock that fell back by more than a day" |
//! | duplicate rounds | "a doubled round"; every world's records come in no order, some more than once |
//! | late rounds | "a place whose records come late", "a round after the moment" |
//! | out-of-order rounds | "rounds out of order within the gap", "a chain with two writers" |
//! | several vantages with a quorum | "several places with a quorum", "a quorum that is no majority" |
//! | vantages that disagree | "a place alone" |
//! | outages, gaps, blips, maintenances, blind rounds | one line each, and more |
//! | a cold record, and a checkpoint read on | "a chain that was read on again and again", "bad looks that stand as one", … |
//!
//! `STATUARY_WORLDS=5000` sets how many worlds are drawn, `STATUARY_SEED` which is the first; `STATUARY_LONG` makes them
//! many (`tests/run exact`). A world in which the two differ is shown as small as it still does.
//!
//! What is not promised exactly: how many looks of a failing row of more than four hours lie in an outage that begins or
//! ends inside it; hours of latency from before ninety days; since when a place is blind, after eight days.

mod chains;
mod desk;
mod dice;
mod fold;
mod kept;
mod known;
mod plan;
mod rounds;
mod slow;
mod told;
mod truth;
mod variety;
mod world;
mod zones;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use statuary::model::Moment;
use statuary::timeline::{self, Timelines};

use told::Told;
use world::World;

/// Calendar days that are compared, today the last.
const DAYS: usize = 40;
/// Worlds that are drawn every day, and in the long form.
const FEW: u64 = 200;
const MANY: u64 = 5000;
/// Worlds that are always drawn, each the first that shows something which the few do not: looks that are condensed too
/// near a change, where rounds are far apart.
const TELLING: [u64; 1] = [1980];
/// Worlds that are shown where the two sides differ.
const SHOWN: usize = 3;
/// Months that are compared, this one the last.
const MONTHS: usize = 4;

/// Latency is drawn over ninety days; of what lies before, nobody keeps the hours.
fn drawn_from(moment: Moment) -> i64 {
    moment.ms() - 90 * 86_400_000
}

/// Every round's own time is known for eight days; of what lies before, nobody keeps them.
fn heard_from(moment: Moment) -> i64 {
    moment.ms() - 8 * 86_400_000
}

/// What the fold tells differently from the slow computation at a moment.
fn differs(world: &World, moment: Moment) -> String {
    let records = world.records();
    let cold = timeline::fold(&timeline::history(&records, moment), &world.settings, moment);
    let kept = timeline::fold(&kept::read(world, moment).history, &world.settings, moment);
    let told = |timelines: &Timelines| {
        let mut told = Told::new(world.base);
        fold::tell(timelines, &world.settings, moment, &mut told);
        told
    };
    let mut slowly = Told::new(world.base);
    slow::tell(&slow::world(&records, &world.settings, moment), &world.settings, moment, &mut slowly);
    let unlike = fold::unlike(&cold, &kept);
    let cold = told(&cold).against("read cold", &slowly);
    let kept = told(&kept).against("read on", &slowly);
    format!("{cold}{kept}{unlike}")
}

/// Leaves out records, then components and places, as long as the two sides still differ.
fn shrink(mut world: World, moment: Moment) -> World {
    let mut chunk = world.written.len().div_ceil(2);
    while chunk > 0 {
        let mut at = 0;
        while at < world.written.len() {
            let mut less = world.clone();
            less.written.drain(at..(at + chunk).min(world.written.len()));
            less.relink();
            if differs(&less, moment).is_empty() {
                at += chunk;
            } else {
                world = less;
            }
        }
        chunk /= 2;
    }
    for i in (0..world.settings.components.len()).rev() {
        let mut less = world.clone();
        less.settings.components.remove(i);
        if !differs(&less, moment).is_empty() {
            world = less;
        }
    }
    world
}

/// What differs in a world, with the world as small as it still does; empty where nothing does.
fn check(seed: u64) -> String {
    let world = world::draw(seed);
    let Some(moment) = world.moments.iter().find(|moment| !differs(&world, **moment).is_empty()) else {
        return String::new();
    };
    let small = shrink(world.clone(), *moment);
    let at = (moment.ms() - world.base) as f64 / 1000.0;
    let (strips, drawing, found) = (small.strips(), small.drawing(), differs(&small, *moment));
    format!("seed {seed} at {at}s ({moment}):\n{strips}\n{drawing}\n{found}\n")
}

/// How many worlds: `STATUARY_WORLDS`, else a few hundred, or many. `STATUARY_SEED` is the first.
fn worlds() -> std::ops::Range<u64> {
    let read = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = read("STATUARY_SEED").unwrap_or(0);
    let many = if std::env::var_os("STATUARY_LONG").is_some() { MANY } else { FEW };
    first..first + read("STATUARY_WORLDS").unwrap_or(many)
}

#[test]
fn every_figure_is_what_a_slow_computation_says() {
    let next = AtomicU64::new(worlds().start);
    let found: Mutex<Vec<String>> =
        Mutex::new(TELLING.into_iter().map(check).filter(|text| !text.is_empty()).collect());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !worlds().contains(&seed) || found.lock().unwrap().len() >= SHOWN {
                return;
            }
            let differs = check(seed);
            if !differs.is_empty() {
                found.lock().unwrap().push(differs);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn what_is_told_is_what_was_really_so() {
    worlds().for_each(known::check);
}

#[test]
fn the_worlds_hold_everything_that_can_go_wrong() {
    let found = variety::of(0..250);
    let missing: Vec<&str> = variety::ALL.iter().copied().filter(|what| found.get(what) < Some(&3)).collect();
    assert!(missing.is_empty(), "hardly ever drawn: {missing:?} of {found:#?}");
}

#[test]
fn the_slow_computation_shares_no_code_with_the_fold() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exact/slow");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for part in text.split("statuary::").skip(1) {
            assert!(part.starts_with("model::"), "{} uses statuary::{part:.40}", file.display());
        }
        for part in text.split("crate::").skip(1) {
            let plain = ["told::", "drawn_from", "heard_from", "DAYS", "MONTHS"];
            assert!(plain.iter().any(|p| part.starts_with(p)), "{} uses crate::{part:.40}", file.display());
        }
    }
}
