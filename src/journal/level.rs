//! Walks through a chain's numbers, and says what does not follow.

use crate::journal::read::not_here;
use crate::journal::rollup::Rolled;
use crate::journal::write::root_of;
use crate::model::{Body, ChainName, Head, Record};

/// The records that share the number reached so far, and those of the number before.
pub(super) struct Level {
    pub(super) n: Option<u64>,
    pub(super) heads: Vec<Head>,
    /// Empty: not here, so that nothing can be said.
    before: Vec<Head>,
}

impl Level {
    /// Before the chain's first record.
    pub(super) fn new(chain: &ChainName) -> Self {
        Self { n: None, heads: Vec::new(), before: vec![root_of(chain)] }
    }

    /// Goes on to a record's number, and says what is odd about it.
    pub(super) fn step(&mut self, record: &Record, joined: bool) -> Option<String> {
        let n = record.n;
        let reached = self.n.replace(n);
        match reached {
            None if n == 0 => None,
            None => {
                self.before.clear();
                None
            }
            Some(same) if same == n => {
                let healed = if joined { "a later record joins the two" } else { "two runs wrote at one time" };
                Some(format!("the chain forks: this is a second record {n}; {healed}"))
            }
            Some(last) if last + 1 == n => {
                self.before = std::mem::take(&mut self.heads);
                None
            }
            Some(last) => {
                self.before.clear();
                self.heads.clear();
                Some(not_here(last, n))
            }
        }
    }

    /// Passes a day that is rolled up: where it does not fit, the record behind it will not.
    pub(super) fn pass(&mut self, day: &Rolled) {
        self.n = Some(day.last.n);
        self.heads = vec![day.last.head.clone()];
        self.before.clear();
    }

    /// Whether the record names one before it; a joining record may name the shorter branch's.
    pub(super) fn leads_to(&self, record: &Record) -> bool {
        let joins = matches!(&record.body, Body::Join(a, b) if record.prev == *a || record.prev == *b);
        joins || self.before.is_empty() || self.before.contains(&record.prev)
    }
}
