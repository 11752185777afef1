//! The forms that a day of a chain stands in: as it was written, compressed, rolled up.
//!
//! The first two hold the same bytes and are read alike. Where several forms of a day stand, the oldest is the one that
//! is read: a newer one beside it is a compaction that was not finished.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate, NaiveTime};
use flate2::bufread::GzDecoder;

use crate::journal::JournalError;
use crate::journal::files::{Day, Listing};
use crate::model::{Moment, Span};

/// The buffer that files are read through.
const BUFFER_BYTES: usize = 64 << 10;
/// So often a reading is begun anew; a compaction puts many days in place at a time, but not many times in a reading.
const AGAIN: usize = 3;
/// A day in ms.
pub(super) const DAY: Span = Span::from_mins(24 * 60);

/// How a day's file stands, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// `DD.jsonl`: the lines as they were appended.
    Raw,
    /// `DD.jsonl.gz`: the same bytes inside.
    Zipped,
    /// `DD.roll.jsonl.gz`: its rounds as runs.
    Rolled,
}

impl Form {
    /// What follows the day in the file's name.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Raw => "jsonl",
            Self::Zipped => "jsonl.gz",
            Self::Rolled => "roll.jsonl.gz",
        }
    }

    /// The form of a file whose name ends so behind its day's dot.
    pub(super) fn of(suffix: &str) -> Option<Self> {
        [Self::Raw, Self::Zipped, Self::Rolled].into_iter().find(|form| form.suffix() == suffix)
    }

    /// The file of a day in this form.
    pub(super) fn path(self, chain_folder: &Path, day: Day) -> PathBuf {
        let raw = day.path(chain_folder);
        let name = raw.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        raw.with_file_name(format!("{name}.{}", self.suffix()))
    }
}

impl Day {
    /// The calendar's day; none where no calendar has it.
    pub(super) fn date(self) -> Option<NaiveDate> {
        let Self(day) = self;
        NaiveDate::from_ymd_opt(i32::try_from(day / 10_000).ok()?, day / 100 % 100, day % 100)
    }

    /// The day of a date; none outside the years 0 to 9999.
    pub(super) fn of_date(date: NaiveDate) -> Option<Self> {
        let year = u32::try_from(date.year()).ok().filter(|y| *y <= 9999)?;
        Some(Self(year * 10_000 + date.month() * 100 + date.day()))
    }
}

/// When a day begins, in UTC.
pub(super) fn start(date: NaiveDate) -> Moment {
    Moment::from(date.and_time(NaiveTime::MIN).and_utc())
}

/// Whether a file is one that is appended to.
pub(super) fn is_raw(path: &Path) -> bool {
    path.extension().is_none_or(|ext| ext != "gz")
}

/// Whether a file is a roll-up.
pub(super) fn is_rolled(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('.'));
    name.is_some_and(|(_, suffix)| Form::of(suffix) == Some(Form::Rolled))
}

/// Leaves of each day's forms the oldest to be read.
pub(super) fn settle(listing: &mut Listing, mut found: Vec<(Day, Form, PathBuf)>) {
    found.sort();
    let mut read: Option<Day> = None;
    for (day, form, path) in found {
        if read.replace(day) == Some(day) {
            listing.beside.push((day, form, path));
        } else if form == Form::Rolled {
            listing.rolled.push((day, path));
        } else {
            listing.days.push((day, path));
        }
    }
}

/// Reads again where a file that was listed is there no more: a compaction may have put another form in its place.
pub(super) fn steady<T>(mut read: impl FnMut() -> Result<T, JournalError>) -> Result<T, JournalError> {
    for _ in 0..AGAIN {
        match read() {
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            result => return result,
        }
    }
    read()
}

/// The bytes of a day as they were written, from a raw file or a compressed one.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    if is_raw(path) {
        return Ok(Box::new(file));
    }
    Ok(Box::new(GzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, file))))
}

/// Whether an error tells of a compressed file's content, not of the disk: it was cut off or changed.
pub(super) fn is_damage(path: &Path, error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput, io::ErrorKind::UnexpectedEof];
    !is_raw(path) && kinds.contains(&error.kind())
}

/// The same from an offset on.
pub(super) fn open_at(path: &Path, offset: u64) -> io::Result<Box<dyn Read>> {
    if offset > 0 && is_raw(path) {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        return Ok(Box::new(file));
    }
    let mut reader = open(path)?;
    io::copy(&mut reader.by_ref().take(offset), &mut io::sink())?;
    Ok(reader)
}

/// Reads `bytes` bytes of a day from an offset on, part by part; fewer where it ends before.
pub(super) fn part(path: &Path, offset: u64, bytes: u64, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut reader = open_at(path, offset)?;
    let mut rest = reader.by_ref().take(bytes);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = rest.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        each(&buffer[..read]);
    }
}
