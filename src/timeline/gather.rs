//! Rule 1: the set of records becomes strips, one per probe and place, in the order of time.

use std::collections::HashMap;

use crate::model::{Body, Moment, ProbeKey, Record, Remark, Round, Settings, Span, Verdict};
use crate::timeline::clock;
use crate::timeline::recorded::former_keys;
use crate::timeline::window::{self, Spans};
use crate::timeline::{Place, Timelines};

/// A look without a latency.
pub(super) const NO_MS: u32 = u32::MAX;

const VERDICTS: [Verdict; 4] = [Verdict::Up, Verdict::Degraded, Verdict::Down, Verdict::Unknown];
const REASON_BITS: u32 = 30;

/// One look, in 24 bytes: thirteen million of them are folded at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// When it looked, in ms.
    pub(super) t: i64,
    /// How long it vouches, in ms; at most 49 days.
    pub(super) gap: u32,
    /// Latency in ms, or [`NO_MS`].
    pub(super) ms: u32,
    /// A second look: how long after its record's `t`, in ms.
    after: u32,
    /// The verdict in the two highest bits, the reason's index below; reason 0 is none.
    said: u32,
}

impl Look {
    fn new(t: i64, gap: Span, ms: u32, after: u32, verdict: Verdict, reason: u32) -> Self {
        let said = reason | (verdict as u32) << REASON_BITS;
        Self { t, gap: u32::try_from(gap.ms().max(0)).unwrap_or(u32::MAX), ms, after, said }
    }

    pub(super) fn verdict(&self) -> Verdict {
        VERDICTS[(self.said >> REASON_BITS) as usize]
    }

    /// 0 up, 1 degraded, 2 down; none where unknown.
    pub(super) fn level(&self) -> Option<u8> {
        let bits = (self.said >> REASON_BITS) as u8;
        (bits < 3).then_some(bits)
    }

    /// Whether the target answered: up or degraded.
    pub(super) fn answered(&self) -> bool {
        self.said >> REASON_BITS < 2
    }

    /// Index into [`History::reasons`].
    pub(super) fn reason(&self) -> u32 {
        self.said & ((1 << REASON_BITS) - 1)
    }

    /// The `t` of its record: from then on it is known.
    pub(super) fn record_t(&self) -> i64 {
        self.t - i64::from(self.after)
    }

    /// Where it stops vouching if nobody looks before.
    pub(super) fn fades(&self) -> i64 {
        self.t.saturating_add(i64::from(self.gap))
    }
}

/// One probe's looks from one place.
#[derive(Debug, Default)]
pub(super) struct Strip {
    pub(super) looks: Vec<Look>,
    /// Where the looks of the last record begin, its `t`, and which record it was.
    mark: (usize, i64, usize),
    unsorted: bool,
}

/// Why a look was not up, as interned: where it failed, and public words.
pub(super) type Said<'r> = (Option<&'r str>, &'r str);

/// Everything the records say, by strip.
pub(super) struct History<'r> {
    /// Probe by probe in config order, place by place within: see `History::strip`.
    strips: Vec<Strip>,
    /// Index of each component's first probe.
    first_probe: Vec<usize>,
    pub(super) places: Vec<Place>,
    pub(super) reasons: Vec<Said<'r>>,
    /// What counted as maintenance, per component.
    pub(super) windows: Vec<Spans>,
    pub(super) remarks: Vec<Remark>,
}

impl History<'_> {
    /// The looks of a component's probe from a place.
    pub(super) fn looks(&self, component: usize, probe: usize, place: usize) -> &[Look] {
        &self.strips[(self.first_probe[component] + probe) * self.places.len() + place].looks
    }
}

/// A round that is folded.
struct Heard<'r> {
    t: i64,
    place: usize,
    n: u64,
    round: &'r Round,
}

/// Sorts the records into strips.
pub(super) fn gather<'r>(records: &'r [Record], settings: &Settings, moment: Moment) -> History<'r> {
    let mut remarks = Vec::new();
    let mut rounds: Vec<Heard<'r>> = Vec::new();
    let mut words = window::Words::new();
    for chain in chains(records).chunk_by(|a, b| a.chain == b.chain) {
        let name = &chain[0].chain;
        if name.is_desk() {
            window::listen(&mut words, chain, moment.ms());
        } else {
            hear(chain, settings, moment, &mut rounds, &mut remarks);
        }
    }
    // One vantage's public and internal chains meet here; a place's doubled rounds stand side by side.
    rounds.sort_by_key(|h| (h.t, h.place, h.n));

    let mut first_probe = Vec::with_capacity(settings.components.len());
    let mut probes = 0;
    for component in &settings.components {
        first_probe.push(probes);
        probes += component.probes.len();
    }
    let mut places: Vec<Place> = settings
        .run
        .vantages
        .iter()
        .map(|v| Place { vantage: v.clone(), last_round: None, blind: None, rounds: 0 })
        .collect();
    let mut sorter = Sorter::new(settings, places.len(), probes);
    for (seq, heard) in rounds.iter().enumerate() {
        count(&mut places[heard.place], heard);
        sorter.sort(seq, heard);
    }
    let windows = settings.components.iter().map(|c| words.windows(settings, c)).collect();
    let (strips, reasons) = sorter.finish();
    History { strips, first_probe, places, reasons, windows, remarks }
}

/// The set of records: chain by chain, each in the order of `n`, every one once.
pub(super) fn chains<'r>(records: impl IntoIterator<Item = &'r Record>) -> Vec<&'r Record> {
    let mut all: Vec<&Record> = records.into_iter().collect();
    all.sort_by(|a, b| a.chain.cmp(&b.chain).then(a.n.cmp(&b.n)).then_with(|| (a.t, &a.head).cmp(&(b.t, &b.head))));
    all.dedup_by(|b, a| a.chain == b.chain && a.n == b.n && a == b);
    all
}

/// Takes one vantage's rounds that are to be folded.
fn hear<'r>(
    chain: &[&'r Record],
    settings: &Settings,
    moment: Moment,
    rounds: &mut Vec<Heard<'r>>,
    remarks: &mut Vec<Remark>,
) {
    let name = chain[0].chain.as_str();
    let vantage = name.split('+').next().unwrap_or_default();
    let Some(place) = settings.run.vantages.iter().position(|v| v.as_str() == vantage) else {
        let text = format!(
            "the {} records of `{name}` are not counted, because `{vantage}` is not among the configured `vantages`; \
             add it there if it looks, or looked, for this site",
            chain.len()
        );
        remarks.push(Remark { origin: None, text });
        return;
    };
    let judged = clock::judge(chain);
    remarks.extend(judged.remarks);
    let mut later: Option<&Record> = None;
    let mut laters = 0_usize;
    for (record, aside) in chain.iter().zip(judged.aside) {
        let Body::Round(round) = &record.body else { continue };
        if aside {
            continue;
        }
        if record.t > moment {
            later = later.or(Some(record));
            laters += 1;
            continue;
        }
        rounds.push(Heard { t: record.t.ms(), place, n: record.n, round });
    }
    if let Some(first) = later {
        let rounds = if laters == 1 { "1 round is".to_owned() } else { format!("{laters} rounds are") };
        let text = format!(
            "{rounds} not counted yet, because `{name}` claims a time after {moment} (first: record {}, {})",
            first.n, first.t
        );
        remarks.push(Remark { origin: None, text });
    }
}

/// Keeps a place's own facts.
fn count(place: &mut Place, heard: &Heard<'_>) {
    let t = Moment::from_ms(heard.t);
    let same = place.last_round == Some(t);
    if !same {
        place.last_round = Some(t);
        place.rounds += 1;
    }
    match (&heard.round.blind, &mut place.blind) {
        (Some(why), Some((_, last))) => last.clone_from(why),
        (Some(why), none) => *none = Some((t, why.clone())),
        // Its other chain's record of the same round may have said so already.
        (None, _) if same => {}
        (None, blind) => *blind = None,
    }
}

/// What stood at each position of a round's list last time: the key, and its slot if it is configured.
type Hints<'r> = Vec<(&'r str, Option<usize>)>;

/// Puts looks into strips.
struct Sorter<'r> {
    places: usize,
    strips: Vec<Strip>,
    slots: HashMap<String, usize>,
    /// Per place and list: the key and slot last met at this position. Rounds name the same probes in the same order.
    hints: Vec<[Hints<'r>; 3]>,
    /// Per slot: the last round that gave the probe a gap of its own, and that gap.
    gaps: Vec<(usize, Span)>,
    reasons: Vec<Said<'r>>,
    known: HashMap<Said<'r>, u32>,
}

impl<'r> Sorter<'r> {
    fn new(settings: &Settings, places: usize, probes: usize) -> Self {
        let mut slots = HashMap::new();
        let all = || settings.components.iter().flat_map(|c| c.probes.iter().map(move |p| (c, p))).enumerate();
        for (slot, (_, probe)) in all() {
            slots.insert(probe.key.as_str().to_owned(), slot);
        }
        // A key that is in use means what it means today; only a free one is a former name.
        for (slot, (component, probe)) in all() {
            for old in former_keys(component, probe.key.name()) {
                slots.entry(old).or_insert(slot);
            }
        }
        Self {
            places,
            strips: (0..probes * places).map(|_| Strip::default()).collect(),
            slots,
            hints: (0..places).map(|_| [Vec::new(), Vec::new(), Vec::new()]).collect(),
            gaps: vec![(usize::MAX, Span::ZERO); probes],
            reasons: vec![(None, "")],
            known: HashMap::from([((None, ""), 0)]),
        }
    }

    /// The slot of the probe at a position of a list.
    fn slot(&mut self, place: usize, list: usize, position: usize, key: &'r ProbeKey) -> Option<usize> {
        let hints = &mut self.hints[place][list];
        let key = key.as_str();
        if let Some((hint, slot)) = hints.get(position)
            && *hint == key
        {
            return *slot;
        }
        let slot = self.slots.get(key).copied();
        if position < hints.len() {
            hints[position] = (key, slot);
        } else {
            hints.push((key, slot));
        }
        slot
    }

    fn reason(&mut self, phase: Option<&'r str>, why: &'r str) -> u32 {
        let said = (phase, why);
        let next = self.reasons.len() as u32;
        let index = *self.known.entry(said).or_insert(next);
        if index == next {
            self.reasons.push(said);
        }
        index
    }

    /// How long a look of this round vouches.
    fn gap(&self, slot: usize, seq: usize, round: &Round) -> Span {
        let (by, gap) = self.gaps[slot];
        if by == seq { gap } else { round.gap }
    }

    fn sort(&mut self, seq: usize, heard: &Heard<'r>) {
        let round = heard.round;
        for (i, (key, gap)) in round.gaps.iter().enumerate() {
            if let Some(slot) = self.slot(heard.place, 2, i, key) {
                self.gaps[slot] = (seq, *gap);
            }
        }
        for (i, (key, ms)) in round.up.iter().enumerate() {
            if let Some(slot) = self.slot(heard.place, 0, i, key) {
                let look = Look::new(heard.t, self.gap(slot, seq, round), *ms, 0, Verdict::Up, 0);
                self.push(slot, seq, heard, look);
            }
        }
        for (i, seen) in round.not.iter().enumerate() {
            let Some(slot) = self.slot(heard.place, 1, i, &seen.id) else { continue };
            // Rule 9: blind, everything in `not` says nothing about its target.
            let (verdict, reason) = match &round.blind {
                Some(why) => (Verdict::Unknown, self.reason(None, why)),
                None => (seen.is, self.reason(seen.phase.as_deref(), &seen.why)),
            };
            let after = u32::try_from(seen.after.map_or(0, Span::ms).max(0)).unwrap_or(u32::MAX);
            let t = heard.t.saturating_add(i64::from(after));
            let look = Look::new(t, self.gap(slot, seq, round), seen.ms.unwrap_or(NO_MS), after, verdict, reason);
            self.push(slot, seq, heard, look);
        }
    }

    fn push(&mut self, slot: usize, seq: usize, heard: &Heard<'_>, look: Look) {
        let strip = &mut self.strips[slot * self.places + heard.place];
        let (mark, t, last) = strip.mark;
        if last != seq || strip.looks.is_empty() {
            // Looks at one `t` are one look: the later record counts, with its own second look.
            if t == heard.t {
                strip.looks.truncate(mark);
            }
            strip.mark = (strip.looks.len(), heard.t, seq);
        }
        strip.unsorted |= strip.looks.last().is_some_and(|before| look.t <= before.t);
        strip.looks.push(look);
    }

    fn finish(mut self) -> (Vec<Strip>, Vec<Said<'r>>) {
        for strip in self.strips.iter_mut().filter(|s| s.unsorted) {
            strip.looks.sort_by_key(|l| l.t);
            strip.looks.dedup_by(|later, kept| {
                let same = later.t == kept.t;
                if same {
                    *kept = *later;
                }
                same
            });
        }
        (self.strips, self.reasons)
    }
}

impl Timelines {
    /// A component's timeline.
    pub fn component(&self, id: &str) -> Option<&crate::timeline::ComponentTimeline> {
        self.components.iter().find(|c| c.id.as_str() == id)
    }
}
