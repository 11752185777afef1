//! What was seen, condensed: looks that say the same stand as one run. This is the form in which old days are kept,
//! and the one that everything is worked out from.

use crate::model::{ChainName, ClosedDay, Head, Hours, Moment, ProbeKey, Record, Remark, Verdict};

/// Looks of one probe from one place that say the same, none further from the next than `gap_ms`.
///
/// Their first and last instant are exact. Where what happened next to a look can matter, the look stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first look.
    pub first: Moment,
    /// The last look; the first one where there is only one.
    pub last: Moment,
    /// How many.
    pub looks: u32,
    /// How long each vouches, in ms; at most 49 days.
    pub gap_ms: u32,
    /// Latency of a single look in ms, or [`Run::NO_MS`].
    pub ms: u32,
    /// A second look: how long after its record's `t`, in ms.
    pub after_ms: u32,
    /// Index into [`Summary::reasons`]; 0 is none.
    pub reason: u32,
    /// What they concluded.
    pub verdict: Verdict,
}

impl Run {
    /// No latency: nothing was measured, or more than one look stands here.
    pub const NO_MS: u32 = u32::MAX;

    /// 0 up, 1 degraded, 2 down; none where unknown.
    pub fn level(&self) -> Option<u8> {
        match self.verdict {
            Verdict::Up => Some(0),
            Verdict::Degraded => Some(1),
            Verdict::Down => Some(2),
            Verdict::Unknown => None,
        }
    }

    /// Where its last look stops vouching if nobody looks before.
    pub fn fades(&self) -> i64 {
        self.last.ms().saturating_add(i64::from(self.gap_ms))
    }

    /// The `t` of the record of its first look: from then on it is known.
    pub fn record_t(&self) -> i64 {
        self.first.ms() - i64::from(self.after_ms)
    }

    /// When its look number `i` (from 0) was, as if they were evenly spread; exact for the first and the last.
    pub fn nth(&self, i: u32) -> i64 {
        let steps = i64::from(self.looks.max(2) - 1);
        self.first.ms() + (self.last.ms() - self.first.ms()) * i64::from(i.min(self.looks - 1)) / steps
    }
}

/// Why a look was not up: where it failed, and public words.
pub type Why = (Option<String>, String);

/// What one field recorded in one UTC hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourOf {
    /// When the hour begins.
    pub hour: Moment,
    /// The least value.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// All of them together.
    pub sum: f64,
    /// How many.
    pub count: u32,
}

/// One probe's looks from one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// Whose.
    pub key: ProbeKey,
    /// Ascending, disjoint.
    pub runs: Vec<Run>,
    /// Latency of the looks that were up or degraded, by UTC hour.
    pub hours: Hours,
    /// Recorded values by field, in the order of their names, each by UTC hour, ascending.
    pub recorded: Vec<(String, Vec<HourOf>)>,
}

/// Rounds that claim a time which has not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later {
    /// How many.
    pub rounds: u64,
    /// The number of the first.
    pub n: u64,
    /// Its time.
    pub t: Moment,
}

/// What one chain says of its probes: a day's file of it, or all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Which chain.
    pub chain: ChainName,
    /// Whole records of any kind.
    pub records: u64,
    /// The earliest time that one of them claims, and the latest.
    pub span: Option<(Moment, Moment)>,
    /// The record with the greatest number: its number, its time.
    pub end: Option<(u64, Moment)>,
    /// The record with the greatest number among those whose time has come: its hash, its number.
    pub head: Option<(Head, u64)>,
    /// Where its last two days among those ended, the earlier one first.
    pub days: Vec<ClosedDay>,
    /// Why looks were not up. The first entry is empty.
    pub reasons: Vec<Why>,
    /// In the order in which the probes were first met.
    pub strips: Vec<Strip>,
    /// When rounds were made, ascending, each moment once; of old ones only the number is kept, in `forgotten`.
    pub times: Vec<Moment>,
    /// Rounds whose moments are no longer in `times`.
    pub forgotten: u64,
    /// The blind rounds at the end, in a row: since when, and why.
    pub blind: Option<(Moment, String)>,
    /// Rounds that are not counted yet.
    pub later: Option<Later>,
}

impl Summary {
    /// What a chain says before anything was written to it.
    pub fn empty(chain: ChainName) -> Self {
        Self {
            chain,
            records: 0,
            span: None,
            end: None,
            head: None,
            days: Vec::new(),
            reasons: vec![(None, String::new())],
            strips: Vec::new(),
            times: Vec::new(),
            forgotten: 0,
            blind: None,
            later: None,
        }
    }
}

/// Everything that the record says, as far as it is worked out from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Every record of the desk's chains, chain by chain in name order, each in the order of `n`.
    pub declared: Vec<Record>,
    /// What each vantage's chains say, in name order.
    pub chains: Vec<Summary>,
    /// Clock steps, and rounds that are not counted.
    pub remarks: Vec<Remark>,
}

impl History {
    /// The earliest time that any record claims.
    pub fn began(&self) -> Option<Moment> {
        let seen = self.chains.iter().filter_map(|c| c.span.map(|s| s.0));
        seen.chain(self.declared.iter().map(|r| r.t)).min()
    }
}
