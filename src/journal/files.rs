//! The folders and day files of a journal, read line by line and from the end.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use chrono::Datelike;

use crate::journal::JournalError;
use crate::journal::forms::{self, Form};
use crate::journal::wire::{self, Names};
use crate::model::{ChainName, Moment, Record};

/// The longest line that can be a record, in bytes. 64 MiB hold a round of 400,000 failed looks.
pub(super) const MAX_LINE_BYTES: usize = 64 << 20;
/// How much of a file's end is read at first when its last record is looked for.
const FIRST_WINDOW_BYTES: u64 = 4 << 10;
/// The buffer that day files are read through.
const BUFFER_BYTES: usize = 256 << 10;

/// A UTC day as `year * 10000 + month * 100 + day`: it orders as the calendar does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(pub(super) u32);

impl Day {
    /// The last day that four digits of a year can name.
    pub(super) const LAST: Self = Self(99_991_231);

    /// The day of a moment; none outside the years 0 to 9999, which four digits cannot name.
    pub(super) fn of(t: Moment) -> Option<Self> {
        let date = t.utc().date_naive();
        let year = u32::try_from(date.year()).ok().filter(|y| *y <= 9999)?;
        // Outside its range chrono's value is the epoch; only moments of that very day may say so.
        (Moment::from(t.utc()) == t).then_some(Self(year * 10_000 + date.month() * 100 + date.day()))
    }

    /// Reads `YYYY-MM-DD`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_end().split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(())?;
        let (month, day) = (number(month, 2)?, number(day, 2)?);
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
        fits.then_some(Self(number(year, 4)? * 10_000 + month * 100 + day))
    }

    /// `YYYY/MM/DD.jsonl` under the chain's folder.
    pub(super) fn path(self, chain_folder: &Path) -> PathBuf {
        let Self(day) = self;
        chain_folder.join(format!("{:04}/{:02}/{:02}.jsonl", day / 10_000, day / 100 % 100, day % 100))
    }

    /// Whether the day stands here in a compacted form: nothing is appended to it any more.
    pub(super) fn is_compacted(self, chain_folder: &Path) -> bool {
        [Form::Zipped, Form::Rolled].iter().any(|form| form.path(chain_folder, self).exists())
    }
}

/// `YYYY-MM-DD`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(day) = self;
        write!(f, "{:04}-{:02}-{:02}", day / 10_000, day / 100 % 100, day % 100)
    }
}

/// What a chain's folder holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The files that hold a day's lines, raw or compressed, in calendar order.
    pub(super) days: Vec<(Day, PathBuf)>,
    /// The days that stand here rolled up, in calendar order.
    pub(super) rolled: Vec<(Day, PathBuf)>,
    /// Files that are not read, because an older form of their day stands too.
    pub(super) beside: Vec<(Day, Form, PathBuf)>,
    /// Days that stand here in a compacted form.
    pub(super) compacted: BTreeSet<Day>,
}

/// The chains under a journal's root, in name order. A missing root has none.
pub(super) fn chains(root: &Path) -> Result<Vec<ChainName>, JournalError> {
    Ok(entries(root)?
        .into_iter()
        .filter(|(name, path)| !name.starts_with('.') && path.is_dir())
        .map(|(name, _)| ChainName::new(name))
        .collect())
}

/// The day files of one chain.
pub(super) fn list(root: &Path, chain: &ChainName) -> Result<Listing, JournalError> {
    let mut listing = Listing::default();
    let mut found = Vec::new();
    for (month, folder) in months(root, chain)? {
        for (name, path) in entries(&folder)? {
            note(&mut found, month, &name, path);
        }
    }
    listing.compacted = found.iter().filter(|(_, form, _)| *form > Form::Raw).map(|(day, ..)| *day).collect();
    forms::settle(&mut listing, found);
    Ok(listing)
}

/// The day files of one chain within some spans of days, both ends included. No other month's folder is listed.
pub(super) fn within(root: &Path, chain: &ChainName, spans: &[(Day, Day)]) -> Result<Listing, JournalError> {
    let mut found = Vec::new();
    for (month, folder) in months(root, chain)? {
        if spans.iter().any(|(from, to)| from.0 < month + 100 && month <= to.0) {
            for (name, path) in entries(&folder)? {
                note(&mut found, month, &name, path);
            }
        }
    }
    found.retain(|(day, ..)| spans.iter().any(|(from, to)| from <= day && day <= to));
    let mut listing = Listing::default();
    forms::settle(&mut listing, found);
    Ok(listing)
}

/// The months' folders of one chain, as `year * 10000 + month * 100`, in order.
pub(super) fn months(root: &Path, chain: &ChainName) -> Result<Vec<(u32, PathBuf)>, JournalError> {
    let mut months = Vec::new();
    for (year, year_path) in numbered(&root.join(chain.as_str()), 4)? {
        for (month, path) in numbered(&year_path, 2)? {
            months.push((year * 10_000 + month * 100, path));
        }
    }
    Ok(months)
}

/// The days that a month's folder holds in any form, ascending, each once, with the oldest form of each.
pub(super) fn days_of(folder: &Path, month: u32) -> Result<Vec<(Day, Form, PathBuf)>, JournalError> {
    let mut found = Vec::new();
    for (name, path) in entries(folder)? {
        note(&mut found, month, &name, path);
    }
    found.sort();
    found.dedup_by_key(|(day, ..)| *day);
    Ok(found)
}

/// The raw day files of a chain from a day on, newest first. A folder is listed when it is reached, so that what the
/// newest files say costs the same however long the history is.
#[derive(Debug)]
pub(super) struct Backwards {
    from: Day,
    years: Vec<(u32, PathBuf)>,
    months: Vec<(u32, PathBuf)>,
    days: Vec<(Day, PathBuf)>,
}

impl Backwards {
    /// Begins with the newest file that is not after a day.
    pub(super) fn from(chain_folder: &Path, from: Day) -> Result<Self, JournalError> {
        let mut years = numbered(chain_folder, 4)?;
        years.retain(|(year, _)| year * 10_000 <= from.0);
        Ok(Self { from, years, months: Vec::new(), days: Vec::new() })
    }

    /// The next older file.
    pub(super) fn step(&mut self) -> Result<Option<(Day, PathBuf)>, JournalError> {
        loop {
            if let Some(found) = self.days.pop() {
                return Ok(Some(found));
            } else if let Some((month, folder)) = self.months.pop() {
                let mut found = Vec::new();
                for (name, path) in entries(&folder)? {
                    note(&mut found, month, &name, path);
                }
                found.retain(|(day, form, _)| *form == Form::Raw && *day <= self.from);
                self.days = found.into_iter().map(|(day, _, path)| (day, path)).collect();
            } else if let Some((year, folder)) = self.years.pop() {
                let months = numbered(&folder, 2)?.into_iter();
                self.months = months.map(|(month, path)| (year * 10_000 + month * 100, path)).collect();
                self.months.retain(|(month, _)| *month <= self.from.0);
            } else {
                return Ok(None);
            }
        }
    }
}

/// Files one entry of a month's folder where it belongs.
fn note(found: &mut Vec<(Day, Form, PathBuf)>, month: u32, name: &str, path: PathBuf) {
    let (stem, suffix) = name.split_once('.').unwrap_or((name, ""));
    let (Some(day), Some(form)) = (number(stem, 2), Form::of(suffix)) else { return };
    if path.is_file() {
        found.push((Day(month + day), form, path));
    }
}

/// The folders inside `folder` whose names are `digits` digits, in order.
pub(super) fn numbered(folder: &Path, digits: usize) -> Result<Vec<(u32, PathBuf)>, JournalError> {
    Ok(entries(folder)?
        .into_iter()
        .filter_map(|(name, path)| Some((number(&name, digits)?, path)))
        .filter(|(_, path)| path.is_dir())
        .collect())
}

fn number(name: &str, digits: usize) -> Option<u32> {
    let fits = name.len() == digits && name.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| name.parse().ok()).flatten()
}

/// Everything in a folder that has a readable name, in name order. A missing folder is empty.
pub(super) fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, JournalError> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io(folder, "the folder cannot be listed", error)),
    };
    let mut found = Vec::new();
    for entry in listed {
        let entry = entry.map_err(|e| JournalError::io(folder, "the folder cannot be listed", e))?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// One line of a day file.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: u32,
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its bytes without the newline. Of a line over [`MAX_LINE_BYTES`], only the beginning.
    pub(super) bytes: &'a [u8],
    /// Its length in the file, with the newline where there is one.
    pub(super) length: u64,
    /// Whether a newline ends it.
    pub(super) ended: bool,
}

/// Walks through a day file's lines. Only one line is in memory at a time.
pub(super) fn lines(path: &Path, each: impl FnMut(&Line<'_>)) -> Result<(), JournalError> {
    lines_from(path, 0, each)
}

/// The same from an offset on, which is a line's beginning; that line has the number 1.
pub(super) fn lines_from(path: &Path, from: u64, mut each: impl FnMut(&Line<'_>)) -> Result<(), JournalError> {
    let fail = |error| JournalError::io(path, "the day's file cannot be read", error);
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, forms::open_at(path, from).map_err(fail)?);
    let mut buffer = Vec::new();
    let (mut number, mut offset) = (0_u32, from);
    loop {
        buffer.clear();
        let mut length = match reader.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut buffer) {
            Ok(length) => length as u64,
            Err(error) if forms::is_damage(path, &error) => {
                // What cannot be decompressed is a last line that is no record.
                let length = buffer.len() as u64;
                each(&Line { number: number.saturating_add(1), offset, bytes: &buffer, length, ended: false });
                return Ok(());
            }
            Err(error) => return Err(fail(error)),
        };
        if length == 0 {
            return Ok(());
        }
        let mut ended = buffer.last() == Some(&b'\n');
        if ended {
            buffer.pop();
        } else if length == MAX_LINE_BYTES as u64 {
            let (more, found) = skip_line(&mut reader).map_err(fail)?;
            length += more;
            ended = found;
        }
        number = number.saturating_add(1);
        each(&Line { number, offset, bytes: &buffer, length, ended });
        offset += length;
    }
}

/// Reads on to the end of a line without keeping it. Returns its bytes and whether a newline ended it.
fn skip_line(reader: &mut impl BufRead) -> io::Result<(u64, bool)> {
    let mut skipped = 0;
    loop {
        let available = reader.fill_buf()?;
        if available.is_empty() {
            return Ok((skipped, false));
        }
        let newline = available.iter().position(|b| *b == b'\n');
        let used = newline.map_or(available.len(), |at| at + 1);
        reader.consume(used);
        skipped += used as u64;
        if newline.is_some() {
            return Ok((skipped, true));
        }
    }
}

/// How a day file ends.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    /// Its last whole record.
    pub(super) last: Option<Record>,
    /// Where that one ends, its newline included where it has one; 0 without one.
    pub(super) whole: u64,
    /// The file's size in bytes.
    pub(super) size: u64,
    /// Whether the file's last byte is a newline (an empty file needs none).
    pub(super) newline: bool,
}

/// Looks at the end of a day file, and no further back than its last whole record.
pub(super) fn end(path: &Path, chain: &ChainName) -> Result<End, JournalError> {
    let fail = |error| JournalError::io(path, "the day's file cannot be read", error);
    let mut file = File::open(path).map_err(fail)?;
    let size = file.metadata().map_err(fail)?.len();
    let mut window = FIRST_WINDOW_BYTES;
    loop {
        let start = size.saturating_sub(window);
        file.seek(SeekFrom::Start(start)).map_err(fail)?;
        let mut bytes = Vec::new();
        file.by_ref().take(size - start).read_to_end(&mut bytes).map_err(fail)?;
        let newline = bytes.last().is_none_or(|b| *b == b'\n');
        if let Some((last, whole)) = last_record(&bytes, start, chain) {
            return Ok(End { last: Some(last), whole, size, newline });
        }
        if start == 0 {
            return Ok(End { last: None, whole: 0, size, newline });
        }
        window *= 8;
    }
}

/// The last whole record in a file's tail, with where it ends. A line that begins before the tail does not count.
fn last_record(tail: &[u8], start: u64, chain: &ChainName) -> Option<(Record, u64)> {
    let mut end = tail.len();
    loop {
        let newline = tail[..end].iter().rposition(|b| *b == b'\n');
        let from = match newline {
            Some(at) => at + 1,
            None if start == 0 => 0,
            None => return None,
        };
        if let Ok(decoded) = wire::decode(chain, &tail[from..end], &mut Names::default()) {
            let whole = (end + 1).min(tail.len());
            return Some((decoded.record, start + whole as u64));
        }
        end = newline?;
    }
}
