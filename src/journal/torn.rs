//! Bytes that are no whole record, held against the `skip` of the records that stepped over them.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::journal::JournalError;
use crate::journal::forms;
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
            // Those of a day that is not here cannot be told.
            let unseen = by_hash.get(&row.p).is_some_and(|before| chain.rows[*before].place.absent);
            let text = format!("record {} skips {} bytes, but not those that stand before it", row.n, skip.bytes);
            found.push((row.file, row.line, text, !unseen));
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
    // A gap that is there now need not have been there when the record was written, so that some may be left out; and
    // one may have grown since, by a later crash. Such a one is named by the record that stepped over all of it.
    for mask in (1..1_u32 << near.len()).rev() {
        let picked = near.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0);
        let parts: Vec<Part> = picked.map(|(_, gap)| Part { gap: *gap, bytes: chain.gaps[*gap].bytes }).collect();
        for grown in std::iter::once(None).chain((0..parts.len()).map(Some)) {
            let Some((parts, whole)) = cut(parts.clone(), grown, skip.bytes) else { continue };
            if hash(chain, &parts)? == skip.sha256 {
                return Ok(Some(whole));
            }
        }
    }
    Ok(None)
}

/// The first bytes of a gap, or all of them.
#[derive(Clone, Debug)]
struct Part {
    gap: usize,
    bytes: u64,
}

/// Cuts the one that has grown so that all parts add up to `bytes`, and gives the gaps that are whole. None: they
/// cannot add up.
fn cut(mut parts: Vec<Part>, grown: Option<usize>, bytes: u64) -> Option<(Vec<Part>, Vec<usize>)> {
    let sum: u64 = parts.iter().map(|p| p.bytes).sum();
    let over = sum.checked_sub(bytes)?;
    let mut whole: Vec<usize> = parts.iter().map(|p| p.gap).collect();
    if let Some(i) = grown {
        whole.remove(i);
        parts[i].bytes = parts[i].bytes.checked_sub(over).filter(|left| *left > 0 && over > 0)?;
    }
    (bytes > 0 && (over == 0 || grown.is_some())).then_some((parts, whole))
}

fn hash(chain: &ChainRows, parts: &[Part]) -> Result<String, JournalError> {
    let mut hash = Sha256::new();
    for part in parts {
        let gap = &chain.gaps[part.gap];
        let path = &chain.files[gap.file].1;
        let result = forms::part(path, gap.offset, part.bytes, |bytes| hash.update(bytes));
        result.map_err(|e| JournalError::io(path, "its torn bytes cannot be read", e))?;
    }
    Ok(seal::hex(&hash.finalize()))
}
