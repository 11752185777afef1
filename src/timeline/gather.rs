//! From what the chains say to strips: one per configured probe and place, in the order of time.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::{History, Hours, Moment, Remark, Run, Settings, Strip, Summary, Vantage, Why};
use crate::timeline::recorded::former_keys;
use crate::timeline::summary::in_order;
use crate::timeline::window::{self, Spans};
use crate::timeline::{Place, Timelines};

/// One probe's looks from one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks<'h> {
    pub(super) runs: Cow<'h, [Run]>,
    /// What the runs' reasons count from in [`Gathered::reasons`].
    first_reason: u32,
    /// Latency of its answers.
    pub(super) hours: Vec<Hours>,
}

impl Looks<'_> {
    /// Index into [`Gathered::reasons`].
    pub(super) fn reason(&self, run: &Run) -> u32 {
        self.first_reason + run.reason
    }

    /// What the runs' reasons count from.
    pub(super) fn first_reason(&self) -> u32 {
        self.first_reason
    }
}

/// Everything the history says, by strip.
pub(super) struct Gathered<'h> {
    /// Probe by probe in config order, place by place within: see `Gathered::looks`.
    strips: Vec<Looks<'h>>,
    /// Index of each component's first probe.
    first_probe: Vec<usize>,
    pub(super) places: Vec<Place>,
    pub(super) reasons: Vec<&'h Why>,
    /// What counted as maintenance, per component.
    pub(super) windows: Vec<Spans>,
    pub(super) remarks: Vec<Remark>,
}

impl<'h> Gathered<'h> {
    /// The looks of a component's probe from a place.
    pub(super) fn looks(&self, component: usize, probe: usize, place: usize) -> &Looks<'h> {
        &self.strips[(self.first_probe[component] + probe) * self.places.len() + place]
    }
}

/// Sorts what the chains say by probe and place.
pub(super) fn gather<'h>(history: &'h History, settings: &Settings, moment: Moment) -> Gathered<'h> {
    let mut remarks = history.remarks.clone();
    let mut words = window::Words::new();
    let declared: Vec<_> = history.declared.iter().collect();
    for chain in declared.chunk_by(|a, b| a.chain == b.chain) {
        window::listen(&mut words, chain, moment.ms());
    }
    let places = &settings.run.vantages;
    let mut of_place: Vec<Vec<&Summary>> = vec![Vec::new(); places.len()];
    let slots = Slots::new(settings);
    let mut reasons = Vec::new();
    let mut strips: Vec<Looks<'h>> = vec![Looks::default(); slots.probes * places.len()];
    for chain in &history.chains {
        let vantage = chain.chain.vantage();
        let Some(place) = vantage.as_ref().and_then(|v| places.iter().position(|p| p == v)) else {
            remarks.push(stranger(chain));
            continue;
        };
        remarks.extend(later(chain, moment));
        of_place[place].push(chain);
        let first_reason = reasons.len() as u32;
        reasons.extend(&chain.reasons);
        for strip in &chain.strips {
            if let Some(slot) = slots.by_key.get(strip.key.as_str()) {
                strips[slot * places.len() + place].take(strip, first_reason);
            }
        }
    }
    let places = places.iter().zip(&of_place).map(|(vantage, chains)| place(vantage, chains)).collect();
    let windows = settings.components.iter().map(|c| words.windows(settings, c)).collect();
    Gathered { strips, first_probe: slots.first_probe, places, reasons, windows, remarks }
}

fn stranger(chain: &Summary) -> Remark {
    let name = chain.chain.as_str();
    let vantage = name.split('+').next().unwrap_or_default();
    let text = format!(
        "the {} records of `{name}` are not counted, because `{vantage}` is not among the configured `vantages`; \
         add it there if it looks, or looked, for this site",
        chain.records
    );
    Remark { origin: None, text }
}

fn later(chain: &Summary, moment: Moment) -> Option<Remark> {
    let first = chain.later?;
    let rounds = if first.rounds == 1 { "1 round is".to_owned() } else { format!("{} rounds are", first.rounds) };
    let text = format!(
        "{rounds} not counted yet, because `{}` claims a time after {moment} (first: record {}, {})",
        chain.chain, first.n, first.t
    );
    Some(Remark { origin: None, text })
}

/// A place's own facts, from its public and its internal chain. Mostly both hold the same rounds; where a corrected
/// clock took out some of one only, it is the rounds of both.
fn place(vantage: &Vantage, chains: &[&Summary]) -> Place {
    let rounds = chains.iter().map(|c| c.forgotten + c.times.len() as u64).max().unwrap_or_default();
    let last_round = chains.iter().filter_map(|c| c.times.last()).max().copied();
    let is_blind = |t: &Moment| {
        let here =
            |c: &&Summary| c.blind.as_ref().is_some_and(|(since, _)| since <= t) && c.times.binary_search(t).is_ok();
        chains.iter().any(here)
    };
    // The last round of each that was not blind, and is in no chain.
    let saw = |c: &&Summary| {
        let seeing = c.blind.as_ref().map_or(c.times.len(), |(since, _)| c.times.partition_point(|t| t < since));
        c.times[..seeing].iter().rev().find(|t| !is_blind(t)).copied()
    };
    let saw = chains.iter().filter_map(saw).max();
    let blind = chains.iter().filter_map(|c| {
        let (since, why) = c.blind.as_ref()?;
        // Of rounds long past the moments are forgotten, but not since when they were blind.
        let mut in_row = [since].into_iter().chain(&c.times[c.times.partition_point(|t| t < since)..]);
        Some((*in_row.find(|t| Some(**t) > saw)?, why.clone()))
    });
    let blind = blind.min_by_key(|(since, _)| *since);
    Place { vantage: vantage.clone(), last_round, blind, rounds }
}

/// Where each probe's looks go, under every key that it has or had.
struct Slots {
    by_key: HashMap<String, usize>,
    first_probe: Vec<usize>,
    probes: usize,
}

impl Slots {
    fn new(settings: &Settings) -> Self {
        let mut by_key = HashMap::new();
        let mut first_probe = Vec::with_capacity(settings.components.len());
        let mut probes = 0;
        for component in &settings.components {
            first_probe.push(probes);
            for probe in &component.probes {
                by_key.insert(probe.key.as_str().to_owned(), probes);
                probes += 1;
            }
        }
        // A key that is in use means what it means today; only a free one is a former name.
        let all = settings.components.iter().flat_map(|c| c.probes.iter().map(move |p| (c, p)));
        for (slot, (component, probe)) in all.enumerate() {
            for old in former_keys(component, probe.key.name()) {
                by_key.entry(old).or_insert(slot);
            }
        }
        Self { by_key, first_probe, probes }
    }
}

impl<'h> Looks<'h> {
    /// Takes what a chain says of the probe. Mostly it is the only one; a probe that was renamed, or was internal for
    /// a time, has looks in several places.
    fn take(&mut self, strip: &'h Strip, first_reason: u32) {
        if !strip.hours.is_empty() {
            self.hours.push(strip.hours.clone());
        }
        if self.runs.is_empty() {
            (self.runs, self.first_reason) = (Cow::Borrowed(strip.runs.as_slice()), first_reason);
            return;
        }
        let mut all: Vec<Run> = self.runs.iter().map(|run| Run { reason: self.reason(run), ..*run }).collect();
        all.extend(strip.runs.iter().map(|run| Run { reason: first_reason + run.reason, ..*run }));
        in_order(&mut all);
        (self.runs, self.first_reason) = (Cow::Owned(all), 0);
    }
}

impl Timelines {
    /// A component's timeline.
    pub fn component(&self, id: &str) -> Option<&crate::timeline::ComponentTimeline> {
        self.components.iter().find(|c| c.id.as_str() == id)
    }
}
