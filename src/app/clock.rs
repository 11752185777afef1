//! The one place that asks what time it is.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::model::{Moment, Zone};

/// The moment, to the millisecond. Called once per run.
pub fn now() -> Moment {
    Utc::now().into()
}

/// Reads a moment as a person types it: RFC 3339, or `2026-11-23 09:20` (also with `T` and seconds), or a date, in
/// the site's zone.
pub fn read_moment(text: &str, zone: Zone) -> Option<Moment> {
    let text = text.trim();
    if let Some(moment) = Moment::parse_rfc3339(text) {
        return Some(moment);
    }
    let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    formats
        .iter()
        .find_map(|f| NaiveDateTime::parse_from_str(text, f).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|d| d.and_time(NaiveTime::MIN)))
        .map(|local| zone.moment(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_type_them() {
        let zone = Zone::parse("America/Los_Angeles").unwrap();
        let check = |text: &str, want: &str| assert_eq!(read_moment(text, zone).unwrap().rfc3339(), want, "{text}");
        check("2026-11-23 09:20", "2026-11-23T17:20:00.000Z");
        check("2026-11-23T09:20:30", "2026-11-23T17:20:30.000Z");
        check("2026-11-23", "2026-11-23T08:00:00.000Z");
        check("2026-11-23T17:20:00Z", "2026-11-23T17:20:00.000Z");
        assert_eq!(read_moment("yesterday", zone), None);
    }
}
