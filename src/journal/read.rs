//! Reads chains day by day, and remarks on what does not fit.

use std::path::{Path, PathBuf};

use crate::journal::files::{self, Backwards, Day};
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
    let mut names = Names::default();
    for chain in files::chains(root)? {
        let mut one = read_chain(root, &chain, &mut names)?;
        one.order();
        one.check_links(&chain);
        if let Some(last) = one.records.last() {
            let head = ChainHead { head: last.head.clone(), n: last.n, t: last.t };
            reading.heads.insert(chain.clone(), head);
        }
        if one.more > 0 {
            let text = format!("chain {chain}: {} more remarks; `statuary journal verify` lists all", one.more);
            one.remarks.push(Remark { origin: None, text });
        }
        reading.records.append(&mut one.records);
        reading.remarks.append(&mut one.remarks);
    }
    Ok(reading)
}

/// How many days with a record are read at least: a clock that went back a little put the last one into the day before.
const TAIL_DAYS: usize = 2;

/// See [`crate::journal::tail`].
pub(super) fn tail(root: &Path, chain: &ChainName, count: usize, now: Moment) -> Result<Vec<Record>, JournalError> {
    let folder = root.join(chain.as_str());
    let mut records: Vec<Record> = Vec::new();
    let today = Day::of(now).unwrap_or(Day::LAST);
    let mut days = 0;
    let mut back = Backwards::from(&folder, today)?;
    while (days < TAIL_DAYS || records.len() < count)
        && let Some((_, path)) = back.step()?
    {
        let found = files::last(&path, chain, count)?;
        days += usize::from(!found.is_empty());
        records.extend(found);
    }
    // Where the clock went back, what was written before lies ahead.
    if let Some((newest, path)) = Backwards::from(&folder, Day::LAST)?.step()?
        && newest > today
    {
        records.extend(files::last(&path, chain, count)?);
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
        files::lines(path, |line| match wire::decode(chain, line.bytes, names) {
            Ok(Decoded { record, trouble }) => {
                self.tell_damage(path, damage.take().as_ref());
                if let Some(why) = trouble {
                    let text =
                        format!("record {} is whole, but this version cannot read what it says: {why}", record.n);
                    self.remark(at(path, line.number), text);
                }
                self.records.push(record);
                self.places.push((file, line.number));
            }
            Err(flaw) => match &mut damage {
                Some(d) => {
                    d.last = line.number;
                    d.bytes += line.length;
                }
                None => damage = Some(Damage { first: line.number, last: line.number, bytes: line.length, flaw }),
            },
        })?;
        self.tell_damage(path, damage.as_ref());
        Ok(())
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
    fn check_links(&mut self, chain: &ChainName) {
        let joined = self.records.iter().any(|r| matches!(r.body, Body::Join(..)));
        let mut level = Level { n: None, heads: Vec::new(), before: vec![root_of(chain)] };
        let mut told = Vec::new();
        let mut double = vec![false; self.records.len()];
        for (i, record) in self.records.iter().enumerate() {
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

/// The records that share the number reached so far, and those of the number before.
struct Level {
    n: Option<u64>,
    heads: Vec<Head>,
    /// Empty: not here, so that nothing can be said.
    before: Vec<Head>,
}

impl Level {
    /// Goes on to a record's number, and says what is odd about it.
    fn step(&mut self, record: &Record, joined: bool) -> Option<String> {
        let n = record.n;
        let reached = self.n.replace(n);
        match reached {
            None if n == 0 => None,
            None => {
                self.before.clear();
                None
            }
            Some(same) if same == n => {
                let healed = if joined { "a later record joins the two" } else { "two runs wrote at one time" };
                Some(format!("the chain forks: this is a second record {n}; {healed}"))
            }
            Some(last) if last + 1 == n => {
                self.before = std::mem::take(&mut self.heads);
                None
            }
            Some(last) => {
                self.before.clear();
                self.heads.clear();
                let which = match n - last {
                    2 => format!("record {} is", last + 1),
                    _ => format!("records {} to {} are", last + 1, n - 1),
                };
                Some(format!("{which} not here; the chain goes on with record {n}"))
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
