//! What pins the record, and leaves the house with everything that is published or told.

use chrono::NaiveDate;

use crate::model::{ChainName, Head};

/// Where a chain ends. Whoever keeps it can tell later whether anything before it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Which chain.
    pub chain: ChainName,
    /// Its last record's number.
    pub n: u64,
    /// Its last record's hash.
    pub head: Head,
    /// Its last day that is over. It stays provable when the single records of that day are gone: a roll-up keeps it
    /// (RECORD.md "Proof"). None before the chain has one.
    pub closed: Option<ClosedDay>,
}

/// Where a day of a chain ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedDay {
    /// The UTC day.
    pub day: NaiveDate,
    /// Its last record's number.
    pub n: u64,
    /// Its last record's hash.
    pub head: Head,
}
