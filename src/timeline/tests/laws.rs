//! What holds for every history, and the same answers from a slow, obvious computation.

use proptest::prelude::*;

use super::{append, declare, first, look, minute, settings};
use crate::model::{Body, Combine, Moment, Record, Round, Rules, Settings, Span, Status};
use crate::timeline::tests::fold;
use crate::timeline::{ComponentTimeline, Figure, Outage};

/// A history: looks of two probes from up to three places, and words about windows.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// When (in steps of 20 s), from which place, of which probe, what.
    pub(super) looks: Vec<(u16, u8, bool, char)>,
    /// Said at, starts, length, in minutes.
    pub(super) windows: Vec<(u8, u8, u8)>,
    pub(super) places: u8,
    pub(super) any: bool,
    pub(super) within_mins: i64,
}

impl History {
    pub(super) fn settings(&self) -> Settings {
        let mut settings = settings(&[("web", 2)], &["fra", "nyc", "sin"][..usize::from(self.places)]);
        settings.components[0].combine = if self.any { Combine::Any } else { Combine::All };
        settings.components[0].rules.blip_within = Span::from_mins(self.within_mins);
        settings
    }

    /// The records as the runs would have written them, each chain in its own order.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut looks = self.looks.clone();
        looks.sort_by_key(|l| (l.0, l.1));
        let mut records = Vec::new();
        for run in looks.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut round = Round { gap: Span::from_secs(150), ..Round::default() };
            for (_, _, which, letter) in run {
                look(&mut round, if *which { "web/a" } else { "web/b" }, *letter);
            }
            let place = ["fra", "nyc", "sin"][usize::from(run[0].1 % self.places)];
            append(&mut records, place, Moment::from_ms(i64::from(run[0].0) * 20_000), Body::Round(round));
        }
        let mut words = self.windows.clone();
        words.sort_unstable();
        for (i, (said, starts, length)) in words.iter().enumerate() {
            let id = if i % 2 == 0 { "one" } else { "two" };
            let starts = f64::from(*starts);
            declare(&mut records, f64::from(*said), id, starts, starts + f64::from(*length), &["web"]);
        }
        records
    }

    fn last(&self) -> i64 {
        self.looks.iter().map(|l| i64::from(l.0) * 20_000).max().unwrap_or(0)
    }
}

fn letter() -> impl Strategy<Value = char> {
    prop_oneof![4 => Just('u'), 1 => Just('g'), 3 => Just('d'), 1 => Just('?'), 1 => Just('D'), 1 => Just('U')]
}

pub(super) fn history() -> impl Strategy<Value = History> {
    let looks = prop::collection::vec((0_u16..120, 0_u8..3, any::<bool>(), letter()), 1..80);
    let windows = prop::collection::vec((0_u8..40, 0_u8..40, 0_u8..12), 0..4);
    (looks, windows, 1_u8..=3, any::<bool>(), prop_oneof![Just(1_i64), Just(3), Just(10)])
        .prop_map(|(looks, windows, places, any, within_mins)| History { looks, windows, places, any, within_mins })
}

fn same(a: &[Record], b: &[Record], settings: &Settings, now: Moment) -> Result<(), TestCaseError> {
    let all = |records| format!("{:#?}", fold(records, settings, now).components);
    prop_assert_eq!(all(a), all(b));
    Ok(())
}

fn tiles(component: &ComponentTimeline, now: Moment) -> Result<(), TestCaseError> {
    prop_assert_eq!(component.stretches.first().map(|s| s.from), component.since);
    prop_assert_eq!(component.stretches.last().map(|s| s.to), component.since.map(|_| now));
    for pair in component.stretches.windows(2) {
        prop_assert_eq!(pair[0].to, pair[1].from);
        prop_assert!(pair[0].from < pair[0].to, "only the last may be empty");
        let differs = |s: &crate::timeline::Stretch| (s.status, s.known, s.minority.clone());
        prop_assert_ne!(differs(&pair[0]), differs(&pair[1]));
    }
    for pair in component.outages.windows(2) {
        prop_assert!(pair[0].end.is_some_and(|end| end.at <= pair[1].from && end.seen <= pair[1].seen));
    }
    for outage in &component.outages {
        prop_assert!(outage.from <= outage.seen && outage.seen <= now);
        prop_assert!(outage.end.is_none_or(|e| outage.from < e.at && e.at <= e.seen && e.seen <= now));
    }
    // Whatever counts as downtime lies in an outage.
    for stretch in component.stretches.iter().filter(|s| s.status.is_bad() && s.minority.is_empty()) {
        let holds = |o: &Outage| o.from <= stretch.from && o.end.is_none_or(|e| stretch.to <= e.at);
        prop_assert!(component.outages.iter().any(holds), "{:?} in {:?}", stretch, component.outages);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stretches_have_no_holes_and_no_overlaps(h in history(), later in 0_i64..600) {
        let now = Moment::from_ms(h.last() + later * 1000);
        let timelines = fold(&h.records(), &h.settings(), now);
        tiles(first(&timelines), now)?;
    }

    #[test]
    fn records_are_a_set(h in history(), order in any::<prop::sample::Index>(), again in any::<prop::sample::Index>()) {
        let records = h.records();
        let mut shuffled = records.clone();
        shuffled.rotate_left(order.index(records.len()));
        shuffled.reverse();
        shuffled.extend_from_slice(&records[again.index(records.len())..]);
        same(&records, &shuffled, &h.settings(), Moment::from_ms(h.last()))?;
    }

    #[test]
    fn a_fold_knows_what_was_recorded_by_its_moment(h in history(), cut in 0_i64..2400) {
        let now = Moment::from_ms(cut * 1000);
        let records = h.records();
        let by_then: Vec<Record> = records.iter().filter(|r| r.t <= now).cloned().collect();
        same(&records, &by_then, &h.settings(), now)?;
    }

    #[test]
    fn figures_add_up_over_any_cut(h in history(), mut cuts in prop::collection::vec(-100_i64..3000, 2..8)) {
        let timelines = fold(&h.records(), &h.settings(), Moment::from_ms(h.last()));
        cuts.sort_unstable();
        let at: Vec<Moment> = cuts.iter().map(|s| Moment::from_ms(s * 1000)).collect();
        let parts = at.windows(2).map(|w| first(&timelines).figure(w[0], w[1]));
        let sum = parts.fold(Figure::default(), Figure::plus);
        prop_assert_eq!(sum, first(&timelines).figure(at[0], at[at.len() - 1]));
        prop_assert!(sum.counted_ms <= sum.known_ms && sum.known_ms <= sum.window_ms);
        prop_assert!(sum.down_tenth_ms <= sum.counted_ms * 10);
    }

    #[test]
    fn unknown_looks_never_add_downtime(mut h in history(), more in prop::collection::vec((0_u16..120, 0_u8..3, any::<bool>()), 1..20)) {
        // Where one probe up is enough, an unknown look can take that one away; and a place that is not known leaves
        // the vote to the others. With one place and every probe counting, not knowing never makes it worse.
        (h.any, h.places) = (false, 1);
        h.looks.sort_by_key(|l| (l.0, l.1));
        h.looks.dedup_by_key(|l| (l.0, l.1 % h.places));
        let now = Moment::from_ms(h.last());
        let down = |h: &History| first(&fold(&h.records(), &h.settings(), now)).figure(minute(0.0), now).down_tenth_ms;
        let before = down(&h);
        let free = |h: &History, t: u16, place: u8| !h.looks.iter().any(|l| (l.0, l.1 % h.places) == (t, place % h.places));
        for (t, place, which) in more {
            // Between the rounds that are there: a second look of one may stand 10 s after it.
            if free(&h, t, place) {
                h.looks.push((t, place, which, '?'));
            }
        }
        prop_assert!(down(&h) <= before);
    }

    #[test]
    fn one_strip_is_what_a_slow_computation_says(case in slow_case()) {
        let (records, settings) = case.world();
        let timelines = fold(&records, &settings, Moment::from_ms(case.now() * 1000));
        let expected = case.slowly();
        let component = first(&timelines);
        let since = case.looks[0].0;
        let told: String = (since..=case.now()).map(|s| mark(component.status_at(Moment::from_ms(s * 1000)))).collect();
        prop_assert_eq!(told, expected.ticks);
        let secs = |m: Moment| m.ms() / 1000;
        let outages: Vec<_> = component.outages.iter().map(|o| (secs(o.from), o.end.map(|e| secs(e.at)))).collect();
        prop_assert_eq!(outages, expected.outages);
        let blips: Vec<_> = component.blips.iter().map(|b| (secs(b.from), secs(b.to))).collect();
        prop_assert_eq!(blips, expected.blips);
        prop_assert_eq!(component.pending.as_ref().map(|p| secs(p.from)), expected.pending);
    }
}

fn mark(status: Status) -> char {
    match status {
        Status::Operational => 'u',
        Status::Degraded => 'g',
        Status::Major => 'd',
        Status::NoData => '.',
        Status::Partial | Status::Maintenance => '!',
    }
}

/// One strip with a gap of 150 s: looks at seconds, ascending.
#[derive(Clone, Debug)]
struct Slow {
    looks: Vec<(i64, char)>,
    open_after: usize,
    resolve_after: usize,
    within: i64,
    later: i64,
}

fn slow_case() -> impl Strategy<Value = Slow> {
    let steps = prop_oneof![6 => 20_i64..100, 2 => 100_i64..160, 1 => 160_i64..500];
    let letters = prop_oneof![4 => Just('u'), 2 => Just('g'), 3 => Just('d'), 1 => Just('?')];
    let looks = prop::collection::vec((steps, letters), 1..40);
    (looks, 1_usize..4, 1_usize..4, prop_oneof![Just(60_i64), Just(120), Just(300), Just(600)], 0_i64..400).prop_map(
        |(steps, open_after, resolve_after, within, later)| {
            let mut t = 0;
            let mut place = |step: i64| {
                t += step;
                t
            };
            let looks = steps.into_iter().map(|(step, letter)| (place(step), letter)).collect();
            Slow { looks, open_after, resolve_after, within, later }
        },
    )
}

const GAP: i64 = 150;

#[derive(Default)]
struct Answer {
    ticks: String,
    outages: Vec<(i64, Option<i64>)>,
    blips: Vec<(i64, i64)>,
    pending: Option<i64>,
}

/// A maximal run of looks on one side of a level, none further than the gap from the next.
#[derive(Clone, Copy, Debug)]
struct Run {
    bad: bool,
    from: i64,
    last: i64,
    looks: usize,
    /// The look directly after it, within the gap.
    next: Option<i64>,
    is_last: bool,
}

/// One level: open or not at each second from 0 to now; blips; the pending row; where nothing good was near.
struct SlowLevel {
    open: Vec<bool>,
    blips: Vec<(i64, i64)>,
    pending: Option<i64>,
    dark: Vec<(i64, i64)>,
}

impl Slow {
    fn now(&self) -> i64 {
        self.looks[self.looks.len() - 1].0 + self.later
    }

    fn world(&self) -> (Vec<Record>, Settings) {
        let mut settings = settings(&[("web", 1)], &["local"]);
        let (open_after, resolve_after) = (self.open_after as u32, self.resolve_after as u32);
        let blip_within = Span::from_secs(self.within);
        settings.components[0].rules = Rules { open_after, resolve_after, blip_within, ..Rules::default() };
        let mut records = Vec::new();
        for (t, letter) in &self.looks {
            let mut round = Round { gap: Span::from_secs(GAP), ..Round::default() };
            look(&mut round, "web/a", *letter);
            append(&mut records, "local", Moment::from_ms(t * 1000), Body::Round(round));
        }
        (records, settings)
    }

    fn runs(&self, level: usize) -> Vec<Run> {
        let counting: Vec<(i64, bool)> =
            self.looks.iter().filter_map(|(t, letter)| "ugd".find(*letter).map(|l| (*t, l >= level))).collect();
        let mut runs = Vec::new();
        let mut i = 0;
        while i < counting.len() {
            let mut j = i;
            let near = |j: usize| counting.get(j + 1).filter(|n| n.0 - counting[j].0 <= GAP);
            while near(j).is_some_and(|n| n.1 == counting[i].1) {
                j += 1;
            }
            runs.push(Run {
                bad: counting[i].1,
                from: counting[i].0,
                last: counting[j].0,
                looks: j - i + 1,
                next: near(j).map(|n| n.0),
                is_last: j + 1 == counting.len(),
            });
            i = j + 1;
        }
        runs
    }

    /// Where the look at `t` stops vouching.
    fn vouched(&self, t: i64) -> i64 {
        let next = self.looks.iter().map(|l| l.0).find(|n| *n > t);
        next.unwrap_or(i64::MAX).min(t + GAP)
    }

    fn level(&self, level: usize) -> SlowLevel {
        let mut turns: Vec<i64> = Vec::new();
        let (mut blips, mut pending, mut dark) = (Vec::new(), None, Vec::new());
        for run in self.runs(level) {
            let open = turns.len() % 2 == 1;
            if run.bad == open {
                continue;
            }
            let enough = if open { self.resolve_after } else { self.open_after };
            if run.looks >= enough || run.next.is_some_and(|next| next - run.from >= self.within) {
                turns.push(run.from);
            } else if !open {
                let waits = run.is_last && self.now() - run.last <= GAP;
                if let Some(next) = run.next {
                    blips.push((run.from, next));
                    continue;
                }
                let good_before = self.looks.iter().rev().find(|l| l.0 < run.from && l.1 != '?');
                let known_after = self.looks.iter().find(|l| l.0 > run.last && l.1 != '?');
                if good_before.is_none_or(|l| run.from - l.0 > GAP) {
                    dark.push((run.from, known_after.map_or(i64::MAX, |l| l.0)));
                }
                if waits {
                    pending = Some(run.from);
                } else {
                    blips.push((run.from, self.vouched(run.last)));
                }
            }
        }
        let open = |s: i64| turns.iter().filter(|t| **t <= s).count() % 2 == 1;
        SlowLevel { open: (0..=self.now()).map(open).collect(), blips, pending, dark }
    }

    fn slowly(&self) -> Answer {
        let SlowLevel { open: mut bad, blips: blips1, pending: pending1, dark } = self.level(1);
        let SlowLevel { open: down, blips: blips2, pending: pending2, .. } = self.level(2);
        let seconds = bad.len();
        // Blips that overlap are one: paint them, then read them off.
        let mut painted = vec![false; seconds + GAP as usize + 1];
        for (from, to) in blips1.iter().chain(&blips2) {
            painted[*from as usize..*to as usize].fill(true);
        }
        let mut blips: Vec<(i64, i64)> = Vec::new();
        for s in 0..painted.len() {
            match (painted[s], s > 0 && painted[s - 1]) {
                (true, false) => blips.push((s as i64, s as i64 + 1)),
                (true, true) => blips.last_mut().unwrap().1 = s as i64 + 1,
                _ => {}
            }
        }
        let mut answer = Answer { pending: pending1.into_iter().chain(pending2).min(), ..Answer::default() };
        let mut rest = blips.as_slice();
        while !rest.is_empty() {
            let apart = |i: &usize| rest[*i].0 - rest[*i - 1].1 >= self.within;
            let (chain, later) = rest.split_at((1..rest.len()).find(apart).unwrap_or(rest.len()));
            if chain.len() > 1 && chain.iter().map(|b| b.1 - b.0).sum::<i64>() >= self.within {
                let (from, to) = (chain[0].0 as usize, chain[chain.len() - 1].1 as usize);
                bad[from..to.min(seconds)].fill(true);
            } else {
                answer.blips.extend_from_slice(chain);
            }
            rest = later;
        }
        for s in 0..seconds {
            bad[s] |= down[s];
            if bad[s] && (s == 0 || !bad[s - 1]) {
                answer.outages.push((s as i64, None));
            } else if !bad[s] && s > 0 && bad[s - 1] {
                answer.outages.last_mut().unwrap().1 = Some(s as i64);
            }
        }
        for s in self.looks[0].0..=self.now() {
            let look = self.looks.iter().rev().find(|l| l.0 <= s).unwrap();
            let known = look.1 != '?' && s < look.0 + GAP && !dark.iter().any(|d| d.0 <= s && s < d.1);
            answer.ticks.push(match (known, down[s as usize], bad[s as usize]) {
                (false, ..) => '.',
                (true, true, _) => 'd',
                (true, false, true) => 'g',
                (true, false, false) => 'u',
            });
        }
        answer
    }
}
