//! Ninety days of rounds, the same on every machine but for their dates.

use std::path::Path;

use chrono::Days;

use crate::app::{self, Trouble};
use crate::demo::MINUTE;
use crate::demo::story::{Story, not};
use crate::model::{Body, ChainName, Moment, ProbeKey, Record, Round, Seen, Span, Verdict};

/// The probes of the small Stella, with a usual latency in milliseconds.
const PROBES: &[(&str, u64)] = &[
    ("web/page", 83),
    ("web/login", 121),
    ("api/http", 41),
    ("checkups/http", 62),
    ("monitors/http", 58),
    ("workers/heartbeat", 1),
    ("backend/ssh", 24),
    ("redis/redis", 2),
    ("volume/http", 19),
];

/// Trouble of other days: days before the story, hour, minute, how many minutes, whose looks, what they were.
type Other = (i64, u32, u32, i64, &'static str, Verdict, &'static str, &'static str);

/// How long the watching machine was off, 42 days before the story: days, hour, minute, minutes.
const NOBODY_LOOKED: (i64, u32, u32, i64) = (42, 22, 10, 500);

const OTHERS: &[Other] = &[
    (67, 13, 5, 42, "web/login", Verdict::Down, "expect", "expected status < 400, got 502"),
    (58, 3, 20, 1, "api/http", Verdict::Down, "connect", "the connection was refused"),
    (49, 16, 2, 9, "redis/redis", Verdict::Degraded, "expect", "more than 50,000 changes are not on disk"),
    (33, 10, 30, 68, "checkups/http", Verdict::Degraded, "expect", "the oldest checkup is 9 min late"),
    (21, 4, 44, 1, "web/page", Verdict::Down, "first_byte", "no answer within 5 s after the request was sent"),
    (12, 19, 10, 1, "redis/redis", Verdict::Down, "connect", "no connection within 5 s"),
    (5, 7, 15, 1, "monitors/http", Verdict::Down, "expect", "expected status < 400, got 503"),
];

/// Spans of other days that the desk must have looked at: begins and ends of trouble.
pub fn others(story: Story) -> Vec<(Moment, Moment)> {
    let span = |days: i64, h, m, minutes: i64| {
        let from = story.on(-days, h, m);
        (from, from + Span::from_mins(minutes))
    };
    OTHERS.iter().filter(|o| o.3 > 1).map(|o| span(o.0, o.1, o.2, o.3)).collect()
}

/// Writes the rounds, a day of them to one write, and gives them back as they stand in the journal.
pub fn write(folder: &Path, story: Story, now: Moment, days: u16) -> Result<Vec<Record>, Trouble> {
    let today = story.zone.date(now);
    let first = today.checked_sub_days(Days::new(u64::from(days) - 1)).unwrap_or(today);
    let mut records = Vec::with_capacity(usize::from(days) * 1440);
    for date in first.iter_days().take_while(|d| *d <= today) {
        let start = story.zone.day_start(date);
        let minutes = story.zone.day_length(date).ms() / MINUTE.ms();
        let bodies: Vec<(Moment, Body)> = (0..minutes)
            .map(|m| start + Span::from_ms(m * MINUTE.ms() + jitter(start, m)))
            .filter(|t| *t + Span::from_secs(30) < now && !nobody_looked(story, *t))
            .map(|t| (t, Body::Round(round(story, t))))
            .collect();
        if !bodies.is_empty() {
            records.extend(app::append(folder, &ChainName::from("local"), &bodies)?);
        }
    }
    Ok(records)
}

/// Cron is never on the dot: up to 400 ms late.
fn jitter(start: Moment, minute: i64) -> i64 {
    (noise(start.ms() ^ minute, 7) % 400) as i64
}

fn nobody_looked(story: Story, t: Moment) -> bool {
    let (days, h, m, minutes) = NOBODY_LOOKED;
    let from = story.on(-days, h, m);
    from <= t && t < from + Span::from_mins(minutes)
}

fn round(story: Story, t: Moment) -> Round {
    let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
    let mut slowest = 0;
    for (i, (probe, usual)) in PROBES.iter().enumerate() {
        let n = noise(t.ms(), i as u64);
        if let Some(seen) = story.seen(probe, t).or_else(|| other(story, probe, t)) {
            slowest = slowest.max(seen.ms.unwrap_or(0));
            round.not.push(seen);
        } else {
            let ms = latency(*usual, n, t);
            slowest = slowest.max(ms);
            round.up.push((ProbeKey::from(*probe), ms));
        }
    }
    round.took = Span::from_ms(i64::from(slowest) + 4);
    let redis_answers = !round.not.iter().any(|s| s.id.as_str() == "redis/redis" && s.is == Verdict::Down);
    if redis_answers {
        let unsaved = story.unsaved(t, noise(t.ms(), 99));
        round.rec.push((ProbeKey::from("redis/redis"), vec![("changes_since_last_save".to_owned(), unsaved)]));
    }
    round
}

fn other(story: Story, probe: &str, t: Moment) -> Option<Seen> {
    let hit = OTHERS.iter().filter(|o| o.4 == probe).find(|(days, h, m, minutes, ..)| {
        let from = story.on(-days, *h, *m);
        from <= t && t < from + Span::from_mins(*minutes)
    })?;
    Some(not(probe, hit.5, hit.6, hit.7))
}

/// Most looks are near the usual; one in fifty is slow; afternoons are slower than nights.
fn latency(usual: u64, noise: u64, t: Moment) -> u32 {
    let hour = (t.ms() / 3_600_000).rem_euclid(24) as u64;
    let busy = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 4, 5, 6, 7, 8, 8, 7, 5, 3, 1][hour as usize];
    let tail = if noise.is_multiple_of(50) { usual * (1 + noise / 50 % 4) } else { 0 };
    (usual + usual * busy / 20 + noise % (usual / 4 + 2) + tail) as u32
}

/// A number without pattern that depends on its arguments alone (the finaliser of splitmix64).
fn noise(a: i64, b: u64) -> u64 {
    let mut z = (a as u64).wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) >> 8
}
