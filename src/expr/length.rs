//! Reads a length of time as it is written in `duration('…')`.

use crate::model::Span;

/// Units in nanoseconds, as Go and CEL write them. The longer names stand first: `ms` begins with `m`.
const UNITS: &[(&str, i128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

const NS_PER_MS: i128 = 1_000_000;

/// Reads `800ms`, `1.5h`, `1h30m`, `-5s` (as Go and CEL do) and `1h 30min`, `2 days` (as the config's own durations).
///
/// # Errors
/// In words, when it is neither, is not a whole number of milliseconds, or is beyond about 292 million years.
pub(super) fn read(text: &str) -> Result<Span, String> {
    let ns = match go(text) {
        Some(ns) => ns,
        None => match humantime::parse_duration(text) {
            Ok(length) => i128::try_from(length.as_nanos()).unwrap_or(i128::MAX),
            Err(_) => return Err(format!("'{text}' is not a length of time")),
        },
    };
    if ns % NS_PER_MS != 0 {
        return Err(format!("'{text}' is finer than a millisecond"));
    }
    i64::try_from(ns / NS_PER_MS).map(Span::from_ms).map_err(|_| format!("'{text}' is too long a time"))
}

/// Nanoseconds of Go's form; none if it is not that form, or far out of range.
fn go(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut sum: i128 = 0;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let (unit, ns) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        sum = sum.checked_add(decimal(number, *ns)?)?;
        rest = &after[unit.len()..];
        if rest.is_empty() {
            return Some(sign * sum);
        }
    }
}

/// `number` × `unit` exactly: the fraction must come out as whole nanoseconds.
fn decimal(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 15 {
        return None;
    }
    let read = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let part = read(fraction)?.checked_mul(unit)?;
    if part % scale != 0 {
        return None;
    }
    read(whole)?.checked_mul(unit)?.checked_add(part / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_length_of_time_are_read_exactly() {
        for (text, ms) in [
            ("800ms", 800),
            ("0", 0),
            ("1.5h", 5_400_000),
            ("1h30m", 5_400_000),
            (".5s", 500),
            ("-5s", -5_000),
            ("336h", 1_209_600_000),
            ("2 days", 172_800_000),
            ("1h 30min", 5_400_000),
            ("1.0001s", -1),
        ] {
            match read(text) {
                Ok(span) => assert_eq!(span.ms(), ms, "{text}"),
                Err(why) => assert_eq!((ms, why.as_str()), (-1, "'1.0001s' is finer than a millisecond")),
            }
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "-", "5", "five", "5 parsecs", ".s", "5..5s", "1us", "9999999999999999999999h", "٣s"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
