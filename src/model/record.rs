//! What stands in the journal, as nouns. The wire form lives in `journal`.

use std::path::PathBuf;

use chrono::NaiveDate;

use crate::model::{ChainName, ComponentId, Head, IncidentId, Moment, ProbeKey, Span, Verdict};

/// One record of one chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The chain it stands in.
    pub chain: ChainName,
    /// Its place in the chain, from 0.
    pub n: u64,
    /// When it was made.
    pub t: Moment,
    /// The head before it.
    pub prev: Head,
    /// Its own hash.
    pub head: Head,
    /// What it says.
    pub body: Body,
    /// Bytes before it that are no whole record.
    pub skip: Option<Skip>,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// All looks of one run from one place.
    Round(Round),
    /// What the operator may know of failed looks; never folded.
    Details(Vec<Detail>),
    /// The desk opened, joined, recovered, … an incident.
    Incident(DeskIncident),
    /// The desk declared a maintenance window.
    Maintenance(DeskMaintenance),
    /// The desk published words for the first time, or changed ones.
    Words(DeskWords),
    /// A channel was seen in the config for the first time: nothing before it is due to it.
    Channel(String),
    /// A notification is about to be sent.
    Try(Try),
    /// It was taken.
    Sent(Try),
    /// It never will be.
    GaveUp(Try),
    /// Two heads of a fork, joined.
    Join(Head, Head),
    /// A closed day of this chain was written anew in fewer bytes: what it was, and what it is now.
    Pin(Pin),
    /// A body of a later version: kept whole, folded by nobody.
    Other(String),
}

/// All looks of one run from one place. A probe that is not named was not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Round {
    /// How long its looks vouch.
    pub gap: Span,
    /// Probes whose looks vouch for another time.
    pub gaps: Vec<(ProbeKey, Span)>,
    /// How long the round took.
    pub took: Span,
    /// Why its bad looks say nothing about the targets: every canary failed.
    pub blind: Option<String>,
    /// Plainly up at `t`, with the latency in milliseconds.
    pub up: Vec<(ProbeKey, u32)>,
    /// Every look that was not plainly up at `t`, and every second look.
    pub not: Vec<Seen>,
    /// Recorded values per probe.
    pub rec: Vec<(ProbeKey, Vec<(String, f64)>)>,
}

/// One look of a round's `not`.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Whose look it was.
    pub id: ProbeKey,
    /// The verdict; `Up` only with `after`.
    pub is: Verdict,
    /// Latency in milliseconds, where something answered or a time ran out.
    pub ms: Option<u32>,
    /// A second look: this long after the record's `t`.
    pub after: Option<Span>,
    /// Where it failed: `dns`, `connect`, `tls`, `first_byte`, `transfer`, `expect`, …
    pub phase: Option<String>,
    /// Why, in public words without addresses.
    pub why: String,
    /// How often it was tried.
    pub tries: u32,
}

/// What the operator may know of a failed look: addresses and raw errors, secrets already redacted.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// Whose look it was.
    pub id: ProbeKey,
    /// The raw story.
    pub text: String,
}

/// A step in an incident's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncidentStep {
    /// It begins, with its first members.
    Open,
    /// More members.
    Join,
    /// Members are well again.
    Recover,
    /// A member fails again.
    Relapse,
    /// It is over.
    Resolve,
}

/// The desk's word about an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskIncident {
    /// Which.
    pub id: IncidentId,
    /// What happened.
    pub step: IncidentStep,
    /// When it happened.
    pub at: Moment,
    /// The round that confirmed it.
    pub seen: Moment,
    /// To whom.
    pub components: Vec<ComponentId>,
}

/// The desk's word about a maintenance window. `ends` = `starts` cancels it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskMaintenance {
    /// The write-up's file stem, with `@<start>` for one occurrence of a recurring one.
    pub id: String,
    /// Begins.
    pub starts: Moment,
    /// Ends.
    pub ends: Moment,
    /// Whose.
    pub components: Vec<ComponentId>,
}

/// The desk's word about a write-up's updates: published first, or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskWords {
    /// The file under `incidents/`.
    pub file: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// Each update that is new or changed with this record.
    pub updates: Vec<JournaledUpdate>,
}

/// One update as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournaledUpdate {
    /// The heading's time as published.
    pub stamp: Option<Moment>,
    /// Which of the file's updates it is, from 0, in the file's order of first publication.
    pub key: String,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// A notification that is tried, sent or given up.
#[derive(Clone, Debug, PartialEq)]
pub struct Try {
    /// The channel's id.
    pub channel: String,
    /// The event's id, the same on every try.
    pub event: String,
    /// How often it was tried, from 1.
    pub attempt: u32,
    /// Why it was not taken.
    pub why: Option<String>,
}

/// What pins a closed day that was written anew in fewer bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The UTC day whose file it was.
    pub day: NaiveDate,
    /// The record with the least number in it.
    pub first: Link,
    /// The record with the greatest number in it.
    pub last: Link,
    /// SHA-256 of the day's raw file, hex.
    pub raw: String,
    /// SHA-256 of the file that stands for it, hex.
    pub file: String,
}

/// A record's place in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub n: u64,
    /// The head before it.
    pub prev: Head,
    /// Its own hash.
    pub head: Head,
}

/// Bytes that are no whole record, stepped around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// How many.
    pub bytes: u64,
    /// Their SHA-256, hex.
    pub sha256: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file, as the operator would open it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Something that the operator should know of and that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub origin: Option<Origin>,
    /// What, and what to do.
    pub text: String,
}
