//! The morning itself, minute by minute, re-dated to eight days before the demo.

use chrono::{Days, NaiveDate, NaiveTime};

use crate::model::{Moment, Seen, Span, Verdict, Zone};

/// When it all happened.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// The day.
    pub day: NaiveDate,
    /// The zone of its clock.
    pub zone: Zone,
}

/// What a probe saw in a part of the story: from and to (minutes after midnight, the end not included), whose look,
/// the verdict, the phase, and the public words.
type Part = (u32, u32, &'static str, Verdict, &'static str, &'static str);

const fn hm(h: u32, m: u32) -> u32 {
    h * 60 + m
}

const SILENT: &str = "no answer within 5 s after the request was sent";

/// 9:00 to 10:40, with the site back at 10:00 for six minutes and no worker behind it.
const PARTS: &[Part] = &[
    (hm(9, 0), hm(10, 0), "web/page", Verdict::Down, "first_byte", SILENT),
    (hm(9, 0), hm(10, 0), "web/login", Verdict::Down, "first_byte", SILENT),
    (hm(9, 0), hm(10, 0), "api/http", Verdict::Down, "first_byte", SILENT),
    (hm(10, 6), hm(10, 40), "web/page", Verdict::Down, "connect", "the connection was refused"),
    (hm(10, 6), hm(10, 40), "web/login", Verdict::Down, "connect", "the connection was refused"),
    (hm(10, 6), hm(10, 40), "api/http", Verdict::Down, "connect", "the connection was refused"),
    (hm(9, 0), hm(10, 34), "checkups/http", Verdict::Down, "first_byte", SILENT),
    (hm(9, 0), hm(10, 34), "monitors/http", Verdict::Down, "first_byte", SILENT),
    (hm(9, 0), hm(10, 31), "workers/heartbeat", Verdict::Down, "expect", "no worker has reported for more than 3 min"),
    (hm(9, 0), hm(10, 8), "backend/ssh", Verdict::Down, "first_byte", "the login was taken, then nothing came for 5 s"),
    (hm(10, 8), hm(10, 23), "backend/ssh", Verdict::Down, "connect", "the connection was refused"),
    (hm(9, 1), hm(10, 8), "redis/redis", Verdict::Degraded, "expect", "a background save has run for more than 300 s"),
    (hm(10, 8), hm(10, 23), "redis/redis", Verdict::Down, "connect", "the connection was refused"),
    (hm(9, 0), hm(10, 23), "volume/http", Verdict::Unknown, "connect", "its probe runs on the master backend"),
];

impl Story {
    /// The story's day for a demo that is made now: eight days ago, so that the follow-up a week later is written.
    pub fn before(now: Moment, zone: Zone) -> Self {
        let today = zone.date(now);
        Self { day: today.checked_sub_days(Days::new(8)).unwrap_or(today), zone }
    }

    /// A time of that day on the wall.
    pub fn at(self, hour: u32, minute: u32) -> Moment {
        self.on(0, hour, minute)
    }

    /// A time on the wall, some days after (or, negative, before) that day.
    pub fn on(self, days: i64, hour: u32, minute: u32) -> Moment {
        let day = self.day + chrono::TimeDelta::days(days);
        self.zone.moment(day.and_time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()))
    }

    /// The address of its postmortem.
    pub fn slug(self) -> String {
        format!("{}-morning-outage", self.day)
    }

    /// What a probe saw at a moment, where it was not up: verdict, phase, words.
    pub fn seen(self, probe: &str, at: Moment) -> Option<Seen> {
        let minute = (at - self.at(0, 0)).ms().div_euclid(60_000);
        let part = PARTS.iter().find(|p| p.2 == probe && i64::from(p.0) <= minute && minute < i64::from(p.1))?;
        Some(not(probe, part.3, part.4, part.5))
    }

    /// Redis' changes that are not on disk: saved every quarter of an hour, until the save that never ended.
    pub fn unsaved(self, at: Moment, noise: u64) -> f64 {
        let minute = (at - self.at(0, 0)).ms().div_euclid(60_000);
        let save_begins = i64::from(hm(8, 56));
        if (save_begins..i64::from(hm(10, 8))).contains(&minute) {
            // 67,162 at the last look before the restart at 10:08.
            let done = (minute - save_begins) as f64 / 71.0;
            return (12_400.0 + (67_162.0 - 12_400.0) * done).round();
        }
        (at.ms().div_euclid(60_000).rem_euclid(15) * 840) as f64 + (noise % 400) as f64
    }
}

/// A look that was not plainly up.
pub fn not(probe: &str, is: Verdict, phase: &str, why: &str) -> Seen {
    let ms = match (is, phase) {
        (Verdict::Unknown, _) => None,
        (_, "first_byte") => Some(5000),
        _ => Some(2),
    };
    Seen { id: probe.into(), is, ms, after: None::<Span>, phase: Some(phase.into()), why: why.into(), tries: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_morning_is_told_to_the_minute() {
        let zone = Zone::parse("America/Los_Angeles").unwrap();
        let story = Story::before(Moment::parse_rfc3339("2026-12-01T12:00:00Z").unwrap(), zone);
        assert_eq!(story.day.to_string(), "2026-11-23");
        let check = |probe, h, m, want: Option<Verdict>| {
            assert_eq!(story.seen(probe, story.at(h, m)).map(|s| s.is), want, "{probe} {h}:{m:02}");
        };
        check("web/page", 8, 59, None);
        check("web/page", 9, 0, Some(Verdict::Down));
        check("web/page", 10, 0, None);
        check("web/page", 10, 6, Some(Verdict::Down));
        check("web/page", 10, 40, None);
        check("workers/heartbeat", 10, 3, Some(Verdict::Down));
        check("redis/redis", 9, 30, Some(Verdict::Degraded));
        check("volume/http", 9, 30, Some(Verdict::Unknown));
        assert!((story.unsaved(story.at(10, 7), 0) - 67_162.0).abs() < 0.5);
    }
}
