//! The record as a run knows it: what was condensed at earlier runs, read on. As `app` does it, without the disk.

use std::collections::BTreeMap;

use statuary::model::{Body, ChainName, Head, History, Moment, Record, Summary};
use statuary::timeline::{edges, forget, join, summarise, whole};

use crate::chains::Written;
use crate::world::World;

const DAY_MS: i64 = 86_400_000;

/// How far a chain was read: how many records, and the latest round's time among them.
type Position = (usize, Option<Moment>);

/// What is kept between two runs.
#[derive(Default)]
struct Kept {
    history: History,
    positions: BTreeMap<ChainName, Position>,
}

/// What is known at a moment to those who read on at every cut before it.
pub fn history(world: &World, moment: Moment) -> History {
    let mut kept = Kept::default();
    for (real, keeps) in world.cuts.iter().filter(|(real, _)| *real <= moment.ms()) {
        let now = Moment::from_ms(*real);
        kept.read_on(&world.written, |w| w.real <= *real, now);
        if *keeps {
            kept.history.chains.iter_mut().for_each(|chain| forget(chain, now));
        }
    }
    kept.read_on(&world.written, |_| true, moment);
    kept.history
}

impl Kept {
    fn read_on(&mut self, written: &[Written], there: impl Fn(&Written) -> bool, until: Moment) {
        let mut chains: BTreeMap<&ChainName, Vec<&Record>> = BTreeMap::new();
        for one in written.iter().filter(|w| there(w)) {
            chains.entry(&one.record.chain).or_default().push(&one.record);
        }
        chains.values_mut().for_each(|records| records.sort_by_key(|r| r.n));
        let desk = chains.iter().filter(|(name, _)| name.is_desk());
        self.history.declared = desk.flat_map(|(_, records)| records).map(|r| (*r).clone()).collect();
        let edges = edges(&self.history.declared);
        for (name, records) in chains.iter().filter(|(name, _)| !name.is_desk()) {
            self.read_chain(name, records, &edges, until);
        }
        self.history.chains.sort_by(|a, b| a.chain.cmp(&b.chain));
    }

    fn read_chain(&mut self, name: &ChainName, records: &[&Record], edges: &[Moment], until: Moment) {
        let make = |records: &[&Record]| summarise(name, records, &|_| false, edges, until);
        let from = self.positions.remove(name);
        // A round at the time of the last one read tells it anew.
        let doubled = |(read, latest): &Position| {
            let next = records[*read..].iter().find(|r| is_round(r)).map(|r| r.t);
            next.is_some() && next == *latest
        };
        let grows = |from: &Position| follows(&records[from.0 - 1..], from.1.as_ref(), 1) && !doubled(from);
        if let Some((read, latest)) = from.filter(grows) {
            let summary = self.history.chains.iter_mut().find(|c| c.chain == *name).expect("it was read");
            summary.later = None;
            join(summary, make(&records[read..]), edges);
            let new = counted(&records[read..], until);
            self.positions.insert(name.clone(), (read + new.len(), latest.max(latest_of(new))));
            return;
        }
        self.history.chains.retain(|c| c.chain != *name);
        let is_root = records[0].n > 0 || records[0].prev == Head::from(name.as_str());
        if is_root && follows(records, None, 0) {
            let mut all = Summary::empty(name.clone());
            for day in records.chunk_by(|a, b| day(a) == day(b)) {
                join(&mut all, make(day), edges);
            }
            self.history.chains.push(all);
            let read = counted(records, until);
            if !read.is_empty() {
                self.positions.insert(name.clone(), (read.len(), latest_of(read)));
            }
            return;
        }
        let owned: Vec<Record> = records.iter().map(|r| (*r).clone()).collect();
        self.history.chains.push(whole(name, &owned, edges, until).0);
        let last = records[records.len() - 1];
        let latest = latest_of(records);
        let highest = records.iter().filter(|r| is_round(r)).map(|r| r.t).max();
        if last.t <= until && latest == highest {
            self.positions.insert(name.clone(), (records.len(), latest));
        }
    }
}

fn day(record: &Record) -> i64 {
    record.t.ms().div_euclid(DAY_MS)
}

fn is_round(record: &Record) -> bool {
    matches!(record.body, Body::Round(_))
}

/// The records before the first that claims a time which has not come.
fn counted<'a, 'r>(records: &'a [&'r Record], until: Moment) -> &'a [&'r Record] {
    &records[..records.iter().position(|r| r.t > until).unwrap_or(records.len())]
}

fn latest_of(records: &[&Record]) -> Option<Moment> {
    records.iter().rev().find(|r| is_round(r)).map(|r| r.t)
}

/// Whether each record follows the one before it, and no round from `first` on claims an earlier time than those before.
fn follows(records: &[&Record], latest: Option<&Moment>, first: usize) -> bool {
    let linked = records.windows(2).all(|pair| pair[1].n == pair[0].n + 1 && pair[1].prev == pair[0].head);
    let times = latest.copied().into_iter().chain(records[first..].iter().filter(|r| is_round(r)).map(|r| r.t));
    linked && times.is_sorted()
}
