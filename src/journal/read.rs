//! Reads chains day by day, and remarks on what does not fit.

use std::path::{Path, PathBuf};

use crate::journal::days::head_of;
use crate::journal::files::{self, Day, Line};
use crate::journal::forks::{self, Forks};
use crate::journal::seal::Flaw;
use crate::journal::wire::{self, Decoded, Names};
use crate::journal::write::root_of;
use crate::journal::{ChainHead, JournalError, Reading};
use crate::model::{Body, ChainName, Head, Moment, Origin, Record, Remark};

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
    remarks: Vec<Remark>,
    /// Remarks that are only counted.
    more: usize,
}

/// See [`crate::journal::read()`].
pub(super) fn read(root: &Path) -> Result<Reading, JournalError> {
    let mut reading = Reading::default();
    for chain in files::chains(root)? {
        let WholeChain { mut records, mut remarks, .. } = read_one(root, &chain)?;
        if let Some(last) = records.last() {
            reading.heads.insert(chain, head_of(last));
        }
        reading.records.append(&mut records);
        reading.remarks.append(&mut remarks);
    }
    Ok(reading)
}

/// All of a chain.
pub(super) struct WholeChain {
    /// In the order of `n`.
    pub(super) records: Vec<Record>,
    /// What is odd about them.
    pub(super) remarks: Vec<Remark>,
    /// The ends of its branches, see [`Forks::tips`].
    pub(super) tips: Vec<ChainHead>,
    /// Its first record's time, where those before it stand in days that are not here.
    pub(super) late: Option<Moment>,
}

/// One chain's records in the order of `n`, and what is odd about them.
pub(super) fn read_one(root: &Path, chain: &ChainName) -> Result<WholeChain, JournalError> {
    let mut one = read_chain(root, chain, &mut Names::default())?;
    one.order();
    let Forks { tips, .. } = one.check_links(chain);
    if one.more > 0 {
        let text = format!("chain {chain}: {} more remarks; `statuary journal verify` lists all", one.more);
        one.remarks.push(Remark { origin: None, text });
    }
    let first = one.records.first().zip(one.places.first());
    let late = first.filter(|(record, place)| record.n > 0 && **place == (0, 1)).map(|(record, _)| record);
    one.remarks.extend(late.map(|record| begins_late(chain, record.n, record.t)));
    let late = late.map(|record| record.t);
    Ok(WholeChain { records: one.records, remarks: one.remarks, tips, late })
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
        for (_, path) in files::within(root, &chain, &days)? {
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

/// Says which records are absent between two that are here.
pub(super) fn missing(path: &Path, last: u64, next: u64) -> Remark {
    Remark { origin: Some(at(path, 1)), text: not_here(last, next) }
}

/// Says that a chain begins later than at its beginning.
pub(super) fn begins_late(chain: &ChainName, n: u64, t: Moment) -> Remark {
    let text = format!("chain {chain}: what was recorded before record {n} ({t}) is not here");
    Remark { origin: None, text }
}

fn not_here(last: u64, next: u64) -> String {
    let which = match next - last {
        2 => format!("record {} is", last + 1),
        _ => format!("records {} to {} are", last + 1, next - 1),
    };
    format!("{which} not here; the chain goes on with record {next}")
}

/// See [`crate::journal::tail`].
pub(super) fn tail(root: &Path, chain: &ChainName, count: usize) -> Result<Vec<Record>, JournalError> {
    let mut days = Vec::new();
    for (_, path) in files::list(root, chain)?.days {
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
    records.drain(..records.len().saturating_sub(count));
    Ok(records)
}

fn read_chain(root: &Path, chain: &ChainName, names: &mut Names) -> Result<ChainReading, JournalError> {
    let listing = files::list(root, chain)?;
    let mut one = ChainReading { remarks: listing.remarks, ..ChainReading::default() };
    for (_, path) in listing.days {
        one.read_day(&path, chain, names)?;
        one.files.push(path);
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
    fn check_links(&mut self, chain: &ChainName) -> Forks {
        let mut level = Level { n: None, heads: Vec::new(), before: vec![root_of(chain)] };
        let mut told = Vec::new();
        let mut double = vec![false; self.records.len()];
        for (i, record) in self.records.iter().enumerate() {
            if level.n == Some(record.n) && level.heads.contains(&record.head) {
                double[i] = true;
                told.push((i, format!("record {} stands here a second time; it is read once", record.n)));
                continue;
            }
            if let Some(text) = level.step(record) {
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
        let forks = forks::find(chain, &self.records);
        self.remarks.extend(forks.forks.iter().map(|fork| fork.remark(chain)));
        forks
    }
}

/// The records that share the number reached so far, and those of the number before.
struct Level {
    n: Option<u64>,
    heads: Vec<Head>,
    /// Empty: not here, so that nothing can be said.
    before: Vec<Head>,
}

impl Level {
    /// Goes on to a record's number, and says what is odd about it.
    fn step(&mut self, record: &Record) -> Option<String> {
        let n = record.n;
        let reached = self.n.replace(n);
        match reached {
            None if n == 0 => None,
            None => {
                self.before.clear();
                None
            }
            Some(same) if same == n => None,
            Some(last) if last + 1 == n => {
                self.before = std::mem::take(&mut self.heads);
                None
            }
            Some(last) => {
                self.before.clear();
                self.heads.clear();
                Some(not_here(last, n))
            }
        }
    }

    /// Whether the record names one before it; a joining record may name the shorter branch's.
    fn leads_to(&self, record: &Record) -> bool {
        let joins = matches!(&record.body, Body::Join(a, b) if record.prev == *a || record.prev == *b);
        joins || self.before.is_empty() || self.before.contains(&record.prev)
    }
}

fn at(path: &Path, line: u32) -> Origin {
    Origin { file: path.to_path_buf(), line, column: 1 }
}
