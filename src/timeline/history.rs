//! Rule 1: the set of records becomes a history, chain by chain.

use std::collections::HashSet;

use crate::model::{Body, ChainName, History, Moment, Record, Remark, Summary};
use crate::timeline::clock;
use crate::timeline::summary::summarise;

/// What these records say up to a moment. The order of the records does not matter and doubled ones change nothing.
pub fn history<'r>(records: impl IntoIterator<Item = &'r Record>, until: Moment) -> History {
    let all = chains(records);
    let declared: Vec<Record> = all.iter().filter(|r| r.chain.is_desk()).map(|r| (*r).clone()).collect();
    let edges = edges(&declared);
    let mut history = History { declared, ..History::default() };
    for chain in all.chunk_by(|a, b| a.chain == b.chain).filter(|chain| !chain[0].chain.is_desk()) {
        let (summary, remarks) = judged(&chain[0].chain, chain, &edges, until);
        history.chains.push(summary);
        history.remarks.extend(remarks);
    }
    history
}

/// What one vantage's chain says whose records all are here, whatever its clock did.
pub fn whole(chain: &ChainName, records: &[Record], edges: &[Moment], until: Moment) -> (Summary, Vec<Remark>) {
    judged(chain, &chains(records), edges, until)
}

/// `records` are one chain's, each once, in the order of `n`.
fn judged(chain: &ChainName, records: &[&Record], edges: &[Moment], until: Moment) -> (Summary, Vec<Remark>) {
    let judged = clock::judge(records);
    let aside: HashSet<&str> =
        records.iter().zip(&judged.aside).filter(|(_, aside)| **aside).map(|(r, _)| r.head.as_str()).collect();
    (summarise(chain, records, &|r| aside.contains(r.head.as_str()), edges, until), judged.remarks)
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
