//! Tells people what is due and not told; one file per channel.
//!
//! - Takes: the book, the desk's records and the channels.
//! - Gives: what is due to each channel; after sending, what came of it.
//! - Touches: network, child processes.
//! - Never: forgets a notification, or repeats one with another id.

mod command;
mod event;
mod payload;
mod plan;
mod send;
mod story;
mod webhook;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::model::{Givens, Key, Refusal};

pub use command::Command;
pub use event::{Event, EventKind, events};
pub use plan::{Delivery, operator_trouble, plan};
pub use send::{Refused, Told, send, tell};
pub use story::{Affected, FailedProbe, IncidentFacts, MaintenanceFacts, Story};
pub use webhook::Webhook;

/// Somewhere that news goes.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its id in the config.
    pub id: String,
    /// The kind, with its options.
    pub kind: ChannelKind,
    /// Which events it wants: `opened`, `changed`, `recovered`, `update`, `maintenance`.
    pub when: Vec<String>,
    /// It belongs to the operator: it may hear of internal components and of incidents without a public page.
    pub internal: bool,
}

/// A kind of channel with its options.
#[derive(Clone, Debug)]
pub enum ChannelKind {
    /// A POST of our own JSON.
    Webhook(Webhook),
    /// Any other program, with the JSON on its standard input.
    Command(Command),
}

impl ChannelKind {
    /// Takes relative paths in its options as relative to the site's folder, not to wherever the run was started.
    pub fn in_site(&mut self, site: &Path) {
        match self {
            Self::Command(command) => command.in_site(site),
            Self::Webhook(_) => {}
        }
    }
}

/// What a kind of channel is, for the config's reader and the documents.
#[derive(Clone, Copy, Debug)]
pub struct ChannelInfo {
    /// The word in the config.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Its keys beside `id`, `kind`, `when` and `internal`.
    pub keys: &'static [Key],
    /// Reads its options.
    pub read: fn(&Givens) -> Result<ChannelKind, Vec<Refusal>>,
}

/// Every kind of channel that this build has.
pub const CHANNELS: &[ChannelInfo] = &[webhook::INFO, command::INFO];

/// The events that a channel may ask for, and gets by default.
pub const EVENTS: &[&str] = &["opened", "changed", "recovered", "update", "maintenance"];
