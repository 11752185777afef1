//! The nouns every room speaks in.
//!
//! - Takes: nothing.
//! - Gives: types that cannot be wrong once made, and the few rules that belong to a noun alone.
//! - Touches: nothing.
//! - Never: reads a file, a clock or the network, and never speaks a wire format (no serde here).

mod history;
mod hours;
mod id;
mod keys;
mod print;
mod record;
mod secret;
mod settings;
mod theme;
mod time;
mod verdict;
mod witness;
mod words;
mod zone;

pub use history::{History, HourOf, Later, Run, Strip, Summary, Why};
pub use hours::{Buckets, Hours};
pub use id::{ChainName, ComponentId, Head, IncidentId, ProbeKey, Vantage};
pub use keys::{Given, Givens, Key, Refusal, Takes};
pub use print::{Ink, Print};
pub use record::{
    Body, DeskIncident, DeskMaintenance, DeskWords, Detail, IncidentStep, JournaledUpdate, Link, Origin, Pin, Record,
    Remark, Round, Seen, Skip, Try,
};
pub use secret::Secret;
pub use settings::{
    Announce, Canary, Combine, Component, JournalSettings, Probe, PublishSettings, Rules, RunSettings, Settings, Site,
    Visibility,
};
pub use theme::Theme;
pub use time::{Moment, Span};
pub use verdict::{Impact, IncidentStatus, Level, MaintenanceStatus, Status, Verdict};
pub use witness::{ClosedDay, Witness};
pub use words::{Action, Section, TimelineItem, Update, WriteUp, WriteUpKind};
pub use zone::Zone;
