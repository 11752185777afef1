//! Reads chains day by day, and remarks on what does not fit.

use std::path::{Path, PathBuf};

use crate::journal::days::head_of;
use crate::journal::files::{self, Day, Line};
use crate::journal::forms;
use crate::journal::level::Level;
use crate::journal::rollup::{self, Rolled, Unread};
use crate::journal::seal::Flaw;
use crate::journal::wire::{self, Decoded, Names};
use crate::journal::{ChainHead, JournalError, Reading};
use crate::model::{Body, ChainName, Moment, Origin, Record, Remark};

/// The most remarks per chain that are written out; the rest are counted.
const MAX_REMARKS: usize = 50;

/// Where a record stands: the file by its place in the listing, and the line.
type Place = (u32, u32);

/// One chain as it was read.
#[derive(Default)]
struct ChainReading {
    files: Vec<PathBuf>,
    records: Vec<Record>,
    places: Vec<Place>,
    rolled: Vec<Rolled>,
    remarks: Vec<Remark>,
    /// Remarks that are only counted.
    more: usize,
}

/// See [`crate::journal::read()`].
pub(super) fn read(root: &Path) -> Result<Reading, JournalError> {
    let mut reading = Reading::default();
    for chain in files::chains(root)? {
        let mut one = whole(root, &chain)?;
        if let Some(head) = one.head() {
            reading.heads.insert(chain, head);
        }
        reading.records.append(&mut one.records);
        reading.rolled.append(&mut one.rolled);
        reading.remarks.append(&mut one.remarks);
    }
    Ok(reading)
}

/// One chain's records in the order of `n`, and what is odd about them.
pub(super) fn read_one(root: &Path, chain: &ChainName) -> Result<(Vec<Record>, Vec<Remark>), JournalError> {
    let one = whole(root, chain)?;
    Ok((one.records, one.remarks))
}

/// The same with the days that stand rolled up, oldest first.
pub(super) fn read_all(root: &Path, chain: &ChainName) -> Result<AllRead, JournalError> {
    let one = whole(root, chain)?;
    Ok((one.records, one.rolled, one.remarks))
}

/// Records, days that stand rolled up, remarks.
pub(super) type AllRead = (Vec<Record>, Vec<Rolled>, Vec<Remark>);

fn whole(root: &Path, chain: &ChainName) -> Result<ChainReading, JournalError> {
    let mut one = read_chain(root, chain, &mut Names::default())?;
    one.order();
    one.check_links(chain);
    if one.more > 0 {
        let text = format!("chain {chain}: {} more remarks; `statuary journal verify` lists all", one.more);
        one.remarks.push(Remark { origin: None, text });
    }
    Ok(one)
}

/// The rounds of all vantages within some spans of time (both ends included), chain by chain.
pub(super) fn rounds(root: &Path, spans: &[(Moment, Moment)]) -> Result<Vec<Record>, JournalError> {
    let days: Vec<(Day, Day)> = spans.iter().filter_map(|(a, b)| Some((Day::of(*a)?, Day::of(*b)?))).collect();
    let wanted = |t: Moment| spans.iter().any(|(a, b)| *a <= t && t <= *b);
    let mut rounds = Vec::new();
    if days.is_empty() {
        return Ok(rounds);
    }
    for chain in files::chains(root)?.into_iter().filter(|c| !c.is_desk()) {
        let mut names = Names::default();
        let listing = files::within(root, &chain, &days)?;
        for (_, path) in listing.rolled {
            match rollup::read(&path, &chain, &mut names) {
                Ok(rolled) => rounds.extend(rolled.kept.into_iter().filter(|r| wanted(r.t))),
                Err(Unread::Disk(error)) => return Err(error),
                // Whoever reads the chain says so.
                Err(Unread::Damaged { .. }) => {}
            }
        }
        for (_, path) in listing.days {
            let mut inside = Vec::new();
            read_lines(&path, &chain, &mut names, (0, 0), Moment::from_ms(i64::MAX), &mut inside)?;
            rounds.extend(inside.into_iter().filter(|r| matches!(r.body, Body::Round(_)) && wanted(r.t)));
        }
    }
    Ok(rounds)
}

/// How far a file was read.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// What is damaged.
    pub(super) remarks: Vec<Remark>,
    /// Where the last whole record ends, its newline included where it has one.
    pub(super) whole: u64,
    /// How many lines lie before that.
    pub(super) lines: u32,
}

/// Reads the whole records of a file from a place on: how many bytes and how many lines into it. What comes after
/// `until` is read, but does not count as read.
pub(super) fn read_lines(
    path: &Path,
    chain: &ChainName,
    names: &mut Names,
    (from, before): (u64, u32),
    until: Moment,
    records: &mut Vec<Record>,
) -> Result<Tail, JournalError> {
    let mut one = ChainReading::default();
    let mut damage: Option<Damage> = None;
    let (mut whole, mut lines, mut later) = (from, before, false);
    files::lines_from(path, from, |line| {
        let number = before + line.number;
        if let Some(record) = one.line(path, chain, names, line, number, &mut damage) {
            later |= record.t > until;
            if !later {
                (whole, lines) = (line.offset + line.length, number);
            }
            records.push(record);
        }
    })?;
    one.tell_damage(path, damage.as_ref());
    if one.more > 0 {
        let text = format!("{} more remarks on this file; `statuary journal verify` lists all", one.more);
        one.remarks.push(Remark { origin: Some(at(path, lines + 1)), text });
    }
    Ok(Tail { remarks: one.remarks, whole, lines })
}

/// Says that a rolled-up day cannot be read.
pub(super) fn unread(path: &Path, line: u32, text: &str) -> Remark {
    Remark { origin: Some(at(path, line)), text: format!("{text}; the figures of that day are missing") }
}

/// Says which records are absent between two that are here.
pub(super) fn missing(path: &Path, last: u64, next: u64) -> Remark {
    Remark { origin: Some(at(path, 1)), text: not_here(last, next) }
}

pub(super) fn not_here(last: u64, next: u64) -> String {
    let which = match next - last {
        2 => format!("record {} is", last + 1),
        _ => format!("records {} to {} are", last + 1, next - 1),
    };
    format!("{which} not here; the chain goes on with record {next}")
}

/// See [`crate::journal::tail`].
pub(super) fn tail(root: &Path, chain: &ChainName, count: usize) -> Result<Vec<Record>, JournalError> {
    let mut days = Vec::new();
    let (open, mut zipped): (Vec<_>, Vec<_>) =
        files::list(root, chain)?.days.into_iter().partition(|(_, path)| forms::is_raw(path));
    for (_, path) in open {
        if let Some(last) = files::end(&path, chain)?.last {
            days.push((last.n, path));
        }
    }
    days.sort();
    let mut records: Vec<Record> = Vec::new();
    let mut names = Names::default();
    while let Some((last, path)) = days.pop() {
        // Files are taken by their last record; once enough stand behind it, an older file has none to give.
        if records.iter().filter(|r| r.n > last).count() >= count {
            break;
        }
        files::lines(&path, |line| {
            if let Ok(decoded) = wire::decode(chain, line.bytes, &mut names) {
                records.push(decoded.record);
            }
        })?;
    }
    records.sort_by_key(|r| r.n);
    // Compressed days are read whole, the newest first, until nothing can be missing between those that are asked for.
    while records.len() < count || !is_row(&records[records.len() - count..]) {
        let Some((_, path)) = zipped.pop() else { break };
        files::lines(&path, |line| {
            if let Ok(decoded) = wire::decode(chain, line.bytes, &mut names) {
                records.push(decoded.record);
            }
        })?;
        records.sort_by_key(|r| r.n);
    }
    records.drain(..records.len().saturating_sub(count));
    Ok(records)
}

/// Whether their numbers follow one another.
fn is_row(records: &[Record]) -> bool {
    records.windows(2).all(|pair| pair[0].n + 1 == pair[1].n)
}

fn read_chain(root: &Path, chain: &ChainName, names: &mut Names) -> Result<ChainReading, JournalError> {
    let listing = files::list(root, chain)?;
    let mut one = ChainReading::default();
    for (_, path) in listing.days {
        one.read_day(&path, chain, names)?;
        one.files.push(path);
    }
    for (_, path) in listing.rolled {
        match rollup::read(&path, chain, names) {
            Ok(rolled) => one.rolled.push(rolled),
            Err(Unread::Disk(error)) => return Err(error),
            Err(Unread::Damaged { line, text }) => {
                let Remark { text, .. } = unread(&path, line, &text);
                one.remark(at(&path, line), text);
            }
        }
    }
    Ok(one)
}

/// Damaged lines that follow one another, told as one.
struct Damage {
    first: u32,
    last: u32,
    bytes: u64,
    flaw: Flaw,
}

impl ChainReading {
    fn read_day(&mut self, path: &Path, chain: &ChainName, names: &mut Names) -> Result<(), JournalError> {
        let file = self.files.len() as u32;
        let mut damage: Option<Damage> = None;
        files::lines(path, |line| {
            if let Some(record) = self.line(path, chain, names, line, line.number, &mut damage) {
                self.records.push(record);
                self.places.push((file, line.number));
            }
        })?;
        self.tell_damage(path, damage.as_ref());
        Ok(())
    }

    /// Reads a line; damage is gathered until a whole record follows.
    fn line(
        &mut self,
        path: &Path,
        chain: &ChainName,
        names: &mut Names,
        line: &Line<'_>,
        number: u32,
        damage: &mut Option<Damage>,
    ) -> Option<Record> {
        match wire::decode(chain, line.bytes, names) {
            Ok(Decoded { record, trouble }) => {
                self.tell_damage(path, damage.take().as_ref());
                if let Some(why) = trouble {
                    let text =
                        format!("record {} is whole, but this version cannot read what it says: {why}", record.n);
                    self.remark(at(path, number), text);
                }
                Some(record)
            }
            Err(flaw) => {
                let begun = damage.get_or_insert(Damage { first: number, last: number, bytes: 0, flaw });
                begun.last = number;
                begun.bytes += line.length;
                None
            }
        }
    }

    fn tell_damage(&mut self, path: &Path, damage: Option<&Damage>) {
        let Some(&Damage { first, last, bytes, flaw }) = damage else { return };
        let what = if last > first {
            format!("lines {first} to {last} ({bytes} bytes) are no whole records: the first {}", flaw.words())
        } else {
            format!("line {first} ({bytes} bytes) {}", flaw.words())
        };
        self.remark(at(path, first), format!("{what}; stepped around, and kept as it is"));
    }

    fn remark(&mut self, origin: Origin, text: String) {
        if self.remarks.len() < MAX_REMARKS {
            self.remarks.push(Remark { origin: Some(origin), text });
        } else {
            self.more += 1;
        }
    }

    /// The record with the greatest number, where it stands in lines or in a roll-up.
    fn head(&self) -> Option<ChainHead> {
        let here = self.records.last().map(head_of);
        let rolled = self.rolled.iter().filter_map(|day| {
            let (n, t) = day.summary.end?;
            Some(ChainHead { head: day.last.head.clone(), n, t })
        });
        here.into_iter().chain(rolled).max_by_key(|head| head.n)
    }

    /// Brings the records into the order of `n`; the calendar differs from it where a clock went back.
    fn order(&mut self) {
        if self.records.is_sorted_by_key(|r| r.n) {
            return;
        }
        let mut both: Vec<_> = self.records.drain(..).zip(self.places.drain(..)).collect();
        both.sort_by_key(|(record, _)| record.n);
        (self.records, self.places) = both.into_iter().unzip();
    }

    /// Remarks on records whose `n` or `p` does not fit what stands before, and drops second copies. A chain may begin
    /// later than at 0: a checkout need not hold the older days.
    fn check_links(&mut self, chain: &ChainName) {
        let joined = self.records.iter().any(|r| matches!(r.body, Body::Join(..)));
        let mut level = Level::new(chain);
        let mut told = Vec::new();
        let mut double = vec![false; self.records.len()];
        let mut rolled = self.rolled.iter().peekable();
        for (i, record) in self.records.iter().enumerate() {
            while let Some(day) = rolled.next_if(|day| day.first.n < record.n) {
                level.pass(day);
            }
            if level.n == Some(record.n) && level.heads.contains(&record.head) {
                double[i] = true;
                told.push((i, format!("record {} stands here a second time; it is read once", record.n)));
                continue;
            }
            if let Some(text) = level.step(record, joined) {
                told.push((i, text));
            }
            if !level.leads_to(record) {
                let n = record.n;
                told.push((
                    i,
                    format!("record {n} does not name the one before it: one of the two was changed or put here"),
                ));
            }
            level.heads.push(record.head.clone());
        }
        for (i, text) in told {
            let (file, line) = self.places[i];
            let origin = at(&self.files[file as usize], line);
            self.remark(origin, text);
        }
        let mut keep = double.iter().map(|double| !double);
        self.records.retain(|_| keep.next().unwrap_or(true));
    }
}

fn at(path: &Path, line: u32) -> Origin {
    Origin { file: path.to_path_buf(), line, column: 1 }
}
