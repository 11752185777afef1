//! Rule 4's blips: where they overlap they are one, and where they come thick they are an outage.

use crate::timeline::level::Spell;

/// A bad row too short to be an outage, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Short {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The record by which it was known to be over.
    pub(super) seen: i64,
    /// What its first look said.
    pub(super) reason: u32,
}

/// Overlapping ones become one, with the words of the first.
pub(super) fn merge(mut blips: Vec<Short>) -> Vec<Short> {
    blips.sort_by_key(|b| (b.from, b.to));
    let mut out: Vec<Short> = Vec::with_capacity(blips.len());
    for blip in blips {
        match out.last_mut() {
            Some(last) if blip.from < last.to => {
                if blip.to > last.to {
                    (last.to, last.seen) = (blip.to, blip.seen);
                }
            }
            _ => out.push(blip),
        }
    }
    out
}

/// What flapping makes of one strip's blips.
#[derive(Debug, Default)]
pub(super) struct Flapping {
    /// Blips that stay blips.
    pub(super) blips: Vec<Short>,
    /// Degraded outages, and whether one more blip could still carry the last one on.
    pub(super) spells: Vec<(Spell, bool)>,
    /// A row that is pending at the end would continue a chain of blips that begins here.
    pub(super) reach: Option<i64>,
}

/// Finds chains of blips less than `within` apart whose times add up to `within` or more.
///
/// `blips` are one strip's, merged; `pending` is where its unfinished bad row begins; `look_from` gives the record of
/// the strip's first look at or after a time, by which an end counts as seen.
pub(super) fn flapping(
    blips: &[Short],
    within: i64,
    pending: Option<i64>,
    moment: i64,
    look_from: impl Fn(i64) -> Option<i64>,
) -> Flapping {
    let mut found = Flapping::default();
    for chain in blips.chunk_by(|a, b| b.from - a.to < within) {
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        if pending.is_some_and(|from| from - last.to < within) {
            found.reach = Some(first.from);
        }
        let mut sum = 0;
        // One alone does not flap, however long it vouched before its hole.
        let confirming = chain.iter().enumerate().find(|(i, b)| {
            sum += b.to - b.from;
            *i > 0 && sum >= within
        });
        let Some((_, confirming)) = confirming else {
            found.blips.extend_from_slice(chain);
            continue;
        };
        let calm = last.to.saturating_add(within);
        let fresh = moment < calm;
        let seen = if fresh { last.seen } else { look_from(calm).unwrap_or(calm).min(moment) };
        found.spells.push((Spell { from: first.from, seen: confirming.seen, end: Some((last.to, seen)) }, fresh));
    }
    found
}
