//! Walks through a record day by day, all chains together in the order of time. Only one day is in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::journal::forms::Form;
use crate::journal::rollup::{self, Unread};
use crate::journal::shelf::{DayName, shelf};
use crate::journal::wire::{self, Names};
use crate::journal::{JournalError, files};
use crate::model::{ChainName, Moment, Record};

/// Which part of a record is walked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// From this moment on.
    pub since: Option<Moment>,
    /// Up to this one, which is not part of it.
    pub until: Option<Moment>,
    /// Also the chains that must not be published.
    pub internal: bool,
}

/// What was passed on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Days of chains that are here only as roll-ups: their single looks are gone.
    pub rolled_up: u64,
    /// Lines that are no whole records.
    pub damaged: u64,
}

impl Range {
    /// Whether a moment lies in it.
    pub fn holds(&self, t: Moment) -> bool {
        self.since.is_none_or(|since| since <= t) && self.until.is_none_or(|until| t < until)
    }

    /// Whether a chain's file of this day can hold records of the range. A record stands in the file of its day, or,
    /// where that was already compacted, in a newer one.
    fn reaches(&self, day: NaiveDate, compacted: bool) -> bool {
        let date = |t: Moment| t.utc().date_naive();
        let begun = self.since.is_none_or(|since| date(since) <= day);
        begun && (compacted || self.until.is_none_or(|until| day <= date(until)))
    }
}

/// Hands on the records of the range, a UTC day's files at a time, each in the order of time. Stops where `each` says so.
pub fn walk(
    root: &Path,
    range: &Range,
    each: &mut dyn FnMut(&[Record]) -> ControlFlow<()>,
) -> Result<Walked, JournalError> {
    let mut walked = Walked::default();
    for files in days(root, range)?.into_values() {
        let mut records = Vec::new();
        for (name, path) in files {
            let read = match name.form {
                Form::Rolled => read_rolled(&name.chain, &path, &mut walked)?,
                Form::Raw | Form::Zipped => read(&name.chain, &path, &mut walked)?,
            };
            records.extend(read.into_iter().filter(|r| range.holds(r.t)));
        }
        records.sort_by(|a, b| (a.t, &a.chain, a.n).cmp(&(b.t, &b.chain, b.n)));
        records.dedup_by(|b, a| a.chain == b.chain && a.head == b.head);
        if !records.is_empty() && each(&records).is_break() {
            break;
        }
    }
    Ok(walked)
}

/// The files to read, by day.
fn days(root: &Path, range: &Range) -> Result<BTreeMap<NaiveDate, Vec<(DayName, PathBuf)>>, JournalError> {
    let mut days: BTreeMap<NaiveDate, Vec<(DayName, PathBuf)>> = BTreeMap::new();
    for chain in files::chains(root)?.into_iter().filter(|c| range.internal || c.is_public()) {
        let shelf = shelf(root, &chain)?;
        let reached: BTreeSet<NaiveDate> =
            shelf.iter().map(|(name, _)| name.day).filter(|day| range.reaches(*day, false)).collect();
        let compacted = shelf.iter().any(|(name, _)| name.form != Form::Raw && reached.contains(&name.day));
        for (name, path) in shelf.into_iter().filter(|(name, _)| range.reaches(name.day, compacted)) {
            days.entry(name.day).or_default().push((name, path));
        }
    }
    Ok(days)
}

/// What a rolled-up day still has of its records: those that are no rounds, and the rounds around incidents, as far as
/// they are kept.
fn read_rolled(chain: &ChainName, path: &Path, walked: &mut Walked) -> Result<Vec<Record>, JournalError> {
    walked.rolled_up += 1;
    match rollup::read(path, chain, &mut Names::default()) {
        Ok(day) => Ok(day.others.into_iter().chain(day.kept).collect()),
        Err(Unread::Disk(error)) => Err(error),
        Err(Unread::Damaged { .. }) => {
            walked.damaged += 1;
            Ok(Vec::new())
        }
    }
}

fn read(chain: &ChainName, path: &Path, walked: &mut Walked) -> Result<Vec<Record>, JournalError> {
    let (mut names, mut records) = (Names::default(), Vec::new());
    files::lines(path, |line| match wire::decode(chain, line.bytes, &mut names) {
        Ok(decoded) => records.push(decoded.record),
        Err(_) => walked.damaged += 1,
    })?;
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Span};

    /// A journal of two chains, and what a walk hands on: a line per day, `chain:n` each.
    fn check(range: Range) -> String {
        let root = tempfile::tempdir().unwrap();
        let day = |n: i64| Moment::parse_rfc3339("2026-11-21T12:00:00Z").unwrap() + Span::from_mins(n * 24 * 60);
        let put = |chain: &str, t: Moment| {
            let body = Body::Channel(chain.to_owned());
            super::super::append(root.path(), &ChainName::from(chain), &[(t, body)]).unwrap();
        };
        for n in 0..4 {
            put("b", day(n) + Span::from_mins(1));
            put("a", day(n));
            put("a", day(n) + Span::from_mins(2));
        }
        put("a+internal", day(1));
        std::fs::write(root.path().join("b/2026/11/20.roll.jsonl.gz"), "").unwrap();
        let mut said = String::new();
        let walked = walk(root.path(), &range, &mut |records| {
            let line: Vec<String> = records.iter().map(|r| format!("{}:{}", r.chain, r.n)).collect();
            said += &(line.join(" ") + "\n");
            ControlFlow::Continue(())
        });
        format!("{said}{} rolled up", walked.unwrap().rolled_up)
    }

    #[test]
    fn a_walk_goes_day_by_day_in_the_order_of_time() {
        insta::assert_snapshot!(check(Range::default()), @"
        a:0 b:0 a:1
        a:2 b:1 a:3
        a:4 b:2 a:5
        a:6 b:3 a:7
        1 rolled up
        ");
    }

    #[test]
    fn a_walk_begins_and_ends_where_it_should() {
        let at = |text: &str| Moment::parse_rfc3339(text);
        let range = Range { since: at("2026-11-22T12:01:00Z"), until: at("2026-11-23T12:01:00Z"), internal: true };
        insta::assert_snapshot!(check(range), @"
        b:1 a:3
        a:4
        0 rolled up
        ");
        let range = Range { since: at("2026-11-22T00:00:00Z"), until: at("2026-11-23T00:00:00Z"), internal: true };
        insta::assert_snapshot!(check(range), @"
        a:2 a+internal:0 b:1 a:3
        0 rolled up
        ");
    }
}
