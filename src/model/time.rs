//! Moments and spans of time, in integer milliseconds.

use std::fmt;
use std::ops::{Add, Sub};

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// A length of time in milliseconds. Never rounded; negative only as the result of a subtraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Moment {
    /// The moment `ms` milliseconds after the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The beginning of its minute, in UTC; every zone of today shares it.
    #[must_use]
    pub const fn minute(self) -> Self {
        Self(self.0 - self.0.rem_euclid(60_000))
    }

    /// Reads an RFC 3339 time with any offset; fractions finer than a millisecond are cut off.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_millis()))
    }

    /// RFC 3339 in UTC with milliseconds, as the record stores it: `2026-11-23T17:00:00.004Z`.
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// The same moment as a chrono value. Moments outside chrono's range (± 262,000 years) become the epoch.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `ms` milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// `s` seconds.
    pub const fn from_secs(s: i64) -> Self {
        Self(s * 1000)
    }

    /// `m` minutes.
    pub const fn from_mins(m: i64) -> Self {
        Self(m * 60_000)
    }

    /// Milliseconds.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// As a standard duration; a negative span is zero.
    pub fn std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.max(0) as u64)
    }
}

impl From<std::time::Duration> for Span {
    fn from(d: std::time::Duration) -> Self {
        Self(i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(t: DateTime<Utc>) -> Self {
        Self(t.timestamp_millis())
    }
}

impl Add<Span> for Moment {
    type Output = Moment;
    fn add(self, s: Span) -> Moment {
        Moment(self.0.saturating_add(s.0))
    }
}

impl Sub<Span> for Moment {
    type Output = Moment;
    fn sub(self, s: Span) -> Moment {
        Moment(self.0.saturating_sub(s.0))
    }
}

impl Sub for Moment {
    type Output = Span;
    fn sub(self, other: Moment) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Span>>(iter: I) -> Span {
        iter.fold(Span::ZERO, Add::add)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Plain English, to the nearest second, at most two units: `45 s`, `20 min`, `1 h 40 min`, `3 d 4 h`; under a second
/// `250 ms`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.max(0);
        // A run is never on the dot: what lasted 99 min 59.6 s is 1 h 40 min to a reader, not 1 h 39 min.
        let ms = if ms < 1000 { ms } else { (ms + 500) / 1000 * 1000 };
        let units: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
        let Some(first) = units.iter().position(|(size, _)| ms >= *size) else {
            return write!(f, "{ms} ms");
        };
        let (size, name) = units[first];
        write!(f, "{} {name}", ms / size)?;
        if let Some((small, small_name)) = units.get(first + 1) {
            let rest = ms % size / small;
            if rest > 0 {
                write!(f, " {rest} {small_name}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_its_text() {
        let m = Moment::parse_rfc3339("2026-11-23T09:00:00.004-08:00").unwrap();
        assert_eq!(m.rfc3339(), "2026-11-23T17:00:00.004Z");
        assert_eq!(Moment::parse_rfc3339(&m.rfc3339()), Some(m));
    }

    #[test]
    fn spans_read_like_a_clock_on_a_wall() {
        let say = |ms| Span::from_ms(ms).to_string();
        assert_eq!(say(250), "250 ms");
        assert_eq!(say(45_000), "45 s");
        assert_eq!(say(90_000), "1 min 30 s");
        assert_eq!(say(100 * 60_000), "1 h 40 min");
        assert_eq!(say(100 * 60_000 - 400), "1 h 40 min");
        assert_eq!(say(999), "999 ms");
        assert_eq!(say(3_600_000), "1 h");
        assert_eq!(say(76 * 3_600_000), "3 d 4 h");
    }
}
