//! Torn ends that lie away from where a chain is written: a clock that was days ahead or behind left them in a file
//! that no append comes by for a while, or ever.
//!
//! They are named like any other, by the next record. Whether that was done is read from the records themselves:
//! either the first record of the next file stepped over the torn end, or a record of the file that is written to did.
//! So each new file names them once more; that is all they cost.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::journal::JournalError;
use crate::journal::files::{self, Day, End, MAX_LINE_BYTES};
use crate::journal::seal;
use crate::journal::wire::{self, Names};
use crate::model::{ChainName, Skip};

/// How much of a torn end is hashed at a time.
const HASH_BUFFER_BYTES: usize = 64 << 10;
/// What stands in a line that skips something; other lines need not be read as records.
const SKIPS: &[u8] = b",\"skip\":{";

/// Of the torn ends in `away`, those that the first record of the next file has not stepped over.
pub(super) fn unfollowed(
    chain: &ChainName,
    folder: &Path,
    ends: &BTreeMap<Day, End>,
    away: &[Day],
) -> Result<Vec<Day>, JournalError> {
    let mut strays = Vec::new();
    for day in away {
        if !is_followed(chain, folder, ends, *day)? {
            strays.push(*day);
        }
    }
    Ok(strays)
}

/// Of those, the ones that the next record must name: all, or none where a record of its file has named them.
pub(super) fn unnamed(
    chain: &ChainName,
    folder: &Path,
    ends: &BTreeMap<Day, End>,
    strays: Vec<Day>,
    target: Day,
) -> Result<Vec<Day>, JournalError> {
    let Some(skip) = skip_of(folder, ends, &strays)? else { return Ok(Vec::new()) };
    let mut named = false;
    if ends.contains_key(&target) {
        files::lines(&target.path(folder), |line| {
            if !named && line.bytes.windows(SKIPS.len()).any(|part| part == SKIPS) {
                let record = wire::decode(chain, line.bytes, &mut Names::default());
                named = record.is_ok_and(|decoded| decoded.record.skip.as_ref() == Some(&skip));
            }
        })?;
    }
    Ok(if named { Vec::new() } else { strays })
}

/// Whether the first record of the next file stepped over a day's torn end, alone or with those that stood between
/// the two and with what is torn above that record.
fn is_followed(chain: &ChainName, folder: &Path, ends: &BTreeMap<Day, End>, day: Day) -> Result<bool, JournalError> {
    let Some((next, _)) = ends.range(day..).skip(1).find(|(_, end)| end.last.is_some()) else { return Ok(false) };
    let path = next.path(folder);
    let first =
        first_record(chain, &path).map_err(|e| JournalError::io(&path, "its first record cannot be read", e))?;
    let Some((Skip { bytes, sha256 }, above)) = first else { return Ok(false) };
    let mut torn: Vec<Piece> = Vec::new();
    let mut place = 0;
    for (d, end) in ends.range(..next).rev() {
        if end.whole < end.size {
            place = if *d == day { torn.len() } else { place };
            torn.push(Piece::of(folder, *d, end));
        }
        if end.last.is_some() {
            break;
        }
    }
    torn.reverse();
    place = torn.len().saturating_sub(place + 1);
    let above = (above > 0).then_some(Piece { path, from: 0, to: above });
    for from in 0..=place {
        for to in place..torn.len() {
            let pieces = || torn[from..=to].iter().chain(&above);
            if pieces().map(Piece::bytes).sum::<u64>() == bytes && hash(pieces())? == sha256 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The `skip` of a file's first whole record, and how many torn bytes stand above it. Nothing behind it is read.
fn first_record(chain: &ChainName, path: &Path) -> io::Result<Option<(Skip, u64)>> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut line, mut above) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let length = reader.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(None);
        }
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        if let Ok(decoded) = wire::decode(chain, bytes, &mut Names::default()) {
            // The append that made the record put a newline behind what was torn.
            return Ok(decoded.record.skip.map(|skip| (skip, above.saturating_sub(1))));
        }
        above += length as u64;
    }
}

/// Bytes of a file that are no whole record.
struct Piece {
    path: PathBuf,
    from: u64,
    to: u64,
}

impl Piece {
    fn of(folder: &Path, day: Day, end: &End) -> Self {
        Self { path: day.path(folder), from: end.whole, to: end.size }
    }

    fn bytes(&self) -> u64 {
        self.to - self.from
    }

    fn add_to(&self, hash: &mut Sha256) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut rest = file.take(self.bytes());
        let mut buffer = vec![0; HASH_BUFFER_BYTES];
        loop {
            let read = rest.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            hash.update(&buffer[..read]);
        }
    }
}

fn hash<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Result<String, JournalError> {
    let mut hash = Sha256::new();
    for piece in pieces {
        piece.add_to(&mut hash).map_err(|e| JournalError::io(&piece.path, "its torn bytes cannot be read", e))?;
    }
    Ok(seal::hex(&hash.finalize()))
}

/// The torn ends of these days as one `skip`, in the order of the calendar; none where there are none.
pub(super) fn skip_of(folder: &Path, ends: &BTreeMap<Day, End>, days: &[Day]) -> Result<Option<Skip>, JournalError> {
    let pieces: Vec<Piece> = days.iter().filter_map(|day| Some(Piece::of(folder, *day, ends.get(day)?))).collect();
    let bytes = pieces.iter().map(Piece::bytes).sum();
    Ok(if bytes == 0 { None } else { Some(Skip { bytes, sha256: hash(pieces.iter())? }) })
}
