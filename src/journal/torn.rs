//! Bytes that are no whole record, held against the `skip` of the records that stepped over them.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::journal::JournalError;
use crate::journal::seal;
use crate::journal::verify::{ChainRows, Found, Gap, Row};
use crate::model::{Head, Skip};

/// Damage that a `skip` names is a remark; damage that none names is fatal, and so is a `skip` that names other bytes
/// than stand there.
pub(super) fn check(chain: &ChainRows, by_hash: &HashMap<Head, usize>) -> Result<Vec<Found>, JournalError> {
    let mut found = Vec::new();
    let mut named: HashMap<usize, u64> = HashMap::new();
    for (i, row) in chain.rows.iter().enumerate() {
        let Some(skip) = &row.skip else { continue };
        let Some(gaps) = stepped_over(chain, by_hash, i, skip)? else {
            let text = format!("record {} skips {} bytes, but not those that stand before it", row.n, skip.bytes);
            found.push((row.file, row.line, text, true));
            continue;
        };
        named.extend(gaps.into_iter().map(|gap| (gap, row.n)));
    }
    for (i, gap) in chain.gaps.iter().enumerate() {
        let by = named.get(&i);
        found.push((gap.file, gap.line, describe(gap, by.copied()), by.is_none()));
    }
    Ok(found)
}

fn describe(gap: &Gap, by: Option<u64>) -> String {
    let Gap { bytes, flaw, .. } = gap;
    match by {
        Some(n) => format!("{bytes} bytes are no whole record; record {n} names and skips them"),
        None if *bytes == 0 => "an empty line, which nobody should have written".to_owned(),
        None if gap.before.is_none() && gap.after.is_some() => {
            format!("{bytes} bytes at the end of the file are no whole record: the line {}", flaw.words())
        }
        None => format!("{bytes} bytes are no whole record, and no record skips them: the line {}", flaw.words()),
    }
}

/// The gaps that a record's `skip` names, if it names what is there: behind the record before it, in files between
/// that hold no record, and directly above it.
fn stepped_over(
    chain: &ChainRows,
    by_hash: &HashMap<Head, usize>,
    row: usize,
    skip: &Skip,
) -> Result<Option<BTreeSet<usize>>, JournalError> {
    let here = &chain.rows[row];
    let before: Option<(usize, &Row)> = by_hash.get(&here.p).map(|i| (*i, &chain.rows[*i]));
    let mut parts: [BTreeSet<usize>; 3] = Default::default();
    for (i, gap) in chain.gaps.iter().enumerate() {
        let between = gap.file < here.file && before.is_none_or(|(_, b)| gap.file > b.file);
        if gap.before == Some(row) {
            parts[0].insert(i);
        } else if before.is_some_and(|(b, _)| gap.after == Some(b)) {
            parts[1].insert(i);
        } else if between && gap.after.is_none() {
            parts[2].insert(i);
        }
    }
    // A gap that is there now need not have been there, or been open, when the record was written.
    for mask in (1..8_u8).rev() {
        let gaps: BTreeSet<usize> =
            (0..3).filter(|part| mask & (1 << part) != 0).flat_map(|part| parts[part].iter().copied()).collect();
        let bytes: u64 = gaps.iter().map(|i| chain.gaps[*i].bytes).sum();
        if bytes == skip.bytes && bytes > 0 && hash(chain, &gaps)? == skip.sha256 {
            return Ok(Some(gaps));
        }
    }
    Ok(None)
}

fn hash(chain: &ChainRows, gaps: &BTreeSet<usize>) -> Result<String, JournalError> {
    let mut hash = Sha256::new();
    for gap in gaps.iter().map(|i| &chain.gaps[*i]) {
        let path = &chain.files[gap.file].1;
        add(path, gap, &mut hash).map_err(|e| JournalError::io(path, "its torn bytes cannot be read", e))?;
    }
    Ok(seal::hex(&hash.finalize()))
}

fn add(path: &Path, gap: &Gap, hash: &mut Sha256) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(gap.offset))?;
    let mut rest = file.take(gap.bytes);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = rest.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        hash.update(&buffer[..read]);
    }
}
