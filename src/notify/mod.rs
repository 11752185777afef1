//! Tells people what is due and not told; one file per channel.
//!
//! - Takes: the book, the desk's records and the channels.
//! - Gives: what is due to each channel; after sending, what came of it.
//! - Touches: network, child processes.
//! - Never: forgets a notification, or repeats one with another id.

use crate::model::{Givens, Key, Refusal};

/// Somewhere that news goes.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its id in the config.
    pub id: String,
    /// The kind, with its options.
    pub kind: ChannelKind,
    /// Which events it wants: `opened`, `changed`, `recovered`, `update`, `maintenance`.
    pub when: Vec<String>,
}

/// A kind of channel with its options.
#[derive(Clone, Debug)]
pub enum ChannelKind {}

/// What a kind of channel is, for the config's reader and the documents.
#[derive(Clone, Copy, Debug)]
pub struct ChannelInfo {
    /// The word in the config.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Its keys beside `id`, `kind` and `when`.
    pub keys: &'static [Key],
    /// Reads its options.
    pub read: fn(&Givens) -> Result<ChannelKind, Vec<Refusal>>,
}

/// Every kind of channel that this build has.
pub const CHANNELS: &[ChannelInfo] = &[];
