//! Worlds in which nothing is uncertain: from what is really so and when each place looked follows what must be told.

use statuary::model::{Body, Combine, Moment, Record, Round, Rules, Seen, Settings, Span, Status, Verdict};

use crate::chains::Chains;
use crate::dice::Dice;
use crate::fold::fold_all;
use crate::plan;

const PLACES: [&str; 4] = ["fra", "nyc", "sin", "gru"];

/// An outage that really was.
struct Real {
    from: i64,
    to: i64,
    verdict: Verdict,
}

/// One target, places that all see it as it is, and every look that they took.
struct Known {
    settings: Settings,
    chains: Chains,
    looks: Vec<Vec<i64>>,
    outages: Vec<Real>,
    end: i64,
}

/// Every stay is long enough to be confirmed, whatever the thresholds.
fn draw(seed: u64) -> Known {
    let mut dice = Dice::new(seed);
    let step = *dice.pick(&[20_000, 60_000, 300_000, 3_600_000]);
    let places = dice.between(1, 4) as usize;
    let rules =
        Rules { open_after: dice.between(1, 4) as u32, resolve_after: dice.between(1, 4) as u32, ..Rules::default() };
    let names: Vec<String> = PLACES[..places].iter().map(|p| (*p).to_owned()).collect();
    let mut settings = plan::settings("Europe/Berlin", step, &names, places / 2 + 1);
    settings.components.push(plan::component(
        "web",
        vec![plan::probe_of("web", "a", 1, step * 5 / 2)],
        rules,
        Combine::All,
    ));
    let start = dice.between(1_700_000_000_000, 1_800_000_000_000);
    let stay = |dice: &mut Dice| step * dice.between(7, 20) + dice.between(0, step);
    let (mut t, mut outages) = (start, Vec::new());
    for _ in 0..dice.between(1, 5) {
        let from = t + stay(&mut dice);
        t = from + stay(&mut dice);
        outages.push(Real { from, to: t, verdict: *dice.pick(&[Verdict::Down, Verdict::Down, Verdict::Degraded]) });
    }
    let end = t + stay(&mut dice);
    let mut known = Known { settings, chains: Chains::default(), looks: vec![Vec::new(); places], outages, end };
    for (place, name) in names.iter().enumerate() {
        let mut nominal = start + dice.between(0, step - 1);
        while nominal < end - step {
            known.look(place, name, nominal + dice.between(0, step / 5), step);
            nominal += step;
        }
    }
    known
}

impl Known {
    fn look(&mut self, place: usize, name: &str, t: i64, step: i64) {
        let mut round = Round { gap: Span::from_ms(step * 5 / 2), ..Round::default() };
        match self.outages.iter().find(|o| o.from <= t && t < o.to) {
            None => round.up.push(("web/a".into(), 40)),
            Some(outage) => round.not.push(Seen {
                id: "web/a".into(),
                is: outage.verdict,
                ms: None,
                after: None,
                phase: None,
                why: "so it is".into(),
                tries: 1,
            }),
        }
        self.looks[place].push(t);
        self.chains.append(name, t, t, Body::Round(round));
    }

    /// When each place first looked at or after an instant, ascending.
    fn first_looks(&self, t: i64) -> Vec<i64> {
        let mut firsts: Vec<i64> =
            self.looks.iter().map(|looks| *looks.iter().find(|l| **l >= t).expect("every stay is looked at")).collect();
        firsts.sort_unstable();
        firsts
    }
}

/// An outage is told from the look by which a quorum has seen it to the one by which no quorum sees it any more; what
/// it costs is exactly that; and nothing else costs anything.
pub fn check(seed: u64) {
    let known = draw(seed);
    let quorum = known.settings.run.quorum;
    let places = known.looks.len();
    let last = known.looks.iter().flatten().max().copied().unwrap();
    let records: Vec<Record> = known.chains.written.iter().map(|w| w.record.clone()).collect();
    let timelines = fold_all(&records, &known.settings, Moment::from_ms(last));
    let web = &timelines.components[0];
    let must: Vec<(i64, i64, Verdict)> = known
        .outages
        .iter()
        .map(|o| (known.first_looks(o.from)[quorum - 1], known.first_looks(o.to)[places - quorum], o.verdict))
        .collect();
    let told: Vec<_> = web
        .outages
        .iter()
        .map(|o| {
            let verdict = if o.worst == Status::Major { Verdict::Down } else { Verdict::Degraded };
            (o.from.ms(), o.end.expect("all are over").at.ms(), verdict)
        })
        .collect();
    assert_eq!(told, must, "seed {seed}");
    let since = known.looks.iter().flatten().min().copied().unwrap();
    let down: i64 = must.iter().filter(|o| o.2 == Verdict::Down).map(|o| (o.1 - o.0) * 10).sum();
    let figure = web.figure(Moment::from_ms(0), Moment::from_ms(last));
    let all = last - since;
    assert_eq!([figure.window_ms, figure.known_ms, figure.counted_ms, figure.down_tenth_ms], [all, all, all, down]);
    assert!(web.blips.is_empty() && web.pending.is_none() && last < known.end, "seed {seed}");
    // Never green while it is down, once every place has looked; never anything else while it is up.
    for s in &web.stretches {
        let middle = s.from.ms().midpoint(s.to.ms());
        let really = known.outages.iter().find(|o| o.from <= middle && middle < o.to);
        let since = known.outages.iter().flat_map(|o| [o.from, o.to]).filter(|t| *t <= middle).max().unwrap_or(since);
        if middle >= known.first_looks(since)[places - 1] {
            let must = match really.map(|o| o.verdict) {
                None => Status::Operational,
                Some(Verdict::Down) => Status::Major,
                Some(_) => Status::Degraded,
            };
            assert_eq!(s.status, must, "seed {seed} at {middle}");
        }
    }
}
