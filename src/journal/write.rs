//! Appends to a chain: one write and one fdatasync per day file, and nothing is ever repaired in place.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::journal::JournalError;
use crate::journal::files::{self, Backwards, Day, End, MAX_LINE_BYTES};
use crate::journal::heads::{self, Grown, Tip};
use crate::journal::lock;
use crate::journal::seal;
use crate::journal::wire::{self, Names};
use crate::model::{Body, ChainName, Head, Moment, Record, Skip, Span};

/// How long an append waits for another append to the same chain.
const PATIENCE: Span = Span::from_secs(10);
/// The greatest number that is counted on from: a record a millisecond for ten thousand years stays below it.
const MAX_NUMBER: u64 = 1 << 60;
/// How much of a torn end is hashed at a time.
const HASH_BUFFER_BYTES: usize = 64 << 10;

/// A chain that is being written to.
struct Chain<'a> {
    name: &'a ChainName,
    folder: PathBuf,
    /// How day files end, as far as they were looked at.
    ends: BTreeMap<Day, End>,
    /// The record that is followed.
    head: Option<Tip>,
    /// The ends of other branches, which the next record joins; the last first.
    loose: Vec<Tip>,
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
    let mut chain = Chain::open(name, folder, days[0], bodies[0].0)?;
    let (mut written, mut names) = (Vec::with_capacity(bodies.len()), Names::default());
    let mut from = 0;
    while from < bodies.len() {
        let to = (from..bodies.len()).find(|i| days[*i] != days[from]).unwrap_or(bodies.len());
        let day = chain.target(days[from])?;
        if from > 0 || day != days[0] {
            chain.look(day)?;
        }
        written.extend(chain.write_day(day, &bodies[from..to], &mut names)?);
        from = to;
    }
    Ok(written)
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

impl<'a> Chain<'a> {
    fn open(name: &'a ChainName, folder: PathBuf, day: Day, t: Moment) -> Result<Self, JournalError> {
        let Grown { ends, tips: mut loose } = heads::find(&folder, name, day, t)?;
        let head = loose.pop();
        Ok(Self { name, folder, ends, head, loose })
    }

    /// The file that a record of `day` goes to: its own, or the newest where its day is already compacted.
    fn target(&self, day: Day) -> Result<Day, JournalError> {
        if !day.is_compacted(&self.folder) {
            return Ok(day);
        }
        let newest = Backwards::from(&self.folder, Day::LAST)?.step()?;
        // Where even the newest day is compacted there is no raw file yet; the day's own is begun anew.
        Ok(newest.map_or(day, |(newest, _)| newest.max(day)))
    }

    /// Looks at the ends of a day's file and of those between it and the head's.
    fn look(&mut self, day: Day) -> Result<(), JournalError> {
        let head = self.head.as_ref().map(|head| head.day);
        let mut back = Backwards::from(&self.folder, day)?;
        while let Some((older, path)) = back.step()? {
            if older != day && head.is_none_or(|head| older <= head) {
                break;
            }
            if !self.ends.contains_key(&older) {
                self.ends.insert(older, files::end(&path, self.name)?);
            }
        }
        Ok(())
    }

    /// Writes the bodies of one day file at once; where the chain forks, what joins its branches first.
    fn write_day(
        &mut self,
        day: Day,
        bodies: &[(Moment, Body)],
        names: &mut Names,
    ) -> Result<Vec<Record>, JournalError> {
        let path = day.path(&self.folder);
        let torn = self.torn(day)?;
        let end = self.ends.get(&day).cloned().unwrap_or_default();
        let mut bytes = Vec::new();
        // A torn end, and a whole record that lacks only its newline, are closed off by a newline before ours.
        if end.size > 0 && (end.whole < end.size || !end.newline) {
            bytes.push(b'\n');
        }
        let records = self.lines(&mut bytes, bodies, torn, names)?;
        let fresh = end.last.is_none();
        if fresh {
            make_folder(path.parent().unwrap_or(&self.folder))?;
        }
        put(&path, &bytes)?;
        if fresh {
            self.sync_folders(&path)?;
        }
        let size = end.size + bytes.len() as u64;
        let last = records.last().cloned();
        self.head = last.as_ref().map(|r| Tip { n: r.n, head: r.head.clone(), day });
        self.loose.clear();
        self.ends.insert(day, End { last, whole: size, size, newline: true });
        Ok(records)
    }

    /// Adds each body's line to `bytes`, and returns the records as a reader will find them.
    fn lines(
        &self,
        bytes: &mut Vec<u8>,
        bodies: &[(Moment, Body)],
        torn: Option<Skip>,
        names: &mut Names,
    ) -> Result<Vec<Record>, JournalError> {
        let head = self.head.as_ref();
        let next = head.map_or(0, |head| head.n.saturating_add(1));
        if next > MAX_NUMBER {
            let name = self.name;
            return Err(JournalError::Unwritable(format!(
                "chain {name}: its head has the number {}, which no run ever reached: the record was forged",
                next - 1
            )));
        }
        let prev = head.map_or_else(|| root_of(self.name), |head| head.head.clone());
        let mut pen = Pen { chain: self.name, bytes, next, prev, torn, names };
        let mut records = Vec::with_capacity(self.loose.len() + bodies.len());
        for branch in self.loose.iter().rev() {
            let join = Body::Join(pen.prev.clone(), branch.head.clone());
            records.push(pen.line(bodies[0].0, &join)?);
        }
        for (t, body) in bodies {
            records.push(pen.line(*t, body)?);
        }
        Ok(records)
    }

    /// The bytes after the last whole record's newline that are no whole record: at the end of the head's file, of the
    /// branch's that is joined to it, of the file that is written to, and of those between.
    fn torn(&self, day: Day) -> Result<Option<Skip>, JournalError> {
        let head = self.head.as_ref().map(|head| head.day);
        let branch = self.loose.last().map(|branch| branch.day);
        let between = |d: &Day| *d < day && head.is_none_or(|head| *d > head);
        let (mut bytes, mut hash) = (0, Sha256::new());
        for (d, end) in &self.ends {
            let counts = Some(*d) == head || Some(*d) == branch || *d == day || between(d);
            if counts && end.whole < end.size {
                bytes += end.size - end.whole;
                hash_end(&d.path(&self.folder), end, &mut hash)?;
            }
        }
        Ok((bytes > 0).then(|| Skip { bytes, sha256: seal::hex(&hash.finalize()) }))
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

/// Writes one line behind another.
struct Pen<'a> {
    chain: &'a ChainName,
    bytes: &'a mut Vec<u8>,
    next: u64,
    prev: Head,
    /// What the next line steps over.
    torn: Option<Skip>,
    names: &'a mut Names,
}

impl Pen<'_> {
    /// Adds a record's line, and returns the record as a reader will find it.
    fn line(&mut self, t: Moment, body: &Body) -> Result<Record, JournalError> {
        let (n, from) = (self.next, self.bytes.len());
        let refuse =
            |why| JournalError::Unwritable(format!("chain {}: record {n} cannot be written: {why}", self.chain));
        let skip = self.torn.take();
        wire::encode(self.bytes, n, t, &self.prev, body, skip.as_ref()).map_err(refuse)?;
        let line = &self.bytes[from..];
        if line.len() >= MAX_LINE_BYTES || line.contains(&b'\n') {
            return Err(refuse(format!("it is no single line of at most {} MiB", MAX_LINE_BYTES >> 20)));
        }
        let read =
            wire::decode(self.chain, line, self.names).map_err(|_| refuse("it does not read back".to_owned()))?;
        let same_kind = std::mem::discriminant(&read.record.body) == std::mem::discriminant(body);
        if !same_kind || read.record.n != n || read.record.prev != self.prev {
            return Err(refuse("it reads back as something else".to_owned()));
        }
        self.bytes.push(b'\n');
        self.next += 1;
        self.prev = read.record.head.clone();
        Ok(read.record)
    }
}

/// What the first record of a chain names as its predecessor: the SHA-256 of the chain's name.
pub(super) fn root_of(chain: &ChainName) -> Head {
    Head::new(seal::sha256_hex(chain.as_str().as_bytes()))
}

fn hash_end(path: &Path, end: &End, hash: &mut Sha256) -> Result<(), JournalError> {
    let fail = |error| JournalError::io(path, "its torn end cannot be read", error);
    let mut file = File::open(path).map_err(fail)?;
    file.seek(SeekFrom::Start(end.whole)).map_err(fail)?;
    let mut rest = file.take(end.size - end.whole);
    let mut buffer = vec![0; HASH_BUFFER_BYTES];
    loop {
        let read = rest.read(&mut buffer).map_err(fail)?;
        if read == 0 {
            return Ok(());
        }
        hash.update(&buffer[..read]);
    }
}

/// One write, then fdatasync.
fn put(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let mut file = opened.map_err(|e| JournalError::io(path, "the day's file cannot be opened for appending", e))?;
    file.write_all(bytes)
        .map_err(|e| JournalError::io(path, "the record could not be written whole; it does not count", e))?;
    file.sync_data().map_err(|e| JournalError::io(path, "the record may not be on the disk; it does not count", e))
}

fn make_folder(folder: &Path) -> Result<(), JournalError> {
    fs::create_dir_all(folder).map_err(|e| JournalError::io(folder, "the folder cannot be made", e))
}

fn sync_folder(folder: &Path) -> Result<(), JournalError> {
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
