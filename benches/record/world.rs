//! A made-up hundred of services and what befell them, minute by minute: the same on every machine and every day, since
//! each minute depends on its own number alone.

use statuary::model::{Moment, ProbeKey, Round, Seen, Span, Verdict};

/// How many components are watched, each by one probe.
pub const COMPONENTS: usize = SERVICES.len() * PLACES.len();

const SERVICES: [&str; 20] = [
    "accounts", "api", "assets", "backups", "billing", "cache", "checkout", "docs", "events", "exports", "images",
    "inbox", "invoices", "login", "mail", "metrics", "payments", "queue", "reports", "search",
];
const PLACES: [&str; 5] = ["eu", "us", "asia", "au", "sa"];

const MINUTE_MS: i64 = 60_000;
const WEEK: i64 = 7 * 24 * 60;
/// No trouble is longer, in minutes; so a fold that begins six hours before a moment sees all that is still open then.
const LONGEST: f64 = 180.0;

/// What is watched, and how fast it usually answers.
pub struct Target {
    pub component: String,
    pub group: &'static str,
    pub key: ProbeKey,
    usual_ms: f32,
    /// How much slower it is in the afternoon: 0.3 is 30 %.
    busy: f32,
    /// Samples of a lognormal distribution around 1.
    spread: Vec<f32>,
}

/// Trouble of one target.
#[derive(Clone, Copy)]
struct Trouble {
    from: i64,
    to: i64,
    kind: &'static Kind,
}

struct Kind {
    verdict: Verdict,
    phase: &'static str,
    why: &'static str,
    ms: Option<u32>,
    tries: u32,
}

#[rustfmt::skip]
const DOWN: &[Kind] = &[
    Kind { verdict: Verdict::Down, phase: "first_byte", why: "no answer within 5 s after the request was sent", ms: Some(5000), tries: 3 },
    Kind { verdict: Verdict::Down, phase: "connect", why: "the connection was refused", ms: None, tries: 3 },
    Kind { verdict: Verdict::Down, phase: "expect", why: "expected status < 400, got 503", ms: Some(41), tries: 3 },
    Kind { verdict: Verdict::Down, phase: "expect", why: "expected status < 400, got 502", ms: Some(212), tries: 3 },
    Kind { verdict: Verdict::Down, phase: "dns", why: "the name has no address", ms: None, tries: 3 },
];
#[rustfmt::skip]
const SLOW: &[Kind] = &[
    Kind { verdict: Verdict::Degraded, phase: "expect", why: "answers take longer than 800 ms", ms: Some(1240), tries: 1 },
    Kind { verdict: Verdict::Degraded, phase: "expect", why: "the certificate expires in less than 14 days", ms: Some(88), tries: 1 },
];

/// A stretch of the world's history.
pub struct World {
    pub targets: Vec<Target>,
    /// Per target, by beginning.
    troubles: Vec<Vec<Trouble>>,
    /// Minutes in which the watching machine was off.
    off: Vec<(i64, i64)>,
    /// Minutes in which it was cut off.
    blind: Vec<(i64, i64)>,
}

impl World {
    /// What happens from one minute (since 1970) to another.
    pub fn between(from: i64, to: i64) -> Self {
        let targets = targets();
        let mut world = Self { troubles: vec![Vec::new(); targets.len()], targets, off: Vec::new(), blind: Vec::new() };
        // Trouble of the week before may still go on.
        for week in from.div_euclid(WEEK) - 1..=to.div_euclid(WEEK) {
            world.live_through(week);
        }
        for troubles in &mut world.troubles {
            troubles.sort_by_key(|t| t.from);
        }
        world
    }

    /// Some incidents, some slow hours, thirty blips, and now and then a hole.
    fn live_through(&mut self, week: i64) {
        let mut dice = Dice(noise(week, 0x5eed));
        let start = week * WEEK;
        for _ in 0..dice.poisson(2.5) {
            let (from, minutes) = (start + dice.below(WEEK), dice.minutes(18.0));
            let kind = dice.pick(DOWN);
            // What fails together stands in one place.
            let place = dice.below(PLACES.len() as i64);
            for _ in 0..=dice.below(5) {
                let target = dice.below(SERVICES.len() as i64) * PLACES.len() as i64 + place;
                let from = from + dice.below(3);
                self.befall(target, from, from + minutes, kind);
            }
        }
        for _ in 0..dice.poisson(1.5) {
            let (from, minutes) = (start + dice.below(WEEK), dice.minutes(25.0));
            self.befall(dice.below(COMPONENTS as i64), from, from + minutes, dice.pick(SLOW));
        }
        for _ in 0..dice.poisson(30.0) {
            let from = start + dice.below(WEEK);
            let kind = if dice.below(4) == 0 { dice.pick(SLOW) } else { dice.pick(DOWN) };
            self.befall(dice.below(COMPONENTS as i64), from, from + 1, kind);
        }
        for _ in 0..dice.poisson(0.4) {
            let from = start + dice.below(WEEK);
            self.off.push((from, from + dice.minutes(40.0)));
        }
        for _ in 0..dice.poisson(0.3) {
            let from = start + dice.below(WEEK);
            self.blind.push((from, from + 1 + dice.below(5)));
        }
    }

    fn befall(&mut self, target: i64, from: i64, to: i64, kind: &'static Kind) {
        self.troubles[target as usize].push(Trouble { from, to, kind });
    }

    /// The rounds of some minutes, in order.
    pub fn rounds(&self, minutes: std::ops::Range<i64>) -> impl Iterator<Item = (Moment, Round)> {
        let mut pace = vec![0.0; self.targets.len()];
        let mut next = vec![0_usize; self.targets.len()];
        let mut paced = None;
        minutes.filter(|m| !self.unwatched(*m)).map(move |minute| {
            if paced != Some(minute.div_euclid(10)) {
                paced = Some(minute.div_euclid(10));
                for (i, target) in self.targets.iter().enumerate() {
                    pace[i] = target.pace(i, minute);
                }
            }
            // Cron calls on the minute; the program starts, and now and then the machine is busy.
            let n = noise(minute, 1 << 32);
            let late = if n.is_multiple_of(97) { 1000 + n / 97 % 4000 } else { n % 350 };
            let t = Moment::from_ms(minute * MINUTE_MS + 120 + late as i64);
            (t, self.round(minute, &pace, &mut next))
        })
    }

    fn unwatched(&self, minute: i64) -> bool {
        let off = self.off.iter().any(|(from, to)| (*from..*to).contains(&minute));
        // One round in two thousand is missed for no reason.
        off || noise(minute, 2 << 32).is_multiple_of(2000)
    }

    fn round(&self, minute: i64, pace: &[f32], next: &mut [usize]) -> Round {
        let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
        round.up.reserve_exact(self.targets.len());
        if self.blind.iter().any(|(from, to)| (*from..*to).contains(&minute)) {
            round.blind = Some("none of the canaries answered: this machine's own network fails".to_owned());
        }
        let mut slowest = 0;
        for (i, target) in self.targets.iter().enumerate() {
            let troubles = &self.troubles[i];
            while troubles.get(next[i]).is_some_and(|t| t.to <= minute) {
                next[i] += 1;
            }
            let kind = match troubles.get(next[i]) {
                Some(trouble) if trouble.from <= minute => Some(trouble.kind),
                // Cut off, it reaches nothing.
                _ => round.blind.is_some().then_some(&DOWN[0]),
            };
            let n = noise(minute, i as u64);
            if let Some(kind) = kind {
                slowest = slowest.max(kind.ms.unwrap_or(0));
                round.not.push(kind.seen(&target.key, n));
            } else {
                let ms = target.latency(pace[i], n);
                slowest = slowest.max(ms);
                round.up.push((target.key.clone(), ms));
            }
        }
        round.took = Span::from_ms(i64::from(slowest) + 4 + minute % 3);
        for (i, target) in self.targets.iter().enumerate().filter(|(_, t)| t.component.starts_with("cache-")) {
            let value = (noise(minute / 15, i as u64) % 90_000 + noise(minute, i as u64) % 500) as f64;
            round.rec.push((target.key.clone(), vec![("info.rdb_changes_since_last_save".to_owned(), value)]));
        }
        round
    }

    /// The minutes between two at which the desk has something to say, in order: around each confirmed beginning and
    /// end, and after the quiet that follows.
    pub fn busy_minutes(&self, minutes: &std::ops::Range<i64>) -> Vec<i64> {
        let long = self.troubles.iter().flatten().filter(|t| t.to - t.from > 1).map(|t| (t.from, t.to));
        let spans = long.chain(self.off.iter().chain(&self.blind).copied());
        let around = |(from, to): (i64, i64)| [from..from + 3, to..to + 3, to + 30..to + 36].into_iter().flatten();
        let mut busy: Vec<i64> = spans.flat_map(around).filter(|m| minutes.contains(m)).collect();
        busy.sort_unstable();
        busy.dedup();
        busy
    }
}

impl Kind {
    fn seen(&self, key: &ProbeKey, noise: u64) -> Seen {
        // A time that ran out is always the same; an answer takes its own time.
        let ms = self.ms.map(|ms| if ms == 5000 { ms } else { ms + (noise % u64::from(ms / 4 + 1)) as u32 });
        Seen {
            id: key.clone(),
            is: self.verdict,
            ms,
            after: None,
            phase: Some(self.phase.to_owned()),
            why: self.why.to_owned(),
            tries: self.tries,
        }
    }
}

impl Target {
    /// How it goes in these ten minutes: a slow drift over weeks, and slower afternoons.
    fn pace(&self, index: usize, minute: i64) -> f32 {
        let step = 3 * 24 * 60;
        let at = |k: i64| (noise(k, 7000 + index as u64) % 1000) as f32 / 1000.0 - 0.5;
        let (k, part) = (minute.div_euclid(step), minute.rem_euclid(step) as f32 / step as f32);
        let drift = at(k) * (1.0 - part) + at(k + 1) * part;
        let hour = minute.rem_euclid(1440) as f32 / 60.0;
        let afternoon = ((hour - 9.0) * std::f32::consts::PI / 12.0).sin().max(0.0);
        self.usual_ms * (1.0 + 0.5 * drift) * (1.0 + self.busy * afternoon)
    }

    fn latency(&self, pace: f32, noise: u64) -> u32 {
        let ms = pace * self.spread[(noise % self.spread.len() as u64) as usize];
        let tail = if (noise >> 20).is_multiple_of(250) { 2.0 + ((noise >> 40) % 4) as f32 } else { 1.0 };
        ((ms * tail).round() as u32).clamp(1, 4990)
    }
}

fn targets() -> Vec<Target> {
    let mut targets = Vec::new();
    for service in SERVICES {
        for place in PLACES {
            let mut dice = Dice(noise(targets.len() as i64, 0x7a26));
            let probe = match service {
                "cache" | "queue" => "redis",
                "mail" => "smtp",
                _ => "http",
            };
            let sigma = 0.08 + 0.4 * dice.part();
            targets.push(Target {
                component: format!("{service}-{place}"),
                group: place,
                key: ProbeKey::new(format!("{service}-{place}/{probe}")),
                usual_ms: if probe == "redis" { 2.0 } else { (30.0 * dice.normal().mul_add(0.9, 1.0).exp()) as f32 }
                    .clamp(2.0, 700.0),
                busy: (0.6 * dice.part()) as f32,
                spread: (0..4096).map(|_| (sigma * dice.normal()).exp() as f32).collect(),
            });
        }
    }
    targets
}

/// Chance that is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        noise(self.0 as i64, 3 << 32)
    }

    fn below(&mut self, n: i64) -> i64 {
        (self.roll() % n as u64) as i64
    }

    /// From 0 to 1, and never 0.
    fn part(&mut self) -> f64 {
        ((self.roll() >> 12) + 1) as f64 / (1_u64 << 52) as f64
    }

    /// The normal distribution, by Box and Muller.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.part().ln()).sqrt() * (std::f64::consts::TAU * self.part()).cos()
    }

    /// The Poisson distribution, by Knuth's product of parts.
    fn poisson(&mut self, mean: f64) -> usize {
        let (limit, mut product, mut count) = ((-mean).exp(), self.part(), 0);
        while product > limit {
            product *= self.part();
            count += 1;
        }
        count
    }

    /// How long trouble lasts: lognormal around a median.
    fn minutes(&mut self, median: f64) -> i64 {
        (median * (0.9 * self.normal()).exp()).clamp(2.0, LONGEST) as i64
    }

    fn pick<T>(&mut self, of: &'static [T]) -> &'static T {
        &of[self.below(of.len() as i64) as usize]
    }
}

/// A number without pattern that depends on its arguments alone (the finaliser of splitmix64, twice).
fn noise(a: i64, b: u64) -> u64 {
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    mix(mix(a as u64).wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
