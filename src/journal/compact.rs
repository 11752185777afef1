//! A chain's closed days in fewer bytes. Each step stands alone and can be cut off at any point: the new file is written
//! beside under a hidden name, synced and put in place; whoever calls appends its pin and saves it; only then is the
//! older file removed. What is in the way is left as it is, with the reason.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::journal::JournalError;
use crate::journal::files::{self, Day, Listing};
use crate::journal::forms::{self, Form};
use crate::journal::lock;
use crate::journal::open_day::OpenDay;
use crate::journal::rollup::{self, Rolled, Unread};
use crate::journal::seal;
use crate::journal::torn;
use crate::journal::verify::{ChainRows, Row, by_hash};
use crate::journal::wire::{self, Names};
use crate::journal::write::sync_folder;
use crate::model::{Body, ChainName, Link, Moment, Pin, Record, Run, Span, Summary};

/// How long a step waits for an append to the same chain.
const PATIENCE: Span = Span::from_secs(10);
/// A day's file below this many bytes is left as it is: a pin takes half a kilobyte. And in a chain that rests, the pin of
/// a day would be a day's only record, to be pinned in its turn on the next.
const WORTH_IT: u64 = 4 << 10;
/// A pin's key stands within so many bytes of its line's beginning.
const PIN_WITHIN: usize = 256;

/// What was tried: done, or left as it is, and why.
pub type Tried<T> = Result<Result<T, String>, JournalError>;

/// A day that is over, and the oldest form that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastDay {
    /// Which, in UTC.
    pub day: NaiveDate,
    /// The form that is read.
    pub form: Form,
    /// The size of that file in bytes.
    pub bytes: u64,
}

impl PastDay {
    /// When it was over.
    pub fn end(&self) -> Moment {
        forms::start(self.day) + forms::DAY
    }

    /// Whether fewer bytes can be gained from it.
    pub fn is_worth_it(&self) -> bool {
        self.form != Form::Rolled && self.bytes >= WORTH_IT
    }
}

/// A file that stands for a day, and its pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// What pins it.
    pub pin: Pin,
    /// The form of the file.
    pub form: Form,
    /// Whether the chain holds the pin already.
    pub pinned: bool,
}

/// The days of a chain that were over at a moment, oldest first. What a compaction that was cut off left half written is
/// removed.
pub fn closed(root: &Path, chain: &ChainName, before: Moment) -> Result<Vec<PastDay>, JournalError> {
    sweep(&root.join(chain.as_str()))?;
    let listing = files::list(root, chain)?;
    let form = |path: &Path| if forms::is_raw(path) { Form::Raw } else { Form::Zipped };
    let lines = listing.days.iter().map(|(day, path)| (*day, form(path), path));
    let rolled = listing.rolled.iter().map(|(day, path)| (*day, Form::Rolled, path));
    let mut days = Vec::new();
    for (day, form, path) in lines.chain(rolled) {
        let Some(date) = day.date() else { continue };
        let closed = PastDay { day: date, form, bytes: size(path)? };
        if closed.end() <= before {
            days.push(closed);
        }
    }
    days.sort_by_key(|d| d.day);
    Ok(days)
}

/// How many bytes a chain's files take.
pub fn bytes(root: &Path, chain: &ChainName) -> Result<u64, JournalError> {
    let listing = files::list(root, chain)?;
    let beside = listing.beside.iter().map(|(_, _, path)| path);
    let all = listing.days.iter().chain(&listing.rolled).map(|(_, path)| path).chain(beside);
    all.map(|path| size(path)).sum()
}

/// The pins that stand in files of later days than one.
pub fn pins(root: &Path, chain: &ChainName, after: NaiveDate) -> Result<Vec<Pin>, JournalError> {
    let listing = files::list(root, chain)?;
    let later = |day: &Day| day.date().is_some_and(|date| date > after);
    let mut records: Vec<Record> = Vec::new();
    let mut names = Names::default();
    for (_, path) in listing.days.iter().filter(|(day, _)| later(day)) {
        files::lines(path, |line| {
            let begins = &line.bytes[..line.bytes.len().min(PIN_WITHIN)];
            if begins.windows(7).any(|w| w == b"\"pin\":{") {
                records.extend(wire::decode(chain, line.bytes, &mut names).ok().map(|d| d.record));
            }
        })?;
    }
    for (_, path) in listing.rolled.iter().filter(|(day, _)| later(day)) {
        match rollup::read(path, chain, &mut names) {
            Ok(rolled) => records.extend(rolled.others),
            Err(Unread::Disk(error)) => return Err(error),
            // A pin that cannot be read pins nothing; `verify` tells of the damage.
            Err(Unread::Damaged { .. }) => {}
        }
    }
    records.sort_by_key(|r| r.n);
    Ok(records.into_iter().filter_map(|r| if let Body::Pin(pin) = r.body { Some(pin) } else { None }).collect())
}

/// Writes a raw day compressed, beside it. `pins` are those that stand in later files.
pub fn zip(root: &Path, chain: &ChainName, day: NaiveDate, pins: &[Pin]) -> Tried<Ready> {
    let folder = root.join(chain.as_str());
    let Some(number) = Day::of_date(day) else { return Ok(Err("no file can be called so".to_owned())) };
    let _held = lock::hold_folder(&folder, PATIENCE)?;
    let raw = Form::Raw.path(&folder, number);
    let (first, last) = match whole(root, chain, number, &raw)? {
        Ok(links) => links,
        Err(why) => return Ok(Err(why)),
    };
    let bytes = fs::read(&raw).map_err(|e| JournalError::io(&raw, "the day's file cannot be read", e))?;
    let target = Form::Zipped.path(&folder, number);
    let stands = fs::read(&target).ok().filter(|gz| inflates_to(gz, &bytes));
    let gz = stands.clone().map_or_else(|| squeeze(&bytes), Ok);
    let gz = gz.map_err(|e| JournalError::io(&target, "the day cannot be compressed", e))?;
    let pin = Pin { day, first, last, raw: seal::sha256_hex(&bytes), file: seal::sha256_hex(&gz) };
    let pinned = match agree(&pin, pins, 0) {
        Ok(pinned) => pinned,
        Err(why) => return Ok(Err(why)),
    };
    let written = if stands.is_some() { Ok(()) } else { put(&target, &gz, |_| Ok(()))? };
    Ok(written.map(|()| Ready { pin, form: Form::Zipped, pinned }))
}

/// Writes a compressed day rolled up, beside it: what it says, and the rounds around incidents.
pub fn roll(
    root: &Path,
    chain: &ChainName,
    day: OpenDay,
    told: Summary,
    kept: Vec<Record>,
    pins: &[Pin],
) -> Tried<Ready> {
    let folder = root.join(chain.as_str());
    let Some(number) = Day::of_date(day.day) else { return Ok(Err("no file can be called so".to_owned())) };
    let zipped = Pin { day: day.day, first: day.first, last: day.last, raw: day.raw, file: day.file };
    match agree(&zipped, pins, 0) {
        Ok(true) => {}
        Ok(false) => return Ok(Err("no record pins its compressed form".to_owned())),
        Err(why) => return Ok(Err(why)),
    }
    let Pin { day: date, first, last, raw, .. } = zipped;
    let rolled = Rolled { day: date, first, last, raw, summary: told, others: Vec::new(), kept };
    let lines = match rollup::write(&rolled, &day.others) {
        Ok(lines) => lines,
        Err(why) => return Ok(Err(why)),
    };
    let target = Form::Rolled.path(&folder, number);
    let gz = squeeze(&lines).map_err(|e| JournalError::io(&target, "the day cannot be compressed", e))?;
    if gz.len() as u64 >= day.bytes {
        return Ok(Err("rolled up it would not be smaller".to_owned()));
    }
    let pin = Pin {
        day: date,
        first: rolled.first.clone(),
        last: rolled.last.clone(),
        raw: rolled.raw.clone(),
        file: seal::sha256_hex(&gz),
    };
    let pinned = match agree(&pin, pins, 1) {
        Ok(pinned) => pinned,
        Err(why) => return Ok(Err(why)),
    };
    let _held = lock::hold_folder(&folder, PATIENCE)?;
    let same = |beside: &Path| match rollup::read(beside, chain, &mut Names::default()) {
        Ok(read) if is_same(&read, &rolled) => Ok(()),
        Ok(_) | Err(Unread::Damaged { .. }) => Err("it does not read back as it was".to_owned()),
        Err(Unread::Disk(error)) => Err(error.to_string()),
    };
    Ok(put(&target, &gz, same)?.map(|()| Ready { pin, form: Form::Rolled, pinned }))
}

/// Removes the older forms of a day whose pin is saved.
pub fn retire(root: &Path, chain: &ChainName, ready: &Ready) -> Tried<()> {
    let folder = root.join(chain.as_str());
    let pin = &ready.pin;
    let Some(number) = Day::of_date(pin.day) else { return Ok(Err("no file can be called so".to_owned())) };
    let _held = lock::hold_folder(&folder, PATIENCE)?;
    let stands = ready.form.path(&folder, number);
    let hash = |path: &Path, whole: bool| {
        let hashed = hash(path, whole);
        hashed.map_err(|e| JournalError::io(path, "the day's file cannot be read", e))
    };
    if hash(&stands, true)? != pin.file {
        return Ok(Err("its new file is not the one that was pinned".to_owned()));
    }
    let older = [Form::Raw, Form::Zipped].into_iter().filter(|form| *form < ready.form);
    for path in older.map(|form| form.path(&folder, number)).filter(|path| path.exists()) {
        if hash(&path, false)? != pin.raw {
            return Ok(Err(format!("{} is not what was pinned; it stays", path.display())));
        }
        fs::remove_file(&path).map_err(|e| JournalError::io(&path, "the older form cannot be removed", e))?;
    }
    sync_folder(stands.parent().unwrap_or(&folder))?;
    Ok(Ok(()))
}

/// The last record of the newest compacted day.
pub(super) fn last(chain: &ChainName, listing: &Listing) -> Result<Option<Link>, JournalError> {
    let zipped = listing.days.iter().rfind(|(_, path)| !forms::is_raw(path));
    let rolled = listing.rolled.last();
    let Some((_, path)) = zipped.into_iter().chain(rolled).max_by_key(|(day, _)| *day) else { return Ok(None) };
    if rolled.is_some_and(|(_, own)| own == path) {
        return match rollup::read(path, chain, &mut Names::default()) {
            Ok(rolled) => Ok(Some(rolled.last)),
            Err(Unread::Disk(error)) => Err(error),
            Err(Unread::Damaged { line, text }) => Err(JournalError::Unwritable(format!(
                "{}:{line}: {text}; it holds the chain's last record, so nothing can follow it",
                path.display()
            ))),
        };
    }
    let mut last: Option<Link> = None;
    files::lines(path, |line| {
        if let Ok(read) = wire::decode(chain, line.bytes, &mut Names::default())
            && last.as_ref().is_none_or(|link| link.n <= read.record.n)
        {
            last = Some(Link { n: read.record.n, prev: read.record.prev, head: read.record.head });
        }
    })?;
    Ok(last)
}

/// Whether a raw day is sound: its first and last record, by their numbers.
fn whole(root: &Path, chain: &ChainName, day: Day, raw: &Path) -> Tried<(Link, Link)> {
    let listing = files::list(root, chain)?;
    let at = listing.days.partition_point(|(d, _)| *d < day);
    let near: Vec<_> = listing.days[at.saturating_sub(1)..listing.days.len().min(at + 3)].to_vec();
    let Some(file) = near.iter().position(|(_, path)| path == raw) else {
        return Ok(Err("it stands here no more".to_owned()));
    };
    let rows = ChainRows::of(chain, near)?;
    let damage = torn::check(&rows, &by_hash(&rows.rows))?.into_iter().find(|(f, _, _, fatal)| *f == file && *fatal);
    if let Some((_, line, text, _)) = damage {
        return Ok(Err(format!("line {line}: {text}")));
    }
    let here = || rows.rows.iter().filter(|row| row.file == file);
    let link = |row: &Row| Link { n: row.n, prev: row.p.clone(), head: row.h.clone() };
    let ends = here().min_by_key(|row| row.n).zip(here().max_by_key(|row| row.n));
    Ok(ends.map(|(first, last)| (link(first), link(last))).ok_or_else(|| "it holds no record".to_owned()))
}

/// Whether a new pin fits those that stand: the first file that was pinned for a day is its compressed form, the second
/// its roll-up, and all tell of the same raw day. True: it stands already.
fn agree(pin: &Pin, pins: &[Pin], place: usize) -> Result<bool, String> {
    let mut files: Vec<&str> = Vec::new();
    for known in pins.iter().filter(|known| known.day == pin.day) {
        if known.raw != pin.raw {
            return Err("a record pins other bytes for it: it was changed since".to_owned());
        }
        if !files.contains(&known.file.as_str()) {
            files.push(&known.file);
        }
    }
    match files.get(place) {
        Some(file) if *file == pin.file => Ok(true),
        Some(_) => Err("a record pins another file for it".to_owned()),
        None => Ok(false),
    }
}

/// Whether a roll-up tells what was to be written.
fn is_same(read: &Rolled, meant: &Rolled) -> bool {
    let plain = |told: &Summary| {
        let mut told = told.clone();
        for strip in &mut told.strips {
            let last = strip.runs.len().saturating_sub(1);
            strip.runs.iter_mut().take(last).for_each(|run| run.ms = Run::NO_MS);
        }
        told
    };
    let links = (&read.first, &read.last, &read.raw, read.day) == (&meant.first, &meant.last, &meant.raw, meant.day);
    let kept = read.kept.iter().map(|r| (&r.head, r.t)).eq(meant.kept.iter().map(|r| (&r.head, r.t)));
    links && kept && plain(&read.summary) == plain(&meant.summary)
}

pub(super) fn squeeze(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn inflates_to(gz: &[u8], bytes: &[u8]) -> bool {
    let mut inflated = Vec::with_capacity(bytes.len());
    let read = flate2::bufread::GzDecoder::new(gz).take(bytes.len() as u64 + 1).read_to_end(&mut inflated);
    read.is_ok() && inflated == bytes
}

/// Writes a file beside, asks whether it is good, and puts it in place; its bytes and its name are on the disk then.
fn put(target: &Path, bytes: &[u8], good: impl FnOnce(&Path) -> Result<(), String>) -> Tried<()> {
    let fail = |e| JournalError::io(target, "the file cannot be written beside the day", e);
    let beside = hidden(target);
    let mut file = File::create(&beside).map_err(fail)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(e) = written {
        let _ = fs::remove_file(&beside);
        return Err(fail(e));
    }
    if let Err(why) = good(&beside) {
        let _ = fs::remove_file(&beside);
        return Ok(Err(why));
    }
    fs::rename(&beside, target).map_err(fail)?;
    sync_folder(target.parent().unwrap_or(Path::new(".")))?;
    Ok(Ok(()))
}

/// The name under which a file is written: `.05.jsonl.gz`. No reader takes it for a day.
fn hidden(target: &Path) -> PathBuf {
    let name = target.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    target.with_file_name(format!(".{name}"))
}

/// Removes what a compaction that was cut off left half written.
fn sweep(folder: &Path) -> Result<(), JournalError> {
    for entry in walkdir::WalkDir::new(folder).min_depth(3).max_depth(3).into_iter().filter_map(Result::ok) {
        let name = entry.file_name().to_str().unwrap_or_default();
        let ours = name
            .strip_prefix('.')
            .and_then(|name| name.split_once('.'))
            .is_some_and(|(day, suffix)| day.len() == 2 && Form::of(suffix).is_some_and(|form| form > Form::Raw));
        if ours {
            let fail = |e| JournalError::io(entry.path(), "what is left half written cannot be removed", e);
            fs::remove_file(entry.path()).map_err(fail)?;
        }
    }
    Ok(())
}

fn size(path: &Path) -> Result<u64, JournalError> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(e) => Err(JournalError::io(path, "its size cannot be read", e)),
    }
}

/// SHA-256 of a file; of a compressed day's content, where the file itself is not meant.
pub(super) fn hash(path: &Path, the_file: bool) -> io::Result<String> {
    let mut reader: Box<dyn Read> = if the_file { Box::new(File::open(path)?) } else { forms::open(path)? };
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            return Ok(seal::hex(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}
