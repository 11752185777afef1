//! Compaction: closed days of the chains that this machine writes, in fewer bytes.
//!
//! Journal, then `timeline`, then journal: a day is opened, what it says is worked out, and that is what stands for it.
//! Days go in small lots, each with its pins saved before anything is removed; one day is in memory at a time.

use std::collections::HashSet;
use std::fs;

use chrono::NaiveDate;

use crate::app::{Folders, Trouble, clock, conf, drill, save};
use crate::config::{Loaded, Purpose};
use crate::journal::{self, Form, OpenDay, Opener, PastDay, Ready};
use crate::model::{Body, ChainName, Moment, Pin, Record, Span, Summary};
use crate::timeline::{self, Near};

/// A day is closed this long after its midnight (UTC): a run that began before it has ended, and so has a clock's
/// small step back.
const CLOSED_AFTER: Span = Span::from_mins(120);
/// So many days are pinned and saved at once.
const LOT: usize = 31;

/// What is wanted of a compaction.
#[derive(Clone, Copy)]
pub struct Compacting<'a> {
    /// Whether this machine is the desk; false: it only looks, and leaves the desk's chains alone.
    pub desk: bool,
    /// The place whose chains are compacted, where it is not the config's.
    pub vantage: Option<&'a str>,
    /// Whether there is time for another day.
    pub go_on: &'a dyn Fn() -> bool,
    /// Beside a run: nothing is done where all was done today already, or where another run holds the lock.
    pub in_passing: bool,
}

/// What a compaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// In name order.
    pub chains: Vec<ChainCompacted>,
    /// Chains of other places, which the machines there compact.
    pub others: Vec<ChainName>,
    /// Whether time ran out before all was done.
    pub more: bool,
}

/// What was done to one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainCompacted {
    /// Which.
    pub chain: ChainName,
    /// Days that were compressed.
    pub zipped: u64,
    /// Days that were rolled up.
    pub rolled: u64,
    /// The bytes of its files before.
    pub before: u64,
    /// And after.
    pub after: u64,
    /// Closed days that stay as they are, and why.
    pub left: Vec<(NaiveDate, String)>,
}

/// Compacts what is due.
pub fn compact(site: &std::path::Path, how: &Compacting<'_>) -> Result<Compacted, Trouble> {
    let at = Folders::of(site);
    let mut loaded = conf::load(site, Purpose { looks: false, tells: false })?;
    if let Some(name) = how.vantage {
        loaded.set_vantage(name).map_err(Trouble::Usage)?;
    }
    let _lock = match journal::lock(&at.state, if how.in_passing { Span::ZERO } else { loaded.settings.run.interval }) {
        Err(journal::JournalError::Locked { .. }) if how.in_passing => {
            return Ok(Compacted { more: true, ..Compacted::default() });
        }
        lock => lock?,
    };
    compact_at(&at, &loaded, how, clock::now())
}

/// The same at a moment.
fn compact_at(at: &Folders, loaded: &Loaded, how: &Compacting<'_>, now: Moment) -> Result<Compacted, Trouble> {
    let closed = now - CLOSED_AFTER;
    // What can be done today is known at its beginning; the mark spares a run the looking.
    let done = at.state.join(format!("compacted-{}", loaded.settings.run.vantage));
    let mark = format!("{} {}", &closed.rfc3339()[..10], if how.desk { "desk" } else { "place" });
    if how.in_passing && fs::read_to_string(&done).is_ok_and(|before| before == mark) {
        return Ok(Compacted::default());
    }
    let mut result = Compacted::default();
    let declared = declared(at)?;
    for chain in journal::chains(&at.journal)? {
        if chain.is_desk() && !how.desk {
            continue;
        }
        if chain.vantage().is_some_and(|v| v != loaded.settings.run.vantage) {
            result.others.push(chain);
            continue;
        }
        let work = Work { at, loaded, how, chain: &chain, declared: &declared, now };
        result.chains.push(work.run(closed, &mut result.more)?);
    }
    if !result.more {
        // Without the mark the next run only looks once more.
        let _ = fs::write(&done, mark);
    }
    Ok(result)
}

/// Everything that the desk declared, chain by chain.
fn declared(at: &Folders) -> Result<Vec<Record>, Trouble> {
    let mut declared = Vec::new();
    for chain in journal::chains(&at.journal)?.into_iter().filter(ChainName::is_desk) {
        declared.extend(journal::read_one(&at.journal, &chain)?.0);
    }
    Ok(declared)
}

/// One chain's compaction.
struct Work<'a> {
    at: &'a Folders,
    loaded: &'a Loaded,
    how: &'a Compacting<'a>,
    chain: &'a ChainName,
    declared: &'a [Record],
    now: Moment,
}

impl Work<'_> {
    fn run(&self, closed: Moment, more: &mut bool) -> Result<ChainCompacted, Trouble> {
        let root = &self.at.journal;
        let mut done = ChainCompacted {
            chain: self.chain.clone(),
            zipped: 0,
            rolled: 0,
            before: journal::bytes(root, self.chain)?,
            after: 0,
            left: Vec::new(),
        };
        let raw = |day: &PastDay| day.form == Form::Raw && day.is_worth_it();
        let days = journal::closed(root, self.chain, closed)?;
        *more |= self.lots(&days.into_iter().filter(raw).collect::<Vec<_>>(), &mut Zip, &mut done)?;
        if let Some(age) = self.loaded.settings.journal.roll_up_after.filter(|_| self.may_roll()) {
            let zipped = |day: &PastDay| day.form == Form::Zipped && day.is_worth_it();
            let old = |day: &PastDay| zipped(day) && day.end() + age <= self.now;
            let days = journal::closed(root, self.chain, closed)?;
            let mut roll = Roll { opener: Opener::new(root, self.chain)? };
            *more |= self.lots(&days.into_iter().filter(old).collect::<Vec<_>>(), &mut roll, &mut done)?;
        }
        done.after = journal::bytes(root, self.chain)?;
        Ok(done)
    }

    /// Whether its days may be rolled up: not the desk's, which hold no rounds, and not where what the desk declared is
    /// unknown, because windows and incidents say where a run must end and which looks are kept.
    fn may_roll(&self) -> bool {
        !self.chain.is_desk() && (self.how.desk || !self.declared.is_empty())
    }

    /// Takes days in lots through one step. True: time ran out.
    fn lots(&self, days: &[PastDay], step: &mut dyn Step, done: &mut ChainCompacted) -> Result<bool, Trouble> {
        let Some(oldest) = days.first() else { return Ok(false) };
        let mut pins: Option<Vec<Pin>> = None;
        for lot in days.chunks(LOT) {
            let (mut ready, mut stopped) = (Vec::new(), false);
            for day in lot {
                if !(self.how.go_on)() {
                    stopped = true;
                    break;
                }
                // They are read once, and those that come are added.
                let pins = match &mut pins {
                    Some(pins) => pins,
                    none => none.insert(journal::pins(&self.at.journal, self.chain, oldest.day)?),
                };
                match step.take(self, day.day, pins)? {
                    Ok(one) => ready.push(one),
                    Err(why) => done.left.push((day.day, why)),
                }
            }
            self.finish(&ready, step.name())?;
            *step.count(done) += ready.len() as u64;
            if let Some(pins) = &mut pins {
                pins.extend(ready.iter().map(|r| r.pin.clone()));
            }
            if stopped {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Pins, saves, and removes what was there before.
    fn finish(&self, ready: &[Ready], name: &str) -> Result<(), Trouble> {
        if ready.is_empty() {
            return Ok(());
        }
        drill::point(&format!("written-{name}"));
        let new: Vec<Body> = ready.iter().filter(|r| !r.pinned).map(|r| Body::Pin(r.pin.clone())).collect();
        save::pins(self.at, self.loaded, self.chain, new, self.now)?; // SAVED
        drill::point(&format!("pinned-{name}"));
        for (i, one) in ready.iter().enumerate() {
            if let Err(why) = journal::retire(&self.at.journal, self.chain, one)? {
                return Err(Trouble::Save(format!("chain {}, {}: {why}", self.chain, one.pin.day)));
            }
            if i == 0 {
                drill::point(&format!("retired-{name}"));
            }
        }
        Ok(())
    }
}

/// What is done to a day.
trait Step {
    fn name(&self) -> &'static str;
    fn count<'d>(&self, done: &'d mut ChainCompacted) -> &'d mut u64;
    fn take(&mut self, work: &Work<'_>, day: NaiveDate, pins: &[Pin]) -> journal::Tried<Ready>;
}

struct Zip;

impl Step for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn count<'d>(&self, done: &'d mut ChainCompacted) -> &'d mut u64 {
        &mut done.zipped
    }

    fn take(&mut self, work: &Work<'_>, day: NaiveDate, pins: &[Pin]) -> journal::Tried<Ready> {
        journal::zip(&work.at.journal, work.chain, day, pins)
    }
}

struct Roll<'a> {
    opener: Opener<'a>,
}

impl Step for Roll<'_> {
    fn name(&self) -> &'static str {
        "roll"
    }

    fn count<'d>(&self, done: &'d mut ChainCompacted) -> &'d mut u64 {
        &mut done.rolled
    }

    fn take(&mut self, work: &Work<'_>, day: NaiveDate, pins: &[Pin]) -> journal::Tried<Ready> {
        let open = match self.opener.open(day)? {
            Ok(open) => open,
            Err(why) => return Ok(Err(why)),
        };
        let (told, kept) = tell(work.chain, &open, work.declared, work.now);
        journal::roll(&work.at.journal, work.chain, open, told, kept, pins)
    }
}

/// What an opened day says, and what is kept of it look by look.
fn tell(chain: &ChainName, open: &OpenDay, declared: &[Record], now: Moment) -> (Summary, Vec<Record>) {
    let around: Vec<&Record> = open.around.iter().collect();
    let judged = timeline::set_aside(&around);
    let aside: HashSet<&str> = around.iter().zip(judged).filter(|(_, a)| *a).map(|(r, _)| r.head.as_str()).collect();
    let aside = |r: &Record| aside.contains(r.head.as_str());
    let records: Vec<&Record> = open.records.iter().collect();
    let edges = timeline::edges(&concerning(chain, declared, &records));
    let told = timeline::summarise(chain, &records, &aside, &edges, Moment::from_ms(i64::MAX));
    let kept = timeline::keep(&records, &aside, &near(chain, declared, now));
    (told, kept)
}

/// The incidents whose looks are kept. A chain that may be published must not show that there was one nobody knows of.
fn near(chain: &ChainName, declared: &[Record], now: Moment) -> Vec<Near> {
    let known: Vec<Record> = declared.iter().filter(|r| r.chain.is_public() || !chain.is_public()).cloned().collect();
    timeline::near(&known, now)
}

/// What was declared and can matter to these records. An internal incident or window of things that a public chain does
/// not look at leaves no trace in it.
fn concerning(chain: &ChainName, declared: &[Record], records: &[&Record]) -> Vec<Record> {
    if !chain.is_public() {
        return declared.to_vec();
    }
    let mut looked_at: HashSet<&str> = HashSet::new();
    for record in records {
        if let Body::Round(round) = &record.body {
            looked_at.extend(round.up.iter().map(|(key, _)| key.component()));
            looked_at.extend(round.not.iter().map(|s| s.id.component()));
        }
    }
    let concerns = |r: &&Record| {
        let components = match &r.body {
            Body::Incident(i) => &i.components,
            Body::Maintenance(m) => &m.components,
            _ => return false,
        };
        r.chain.is_public() || components.iter().any(|c| looked_at.contains(c.as_str()))
    };
    declared.iter().filter(concerns).cloned().collect()
}

#[cfg(test)]
mod tests;
