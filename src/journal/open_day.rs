//! A compressed day opened to be rolled up: its records, those around it, and whether it can be rolled up at all.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::journal::JournalError;
use crate::journal::compact::{self, Tried};
use crate::journal::files::{self, Day, Listing};
use crate::journal::forms::Form;
use crate::journal::seal;
use crate::journal::verify::{ChainRows, Row};
use crate::journal::wire::{self, Names};
use crate::model::{Body, ChainName, Link, Record, Round};

/// So many files before a day, and so many after it, tell whether its clock was right. A clock that was corrected shows
/// in the rounds that follow; only one that went back for days shows further away.
const BEFORE: usize = 2;
const AFTER: usize = 3;

/// A day that can be rolled up.
#[derive(Debug)]
pub struct OpenDay {
    /// Which, in UTC.
    pub day: NaiveDate,
    /// Its records, in the order of `n`.
    pub records: Vec<Record>,
    /// Its rounds and those of the files around it, in the order of `n`, each with its time and its gap alone.
    pub around: Vec<Record>,
    /// The lines of the records that are no rounds.
    pub(super) others: Vec<Vec<u8>>,
    pub(super) first: Link,
    pub(super) last: Link,
    /// SHA-256 of its raw bytes.
    pub(super) raw: String,
    /// SHA-256 of its compressed file.
    pub(super) file: String,
    /// The size of that file.
    pub(super) bytes: u64,
}

/// Opens one compressed day of a chain after the other, oldest first.
#[derive(Debug)]
pub struct Opener<'a> {
    chain: &'a ChainName,
    folder: PathBuf,
    listing: Listing,
    /// The rounds of the files that were read last.
    near: VecDeque<(Day, Vec<Record>)>,
    names: Names,
}

impl<'a> Opener<'a> {
    /// Lists the chain's files.
    pub fn new(root: &Path, chain: &'a ChainName) -> Result<Self, JournalError> {
        let (folder, listing) = (root.join(chain.as_str()), files::list(root, chain)?);
        Ok(Self { chain, folder, listing, near: VecDeque::new(), names: Names::default() })
    }

    /// Opens a day. What cannot be rolled up, because then something could not be proved any more, stays as it is.
    pub fn open(&mut self, day: NaiveDate) -> Tried<OpenDay> {
        let Some(number) = Day::of_date(day) else { return Ok(Err("no file can be called so".to_owned())) };
        let path = Form::Zipped.path(&self.folder, number);
        let fail = |e| JournalError::io(&path, "the day's file cannot be read", e);
        let rows = ChainRows::of(self.chain, vec![(number, path.clone())])?;
        let (first, last) = match follows(&rows) {
            Ok(ends) => ends,
            Err(why) => return Ok(Err(why)),
        };
        let (mut records, mut others) = (Vec::with_capacity(rows.rows.len()), Vec::new());
        let (chain, names) = (self.chain, &mut self.names);
        files::lines(&path, |line| {
            if let Ok(read) = wire::decode(chain, line.bytes, names) {
                if !matches!(read.record.body, Body::Round(_)) {
                    others.push(line.bytes.to_vec());
                }
                records.push(read.record);
            }
        })?;
        if others.len() == records.len() {
            return Ok(Err("it holds no round".to_owned()));
        }
        let raw = compact::hash(&path, false).map_err(fail)?;
        let gz = fs::read(&path).map_err(fail)?;
        let (file, bytes) = (seal::sha256_hex(&gz), gz.len() as u64);
        let around = self.around(number)?;
        Ok(Ok(OpenDay { day, records, around, others, first, last, raw, file, bytes }))
    }

    fn around(&mut self, day: Day) -> Result<Vec<Record>, JournalError> {
        let at = self.listing.days.partition_point(|(d, _)| *d < day);
        let from = at.saturating_sub(BEFORE);
        let wanted: Vec<_> = self.listing.days[from..self.listing.days.len().min(at + 1 + AFTER)].to_vec();
        self.near.retain(|(known, _)| wanted.iter().any(|(d, _)| d == known));
        for (d, path) in wanted {
            if !self.near.iter().any(|(known, _)| *known == d) {
                let rounds = self.rounds(d, &path)?;
                self.near.push_back((d, rounds));
            }
        }
        let mut around: Vec<Record> = self.near.iter().flat_map(|(_, rounds)| rounds.iter().cloned()).collect();
        around.sort_by_key(|r| r.n);
        Ok(around)
    }

    fn rounds(&mut self, day: Day, path: &Path) -> Result<Vec<Record>, JournalError> {
        // Meanwhile a raw file may have been compressed.
        let zipped = Form::Zipped.path(&self.folder, day);
        let path = if path.exists() { path } else { &zipped };
        let (chain, names) = (self.chain, &mut self.names);
        let mut rounds = Vec::new();
        files::lines(path, |line| {
            let Ok(read) = wire::decode(chain, line.bytes, names) else { return };
            if let Body::Round(round) = &read.record.body {
                let body = Body::Round(Round { gap: round.gap, ..Round::default() });
                rounds.push(Record { body, ..read.record });
            }
        })?;
        Ok(rounds)
    }
}

/// The first and the last record of a day of which each record follows the one before it, and of which no byte is
/// named from another file.
fn follows(rows: &ChainRows) -> Result<(Link, Link), String> {
    let link = |row: &Row| Link { n: row.n, prev: row.p.clone(), head: row.h.clone() };
    let Some((first, last)) = rows.rows.first().zip(rows.rows.last()) else {
        return Err("it holds no record".to_owned());
    };
    if let Some(pair) = rows.rows.windows(2).find(|pair| pair[1].n != pair[0].n + 1 || pair[1].p != pair[0].h) {
        let (n, before) = (pair[1].n, pair[0].n);
        return Err(format!("record {n} does not follow record {before} (a clock that went back, or a fork)"));
    }
    let mut named = 0;
    for gap in &rows.gaps {
        let skip = gap.before.and_then(|row| rows.rows[row].skip.as_ref()).filter(|skip| skip.bytes == gap.bytes);
        if skip.is_none_or(|skip| rows.hash_of(gap).ok().as_ref() != Some(&skip.sha256)) {
            return Err(format!("line {}: torn bytes that a record of another day names", gap.line));
        }
        named += 1;
    }
    if rows.rows.iter().filter(|row| row.skip.is_some()).count() != named {
        return Err("a record of it names torn bytes of another day".to_owned());
    }
    Ok((link(first), link(last)))
}
