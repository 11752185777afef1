//! Latency in buckets of RECORD.md: integers only, relative error at most 0.8 %.

use std::collections::BTreeMap;

use crate::model::Moment;
use crate::timeline::gather::{Look, NO_MS};
use crate::timeline::{Buckets, ProbeTimeline};

const HOUR_MS: i64 = 3_600_000;
/// One past the bucket of `u32::MAX`.
const BUCKETS: usize = 64 * 25 + 128;

impl Buckets {
    /// The bucket of a latency in ms: x below 64, else `64·e + (x >> e)` with `e = bits(x) − 7`.
    pub const fn of(ms: u32) -> u32 {
        if ms < 64 {
            return ms;
        }
        let e = 32 - ms.leading_zeros() - 7;
        64 * e + (ms >> e)
    }

    /// The latency in ms that a bucket stands for: its middle, rounded down; exact below 128 ms.
    pub const fn ms(bucket: u32) -> u32 {
        if bucket < 128 {
            return bucket;
        }
        let e = bucket / 64 - 1;
        let low = ((bucket - 64 * e) as u64) << e;
        let middle = low + ((1_u64 << e) - 1) / 2;
        if middle > u32::MAX as u64 { u32::MAX } else { middle as u32 }
    }

    /// Counts one latency.
    pub fn add(&mut self, ms: u32) {
        *self.0.entry(Self::of(ms)).or_default() += 1;
    }

    /// Counts all of another's.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            let sum = self.0.entry(*bucket).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// How many latencies were counted.
    pub fn count(&self) -> u64 {
        self.0.values().map(|c| u64::from(*c)).sum()
    }

    /// The latency in ms that a share `q` (0 to 1) of the looks did not exceed (nearest rank); none where empty.
    pub fn quantile(&self, q: f64) -> Option<u32> {
        let rank = ((q.clamp(0.0, 1.0) * self.count() as f64).ceil() as u64).max(1);
        let mut passed = 0;
        self.0.iter().find_map(|(bucket, count)| {
            passed += u64::from(*count);
            (passed >= rank).then(|| Self::ms(*bucket))
        })
    }
}

impl ProbeTimeline {
    /// The latencies of all whole hours that begin in `[from, to)`, as one.
    pub fn latency_between(&self, from: Moment, to: Moment) -> Buckets {
        let mut all = Buckets::default();
        let first = self.latency.partition_point(|(hour, _)| *hour < from);
        for (_, hour) in self.latency[first..].iter().take_while(|(hour, _)| *hour < to) {
            all.merge(hour);
        }
        all
    }
}

/// The latencies of one probe's strips, per UTC hour, oldest first.
pub(super) fn per_hour<'s>(strips: impl Iterator<Item = &'s [Look]>) -> Vec<(Moment, Buckets)> {
    let mut hours: BTreeMap<i64, Buckets> = BTreeMap::new();
    let mut counts = vec![0_u32; BUCKETS];
    let mut touched: Vec<u32> = Vec::new();
    for looks in strips {
        let mut hour = i64::MIN;
        for look in looks {
            if look.ms == NO_MS || !look.answered() {
                continue;
            }
            let this = look.t.div_euclid(HOUR_MS);
            if this != hour {
                flush(&mut hours, hour, &mut counts, &mut touched);
                hour = this;
            }
            let bucket = Buckets::of(look.ms);
            if counts[bucket as usize] == 0 {
                touched.push(bucket);
            }
            counts[bucket as usize] += 1;
        }
        flush(&mut hours, hour, &mut counts, &mut touched);
    }
    hours.into_iter().map(|(hour, buckets)| (Moment::from_ms(hour * HOUR_MS), buckets)).collect()
}

/// Moves one hour's counts into its buckets: counting in an array keeps the look's own cost at an addition.
fn flush(hours: &mut BTreeMap<i64, Buckets>, hour: i64, counts: &mut [u32], touched: &mut Vec<u32>) {
    if touched.is_empty() {
        return;
    }
    touched.sort_unstable();
    let into = &mut hours.entry(hour).or_default().0;
    for bucket in touched.drain(..) {
        *into.entry(bucket).or_default() += std::mem::take(&mut counts[bucket as usize]);
    }
}
