//! Where a chain is to be continued: behind its head, and where two runs grew it from one copy, behind both.
//!
//! The head is the whole record with the greatest `n`, wherever the calendar put it. To find it costs the same however
//! long the history is: the two newest days at or before the clock's own are read, and no other, where the last record
//! there is so young that no other run can have written since ([`nobody_wrote_since`]). Otherwise (after a hole, in a
//! chain without a cadence, with a clock that went back) the end of every day's file is looked at.
//!
//! A fork shows by a number that stands twice. Branches are looked for in those two newest days, and in every older
//! file that ends beside or after their first record: a branch is as long as the job that grew it, and no job is
//! longer than a day.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use crate::journal::JournalError;
use crate::journal::files::{self, Backwards, Day, End};
use crate::journal::seal;
use crate::journal::wire::{self, Names};
use crate::model::{Body, ChainName, Head, Moment, Record, Span};

/// How many days with a whole record are read at or before the clock's own.
const NEAR_DAYS: usize = 2;
/// A look vouches for 2.5 intervals unless configured; three fifths of that are 1.5, and no other round fits in.
const FIFTHS_OF_GAP: i64 = 3;
/// Where a look vouches for long because somebody said so, that is no cadence.
const AT_MOST: Span = Span::from_mins(10);
/// For records that are no rounds, and so say nothing of a cadence: those of one run and of the minute before it.
const WITHOUT_CADENCE: Span = Span::from_secs(90);

/// A record that nothing follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    /// Its number.
    pub(super) n: u64,
    /// Its hash.
    pub(super) head: Head,
    /// The day of the file that it stands in.
    pub(super) day: Day,
}

/// A chain as an append finds it.
#[derive(Debug, Default)]
pub(super) struct Grown {
    /// How the files that were looked at end. All from the head's day up to the clock's own are among them.
    pub(super) ends: BTreeMap<Day, End>,
    /// In the order of `n`: the last is the head. More than one: the chain forks, and nothing has joined the branches.
    pub(super) tips: Vec<Tip>,
}

/// Looks for where a chain goes on, for a record of `day`, made at `t`.
pub(super) fn find(folder: &Path, chain: &ChainName, day: Day, t: Moment) -> Result<Grown, JournalError> {
    let mut ends = BTreeMap::new();
    let mut back = Backwards::from(folder, day)?;
    let mut near = BTreeSet::new();
    while near.len() < NEAR_DAYS
        && let Some((day, path)) = back.step()?
    {
        let end = files::end(&path, chain)?;
        if end.last.is_some() {
            near.insert(day);
        }
        ends.insert(day, end);
    }
    let settled = greatest(&ends).is_some_and(|(_, last)| nobody_wrote_since(last, t));
    if !settled {
        let mut all = Backwards::from(folder, Day::LAST)?;
        while let Some((day, path)) = all.step()? {
            if !ends.contains_key(&day) {
                ends.insert(day, files::end(&path, chain)?);
            }
        }
    }
    let tips = tips(folder, chain, &ends, near)?;
    Ok(Grown { ends, tips })
}

/// Whether a record is so young that no other run can have put one into the file of some other day since.
fn nobody_wrote_since(last: &Record, t: Moment) -> bool {
    let patience = match &last.body {
        Body::Round(round) => Span::from_ms(round.gap.ms() / 5 * FIFTHS_OF_GAP).min(AT_MOST),
        _ => WITHOUT_CADENCE,
    };
    last.t <= t && t - last.t <= patience
}

/// The last record of a file with the greatest number, and its file's day.
fn greatest(ends: &BTreeMap<Day, End>) -> Option<(Day, &Record)> {
    ends.iter().filter_map(|(day, end)| Some((*day, end.last.as_ref()?))).max_by_key(|(_, last)| last.n)
}

/// The records that nothing follows, among those of the newest days and beside them.
fn tips(
    folder: &Path,
    chain: &ChainName,
    ends: &BTreeMap<Day, End>,
    mut days: BTreeSet<Day>,
) -> Result<Vec<Tip>, JournalError> {
    let Some((newest, head)) = greatest(ends) else { return Ok(Vec::new()) };
    if days.is_empty() {
        // The clock lies before all that was ever written.
        days.insert(newest);
    }
    let mut found = Vec::new();
    for day in &days {
        found.extend(numbers(&day.path(folder), chain)?);
    }
    let first = found.iter().min().copied().unwrap_or(0);
    let beside =
        ends.iter().filter(|(day, end)| !days.contains(day) && end.last.as_ref().is_some_and(|r| r.n >= first));
    let beside: Vec<Day> = beside.map(|(day, _)| *day).collect();
    for day in beside {
        found.extend(numbers(&day.path(folder), chain)?);
        days.insert(day);
    }
    found.sort_unstable();
    let twice = found.windows(2).any(|pair| pair[0] == pair[1]);
    if !twice && found.last() == Some(&head.n) {
        return Ok(vec![Tip { n: head.n, head: head.head.clone(), day: newest }]);
    }
    branches(folder, chain, &days)
}

/// The numbers of a file's lines that look like whole records. No hash is worked out, which makes it ten times as fast
/// as reading them; what looks odd is then read properly.
fn numbers(path: &Path, chain: &ChainName) -> Result<Vec<u64>, JournalError> {
    let mut found = Vec::new();
    files::lines(path, |line| {
        if seal::is_closed(line.bytes) {
            let quick = wire::number(line.bytes);
            let slow = || wire::decode(chain, line.bytes, &mut Names::default()).ok().map(|d| d.record.n);
            found.extend(quick.or_else(slow));
        }
    })?;
    Ok(found)
}

/// Reads the days properly: the records that nothing follows. Besides the one with the greatest number, only such a
/// one counts whose number stands twice: every other has lost what followed it to damage, which is no fork.
fn branches(folder: &Path, chain: &ChainName, days: &BTreeSet<Day>) -> Result<Vec<Tip>, JournalError> {
    let (mut all, mut followed) = (Vec::new(), HashSet::new());
    let mut names = Names::default();
    for day in days {
        files::lines(&day.path(folder), |line| {
            let Ok(decoded) = wire::decode(chain, line.bytes, &mut names) else { return };
            let Record { n, head, prev, body, .. } = decoded.record;
            followed.insert(prev);
            if let Body::Join(a, b) = body {
                followed.extend([a, b]);
            }
            all.push(Tip { n, head, day: *day });
        })?;
    }
    let mut seen = HashSet::new();
    all.retain(|tip| seen.insert(tip.head.clone()));
    let mut count: HashMap<u64, u32> = HashMap::new();
    all.iter().for_each(|tip| *count.entry(tip.n).or_default() += 1);
    all.retain(|tip| !followed.contains(&tip.head));
    all.sort_by_key(|tip| tip.n);
    let head = all.pop();
    all.retain(|tip| count[&tip.n] > 1);
    all.extend(head);
    Ok(all)
}
