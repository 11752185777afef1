//! What is condensed and read on piece by piece tells what all looks at once would: `fold(all)` is
//! `fold(checkpoint) + tail`, under any rules within the bounds that `summary` names.

use proptest::prelude::*;

use super::{append, declare, look, minute, settings};
use crate::model::{Body, Combine, History, Moment, Record, Round, Settings, Span, Summary};
use crate::timeline::{ComponentTimeline, edges, fold, forget, history, join, summarise};

/// Rows of looks that say the same, windows, and rules.
#[derive(Clone, Debug)]
struct World {
    /// From which place, what of probe `a` and of `b`, how many rounds in a row.
    rows: Vec<(u8, char, char, u16)>,
    /// Said before the starts by so many minutes, starts, length, in minutes.
    windows: Vec<(u16, u16, u16)>,
    rules: (u32, u32, u8),
    places: u8,
    any: bool,
}

impl World {
    fn settings(&self) -> Settings {
        let mut settings = settings(&[("web", 2)], &["fra", "nyc"][..usize::from(self.places)]);
        let component = &mut settings.components[0];
        component.combine = if self.any { Combine::Any } else { Combine::All };
        (component.rules.open_after, component.rules.resolve_after) = (self.rules.0, self.rules.1);
        component.rules.blip_within = Span::from_mins(i64::from(self.rules.2));
        settings
    }

    /// All records in the order of time, as they were written.
    fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut at = 0_u16;
        let mut words: Vec<(u16, u16, u16)> = self
            .windows
            .iter()
            .map(|(ahead, starts, length)| (starts.saturating_sub(*ahead), *starts, *length))
            .collect();
        words.sort_unstable();
        let mut words = words.into_iter().enumerate().peekable();
        for (place, a, b, rounds) in &self.rows {
            for _ in 0..*rounds {
                at += 1;
                while let Some((i, (said, starts, length))) = words.next_if(|(_, w)| w.0 <= at) {
                    let (starts, ends) = (f64::from(starts), f64::from(starts + length));
                    declare(&mut records, f64::from(said), &format!("w{}", i % 3), starts, ends, &["web"]);
                }
                let mut round = Round { gap: Span::from_secs(150), ..Round::default() };
                for (key, letter) in [("web/a", a), ("web/b", b)] {
                    if *letter != '.' {
                        look(&mut round, key, *letter);
                    }
                }
                let place = ["fra", "nyc"][usize::from(place % self.places)];
                // No cron is on the dot.
                let jitter = i64::from(at) * 7919 % 4000;
                append(&mut records, place, minute(f64::from(at)) + Span::from_ms(jitter), Body::Round(round));
            }
        }
        records
    }
}

fn world() -> impl Strategy<Value = World> {
    let letter = || prop_oneof![6 => Just('u'), 1 => Just('g'), 2 => Just('d'), 1 => Just('?'), 1 => Just('D'), 1 => Just('U'), 1 => Just('.')];
    let length = prop_oneof![3 => 1_u16..4, 2 => 1_u16..20, 2 => 40_u16..160];
    let rows = prop::collection::vec((0_u8..2, letter(), letter(), length), 1..14);
    let windows = prop::collection::vec((0_u16..60, 0_u16..900, 0_u16..90), 0..4);
    let rules = (1_u32..=8, 1_u32..=8, 1_u8..=15);
    (rows, windows, rules, 1_u8..=2, any::<bool>()).prop_map(|(rows, windows, rules, places, any)| World {
        rows,
        windows,
        rules,
        places,
        any,
    })
}

/// Every look alone: no run lies across a moment, and every moment of a round is one.
fn plain(records: &[Record], until: Moment) -> History {
    let mut all = history(records, until);
    let every: Vec<Moment> = (0..=until.ms() / 1000).map(|s| Moment::from_ms(s * 1000)).collect();
    for told in &mut all.chains {
        let of: Vec<&Record> = records.iter().filter(|r| r.chain == told.chain).collect();
        *told = summarise(&told.chain, &of, &|_| false, &every, until);
    }
    all
}

/// Read in pieces: with what was declared by then, and what is old forgotten in between.
fn pieces(records: &[Record], cuts: &[usize], until: Moment) -> History {
    let mut read = History::default();
    let mut from = 0;
    for cut in cuts.iter().copied().chain([records.len()]) {
        let new = &records[from..cut.max(from)];
        read.declared.extend(new.iter().filter(|r| r.chain.is_desk()).cloned());
        let edges = edges(&read.declared);
        let mut seen: Vec<&Record> = new.iter().filter(|r| !r.chain.is_desk()).collect();
        seen.sort_by(|a, b| (&a.chain, a.n).cmp(&(&b.chain, b.n)));
        for chain in seen.chunk_by(|a, b| a.chain == b.chain) {
            let name = chain[0].chain.clone();
            let told = summarise(&name, chain, &|_| false, &edges, until);
            match read.chains.iter_mut().find(|c| c.chain == name) {
                Some(before) => join(before, told, &edges),
                None => read.chains.push(Summary { ..told }),
            }
        }
        read.chains.iter_mut().for_each(|c| forget(c, until));
        from = cut.max(from);
    }
    read.chains.sort_by(|a, b| a.chain.cmp(&b.chain));
    read
}

/// Everything but how the latencies lie in memory.
fn told(components: &[ComponentTimeline]) -> (String, Vec<Vec<(Moment, u64)>>) {
    let mut plain = components.to_vec();
    let mut latency = Vec::new();
    for probe in plain.iter_mut().flat_map(|c| &mut c.probes) {
        let hours = (0..40).map(|h| Moment::from_ms(h * 3_600_000));
        let counted = hours.map(|h| (h, probe.latency_between(h, h + Span::from_mins(60)).count()));
        latency.push(counted.collect());
        probe.latency.clear();
    }
    (format!("{plain:#?}"), latency)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_checkpoint_and_its_tail_tell_what_all_looks_tell(
        world in world(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)
    ) {
        let records = world.records();
        let now = records.iter().map(|r| r.t).max().unwrap() + Span::from_secs(20);
        let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(records.len() + 1)).collect();
        cuts.sort_unstable();
        let settings = world.settings();
        let all = fold(&plain(&records, now), &settings, now);
        let read = pieces(&records, &cuts, now);
        let condensed = fold(&read, &settings, now);
        prop_assert_eq!(told(&all.components), told(&condensed.components));
        prop_assert_eq!(format!("{:?}", all.places), format!("{:?}", condensed.places));
        let at_once = fold(&history(&records, now), &settings, now);
        prop_assert_eq!(told(&all.components), told(&at_once.components));
    }
}

#[test]
fn a_quiet_day_is_a_few_runs() {
    let mut records = Vec::new();
    super::draw(&mut records, "fra", &[("web/a", &"u".repeat(1440))]);
    let told = history(&records, minute(1440.0));
    let runs = &told.chains[0].strips[0].runs;
    assert!(runs.len() < 20, "{} runs", runs.len());
    assert_eq!(runs.iter().map(|r| r.looks).sum::<u32>(), 1440);
}
