//! Keeps what was seen, in order, and proves it whole.
//!
//! - Takes: bodies to append, a folder to read, or the address of a published copy.
//! - Gives: records with their hashes; remarks on what is damaged, with file and line; closed days in fewer bytes.
//! - Touches: disk, the `save` command, HTTP (reading a published copy).
//! - Never: changes or deletes a record, or repairs one in place. A compacted day is removed only after its pin is saved.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crate::model::{Body, ChainName, Head, History, JournalSettings, Moment, Record, Remark, Span};

mod absent;
mod astray;
mod body;
mod compact;
mod copy;
mod days;
mod desk_form;
mod files;
mod forks;
mod forms;
mod kept;
mod level;
mod links;
mod lock;
mod open_day;
mod packed;
mod pin_form;
mod pinned;
mod read;
mod rollup;
mod save;
mod seal;
mod set_aside;
mod shelf;
mod since;
mod stat;
mod stray;
mod summary_form;
mod torn;
mod verify;
mod walk;
mod when;
mod wire;
mod write;

#[cfg(test)]
mod tests;

pub use absent::Rest;
pub use compact::{PastDay, Ready, Tried, bytes, closed, pins, retire, roll, zip};
pub use copy::check_index;
pub use copy::fetch::{Part, Tell, fetch};
pub use copy::index::{Content, Index, Listed, index_schema};
pub use copy::rules::{Published, WindowRule, read_rules, rules, rules_schema};
pub use days::{ChainTold, DayTold, Make, Told};
pub use forms::Form;
pub use kept::Kept;
pub use lock::{Lock, lock};
pub use open_day::{OpenDay, Opener};
pub use rollup::Rolled;
pub use set_aside::Stamp;
pub use shelf::{DayName, MonthName, days_of, is_chain, months, shelf};
pub use since::Grown;
pub use stat::Size;
pub use verify::{ChainProof, Finding, Verification, VerifyOptions, verify};
pub use walk::{Range, Walked, walk};

/// What stands in a journal.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Every whole record, chain by chain in name order, each in the order of `n`; not those of rolled-up days.
    pub records: Vec<Record>,
    /// The days that are rolled up, chain by chain in name order, each in the order of the calendar.
    pub rolled: Vec<Rolled>,
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

/// How far a chain was read, so that reading can go on there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which chain.
    pub chain: ChainName,
    /// The day of the newest file, as `YYYYMMDD`.
    pub day: u32,
    /// How many of its bytes were read: up to the end of its last whole record.
    pub whole: u64,
    /// How many lines those are.
    pub lines: u32,
    /// The last whole record.
    pub head: ChainHead,
    /// The time of the latest look. A round that claims none later may stand for a look that was read already.
    pub latest: Option<Moment>,
    /// The months that it held.
    pub months: Vec<Month>,
}

/// A month's folder of a chain, as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// Which, as `YYYYMM00`.
    pub month: u32,
    /// When its list of files last changed, in ns since the epoch; 0: nobody could tell.
    pub changed: i64,
    /// Its days, from 1, each with the size of its raw file in bytes, and one more; 0: it may still have grown.
    pub days: Vec<(u32, u64)>,
}

/// Why the journal could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk said no.
    #[error("{path}: {what}: {source}{}", advice(source))]
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

/// What the operator can do about it, where that is known.
fn advice(source: &std::io::Error) -> &'static str {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room there, the next run goes on from here",
        ErrorKind::FileTooLarge => "; raise the limit on a file's size (ulimit -f)",
        ErrorKind::ReadOnlyFilesystem => "; mount it for writing, or move the journal",
        ErrorKind::PermissionDenied => "; let the user who runs this read and write it",
        _ => "",
    }
}

/// The chains under `root`, in name order. A missing folder has none.
pub fn chains(root: &Path) -> Result<Vec<ChainName>, JournalError> {
    files::chains(root)
}

/// How much each chain under `root` holds, in name order; no record is read for it.
pub fn sizes(root: &Path) -> Result<Vec<Size>, JournalError> {
    stat::sizes(root)
}

/// Reads every chain under `root`. A missing folder is an empty journal. Each line's checksum is verified; what is
/// damaged is stepped around and remarked. A record that is whole by its own hash is read also where its number or
/// its predecessor does not fit; a record that stands twice is read once.
pub fn read(root: &Path) -> Result<Reading, JournalError> {
    forms::steady(|| read::read(root))
}

/// Reads one vantage's chain file by file, on all cores, and keeps of each file only what `make` makes of it.
pub fn read_chain(root: &Path, chain: &ChainName, until: Moment, make: &Make<'_>) -> Result<ChainTold, JournalError> {
    forms::steady(|| {
        let months = since::months(root, chain)?;
        let mut told = days::read_chain(root, chain, until, make)?;
        told.position = told.position.map(|position| since::at(root, position, months));
        Ok(told)
    })
}

/// Reads what came to a chain since a position. What claims a time after `until` is read, but the position stays before
/// it. None: the chain must be read anew.
pub fn read_since(root: &Path, from: &Position, until: Moment) -> Result<Option<Grown>, JournalError> {
    forms::steady(|| since::read(root, from, until))
}

/// Reads the rounds of all vantages within some spans of time, both ends included.
pub fn rounds(root: &Path, spans: &[(Moment, Moment)]) -> Result<Vec<Record>, JournalError> {
    forms::steady(|| read::rounds(root, spans))
}

/// Whether days that were read once are not here in any form.
pub fn lacks(root: &Path, from: &Position) -> Result<bool, JournalError> {
    absent::lacks(root, from)
}

/// Reads what is here of a chain of which a part is not, where it cannot simply be read on: what came after the position
/// counts, what a merge brought from before it does not. None: all of it is here, or it was begun anew.
pub fn read_rest(root: &Path, from: &Position, until: Moment) -> Result<Option<Rest>, JournalError> {
    absent::rest(root, from, until)
}

/// A chain of which every record is in memory.
#[derive(Debug)]
pub struct Whole {
    /// In the order of `n`.
    pub records: Vec<Record>,
    /// What is odd about them.
    pub remarks: Vec<Remark>,
    /// How far it was read; none where nothing can be read on from it.
    pub position: Option<Position>,
    /// The ends of its branches that nothing joins, that with the greatest number last; empty where it does not fork.
    pub tips: Vec<ChainHead>,
    /// Its first record's time, where those before it stand in days that are not here.
    pub late: Option<Moment>,
}

/// Reads all records of one chain, in the order of `n`, and remarks on what is odd about them.
pub fn read_whole(root: &Path, chain: &ChainName, until: Moment) -> Result<Whole, JournalError> {
    forms::steady(|| {
        let months = since::months(root, chain)?;
        let read::WholeChain { records, remarks, tips, late, .. } = read::read_all(root, chain)?;
        let position = days::position_of(root, chain, &records, until)?;
        let position = position.map(|position| since::at(root, position, months));
        Ok(Whole { records, remarks, position, tips, late })
    })
}

/// Reads the checkpoint under the state's folder; none where there is none that can be used.
pub fn load_kept(state: &Path) -> Option<Kept> {
    kept::load(state)
}

/// Writes the checkpoint, and gives its size in bytes. What goes wrong loses nothing but time.
pub fn save_kept(state: &Path, kept: &Kept) -> Result<usize, JournalError> {
    kept::save(state, kept)
}

/// Removes the checkpoint: the next run reads the record from its beginning.
pub fn drop_kept(state: &Path) {
    kept::drop(state);
}

/// Sets the hours of latency before a moment aside, into a file that few runs read; those before `from` are forgotten.
/// None: what was set aside earlier is not there any more, and the checkpoint is of no use.
pub fn set_aside(state: &Path, kept: &mut Kept, from: Moment, before: Moment) -> Result<Option<()>, JournalError> {
    set_aside::put(state, kept, from, before)
}

/// Whether hours of latency are set aside, and are missing in what this history says of it.
pub fn is_set_aside(history: &History) -> bool {
    set_aside::any(history)
}

/// Puts hours back that were set aside. None: they are not there any more, and nothing says them but the record.
pub fn take_back(state: &Path, history: &mut History, stamp: Option<Stamp>) -> Option<()> {
    set_aside::take_back(state, history, stamp)
}

/// Reads the last `count` records of one chain, oldest first, without reading its older days.
pub fn tail(root: &Path, chain: &ChainName, count: usize) -> Result<Vec<Record>, JournalError> {
    forms::steady(|| read::tail(root, chain, count))
}

/// Reads all records of one chain, in the order of `n`, and remarks on what is odd about them.
pub fn read_one(root: &Path, chain: &ChainName) -> Result<(Vec<Record>, Vec<Remark>), JournalError> {
    forms::steady(|| read::read_one(root, chain))
}

/// Appends bodies to one chain: one write, then fdatasync, per day file. Returns the records as they now stand:
/// a recorded value that is no number (NaN, infinite) is left out.
/// It does not run the `save` command: see [`save()`].
///
/// On an error nothing more than was already written in whole days counts as saved. Torn bytes that stand in the way
/// are stepped over and named by the record's `skip`.
pub fn append(root: &Path, chain: &ChainName, bodies: &[(Moment, Body)]) -> Result<Vec<Record>, JournalError> {
    write::append(root, chain, bodies, None)
}

/// The same, where the chain is known up to a record whose day need not be here: the first new one follows that, unless
/// what is here goes further.
pub fn append_behind(
    root: &Path,
    chain: &ChainName,
    bodies: &[(Moment, Body)],
    known: Option<(&Head, u64)>,
) -> Result<Vec<Record>, JournalError> {
    write::append(root, chain, bodies, known)
}

/// Joins the branches of a forked chain, whose ends these are, and returns the records that do it. To be called by the
/// machine that writes the chain, and by one run at a time.
pub fn join(root: &Path, chain: &ChainName, t: Moment, tips: &[ChainHead]) -> Result<Vec<Record>, JournalError> {
    write::join(root, chain, t, tips)
}

/// SHA-256 of a file, as a pin has it.
#[cfg(test)]
pub fn sha256_of(path: &Path) -> std::io::Result<String> {
    compact::hash(path, true)
}

/// Waits until these heads, and so all before them, are on the disk. Whoever derives something from records that were
/// read calls it first: a run that was killed may have written the last of them and not waited for the disk.
pub fn settle(root: &Path, ends: &[(ChainName, Moment)]) -> Result<(), JournalError> {
    ends.iter().try_for_each(|(chain, t)| write::settle(root, chain, *t))
}

/// Runs the configured `save` command, where there is one. Until it returns, nothing counts as saved.
pub fn save(site: &Path, settings: &JournalSettings) -> Result<(), JournalError> {
    save::save(site, settings)
}
