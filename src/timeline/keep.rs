//! What stays of single looks when a day is rolled up: those around incidents, so that their pages keep chart, curves
//! and reasons.

use crate::model::{Body, ComponentId, IncidentStep, Moment, ProbeKey, Record, Round, Span, Verdict};

/// So long before an incident, and so long after it.
const AROUND: Span = Span::from_mins(30);
/// A chart begins at a full five minutes.
const STEP_MS: i64 = 5 * 60_000;
/// Of an incident that lasts longer, only the beginning is kept look by look.
const LONGEST: Span = Span::from_mins(7 * 24 * 60);

/// The time around an incident, and whose looks are wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// From.
    pub from: Moment,
    /// To, included.
    pub to: Moment,
    /// Its components, under the ids that they had then.
    pub components: Vec<ComponentId>,
}

/// The times around the incidents that the desk's records tell of: from 30 minutes before (back to a full five minutes,
/// where a chart begins) to 30 minutes after. One that is not over goes on to `now`. At most 7 days from its beginning.
pub fn near(declared: &[Record], now: Moment) -> Vec<Near> {
    let mut told: Vec<(&str, Near, bool)> = Vec::new();
    for record in declared {
        let Body::Incident(i) = &record.body else { continue };
        let slot = if let Some(slot) = told.iter().position(|(id, ..)| *id == i.id.as_str()) {
            slot
        } else {
            told.push((i.id.as_str(), Near { from: i.at, to: i.at, components: Vec::new() }, false));
            told.len() - 1
        };
        let (_, near, over) = &mut told[slot];
        (near.from, near.to) = (near.from.min(i.at), near.to.max(i.at));
        near.components
            .extend(i.components.iter().filter(|c| !near.components.contains(c)).cloned().collect::<Vec<_>>());
        *over = i.step == IncidentStep::Resolve;
    }
    let around = |(_, near, over): (&str, Near, bool)| {
        let end = if over { near.to } else { near.to.max(now) };
        let from = near.from - AROUND;
        Near {
            from: from - Span::from_ms(from.ms().rem_euclid(STEP_MS)),
            to: end.min(near.from + LONGEST) + AROUND,
            components: near.components,
        }
    };
    told.into_iter().map(around).collect()
}

/// The rounds of one chain near incidents, by time, with what is kept of them: looks and recorded values of the
/// incident's components. What a blind round says of its failed looks is that nobody could tell, and why.
///
/// Of two rounds at one time, what the later says of a probe counts, as everywhere.
pub fn keep(records: &[&Record], aside: &dyn Fn(&Record) -> bool, near: &[Near]) -> Vec<Record> {
    let wanted = |t: Moment| near.iter().any(|n| n.from <= t && t <= n.to);
    let rounds = records.iter().filter(|r| matches!(r.body, Body::Round(_)) && wanted(r.t) && !aside(r));
    let mut kept: Vec<Record> = rounds.map(|r| thin(r, near)).collect();
    kept.sort_by_key(|r| (r.t, r.n));
    for later in 1..kept.len() {
        let (before, after) = kept.split_at_mut(later);
        let Body::Round(said) = &after[0].body else { continue };
        for record in before.iter_mut().rev().take_while(|r| r.t == after[0].t) {
            if let Body::Round(round) = &mut record.body {
                forget(round, said);
            }
        }
    }
    kept
}

fn thin(record: &Record, near: &[Near]) -> Record {
    let Body::Round(round) = &record.body else { return record.clone() };
    let of_one = |key: &ProbeKey| {
        let here = near.iter().filter(|n| n.from <= record.t && record.t <= n.to);
        here.into_iter().any(|n| n.components.iter().any(|c| c.as_str() == key.component()))
    };
    let mut not: Vec<_> = round.not.iter().filter(|s| of_one(&s.id)).cloned().collect();
    if let Some(why) = &round.blind {
        for seen in &mut not {
            (seen.is, seen.phase, seen.why) = (Verdict::Unknown, None, why.clone());
        }
    }
    let body = Body::Round(Round {
        gap: round.gap,
        up: round.up.iter().filter(|(key, _)| of_one(key)).cloned().collect(),
        not,
        rec: round.rec.iter().filter(|(key, _)| of_one(key)).cloned().collect(),
        ..Round::default()
    });
    Record { body, skip: None, ..record.clone() }
}

/// Leaves out what a later round at the same time says anew.
fn forget(round: &mut Round, later: &Round) {
    let again = |key: &ProbeKey| later.up.iter().any(|(k, _)| k == key) || later.not.iter().any(|s| s.id == *key);
    round.up.retain(|(key, _)| !again(key));
    round.not.retain(|s| !again(&s.id));
    round.rec.retain(|(key, _)| !later.rec.iter().any(|(k, _)| k == key));
}
