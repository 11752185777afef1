//! A look back into a day that is rolled up: what was known of it by a moment.

use crate::model::{Hours, Moment, Run, Summary};

/// Takes out of a day's summary what came after a moment.
///
/// Where a look stands alone (near a change, before a hole, at a window's edge) the cut is exact. In the boring middle
/// of a run the last look is taken to be where it would be if they were evenly spread. An hour that had begun counts
/// whole. How long the place had been blind, and which record was the last by then, is known only at the day's end.
pub fn cut(told: &mut Summary, moment: Moment) {
    let Some((from, to)) = told.span.filter(|(_, to)| *to > moment) else { return };
    told.head = None;
    told.blind = None;
    told.days.clear();
    if from > moment {
        *told = Summary { chain: told.chain.clone(), ..Summary::empty(told.chain.clone()) };
        return;
    }
    told.times.retain(|t| *t <= moment);
    told.records = told.records.min(told.times.len() as u64);
    told.span = Some((from, told.times.last().map_or(from, |t| (*t).max(from)).min(to)));
    told.end = None;
    for strip in &mut told.strips {
        strip.runs.retain(|run| run.record_t() <= moment.ms());
        if let Some(run) = strip.runs.last_mut().filter(|run| run.last > moment && run.looks > 1) {
            shorten(run, moment);
        }
        let mut hours = Hours::default();
        strip.hours.iter().filter(|(hour, _)| *hour <= moment).for_each(|(hour, buckets)| hours.push(hour, &buckets));
        strip.hours = hours;
        strip.recorded.iter_mut().for_each(|(_, hours)| hours.retain(|h| h.hour <= moment));
        strip.recorded.retain(|(_, hours)| !hours.is_empty());
    }
    told.strips.retain(|strip| !strip.runs.is_empty());
}

/// Leaves of a run the looks up to a moment; its first is one of them.
fn shorten(run: &mut Run, moment: Moment) {
    let looks = (1..run.looks).find(|i| run.nth(*i) > moment.ms()).unwrap_or(run.looks);
    run.last = Moment::from_ms(run.nth(looks - 1));
    run.looks = looks;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChainName, ProbeKey, Strip, Verdict};

    fn run(verdict: Verdict, first: i64, last: i64, looks: u32) -> Run {
        let (first, last) = (Moment::from_ms(first), Moment::from_ms(last));
        Run { first, last, looks, gap_ms: 150_000, ms: Run::NO_MS, after_ms: 0, reason: 0, verdict }
    }

    fn told() -> Summary {
        let minutes = (0..=10).map(|m| Moment::from_ms(m * 60_000));
        let runs = vec![run(Verdict::Up, 0, 360_000, 7), run(Verdict::Down, 420_000, 420_000, 1), {
            run(Verdict::Up, 480_000, 600_000, 3)
        }];
        let key = ProbeKey::from("web/http");
        Summary {
            records: 11,
            span: Some((Moment::from_ms(0), Moment::from_ms(600_000))),
            strips: vec![Strip { key, runs, hours: Hours::default(), recorded: Vec::new() }],
            times: minutes.collect(),
            ..Summary::empty(ChainName::from("local"))
        }
    }

    #[test]
    fn a_look_back_knows_nothing_later() {
        let at = |ms: i64| {
            let mut told = told();
            cut(&mut told, Moment::from_ms(ms));
            let runs = told.strips.first().map_or(&[][..], |s| &s.runs);
            (told.times.len(), runs.iter().map(|r| (r.last.ms() / 60_000, r.looks)).collect::<Vec<_>>())
        };
        assert_eq!(at(-1), (0, vec![]));
        assert_eq!(at(0), (1, vec![(0, 1)]));
        assert_eq!(at(200_000), (4, vec![(3, 4)]));
        assert_eq!(at(420_000), (8, vec![(6, 7), (7, 1)]));
        assert_eq!(at(539_999), (9, vec![(6, 7), (7, 1), (8, 1)]));
        assert_eq!(at(600_000), (11, vec![(6, 7), (7, 1), (10, 3)]));
    }
}
