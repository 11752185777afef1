//! Folds records into stretches of one status, uptime and latency.
//!
//! - Takes: the set of records, the settings, and the moment to stop at.
//! - Gives: one timeline per component, without holes: what was not seen is `NoData`.
//! - Touches: nothing.
//! - Never: asks what time it is, or calls a stretch an incident.

use crate::model::{ComponentId, Moment, ProbeKey, Record, Remark, Settings, Span, Status, Vantage};

/// Every component's timeline.
#[derive(Clone, Debug, Default)]
pub struct Timelines {
    /// Where the fold stopped.
    pub moment: Moment,
    /// In config order.
    pub components: Vec<ComponentTimeline>,
    /// The places that look, in config order.
    pub places: Vec<Place>,
    /// Late rounds, clock steps, records after the moment.
    pub remarks: Vec<Remark>,
}

/// A place that looks.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which.
    pub vantage: Vantage,
    /// Its last round's `t`.
    pub last_round: Option<Moment>,
    /// Its last round was blind: since when (the first of the blind rounds in a row), and why.
    pub blind: Option<(Moment, String)>,
    /// Its rounds that were folded.
    pub rounds: u64,
}

/// One component's timeline.
#[derive(Clone, Debug)]
pub struct ComponentTimeline {
    /// Whose.
    pub id: ComponentId,
    /// Its first record; none: never looked at (or it has no probe).
    pub since: Option<Moment>,
    /// From `since` to the moment, without holes; neighbours differ.
    pub stretches: Vec<Stretch>,
    /// Measured outages, oldest first.
    pub outages: Vec<Outage>,
    /// Blips, oldest first; overlapping ones are one.
    pub blips: Vec<Blip>,
    /// A bad row at the end that is not yet confirmed.
    pub pending: Option<Pending>,
    /// Its last look of any verdict but unknown.
    pub last_look: Option<Moment>,
    /// One entry per probe, in config order.
    pub probes: Vec<ProbeTimeline>,
}

/// A stretch of one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First instant.
    pub from: Moment,
    /// One past the last.
    pub to: Moment,
    /// What is shown.
    pub status: Status,
    /// Whether it was seen: false for no data, and in a window that nobody looked into.
    pub known: bool,
    /// Places that see it down without a quorum (then the status is degraded and nothing counts as an outage).
    pub minority: Vec<Vantage>,
}

/// A measured outage of any level. Holes and maintenance do not end it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// The first bad look.
    pub from: Moment,
    /// The round (or second look) that confirmed it.
    pub seen: Moment,
    /// The first good look after it, and the look that confirmed that; none: still open.
    pub end: Option<OutageEnd>,
    /// The worst status in it.
    pub worst: Status,
    /// Whether no pending row and no late look within `gap` could still undo its opening.
    pub firm: bool,
    /// Short good rows inside it: from, to.
    pub come_backs: Vec<(Moment, Moment)>,
    /// Why, per probe and place: the first look of each differing reason, oldest first.
    pub reasons: Vec<Reason>,
}

/// How an outage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageEnd {
    /// The first good look.
    pub at: Moment,
    /// The look that confirmed it.
    pub seen: Moment,
    /// Whether no pending row could still undo it.
    pub firm: bool,
}

/// What a failing look said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Which probe.
    pub probe: ProbeKey,
    /// From where.
    pub vantage: Vantage,
    /// First seen.
    pub at: Moment,
    /// Last seen.
    pub last: Moment,
    /// Looks that said so.
    pub looks: u32,
    /// Where it failed.
    pub phase: Option<String>,
    /// Public words.
    pub why: String,
}

/// A bad row too short to be an outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blip {
    /// Its first bad look.
    pub from: Moment,
    /// The next good look, or where its last look stops vouching.
    pub to: Moment,
    /// Public words of its first look.
    pub why: String,
}

/// A bad row at the end of a strip: "being checked".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its first bad look.
    pub from: Moment,
    /// Public words of its last look.
    pub why: String,
}

/// One probe's own figures.
#[derive(Clone, Debug)]
pub struct ProbeTimeline {
    /// Whose.
    pub key: ProbeKey,
    /// Its last look from any place: when, verdict word, latency in ms, and why.
    pub last: Option<LastLook>,
    /// Latency of looks that were up or degraded, per hour (UTC hour start, buckets of RECORD.md), oldest first.
    pub latency: Vec<(Moment, Buckets)>,
}

/// A probe's last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastLook {
    /// When.
    pub at: Moment,
    /// What it concluded.
    pub verdict: crate::model::Verdict,
    /// Latency.
    pub ms: Option<u32>,
    /// Public words; empty when up.
    pub why: String,
}

/// Counts per latency bucket: x below 64, else `64·e + (x >> e)` with `e = bits(x) − 7` (RECORD.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets(pub std::collections::BTreeMap<u32, u32>);

/// Uptime and coverage of a window, exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// The window, from the component's first record at the earliest, in ms.
    pub window_ms: i64,
    /// Known time, in ms.
    pub known_ms: i64,
    /// Known time outside maintenance, in ms: `D`.
    pub counted_ms: i64,
    /// Σ weight·time, in tenths of ms.
    pub down_tenth_ms: i64,
}

/// Folds the set of records with `t ≤ moment`.
pub fn fold(records: &[Record], settings: &Settings, moment: Moment) -> Timelines {
    let _ = (records, settings);
    Timelines { moment, ..Timelines::default() }
}

impl ComponentTimeline {
    /// Uptime and coverage of `[from, to)`.
    pub fn figure(&self, from: Moment, to: Moment) -> Figure {
        let _ = (from, to);
        Figure::default()
    }

    /// The status at a moment: that of the stretch holding it.
    pub fn status_at(&self, at: Moment) -> Status {
        self.stretches.iter().find(|s| s.from <= at && at < s.to).map_or(Status::NoData, |s| s.status)
    }

    /// The status at the end.
    pub fn status(&self) -> Status {
        self.stretches.last().map_or(Status::NoData, |s| s.status)
    }
}

/// The recorded values of one probe's field over a window, oldest first, all places.
pub fn values(records: &[Record], probe: &ProbeKey, field: &str, from: Moment, to: Moment) -> Vec<(Moment, f64)> {
    let _ = (records, probe, field, from, to);
    Vec::new()
}

/// The length of a window, for callers that show it.
pub fn length(from: Moment, to: Moment) -> Span {
    to - from
}
