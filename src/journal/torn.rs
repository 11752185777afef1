//! Bytes that are no whole record, held against the `skip` of the records that stepped over them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::journal::JournalError;
use crate::journal::seal;
use crate::journal::verify::{ChainRows, Found, Gap};
use crate::model::{Head, Skip};

/// The most torn places that one `skip` is searched in; more than two need several crashes in a row.
const MAX_NEAR: usize = 10;

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

/// The gaps that a record's `skip` names, if it names what is there: behind the record before it, directly above it,
/// and where the files between ended when it was written.
fn stepped_over(
    chain: &ChainRows,
    by_hash: &HashMap<Head, usize>,
    row: usize,
    skip: &Skip,
) -> Result<Option<Vec<usize>>, JournalError> {
    let here = &chain.rows[row];
    let before = by_hash.get(&here.p).copied();
    let may_be_named = |gap: &Gap| {
        let between = gap.file < here.file && before.is_none_or(|b| gap.file > chain.rows[b].file);
        let older = |i: usize| chain.rows[i].n < here.n;
        let was_its_end = gap.after.is_none_or(older) && !gap.before.is_some_and(older);
        gap.before == Some(row) || (before.is_some() && gap.after == before) || (between && was_its_end)
    };
    let near: Vec<usize> = (0..chain.gaps.len()).filter(|i| may_be_named(&chain.gaps[*i])).take(MAX_NEAR).collect();
    // A gap that is there now need not have been there when the record was written, so that some may be left out.
    for mask in (1..1_u32 << near.len()).rev() {
        let gaps: Vec<usize> =
            near.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0).map(|(_, gap)| *gap).collect();
        let bytes: u64 = gaps.iter().map(|i| chain.gaps[*i].bytes).sum();
        if bytes == skip.bytes && bytes > 0 && hash(chain, &gaps)? == skip.sha256 {
            return Ok(Some(gaps));
        }
    }
    Ok(None)
}

fn hash(chain: &ChainRows, gaps: &[usize]) -> Result<String, JournalError> {
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
