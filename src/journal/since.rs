//! Goes on reading a chain where it was left: its newest file from an offset on, and the files that came since.

use std::fs;
use std::path::{Path, PathBuf};

use crate::journal::astray;
use crate::journal::days::{counted, follows, head_of, latest};
use crate::journal::files::{self, Day};
use crate::journal::forms::Form;
use crate::journal::read::read_lines;
use crate::journal::wire::Names;
use crate::journal::{JournalError, Position};
use crate::model::{ChainName, Moment, Record, Remark};

/// What came to a chain since it was read.
#[derive(Debug)]
pub struct Grown {
    /// The new records, in order.
    pub records: Vec<Record>,
    /// What is damaged among them.
    pub remarks: Vec<Remark>,
    /// How far it is read now.
    pub position: Position,
    /// The file that was read on in.
    pub last: PathBuf,
    /// How many bytes of the newest files were read.
    pub bytes: u64,
}

/// A month's folder: which, when its list of files last changed (ns since the epoch), and the days that it held.
pub(super) type Month = (u32, i64, u32);

/// The months as they are now, and the days that came.
type News = (Vec<Month>, Vec<(Day, Form, PathBuf)>);

/// Reads what came since. None: older days came or changed, or what came does not follow; the chain must be read anew.
pub(super) fn read(root: &Path, from: &Position, until: Moment) -> Result<Option<Grown>, JournalError> {
    let chain = &from.chain;
    let folder = root.join(chain.as_str());
    let Some((months, new)) = new_days(root, chain, from)? else { return Ok(None) };
    if went_back(&folder, from)? {
        return Ok(None);
    }
    let last = Day(from.day).path(&folder);
    let mut grown =
        Grown { records: Vec::new(), remarks: Vec::new(), position: from.clone(), last: last.clone(), bytes: 0 };
    let mut names = Names::default();
    let size = fs::metadata(&last).map_or(0, |m| m.len());
    if size < from.whole && last.exists() {
        return Ok(None);
    }
    if size > from.whole {
        let tail = read_lines(&last, chain, &mut names, (from.whole, from.lines), until, &mut grown.records)?;
        (grown.position.whole, grown.position.lines) = (tail.whole, tail.lines);
        grown.remarks.extend(tail.remarks);
        grown.bytes += size - from.whole;
        if !grown.records.iter().all(|r| Day::of(r.t) == Some(Day(from.day))) {
            return Ok(None);
        }
    }
    for (day, form, path) in new {
        if form == Form::Rolled {
            return Ok(None);
        }
        let first = grown.records.len();
        let tail = read_lines(&path, chain, &mut names, (0, 0), until, &mut grown.records)?;
        grown.remarks.extend(tail.remarks);
        if counted(&grown.records, until).len() > first {
            (grown.position.day, grown.position.whole, grown.position.lines) = (day.0, tail.whole, tail.lines);
        }
        grown.bytes += tail.whole;
        if !grown.records[first..].iter().all(|r| Day::of(r.t) == Some(day)) {
            return Ok(None);
        }
    }
    let fits = grown.records.first().is_none_or(|r| r.n == from.head.n + 1 && r.prev == from.head.head);
    if !fits || !follows(&grown.records, from.latest) {
        return Ok(None);
    }
    let read = counted(&grown.records, until);
    grown.position.head = read.last().map_or_else(|| from.head.clone(), head_of);
    grown.position.latest = from.latest.max(latest(read));
    grown.position.months = months;
    Ok(Some(grown))
}

/// Whether a clock that went back put newer records into an older file.
fn went_back(folder: &Path, from: &Position) -> Result<bool, JournalError> {
    for day in astray::noted(folder)?.into_iter().filter(|day| day.0 < from.day) {
        let path = day.path(folder);
        if path.exists() && files::end(&path, &from.chain)?.last.is_some_and(|last| last.n > from.head.n) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The days that came after the one that was read last. None where an older one came.
fn new_days(root: &Path, chain: &ChainName, from: &Position) -> Result<Option<News>, JournalError> {
    let mut months = Vec::new();
    let mut new = Vec::new();
    let all = files::months(root, chain)?;
    let newest = all.last().map_or(0, |m| m.0);
    for (month, path) in all {
        let changed = changed(&path);
        let known = from.months.iter().find(|m| m.0 == month);
        // The newest one is always listed: two files can come within one tick of the file system's clock.
        if let Some(same) = known.filter(|m| m.1 == changed && changed != 0 && month != newest) {
            months.push(*same);
            continue;
        }
        let mut days = known.map_or(0, |m| m.2);
        for (day, form, path) in files::days_of(&path, month)? {
            let bit = 1_u32 << (day.0 % 100);
            if days & bit == 0 && day.0 < from.day {
                return Ok(None);
            }
            if day.0 > from.day {
                new.push((day, form, path));
            }
            days |= bit;
        }
        months.push((month, changed, days));
    }
    new.sort_unstable();
    Ok(Some((months, new)))
}

/// The months of a chain as they are now; taken before its files are read, so that what comes meanwhile is seen.
pub(super) fn months(root: &Path, chain: &ChainName) -> Result<Vec<Month>, JournalError> {
    let mut months = Vec::new();
    for (month, path) in files::months(root, chain)? {
        let changed = changed(&path);
        let days = files::days_of(&path, month)?.iter().fold(0, |days, (day, ..)| days | 1_u32 << (day.0 % 100));
        months.push((month, changed, days));
    }
    Ok(months)
}

/// When a folder's list of files last changed; 0 where nobody can tell.
fn changed(folder: &Path) -> i64 {
    let Ok(modified) = fs::metadata(folder).and_then(|m| m.modified()) else { return 0 };
    let Ok(since) = modified.duration_since(std::time::UNIX_EPOCH) else { return 0 };
    i64::try_from(since.as_nanos()).unwrap_or(0)
}
