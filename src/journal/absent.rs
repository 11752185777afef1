//! Days that are not here: a checkout need not hold them all, and what was once read of them stays known.

use std::collections::BTreeSet;
use std::path::Path;

use crate::journal::days::{head_of, position_of};
use crate::journal::files;
use crate::journal::read::{self, WholeChain};
use crate::journal::{ChainHead, JournalError, Month, Position, since};
use crate::model::{Body, Moment, Record, Remark};

/// What came to a chain of which a part is not here.
#[derive(Debug)]
pub struct Rest {
    /// The new records, in the order of `n`.
    pub records: Vec<Record>,
    /// What is odd about the records that are here.
    pub remarks: Vec<Remark>,
    /// How far it is read now.
    pub position: Position,
    /// See [`crate::journal::Whole::tips`].
    pub tips: Vec<ChainHead>,
}

/// Whether days that were read once are not here in any form.
pub(super) fn lacks(root: &Path, from: &Position) -> Result<bool, JournalError> {
    let listing = files::list(root, &from.chain)?;
    let days = listing.days.iter().chain(&listing.rolled).map(|(day, _)| day.0);
    let here: BTreeSet<u32> = days.collect();
    let known = from.months.iter().flat_map(|m| m.days.iter().map(|(day, _)| m.month + day));
    Ok(known.into_iter().any(|day| !here.contains(&day)))
}

/// Reads what is here of a chain of which a part is not, where it cannot simply be read on: what came after the position
/// counts, what a merge brought from before it does not. None: all of it is here, or it was begun anew.
pub(super) fn rest(root: &Path, from: &Position, until: Moment) -> Result<Option<Rest>, JournalError> {
    if !lacks(root, from)? {
        return Ok(None);
    }
    let months = since::months(root, &from.chain)?;
    let WholeChain { records: mut all, remarks, tips, .. } = read::read_all(root, &from.chain)?;
    if all.first().is_some_and(|r| r.n == 0) && all.iter().all(|r| r.head != from.head.head) {
        return Ok(None);
    }
    let sound = position_of(root, &from.chain, &all, until)?;
    all.retain(|r| r.n > from.head.n && from.latest.is_none_or(|latest| r.t >= latest));
    // Where nothing can be read on from the last record, the next reading comes here again; none counts twice.
    let read: Vec<&Record> = all.iter().filter(|r| r.t <= until).collect();
    let position = sound.unwrap_or_else(|| Position {
        head: read.last().map_or_else(|| from.head.clone(), |r| head_of(r)),
        latest: from.latest.max(read.iter().filter(|r| matches!(r.body, Body::Round(_))).map(|r| r.t).max()),
        ..from.clone()
    });
    let position = since::at(root, position, with_known(months, &from.months));
    Ok(Some(Rest { records: all, remarks, position, tips }))
}

/// The months as they are here, and the days that are known and not here.
pub(super) fn with_known(mut here: Vec<Month>, known: &[Month]) -> Vec<Month> {
    for month in known {
        let Some(same) = here.iter_mut().find(|m| m.month == month.month) else {
            // It has to be listed when it is here again.
            here.push(Month { changed: 0, ..month.clone() });
            continue;
        };
        for (day, size) in &month.days {
            if !same.days.iter().any(|(d, _)| d == day) {
                same.days.push((*day, *size));
            }
        }
        same.days.sort_unstable();
    }
    here.sort_by_key(|month| month.month);
    here
}
