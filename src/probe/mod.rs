//! Looks at every target once, within limits.
//!
//! - Takes: the plans of all probes, how the run may behave, what is known of their last looks, and the moment.
//! - Gives: one look per probe that was due, each with its verdict, phases, reason and story.
//! - Touches: network, disk (heartbeat files).
//! - Never: fails as a whole because a target did; a failure of the world is data. Never runs past the deadline.

use std::collections::BTreeMap;

use crate::expr::{Assertion, Facts, Field};
use crate::model::{Detail, Givens, Key, Moment, ProbeKey, Refusal, Round, RunSettings, Span, Verdict, Visibility};

/// What one probe does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `<component>/<name>`.
    pub key: ProbeKey,
    /// The kind, with its options.
    pub kind: Kind,
    /// How long one try may take. Range 10 ms to 10 min.
    pub timeout: Span,
    /// More tries within a look after a failed one, each with a fresh connection. Range 0 to 10.
    pub retries: u32,
    /// Looks only when its last look is this old; none: every round.
    pub every: Option<Span>,
    /// How long its look vouches.
    pub gap: Span,
    /// Bad looks in a row that confirm an outage (the component's `open_after`).
    pub open_after: u32,
    /// When a bad look that is not yet confirmed is followed by a second one.
    pub confirm_after: Option<Span>,
    /// What must hold for up.
    pub expect: Vec<Assertion>,
    /// What makes it degraded.
    pub degraded_if: Vec<Assertion>,
    /// Numeric fields to record, as dotted paths.
    pub record: Vec<String>,
    /// Who may know of it.
    pub visibility: Visibility,
}

/// A kind of probe with its options.
#[derive(Clone, Debug)]
pub enum Kind {}

/// What a kind is, for the config's reader and the documents.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// The word in the config.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Its keys beside the common ones.
    pub keys: &'static [Key],
    /// What its assertions may name.
    pub fields: &'static [Field],
    /// Reads its options. All refusals at once.
    pub read: fn(&Givens) -> Result<Kind, Vec<Refusal>>,
}

/// Every kind that this build has.
pub const KINDS: &[KindInfo] = &[];

impl Kind {
    /// The word in the config.
    pub fn name(&self) -> &'static str {
        match *self {}
    }

    /// The target's host, for grouping; none for a file.
    pub fn host(&self) -> Option<String> {
        match *self {}
    }
}

/// What is known of a probe's last looks from this place.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// Its last look.
    pub at: Moment,
    /// Bad looks in a row up to it.
    pub bad_row: u32,
}

/// What one try or look saw.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The verdict.
    pub verdict: Verdict,
    /// The latency, or the time that was waited.
    pub ms: Option<u32>,
    /// Where it failed.
    pub phase: Option<&'static str>,
    /// Why, in public words without addresses; empty when up.
    pub why: String,
    /// The operator's story: addresses, raw errors; secrets redacted.
    pub detail: String,
    /// How often it was tried.
    pub tries: u32,
    /// How long each phase took.
    pub phases: Vec<(&'static str, Span)>,
    /// What assertions saw.
    pub facts: Facts,
    /// Recorded values.
    pub rec: Vec<(String, f64)>,
}

/// One probe's look in this round.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whose.
    pub key: ProbeKey,
    /// What it saw.
    pub first: Observation,
    /// The second look, with its time after the round's `t`.
    pub second: Option<(Span, Observation)>,
}

/// All looks of one run.
#[derive(Clone, Debug)]
pub struct Looked {
    /// In the order of the plans; probes that were not due are missing.
    pub looks: Vec<Look>,
    /// Why this place saw nothing: every canary failed.
    pub blind: Option<String>,
    /// How long it took.
    pub took: Span,
}

/// Looks at everything that is due, on one thread, and ends by the deadline.
pub fn round(plans: &[Plan], run: &RunSettings, past: &BTreeMap<ProbeKey, Past>, now: Moment) -> Looked {
    let _ = (plans, run, past, now);
    Looked { looks: Vec::new(), blind: None, took: Span::ZERO }
}

/// Cuts a round in what may be published and what may not, ready for the journal: the public round, the internal
/// one (where internal probes looked), and the details of all failed looks (internal).
pub fn records(looked: &Looked, plans: &[Plan], run: &RunSettings) -> (Round, Option<Round>, Vec<Detail>) {
    let _ = (looked, plans, run);
    (Round::default(), None, Vec::new())
}
