//! Rules 6 to 8: the strips of one component become stretches of one status, and its outages.

use crate::model::{Combine, Moment, Status, Vantage};
use crate::timeline::Stretch;
use crate::timeline::level::Spell;
use crate::timeline::strip::Story;

const KNOWN: u8 = 1;
const VOTING: u8 = 2;
const BAD: u8 = 4;
const DOWN: u8 = 8;
/// In a come-back below level 1, or below level 2.
const DIP: [u8; 2] = [16, 32];
const COUNTS: u8 = 64;
/// The event's strip is the component itself, entering or leaving a window.
const WINDOW: usize = usize::MAX;

/// What the sweep needs of one component.
pub(super) struct Crossing<'a> {
    /// Probe by probe, place by place.
    pub(super) stories: &'a [Story],
    pub(super) vantages: Vec<&'a Vantage>,
    pub(super) quorum: usize,
    pub(super) combine: Combine,
    pub(super) windows: &'a [(i64, i64)],
    pub(super) moment: i64,
}

/// An outage as swept, in ms.
pub(super) struct Swept {
    pub(super) from: i64,
    pub(super) seen: i64,
    /// It cannot have been seen before this: the end of the outage before was not yet known.
    earliest: i64,
    /// When it ended, and the record that confirmed it.
    pub(super) end: Option<(i64, i64)>,
    pub(super) worst: Status,
    pub(super) come_backs: Vec<(i64, i64)>,
    /// Until then its opening may still be undone: it rests on fewer places than the quorum, which a late look may
    /// refute, or on a level that an unfinished good row may have ended before it.
    pub(super) shaky_until: i64,
}

struct Event {
    t: i64,
    /// Ends before beginnings, so that spans which touch leave no gap in their bit.
    on: bool,
    strip: usize,
    bit: u8,
    /// For [`BAD`]: which spell.
    spell: usize,
}

/// One probe at one instant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Nothing,
    Up,
    /// Down without a quorum.
    Minority,
    Degraded,
    Down,
}

/// What the vote on one probe has been.
#[derive(Clone, Copy, Default)]
struct Vote {
    /// A level holds.
    held: bool,
    /// The record by which that was known.
    seen: i64,
}

struct Sweep<'a> {
    crossing: &'a Crossing<'a>,
    bits: Vec<u8>,
    /// The spell of each strip that is bad now.
    spell: Vec<usize>,
    votes: Vec<Vote>,
    in_window: bool,
    /// Places that see it down without a quorum, now.
    minority: Vec<usize>,
    stretches: Vec<Stretch>,
    outages: Vec<Swept>,
    /// The end of the latest strip to recover since the outage began.
    recovered: i64,
    dip_since: Option<i64>,
}

/// Goes through time once, from `since` to the moment.
pub(super) fn sweep(crossing: &Crossing<'_>, since: i64) -> (Vec<Stretch>, Vec<Swept>) {
    let events = events(crossing);
    let probes = crossing.stories.len() / crossing.vantages.len().max(1);
    let mut sweep = Sweep {
        crossing,
        bits: vec![0; crossing.stories.len()],
        spell: vec![0; crossing.stories.len()],
        votes: vec![Vote::default(); probes],
        in_window: false,
        minority: Vec::new(),
        stretches: Vec::new(),
        outages: Vec::new(),
        recovered: i64::MIN,
        dip_since: None,
    };
    let mut next = 0;
    let mut at = since;
    loop {
        while let Some(event) = events.get(next).filter(|e| e.t <= at) {
            sweep.apply(event);
            next += 1;
        }
        sweep.judge(at);
        match events.get(next) {
            Some(event) if event.t <= crossing.moment => at = event.t,
            _ => break,
        }
    }
    if let Some(last) = sweep.stretches.last_mut() {
        last.to = Moment::from_ms(crossing.moment);
    }
    (sweep.stretches, sweep.outages)
}

/// Every change of every strip, in the order of time.
fn events(crossing: &Crossing<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let mut span = |strip: usize, bit: u8, spell: usize, from: i64, to: i64| {
        events.push(Event { t: from, on: true, strip, bit, spell });
        events.push(Event { t: to, on: false, strip, bit, spell });
    };
    let open_end = |spell: &Spell| spell.end.map_or(i64::MAX, |(at, _)| at);
    for (strip, story) in crossing.stories.iter().enumerate() {
        let Some(first_known) = story.first_known else { continue };
        span(strip, COUNTS, 0, first_known, i64::MAX);
        let plain =
            [(KNOWN, &story.known), (VOTING, &story.voting), (DIP[0], &story.dips[0]), (DIP[1], &story.dips[1])];
        for (bit, spans) in plain {
            for (from, to) in spans {
                span(strip, bit, 0, *from, *to);
            }
        }
        story.bad.iter().enumerate().for_each(|(i, s)| span(strip, BAD, i, s.from, open_end(s)));
        story.down.iter().for_each(|s| span(strip, DOWN, 0, s.from, open_end(s)));
    }
    crossing.windows.iter().for_each(|(from, to)| span(WINDOW, 0, 0, *from, *to));
    events.retain(|e| e.t <= crossing.moment);
    events.sort_by_key(|e| (e.t, e.on));
    events
}

impl Sweep<'_> {
    fn apply(&mut self, event: &Event) {
        if event.strip == WINDOW {
            self.in_window = event.on;
            return;
        }
        let bits = &mut self.bits[event.strip];
        if event.on {
            *bits |= event.bit;
        } else {
            *bits &= !event.bit;
        }
        if event.bit == BAD {
            self.spell[event.strip] = event.spell;
            if let (false, Some((_, seen))) = (event.on, self.crossing.stories[event.strip].bad[event.spell].end) {
                self.recovered = self.recovered.max(seen);
            }
        }
    }

    /// What the component is from `at` on.
    fn judge(&mut self, at: i64) {
        self.minority.clear();
        let (mut counting, mut up, mut down, mut bad, mut unknown) = (0, 0, 0, 0, 0);
        let mut held = false;
        let mut dip = true;
        for probe in 0..self.votes.len() {
            let before = self.minority.len();
            let shows = self.vote(probe, at, &mut dip);
            held |= self.votes[probe].held;
            match shows {
                None => continue,
                Some(Shows::Up) => up += 1,
                Some(Shows::Nothing) => unknown += 1,
                Some(Shows::Down) => down += 1,
                Some(Shows::Degraded | Shows::Minority) => bad += 1,
            }
            if shows != Some(Shows::Minority) {
                self.minority.truncate(before);
            }
            counting += 1;
        }
        let enough = up > 0 && self.crossing.combine == Combine::Any;
        let status = if counting == 0 {
            Status::NoData
        } else if enough || up == counting {
            Status::Operational
        } else if down == counting {
            Status::Major
        } else if down > 0 {
            Status::Partial
        } else if bad > 0 {
            Status::Degraded
        } else {
            debug_assert!(unknown > 0, "nothing is bad, so something is unknown");
            Status::NoData
        };
        let open = held && !enough;
        self.follow_outage(at, open, status, dip);
        self.push(at, status, open);
    }

    /// Rule 6: what one probe shows, and whether a level holds. None: it does not count yet.
    fn vote(&mut self, probe: usize, at: i64, dip: &mut bool) -> Option<Shows> {
        let places = self.crossing.vantages.len();
        let first = probe * places;
        let bits = &self.bits[first..first + places];
        if bits.iter().all(|b| b & COUNTS == 0) {
            return None;
        }
        // For the vote a bad level counts until its strip looks again, a good one while it is `VOTING`.
        let known = bits.iter().filter(|b| **b & (BAD | DOWN | VOTING) != 0).count();
        let needed = self.crossing.quorum.min(known);
        let holds = |level: u8| known > 0 && bits.iter().filter(|b| **b & level != 0).count() >= needed;
        let held = holds(BAD);
        if held {
            *dip &= bits.iter().filter(|b| **b & BAD != 0).all(|b| b & DIP[usize::from(b & DOWN != 0)] != 0);
        }
        let seen_now = bits.iter().any(|b| b & KNOWN != 0);
        let shows = if !seen_now {
            Shows::Nothing
        } else if holds(DOWN) {
            Shows::Down
        } else if held {
            Shows::Degraded
        } else {
            let lonely = |b: u8| b & DOWN != 0 && b & KNOWN != 0;
            self.minority.extend(bits.iter().enumerate().filter(|(_, b)| lonely(**b)).map(|(place, _)| place));
            if bits.iter().any(|b| lonely(*b)) { Shows::Minority } else { Shows::Up }
        };
        if held && !self.votes[probe].held {
            self.votes[probe].seen = self.confirmed(first, needed, at);
        }
        self.votes[probe].held = held;
        Some(shows)
    }

    /// A level of a probe begins to hold: the record that made that known.
    fn confirmed(&self, first: usize, needed: usize, at: i64) -> i64 {
        let strips = first..first + self.crossing.vantages.len();
        let bad = strips.filter(|s| self.bits[*s] & BAD != 0);
        let mut seen: Vec<i64> = bad.map(|s| self.crossing.stories[s].bad[self.spell[s]].seen).collect();
        seen.sort_unstable();
        seen.get(needed.saturating_sub(1)).copied().unwrap_or(at).max(at)
    }

    /// Until when an opening at `at` may still be undone.
    fn shaky_until(&self, at: i64) -> i64 {
        let probes = (0..self.votes.len()).filter(|p| self.crossing.combine == Combine::Any || self.votes[*p].held);
        let each = probes.map(|p| self.probe_shaky_until(p, at));
        let until = match self.crossing.combine {
            Combine::All => each.min(),
            Combine::Any => each.max(),
        };
        until.unwrap_or(i64::MIN)
    }

    fn probe_shaky_until(&self, probe: usize, at: i64) -> i64 {
        let places = self.crossing.vantages.len();
        let strips = || (probe * places..(probe + 1) * places).map(|s| (s, &self.crossing.stories[s], self.bits[s]));
        // A good row at a strip's end will, once confirmed, have ended its level where the row began.
        let eases = |s: usize, story: &Story| {
            self.spell[s] + 1 == story.bad.len() && story.easing[0].is_some_and(|from| from <= at)
        };
        // A bad row with nothing good near it says nothing now; as a blip it will have been good.
        let unsure = strips().filter(|(_, story, _)| story.unsure.is_some_and(|from| from <= at)).count();
        let bad = || strips().filter(|(_, _, bits)| bits & BAD != 0);
        let sure = || bad().filter(|(s, story, _)| !eases(*s, story));
        if !self.votes[probe].held {
            // Here one probe up is enough: this one is not, but may turn out to have been.
            let lonely = strips().filter(|(_, _, bits)| bits & DOWN != 0);
            let eased = lonely.filter_map(|(_, story, _)| story.easing.into_iter().flatten().min()).any(|e| e <= at);
            return if unsure > 0 || eased { i64::MAX } else { i64::MIN };
        }
        let known = strips().filter(|(_, _, bits)| bits & (BAD | DOWN | VOTING) != 0).count();
        if sure().count() < self.crossing.quorum.min(known + unsure).max(1) {
            i64::MAX
        } else if bad().count() < self.crossing.quorum {
            let gap = bad().map(|(_, story, _)| story.gap).max().unwrap_or_default();
            at.saturating_add(gap)
        } else {
            i64::MIN
        }
    }

    fn follow_outage(&mut self, at: i64, open: bool, status: Status, dip: bool) {
        let moment = self.crossing.moment;
        let was_open = self.outages.last().is_some_and(|o| o.end.is_none());
        // Until the end of one outage is known, another one after it is the same: openings and ends are seen in turn.
        let in_turn = |o: &Swept| o.end.map(|(_, seen)| seen);
        let earliest = self.outages.iter().rev().find_map(in_turn).unwrap_or(i64::MIN).max(at).min(moment);
        let votes = self.votes.iter().filter(|v| v.held);
        if open && !was_open {
            // All: the first probe known to fail. Any: all must be known to, and none up since `at`.
            let seen = votes.map(|v| v.seen);
            let seen = match self.crossing.combine {
                Combine::All => seen.min(),
                Combine::Any => seen.max(),
            };
            let shaky_until = self.shaky_until(at);
            let seen = seen.unwrap_or(at).max(earliest).min(moment);
            let swept = Swept {
                from: at,
                seen,
                earliest,
                end: None,
                worst: Status::Degraded,
                come_backs: Vec::new(),
                shaky_until,
            };
            self.outages.push(swept);
            self.recovered = i64::MIN;
        }
        let Some(outage) = self.outages.last_mut().filter(|o| o.end.is_none()) else { return };
        if open {
            if self.crossing.combine == Combine::All {
                let seen = self.votes.iter().filter(|v| v.held).map(|v| v.seen).min();
                outage.seen = outage.seen.min(seen.unwrap_or(moment).max(outage.earliest));
            }
            if status.is_bad() {
                outage.worst = outage.worst.max(status);
            }
        } else {
            outage.end = Some((at, self.recovered.max(at).max(outage.earliest).min(moment)));
        }
        match (self.dip_since, open && dip) {
            (None, true) => self.dip_since = Some(at),
            (Some(from), false) => {
                outage.come_backs.push((from, at));
                self.dip_since = None;
            }
            _ => {}
        }
    }

    /// Adds to the stretches; neighbours differ.
    fn push(&mut self, at: i64, status: Status, open: bool) {
        let known = status != Status::NoData;
        let shown = if self.in_window { Status::Maintenance } else { status };
        let lonely = shown == Status::Degraded && !open;
        let mut places: Vec<usize> = if lonely { self.minority.clone() } else { Vec::new() };
        places.sort_unstable();
        places.dedup();
        let minority: Vec<Vantage> = places.iter().map(|p| self.crossing.vantages[*p].clone()).collect();
        let at = Moment::from_ms(at);
        if let Some(last) = self.stretches.last_mut() {
            if (last.status, last.known, &last.minority) == (shown, known, &minority) {
                return;
            }
            last.to = at;
        }
        self.stretches.push(Stretch { from: at, to: at, status: shown, known, minority });
    }
}
