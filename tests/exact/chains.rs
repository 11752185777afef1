//! The journal of a world, written record by record.

use std::collections::BTreeMap;

use statuary::model::{Body, ChainName, Head, Moment, Record};

/// A record, and when those who read can see it, whatever its writer's clock showed.
#[derive(Clone)]
pub struct Written {
    pub there: i64,
    pub record: Record,
}

/// All chains, in the order in which they were written.
#[derive(Default)]
pub struct Chains {
    pub written: Vec<Written>,
    ends: BTreeMap<String, (u64, Head)>,
}

impl Chains {
    /// Appends to a chain.
    pub fn append(&mut self, chain: &str, there: i64, t: i64, body: Body) {
        let (n, prev) = self.ends.get(chain).map_or((0, Head::from(chain)), |(n, head)| (n + 1, head.clone()));
        let head = Head::new(format!("{chain}#{n}"));
        self.ends.insert(chain.to_owned(), (n, head.clone()));
        self.written.push(Written { there, record: record(chain, n, t, prev, head, body) });
    }

    /// A second writer that began from the same end: its records stand beside those that follow, and continue each
    /// other. All of them are written at once.
    pub fn fork(&mut self, chain: &str, there: i64, beside: Vec<(i64, Body)>) {
        let Some((from, mut prev)) = self.ends.get(chain).cloned() else { return };
        for (i, (t, body)) in beside.into_iter().enumerate() {
            let n = from + 1 + i as u64;
            let head = Head::new(format!("{chain}#{from}/{n}"));
            self.written.push(Written { there, record: record(chain, n, t, prev, head.clone(), body) });
            prev = head;
        }
    }
}

fn record(chain: &str, n: u64, t: i64, prev: Head, head: Head, body: Body) -> Record {
    Record { chain: ChainName::from(chain), n, t: Moment::from_ms(t), prev, head, body, skip: None }
}
