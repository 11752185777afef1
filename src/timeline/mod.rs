//! Folds records into stretches of one status, uptime and latency.
//!
//! - Takes: the set of records, the settings, and the moment to stop at.
//! - Gives: one timeline per component, without holes: what was not seen is `NoData`.
//! - Touches: nothing.
//! - Never: asks what time it is, or calls a stretch an incident.

mod behind;
mod blip;
mod bucket;
mod cadence;
mod clock;
mod cut;
mod day;
mod figure;
mod forget;
mod gather;
mod history;
mod keep;
mod level;
mod outage;
mod recorded;
mod strip;
mod summary;
mod sweep;
mod window;

#[cfg(test)]
mod tests;

use crate::model::{ComponentId, History, Hours, Moment, ProbeKey, Remark, Settings, Status, Vantage, Verdict};

pub use cadence::{Cadence, Fit, cadence};
pub use clock::set_aside;
pub use cut::cut;
pub use day::{Day, Month, WINDOWS, Window, days, days_from, last_24h, last_days, months};
pub use figure::{GroupFigure, group_figure};
pub use forget::{HOURS, forget};
pub use history::{edges, history, history_after, whole, window_edges};
pub use keep::{Near, keep, near};
pub use recorded::{Heard, hours, rounds, values};
pub use summary::{condense, ends, join, lies_across, summarise};

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
    /// From `since` to the moment, without holes; neighbours differ. The last one holds the moment itself, so it is
    /// empty where the status changed exactly then.
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
    /// The `t` of the round that confirmed it, itself or by its second look, but not before `from`. From this moment on a
    /// fold knows of it.
    pub seen: Moment,
    /// The first good look after it, and the look that confirmed that; none: still open.
    pub end: Option<OutageEnd>,
    /// The worst status in it.
    pub worst: Status,
    /// Whether no pending row and no late look within `gap` could still undo its opening.
    ///
    /// A pending bad row can undo it in one way only: once finished, it reaches back over the end of the outage before
    /// (by itself, or with the blips less than `blip_within` before it, as flapping), so that the two are one and
    /// nothing opened here. So it is firm when the end before it is. That an earlier beginning may still be found
    /// undoes nothing: a journaled `at` stands.
    ///
    /// With several strips it may also rest on a level that is about to end (a good row, not yet confirmed, began in a
    /// strip at or before this opening), or on a place that says nothing because its bad row has nothing good near it
    /// and may turn out to be a blip. Where the level would not hold otherwise, it waits for that row. A late look can
    /// undo it where it rests on fewer places than the quorum because the others were not known; then it is firm `gap`
    /// after it began.
    pub firm: bool,
    /// Short good rows inside it (below the level that was open): from, to.
    pub come_backs: Vec<(Moment, Moment)>,
    /// Why, per probe and place: the first look of each differing reason, oldest first.
    pub reasons: Vec<Reason>,
}

/// How an outage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageEnd {
    /// The first good look.
    pub at: Moment,
    /// The `t` of the round that confirmed it, itself or by its second look, but not before `at`.
    pub seen: Moment,
    /// Whether no pending row could still undo it.
    ///
    /// A bad row at the end of a strip reaches back to its first look, or to the first of the blips that it would
    /// flap with. A flapping outage reaches back to its own start until its last blip is `blip_within` ago, since one
    /// more blip would carry it on. Where as many strips of a probe as the vote needs reach back to `at` or before,
    /// the end may still vanish (one strip where one probe up is enough). A come-back undoes no end: until a good row is
    /// confirmed, there is none. An end may still be found to lie earlier; a journaled `at` stands.
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
    /// Latency of looks that were up or degraded, by UTC hour, from each place.
    pub latency: Vec<Hours>,
}

/// A probe's last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastLook {
    /// When.
    pub at: Moment,
    /// What it concluded.
    pub verdict: Verdict,
    /// Latency.
    pub ms: Option<u32>,
    /// Public words; empty when up.
    pub why: String,
}

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

/// Folds what was seen up to the moment, by the rules of MEANING.md, "From looks to a status". The history holds
/// nothing later than the moment (see [`history()`]).
///
/// What a record holds counts with the record: a second look a few seconds after its round is known at the round's
/// `t`. Linear in the number of runs.
pub fn fold(history: &History, settings: &Settings, moment: Moment) -> Timelines {
    let gathered = gather::gather(history, settings, moment);
    let components =
        (0..settings.components.len()).map(|i| outage::component(&gathered, settings, i, moment)).collect();
    Timelines { moment, components, places: gathered.places, remarks: gathered.remarks }
}

impl ComponentTimeline {
    /// The status at a moment: that of the stretch holding it; the last one also holds the moment of the fold.
    /// Before the first record it is no data.
    pub fn status_at(&self, at: Moment) -> Status {
        self.holding(at).map_or(Status::NoData, |s| s.status)
    }

    /// The stretch that holds a moment; the last one also holds its own end.
    fn holding(&self, at: Moment) -> Option<&Stretch> {
        let after = self.stretches.partition_point(|s| s.from <= at);
        let stretch = &self.stretches[after.checked_sub(1)?];
        (at < stretch.to || (after == self.stretches.len() && at == stretch.to)).then_some(stretch)
    }

    /// A component that nobody has looked at.
    pub fn blank(id: ComponentId) -> Self {
        Self {
            id,
            since: None,
            stretches: Vec::new(),
            outages: Vec::new(),
            blips: Vec::new(),
            pending: None,
            last_look: None,
            probes: Vec::new(),
        }
    }

    /// The status at the end.
    pub fn status(&self) -> Status {
        self.stretches.last().map_or(Status::NoData, |s| s.status)
    }

    /// Whether an outage of any level is open at the end, seen or not (a hole and a window do not end one).
    pub fn failing(&self) -> bool {
        self.outages.last().is_some_and(|o| o.end.is_none())
    }

    /// Whether nobody can vouch for it at the end: no data, or a maintenance window (MEANING: in a window a member
    /// counts as unseen).
    pub fn unseen(&self) -> bool {
        matches!(self.status(), Status::NoData | Status::Maintenance)
    }

    /// Whether an incident may call it quiet at the end: neither bad nor pending nor unseen.
    pub fn quiet(&self) -> bool {
        !self.failing() && self.pending.is_none() && !self.unseen() && !self.status().is_bad()
    }

    /// Whether it failed, as known in the round at `at`: an outage was confirmed by then, and its end was not.
    pub fn failing_as_known_at(&self, at: Moment) -> bool {
        self.outages.iter().rev().any(|o| o.seen <= at && o.end.is_none_or(|end| at < end.seen))
    }
}
