//! The rounds that count, and the values that were recorded in them.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Body, Component, HourOf, Moment, Probe, ProbeKey, Record, Round, Strip, Summary, Vantage};
use crate::timeline::{clock, history};

/// An hour in ms.
const HOUR_MS: i64 = 3_600_000;

/// A round with the record that holds it.
pub type Heard<'r> = (&'r Record, &'r Round);

/// The rounds with `t ≤ moment`, by time, place and number. Rounds that a corrected clock set aside are left out, as they
/// are from the fold.
pub fn rounds<'r>(records: impl IntoIterator<Item = &'r Record>, moment: Moment) -> Vec<Heard<'r>> {
    let mut found: Vec<Heard<'r>> = Vec::new();
    for chain in history::chains(records).chunk_by(|a, b| a.chain == b.chain).filter(|c| !c[0].chain.is_desk()) {
        for (record, aside) in chain.iter().zip(clock::judge(chain).aside) {
            if let (Body::Round(round), false, true) = (&record.body, aside, record.t <= moment) {
                found.push((record, round));
            }
        }
    }
    found.sort_by_key(|(record, _)| (record.t, place(record), record.n));
    found
}

/// What one probe of a component recorded in these rounds (as [`rounds`] gives them): per field its values, oldest first,
/// from all places, under every id that the component has or had. Of doubled rounds the later counts.
pub fn values<'r>(rounds: &[Heard<'r>], component: &Component, probe: &Probe) -> BTreeMap<&'r str, Vec<(Moment, f64)>> {
    let keys = keys(component, probe);
    let mut found: BTreeMap<&str, Vec<(Moment, &str, f64)>> = BTreeMap::new();
    for (record, round) in rounds {
        let mine = round.rec.iter().filter(|(key, _)| keys.contains(key));
        for (field, value) in mine.flat_map(|(_, fields)| fields).filter(|(_, value)| value.is_finite()) {
            let series = found.entry(field).or_default();
            let said = (record.t, place(record), *value);
            match series.last_mut() {
                Some(last) if (last.0, last.1) == (said.0, said.1) => *last = said,
                _ => series.push(said),
            }
        }
    }
    let plain = |series: Vec<(Moment, &str, f64)>| series.into_iter().map(|(t, _, value)| (t, value)).collect();
    found.into_iter().map(|(field, series)| (field, plain(series))).collect()
}

/// What one probe of a component recorded, by field and UTC hour, oldest first: from the configured places together, under
/// every id that the component has or had. It is not folded with the rest, as few pages show it.
pub fn hours<'h>(
    chains: &'h [Summary],
    places: &[Vantage],
    component: &Component,
    probe: &Probe,
) -> BTreeMap<&'h str, Vec<HourOf>> {
    let keys = keys(component, probe);
    let counts = |chain: &&Summary| chain.chain.vantage().is_some_and(|place| places.contains(&place));
    let strips = chains.iter().filter(counts).flat_map(|c| &c.strips).filter(|s| keys.contains(&s.key));
    let mut found: BTreeMap<&str, Vec<HourOf>> = BTreeMap::new();
    for (field, hours) in strips.flat_map(|s| &s.recorded) {
        let known = found.entry(field).or_default();
        for hour in hours {
            add(known, *hour);
        }
    }
    found
}

/// The keys that a probe has and had.
fn keys(component: &Component, probe: &Probe) -> Vec<ProbeKey> {
    let former = former_keys(component, probe.key.name()).map(ProbeKey::from);
    std::iter::once(probe.key.clone()).chain(former).collect()
}

/// The keys that a probe had under its component's former ids.
pub(super) fn former_keys(component: &Component, name: &str) -> impl Iterator<Item = String> {
    component.formerly.iter().map(move |old| format!("{old}/{name}"))
}

/// The place of a vantage's public and internal chain.
fn place(record: &Record) -> &str {
    record.chain.as_str().split('+').next().unwrap_or_default()
}

/// Adds what these rounds recorded to the strips of their probes, hour by hour. Of doubled rounds the later counts.
pub(super) fn by_hour(rounds: &[Heard<'_>], strips: &mut [Strip]) {
    let slots: HashMap<ProbeKey, usize> = strips.iter().enumerate().map(|(i, s)| (s.key.clone(), i)).collect();
    for (i, (record, round)) in rounds.iter().enumerate() {
        let again = |key: &ProbeKey| {
            let same = rounds[i + 1..].iter().take_while(|(later, _)| later.t == record.t);
            same.into_iter().any(|(_, later)| later.rec.iter().any(|(k, _)| k == key))
        };
        for (key, fields) in round.rec.iter().filter(|(key, _)| !again(key)) {
            let Some(slot) = slots.get(key) else { continue };
            let hour = Moment::from_ms(record.t.ms().div_euclid(HOUR_MS) * HOUR_MS);
            for (field, value) in fields.iter().filter(|(_, value)| value.is_finite()) {
                let recorded = &mut strips[*slot].recorded;
                let at = recorded.binary_search_by(|(name, _)| name.cmp(field)).unwrap_or_else(|at| {
                    recorded.insert(at, (field.clone(), Vec::new()));
                    at
                });
                add(&mut recorded[at].1, HourOf { hour, min: *value, max: *value, sum: *value, count: 1 });
            }
        }
    }
}

/// Adds an hour behind the others, or to the one that it is.
pub(super) fn add(hours: &mut Vec<HourOf>, hour: HourOf) {
    match hours.iter_mut().rev().find(|h| h.hour <= hour.hour) {
        Some(same) if same.hour == hour.hour => {
            same.min = same.min.min(hour.min);
            same.max = same.max.max(hour.max);
            same.sum += hour.sum;
            same.count = same.count.saturating_add(hour.count);
        }
        _ => {
            let at = hours.partition_point(|h| h.hour < hour.hour);
            hours.insert(at, hour);
        }
    }
}
