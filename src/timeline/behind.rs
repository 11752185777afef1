//! Days that are rolled up, among days that are not: a chain's history from both, in the order of its numbers.

use crate::model::{Buckets, Hours, Moment, Record, Summary};
use crate::timeline::cut::cut;
use crate::timeline::summary::join;

/// Joins the rolled-up days of a chain, oldest first, and what `tell` makes of the records before, between and behind
/// them.
pub(super) fn in_order(
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
    let mut told = told.unwrap_or_else(|| tell(&[]));
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
