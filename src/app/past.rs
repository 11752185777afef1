//! What is known of each probe's last looks from this place, from what the record says.

use std::collections::BTreeMap;

use crate::model::{History, Moment, ProbeKey, Run, Vantage};
use crate::probe::Past;

/// The last looks from one place.
pub fn looks(history: &History, vantage: &Vantage) -> BTreeMap<ProbeKey, Past> {
    let mut past = BTreeMap::new();
    for chain in history.chains.iter().filter(|c| c.chain.vantage().as_ref() == Some(vantage)) {
        for strip in &chain.strips {
            let Some(last) = strip.runs.last() else { continue };
            let at = Moment::from_ms(last.record_t());
            // A probe that was internal for a time has looks in both chains: the later ones count.
            if past.get(&strip.key).is_none_or(|known: &Past| known.at < at) {
                past.insert(strip.key.clone(), Past { at, bad_row: bad_row(&strip.runs) });
            }
        }
    }
    past
}

/// How many bad looks stand in a row at the end; those that could not tell neither count nor break it.
fn bad_row(runs: &[Run]) -> u32 {
    let known = runs.iter().rev().filter(|run| run.level().is_some());
    known.take_while(|run| run.level() > Some(0)).map(|run| run.looks).fold(0, u32::saturating_add)
}

/// The same rows, as if every look were long ago: `check` looks at everything, whatever `every` says.
pub fn all_due(mut past: BTreeMap<ProbeKey, Past>) -> BTreeMap<ProbeKey, Past> {
    for p in past.values_mut() {
        p.at = Moment::from_ms(0);
    }
    past
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, ChainName, Head, Record, Round, Seen, Span, Verdict};
    use crate::timeline;

    fn look(is: Verdict, after: Option<Span>) -> Seen {
        Seen { id: "web/http".into(), is, ms: None, after, phase: None, why: String::new(), tries: 1 }
    }

    #[test]
    fn a_row_counts_bad_looks_and_second_looks_and_ends_with_a_good_one() {
        let check = |rounds: &[&[Verdict]], want: u32| {
            let records: Vec<Record> = rounds
                .iter()
                .enumerate()
                .map(|(i, looks)| {
                    let look = |(j, v): (usize, &Verdict)| look(*v, (j > 0).then(|| Span::from_secs(10)));
                    let not = looks.iter().enumerate().map(look).collect();
                    let body = Body::Round(Round { not, gap: Span::from_secs(150), ..Round::default() });
                    let (n, t) = (i as u64, Moment::from_ms(i as i64 * 60_000));
                    let (chain, prev) = (ChainName::from("local"), Head::new(format!("{i}")));
                    Record { chain, n, t, prev, head: Head::new(format!("{}", i + 1)), body, skip: None }
                })
                .collect();
            let history = timeline::history(&records, Moment::from_ms(i64::MAX));
            let past = looks(&history, &Vantage::from("local"));
            assert_eq!(past["web/http"].bad_row, want, "{rounds:?}");
            assert_eq!(past["web/http"].at, records.last().unwrap().t, "the record's own time");
        };
        check(&[&[Verdict::Down]], 1);
        check(&[&[Verdict::Down, Verdict::Down]], 2);
        check(&[&[Verdict::Down, Verdict::Up]], 0);
        check(&[&[Verdict::Down], &[Verdict::Unknown], &[Verdict::Degraded]], 2);
    }
}
