//! Rule 1's clock that went back: which rounds of a chain stand aside, decided as written, before any moment cuts.

use std::collections::HashMap;

use crate::model::{Body, Head, Record, Remark};

/// A step over this many ms (a day) needs a hole as long to be believed.
const DAY_MS: i64 = 86_400_000;

/// A chain's verdict on its own clock.
pub(super) struct Judged {
    /// Per record of the chain: not to be folded.
    pub(super) aside: Vec<bool>,
    /// What was set aside.
    pub(super) remarks: Vec<Remark>,
}

/// A round that stands so far, along `p`.
#[derive(Clone, Copy)]
struct Kept {
    record: usize,
    t: i64,
    /// The latest time claimed up to here.
    latest: i64,
}

/// Which records of one chain, given in the order of `n`, are rounds that a corrected clock set aside: they are not
/// folded, and left out of roll-ups.
pub fn set_aside(chain: &[&Record]) -> Vec<bool> {
    judge(chain).aside
}

/// Judges one chain, given in the order of `n`. A forked one is followed along each of its branches.
pub(super) fn judge(chain: &[&Record]) -> Judged {
    let mut bench = Bench { aside: vec![false; chain.len()], corrected: Vec::new(), refused: Vec::new() };
    let forked = chain.windows(2).any(|w| w[1].prev != w[0].head);
    if forked {
        along_branches(chain, &mut bench);
    } else {
        let mut kept = Vec::new();
        for (i, record) in chain.iter().enumerate() {
            bench.step(&mut kept, i, record);
        }
    }
    let remarks = bench.remarks(chain);
    Judged { aside: bench.aside, remarks }
}

/// Walks a forked chain: each branch continues from what stood where it left.
fn along_branches(chain: &[&Record], bench: &mut Bench) {
    let place: HashMap<&Head, usize> = chain.iter().enumerate().map(|(i, r)| (&r.head, i)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); chain.len()];
    let mut starts: Vec<(usize, Vec<Kept>)> = Vec::new();
    for (i, record) in chain.iter().enumerate() {
        // A record whose predecessor is not here (damage, or an older day that is elsewhere) follows the one before it.
        match place.get(&record.prev).copied().filter(|p| *p < i).or_else(|| i.checked_sub(1)) {
            Some(parent) => children[parent].push(i),
            None => starts.push((i, Vec::new())),
        }
    }
    while let Some((mut i, mut kept)) = starts.pop() {
        loop {
            bench.step(&mut kept, i, chain[i]);
            let Some((first, others)) = children[i].split_first() else { break };
            starts.extend(others.iter().map(|o| (*o, kept.clone())));
            i = *first;
        }
    }
}

struct Bench {
    aside: Vec<bool>,
    /// Rounds that a later one set aside.
    corrected: Vec<usize>,
    /// Rounds that were set aside themselves.
    refused: Vec<usize>,
}

impl Bench {
    /// Judges the next round along `p`, where `kept` are the rounds before it that stand.
    fn step(&mut self, kept: &mut Vec<Kept>, i: usize, record: &Record) {
        let Body::Round(round) = &record.body else { return };
        let t = record.t.ms();
        let back = kept.last().map_or(0, |last| last.t - t);
        if back > round.gap.ms() {
            // The first round that claims the same or a later time; those after it are nearly in order.
            let first = kept.partition_point(|k| k.latest < t);
            let hole = first.checked_sub(1).map_or(0, |before| kept[first].t - kept[before].latest);
            if back > DAY_MS && hole < back {
                self.aside[i] = true;
                self.refused.push(i);
                return;
            }
            for later in kept.split_off(first) {
                if later.t >= t {
                    self.aside[later.record] = true;
                    self.corrected.push(later.record);
                } else {
                    push(kept, later.record, later.t);
                }
            }
        }
        push(kept, i, t);
    }

    fn remarks(&self, chain: &[&Record]) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let mut say = |which: &[usize], why: &str| {
            let (Some(first), Some(last)) = (which.iter().min(), which.iter().max()) else { return };
            let (first, last) = (chain[*first], chain[*last]);
            let place = |r: &Record| format!("record {} ({})", r.n, r.t);
            let rounds = if which.len() == 1 {
                format!("the round of {} is", place(first))
            } else {
                format!("{} rounds, from {} to {}, are", which.len(), place(first), place(last))
            };
            let text = format!("the clock of `{}` went back: {rounds} not counted, because {why}", first.chain);
            remarks.push(Remark { origin: None, text });
        };
        say(&self.corrected, "a round written later claims an earlier time");
        say(&self.refused, "rounds written earlier claim a time more than a day later");
        remarks
    }
}

fn push(kept: &mut Vec<Kept>, record: usize, t: i64) {
    let latest = kept.last().map_or(t, |k| k.latest.max(t));
    kept.push(Kept { record, t, latest });
}
