//! Reads a chain file by file, on all cores, and keeps of each file only what was made of it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::journal::files::{self, Day};
use crate::journal::forms;
use crate::journal::read;
use crate::journal::rollup::{self, Unread};
use crate::journal::wire::Names;
use crate::journal::write::root_of;
use crate::journal::{ChainHead, JournalError, Position};
use crate::model::{Body, ChainName, Head, Moment, Record, Remark, Span, Summary};

/// What one chain says.
#[derive(Debug)]
pub struct ChainTold {
    /// As it was made of the files.
    pub told: Told,
    /// What is damaged or surprising.
    pub remarks: Vec<Remark>,
    /// How far it was read; none where it was not read file by file.
    pub position: Option<Position>,
}

/// What was made of a chain's files.
#[derive(Debug)]
pub enum Told {
    /// Each file's, oldest first: the chain is in order, in number and in time.
    Days(Vec<Summary>),
    /// Something is out of order (a clock that went back, a fork, a second copy): all its records, and what the days
    /// say that stand rolled up, oldest first.
    Whole(Vec<Record>, Vec<Summary>),
}

/// A day as its file has it.
#[derive(Debug)]
pub enum DayTold<'r> {
    /// Its records.
    Records(&'r [&'r Record]),
    /// What it says, as it was rolled up.
    Rolled(Box<Summary>),
}

/// What is made of one file.
pub type Make<'a> = dyn Fn(&ChainName, DayTold<'_>) -> Summary + Sync + 'a;

/// One file as it was read.
struct FileTold {
    summary: Summary,
    remarks: Vec<Remark>,
    ends: Option<Ends>,
    /// Whether its records follow one another, and time goes forward.
    regular: bool,
    /// After the last whole record; lines up to there.
    whole: u64,
    lines: u32,
}

/// The first and the last record of a file.
struct Ends {
    first: (u64, Head, Moment),
    last: ChainHead,
    /// The latest look's time.
    look: Option<Moment>,
    /// The last record up to the moment, and the latest look's time among those.
    read: Option<(ChainHead, Option<Moment>)>,
}

/// Reads every file of a vantage's chain.
pub(super) fn read_chain(
    root: &Path,
    chain: &ChainName,
    until: Moment,
    make: &Make<'_>,
) -> Result<ChainTold, JournalError> {
    let listing = files::list(root, chain)?;
    let mut days = listing.days;
    days.extend(listing.rolled);
    days.sort();
    let files = read_files(chain, &days, until, make)?;
    if !in_order(chain, &files) {
        let (records, rolled, remarks) = read::read_all(root, chain)?;
        let position = position_of(root, chain, &records, until)?;
        let rolled = rolled.into_iter().map(|day| day.summary).collect();
        return Ok(ChainTold { told: Told::Whole(records, rolled), remarks, position });
    }
    let mut remarks = Vec::new();
    let mut head: Option<ChainHead> = None;
    let mut summaries = Vec::with_capacity(files.len());
    let mut position: Option<Position> = None;
    // Once something claims a time that has not come, nothing after it counts as read.
    let mut later = false;
    for (file, (day, path)) in files.into_iter().zip(&days) {
        remarks.extend(file.remarks);
        if let Some(ends) = file.ends {
            if let Some(before) = head.as_ref().filter(|h| h.n + 1 < ends.first.0) {
                remarks.push(read::missing(path, before.n, ends.first.0));
            }
            if let Some((read, look)) = ends.read.filter(|_| !later) {
                let latest = position.as_ref().and_then(|p| p.latest).max(look);
                let (whole, lines, chain) = (file.whole, file.lines, chain.clone());
                position = Some(Position { chain, day: day.0, whole, lines, head: read, latest, months: Vec::new() });
            }
            later |= ends.last.t > until;
            head = Some(ends.last);
        }
        summaries.push(file.summary);
    }
    Ok(ChainTold { told: Told::Days(summaries), remarks, position })
}

fn read_files(
    chain: &ChainName,
    days: &[(Day, PathBuf)],
    until: Moment,
    make: &Make<'_>,
) -> Result<Vec<FileTold>, JournalError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut names = Names::default();
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some((day, path)) = days.get(i) else { return Ok(done) };
            done.push((i, read_file(chain, *day, path, until, make, &mut names)?));
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from).min(days.len());
    let mut all = if cores < 2 {
        work()?
    } else {
        thread::scope(|scope| {
            let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            let mut all = Vec::with_capacity(days.len());
            for worker in workers {
                all.extend(worker.join().expect("a reader does not panic")?);
            }
            Ok::<_, JournalError>(all)
        })?
    };
    all.sort_by_key(|(i, _)| *i);
    Ok(all.into_iter().map(|(_, file)| file).collect())
}

fn read_file(
    chain: &ChainName,
    day: Day,
    path: &Path,
    until: Moment,
    make: &Make<'_>,
    names: &mut Names,
) -> Result<FileTold, JournalError> {
    if forms::is_rolled(path) {
        return read_rolled(chain, path, until, make, names);
    }
    let mut records: Vec<Record> = Vec::with_capacity(1500);
    let tail = read::read_lines(path, chain, names, (0, 0), until, &mut records)?;
    let regular = follows(&records, None) && records.iter().all(|r| Day::of(r.t) == Some(day));
    let ends = records.first().zip(records.last()).map(|(first, last)| Ends {
        first: (first.n, first.prev.clone(), first.t),
        last: head_of(last),
        look: latest(&records),
        read: counted(&records, until).last().map(|r| (head_of(r), latest(counted(&records, until)))),
    });
    let all: Vec<&Record> = records.iter().collect();
    let summary = make(chain, DayTold::Records(&all));
    Ok(FileTold { summary, remarks: tail.remarks, ends, regular, whole: tail.whole, lines: tail.lines })
}

fn read_rolled(
    chain: &ChainName,
    path: &Path,
    until: Moment,
    make: &Make<'_>,
    names: &mut Names,
) -> Result<FileTold, JournalError> {
    let nothing = |remark| FileTold {
        summary: Summary::empty(chain.clone()),
        remarks: vec![remark],
        ends: None,
        regular: true,
        whole: 0,
        lines: 0,
    };
    let day = match rollup::read(path, chain, names) {
        Ok(day) => day,
        Err(Unread::Disk(error)) => return Err(error),
        Err(Unread::Damaged { line, text }) => return Ok(nothing(read::unread(path, line, &text))),
    };
    let (Some((from, to)), Some((n, t))) = (day.summary.span, day.summary.end) else {
        return Ok(nothing(read::unread(path, 1, "it tells of no record")));
    };
    let last = ChainHead { head: day.last.head, n, t };
    let looks = day.summary.strips.iter().filter_map(|s| s.runs.last()).map(|run| run.last);
    let look = looks.chain(day.summary.times.last().copied()).max();
    // A day that has not come whole is not counted as read: what follows it is read again.
    let read = (to <= until).then(|| (last.clone(), look));
    let ends = Ends { first: (day.first.n, day.first.prev, from), last, look, read };
    let summary = make(chain, DayTold::Rolled(Box::new(day.summary)));
    Ok(FileTold { summary, remarks: Vec::new(), ends: Some(ends), regular: true, whole: 0, lines: 0 })
}

/// How far a chain was read whose records all are in memory, in the order of `n`. None: its newest record does not
/// stand at the end of its file, or a round claims a later time than the last one; then nothing can be read on from it.
pub(super) fn position_of(
    root: &Path,
    chain: &ChainName,
    records: &[Record],
    until: Moment,
) -> Result<Option<Position>, JournalError> {
    let rounds = || records.iter().filter(|r| matches!(r.body, Body::Round(_))).map(|r| r.t);
    let sound = |last: &&Record| last.t <= until && rounds().next_back() == rounds().max();
    let Some(last) = records.last().filter(sound) else { return Ok(None) };
    let listing = files::list(root, chain)?;
    let Some((day, path)) = listing.days.iter().find(|(day, _)| Some(*day) == Day::of(last.t)) else {
        return Ok(None);
    };
    let mut inside = Vec::new();
    let tail = read::read_lines(path, chain, &mut Names::default(), (0, 0), last.t, &mut inside)?;
    let ends = inside.last().is_some_and(|r| r.head == last.head);
    Ok(ends.then(|| Position {
        chain: chain.clone(),
        day: day.0,
        whole: tail.whole,
        lines: tail.lines,
        head: head_of(last),
        latest: latest(records),
        months: Vec::new(),
    }))
}

/// The records before the first that claims a time after the moment.
pub(super) fn counted(records: &[Record], until: Moment) -> &[Record] {
    &records[..records.iter().position(|r| r.t > until).unwrap_or(records.len())]
}

/// The latest look's time: a second look comes after its round.
pub(super) fn latest(records: &[Record]) -> Option<Moment> {
    let last = |r: &Record| {
        let Body::Round(round) = &r.body else { return None };
        let after = round.not.iter().filter_map(|seen| seen.after).max();
        Some(r.t + after.unwrap_or(Span::ZERO))
    };
    records.iter().filter_map(last).max()
}

/// What a record is known by.
pub(super) fn head_of(record: &Record) -> ChainHead {
    ChainHead { head: record.head.clone(), n: record.n, t: record.t }
}

/// Whether each record follows the one before it, and no round claims an earlier time, or one at which the latest look
/// before them was already.
pub(super) fn follows(records: &[Record], latest: Option<Moment>) -> bool {
    let mut before = None;
    let linked = records.windows(2).all(|pair| pair[1].n == pair[0].n + 1 && pair[1].prev == pair[0].head);
    linked
        && records.iter().filter(|r| matches!(r.body, Body::Round(_) | Body::Join(..))).all(|r| {
            let forward = before.is_none_or(|before| before <= r.t) && latest.is_none_or(|latest| latest < r.t);
            before = Some(r.t);
            forward && !matches!(r.body, Body::Join(..))
        })
}

/// Whether the files follow one another too. Days that are not here are no disorder.
fn in_order(chain: &ChainName, files: &[FileTold]) -> bool {
    let mut before: Option<(&ChainHead, Option<Moment>)> = None;
    for file in files {
        let Some(ends) = &file.ends else { continue };
        let (n, prev, t) = &ends.first;
        let fits = match before {
            None => *n > 0 || *prev == root_of(chain),
            Some((head, latest)) => {
                let next = *n == head.n + 1 && *prev == head.head;
                (next || *n > head.n + 1) && latest.is_none_or(|latest| latest < *t)
            }
        };
        if !file.regular || !fits {
            return false;
        }
        before = Some((&ends.last, ends.look.or(before.and_then(|b| b.1))));
    }
    true
}
