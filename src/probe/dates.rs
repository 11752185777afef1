//! Is it our clock? Web servers say in each answer what time they have.
//!
//! A wrong clock makes certificates expired that are not, and workers dead that live. It is believed to be wrong only
//! where most of the hosts that told the time, and at least two, agree on it: one server's clock may itself be wrong.

use std::collections::BTreeMap;

use chrono::DateTime;

use crate::model::{Moment, Span};

/// Clocks this near to each other, in ms, agree: an answer takes its time, and tells whole seconds.
const NEAR_MS: i64 = 120_000;

/// How many hosts must agree.
const HOSTS: usize = 2;

/// How far an answer's `Date` (RFC 9110, section 6.6.1) lies before our clock, in ms. A cache tells its `Age` in seconds
/// (RFC 9111, section 5.1), which has passed since. None where it says no time.
pub(super) fn behind_ms(date: Option<&str>, age: Option<&str>, now: Moment) -> Option<i64> {
    let date = DateTime::parse_from_rfc2822(date?).ok()?;
    let age: i64 = age.map_or(Some(0), |age| age.trim().parse().ok())?;
    Some(now.ms().saturating_sub(date.timestamp_millis()).saturating_sub(age.saturating_mul(1000)))
}

/// What the servers of a round say of our clock.
#[derive(Default)]
pub(super) struct Dates(BTreeMap<String, i64>);

impl Dates {
    /// A host's answer was so many ms behind our clock. Its last one counts.
    pub fn note(&mut self, host: String, behind_ms: i64) {
        self.0.insert(host, behind_ms);
    }

    /// Why our clock cannot be believed, in public words.
    pub fn doubt(&self) -> Option<String> {
        let mut all: Vec<i64> = self.0.values().copied().collect();
        all.sort_unstable();
        let middle = *all.get(all.len() / 2)?;
        let agree = all.iter().filter(|ms| ms.abs_diff(middle) <= NEAR_MS as u64).count();
        if middle.abs() <= NEAR_MS || agree < HOSTS || agree * 2 <= all.len() {
            return None;
        }
        // Whole minutes: the same trouble must read the same in each round.
        let minutes = (middle.abs() + 30_000) / 60_000;
        let way = if middle > 0 { "ahead of" } else { "behind" };
        let far = Span::from_mins(minutes);
        Some(format!("the clock of the place that looks is {far} {way} what the answers of {agree} servers say"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_date_tells_how_far_our_clock_is_off() {
        let now = Moment::parse_rfc3339("2026-11-23T17:00:00Z").unwrap();
        for (date, age, behind) in [
            (Some("Mon, 23 Nov 2026 17:00:00 GMT"), None, Some(0)),
            (Some("Mon, 23 Nov 2026 16:00:00 GMT"), None, Some(3_600_000)),
            (Some("Mon, 23 Nov 2026 16:00:00 GMT"), Some("3600"), Some(0)),
            (Some("Mon, 23 Nov 2026 19:00:00 GMT"), Some(" 60 "), Some(-7_260_000)),
            (Some("Mon, 23 Nov 2026 19:00:00 GMT"), Some("long"), None),
            (Some("yesterday"), None, None),
            (None, Some("1"), None),
        ] {
            assert_eq!(behind_ms(date, age, now), behind, "{date:?} {age:?}");
        }
        assert!(behind_ms(Some("Mon, 23 Nov 2026 17:00:00 GMT"), Some(&i64::MAX.to_string()), now).is_some());
    }

    fn doubt(minutes: &[i64]) -> String {
        let mut dates = Dates::default();
        for (i, minutes) in minutes.iter().enumerate() {
            dates.note(format!("host{i}"), minutes * 60_000);
        }
        dates.doubt().unwrap_or_default()
    }

    #[test]
    fn most_of_the_servers_and_at_least_two_must_agree() {
        let ahead = "the clock of the place that looks is 1 h ahead of what the answers of 2 servers say";
        let behind = "the clock of the place that looks is 5 min behind what the answers of 3 servers say";
        for (minutes, said) in [
            (&[][..], ""),
            (&[60], ""),
            (&[0, 0, 1], ""),
            (&[2, 2], ""),
            (&[60, 60], ahead),
            (&[60, 61], &ahead.replace("1 h ", "1 h 1 min ")),
            (&[0, 60], ""),
            (&[0, 60, 60], ahead),
            (&[0, 0, 60, 60], ""),
            (&[-5, -5, -6], behind),
            // Three clocks of which no two agree say nothing of ours.
            (&[-600, 60, 600], ""),
        ] {
            assert_eq!(doubt(minutes), said, "{minutes:?}");
        }
    }
}
