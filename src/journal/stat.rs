//! What a journal holds and how regularly it was written: the figures from which an operator sets the interval.

use std::path::Path;

use crate::journal::JournalError;
use crate::journal::files::{self, Listing};
use crate::journal::forks;
use crate::journal::read;
use crate::journal::wire::{self, Names};
use crate::model::{Body, ChainName, Moment, Span};

/// Intervals that a person would set, in seconds.
const INTERVALS_S: [i64; 19] =
    [5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/// Every chain's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// In name order.
    pub chains: Vec<ChainStat>,
}

/// One chain's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainStat {
    /// Which.
    pub chain: ChainName,
    /// Whole records.
    pub records: u64,
    /// Those of them that are rounds.
    pub rounds: u64,
    /// Lines that are no whole record.
    pub damaged: u64,
    /// Bytes in its day files.
    pub bytes: u64,
    /// Day files.
    pub days: u64,
    /// The earliest record's time.
    pub first: Option<Moment>,
    /// The latest record's time.
    pub last: Option<Moment>,
    /// Half of the steps between rounds are at most this long; none with fewer than two rounds.
    pub median: Option<Span>,
    /// 95 of 100 steps are at most this long.
    pub p95: Option<Span>,
    /// Steps longer than the round before them vouches for.
    pub holes: u64,
    /// The longest time in one of them that no round vouches for.
    pub longest_hole: Option<Span>,
    /// How often two runs went on from one copy of it.
    pub forks: u64,
    /// Those of them that nothing joins yet.
    pub loose: u64,
    /// The interval to set (`[run] interval`): with it, 95 of 100 steps leave no hole, as a look vouches for
    /// 2.5 intervals.
    pub interval: Option<Span>,
}

/// Figures of every chain under `root`. Reads everything once, and keeps three numbers per record.
pub fn stat(root: &Path) -> Result<Stat, JournalError> {
    let chains = files::chains(root)?;
    let stats = chains.into_iter().map(|chain| {
        let listing = files::list(root, &chain)?;
        stat_chain(root, chain, &listing)
    });
    Ok(Stat { chains: stats.collect::<Result<_, _>>()? })
}

/// How often a chain with these numbers forks, and how often nothing joins the branches. Only where a number stands
/// twice, which is rare, all its records are in memory at once.
fn forks_of(root: &Path, chain: &ChainName, mut numbers: Vec<u64>) -> Result<(u64, u64), JournalError> {
    numbers.sort_unstable();
    if numbers.windows(2).all(|pair| pair[0] != pair[1]) {
        return Ok((0, 0));
    }
    let forks = forks::find(chain, &read::read_one(root, chain)?.records).forks;
    let loose = forks.iter().filter(|fork| !fork.joined).count();
    Ok((forks.len() as u64, loose as u64))
}

fn stat_chain(root: &Path, chain: ChainName, listing: &Listing) -> Result<ChainStat, JournalError> {
    let mut names = Names::default();
    let (mut records, mut damaged, mut bytes) = (0, 0, 0);
    let (mut first, mut last) = (None::<Moment>, None::<Moment>);
    let (mut rounds, mut numbers) = (Vec::<(Moment, Span)>::new(), Vec::new());
    for (_, path) in &listing.days {
        files::lines(path, |line| {
            bytes += line.length;
            let Ok(decoded) = wire::decode(&chain, line.bytes, &mut names) else {
                damaged += 1;
                return;
            };
            records += 1;
            numbers.push(decoded.record.n);
            let t = decoded.record.t;
            first = Some(first.map_or(t, |f| f.min(t)));
            last = last.max(Some(t));
            if let Body::Round(round) = decoded.record.body {
                rounds.push((t, round.gap));
            }
        })?;
    }
    rounds.sort_unstable();
    let mut steps: Vec<Span> =
        rounds.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|s| *s > Span::ZERO).collect();
    let holes = rounds.windows(2).map(|pair| pair[1].0 - pair[0].0 - pair[0].1).filter(|hole| *hole > Span::ZERO);
    let (count, longest) = holes.fold((0, None), |(count, longest), hole| (count + 1, longest.max(Some(hole))));
    steps.sort_unstable();
    let (forks, loose) = forks_of(root, &chain, numbers)?;
    let (median, p95) = (rank(&steps, 50), rank(&steps, 95));
    Ok(ChainStat {
        chain,
        records,
        rounds: rounds.len() as u64,
        damaged,
        bytes,
        days: listing.days.len() as u64,
        first,
        last,
        median,
        p95,
        holes: count,
        longest_hole: longest,
        forks,
        loose,
        interval: median.zip(p95).map(|(median, p95)| interval(median, p95)),
    })
}

/// The nearest rank: the smallest step that at least `percent` of the steps do not exceed.
fn rank(sorted: &[Span], percent: usize) -> Option<Span> {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.checked_sub(1)?).copied()
}

/// The smallest of the usual intervals that is not below the median (a cron's jitter of a tenth is no reason to take
/// the next one) and of which 2.5 cover the 95th percentile.
fn interval(median: Span, p95: Span) -> Span {
    let needed = (median.ms() * 9 / 10).max(p95.ms() * 2 / 5);
    let usual = INTERVALS_S.iter().map(|s| Span::from_secs(*s)).find(|s| s.ms() >= needed);
    usual.unwrap_or(Span::from_ms(needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_follows_what_really_happened() {
        let set = |median_s: i64, p95_s| interval(Span::from_secs(median_s), Span::from_secs(p95_s)).to_string();
        assert_eq!(set(60, 61), "1 min");
        assert_eq!(set(64, 130), "1 min");
        assert_eq!(set(60, 200), "2 min");
        assert_eq!(set(300, 1500), "10 min");
        assert_eq!(set(200_000, 300_000), "2 d 2 h");
    }

    #[test]
    fn ranks_are_those_of_the_list() {
        let steps: Vec<_> = (1..=20).map(Span::from_secs).collect();
        assert_eq!((rank(&steps, 50), rank(&steps, 95)), (Some(Span::from_secs(10)), Some(Span::from_secs(19))));
        assert_eq!(rank(&[], 50), None);
        assert_eq!(rank(&steps[..1], 95), Some(Span::from_secs(1)));
    }
}
