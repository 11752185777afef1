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
/// The most crashes after which one torn place is still searched for what it was before.
const MAX_GROWN: usize = 16;
/// The most sums that are held against one `skip`: it takes more only where somebody made them so.
const MAX_HASHES: usize = 1000;

/// Damage that a `skip` names is a remark; damage that none names is fatal, and so is a `skip` that names other bytes
/// than stand there.
pub(super) fn check(chain: &ChainRows, by_hash: &HashMap<Head, usize>) -> Result<Vec<Found>, JournalError> {
    let mut found = Vec::new();
    let mut named: HashMap<usize, Named> = HashMap::new();
    let mut skipping: Vec<(usize, &Skip)> =
        chain.rows.iter().enumerate().filter_map(|(i, row)| Some((i, row.skip.as_ref()?))).collect();
    skipping.sort_by_key(|(i, _)| chain.rows[*i].n);
    for (i, skip) in skipping {
        let row = &chain.rows[i];
        let Some((gaps, away)) = stepped_over(chain, by_hash, &named, i, skip)? else {
            // Those of a day that is not here cannot be told.
            let unseen = by_hash.get(&row.p).is_some_and(|before| chain.rows[*before].place.absent);
            let text = format!("record {} skips {} bytes, but not those that stand before it", row.n, skip.bytes);
            found.push((row.file, row.line, text, !unseen));
            continue;
        };
        named.extend(gaps.into_iter().map(|gap| (gap, Named { by: row.n, away })));
    }
    for (i, gap) in chain.gaps.iter().enumerate() {
        let by = named.get(&i).map(|named| named.by);
        found.push((gap.file, gap.line, describe(gap, by), by.is_none()));
    }
    Ok(found)
}

/// A gap that was stepped over.
struct Named {
    /// The record that did it.
    by: u64,
    /// Whether it stood away from it, in a file that a wrong clock had left torn.
    away: bool,
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

/// The gaps that a record comes by: behind the record before it, directly above it, and where the files between ended
/// when it was written.
fn near(chain: &ChainRows, by_hash: &HashMap<Head, usize>, row: usize) -> Vec<usize> {
    let here = &chain.rows[row];
    let before = by_hash.get(&here.p).copied();
    let is_near = |gap: &Gap| {
        let between = gap.file < here.file && before.is_none_or(|b| gap.file > chain.rows[b].file);
        let was_end = between && was_its_end(chain, gap, here.n);
        // An empty line is nobody's: no append that was killed leaves one between two records.
        gap.bytes > 0 && (gap.before == Some(row) || (before.is_some() && gap.after == before) || was_end)
    };
    (0..chain.gaps.len()).filter(|i| is_near(&chain.gaps[*i])).take(MAX_NEAR).collect()
}

/// Whether a gap stood at the end of its file when record `n` was written.
fn was_its_end(chain: &ChainRows, gap: &Gap, n: u64) -> bool {
    let older = |i: usize| chain.rows[i].n < n;
    gap.bytes > 0 && gap.after.is_none_or(older) && !gap.before.is_some_and(older)
}

/// The gaps near a record, and the torn ends of other files: first those that no record named yet, then those that
/// were named from afar before, then the rest.
fn with_strays(chain: &ChainRows, named: &HashMap<usize, Named>, row: usize, mut near: Vec<usize>) -> Vec<usize> {
    let n = chain.rows[row].n;
    let ends = (0..chain.gaps.len()).filter(|i| !near.contains(i) && was_its_end(chain, &chain.gaps[*i], n));
    let (known, new): (Vec<usize>, Vec<usize>) = ends.partition(|i| named.contains_key(i));
    near.extend(new);
    let (away, rest): (Vec<usize>, Vec<usize>) = known.into_iter().partition(|i| named[i].away);
    near.extend(away.into_iter().chain(rest));
    near.truncate(MAX_NEAR);
    near.sort_unstable();
    near
}

/// Those of the gaps that a record's `skip` names whole, if it names what is there, and whether some stand away from it.
///
/// Torn bytes can look like others (every record begins alike), so the nearest and those that nobody named are preferred.
fn stepped_over(
    chain: &ChainRows,
    by_hash: &HashMap<Head, usize>,
    named: &HashMap<usize, Named>,
    row: usize,
    skip: &Skip,
) -> Result<Option<(Vec<usize>, bool)>, JournalError> {
    let near = near(chain, by_hash, row);
    let far = with_strays(chain, named, row, near.clone());
    let above = |gap: &usize| chain.gaps[*gap].before == Some(row);
    let new = |gaps: &[usize]| gaps.iter().copied().filter(|gap| above(gap) || !named.contains_key(gap)).collect();
    for (gaps, away) in [(new(&near), false), (near, false), (new(&far), true), (far, true)] {
        let gaps: Vec<usize> = gaps;
        if let Some(whole) = Search::new(chain, row, &gaps, skip)?.run()? {
            return Ok(Some((whole, away)));
        }
    }
    Ok(None)
}

/// The lengths that a gap can have had, the longest (all of it) first.
fn lengths_of(chain: &ChainRows, gap: &Gap) -> Result<Vec<u64>, JournalError> {
    let mut newlines = Vec::new();
    let mut at = 0;
    each_part(chain, gap, gap.bytes, |bytes| {
        let found = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        newlines.extend(found.map(|(i, _)| at + i as u64).filter(|length| *length > 0).take(MAX_GROWN));
        newlines.truncate(MAX_GROWN);
        at += bytes.len() as u64;
    })?;
    Ok(std::iter::once(gap.bytes).chain(newlines.into_iter().rev()).collect())
}

/// A search for the gaps that add up to a `skip`.
///
/// A gap that is there now need not have been there when the record was written, so that some may be left out, but not
/// the one right above it. And one may have grown since, by a later crash, which began with a newline: of such a one a
/// first part is named here, and all of it by the record that stepped over all of it.
struct Search<'a> {
    chain: &'a ChainRows,
    gaps: &'a [usize],
    /// Of each gap, see [`lengths_of`].
    lengths: Vec<Vec<u64>>,
    /// The place of the one right above the record.
    above: Option<usize>,
    skip: &'a Skip,
    /// The gaps picked so far, by their place in `gaps`, each with its length.
    picked: Vec<(usize, u64)>,
    hashes: usize,
}

impl<'a> Search<'a> {
    fn new(chain: &'a ChainRows, row: usize, gaps: &'a [usize], skip: &'a Skip) -> Result<Self, JournalError> {
        let above = gaps.iter().position(|gap| chain.gaps[*gap].before == Some(row));
        let mut lengths = Vec::with_capacity(gaps.len());
        for (i, gap) in gaps.iter().enumerate() {
            let gap = &chain.gaps[*gap];
            lengths.push(if above == Some(i) { vec![gap.bytes] } else { lengths_of(chain, gap)? });
        }
        Ok(Self { chain, gaps, lengths, above, skip, picked: Vec::new(), hashes: 0 })
    }

    /// The gaps that are named whole; none: the `skip` names other bytes.
    fn run(mut self) -> Result<Option<Vec<usize>>, JournalError> {
        Ok(if self.skip.bytes > 0 && self.from(0, self.skip.bytes)? { Some(self.whole()) } else { None })
    }

    /// Picks among the gaps from the `i`th on so that `left` bytes are made up. False: they cannot be.
    fn from(&mut self, i: usize, left: u64) -> Result<bool, JournalError> {
        if left == 0 && self.above.is_none_or(|above| above < i) {
            self.hashes += 1;
            return Ok(self.hashes <= MAX_HASHES && self.hash()? == self.skip.sha256);
        }
        let reach: u64 = self.lengths[i..].iter().filter_map(|lengths| lengths.first()).sum();
        if reach < left || left == 0 || self.hashes > MAX_HASHES {
            return Ok(false);
        }
        let fits: Vec<u64> = self.lengths[i].iter().copied().filter(|length| *length <= left).collect();
        for length in fits {
            self.picked.push((i, length));
            if self.from(i + 1, left - length)? {
                return Ok(true);
            }
            self.picked.pop();
        }
        Ok(self.above != Some(i) && self.from(i + 1, left)?)
    }

    fn whole(&self) -> Vec<usize> {
        let whole = self.picked.iter().filter(|(i, length)| *length == self.lengths[*i][0]);
        whole.map(|(i, _)| self.gaps[*i]).collect()
    }

    fn hash(&self) -> Result<String, JournalError> {
        let mut hash = Sha256::new();
        for (i, length) in &self.picked {
            each_part(self.chain, &self.chain.gaps[self.gaps[*i]], *length, |bytes| hash.update(bytes))?;
        }
        Ok(seal::hex(&hash.finalize()))
    }
}

/// Reads the first bytes of a gap, part by part.
fn each_part(chain: &ChainRows, gap: &Gap, bytes: u64, each: impl FnMut(&[u8])) -> Result<(), JournalError> {
    let path = &chain.files[gap.file].1;
    let fail = |e| JournalError::io(path, "its torn bytes cannot be read", e);
    forms::part(path, gap.offset, bytes, each).map_err(fail)
}
