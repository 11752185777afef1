//! MEANING.md once more, in the most obvious way: every figure is asked for instant by instant, and nothing is shared
//! with `timeline`.

mod clock;
mod figure;
mod looks;
pub mod row;
mod vote;
pub mod wall;
pub mod window;

use std::collections::{BTreeMap, BTreeSet};

use statuary::model::{Moment, Record, Settings, Status, Vantage, Verdict};

use crate::told::Told;
use figure::Sums;
use looks::Look;
use row::{Rules, Spans};
use vote::{Crossing, State};
use wall::Wall;

/// A stretch of one state.
pub struct Piece {
    pub from: i64,
    pub to: i64,
    pub state: State,
}

/// An outage of any level.
struct Outage {
    from: i64,
    end: Option<i64>,
    worst: Status,
    come_backs: Spans,
}

/// One component, computed slowly.
pub struct Component {
    since: Option<i64>,
    pub crossing: Crossing,
    /// What anything shows from its first record to the moment; the last piece holds the moment itself.
    pieces: Vec<Piece>,
    outages: Vec<Outage>,
    blips: Spans,
}

/// Every component, and what the places did.
pub struct World<'r> {
    pub components: Vec<Component>,
    rounds: Vec<looks::Counted<'r>>,
}

/// Computes a world.
pub fn world<'r>(records: &'r [Record], settings: &Settings, moment: Moment) -> World<'r> {
    let chains = looks::set(records);
    let rounds = looks::rounds(&chains, settings, moment);
    let component = |one: &statuary::model::Component| {
        let windows = window::windows(&chains, settings, one, moment);
        let rules = Rules {
            open_after: one.rules.open_after as usize,
            resolve_after: one.rules.resolve_after as usize,
            blip_within: one.rules.blip_within.ms(),
        };
        let strip = |name: &str, place: usize| {
            let looks = looks::strip(&rounds, &looks::keys(settings, one, name), place);
            row::read(looks, rules, &|s| windows.hold(s), moment.ms())
        };
        let places = settings.run.vantages.len();
        let strips = one.probes.iter().map(|p| (0..places).map(|place| strip(p.key.name(), place)).collect()).collect();
        let crossing = Crossing { strips, windows, quorum: settings.run.quorum, combine: one.combine };
        cross(crossing, moment.ms())
    };
    World { components: settings.components.iter().map(component).collect(), rounds }
}

/// Asks a component at every instant at which anything may change, and joins what is the same.
fn cross(crossing: Crossing, moment: i64) -> Component {
    let all = || crossing.strips.iter().flatten();
    let since = all().filter_map(|s| s.looks.first()).map(|l| l.t).min();
    let blips = row::overlapping_are_one(&all().map(|s| s.blips.clone()).collect::<Vec<_>>());
    let mut component = Component { since, crossing, pieces: Vec::new(), outages: Vec::new(), blips };
    let Some(since) = since else { return component };
    let mut back = None;
    for s in component.crossing.edges().into_iter().filter(|s| since <= *s && *s <= moment) {
        let state = component.crossing.at(s);
        follow(&mut component.outages, &mut back, s, &state);
        if component.pieces.last().is_none_or(|last| shown(&last.state) != shown(&state)) {
            component.pieces.push(Piece { from: s, to: moment, state });
        }
    }
    for i in 1..component.pieces.len() {
        component.pieces[i - 1].to = component.pieces[i].from;
    }
    component
}

/// What tells one stretch from the next.
fn shown(state: &State) -> (Status, bool, &BTreeSet<usize>) {
    (state.status, state.measured != Status::NoData, &state.minority)
}

fn follow(outages: &mut Vec<Outage>, back: &mut Option<i64>, s: i64, state: &State) {
    let was_open = outages.last().is_some_and(|o| o.end.is_none());
    if state.open && !was_open {
        outages.push(Outage { from: s, end: None, worst: Status::Degraded, come_backs: Spans::new() });
    }
    let Some(outage) = outages.last_mut().filter(|o| o.end.is_none()) else { return };
    if state.open && state.measured.is_bad() {
        outage.worst = outage.worst.max(state.measured);
    }
    if !state.open {
        outage.end = Some(s);
    }
    match (*back, state.come_back) {
        (None, true) => *back = Some(s),
        (Some(from), false) => {
            outage.come_backs.push((from, s));
            *back = None;
        }
        _ => {}
    }
}

/// Tells it as the fold's answer is told.
pub fn tell(world: &World<'_>, settings: &Settings, moment: Moment, told: &mut Told) {
    let places: Vec<&str> = settings.run.vantages.iter().map(Vantage::as_str).collect();
    for (component, configured) in world.components.iter().zip(&settings.components) {
        let id = configured.id.as_str();
        told.moment(id, "since", component.since);
        told.stretches(
            id,
            component.pieces.iter().map(|p| {
                let minority = p.state.minority.iter().map(|place| places[*place]).collect();
                (p.from, p.to, p.state.status, p.state.measured != Status::NoData, minority)
            }),
        );
        let keys: Vec<&str> = configured.probes.iter().map(|p| p.key.as_str()).collect();
        told.outages(id, component.outages.iter().map(|o| (o.from, o.end, o.worst, o.come_backs.clone())));
        told.confirmed(id, component.confirmed(configured));
        let reasons = component.outages.iter().flat_map(|o| component.reasons(o, &keys, &places, told)).collect();
        told.reasons(id, reasons, component.outages.iter().any(|o| component.cuts_a_long_row(o)));
        told.blips(id, component.blips.iter().copied());
        let all = || component.crossing.strips.iter().flatten();
        told.moment(id, "pending", all().filter_map(|s| s.pending).min());
        let known = all().flat_map(|s| &s.looks).filter(|l| l.grade().is_some()).map(|l| l.t).max();
        told.moment(id, "last look", known.map(|t| t.min(moment.ms())));
        for (key, strips) in keys.iter().zip(&component.crossing.strips) {
            probe(key, strips, moment, told);
        }
        component.figures(id, settings, moment, told);
    }
    for (name, from) in windows(settings, moment) {
        let children: Vec<Sums> = world.components.iter().map(|c| figure::sums(&c.pieces, from, moment.ms())).collect();
        let (uptime, coverage) = figure::group_texts(&children);
        told.group(&name, &uptime, &coverage);
    }
    for (place, name) in places.iter().enumerate() {
        world.place(place, name, moment, told);
    }
}

/// Where each window begins: "24 h is 24 hours; N days is today and the N − 1 days before".
fn windows(settings: &Settings, moment: Moment) -> Vec<(String, i64)> {
    let wall = Wall::of(settings.site.time_zone.name());
    let days = |n: usize| (format!("{n}d"), wall.midnight(wall.last_dates(moment.ms(), n)[0]));
    vec![("24h".to_owned(), moment.ms() - 24 * 3_600_000), days(7), days(30), days(90), days(365)]
}

fn probe(key: &str, strips: &[row::Strip], moment: Moment, told: &mut Told) {
    let last = strips.iter().filter_map(|s| s.looks.last()).max_by_key(|l| (l.t, l.verdict));
    let why = |l: &Look| if l.verdict == Verdict::Up { String::new() } else { l.why.clone() };
    told.last_look(key, last.map(|l| (l.t.min(moment.ms()), l.verdict.word(), l.ms, why(l))));
    // "Latency figures always come from buckets": those that were up or degraded, by the hour in which they looked.
    let mut hours: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    for look in strips.iter().flat_map(|s| &s.looks).filter(|l| l.grade().is_some_and(|grade| grade < 2)) {
        hours.entry(look.t.div_euclid(3_600_000) * 3_600_000).or_default().extend(look.ms);
    }
    let first = crate::drawn_from(moment).div_euclid(3_600_000) * 3_600_000;
    hours.retain(|hour, all| *hour >= first && !all.is_empty());
    told.latency(
        key,
        hours.into_iter().map(|(hour, mut all)| {
            all.sort_unstable();
            // Nearest rank: the least that so many of a hundred do not exceed.
            let rank = |percent: usize| (1..=all.len()).find(|rank| rank * 100 >= percent * all.len()).unwrap();
            (hour, all.len() as u64, [50, 95, 100].map(|percent| stands_for(all[rank(percent) - 1])))
        }),
    );
}

/// The middle of the latencies that share a bucket with this one.
fn stands_for(ms: u32) -> u32 {
    let same = |x: &u32| bucket_of(*x) == bucket_of(ms);
    let (low, high) =
        ((0..=ms).rev().take_while(same).last().unwrap(), (ms..=u32::MAX).take_while(same).last().unwrap());
    u32::midpoint(low, high)
}

/// "The bucket of x ms is x below 64, else `64·e + (x >> e)` with `e = bits(x) − 7`."
fn bucket_of(ms: u32) -> u32 {
    let bits = (0..=32).find(|bits| u64::from(ms) < 1 << bits).unwrap();
    if ms < 64 { ms } else { 64 * (bits - 7) + (ms >> (bits - 7)) }
}

impl Component {
    /// By which rounds its turns were known, where one place looks at one target. Rows longer than eight looks are counted,
    /// but not all of their looks are kept.
    fn confirmed(&self, configured: &statuary::model::Component) -> Option<Vec<i64>> {
        let [places] = self.crossing.strips.as_slice() else { return None };
        let [strip] = places.as_slice() else { return None };
        let few = configured.rules.open_after.max(configured.rules.resolve_after) <= 8;
        strip.confirmed.clone().filter(|_| few)
    }

    /// Why looks failed in an outage, per probe and place.
    fn reasons(&self, outage: &Outage, keys: &[&str], places: &[&str], told: &Told) -> Vec<String> {
        let mut reasons = Vec::new();
        for (key, strips) in keys.iter().zip(&self.crossing.strips) {
            for (place, strip) in places.iter().zip(strips) {
                let mut here: BTreeMap<(&Option<String>, &str), Vec<i64>> = BTreeMap::new();
                let inside = |l: &&Look| outage.from <= l.t && outage.end.is_none_or(|end| l.t < end);
                for look in strip.looks.iter().filter(inside).filter(|l| l.grade() > Some(0)) {
                    here.entry((&look.phase, &look.why)).or_default().push(look.t);
                }
                for ((_, why), times) in here {
                    reasons.push(told.reason(key, place, (times[0], times[times.len() - 1]), times.len(), why));
                }
            }
        }
        reasons
    }

    /// A bad row that goes on for four hours is kept as its first and last look and their number. Of how many of them lie
    /// in an outage that begins or ends inside the row, only an estimate is left.
    fn cuts_a_long_row(&self, outage: &Outage) -> bool {
        let looks = |strip: &row::Strip| {
            strip.looks.chunk_by(|a, b| (a.verdict, &a.why) == (b.verdict, &b.why)).any(|row| {
                let (first, last) = (row[0].t, row[row.len() - 1].t);
                let cut = |t: i64| first < t && t <= last;
                row[0].grade() > Some(0)
                    && last - first >= 4 * 3_600_000
                    && (cut(outage.from) || outage.end.is_some_and(cut))
            })
        };
        self.crossing.strips.iter().flatten().any(looks)
    }

    fn figures(&self, id: &str, settings: &Settings, moment: Moment, told: &mut Told) {
        let now = moment.ms();
        let told_sums = |told: &mut Told, name: &str, sums: Sums| {
            let texts = [sums.uptime_text(), sums.coverage_text()];
            told.figure(id, name, [sums.window, sums.known, sums.counted, sums.down], &texts);
        };
        for (name, from) in windows(settings, moment) {
            told_sums(told, &name, figure::sums(&self.pieces, from, now));
            // "All begin at the component's first record at the earliest", and say so.
            told.moment(id, &format!("{name} since"), self.since.map(|since| since.max(from)));
        }
        let wall = Wall::of(settings.site.time_zone.name());
        for date in wall.last_dates(now, crate::DAYS) {
            let (from, to) = (wall.midnight(date), wall.midnight(date.succ_opt().unwrap()));
            let sums = figure::sums(&self.pieces, from, to.min(now));
            told_sums(told, &date.to_string(), sums);
            let time = |statuses: &[Status]| figure::time_in(&self.pieces, statuses, from, to.min(now));
            let (down, degraded) = (time(&[Status::Partial, Status::Major]), time(&[Status::Degraded]));
            let counts = [self.blips_in(from, to.min(now)), sums.known, down, degraded];
            told.day(id, date, (from, to), self.worst(from, to, now), counts);
        }
        for month in wall.last_months(now, crate::MONTHS).windows(2) {
            let (from, to) = (wall.midnight(month[0]), wall.midnight(month[1]));
            told_sums(told, &month[0].to_string(), figure::sums(&self.pieces, from, to.min(now)));
            let down = figure::time_in(&self.pieces, &[Status::Partial, Status::Major], from, to.min(now));
            let [worst, _] = self.worst(from, to, now);
            told.month(id, month[0], (from, to), worst, [self.blips_in(from, to.min(now)), down]);
        }
    }

    fn blips_in(&self, from: i64, to: i64) -> i64 {
        self.blips.iter().filter(|b| from <= b.0 && b.0 < to).count() as i64
    }

    /// The worst status of a day as far as the moment, which itself counts on its day; and the worst of what was seen.
    fn worst(&self, from: i64, to: i64, now: i64) -> [Option<Status>; 2] {
        // A piece that holds some instant of the day: one before the moment, or the moment itself.
        let on_it = |p: &&Piece| {
            let (first, end) = (p.from.max(from), p.to.min(to).min(now));
            let holds_now = p.from <= now && p.to == now && self.pieces.last().is_some_and(|last| last.from == p.from);
            first < end || (holds_now && from <= now && now < to)
        };
        let seen = |p: &&Piece| p.state.measured != Status::NoData;
        [
            self.pieces.iter().filter(on_it).map(|p| p.state.status).max(),
            self.pieces.iter().filter(on_it).filter(seen).map(|p| p.state.status).max(),
        ]
    }
}

impl World<'_> {
    /// What a place did: its rounds by time (its two chains' records of one round are one), and since when it is blind.
    fn place(&self, place: usize, name: &str, moment: Moment, told: &mut Told) {
        let mut rounds: BTreeMap<i64, bool> = BTreeMap::new();
        for counted in self.rounds.iter().filter(|r| r.place == place) {
            *rounds.entry(counted.t).or_default() |= counted.round.blind.is_some();
        }
        let blind = rounds.iter().rev().take_while(|(_, blind)| **blind).last().map(|(t, _)| *t);
        told.place(name, rounds.keys().last().copied(), blind, crate::heard_from(moment));
    }
}
