//! Rule 1: the set of records becomes a history, chain by chain.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::model::{Body, ChainName, History, Moment, Record, Remark, Summary};
use crate::timeline::behind::in_order;
use crate::timeline::clock;
use crate::timeline::summary::summarise;

/// What these records say up to a moment. The order of the records does not matter and doubled ones change nothing.
pub fn history<'r>(records: impl IntoIterator<Item = &'r Record>, until: Moment) -> History {
    history_after(Vec::new(), records, until)
}

/// The same where days stand rolled up: what each says, and the records of all others.
pub fn history_after<'r>(
    mut rolled: Vec<Summary>,
    records: impl IntoIterator<Item = &'r Record>,
    until: Moment,
) -> History {
    let all = chains(records);
    let declared: Vec<Record> = all.iter().filter(|r| r.chain.is_desk()).map(|r| (*r).clone()).collect();
    let edges = edges(&declared);
    rolled.sort_by(|a, b| (&a.chain, a.end).cmp(&(&b.chain, b.end)));
    let of = all.chunk_by(|a, b| a.chain == b.chain).map(|chain| (&chain[0].chain, chain));
    let mut by_chain: BTreeMap<&ChainName, &[&Record]> = of.filter(|(chain, _)| !chain.is_desk()).collect();
    let names: BTreeSet<ChainName> = rolled.iter().map(|day| day.chain.clone()).collect();
    for chain in &names {
        by_chain.entry(chain).or_insert(&[]);
    }
    let mut history = History { declared, ..History::default() };
    for (chain, records) in by_chain {
        let days = rolled.iter().filter(|day| day.chain == *chain).cloned().collect();
        let (summary, remarks) = judged(chain, records, days, &edges, until);
        history.chains.push(summary);
        history.remarks.extend(remarks);
    }
    history
}

/// What one vantage's chain says whose records all are here, whatever its clock did, but for the days that are rolled up:
/// what they say, oldest first.
pub fn whole(
    chain: &ChainName,
    records: &[Record],
    rolled: Vec<Summary>,
    edges: &[Moment],
    until: Moment,
) -> (Summary, Vec<Remark>) {
    judged(chain, &chains(records), rolled, edges, until)
}

/// `records` are one chain's, each once, in the order of `n`.
fn judged(
    chain: &ChainName,
    records: &[&Record],
    rolled: Vec<Summary>,
    edges: &[Moment],
    until: Moment,
) -> (Summary, Vec<Remark>) {
    let judged = clock::judge(records);
    let aside: HashSet<&str> =
        records.iter().zip(&judged.aside).filter(|(_, aside)| **aside).map(|(r, _)| r.head.as_str()).collect();
    let tell = |records: &[&Record]| summarise(chain, records, &|r| aside.contains(r.head.as_str()), edges, until);
    (in_order(records, rolled, &tell, edges, until), judged.remarks)
}

/// The moments that no run may lie across: where a window begins or ends, and where an incident's steps were.
pub fn edges(declared: &[Record]) -> Vec<Moment> {
    let mut edges = Vec::new();
    for record in declared {
        match &record.body {
            Body::Maintenance(m) => edges.extend([m.starts, m.ends, record.t]),
            Body::Incident(i) => edges.push(i.at),
            _ => {}
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The moments at which a window begins or ends, or something is said of it (ascending).
pub fn window_edges(declared: &[Record]) -> Vec<Moment> {
    let mut edges = Vec::new();
    for record in declared {
        if let Body::Maintenance(m) = &record.body {
            edges.extend([m.starts, m.ends, record.t]);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The set of records: chain by chain, each in the order of `n`, every one once.
pub(super) fn chains<'r>(records: impl IntoIterator<Item = &'r Record>) -> Vec<&'r Record> {
    let mut all: Vec<&Record> = records.into_iter().collect();
    all.sort_by(|a, b| a.chain.cmp(&b.chain).then(a.n.cmp(&b.n)).then_with(|| (a.t, &a.head).cmp(&(b.t, &b.head))));
    all.dedup_by(|b, a| a.chain == b.chain && a.n == b.n && a == b);
    all
}
