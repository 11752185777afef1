//! A year of a hundred components, looked at once a minute, in at most 50 MB: written and compacted day by day.
//!
//! It writes 1.3 GB along the way and takes minutes, so it is run by hand:
//! `cargo test --release --lib a_year_of_a_hundred -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use super::{Compacting, DAY, Folders, MINUTE, append, compact_at, is_good, journal, site, start};
use crate::model::{Body, ChainName, DeskIncident, IncidentStep, Moment, ProbeKey, Round, Seen, Span, Verdict};

const COMPONENTS: u64 = 100;
const DAYS: i64 = 365;

/// A number without pattern, 0 to 2^56, that depends on its arguments alone (the finaliser of splitmix64).
fn noise(a: i64, b: u64) -> u64 {
    let mut z = (a as u64).wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) >> 8
}

/// 0 to 1.
fn share(a: i64, b: u64) -> f64 {
    noise(a, b) as f64 / (1_u64 << 56) as f64
}

/// Around a usual time of 5 to 600 ms, log-normal with a spread of 15 %, slower in the afternoon, one in fifty much
/// slower.
fn latency(component: u64, t: i64) -> u32 {
    let usual = 5.0 * 120_f64.powf(share(1, component));
    let hour = (t / 3_600_000).rem_euclid(24) as f64;
    let busy = 1.0 + 0.125 * (1.0 + ((hour - 15.0) / 12.0 * std::f64::consts::PI).cos());
    // The sum of twelve even numbers is as good as a normal one.
    let normal: f64 = (0..12).map(|i| share(t, component * 64 + i)).sum::<f64>() - 6.0;
    let tail =
        if noise(t, component * 64 + 13).is_multiple_of(50) { 2.0 + share(t, component * 64 + 14) * 4.0 } else { 1.0 };
    (usual * busy * (normal * 0.15).exp() * tail).round().max(1.0) as u32
}

fn key(component: u64) -> ProbeKey {
    ProbeKey::new(format!("service-{component:02}/http"))
}

/// The outages of a day, as minutes from and to and which components: two a week, of 20 to 120 minutes, of one to four.
fn outages(day: i64) -> Vec<(i64, i64, Vec<u64>)> {
    if noise(day, 7) % 7 > 1 {
        return Vec::new();
    }
    let from = 60 + (noise(day, 8) % 1200) as i64;
    let first = noise(day, 9) % COMPONENTS;
    let of = (0..=noise(day, 10) % 4).map(|i| (first + i * 13) % COMPONENTS).collect();
    vec![(from, from + 20 + (noise(day, 11) % 100) as i64, of)]
}

fn round(day: i64, minute: i64, t: i64) -> Round {
    let mut round = Round { gap: Span::from_ms(150_000), took: Span::from_ms(812), ..Round::default() };
    let outages = outages(day);
    for component in 0..COMPONENTS {
        let down = outages.iter().any(|(from, to, of)| *from <= minute && minute < *to && of.contains(&component));
        // Each component blips every fortnight.
        let blip = noise(t, component * 64 + 20).is_multiple_of(20_160);
        if down || blip {
            round.not.push(Seen {
                id: key(component),
                is: if minute % 9 > 0 { Verdict::Down } else { Verdict::Degraded },
                ms: Some(5000),
                after: None,
                phase: Some("first_byte".into()),
                why: "no answer within 5 s after the request was sent".into(),
                tries: 1,
            });
        } else {
            round.up.push((key(component), latency(component, t)));
        }
    }
    for component in 0..5 {
        let used = 1e6 * (1.0 + share(t / 3_600_000, component)) + (noise(t, component) % 5000) as f64;
        round.rec.push((key(component), vec![("info.used_memory".to_owned(), used.round())]));
    }
    round
}

fn declare(at: &Folders, day: i64, midnight: i64) {
    for (from, to, of) in outages(day) {
        let minute = |m: i64| Moment::from_ms(midnight + m * MINUTE);
        let step = |step, m| {
            let components = of.iter().map(|c| key(*c).component().into()).collect();
            let date = minute(0).utc().date_naive();
            let (id, at, seen) = (format!("{date}-service").into(), minute(m), minute(m + 1));
            (ChainName::desk(false), seen, Body::Incident(DeskIncident { id, step, at, seen, components }))
        };
        let steps = [step(IncidentStep::Open, from), step(IncidentStep::Recover, to), step(IncidentStep::Resolve, to)];
        append(at, &steps);
    }
}

#[test]
#[ignore = "writes 1.3 GB and takes minutes"]
fn a_year_of_a_hundred_components_stands_in_fifty_megabytes() {
    let (dir, at, _) = site("", 1);
    let config = std::fs::read_to_string(dir.path().join("statuary.toml")).unwrap().replace("\"1d\"", "\"30d\"");
    std::fs::write(dir.path().join("statuary.toml"), config).unwrap();
    let loaded = crate::app::conf::load(dir.path(), crate::config::Purpose { looks: false, tells: false }).unwrap();
    let size =
        || journal::chains(&at.journal).unwrap().iter().map(|c| journal::bytes(&at.journal, c).unwrap()).sum::<u64>();
    let (mut raw, mut took, mut longest) = (0, Duration::ZERO, Duration::ZERO);
    for day in 0..DAYS {
        let midnight = start() + day * DAY;
        let at_minute = |m: i64| midnight + m * MINUTE + (noise(midnight, m as u64) % 400) as i64;
        let bodies: Vec<_> =
            (0..1440).map(|m| (Moment::from_ms(at_minute(m)), Body::Round(round(day, m, at_minute(m))))).collect();
        let before = size();
        journal::append(&at.journal, &ChainName::from("fra"), &bodies).unwrap();
        declare(&at, day, midnight);
        raw += size() - before;
        let begun = Instant::now();
        let how = Compacting { desk: true, vantage: None, go_on: &|| true, in_passing: false };
        let done = compact_at(&at, &loaded, &how, Moment::from_ms(midnight + DAY + 121 * MINUTE)).unwrap();
        assert!(done.chains.iter().all(|c| c.left.is_empty()), "{done:?}");
        took += begun.elapsed();
        longest = longest.max(begun.elapsed());
    }
    let mut forms = [(0, 0); 3];
    for file in super::day_files(&at) {
        let name = file.to_string_lossy();
        let form = if name.ends_with(".roll.jsonl.gz") { 2 } else { usize::from(name.ends_with(".gz")) };
        forms[form].0 += 1;
        forms[form].1 += std::fs::metadata(&file).unwrap().len();
    }
    let mb = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "raw {:.1} MB became {:.2} MB; days and MB raw, compressed, rolled up: {:?}",
        mb(raw),
        mb(size()),
        forms.map(|(n, b)| (n, mb(b)))
    );
    println!("{:.2} s a day, at most {:.2} s", took.as_secs_f64() / DAYS as f64, longest.as_secs_f64());
    assert!(size() <= 50_000_000, "{} bytes", size());
    is_good(&at).unwrap();
}
