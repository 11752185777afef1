//! Rules 2 to 4 for the looks of one probe from one place.

use super::looks::Look;

/// Half-open, in ms.
pub type Spans = Vec<(i64, i64)>;

/// The end of what has not ended.
pub const OPEN: i64 = i64::MAX;

/// The thresholds of rules 3 and 4.
#[derive(Clone, Copy)]
pub struct Rules {
    pub open_after: usize,
    pub resolve_after: usize,
    pub blip_within: i64,
}

/// What one strip tells.
#[derive(Default)]
pub struct Strip {
    pub looks: Vec<Look>,
    /// Per look: whether its vote is kept, through unknown looks, from a known one.
    keeps: Vec<bool>,
    /// Open at level 1 or above, flapping included.
    pub bad: Spans,
    /// Open at level 2.
    pub down: Spans,
    /// Come-backs below level 1 and below level 2.
    pub come_backs: [Spans; 2],
    /// Bad looks in a window that opened nothing, until anything is known again: no good ones either.
    pub mute: Spans,
    /// Bad rows with nothing good near them: they say nothing, until anything is known again.
    pub dark: Spans,
    pub blips: Spans,
    pub pending: Option<i64>,
    /// From when on it was known that it opened, ended, opened again, …: the confirming round, but not before it was so
    /// (a second look comes after its round). None where it flapped,
    /// or its levels do not lie within each other.
    pub confirmed: Option<Vec<i64>>,
}

/// Looks in a row on one side of a level.
struct Row {
    bad: bool,
    looks: Vec<usize>,
    /// The counting look after it, where that is within the last one's gap (and so is on the other side).
    next: Option<usize>,
}

#[derive(Default)]
struct Level {
    /// When it opened, ended, opened again, …
    turns: Vec<i64>,
    /// And by which round that was known.
    confirmed: Vec<i64>,
    come_backs: Spans,
    blips: Spans,
    dark: Spans,
    pending: Option<i64>,
    /// Looks that did not count, because they lay in a window.
    passed: Vec<usize>,
}

/// Reads a strip. `window` says whether its component is in maintenance at an instant.
pub fn read(looks: Vec<Look>, rules: Rules, window: &dyn Fn(i64) -> bool, moment: i64) -> Strip {
    let mut keeps: Vec<bool> = Vec::new();
    for (i, look) in looks.iter().enumerate() {
        let kept = i > 0 && keeps[i - 1] && look.t <= looks[i - 1].t + 2 * looks[i - 1].gap;
        keeps.push(look.grade().is_some() || kept);
    }
    let one = level(&looks, 1, rules, window, moment);
    let two = level(&looks, 2, rules, window, moment);
    let (flapping, blips) = flapping(&overlapping_are_one(&[one.blips.clone(), two.blips.clone()]), rules.blip_within);
    let passed = one.passed.iter().filter(|i| looks[**i].grade() > Some(0));
    let mute = passed.map(|i| (looks[*i].t, known_after(&looks, *i))).collect();
    let down = spans(&two.turns);
    let mut bad = spans(&one.turns);
    let inside = |d: &(i64, i64)| bad.iter().any(|b| b.0 <= d.0 && d.1 <= b.1);
    let alone = flapping.is_empty() && down.iter().all(inside);
    bad.extend(down.iter().chain(&flapping));
    let confirmed = alone.then(|| first_confirmed(&one, &two));
    Strip {
        looks,
        keeps,
        bad,
        down,
        come_backs: [one.come_backs, two.come_backs],
        dark: one.dark,
        mute,
        blips,
        confirmed,
        pending: one.pending.into_iter().chain(two.pending).min(),
    }
}

/// By which rounds the turns of the lower level were known; what opened the higher one first told of both.
fn first_confirmed(one: &Level, two: &Level) -> Vec<i64> {
    let mut confirmed = one.confirmed.clone();
    for (i, outage) in spans(&one.turns).into_iter().enumerate() {
        let inside = |j: &usize| outage.0 <= two.turns[*j] && two.turns[*j] < outage.1;
        let higher = (0..two.turns.len()).step_by(2).filter(inside).map(|j| two.confirmed[j]);
        confirmed[2 * i] = higher.chain([confirmed[2 * i]]).min().expect("there is one");
    }
    confirmed.iter().zip(&one.turns).map(|(round, turn)| *round.max(turn)).collect()
}

fn spans(turns: &[i64]) -> Spans {
    turns.chunks(2).map(|turn| (turn[0], turn.get(1).copied().unwrap_or(OPEN))).collect()
}

/// Cuts what counts, from a look on, into rows. In a window the looks of a strip that is not open do not count.
fn rows(looks: &[Look], from: usize, at_least: u8, counts: &dyn Fn(&Look) -> bool) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (i, look) in looks.iter().enumerate().skip(from).filter(|(_, look)| counts(look)) {
        let Some(grade) = look.grade() else { continue };
        let bad = grade >= at_least;
        if let Some(row) = rows.last_mut() {
            let last = &looks[row.looks[row.looks.len() - 1]];
            let near = look.t - last.t <= last.gap;
            if near && row.bad == bad {
                row.looks.push(i);
                continue;
            }
            row.next = near.then_some(i);
        }
        rows.push(Row { bad, looks: vec![i], next: None });
    }
    rows
}

/// One level from the first look to the last: finds the first row that turns it, goes on behind that, and so on.
fn level(looks: &[Look], at_least: u8, rules: Rules, window: &dyn Fn(i64) -> bool, moment: i64) -> Level {
    let mut level = Level::default();
    let mut from = 0;
    'turns: loop {
        let open = level.turns.len() % 2 == 1;
        let enough = if open { rules.resolve_after } else { rules.open_after };
        let counts = |look: &Look| open || !window(look.t);
        let rows = rows(looks, from, at_least, &counts);
        let end = rows.len();
        for (i, row) in rows.into_iter().enumerate().filter(|(_, row)| row.bad != open) {
            let (first, last) = (row.looks[0], row.looks[row.looks.len() - 1]);
            if row.looks.len() >= enough {
                level.turns.push(looks[first].t);
                level.confirmed.push(looks[row.looks[enough - 1]].known);
                let on = row.looks[enough - 1] + 1;
                level.passed.extend((from..on).filter(|i| !counts(&looks[*i])));
                from = on;
                continue 'turns;
            }
            let next = row.next.map(|next| (next, looks[next].t));
            if let Some((next, t)) = next
                && t - looks[first].t >= rules.blip_within
            {
                level.turns.push(looks[first].t);
                level.confirmed.push(looks[next].known);
                level.passed.extend((from..next).filter(|i| !counts(&looks[*i])));
                from = next;
                continue 'turns;
            }
            let at_the_end = i + 1 == end && moment - looks[last].t <= looks[last].gap;
            level.short(looks, (first, last), next.map(|n| n.1), open, at_the_end);
        }
        level.passed.extend((from..looks.len()).filter(|i| !counts(&looks[*i])));
        return level;
    }
}

impl Level {
    /// A short row: a come-back, a blip, or pending.
    fn short(&mut self, looks: &[Look], row: (usize, usize), next: Option<i64>, open: bool, at_the_end: bool) {
        let from = looks[row.0].t;
        let to = next.unwrap_or_else(|| fades(looks, row.1));
        if open && !at_the_end {
            self.come_backs.push((from, to));
        }
        if open {
            return;
        }
        if next.is_none() && !good_before(looks, row.0) {
            self.dark.push((from, known_after(looks, row.1)));
        }
        if at_the_end {
            self.pending = Some(from);
        } else {
            self.blips.push((from, to));
        }
    }
}

/// When anything is known again after a look.
fn known_after(looks: &[Look], i: usize) -> i64 {
    looks[i + 1..].iter().find(|l| l.grade().is_some()).map_or(OPEN, |l| l.t)
}

/// Where a look stops vouching: at the next one, of whatever verdict, or after its gap.
fn fades(looks: &[Look], i: usize) -> i64 {
    let next = looks.get(i + 1).map_or(OPEN, |next| next.t);
    next.min(looks[i].t + looks[i].gap)
}

/// Whether the known look before this one is good and lies within its gap.
fn good_before(looks: &[Look], i: usize) -> bool {
    let before = looks[..i].iter().rfind(|l| l.grade().is_some());
    before.is_some_and(|b| b.grade() == Some(0) && looks[i].t - b.t <= b.gap)
}

/// Blips that overlap are one; those that only touch are two.
pub fn overlapping_are_one(lists: &[Spans]) -> Spans {
    let mut left: Spans = lists.iter().flatten().copied().collect();
    let mut found = Spans::new();
    while let Some(mut one) = left.iter().min().copied() {
        // Grows as long as anything that is left overlaps it.
        loop {
            let overlaps = |b: &(i64, i64)| b.0 < one.1 && one.0 < b.1;
            let Some(at) = left.iter().position(overlaps) else { break };
            let other = left.remove(at);
            one = (one.0.min(other.0), one.1.max(other.1));
        }
        found.push(one);
    }
    found
}

/// "Blips of one strip less than `blip_within` apart whose times add up to `blip_within` or more are one degraded
/// outage, from the first of them to the last." Gives those outages, and the blips that stay blips.
fn flapping(blips: &Spans, within: i64) -> (Spans, Spans) {
    let (mut outages, mut left) = (Spans::new(), Spans::new());
    for chain in blips.chunk_by(|a, b| b.0 - a.1 < within) {
        let sum: i64 = chain.iter().map(|b| b.1 - b.0).sum();
        if chain.len() > 1 && sum >= within {
            outages.push((chain[0].0, chain[chain.len() - 1].1));
        } else {
            left.extend(chain);
        }
    }
    (outages, left)
}

/// Whether any of the spans holds an instant.
pub fn holds(spans: &Spans, s: i64) -> bool {
    spans.iter().any(|(from, to)| *from <= s && s < *to)
}

impl Strip {
    /// The latest look by an instant.
    fn latest(&self, s: i64) -> Option<usize> {
        self.looks.partition_point(|l| l.t <= s).checked_sub(1)
    }

    /// Rule 2: whether a look vouches for an instant, which may lie in a window.
    pub fn known(&self, s: i64, in_window: bool) -> bool {
        let vouches = |i: usize| self.looks[i].grade().is_some() && s < fades(&self.looks, i);
        self.latest(s).is_some_and(vouches) && !holds(&self.dark, s) && (in_window || !self.is_mute(s))
    }

    /// Whether a look in a window said something bad that opened nothing. Where an outage is open, it only agrees.
    fn is_mute(&self, s: i64) -> bool {
        holds(&self.mute, s) && !holds(&self.bad, s)
    }

    /// Rule 6: whether it has a vote: "a bad level is kept until the strip looks again, a good one through `?` and the
    /// first `gap` of a hole".
    pub fn votes(&self, s: i64) -> bool {
        let good = |i: usize| self.keeps[i] && s < self.looks[i].t + 2 * self.looks[i].gap;
        let quiet = holds(&self.dark, s) || holds(&self.mute, s);
        holds(&self.bad, s) || (self.latest(s).is_some_and(good) && !quiet)
    }

    /// Rule 7: "a probe counts from its first known look on".
    pub fn counts(&self, s: i64) -> bool {
        self.looks.iter().any(|l| l.grade().is_some() && l.t <= s)
    }

    /// Every instant at which any of this may change.
    pub fn edges(&self) -> Vec<i64> {
        let looks = self.looks.iter().flat_map(|l| [l.t, l.t + l.gap, l.t + 2 * l.gap]);
        let spans = [&self.bad, &self.down, &self.dark, &self.mute, &self.come_backs[0], &self.come_backs[1]];
        looks.chain(spans.into_iter().flatten().flat_map(|s| [s.0, s.1])).collect()
    }
}
