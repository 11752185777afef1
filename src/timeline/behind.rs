//! Days that are rolled up, among days that are not: a chain's history from both, in the order of its numbers.

use std::collections::HashSet;

use crate::model::{Buckets, History, Hours, Moment, Record, Summary};
use crate::timeline::clock;
use crate::timeline::cut::cut;
use crate::timeline::history::{chains, edges};
use crate::timeline::summary::{join, summarise};

/// What days that are rolled up say, and what the records of all other days say (see [`crate::timeline::history()`]).
pub fn history_after<'r>(
    rolled: Vec<Summary>,
    records: impl IntoIterator<Item = &'r Record>,
    until: Moment,
) -> History {
    let all = chains(records);
    let declared: Vec<Record> = all.iter().filter(|r| r.chain.is_desk()).map(|r| (*r).clone()).collect();
    let edges = edges(&declared);
    let mut history = History { declared, ..History::default() };
    let mut rolled = rolled;
    rolled.sort_by(|a, b| (&a.chain, a.end).cmp(&(&b.chain, b.end)));
    let mut rolled: Vec<Vec<Summary>> = rolled.chunk_by(|a, b| a.chain == b.chain).map(<[Summary]>::to_vec).collect();
    for chain in all.chunk_by(|a, b| a.chain == b.chain).filter(|chain| !chain[0].chain.is_desk()) {
        let judged = clock::judge(chain);
        history.remarks.extend(judged.remarks);
        let aside = chain.iter().zip(&judged.aside).filter(|(_, aside)| **aside);
        let aside: HashSet<&str> = aside.map(|(r, _)| r.head.as_str()).collect();
        let tell = |records: &[&Record]| {
            summarise(&chain[0].chain, records, &|r| aside.contains(r.head.as_str()), &edges, until)
        };
        let days = rolled.iter().position(|days| days[0].chain == chain[0].chain).map(|at| rolled.swap_remove(at));
        history.chains.push(in_order(chain, days.unwrap_or_default(), &tell, &edges, until));
    }
    // Chains of which nothing but roll-ups is here.
    for days in rolled {
        let name = days[0].chain.clone();
        history.chains.push(in_order(&[], days, &|_| Summary::empty(name.clone()), &edges, until));
    }
    history.chains.sort_by(|a, b| a.chain.cmp(&b.chain));
    history
}

/// Joins the rolled-up days of a chain and the records before, between and behind them. At least one is not empty.
fn in_order(
    records: &[&Record],
    days: Vec<Summary>,
    tell: &dyn Fn(&[&Record]) -> Summary,
    edges: &[Moment],
    until: Moment,
) -> Summary {
    let mut told: Option<Summary> = None;
    let mut add = |part: Summary| match &mut told {
        Some(told) => join(told, part, edges),
        None => told = Some(part),
    };
    let mut rest = records;
    for mut day in days {
        let end = day.end.map_or(0, |(n, _)| n);
        let (before, behind) = rest.split_at(rest.partition_point(|r| r.n < end));
        if !before.is_empty() {
            add(tell(before));
        }
        rest = behind;
        cut(&mut day, until);
        add(day);
    }
    if !rest.is_empty() {
        add(tell(rest));
    }
    let mut told = told.expect("a chain has records, or days that are rolled up");
    settle(&mut told);
    told
}

/// Puts in order what a clock that went back took out of it.
fn settle(told: &mut Summary) {
    if !told.times.is_sorted() {
        told.times.sort_unstable();
        told.times.dedup();
    }
    for strip in &mut told.strips {
        if !strip.hours.iter().is_sorted_by_key(|(hour, _)| hour) {
            let mut all: Vec<(Moment, Buckets)> = strip.hours.iter().collect();
            all.sort_by_key(|(hour, _)| *hour);
            strip.hours = Hours::default();
            for (hour, buckets) in &all {
                strip.hours.push(*hour, buckets);
            }
        }
    }
}
