//! Appends to a chain: one write and one fdatasync per day file, and nothing is ever repaired in place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::journal::JournalError;
use crate::journal::astray::{self, Found};
use crate::journal::compact;
use crate::journal::files::{self, Day, End, MAX_LINE_BYTES};
use crate::journal::lock;
use crate::journal::seal;
use crate::journal::stray;
use crate::journal::wire::{self, Names};
use crate::model::{Body, ChainName, Head, Link, Moment, Record, Skip, Span};

/// How long an append waits for another append to the same chain.
const PATIENCE: Span = Span::from_secs(10);
/// The greatest number that is counted on from: a record a millisecond for ten thousand years stays below it.
const MAX_NUMBER: u64 = 1 << 60;

/// A chain that is being written to.
struct Chain<'a> {
    name: &'a ChainName,
    folder: PathBuf,
    /// What its files are known to end with.
    found: Found,
    /// The day whose file holds the head.
    head: Option<Day>,
    /// The last record of the compacted days, where no other file holds one.
    before: Option<Link>,
}

/// See [`crate::journal::append`].
pub(super) fn append(root: &Path, name: &ChainName, bodies: &[(Moment, Body)]) -> Result<Vec<Record>, JournalError> {
    check_name(name)?;
    let Some(days) = bodies.iter().map(|(t, _)| Day::of(*t)).collect::<Option<Vec<_>>>() else {
        return Err(JournalError::Unwritable(format!(
            "chain {name}: a record's time lies outside the years 0 to 9999; check this machine's clock"
        )));
    };
    if bodies.is_empty() {
        return Ok(Vec::new());
    }
    let folder = root.join(name.as_str());
    make_folder(&folder)?;
    let _held = lock::hold_folder(&folder, PATIENCE)?;
    let found = astray::find(&folder, name)?;
    // A pin stands behind every day that was compacted, in a file that was not. Where that file is not here, the chain
    // goes on from what is.
    let before = if found.head().is_some() { None } else { compact::last(name, &files::list(root, name)?)? };
    let mut chain = Chain { found, name, folder, head: None, before };
    chain.reach(chain.target(days[0]))?;
    chain.settle_head(chain.target(days[0]))?;
    let (mut written, mut names) = (Vec::with_capacity(bodies.len()), Names::default());
    let mut from = 0;
    while from < bodies.len() {
        let day = chain.target(days[from]);
        let to = (from..bodies.len()).find(|i| chain.target(days[*i]) != day).unwrap_or(bodies.len());
        written.extend(chain.write_day(day, &bodies[from..to], &mut names)?);
        from = to;
    }
    Ok(written)
}

/// See [`crate::journal::settle`].
pub(super) fn settle(root: &Path, name: &ChainName, t: Moment) -> Result<(), JournalError> {
    let own = Day::of(t).map(|day| day.path(&root.join(name.as_str()))).filter(|path| path.exists());
    // A record whose day was compacted before it came stands in the newest file.
    let path = match own {
        Some(path) => Some(path),
        None => astray::newest(&root.join(name.as_str()))?,
    };
    path.map_or(Ok(()), |path| sync_file(&path))
}

fn check_name(name: &ChainName) -> Result<(), JournalError> {
    let text = name.as_str();
    if text.is_empty() || text.starts_with('.') || text.contains(['/', '\\', '\0']) {
        return Err(JournalError::Unwritable(format!(
            "{text:?} cannot be a chain's name: it is a folder under the journal"
        )));
    }
    Ok(())
}

impl Chain<'_> {
    /// Finds out how a day's file ends, and where the head is.
    fn reach(&mut self, day: Day) -> Result<(), JournalError> {
        self.found.reach(&self.folder, self.name, day)?;
        self.head = self.found.head();
        Ok(())
    }

    /// The file that a record of `day` goes to: its own, or the newest where its day is already compacted.
    fn target(&self, day: Day) -> Day {
        if !day.is_compacted(&self.folder) {
            return day;
        }
        // A file that is compacted but for its last step may still stand; it is closed all the same.
        let open = self.found.newest.filter(|newest| *newest > day && !newest.is_compacted(&self.folder));
        open.unwrap_or_else(|| self.next_open(day))
    }

    /// The first day after another that is not compacted.
    fn next_open(&self, day: Day) -> Day {
        let days = day.date().into_iter().flat_map(|date| date.iter_days().skip(1)).map_while(Day::of_date);
        days.into_iter().find(|d| !d.is_compacted(&self.folder)).unwrap_or(day)
    }

    /// Writes the bodies of one day file at once.
    fn write_day(
        &mut self,
        day: Day,
        bodies: &[(Moment, Body)],
        names: &mut Names,
    ) -> Result<Vec<Record>, JournalError> {
        let path = day.path(&self.folder);
        self.reach(day)?;
        let (torn, owed) = self.torn(day)?;
        self.found.note(&self.folder, day, &owed)?;
        let end = self.found.ends.get(&day).cloned().unwrap_or_default();
        let mut bytes = Vec::new();
        // A torn end, and a whole record that lacks only its newline, are closed off by a newline before ours.
        if end.size > 0 && (end.whole < end.size || !end.newline) {
            bytes.push(b'\n');
        }
        let records = self.lines(&mut bytes, bodies, torn, names)?;
        if end.size == 0 {
            self.make_file(&path)?;
        }
        put(&path, &bytes)?;
        let size = end.size + bytes.len() as u64;
        let last = records.last().cloned().or(end.last);
        self.found.wrote(day, End { last, whole: size, size, newline: true });
        self.head = Some(day);
        Ok(records)
    }

    /// Adds each body's line to `bytes`, and returns the records as a reader will find them.
    fn lines(
        &self,
        bytes: &mut Vec<u8>,
        bodies: &[(Moment, Body)],
        mut torn: Option<Skip>,
        names: &mut Names,
    ) -> Result<Vec<Record>, JournalError> {
        let here = self.head.and_then(|day| self.found.ends.get(&day)?.last.as_ref()).map(|r| (r.n, &r.head));
        let before = here.or(self.before.as_ref().map(|link| (link.n, &link.head)));
        let mut prev = before.map_or_else(|| root_of(self.name), |(_, head)| head.clone());
        let first = before.map_or(0, |(n, _)| n.saturating_add(1));
        if first > MAX_NUMBER {
            let name = self.name;
            return Err(JournalError::Unwritable(format!(
                "chain {name}: its head has the number {}, which no run ever reached: the record was forged",
                first - 1
            )));
        }
        let mut records = Vec::with_capacity(bodies.len());
        for (n, (t, body)) in (first..).zip(bodies) {
            let from = bytes.len();
            let refuse =
                |why| JournalError::Unwritable(format!("chain {}: record {n} cannot be written: {why}", self.name));
            let skip = torn.take();
            wire::encode(bytes, n, *t, &prev, body, skip.as_ref()).map_err(refuse)?;
            let line = &bytes[from..];
            if line.len() >= MAX_LINE_BYTES || line.contains(&b'\n') {
                return Err(refuse(format!("it is no single line of at most {} MiB", MAX_LINE_BYTES >> 20)));
            }
            let read = wire::decode(self.name, line, names).map_err(|_| refuse("it does not read back".to_owned()))?;
            let same_kind = std::mem::discriminant(&read.record.body) == std::mem::discriminant(body);
            if !same_kind || read.record.n != n || read.record.prev != prev {
                return Err(refuse("it reads back as something else".to_owned()));
            }
            prev = read.record.head.clone();
            records.push(read.record);
            bytes.push(b'\n');
        }
        Ok(records)
    }

    /// The bytes after the last whole record's newline that are no whole record: at the end of the head's file, of the
    /// file that is written to, of those between, and of those that a wrong clock left torn elsewhere.
    /// Besides them, the days of which that is not yet said for good.
    fn torn(&self, day: Day) -> Result<(Option<Skip>, Vec<Day>), JournalError> {
        let between = |d: &Day| *d < day && self.head.is_none_or(|head| *d > head);
        let ends = &self.found.ends;
        let torn = ends.iter().filter(|(_, end)| end.whole < end.size).map(|(d, _)| *d);
        let (mut near, away): (Vec<Day>, Vec<Day>) =
            torn.partition(|d| Some(*d) == self.head || *d == day || between(d));
        let strays = stray::unfollowed(self.name, &self.folder, ends, &away)?;
        let owed = near.iter().chain(&strays).copied().collect();
        near.extend(stray::unnamed(self.name, &self.folder, ends, strays, day)?);
        near.sort_unstable();
        Ok((stray::skip_of(&self.folder, ends, &near)?, owed))
    }

    /// Makes the head durable where it stands in another file than the one that is written to: a killed run may have
    /// written it and not waited for the disk, and no record may outlive the one that it names.
    fn settle_head(&self, target: Day) -> Result<(), JournalError> {
        match self.head {
            Some(head) if head != target => sync_file(&head.path(&self.folder)),
            _ => Ok(()),
        }
    }

    /// Makes a day's file, empty as yet, and its name durable. So a file that holds a byte has a name that stays, at
    /// whatever moment the run that made it was killed.
    fn make_file(&self, path: &Path) -> Result<(), JournalError> {
        make_folder(path.parent().unwrap_or(&self.folder))?;
        let made = OpenOptions::new().append(true).create(true).open(path);
        made.map_err(|e| JournalError::io(path, "the day's file cannot be made", e))?;
        self.sync_folders(path)
    }

    /// Makes a new file's name durable: its folder, and those above it up to the journal's own parent.
    fn sync_folders(&self, path: &Path) -> Result<(), JournalError> {
        let top = self.folder.parent().and_then(Path::parent);
        for folder in path.ancestors().skip(1) {
            sync_folder(folder)?;
            if Some(folder) == top || folder.as_os_str().is_empty() {
                break;
            }
        }
        Ok(())
    }
}

/// What the first record of a chain names as its predecessor: the SHA-256 of the chain's name.
pub(super) fn root_of(chain: &ChainName) -> Head {
    Head::new(seal::sha256_hex(chain.as_str().as_bytes()))
}

/// Waits until the records of a file are on the disk, whoever wrote them.
pub(super) fn sync_file(path: &Path) -> Result<(), JournalError> {
    let synced = File::open(path).and_then(|file| file.sync_data());
    synced.map_err(|e| JournalError::io(path, "its records may not be on the disk; they do not count", e))
}

/// One write, then fdatasync.
fn put(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    let opened = OpenOptions::new().append(true).open(path);
    let mut file = opened.map_err(|e| JournalError::io(path, "the day's file cannot be opened for appending", e))?;
    file.write_all(bytes)
        .map_err(|e| JournalError::io(path, "the record could not be written whole; it does not count", e))?;
    file.sync_data().map_err(|e| {
        forget(&file);
        JournalError::io(path, "the record may not be on the disk; it does not count", e)
    })
}

/// Lets the next reader see what the disk has kept, where the system can. After a failed sync Linux counts the bytes as
/// written and goes on showing them from memory: the next record would name one that a power cut takes away.
fn forget(file: &File) {
    // Where it cannot be done the record is read as it seems, which is as much as anybody knows.
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

fn make_folder(folder: &Path) -> Result<(), JournalError> {
    fs::create_dir_all(folder).map_err(|e| JournalError::io(folder, "the folder cannot be made", e))
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), JournalError> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(here).and_then(|f| f.sync_all()) {
        // Some file systems cannot sync a folder; they need not. A parent that may not be opened is not ours.
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        result => result.map_err(|e| JournalError::io(here, "the folder cannot be synced", e)),
    }
}
