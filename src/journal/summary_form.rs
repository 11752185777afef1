//! A chain's summary in the checkpoint.

use chrono::{Datelike, NaiveDate};

use crate::journal::packed::{Packer, Unpacker};
use crate::model::{ChainName, ClosedDay, HourOf, Hours, Later, Moment, ProbeKey, Run, Strip, Summary, Verdict};

const VERDICTS: [Verdict; 4] = [Verdict::Up, Verdict::Degraded, Verdict::Down, Verdict::Unknown];
/// Bits beside the verdict in a run's first byte: what is not as usual.
const MANY: u8 = 4;
const TIMED: u8 = 8;
const AFTER: u8 = 16;
const REASON: u8 = 32;
const GAP: u8 = 64;

pub(super) fn pack(to: &mut Packer, summary: &Summary) {
    to.text(summary.chain.as_str());
    to.uint(summary.records);
    to.option(summary.span, |to, (a, b)| {
        to.moment(a);
        to.moment(b);
    });
    to.option(summary.end, |to, (n, t)| {
        to.uint(n);
        to.moment(t);
    });
    to.option(summary.head.as_ref(), |to, (head, n)| {
        to.head(head);
        to.uint(*n);
    });
    to.list(&summary.days, |to, day| {
        to.int(i64::from(day.day.num_days_from_ce()));
        to.uint(day.n);
        to.head(&day.head);
    });
    to.list(&summary.reasons, |to, (phase, why)| {
        to.option(phase.as_deref(), Packer::text);
        to.text(why);
    });
    to.list(&summary.strips, pack_strip);
    let mut before = 0;
    to.list(&summary.times, |to, t| {
        to.int(t.ms() - before);
        before = t.ms();
    });
    to.uint(summary.forgotten);
    to.option(summary.blind.as_ref(), |to, (t, why)| {
        to.moment(*t);
        to.text(why);
    });
    to.option(summary.later, |to, later| {
        to.uint(later.rounds);
        to.uint(later.n);
        to.moment(later.t);
    });
}

pub(super) fn unpack(from: &mut Unpacker<'_>) -> Option<Summary> {
    let chain = ChainName::new(from.text()?);
    let records = from.uint()?;
    let span = from.option(|from| Some((from.moment()?, from.moment()?)))?;
    let end = from.option(|from| Some((from.uint()?, from.moment()?)))?;
    let head = from.option(|from| Some((from.head()?, from.uint()?)))?;
    let days = from.list(|from| {
        let day = i32::try_from(from.int()?).ok().and_then(NaiveDate::from_num_days_from_ce_opt)?;
        Some(ClosedDay { day, n: from.uint()?, head: from.head()? })
    })?;
    let reasons = from.list(|from| Some((from.option(Unpacker::owned)?, from.owned()?)))?;
    let strips = from.list(|from| unpack_strip(from, reasons.len()))?;
    let mut before = 0_i64;
    let times = from.list(|from| {
        before = before.checked_add(from.int()?)?;
        Some(Moment::from_ms(before))
    })?;
    Some(Summary {
        chain,
        records,
        span,
        end,
        head,
        days,
        reasons,
        strips,
        times,
        forgotten: from.uint()?,
        blind: from.option(|from| Some((from.moment()?, from.owned()?)))?,
        later: from.option(|from| Some(Later { rounds: from.uint()?, n: from.uint()?, t: from.moment()? }))?,
    })
}

fn pack_strip(to: &mut Packer, strip: &Strip) {
    to.text(strip.key.as_str());
    let (mut before, mut gap) = (0, 0);
    to.list(&strip.runs, |to, run| {
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        let flags = run.verdict as u8
            | bit(run.looks != 1, MANY)
            | bit(run.ms != Run::NO_MS, TIMED)
            | bit(run.after_ms != 0, AFTER)
            | bit(run.reason != 0, REASON)
            | bit(run.gap_ms != gap, GAP);
        to.0.push(flags);
        to.int(run.first.ms() - before);
        if run.looks != 1 {
            to.int((run.last - run.first).ms());
            to.uint(u64::from(run.looks));
        }
        for (is, value) in [
            (run.ms != Run::NO_MS, run.ms),
            (run.after_ms != 0, run.after_ms),
            (run.reason != 0, run.reason),
            (run.gap_ms != gap, run.gap_ms),
        ] {
            if is {
                to.uint(u64::from(value));
            }
        }
        (before, gap) = (run.last.ms(), run.gap_ms);
    });
    to.uint(u64::from(strip.hours.is_set_aside()));
    to.bytes(strip.hours.bytes());
    to.list(&strip.recorded, |to, (field, hours)| {
        to.text(field);
        to.list(hours, |to, hour| {
            to.moment(hour.hour);
            to.float(hour.min);
            to.float(hour.max);
            to.float(hour.sum);
            to.uint(u64::from(hour.count));
        });
    });
}

fn unpack_strip(from: &mut Unpacker<'_>, reasons: usize) -> Option<Strip> {
    let key = ProbeKey::new(from.text()?);
    let (mut before, mut gap) = (0_i64, 0);
    let runs = from.list(|from| {
        let flags = from.byte()?;
        let first = before.checked_add(from.int()?)?;
        let (last, looks) =
            if flags & MANY == 0 { (first, 1) } else { (first.checked_add(from.int()?)?, from.small()?) };
        let ms = if flags & TIMED == 0 { Run::NO_MS } else { from.small()? };
        let after_ms = if flags & AFTER == 0 { 0 } else { from.small()? };
        let reason = if flags & REASON == 0 { 0 } else { from.small()? };
        let gap_ms = if flags & GAP == 0 { gap } else { from.small()? };
        (before, gap) = (last, gap_ms);
        let verdict = VERDICTS[usize::from(flags & 3)];
        let (first, last) = (Moment::from_ms(first), Moment::from_ms(last));
        let sound = looks > 0 && (reason as usize) < reasons.max(1);
        sound.then_some(Run { first, last, looks, gap_ms, ms, after_ms, reason, verdict })
    })?;
    let set_aside = from.uint()? != 0;
    let hours = Hours::from_bytes(from.bytes()?.to_vec());
    let hours = if set_aside { hours.with_set_aside() } else { hours };
    let recorded = from.list(|from| {
        let field = from.owned()?;
        let hours = from.list(|from| {
            Some(HourOf {
                hour: from.moment()?,
                min: from.float()?,
                max: from.float()?,
                sum: from.float()?,
                count: from.small()?,
            })
        })?;
        Some((field, hours))
    })?;
    Some(Strip { key, runs, hours, recorded })
}
