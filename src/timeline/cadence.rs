//! How regularly rounds came, and the interval that fits them: what a schedule promises and what it keeps are two
//! things. A CI's five-minute cron comes every 5 to 17 minutes.

use crate::model::{Moment, Span, Summary};

/// So far back rounds are looked at.
const BACK: Span = Span::from_mins(7 * 24 * 60);
/// Intervals that a person would set, in seconds.
const INTERVALS_S: [i64; 19] =
    [5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/// How rounds of one chain came in the seven days before its last one, or since its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// The first round that is counted.
    pub first: Moment,
    /// The last.
    pub last: Moment,
    /// How many; at least two.
    pub rounds: u64,
    /// Half of the gaps between two rounds are at most this long.
    pub median: Span,
    /// 95 of 100 are at most this long.
    pub p95: Span,
    /// The longest.
    pub longest: Span,
    /// Stretches that no look vouches for.
    pub holes: u64,
    /// The longest of them.
    pub longest_hole: Option<Span>,
}

/// How a configured interval suits what really happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// Rounds come later than it says: holes in the record, and a page that calls itself stale.
    TooShort,
    /// Rounds come more than twice as often as it says: a round that is missing is noticed late.
    TooLong,
}

/// The cadence of a chain; none with fewer than two rounds.
pub fn cadence(chain: &Summary) -> Option<Cadence> {
    let last = *chain.times.last()?;
    let times = &chain.times[chain.times.partition_point(|t| *t < last - BACK)..];
    let first = *times.first()?;
    let mut gaps: Vec<Span> = times.windows(2).map(|two| two[1] - two[0]).collect();
    gaps.sort_unstable();
    let holes = holes(chain, first, last);
    Some(Cadence {
        first,
        last,
        rounds: times.len() as u64,
        median: rank(&gaps, 50)?,
        p95: rank(&gaps, 95)?,
        longest: *gaps.last()?,
        holes: holes.len() as u64,
        longest_hole: holes.into_iter().max(),
    })
}

/// The stretches between two moments that no look of any probe vouches for.
fn holes(chain: &Summary, first: Moment, last: Moment) -> Vec<Span> {
    let runs = chain.strips.iter().flat_map(|strip| &strip.runs);
    let mut vouched: Vec<(i64, i64)> =
        runs.map(|run| (run.record_t(), run.fades())).filter(|(_, to)| *to > first.ms()).collect();
    vouched.sort_unstable();
    let mut reached = first.ms();
    let mut holes = Vec::new();
    for (from, to) in vouched.into_iter().filter(|(from, _)| *from <= last.ms()) {
        if from > reached {
            holes.push(Span::from_ms(from - reached));
        }
        reached = reached.max(to);
    }
    holes
}

/// The nearest rank: the smallest gap that at least `percent` of the gaps do not exceed.
fn rank(sorted: &[Span], percent: usize) -> Option<Span> {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.checked_sub(1)?).copied()
}

impl Cadence {
    /// The least interval that suits: 2.5 of it cover the 95th percentile, as a look vouches for 2.5 intervals (MEANING,
    /// "From looks to a status", 2), and it is not below the median, from which a jitter of a tenth is forgiven.
    fn needed(&self) -> Span {
        Span::from_ms((self.median.ms() * 9 / 10).max(self.p95.ms() * 2 / 5))
    }

    /// The interval to set: the smallest of the usual ones that suits. Above a day, whole hours.
    pub fn interval(&self) -> Span {
        let needed = self.needed();
        let usual = INTERVALS_S.iter().map(|s| Span::from_secs(*s)).find(|usual| *usual >= needed);
        usual.unwrap_or_else(|| Span::from_secs((needed.ms() as u64).div_ceil(3_600_000) as i64 * 3600))
    }

    /// How a configured interval suits it.
    pub fn fit(&self, configured: Span) -> Fit {
        if configured < self.needed() {
            Fit::TooShort
        } else if configured.ms() > 2 * self.interval().ms() {
            Fit::TooLong
        } else {
            Fit::Fits
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, ChainName, Head, Record, Round};
    use crate::timeline;

    /// A chain whose rounds come at these minutes and vouch for so long.
    fn chain(minutes: impl IntoIterator<Item = i64>, vouches: i64) -> Summary {
        let record = |(n, minute): (usize, i64)| {
            let (t, gap) = (Moment::from_ms(minute * 60_000), Span::from_mins(vouches));
            let body = Body::Round(Round { gap, up: vec![("web/http".into(), 40)], ..Round::default() });
            let (prev, head) = (Head::new(format!("{n}")), Head::new(format!("{}", n + 1)));
            Record { chain: ChainName::from("local"), n: n as u64, t, prev, head, body, skip: None }
        };
        let records: Vec<Record> = minutes.into_iter().enumerate().map(record).collect();
        timeline::history(&records, Moment::from_ms(i64::MAX)).chains.remove(0)
    }

    fn minutes(m: i64) -> Span {
        Span::from_mins(m)
    }

    fn of(median_s: i64, p95_s: i64) -> Cadence {
        let (median, p95) = (Span::from_secs(median_s), Span::from_secs(p95_s));
        let t = Moment::from_ms(0);
        Cadence { first: t, last: t, rounds: 2, median, p95, longest: p95, holes: 0, longest_hole: None }
    }

    #[test]
    fn the_gaps_are_ranked_and_the_holes_found() {
        let told = cadence(&chain((0..=30).chain([40, 41]), 2)).unwrap();
        assert_eq!((told.rounds, told.median, told.p95, told.longest), (33, minutes(1), minutes(1), minutes(10)));
        assert_eq!((told.holes, told.longest_hole), (1, Some(minutes(8))));
        let told = cadence(&chain((0..=30).chain([40, 41]), 10)).unwrap();
        assert_eq!((told.holes, told.longest_hole), (0, None), "it vouched until the next");
        assert_eq!(cadence(&chain([7], 2)), None);
    }

    #[test]
    fn only_seven_days_count() {
        let day = 24 * 60;
        let told = cadence(&chain((0..30).map(|i| i * 60).chain((0..=10 * day).step_by(5).map(|m| m + 20 * day)), 12));
        let told = told.unwrap();
        assert_eq!((told.rounds, told.median, told.longest), (7 * 288 + 1, minutes(5), minutes(5)));
        assert_eq!((told.first, told.last - told.first, told.holes), (Moment::from_ms(23 * day * 60_000), BACK, 0));
    }

    #[test]
    fn the_interval_follows_what_really_happened() {
        let set = |median_s: i64, p95_s| of(median_s, p95_s).interval().to_string();
        assert_eq!(set(60, 61), "1 min");
        assert_eq!(set(64, 130), "1 min");
        assert_eq!(set(60, 200), "2 min");
        assert_eq!(set(8 * 60, 17 * 60), "10 min", "a CI's five-minute cron");
        assert_eq!(set(300, 1500), "10 min");
        assert_eq!(set(200_000, 300_000), "2 d 2 h");
    }

    #[test]
    fn a_configured_interval_fits_or_is_far_off() {
        let ci = of(8 * 60, 17 * 60);
        let fit = |m| ci.fit(minutes(m));
        assert_eq!(
            [fit(5), fit(8), fit(10), fit(20), fit(30)].map(|f| f == Fit::Fits),
            [false, true, true, true, false]
        );
        assert_eq!((fit(5), fit(30)), (Fit::TooShort, Fit::TooLong));
        let cron = of(60, 61);
        assert_eq!(cron.fit(minutes(1)), Fit::Fits);
        assert_eq!(cron.fit(minutes(5)), Fit::TooLong);
        assert_eq!(cron.fit(Span::from_secs(30)), Fit::TooShort);
    }

    #[test]
    fn ranks_are_those_of_the_list() {
        let gaps: Vec<_> = (1..=20).map(Span::from_secs).collect();
        assert_eq!((rank(&gaps, 50), rank(&gaps, 95)), (Some(Span::from_secs(10)), Some(Span::from_secs(19))));
        assert_eq!(rank(&[], 50), None);
        assert_eq!(rank(&gaps[..1], 95), Some(Span::from_secs(1)));
    }
}
