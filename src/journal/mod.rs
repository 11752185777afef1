//! Keeps what was seen, in order, and proves it whole.
//!
//! - Takes: bodies to append, or a folder to read.
//! - Gives: records with their hashes; remarks on what is damaged, with file and line.
//! - Touches: disk, the `save` command.
//! - Never: changes or deletes a record, or repairs one in place.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{Body, ChainName, Head, JournalSettings, Moment, Record, Remark};

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
}

/// Reads every chain under `root`. A missing folder is an empty journal.
pub fn read(root: &Path) -> Result<Reading, JournalError> {
    let _ = root;
    Ok(Reading::default())
}

/// Reads the last `count` records of one chain, oldest first, without reading its older days.
pub fn tail(root: &Path, chain: &ChainName, count: usize) -> Result<Vec<Record>, JournalError> {
    let _ = (root, chain, count);
    Ok(Vec::new())
}

/// Appends bodies to one chain: one write, then fdatasync. Returns the records as they now stand.
/// It does not run the `save` command: see [`save`].
pub fn append(root: &Path, chain: &ChainName, bodies: &[(Moment, Body)]) -> Result<Vec<Record>, JournalError> {
    let _ = (root, chain, bodies);
    Ok(Vec::new())
}

/// Runs the configured `save` command, where there is one. Until it returns, nothing counts as saved.
pub fn save(site: &Path, settings: &JournalSettings) -> Result<(), JournalError> {
    let _ = (site, settings);
    Ok(())
}
