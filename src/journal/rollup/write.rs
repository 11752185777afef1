//! A summary becomes the lines of a roll-up.

use std::collections::HashMap;

use crate::journal::body::{Number, Pairs, Text};
use crate::journal::forms;
use crate::journal::pin_form::{day_text, link_form};
use crate::journal::rollup::form::{HeaderForm, HourForm, LookForm, ProbeForm, RoundsForm, RunForm};
use crate::journal::rollup::{Rolled, VERSION};
use crate::model::{Body, Buckets, HourOf, Hours, Moment, ProbeKey, Record, Round, Run, Span, Strip, Verdict};

/// An hour in ms.
const HOUR_MS: i64 = 3_600_000;

/// The lines of a roll-up, each with its newline. `others` are the lines of the records that are no rounds, as they
/// stand in the raw file. Fails where a kept look has a reason that the summary does not know.
pub(in crate::journal) fn write(rolled: &Rolled, others: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let mut out = Out { bytes: Vec::new(), start: forms::start(rolled.day).ms() };
    out.header(rolled, others.len())?;
    if !rolled.kept.is_empty() {
        out.rounds(&rolled.kept)?;
    }
    let looks = Looks::of(rolled);
    for strip in &rolled.summary.strips {
        out.probe(strip, &looks)?;
    }
    for line in others {
        out.bytes.extend_from_slice(line);
        out.bytes.push(b'\n');
    }
    Ok(out.bytes)
}

/// The kept rounds, and what each reason's number is.
struct Looks<'a> {
    rounds: Vec<(&'a Record, &'a Round)>,
    reasons: HashMap<(Option<&'a str>, &'a str), u32>,
}

impl<'a> Looks<'a> {
    fn of(rolled: &'a Rolled) -> Self {
        let round = |r: &'a Record| if let Body::Round(round) = &r.body { Some((r, round)) } else { None };
        let reasons = rolled.summary.reasons.iter().enumerate();
        Self {
            rounds: rolled.kept.iter().filter_map(round).collect(),
            reasons: reasons.map(|(i, (phase, why))| ((phase.as_deref(), why.as_str()), i as u32)).collect(),
        }
    }

    /// A probe's kept looks. `ms` gives a time within the day.
    fn of_probe(&self, key: &ProbeKey, ms: impl Fn(Moment) -> i64) -> Result<Vec<LookForm>, String> {
        let mut looks = Vec::new();
        for (record, round) in &self.rounds {
            for (_, took) in round.up.iter().filter(|(id, _)| id == key) {
                let at = ms(record.t);
                looks.push(LookForm { at, is: Verdict::Up.into(), ms: Some(*took), reason: 0, after: None });
            }
            for seen in round.not.iter().filter(|s| s.id == *key) {
                let why = (seen.phase.as_deref(), seen.why.as_str());
                let reason = *self.reasons.get(&why).ok_or_else(|| format!("{key} failed for no known reason"))?;
                let at = ms(record.t + seen.after.unwrap_or_default());
                let after = seen.after.map(Span::ms);
                looks.push(LookForm { at, is: seen.is.into(), ms: seen.ms, reason, after });
            }
        }
        Ok(looks)
    }

    /// What a probe recorded in the kept rounds, by field.
    fn recorded(&self, key: &ProbeKey) -> Vec<(&'a str, Vec<(Moment, f64)>)> {
        let mut fields: Vec<(&str, Vec<(Moment, f64)>)> = Vec::new();
        for (record, round) in &self.rounds {
            let mine = round.rec.iter().filter(|(id, _)| id == key);
            for (field, value) in mine.flat_map(|(_, fields)| fields) {
                match fields.iter_mut().find(|(name, _)| name == field) {
                    Some((_, values)) => values.push((record.t, *value)),
                    None => fields.push((field, vec![(record.t, *value)])),
                }
            }
        }
        fields
    }
}

struct Out {
    bytes: Vec<u8>,
    /// When the day begins, in ms.
    start: i64,
}

impl Out {
    fn line<T: serde::Serialize>(&mut self, form: &T) -> Result<(), String> {
        serde_json::to_writer(&mut self.bytes, form).map_err(|e| e.to_string())?;
        self.bytes.push(b'\n');
        Ok(())
    }

    fn ms(&self, at: Moment) -> i64 {
        at.ms().saturating_sub(self.start)
    }

    fn header(&mut self, rolled: &Rolled, others: usize) -> Result<(), String> {
        let told = &rolled.summary;
        let day = day_text(rolled.day);
        let (span, end) = told.span.zip(told.end).ok_or("the day holds no record")?;
        let mut before = 0;
        let times = told.times.iter().map(|t| {
            let step = self.ms(*t) - before;
            before += step;
            step
        });
        let form = HeaderForm {
            v: VERSION,
            chain: Text::from(told.chain.as_str()),
            day: Text::from(day.as_str()),
            first: link_form(&rolled.first),
            last: link_form(&rolled.last),
            raw: Text::from(rolled.raw.as_str()),
            records: told.records,
            span: (self.ms(span.0), self.ms(span.1)),
            end: self.ms(end.1),
            // The first one is none, and stands in every table.
            reasons: told
                .reasons
                .iter()
                .skip(1)
                .map(|(p, w)| (p.as_deref().map(Text::from), Text::from(&**w)))
                .collect(),
            times: times.collect(),
            blind: told.blind.as_ref().map(|(t, why)| (self.ms(*t), Text::from(why.as_str()))),
            probes: told.strips.len() as u32,
            others: others as u32,
        };
        self.line(&form)
    }

    fn rounds(&mut self, kept: &[Record]) -> Result<(), String> {
        let row = |r: &'_ Record| {
            let gap = if let Body::Round(round) = &r.body { round.gap.ms() } else { 0 };
            (self.ms(r.t), r.n, r.head.clone(), gap)
        };
        let rows: Vec<_> = kept.iter().map(row).collect();
        let form =
            RoundsForm { rounds: rows.iter().map(|(t, n, h, gap)| (*t, *n, Text::from(h.as_str()), *gap)).collect() };
        self.line(&form)
    }

    fn probe(&mut self, strip: &Strip, looks: &Looks<'_>) -> Result<(), String> {
        let last = strip.runs.len().saturating_sub(1);
        let run = |(i, run): (usize, &Run)| RunForm {
            is: run.verdict.into(),
            first: self.ms(run.first),
            last: self.ms(run.last),
            looks: run.looks,
            gap: run.gap_ms,
            reason: run.reason,
            after: run.after_ms,
            ms: (i == last && run.ms != Run::NO_MS).then_some(run.ms),
        };
        let hours = |hours: &Vec<HourOf>| hours.iter().map(|h| self.hour_of(h)).collect::<Vec<_>>();
        let kept = looks.recorded(&strip.key).into_iter().map(|(field, values)| {
            (Text::from(field), values.into_iter().map(|(t, value)| (self.ms(t), Number(value))).collect())
        });
        let form = ProbeForm {
            id: Text::from(strip.key.as_str()),
            runs: strip.runs.iter().enumerate().map(run).collect(),
            ms: self.latency(&strip.hours),
            rec: Pairs(strip.recorded.iter().map(|(field, h)| (Text::from(field.as_str()), hours(h))).collect()),
            keep: looks.of_probe(&strip.key, |at| self.ms(at))?,
            kept: Pairs(kept.collect()),
        };
        self.line(&form)
    }

    /// Hour of the day, then per bucket the step from the one before and the count.
    fn latency(&self, hours: &Hours) -> Vec<Vec<i64>> {
        let row = |(hour, Buckets(buckets)): (Moment, Buckets)| {
            let mut row = vec![self.ms(hour).div_euclid(HOUR_MS)];
            let mut before = 0;
            for (bucket, count) in buckets {
                row.extend([i64::from(bucket - before), i64::from(count)]);
                before = bucket;
            }
            row
        };
        hours.iter().map(row).collect()
    }

    fn hour_of(&self, of: &HourOf) -> HourForm {
        // A sum beyond all numbers has no word in JSON.
        let sum = of.sum.clamp(f64::MIN, f64::MAX);
        (self.ms(of.hour).div_euclid(HOUR_MS), Number(of.min), Number(of.max), Number(sum), of.count)
    }
}
