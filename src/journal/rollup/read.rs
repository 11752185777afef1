//! The lines of a roll-up become a summary again, and the rounds that were kept.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use crate::journal::JournalError;
use crate::journal::files::MAX_LINE_BYTES;
use crate::journal::forms;
use crate::journal::pin_form::{day_of, link_of};
use crate::journal::rollup::form::{HeaderForm, HourForm, LookForm, ProbeForm, RoundsForm, RunForm};
use crate::journal::rollup::{Rolled, VERSION};
use crate::journal::wire::{self, Names};
use crate::model::{
    Body, Buckets, ChainName, ClosedDay, Head, HourOf, Hours, Moment, ProbeKey, Record, Round, Run, Seen, Span, Strip,
    Summary, Verdict, Why,
};

/// An hour in ms.
const HOUR_MS: i64 = 3_600_000;

/// Why a roll-up gives nothing.
#[derive(Debug)]
pub(in crate::journal) enum Unread {
    /// The disk said no.
    Disk(JournalError),
    /// It was cut off, changed, or is a later version's.
    Damaged {
        /// The line, from 1.
        line: u32,
        /// What is wrong, in words that follow "file:line: ".
        text: String,
    },
}

/// Reads a roll-up. A record of it whose own hash does not fit, or anything else that was not written so, spoils all of
/// it: there is no telling what the rest is worth.
pub(in crate::journal) fn read(path: &Path, chain: &ChainName, names: &mut Names) -> Result<Rolled, Unread> {
    let fail = |error| Unread::Disk(JournalError::io(path, "the day's roll-up cannot be read", error));
    let mut lines = Lines { reader: BufReader::new(forms::open(path).map_err(fail)?), path, line: 0 };
    let mut buffer = Vec::new();
    lines.need(&mut buffer, "it is empty")?;
    let header: HeaderForm<'_> = lines.form(&buffer, "its first line")?;
    let mut made = Made::new(&header, chain).map_err(|text| lines.bad(text))?;
    let (probes, others) = (header.probes, header.others);
    let mut seen = 0;
    let mut buffer = Vec::new();
    while seen < probes {
        lines.need(&mut buffer, "it is cut off: lines are missing")?;
        if buffer.starts_with(b"{\"rounds\"") {
            let form: RoundsForm<'_> = lines.form(&buffer, "its rounds")?;
            made.rounds(form).map_err(|text| lines.bad(text))?;
            continue;
        }
        let form: ProbeForm<'_> = lines.form(&buffer, "a probe's line")?;
        made.probe(form, names).map_err(|text| lines.bad(text))?;
        seen += 1;
    }
    for _ in 0..others {
        lines.need(&mut buffer, "it is cut off: lines are missing")?;
        let decoded = wire::decode(chain, &buffer, names).map_err(|flaw| lines.bad(flaw.words().to_owned()))?;
        made.rolled.others.push(decoded.record);
    }
    if lines.next(&mut buffer)? {
        return Err(lines.bad("more lines stand here than its first line counts".to_owned()));
    }
    Ok(made.rolled)
}

struct Lines<'p> {
    reader: BufReader<Box<dyn Read>>,
    path: &'p Path,
    line: u32,
}

impl Lines<'_> {
    fn bad(&self, text: String) -> Unread {
        Unread::Damaged { line: self.line, text }
    }

    /// Reads the next line without its newline. False: there is none.
    fn next(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Unread> {
        buffer.clear();
        self.line += 1;
        match self.reader.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', buffer) {
            Ok(0) => Ok(false),
            Ok(_) if buffer.pop() == Some(b'\n') => Ok(true),
            Ok(_) => Err(self.bad("its last line is cut off".to_owned())),
            Err(e) if forms::is_damage(self.path, &e) => {
                Err(self.bad(format!("it is cut off or was changed: it cannot be decompressed ({e})")))
            }
            Err(e) => Err(Unread::Disk(JournalError::io(self.path, "the day's roll-up cannot be read", e))),
        }
    }

    fn need(&mut self, buffer: &mut Vec<u8>, otherwise: &str) -> Result<(), Unread> {
        if self.next(buffer)? { Ok(()) } else { Err(self.bad(otherwise.to_owned())) }
    }

    fn form<'a, T: Deserialize<'a>>(&self, line: &'a [u8], what: &str) -> Result<T, Unread> {
        serde_json::from_slice(line).map_err(|e| self.bad(format!("{what} cannot be read: {e}")))
    }
}

struct Made {
    rolled: Rolled,
    /// When the day begins, in ms.
    start: i64,
}

/// What is said of a number that no such file holds.
fn out_of_range() -> String {
    "a number in it is out of range".to_owned()
}

impl Made {
    fn new(header: &HeaderForm<'_>, chain: &ChainName) -> Result<Self, String> {
        if header.v != VERSION {
            return Err(format!("it is of version {}, which this version cannot read", header.v));
        }
        if *header.chain.0 != *chain.as_str() {
            return Err(format!("it is a day of chain {}, not of {chain}", header.chain.0));
        }
        let day = day_of(&header.day.0).ok_or_else(|| format!("`{}` is no day", header.day.0))?;
        let (first, last) = (link_of(&header.first), link_of(&header.last));
        let start = forms::start(day).ms();
        let at = |ms: i64| start.checked_add(ms).map(Moment::from_ms).ok_or_else(out_of_range);
        let mut reasons: Vec<Why> = vec![(None, String::new())];
        for (phase, why) in &header.reasons {
            reasons.push((phase.as_ref().map(|p| p.0.to_string()), why.0.to_string()));
        }
        let mut before = 0_i64;
        let mut times = Vec::with_capacity(header.times.len());
        for step in &header.times {
            before = before.checked_add(*step).ok_or_else(out_of_range)?;
            times.push(at(before)?);
        }
        let end = at(header.end)?;
        let summary = Summary {
            records: header.records,
            span: Some((at(header.span.0)?, at(header.span.1)?)),
            end: Some((last.n, end)),
            head: Some((last.head.clone(), last.n)),
            days: vec![ClosedDay { day: end.utc().date_naive(), n: last.n, head: last.head.clone() }],
            reasons,
            times,
            blind: header.blind.as_ref().map(|(t, why)| Ok::<_, String>((at(*t)?, why.0.to_string()))).transpose()?,
            ..Summary::empty(chain.clone())
        };
        let raw = header.raw.0.to_string();
        Ok(Self { rolled: Rolled { day, first, last, raw, summary, others: Vec::new(), kept: Vec::new() }, start })
    }

    fn at(&self, ms: i64) -> Result<Moment, String> {
        self.start.checked_add(ms).map(Moment::from_ms).ok_or_else(out_of_range)
    }

    fn hour(&self, hour: i64) -> Result<Moment, String> {
        self.at(hour.checked_mul(HOUR_MS).ok_or_else(out_of_range)?)
    }

    fn rounds(&mut self, form: RoundsForm<'_>) -> Result<(), String> {
        for (t, n, head, gap) in form.rounds {
            let before = self.rolled.kept.last().filter(|r| r.n.checked_add(1) == Some(n));
            self.rolled.kept.push(Record {
                chain: self.rolled.summary.chain.clone(),
                n,
                t: self.at(t)?,
                prev: before.map_or_else(|| Head::from(""), |r| r.head.clone()),
                head: Head::new(&*head.0),
                body: Body::Round(Round { gap: Span::from_ms(gap), ..Round::default() }),
                skip: None,
            });
        }
        if !self.rolled.kept.is_sorted_by_key(|r| r.t) {
            return Err("its rounds are not in order".to_owned());
        }
        Ok(())
    }

    fn probe(&mut self, form: ProbeForm<'_>, names: &mut Names) -> Result<(), String> {
        let key = names.key(&form.id.0);
        let mut runs = Vec::with_capacity(form.runs.len());
        for run in &form.runs {
            runs.push(self.run(run)?);
        }
        for look in &form.keep {
            self.keep(&key, look)?;
        }
        for (field, values) in &form.kept.0 {
            for (t, value) in values {
                self.record(&key, &field.0, *t, value.0)?;
            }
        }
        let mut recorded = Vec::with_capacity(form.rec.0.len());
        for (field, hours) in form.rec.0 {
            let hours: Result<Vec<HourOf>, String> = hours.iter().map(|h| self.hour_of(h)).collect();
            recorded.push((field.0.into_owned(), hours?));
        }
        let hours = self.latency(&form.ms)?;
        self.rolled.summary.strips.push(Strip { key, runs, hours, recorded });
        Ok(())
    }

    fn run(&self, form: &RunForm) -> Result<Run, String> {
        let known = (form.reason as usize) < self.rolled.summary.reasons.len();
        if form.looks == 0 || form.first > form.last || !known {
            return Err("a run in it cannot be".to_owned());
        }
        Ok(Run {
            first: self.at(form.first)?,
            last: self.at(form.last)?,
            looks: form.looks,
            gap_ms: form.gap,
            ms: form.ms.unwrap_or(Run::NO_MS),
            after_ms: form.after,
            reason: form.reason,
            verdict: form.is.into(),
        })
    }

    fn latency(&self, rows: &[Vec<i64>]) -> Result<Hours, String> {
        let mut hours = Hours::default();
        for row in rows {
            let (hour, rest) = row.split_first().ok_or("an hour in it is empty")?;
            let (mut buckets, mut bucket) = (Buckets::default(), 0_u32);
            let pairs = rest.chunks_exact(2);
            if !pairs.remainder().is_empty() {
                return Err("an hour in it ends in half a bucket".to_owned());
            }
            for pair in pairs {
                let step = u32::try_from(pair[0]).map_err(|_| out_of_range())?;
                bucket = bucket.checked_add(step).ok_or_else(out_of_range)?;
                buckets.0.push((bucket, u32::try_from(pair[1]).map_err(|_| out_of_range())?));
            }
            hours.push(self.hour(*hour)?, &buckets);
        }
        Ok(hours)
    }

    fn hour_of(&self, (hour, min, max, sum, count): &HourForm) -> Result<HourOf, String> {
        Ok(HourOf { hour: self.hour(*hour)?, min: min.0, max: max.0, sum: sum.0, count: *count })
    }

    /// The last kept round of a time: of two at one time, the later one counts.
    fn round_at(&mut self, t: Moment) -> Result<&mut Round, String> {
        let end = self.rolled.kept.partition_point(|r| r.t <= t);
        let record = end.checked_sub(1).and_then(|at| self.rolled.kept.get_mut(at)).filter(|r| r.t == t);
        match record.map(|r| &mut r.body) {
            Some(Body::Round(round)) => Ok(round),
            _ => Err(format!("a look at {t} belongs to no round of it")),
        }
    }

    fn keep(&mut self, key: &ProbeKey, look: &LookForm) -> Result<(), String> {
        let after = Span::from_ms(look.after.unwrap_or(0));
        let t = self.at(look.at)? - after;
        let (phase, why) = self.rolled.summary.reasons.get(look.reason as usize).cloned().ok_or_else(out_of_range)?;
        let is = Verdict::from(look.is);
        let round = self.round_at(t)?;
        match (is, look.after, look.ms) {
            (Verdict::Up, None, Some(ms)) => round.up.push((key.clone(), ms)),
            _ => round.not.push(Seen {
                id: key.clone(),
                is,
                ms: look.ms,
                after: look.after.map(Span::from_ms),
                phase,
                why,
                tries: 1,
            }),
        }
        Ok(())
    }

    fn record(&mut self, key: &ProbeKey, field: &str, t: i64, value: f64) -> Result<(), String> {
        let t = self.at(t)?;
        let round = self.round_at(t)?;
        match round.rec.last_mut().filter(|(id, _)| id == key) {
            Some((_, fields)) => fields.push((field.to_owned(), value)),
            None => round.rec.push((key.clone(), vec![(field.to_owned(), value)])),
        }
        Ok(())
    }
}
