//! The rounds that count, and the values that were recorded in them.

use std::collections::BTreeMap;

use crate::model::{Body, Component, Moment, Probe, ProbeKey, Record, Round};
use crate::timeline::{clock, gather};

/// A round with the record that holds it.
pub type Heard<'r> = (&'r Record, &'r Round);

/// The rounds with `t ≤ moment`, by time, place and number. Rounds that a corrected clock set aside are left out, as they
/// are from the fold.
pub fn rounds<'r>(records: impl IntoIterator<Item = &'r Record>, moment: Moment) -> Vec<Heard<'r>> {
    let mut found: Vec<Heard<'r>> = Vec::new();
    for chain in gather::chains(records).chunk_by(|a, b| a.chain == b.chain).filter(|c| !c[0].chain.is_desk()) {
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
    let mut keys = vec![probe.key.clone()];
    keys.extend(former_keys(component, probe.key.name()).map(ProbeKey::from));
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

/// The keys that a probe had under its component's former ids.
pub(super) fn former_keys(component: &Component, name: &str) -> impl Iterator<Item = String> {
    component.formerly.iter().map(move |old| format!("{old}/{name}"))
}

/// The place of a vantage's public and internal chain.
fn place(record: &Record) -> &str {
    record.chain.as_str().split('+').next().unwrap_or_default()
}
