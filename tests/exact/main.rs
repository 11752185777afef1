//! Every figure of `timeline`, over random worlds, against an independent, slow and obvious computation of MEANING.md.
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
/// Worlds that are shown where the two sides differ.
const SHOWN: usize = 3;
/// Months that are compared, this one the last.
const MONTHS: usize = 4;

/// Latency is drawn over ninety days; of what lies before, nobody keeps the hours.
fn drawn_from(moment: Moment) -> i64 {
    moment.ms() - 90 * 86_400_000
}

/// What the fold tells differently from the slow computation at a moment.
fn differs(world: &World, moment: Moment) -> String {
    let records = world.records();
    let cold = timeline::fold(&timeline::history(&records, moment), &world.settings, moment);
    let kept = timeline::fold(&kept::history(world, moment), &world.settings, moment);
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

/// How many worlds: `STATUARY_WORLDS`, else a few hundred. `STATUARY_SEED` is the first.
fn worlds() -> std::ops::Range<u64> {
    let read = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = read("STATUARY_SEED").unwrap_or(0);
    first..first + read("STATUARY_WORLDS").unwrap_or(400)
}

#[test]
fn every_figure_is_what_a_slow_computation_says() {
    let next = AtomicU64::new(worlds().start);
    let found = Mutex::new(Vec::new());
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
        (0..thread::available_parallelism().map_or(1, usize::from)).for_each(|_| drop(scope.spawn(work)))
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
    let found = variety::of(0..200);
    let missing: Vec<&str> = variety::ALL.into_iter().filter(|what| found.get(what) < Some(&3)).collect();
    assert!(missing.is_empty(), "hardly ever drawn: {missing:?} of {found:#?}");
}
