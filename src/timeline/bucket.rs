//! Latency in buckets of RECORD.md: integers only, relative error at most 0.8 %.

use crate::model::{Buckets, Hours, Moment, Run};
use crate::timeline::ProbeTimeline;

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

    /// How many latencies were counted.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, c)| u64::from(*c)).sum()
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
        let mut counts = Counts::default();
        for hours in &self.latency {
            for (_, hour) in hours.iter().skip_while(|(hour, _)| *hour < from).take_while(|(hour, _)| *hour < to) {
                counts.merge(&hour);
            }
        }
        counts.take()
    }

    /// The latencies of the hours that begin in each of these spans; the spans are ascending and disjoint.
    pub fn latency_in(&self, spans: &[(Moment, Moment)]) -> Vec<Buckets> {
        let mut all: Vec<Counts> = spans.iter().map(|_| Counts::default()).collect();
        for hours in &self.latency {
            let mut at = 0;
            for (hour, buckets) in hours.iter() {
                while spans.get(at).is_some_and(|s| s.1 <= hour) {
                    at += 1;
                }
                match spans.get(at) {
                    None => break,
                    Some(span) if span.0 <= hour => all[at].merge(&buckets),
                    Some(_) => {}
                }
            }
        }
        all.iter_mut().map(Counts::take).collect()
    }

    /// Whether any answer was timed.
    pub fn timed(&self) -> bool {
        self.latency.iter().any(|hours| !hours.is_empty())
    }
}

/// Counts in an array: a look's own cost is an addition.
#[derive(Default)]
pub(super) struct Counts {
    counts: Vec<u32>,
    touched: Vec<u32>,
}

impl Counts {
    fn add(&mut self, bucket: u32, by: u32) {
        if self.counts.is_empty() {
            self.counts = vec![0; BUCKETS];
        }
        let Some(count) = self.counts.get_mut(bucket as usize) else { return };
        if *count == 0 {
            self.touched.push(bucket);
        }
        *count = count.saturating_add(by);
    }

    fn merge(&mut self, other: &Buckets) {
        other.0.iter().filter(|(_, count)| *count > 0).for_each(|(bucket, count)| self.add(*bucket, *count));
    }

    /// What was counted; counting begins anew.
    fn take(&mut self) -> Buckets {
        self.touched.sort_unstable();
        let counts = &mut self.counts;
        Buckets(self.touched.drain(..).map(|bucket| (bucket, std::mem::take(&mut counts[bucket as usize]))).collect())
    }

    /// Adds the latencies of single looks that answered, hour by hour.
    pub(super) fn hours(&mut self, looks: &[Run], hours: &mut Hours) {
        let mut hour = i64::MIN;
        for look in looks {
            if look.ms == Run::NO_MS || look.level().is_none_or(|level| level > 1) {
                continue;
            }
            let this = look.first.ms().div_euclid(HOUR_MS);
            if this != hour {
                self.flush(hours, hour);
                hour = this;
            }
            self.add(Buckets::of(look.ms), 1);
        }
        self.flush(hours, hour);
    }

    fn flush(&mut self, hours: &mut Hours, hour: i64) {
        if !self.touched.is_empty() {
            let buckets = self.take();
            hours.push(Moment::from_ms(hour * HOUR_MS), &buckets);
        }
    }
}

/// Joins the hours from `from` on that stand there more than once; those before it were joined already.
pub(super) fn settle(hours: &Hours, from: Moment) -> Hours {
    let later = hours.since(from);
    let mut settled = Hours::from_bytes(hours.bytes()[..hours.bytes().len() - later.bytes().len()].to_vec());
    let mut counts = Counts::default();
    let mut now: Option<Moment> = None;
    for (hour, buckets) in later.iter() {
        if let Some(before) = now.replace(hour).filter(|before| *before != hour) {
            let all = counts.take();
            settled.push(before, &all);
        }
        counts.merge(&buckets);
    }
    if let Some(last) = now {
        let all = counts.take();
        settled.push(last, &all);
    }
    settled
}
