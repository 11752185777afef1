//! What is known of each probe's last looks from this place, from the tail of its chains.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::Loaded;
use crate::journal::{self, JournalError};
use crate::model::{Body, ChainName, Moment, ProbeKey, Record, Round, Verdict};
use crate::probe::Past;

/// At most this many records of a chain are read back: a day and a half of minutes.
const MOST: i64 = 2160;

/// The last looks from this machine's place. Enough records are read for the rarest `every` and the longest row.
pub fn looks(journal: &Path, loaded: &Loaded, now: Moment) -> Result<BTreeMap<ProbeKey, Past>, JournalError> {
    let interval = loaded.settings.run.interval.ms().max(1);
    let rarest = loaded.plans.iter().filter_map(|p| p.every).map(|e| e.ms() / interval).max().unwrap_or(0);
    let row = loaded.plans.iter().map(|p| i64::from(p.open_after)).max().unwrap_or(1);
    // Every round can leave a `detail` record beside it in an internal chain, hence twice as many.
    let count = ((rarest + 1) * row + 2).saturating_mul(2).clamp(8, MOST) as usize;
    let mut past = BTreeMap::new();
    for internal in [false, true] {
        let chain = ChainName::of_vantage(&loaded.settings.run.vantage, internal);
        fold(&journal::tail(journal, &chain, count, now)?, &mut past);
    }
    Ok(past)
}

/// The same rows, as if every look were long ago: `check` looks at everything, whatever `every` says.
pub fn all_due(mut past: BTreeMap<ProbeKey, Past>) -> BTreeMap<ProbeKey, Past> {
    for p in past.values_mut() {
        p.at = Moment::from_ms(0);
    }
    past
}

fn fold(records: &[Record], past: &mut BTreeMap<ProbeKey, Past>) {
    for record in records {
        if let Body::Round(round) = &record.body {
            fold_round(record.t, round, past);
        }
    }
}

fn fold_round(t: Moment, round: &Round, past: &mut BTreeMap<ProbeKey, Past>) {
    for (key, _) in &round.up {
        past.insert(key.clone(), Past { at: t, bad_row: 0 });
    }
    for seen in &round.not {
        let row = past.get(&seen.id).map_or(0, |p| p.bad_row);
        let bad_row = match seen.is {
            Verdict::Up => 0,
            Verdict::Degraded | Verdict::Down => row + 1,
            Verdict::Unknown => row,
        };
        past.insert(seen.id.clone(), Past { at: t, bad_row });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Seen, Span};

    fn look(is: Verdict, after: Option<Span>) -> Seen {
        Seen { id: "web/http".into(), is, ms: None, after, phase: None, why: String::new(), tries: 1 }
    }

    #[test]
    fn a_row_counts_bad_looks_and_second_looks_and_ends_with_a_good_one() {
        let check = |rounds: &[&[Verdict]], want: u32| {
            let mut past = BTreeMap::new();
            for (i, looks) in rounds.iter().enumerate() {
                let not = looks.iter().map(|v| look(*v, None)).collect();
                fold_round(Moment::from_ms(i as i64), &Round { not, ..Round::default() }, &mut past);
            }
            assert_eq!(past["web/http"].bad_row, want, "{rounds:?}");
        };
        check(&[&[Verdict::Down]], 1);
        check(&[&[Verdict::Down, Verdict::Down]], 2);
        check(&[&[Verdict::Down, Verdict::Up]], 0);
        check(&[&[Verdict::Down], &[Verdict::Unknown], &[Verdict::Degraded]], 2);
    }
}
