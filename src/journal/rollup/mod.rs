//! A closed day rolled up: `DD.roll.jsonl.gz`, a gzip of lines (docs/rollup.md tells them one by one).
//!
//! Line 1 says which records the day held and what its raw file's hash was, then comes what the day says: a line per
//! probe, and the records that are no rounds, byte for byte. What is read back gives the same summary as the day gave.

mod form;
mod read;
mod write;

#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use crate::model::{Link, Moment, Record, Summary};

pub(super) use read::{Unread, read};
pub(super) use write::write;

/// The one version that is written.
const VERSION: u32 = 1;

/// A day that stands rolled up.
#[derive(Clone, Debug, PartialEq)]
pub struct Rolled {
    /// The UTC day whose file it was.
    pub day: NaiveDate,
    /// The record with the least number in it.
    pub first: Link,
    /// The record with the greatest number in it.
    pub last: Link,
    /// SHA-256 of the day's raw file, hex.
    pub raw: String,
    /// What the day says, as the raw day said it, but for one thing: of a probe's single looks only the last one has its
    /// latency; all latencies stand in the hours.
    pub summary: Summary,
    /// The records that are no rounds, as they were written.
    pub others: Vec<Record>,
    /// The rounds around incidents, see [`Rolled::rounds_between`].
    pub(super) kept: Vec<Record>,
}

impl Rolled {
    /// The rounds of incidents' charts within a span, both ends included, by time.
    ///
    /// They hold what is kept of them: the looks of the incident's components, each with its verdict, latency and
    /// reason, and the values that were recorded. Their number, time and hash are the record's own; `prev` is that of
    /// the round before it where that one is kept too, else empty; how long the round took, and how often a look was
    /// tried, is not kept.
    pub fn rounds_between(&self, from: Moment, to: Moment) -> &[Record] {
        let first = self.kept.partition_point(|r| r.t < from);
        let last = self.kept.partition_point(|r| r.t <= to);
        &self.kept[first..last.max(first)]
    }
}
