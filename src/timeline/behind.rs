//! Days that are rolled up, and the records of all others behind them.

use crate::model::{Buckets, History, Hours, Moment, Record, Summary};
use crate::timeline::cut::cut;
use crate::timeline::history::{edges, history};
use crate::timeline::summary::join;

/// What days that are rolled up say, in the order of the calendar, with what the records of all other days say (see
/// [`history()`]).
pub fn history_after<'r>(
    rolled: Vec<Summary>,
    records: impl IntoIterator<Item = &'r Record>,
    until: Moment,
) -> History {
    let mut all = history(records, until);
    if rolled.is_empty() {
        return all;
    }
    let edges = edges(&all.declared);
    let mut chains: Vec<Summary> = Vec::new();
    for mut day in rolled {
        cut(&mut day, until);
        match chains.iter_mut().find(|c| c.chain == day.chain) {
            Some(told) => join(told, day, &edges),
            None => chains.push(day),
        }
    }
    for told in all.chains {
        match chains.iter_mut().find(|c| c.chain == told.chain) {
            Some(before) => {
                join(before, told, &edges);
                settle(before);
            }
            None => chains.push(told),
        }
    }
    chains.sort_by(|a, b| a.chain.cmp(&b.chain));
    all.chains = chains;
    all
}

/// Puts in order what came out of it, because a day between others could not be rolled up.
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
            all.iter().for_each(|(hour, buckets)| strip.hours.push(*hour, buckets));
        }
    }
}
