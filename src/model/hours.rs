//! Latencies by hour, in few bytes: a year of a probe's minutes stands in a quarter of a megabyte, unread until asked.

use std::sync::Arc;

use crate::model::Moment;

/// Counts per latency bucket, ascending: x ms below 64, else `64·e + (x >> e)` with `e = bits(x) − 7` (RECORD.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets(pub Vec<(u32, u32)>);

/// Hours since the epoch, each with its buckets, ascending; an hour may stand there more than once.
///
/// Per hour: the hour, how many buckets, then per bucket the step from the one before and the count, all as variable
/// length integers (seven bits a byte, the lowest first).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    bytes: Arc<Vec<u8>>,
    /// Whether earlier hours lie elsewhere.
    set_aside: bool,
}

/// An hour in ms.
const HOUR_MS: i64 = 3_600_000;

impl Hours {
    /// Takes bytes that [`Hours::bytes`] gave. Where other bytes stand among them, the hours end there.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(bytes), set_aside: false }
    }

    /// The bytes of the hours that are at hand.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is none, here or elsewhere.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.set_aside
    }

    /// Whether earlier hours lie elsewhere, and have to be [put back](Self::put_back) before anything is counted.
    pub fn is_set_aside(&self) -> bool {
        self.set_aside
    }

    /// Only these are at hand; earlier ones lie elsewhere.
    #[must_use]
    pub fn with_set_aside(self) -> Self {
        Self { set_aside: true, ..self }
    }

    /// Puts earlier hours before these: all are at hand again.
    pub fn put_back(&mut self, mut earlier: Vec<u8>) {
        earlier.extend_from_slice(&self.bytes);
        *self = Self::from_bytes(earlier);
    }

    /// When the first hour at hand begins.
    pub fn first(&self) -> Option<Moment> {
        let hour = i64::try_from(take(&mut self.bytes.as_slice())?).ok()?;
        hour.checked_mul(HOUR_MS).map(Moment::from_ms)
    }

    /// Adds an hour behind the others. An hour before the epoch counts as the first.
    pub fn push(&mut self, hour: Moment, buckets: &Buckets) {
        let out = Arc::make_mut(&mut self.bytes);
        put(out, u64::try_from(hour.ms().div_euclid(HOUR_MS)).unwrap_or(0));
        put(out, buckets.0.len() as u64);
        let mut before = 0;
        for (bucket, count) in &buckets.0 {
            put(out, u64::from(bucket - before));
            put(out, u64::from(*count));
            before = *bucket;
        }
    }

    /// Adds all of another's behind these.
    pub fn append(&mut self, later: &Self) {
        if self.bytes.is_empty() {
            self.bytes = Arc::clone(&later.bytes);
        } else if !later.bytes.is_empty() {
            Arc::make_mut(&mut self.bytes).extend_from_slice(&later.bytes);
        }
    }

    /// The hours at hand that begin at `from` or later.
    #[must_use]
    pub fn since(&self, from: Moment) -> Self {
        let mut left = self.bytes.as_slice();
        let mut rest = left;
        while let Some((hour, _)) = read_hour(&mut left) {
            if hour >= from {
                break;
            }
            rest = left;
        }
        if rest.len() == self.bytes.len() {
            self.clone()
        } else {
            Self { bytes: Arc::new(rest.to_vec()), set_aside: self.set_aside }
        }
    }

    /// Each hour at hand with its buckets.
    pub fn iter(&self) -> impl Iterator<Item = (Moment, Buckets)> {
        let mut left = self.bytes.as_slice();
        std::iter::from_fn(move || read_hour(&mut left))
    }
}

fn read_hour(left: &mut &[u8]) -> Option<(Moment, Buckets)> {
    let hour = i64::try_from(take(left)?).ok()?.checked_mul(HOUR_MS)?;
    let many = take(left)?;
    let mut buckets = Vec::with_capacity(many.min(256) as usize);
    let mut bucket = 0_u32;
    for _ in 0..many {
        bucket = bucket.checked_add(u32::try_from(take(left)?).ok()?)?;
        buckets.push((bucket, u32::try_from(take(left)?).ok()?));
    }
    Some((Moment::from_ms(hour), Buckets(buckets)))
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(left: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = left.split_first()?;
        *left = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(n: i64) -> Moment {
        Moment::from_ms(n * HOUR_MS)
    }

    #[test]
    fn hours_come_back_as_they_went_in() {
        let (a, b) = (Buckets(vec![(0, 1), (40, 59), (900, 300)]), Buckets(vec![(u32::MAX, u32::MAX)]));
        let mut hours = Hours::default();
        hours.push(hour(490_000), &a);
        hours.push(hour(490_001), &b);
        let mut more = Hours::default();
        more.push(hour(490_001), &a);
        hours.append(&more);
        let all: Vec<_> = hours.iter().collect();
        assert_eq!(all, [(hour(490_000), a.clone()), (hour(490_001), b), (hour(490_001), a)]);
        assert_eq!(hours.since(hour(490_001)).iter().count(), 2);
        assert!(hours.since(hour(490_002)).is_empty());
        assert_eq!(Hours::from_bytes(hours.bytes().to_vec()), hours.clone());
        assert_eq!(Hours::from_bytes(hours.bytes()[..5].to_vec()).iter().count(), 0, "cut");
        assert_eq!((hours.first(), Hours::default().first()), (Some(hour(490_000)), None));
    }

    #[test]
    fn hours_that_are_set_aside_are_put_back_before_the_others() {
        let counts = Buckets(vec![(40, 60)]);
        let (mut old, mut new, mut all) = (Hours::default(), Hours::default(), Hours::default());
        for n in 490_000..490_004 {
            all.push(hour(n), &counts);
            if n < 490_002 { &mut old } else { &mut new }.push(hour(n), &counts);
        }
        assert!(!Hours::default().with_set_aside().is_empty(), "there are some, elsewhere");
        let mut here = new.with_set_aside();
        assert!(here.is_set_aside() && here.since(hour(490_003)).is_set_aside());
        here.put_back(old.bytes().to_vec());
        assert_eq!(here, all);
    }
}
