//! What a history may forget of old days, because nothing is shown of it: so that it grows with what happened, not
//! with the days.

use crate::model::{Moment, Span, Summary};
use crate::timeline::bucket;

/// Round by round is known for this long: an incident that nobody resolved for longer is resolved by the next round.
const TIMES: Span = Span::from_mins(8 * 24 * 60);
/// Latency and recorded values are drawn over ninety days; a few more make up for zones.
pub const HOURS: Span = Span::from_mins(93 * 24 * 60);

/// Forgets what is no longer shown at `now`, and joins what came in pieces.
pub fn forget(summary: &mut Summary, now: Moment) {
    let old = summary.times.partition_point(|t| *t < now - TIMES).min(summary.times.len().saturating_sub(2));
    // A place that is blind for long goes on to be so since the round before which it saw.
    let saw = summary.blind.as_ref().and_then(|(since, _)| {
        let first = summary.times.partition_point(|t| t < since);
        summary.times[..first.min(old)].last().copied().filter(|_| first <= old)
    });
    summary.times.drain(..old);
    summary.times.splice(..0, saw);
    summary.forgotten += old as u64 - u64::from(saw.is_some());
    for strip in &mut summary.strips {
        let settled = bucket::settle(&strip.hours.since(now - HOURS), now - Span::from_mins(48 * 60));
        strip.hours = if strip.hours.is_set_aside() { settled.with_set_aside() } else { settled };
        for (_, hours) in &mut strip.recorded {
            hours.retain(|h| h.hour >= now - HOURS);
        }
        strip.recorded.retain(|(_, hours)| !hours.is_empty());
    }
}
