//! The record as a run knows it: what was condensed at earlier runs, read on. As `app` does it, without the disk.

use std::collections::BTreeMap;

use statuary::model::{Body, ChainName, Head, History, Moment, Record, Round, Summary};
use statuary::timeline::{edges, forget, join, lies_across, summarise, whole, window_edges};

use crate::chains::Written;
use crate::world::World;

const DAY_MS: i64 = 86_400_000;

/// How far a chain was read: how many records, and the latest look's time among them.
type Position = (usize, Option<Moment>);

/// What is kept between two runs.
#[derive(Default)]
pub struct Kept {
    pub history: History,
    /// How often a chain was read on, and how often it had to be read anew.
    pub on: u32,
    pub anew: u32,
    positions: BTreeMap<ChainName, Position>,
}

/// What is known at a moment to those who read on at every cut before it.
pub fn read(world: &World, moment: Moment) -> Kept {
    let mut kept = Kept::default();
    for (real, keeps) in world.cuts.iter().filter(|(real, _)| *real <= moment.ms()) {
        let now = Moment::from_ms(*real);
        kept.read_on(&world.written, |w| w.there <= *real, now);
        if *keeps {
            kept.history.chains.iter_mut().for_each(|chain| forget(chain, now));
        }
    }
    kept.read_on(&world.written, |_| true, moment);
    kept
}

impl Kept {
    fn read_on(&mut self, written: &[Written], there: impl Fn(&Written) -> bool, until: Moment) {
        let mut chains: BTreeMap<&ChainName, Vec<&Record>> = BTreeMap::new();
        for one in written.iter().filter(|w| there(w)) {
            chains.entry(&one.record.chain).or_default().push(&one.record);
        }
        for records in chains.values_mut() {
            records.sort_by_key(|r| r.n);
        }
        let known = window_edges(&self.history.declared);
        let desk = chains.iter().filter(|(name, _)| name.is_desk());
        self.history.declared = desk.flat_map(|(_, records)| records).map(|r| (*r).clone()).collect();
        // A desk whose clock is behind may say late where a window began or ended.
        let said = window_edges(&self.history.declared);
        let late: Vec<Moment> = said.into_iter().filter(|edge| !known.contains(edge)).collect();
        for told in self.history.chains.iter().filter(|c| lies_across(c, &late)) {
            self.positions.remove(&told.chain);
        }
        let edges = edges(&self.history.declared);
        for (name, records) in chains.iter().filter(|(name, _)| !name.is_desk()) {
            self.read_chain(name, records, &edges, until);
        }
        self.history.chains.sort_by(|a, b| a.chain.cmp(&b.chain));
    }

    fn read_chain(&mut self, name: &ChainName, records: &[&Record], edges: &[Moment], until: Moment) {
        let make = |records: &[&Record]| summarise(name, records, &|_| false, edges, until);
        let from = self.positions.remove(name);
        let grows = |from: &Position| links(&records[from.0 - 1..]) && goes_forward(&records[from.0..], from.1);
        let known = from.is_some();
        if let Some((read, latest)) = from.filter(grows) {
            self.on += 1;
            let summary = self.history.chains.iter_mut().find(|c| c.chain == *name).expect("it was read");
            summary.later = None;
            join(summary, make(&records[read..]), edges);
            let new = counted(&records[read..], until);
            self.positions.insert(name.clone(), (read + new.len(), latest.max(latest_look(new))));
            return;
        }
        self.anew += u32::from(known);
        self.history.chains.retain(|c| c.chain != *name);
        let is_root = records[0].n > 0 || records[0].prev == Head::from(name.as_str());
        let days: Vec<&[&Record]> = records.chunk_by(|a, b| day_of(a) == day_of(b)).collect();
        let in_turn = days.windows(2).all(|pair| goes_forward(pair[1], latest_look(pair[0])));
        if is_root && in_turn && links(records) && goes_forward(records, None) {
            let mut all = Summary::empty(name.clone());
            for day in days {
                join(&mut all, make(day), edges);
            }
            self.history.chains.push(all);
            let read = counted(records, until);
            if !read.is_empty() {
                self.positions.insert(name.clone(), (read.len(), latest_look(read)));
            }
            return;
        }
        let owned: Vec<Record> = records.iter().map(|r| (*r).clone()).collect();
        self.history.chains.push(whole(name, &owned, Vec::new(), edges, until).0);
        let last = records[records.len() - 1];
        let times = || rounds(records).map(|(t, _)| t);
        if last.t <= until && times().last() == times().max() {
            self.positions.insert(name.clone(), (records.len(), latest_look(records)));
        }
    }
}

fn day_of(record: &Record) -> i64 {
    record.t.ms().div_euclid(DAY_MS)
}

/// The records before the first that claims a time which has not come.
fn counted<'a, 'r>(records: &'a [&'r Record], until: Moment) -> &'a [&'r Record] {
    &records[..records.iter().position(|r| r.t > until).unwrap_or(records.len())]
}

fn rounds<'r>(records: &[&'r Record]) -> impl Iterator<Item = (Moment, &'r Round)> {
    records.iter().filter_map(|r| if let Body::Round(round) = &r.body { Some((r.t, round)) } else { None })
}

fn latest_look(records: &[&Record]) -> Option<Moment> {
    let looks = rounds(records).flat_map(|(t, round)| {
        let second = round.not.iter().filter_map(move |seen| seen.after.map(|after| t + after));
        second.chain([t])
    });
    looks.max()
}

/// Whether each record follows the one before it.
fn links(records: &[&Record]) -> bool {
    records.windows(2).all(|pair| pair[1].n == pair[0].n + 1 && pair[1].prev == pair[0].head)
}

/// Whether no round claims an earlier time, or one at which the latest look before them was already.
fn goes_forward(records: &[&Record], latest: Option<Moment>) -> bool {
    let times = || rounds(records).map(|(t, _)| t);
    times().is_sorted() && times().next().is_none_or(|t| latest.is_none_or(|latest| latest < t))
}
