//! The looks of a round, one by one.

use crate::model::{Body, ChainName, Moment, ProbeKey, Record, Round, Span, Verdict};

/// One look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Look<'r> {
    /// When it looked.
    pub(super) at: Moment,
    /// From where.
    pub(super) place: &'r str,
    /// At what.
    pub(super) probe: &'r ProbeKey,
    /// What it counts as: in a blind round, what was not plainly up is unknown.
    pub(super) verdict: Verdict,
    /// Latency in ms.
    pub(super) ms: Option<u32>,
    /// Where it failed.
    pub(super) phase: Option<&'r str>,
    /// Why, in public words; empty where it is up.
    pub(super) why: &'r str,
    /// How often it was tried; none for one that was up at once.
    pub(super) tries: Option<u32>,
    /// A second look: how long after its round.
    pub(super) after: Option<Span>,
    /// Why its round says nothing of what failed.
    pub(super) blind: Option<&'r str>,
    /// How long it vouches at most.
    pub(super) gap: Span,
    /// What was recorded with it.
    pub(super) recorded: &'r [(String, f64)],
    /// The record that holds it.
    pub(super) chain: &'r ChainName,
    /// Its number.
    pub(super) n: u64,
}

/// Every look of a record; none where it is no round.
pub(super) fn looks(record: &Record) -> Vec<Look<'_>> {
    let Body::Round(round) = &record.body else { return Vec::new() };
    let gap = |key: &ProbeKey| round.gaps.iter().find(|(k, _)| k == key).map_or(round.gap, |(_, gap)| *gap);
    let look = |probe, verdict| Look {
        at: record.t,
        place: record.chain.as_str().split('+').next().unwrap_or_default(),
        probe,
        verdict,
        ms: None,
        phase: None,
        why: "",
        tries: None,
        after: None,
        blind: round.blind.as_deref(),
        gap: gap(probe),
        recorded: &[],
        chain: &record.chain,
        n: record.n,
    };
    let up = round.up.iter().map(|(key, ms)| Look {
        ms: Some(*ms),
        recorded: recorded(round, key),
        ..look(key, Verdict::Up)
    });
    let not = round.not.iter().map(|seen| {
        let verdict = if round.blind.is_some() { Verdict::Unknown } else { seen.is };
        Look {
            at: record.t + seen.after.unwrap_or(Span::ZERO),
            ms: seen.ms,
            phase: seen.phase.as_deref(),
            why: &seen.why,
            tries: Some(seen.tries),
            after: seen.after,
            // What was recorded belongs to the first look.
            recorded: if seen.after.is_none() { recorded(round, &seen.id) } else { &[] },
            ..look(&seen.id, verdict)
        }
    });
    up.chain(not).collect()
}

fn recorded<'r>(round: &'r Round, key: &ProbeKey) -> &'r [(String, f64)] {
    round.rec.iter().find(|(k, _)| k == key).map_or(&[], |(_, values)| values.as_slice())
}
