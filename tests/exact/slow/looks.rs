//! Rule 1: the set of records, and the looks of one probe from one place.

use std::collections::BTreeMap;

use statuary::model::{Body, Component, Moment, Record, Round, Settings, Span, Verdict};

use super::clock;

/// One look.
#[derive(Clone, Debug)]
pub struct Look {
    /// When it looked.
    pub t: i64,
    /// When its round was: from then on it is known.
    pub known: i64,
    /// How long it vouches.
    pub gap: i64,
    pub verdict: Verdict,
    pub ms: Option<u32>,
    pub phase: Option<String>,
    pub why: String,
}

impl Look {
    /// 0 up, 1 degraded, 2 down; none: unknown.
    pub fn grade(&self) -> Option<u8> {
        match self.verdict {
            Verdict::Up => Some(0),
            Verdict::Degraded => Some(1),
            Verdict::Down => Some(2),
            Verdict::Unknown => None,
        }
    }
}

/// The set of records: each once, chain by chain, in the order of `n`.
pub fn set(records: &[Record]) -> BTreeMap<String, Vec<&Record>> {
    let mut chains: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in records {
        let chain = chains.entry(record.chain.to_string()).or_default();
        if !chain.iter().any(|r| r.n == record.n && *r == record) {
            chain.push(record);
        }
    }
    for chain in chains.values_mut() {
        chain.sort_by(|a, b| (a.n, a.t, &a.head).cmp(&(b.n, b.t, &b.head)));
    }
    chains
}

/// A round that counts.
#[derive(Clone, Copy)]
pub struct Counted<'r> {
    pub t: i64,
    pub n: u64,
    pub place: usize,
    pub round: &'r Round,
}

/// The rounds with `t ≤ moment` of the configured places that no corrected clock set aside.
pub fn rounds<'r>(chains: &BTreeMap<String, Vec<&'r Record>>, settings: &Settings, moment: Moment) -> Vec<Counted<'r>> {
    let mut counted = Vec::new();
    for (name, chain) in chains {
        let vantage = name.strip_suffix("+internal").unwrap_or(name);
        let Some(place) = settings.run.vantages.iter().position(|v| v.as_str() == vantage) else { continue };
        let aside = clock::aside(chain);
        for (i, record) in chain.iter().enumerate() {
            if let Body::Round(round) = &record.body
                && !aside.contains(&i)
                && record.t <= moment
            {
                counted.push(Counted { t: record.t.ms(), n: record.n, place, round });
            }
        }
    }
    counted
}

/// The keys under which a probe's looks stand: its own, and those under its component's former ids.
pub fn keys(settings: &Settings, component: &Component, name: &str) -> Vec<String> {
    let used = |key: &str| settings.components.iter().flat_map(|c| &c.probes).any(|p| p.key.as_str() == key);
    let former = component.formerly.iter().map(|old| format!("{old}/{name}")).filter(|key| !used(key));
    [format!("{}/{name}", component.id)].into_iter().chain(former).collect()
}

/// "Looks of one probe at one `t` and vantage are one look, the later `n`'s. A second look counts with its record."
pub fn strip(rounds: &[Counted<'_>], keys: &[String], place: usize) -> Vec<Look> {
    let mut by_record: BTreeMap<i64, (u64, Vec<Look>)> = BTreeMap::new();
    for counted in rounds.iter().filter(|r| r.place == place) {
        let looks = looks(counted, keys);
        let earlier = by_record.get(&counted.t).is_some_and(|(n, _)| *n > counted.n);
        if !looks.is_empty() && !earlier {
            by_record.insert(counted.t, (counted.n, looks));
        }
    }
    // A second look at the instant of another record's look: of two at one instant the later record's counts.
    let in_order = by_record.into_values().flat_map(|(_, looks)| looks);
    in_order.map(|look| (look.t, look)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// What one record says of a probe. Blind, everything in `not` is unknown.
fn looks(counted: &Counted<'_>, keys: &[String]) -> Vec<Look> {
    let round = counted.round;
    let mine = |key: &str| keys.iter().any(|k| k == key);
    let own_gap = round.gaps.iter().find(|(key, _)| mine(key.as_str())).map(|(_, gap)| gap.ms());
    let gap = own_gap.unwrap_or(round.gap.ms());
    let up = round.up.iter().filter(|(key, _)| mine(key.as_str())).map(|(_, ms)| Look {
        t: counted.t,
        known: counted.t,
        gap,
        verdict: Verdict::Up,
        ms: Some(*ms),
        phase: None,
        why: String::new(),
    });
    let not = round.not.iter().filter(|seen| mine(seen.id.as_str())).map(|seen| Look {
        t: counted.t + seen.after.map_or(0, Span::ms),
        known: counted.t,
        gap,
        verdict: if round.blind.is_some() { Verdict::Unknown } else { seen.is },
        ms: seen.ms,
        phase: seen.phase.clone().filter(|_| round.blind.is_none()),
        why: round.blind.clone().unwrap_or_else(|| seen.why.clone()),
    });
    up.chain(not).collect()
}
