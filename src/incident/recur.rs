//! Recurring windows: an RRULE (RFC 5545, section 3.3.10) into local times.
//!
//! The rule runs on floating local time, kept as UTC, and the zone is asked only afterwards: so "22:00 every week" stays
//! 22:00 when the clocks change, and a time that never was is read by the zone's one rule.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

use crate::model::{Moment, Zone};

/// Occurrences that one rule may give in one question.
const LIMIT: u16 = 1_000;

/// The local beginnings between `after` and `before`, both included, of a series that begins at `first`.
/// The error is a plain sentence.
pub(super) fn occurrences(
    rule: &str,
    first: NaiveDateTime,
    zone: Zone,
    after: NaiveDateTime,
    before: NaiveDateTime,
) -> Result<Vec<NaiveDateTime>, String> {
    let start = floating(first);
    let rule = read(rule, zone)?;
    if rule.get_until().is_some_and(|until| *until < start) {
        return Err("UNTIL lies before `starts`".to_owned());
    }
    let set = rule.validate(start).map_err(|e| plain(&e.to_string()))?;
    if !matches!(set.get_freq(), Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly) {
        return Err("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY".to_owned());
    }
    let set = RRuleSet::new(start).rrule(set).after(floating(after)).before(floating(before));
    Ok(set.all(LIMIT).dates.into_iter().map(|d| d.naive_utc()).collect())
}

fn floating(local: NaiveDateTime) -> DateTime<Tz> {
    Tz::UTC.from_utc_datetime(&local)
}

/// Reads the rule; UNTIL is taken out and put in as floating time, whichever of its three forms it has.
fn read(rule: &str, zone: Zone) -> Result<RRule<Unvalidated>, String> {
    let text = rule.trim();
    let text = text.strip_prefix("RRULE:").unwrap_or(text);
    let parts = text.split(';').filter(|p| !p.is_empty());
    if text.is_empty() || text.contains(['\n', '\r', ':']) || parts.clone().any(|p| !p.contains('=')) {
        return Err("an RRULE is expected, such as FREQ=WEEKLY;BYDAY=SU".to_owned());
    }
    let (until, rest): (Vec<&str>, Vec<&str>) = parts.partition(|p| p.to_ascii_uppercase().starts_with("UNTIL="));
    let rule: RRule<Unvalidated> = rest.join(";").parse().map_err(|e: rrule::RRuleError| plain(&e.to_string()))?;
    match until.first() {
        None => Ok(rule),
        Some(part) => {
            let value = &part["UNTIL=".len()..];
            let until = self::until(value, zone)
                .ok_or_else(|| format!("UNTIL={value} is neither 20261231 nor 20261231T220000 (with Z: UTC)"))?;
            Ok(rule.until(floating(until)))
        }
    }
}

fn until(value: &str, zone: Zone) -> Option<NaiveDateTime> {
    if let Some(utc) = value.strip_suffix(['Z', 'z']) {
        let utc = NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok()?;
        return Some(zone.local(Moment::from(utc.and_utc())));
    }
    let date = |text| NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S")
        .ok()
        .or_else(|| date(value).map(|d| d.and_time(NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default())))
}

/// What the reader of rules said, without its own name for the kind of error.
fn plain(text: &str) -> String {
    let text = text.split_once("error: ").map_or(text, |(_, rest)| rest);
    text.trim_end_matches('.').to_owned()
}
