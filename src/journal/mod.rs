//! Keeps what was seen, in order, and proves it whole.
//!
//! - Takes: bodies to append, a folder to read, or the address of a published copy.
//! - Gives: records with their hashes; remarks on what is damaged, with file and line.
//! - Touches: disk, the `save` command, HTTP (reading a published copy).
//! - Never: changes or deletes a record, or repairs one in place.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{Body, ChainName, Head, JournalSettings, Moment, Record, Remark, Span};

mod body;
mod copy;
mod files;
mod links;
mod lock;
mod read;
mod save;
mod seal;
mod shelf;
mod stat;
mod torn;
mod verify;
mod walk;
mod when;
mod wire;
mod write;

#[cfg(test)]
mod tests;

pub use copy::check_index;
pub use copy::fetch::{Part, Tell, fetch};
pub use copy::index::{Content, Index, Listed, index_schema};
pub use copy::rules::{Published, WindowRule, read_rules, rules, rules_schema};
pub use lock::{Lock, lock};
pub use shelf::{DayName, Form, is_chain, shelf};
pub use stat::{ChainStat, Stat, stat};
pub use verify::{ChainProof, Finding, Verification, VerifyOptions, verify};
pub use walk::{Range, Walked, walk};

/// What stands in a journal.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Every whole record, chain by chain in name order, each in the order of `n`.
    pub records: Vec<Record>,
    /// The head of each chain.
    pub heads: BTreeMap<ChainName, ChainHead>,
    /// What is damaged or surprising.
    pub remarks: Vec<Remark>,
}

/// The last whole record of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainHead {
    /// Its hash.
    pub head: Head,
    /// Its number.
    pub n: u64,
    /// Its time.
    pub t: Moment,
}

/// Why the journal could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk said no.
    #[error("{path}: {what}: {source}")]
    Io {
        /// Where.
        path: String,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The `save` command failed or hung.
    #[error("the journal's save command {0}; nothing was published or told")]
    Save(String),
    /// Another run, or another append, did not end in time.
    #[error("{path}: {who} holds it; waited {waited}")]
    Locked {
        /// The lock.
        path: String,
        /// Its holder, as far as it is known: "process 1234".
        who: String,
        /// How long it was waited for.
        waited: Span,
    },
    /// A published copy could not be fetched.
    #[error("{url}: {why}")]
    Fetch {
        /// Where.
        url: String,
        /// Why not, and what to do.
        why: String,
    },
    /// This cannot stand in a journal. Nothing was written.
    #[error("{0}")]
    Unwritable(String),
}

impl JournalError {
    fn io(path: &Path, what: &'static str, source: std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), what, source }
    }
}

/// The chains under `root`, in name order. A missing folder has none.
pub fn chains(root: &Path) -> Result<Vec<ChainName>, JournalError> {
    files::chains(root)
}

/// Reads every chain under `root`. A missing folder is an empty journal. Each line's checksum is verified; what is
/// damaged is stepped around and remarked. A record that is whole by its own hash is read also where its number or
/// its predecessor does not fit; a record that stands twice is read once.
pub fn read(root: &Path) -> Result<Reading, JournalError> {
    read::read(root)
}

/// Reads the last `count` records of one chain, oldest first, without reading its older days.
pub fn tail(root: &Path, chain: &ChainName, count: usize) -> Result<Vec<Record>, JournalError> {
    read::tail(root, chain, count)
}

/// Appends bodies to one chain: one write, then fdatasync, per day file. Returns the records as they now stand:
/// a recorded value that is no number (NaN, infinite) is left out.
/// It does not run the `save` command: see [`save()`].
///
/// On an error nothing more than was already written in whole days counts as saved. Torn bytes that stand in the way
/// are stepped over and named by the record's `skip`.
pub fn append(root: &Path, chain: &ChainName, bodies: &[(Moment, Body)]) -> Result<Vec<Record>, JournalError> {
    write::append(root, chain, bodies)
}

/// Runs the configured `save` command, where there is one. Until it returns, nothing counts as saved.
pub fn save(site: &Path, settings: &JournalSettings) -> Result<(), JournalError> {
    save::save(site, settings)
}
