//! Where two runs grew a chain from one copy (RECORD.md "Forks"), and what has to be joined.

use std::collections::{HashMap, HashSet};

use crate::journal::ChainHead;
use crate::journal::days::head_of;
use crate::journal::write::root_of;
use crate::model::{Body, ChainName, Head, Record, Remark};

/// Numbers that stand twice in a row: as many as the shorter branch is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fork {
    /// The first number.
    pub(super) first: u64,
    /// The last number.
    pub(super) last: u64,
    /// Whether a later record joins the branches.
    pub(super) joined: bool,
}

impl Fork {
    /// As a remark. It names no line: nothing is damaged.
    pub(super) fn remark(&self, chain: &ChainName) -> Remark {
        let which = match self.last - self.first {
            0 => format!("record {} stands", self.first),
            _ => format!("records {} to {} stand", self.first, self.last),
        };
        let then = if self.joined {
            "a later record joins the two"
        } else {
            "the next run on the machine that writes it joins the two"
        };
        let text = format!("chain {chain}: it forks: {which} twice, as two runs went on from one copy; {then}");
        Remark { origin: None, text }
    }
}

/// What is forked about a chain.
#[derive(Debug, Default)]
pub(super) struct Forks {
    /// In the order of `n`.
    pub(super) forks: Vec<Fork>,
    /// The ends of branches that nothing joins, that with the greatest number last; empty where there is one end, as it
    /// should be.
    pub(super) tips: Vec<ChainHead>,
}

/// Finds the forks of a chain, given in the order of `n`, each record once. Records that are not among them
/// follow those that `elsewhere` names.
///
/// Besides the head only such a record ends a branch whose number stands twice, and which leads back to where the two
/// part: any other has lost what followed it to damage, or was put here.
pub(super) fn find<'r>(chain: &ChainName, records: &'r [Record], elsewhere: impl Iterator<Item = &'r Head>) -> Forks {
    let mut found = Forks::default();
    for one in records.windows(2).filter(|pair| pair[0].n == pair[1].n).map(|pair| &pair[0]) {
        match found.forks.last_mut().filter(|fork| fork.last + 1 >= one.n) {
            Some(fork) => fork.last = one.n,
            None => found.forks.push(Fork { first: one.n, last: one.n, joined: true }),
        }
    }
    let Some(head) = records.last().filter(|_| !found.forks.is_empty()) else { return found };
    let followed: HashSet<&Head> = records.iter().flat_map(named).chain(elsewhere).collect();
    let by_hash: HashMap<&Head, &Record> = records.iter().map(|r| (&r.head, r)).collect();
    let (root, begins) = (root_of(chain), records.first().map_or(0, |first| first.n));
    let fork_of = |n: u64| found.forks.iter().find(|fork| fork.first <= n && n <= fork.last);
    let is_branch = |tip: &&Record| {
        let Some(fork) = fork_of(tip.n) else { return tip.head == head.head };
        let mut at = *tip;
        while at.n >= fork.first {
            match by_hash.get(&at.prev) {
                Some(before) if before.n < at.n => at = before,
                // It begins the chain, or the days before are not here.
                _ => return at.prev == root || at.n == begins,
            }
        }
        true
    };
    let ends = records.iter().filter(|r| !followed.contains(&r.head)).filter(is_branch);
    let tips: Vec<ChainHead> = ends.map(head_of).collect();
    if tips.len() > 1 {
        for fork in &mut found.forks {
            fork.joined = !tips[..tips.len() - 1].iter().any(|tip| fork.first <= tip.n && tip.n <= fork.last);
        }
        found.tips = tips;
    }
    found
}

/// The records that a record follows.
fn named(record: &Record) -> Vec<&Head> {
    match &record.body {
        Body::Join(one, other) => vec![&record.prev, one, other],
        _ => vec![&record.prev],
    }
}
