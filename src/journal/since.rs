//! Goes on reading a chain where it was left: its newest file from an offset on, and the files that came since.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::journal::absent;
use crate::journal::astray;
use crate::journal::days::{counted, follows, head_of, latest};
use crate::journal::files::{self, Day};
use crate::journal::forms::Form;
use crate::journal::read::read_lines;
use crate::journal::wire::Names;
use crate::journal::{JournalError, Month, Position};
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
        if !ends_there(&last, from)? {
            return Ok(None);
        }
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
    grown.position = at(root, grown.position, months);
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

/// Whether the file that was read last still holds its last record at the place that was read up to: a merge may put
/// before it what another copy wrote.
fn ends_there(path: &Path, from: &Position) -> Result<bool, JournalError> {
    let fail = |e| JournalError::io(path, "the day's file cannot be read", e);
    let seal = format!("\"{}\"}}", from.head.head);
    let mut file = File::open(path).map_err(fail)?;
    // The newline is read along where there is one.
    let start = from.whole.saturating_sub(seal.len() as u64 + 1);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(start)).map_err(fail)?;
    file.take(from.whole - start).read_to_end(&mut end).map_err(fail)?;
    Ok(end.strip_suffix(b"\n").unwrap_or(&end).ends_with(seal.as_bytes()))
}

/// The days that came after the one that was read last. None where an older one came, or where one was put in the place
/// of an older one that stood there: so a merge of two copies brings in what the other one wrote.
fn new_days(root: &Path, chain: &ChainName, from: &Position) -> Result<Option<News>, JournalError> {
    let mut months = Vec::new();
    let mut new = Vec::new();
    let all = files::months(root, chain)?;
    let newest = all.last().map_or(0, |m| m.0);
    let chain_folder = root.join(chain.as_str());
    for (month, path) in all {
        let changed = changed(&path);
        let known = from.months.iter().find(|m| m.month == month);
        let same = known.filter(|m| m.changed == changed && changed != 0);
        // The newest one is always listed: two files can come within one tick of the file system's clock.
        if let Some(same) = same.filter(|_| month != newest) {
            months.push(same.clone());
            continue;
        }
        let mut days = known.map_or(Vec::new(), |m| m.days.clone());
        for (day, form, path) in files::days_of(&path, month)? {
            let known = days.iter().find(|(d, _)| *d == day.0 - month);
            let other = |noted: u64| noted > 0 && size_of(&chain_folder, day).is_some_and(|size| size + 1 != noted);
            let came = day.0 < from.day && known.is_none();
            if came || (same.is_none() && known.is_some_and(|(_, noted)| other(*noted))) {
                return Ok(None);
            }
            if known.is_none() {
                days.push((day.0 - month, 0));
            }
            if day.0 > from.day {
                new.push((day, form, path));
            }
        }
        days.sort_unstable();
        months.push(Month { month, changed, days });
    }
    new.sort_unstable();
    // What is not here is not removed.
    Ok(Some((absent::with_known(months, &from.months), new)))
}

/// The months of a chain as they are now; taken before its files are read, so that what comes meanwhile is seen.
pub(super) fn months(root: &Path, chain: &ChainName) -> Result<Vec<Month>, JournalError> {
    let mut months = Vec::new();
    for (month, path) in files::months(root, chain)? {
        let changed = changed(&path);
        let days = files::days_of(&path, month)?.iter().map(|(day, ..)| (day.0 - month, 0)).collect();
        months.push(Month { month, changed, days });
    }
    Ok(months)
}

/// A position with the months that it holds. The files before the one that was read last grow no more: their sizes are
/// noted where they are not known.
pub(super) fn at(root: &Path, position: Position, mut months: Vec<Month>) -> Position {
    let folder = root.join(position.chain.as_str());
    for Month { month, days, .. } in &mut months {
        for (day, noted) in days.iter_mut().filter(|(day, noted)| *noted == 0 && *month + day < position.day) {
            *noted = size_of(&folder, Day(*month + *day)).unwrap_or(0) + 1;
        }
    }
    Position { months, ..position }
}

/// The size of a day's raw file in bytes, where there is one.
fn size_of(folder: &Path, day: Day) -> Option<u64> {
    fs::metadata(day.path(folder)).ok().map(|m| m.len())
}

/// When a folder's list of files last changed; 0 where nobody can tell.
fn changed(folder: &Path) -> i64 {
    let Ok(modified) = fs::metadata(folder).and_then(|m| m.modified()) else { return 0 };
    let Ok(since) = modified.duration_since(std::time::UNIX_EPOCH) else { return 0 };
    i64::try_from(since.as_nanos()).unwrap_or(0)
}
