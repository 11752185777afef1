//! Rounds of one chain become strips of runs: what is left out can change no figure.
//!
//! A look stands alone wherever what it says exactly could matter under any rules: near a change, before a hole, at the
//! edge of a window, at the end. In the boring middle only the first and the last of the looks that say the same are
//! exact, and how many there were. So a fold over runs gives what a fold over the looks would.
//!
//! What stands under two names (a component was renamed, or was internal for a time) is condensed each for itself. A
//! clock that goes back across that change by no more than `gap` mixes the last of the one with the first of the other.
//! So within `gap` before a change or the end, too, every look stands alone.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::model::{
    Body, ChainName, ClosedDay, Head, Hours, Later, Moment, ProbeKey, Record, Round, Run, Span, Strip, Summary,
    Verdict, Why,
};
use crate::timeline::bucket;
use crate::timeline::recorded::{add, by_hour};

/// So many looks after a change stand alone: `open_after` and `resolve_after` count no further than this.
const ALONE: u32 = 8;
/// And those within this time of a change to up or unknown, in ms: `blip_within` reaches no further.
const ALONE_MS: i64 = 15 * 60_000;
/// And those within this time of a change to bad, in ms.
const BAD_ALONE_MS: i64 = 4 * 3_600_000;

/// What these records of one vantage's chain say up to a moment. `aside` tells which rounds a corrected clock took out;
/// `edges` are moments that no run may lie across (ascending).
pub fn summarise(
    chain: &ChainName,
    records: &[&Record],
    aside: &dyn Fn(&Record) -> bool,
    edges: &[Moment],
    until: Moment,
) -> Summary {
    let mut told = Summary::empty(chain.clone());
    let mut rounds: Vec<(&Record, &Round)> = Vec::with_capacity(records.len());
    for record in records {
        count(&mut told, record, until);
        let Body::Round(round) = &record.body else { continue };
        if aside(record) {
            continue;
        }
        if record.t <= until {
            rounds.push((record, round));
        } else {
            let later = told.later.get_or_insert(Later { rounds: 0, n: record.n, t: record.t });
            later.rounds += 1;
        }
    }
    rounds.sort_by_key(|(record, _)| (record.t, record.n));
    let mut sorter = Sorter {
        summary: told,
        slots: HashMap::new(),
        hints: [const { Vec::new() }; 3],
        own: Vec::new(),
        known: HashMap::new(),
    };
    for (seq, (record, round)) in rounds.iter().enumerate() {
        sorter.sort(seq, record.t, round);
    }
    sorter.finish(&rounds, edges)
}

/// Keeps the chain's own facts.
fn count(told: &mut Summary, record: &Record, until: Moment) {
    told.records += u64::from(record.t <= until);
    let (from, to) = told.span.unwrap_or((record.t, record.t));
    told.span = Some((from.min(record.t), to.max(record.t)));
    if told.end.is_none_or(|(n, _)| record.n >= n) {
        told.end = Some((record.n, record.t));
    }
    if record.t <= until {
        if told.head.as_ref().is_none_or(|(_, n)| record.n >= *n) {
            told.head = Some((record.head.clone(), record.n));
        }
        ends(&mut told.days, record.t.utc().date_naive(), record.n, &record.head);
    }
}

/// Keeps where the last two days ended: one of them is the last that is over, whatever day it is meanwhile. The order
/// in which records come changes nothing.
pub fn ends(days: &mut Vec<ClosedDay>, day: NaiveDate, n: u64, head: &Head) {
    match days.iter_mut().find(|known| known.day == day) {
        Some(known) if known.n > n => {}
        Some(known) => (known.n, known.head) = (n, head.clone()),
        None => {
            if days.len() < 2 || days[0].day < day {
                days.push(ClosedDay { day, n, head: head.clone() });
                days.sort_unstable_by_key(|known| known.day);
                days.drain(..days.len().saturating_sub(2));
            }
        }
    }
}

/// Where a probe's looks go.
struct Own {
    /// The last round that gave the probe a gap of its own, and that gap.
    gap: (usize, Span),
    /// Where the looks of the last round begin, its `t`, and which round it was.
    mark: (usize, Moment, usize),
    unsorted: bool,
}

/// Puts looks into strips.
struct Sorter<'r> {
    summary: Summary,
    slots: HashMap<&'r str, usize>,
    /// Per list: the key and slot last met at this position. Rounds name the same probes in the same order.
    hints: [Vec<(&'r str, usize)>; 3],
    own: Vec<Own>,
    known: HashMap<(Option<&'r str>, &'r str), u32>,
}

impl<'r> Sorter<'r> {
    fn slot(&mut self, list: usize, position: usize, key: &'r ProbeKey) -> usize {
        let name = key.as_str();
        if let Some((hint, slot)) = self.hints[list].get(position)
            && *hint == name
        {
            return *slot;
        }
        let next = self.summary.strips.len();
        let slot = *self.slots.entry(name).or_insert(next);
        if slot == next {
            self.summary.strips.push(Strip {
                key: key.clone(),
                runs: Vec::new(),
                hours: Hours::default(),
                recorded: Vec::new(),
            });
            self.own.push(Own {
                gap: (usize::MAX, Span::ZERO),
                mark: (0, Moment::from_ms(i64::MIN), usize::MAX),
                unsorted: false,
            });
        }
        match self.hints[list].get_mut(position) {
            Some(hint) => *hint = (name, slot),
            None => self.hints[list].push((name, slot)),
        }
        slot
    }

    fn reason(&mut self, phase: Option<&'r str>, why: &'r str) -> u32 {
        if phase.is_none() && why.is_empty() {
            return 0;
        }
        let reasons = &mut self.summary.reasons;
        *self.known.entry((phase, why)).or_insert_with(|| {
            reasons.push((phase.map(str::to_owned), why.to_owned()));
            reasons.len() as u32 - 1
        })
    }

    fn sort(&mut self, seq: usize, t: Moment, round: &'r Round) {
        self.heard(t, round);
        for (i, (key, gap)) in round.gaps.iter().enumerate() {
            let slot = self.slot(2, i, key);
            self.own[slot].gap = (seq, *gap);
        }
        for (i, (key, ms)) in round.up.iter().enumerate() {
            let slot = self.slot(0, i, key);
            self.push(slot, seq, t, round, 0, (Verdict::Up, 0, *ms));
        }
        for (i, seen) in round.not.iter().enumerate() {
            let slot = self.slot(1, i, &seen.id);
            // Rule 9: blind, everything in `not` says nothing about its target.
            let (verdict, reason) = match &round.blind {
                Some(why) => (Verdict::Unknown, self.reason(None, why)),
                None => (seen.is, self.reason(seen.phase.as_deref(), &seen.why)),
            };
            let after = u32::try_from(seen.after.map_or(0, Span::ms).max(0)).unwrap_or(u32::MAX);
            self.push(slot, seq, t, round, after, (verdict, reason, seen.ms.unwrap_or(Run::NO_MS)));
        }
    }

    /// The chain's rounds, and how long it has been blind.
    fn heard(&mut self, t: Moment, round: &Round) {
        let told = &mut self.summary;
        let same = told.times.last() == Some(&t);
        if !same {
            told.times.push(t);
        }
        match (&round.blind, &mut told.blind) {
            (Some(why), Some((_, last))) => last.clone_from(why),
            (Some(why), none) => *none = Some((t, why.clone())),
            (None, _) if same => {}
            (None, blind) => *blind = None,
        }
    }

    fn push(&mut self, slot: usize, seq: usize, t: Moment, round: &Round, after_ms: u32, said: (Verdict, u32, u32)) {
        let own = &mut self.own[slot];
        let gap = if own.gap.0 == seq { own.gap.1 } else { round.gap };
        let runs = &mut self.summary.strips[slot].runs;
        let (mark, last_t, last) = own.mark;
        if last != seq || runs.is_empty() {
            // Looks at one `t` are one look: the later record counts, with its own second look.
            if last_t == t {
                runs.truncate(mark);
            }
            own.mark = (runs.len(), t, seq);
        }
        let at = t + Span::from_ms(i64::from(after_ms));
        own.unsorted |= runs.last().is_some_and(|before| at <= before.last);
        let gap_ms = u32::try_from(gap.ms().max(0)).unwrap_or(u32::MAX);
        let (verdict, reason, ms) = said;
        runs.push(Run { first: at, last: at, looks: 1, gap_ms, ms, after_ms, reason, verdict });
    }

    fn finish(mut self, rounds: &[(&Record, &Round)], edges: &[Moment]) -> Summary {
        let mut counts = bucket::Counts::default();
        for (strip, own) in self.summary.strips.iter_mut().zip(&self.own) {
            if own.unsorted {
                in_order(&mut strip.runs);
            }
            counts.hours(&strip.runs, &mut strip.hours);
            condense(&mut strip.runs, edges);
            // What the looks took is given back: of a quiet day a hundredth is left.
            strip.runs = strip.runs.as_slice().to_vec();
        }
        by_hour(rounds, &mut self.summary.strips);
        self.summary
    }
}

/// In the order of time; of two looks at one instant the later one counts.
pub(super) fn in_order(runs: &mut Vec<Run>) {
    runs.sort_by_key(|l| l.first);
    runs.dedup_by(|later, kept| {
        let same = later.first == kept.first && later.looks == 1 && kept.looks == 1;
        if same {
            *kept = *later;
        }
        same
    });
}

/// Joins runs that say the same, where nothing that could matter lies between. A second time it changes nothing more.
pub fn condense(runs: &mut Vec<Run>, edges: &[Moment]) {
    let mut kept = 0;
    // The looks since the last change, and when the first of them was.
    let (mut looks, mut since) = (0_u32, i64::MIN);
    let mut before: Option<Run> = None;
    // Whether the run kept last lies in the boring middle.
    let mut boring = false;
    // From here on the row's looks are its last ones.
    let mut last_ones = i64::MAX;
    let mut edge = 0;
    for i in 0..runs.len() {
        let run = runs[i];
        if before.is_none_or(|b| !continues(&b, &run)) {
            (looks, since, boring) = (0, run.first.ms(), false);
            last_ones = runs[row_end(runs, i)].record_t() - i64::from(run.gap_ms);
        }
        while edges.get(edge).is_some_and(|e| before.is_some_and(|b| *e <= b.last)) {
            edge += 1;
        }
        let cut = edges.get(edge).is_some_and(|e| *e <= run.first);
        let alone_ms = if run.level() > Some(0) { BAD_ALONE_MS } else { ALONE_MS }.max(2 * i64::from(run.gap_ms));
        let near =
            run.after_ms != 0 || looks < ALONE || run.first.ms() - since < alone_ms || run.last.ms() >= last_ones;
        looks = looks.saturating_add(run.looks);
        before = Some(run);
        if boring && !near && !cut {
            let last = &mut runs[kept - 1];
            last.last = run.last;
            last.looks = last.looks.saturating_add(run.looks);
            last.ms = Run::NO_MS;
            continue;
        }
        boring = !near || run.looks > 1;
        runs[kept] = run;
        kept += 1;
    }
    runs.truncate(kept);
}

/// The last of the runs that say what this one says, without a hole between.
fn row_end(runs: &[Run], from: usize) -> usize {
    let mut pairs = runs[from..].windows(2);
    from + pairs.position(|pair| !continues(&pair[0], &pair[1])).unwrap_or(runs.len() - from - 1)
}

/// Whether looks that fail were condensed across one of these moments: only then can it matter that a desk whose clock
/// is behind says now that a window began or ended there. The chain has to be read anew.
pub fn lies_across(told: &Summary, edges: &[Moment]) -> bool {
    let across = |strip: &Strip, edge: Moment| {
        let run = strip.runs.get(strip.runs.partition_point(|run| run.last < edge));
        run.is_some_and(|run| run.first < edge && run.looks > 1 && run.level() > Some(0))
    };
    edges.iter().any(|edge| told.strips.iter().any(|strip| across(strip, *edge)))
}

/// Whether the second says what the first said, without a hole between.
fn continues(a: &Run, b: &Run) -> bool {
    (a.verdict, a.reason, a.gap_ms) == (b.verdict, b.reason, b.gap_ms) && b.first.ms() <= a.fades()
}

/// Puts what was said later in one chain behind what was said before.
pub fn join(into: &mut Summary, later: Summary, edges: &[Moment]) {
    into.records += later.records;
    into.span = match (into.span, later.span) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    };
    into.end = into.end.max(later.end);
    if later.head.as_ref().map(|h| h.1) >= into.head.as_ref().map(|h| h.1) {
        into.head = later.head;
    }
    later.days.iter().for_each(|end| ends(&mut into.days, end.day, end.n, &end.head));
    match (&mut into.blind, later.blind, later.times.is_empty()) {
        (Some((_, why)), Some((at, now)), _) if later.times.first() == Some(&at) => *why = now,
        (blind, now, false) => *blind = now,
        (_, _, true) => {}
    }
    let again = usize::from(into.times.last().is_some() && into.times.last() == later.times.first());
    into.times.extend_from_slice(&later.times[again..]);
    into.forgotten += later.forgotten;
    if let Some(more) = later.later {
        into.later.get_or_insert(Later { rounds: 0, ..more }).rounds += more.rounds;
    }
    let map = reasons(into, later.reasons);
    let mut slots: HashMap<ProbeKey, usize> = HashMap::new();
    for (i, strip) in into.strips.iter().enumerate() {
        slots.insert(strip.key.clone(), i);
    }
    for mut strip in later.strips {
        for run in strip.runs.iter_mut().filter(|r| r.reason != 0) {
            run.reason = map[run.reason as usize];
        }
        let Some(slot) = slots.get(&strip.key) else {
            into.strips.push(strip);
            continue;
        };
        put_behind(&mut into.strips[*slot], strip, edges);
    }
}

/// Takes another's reasons, and tells what number each has here.
fn reasons(into: &mut Summary, later: Vec<Why>) -> Vec<u32> {
    if later.len() <= 1 {
        return vec![0];
    }
    let mut known: HashMap<Why, u32> = HashMap::with_capacity(into.reasons.len());
    for (i, why) in into.reasons.iter().enumerate() {
        known.insert(why.clone(), i as u32);
    }
    let number = |why: Why| {
        *known.entry(why).or_insert_with_key(|why| {
            into.reasons.push(why.clone());
            into.reasons.len() as u32 - 1
        })
    };
    later.into_iter().map(number).collect()
}

fn put_behind(strip: &mut Strip, later: Strip, edges: &[Moment]) {
    let unsorted = match (strip.runs.last(), later.runs.first()) {
        (Some(a), Some(b)) => b.first <= a.last,
        _ => false,
    };
    // What stands before the last change is settled.
    let settled = if unsorted { 0 } else { last_change(&strip.runs) };
    let mut tail = strip.runs.split_off(settled);
    tail.extend(later.runs);
    if unsorted {
        in_order(&mut tail);
    }
    condense(&mut tail, edges);
    strip.runs.append(&mut tail);
    strip.hours.append(&later.hours);
    for (field, hours) in later.recorded {
        match strip.recorded.binary_search_by(|(name, _)| name.as_str().cmp(&field)) {
            Ok(at) => hours.into_iter().for_each(|hour| add(&mut strip.recorded[at].1, hour)),
            Err(at) => strip.recorded.insert(at, (field, hours)),
        }
    }
}

/// Where the looks begin that say what the last one says, without a hole between.
fn last_change(runs: &[Run]) -> usize {
    let mut at = runs.len().saturating_sub(1);
    while at > 0 && continues(&runs[at - 1], &runs[at]) {
        at -= 1;
    }
    at
}
