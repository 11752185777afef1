//! Reads dates and times as people type them, and says which moment is meant.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta};

use crate::model::{Moment, Zone};

/// At most this many words make a date and time; a longer row is no date.
const MOST_WORDS: usize = 10;

/// A date, a time or both, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// The date, where one was typed.
    pub(super) day: Option<Day>,
    /// The time of day, where one was typed.
    pub(super) time: Option<NaiveTime>,
    /// The offset from UTC, where one was typed; else the site's zone holds.
    offset: Option<FixedOffset>,
}

/// A date as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// With its year.
    Full(NaiveDate),
    /// Month and day; the year is the one nearest to what it stands beside.
    Yearless(u32, u32),
}

/// A word or a separator of a line, with its place in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) separator: bool,
}

/// Cuts a line into words and separators (`· | – — - , ; : ( ) [ ]`). A `-` or `:` inside a word stays in it.
pub(super) fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        let separator = is_separator(c);
        if !separator && !c.is_whitespace() {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            word_pieces(line, from, at, &mut found);
        }
        if separator {
            let end = at + c.len_utf8();
            found.push(Piece { text: &line[at..end], start: at, end, separator: true });
        }
    }
    found
}

fn is_separator(c: char) -> bool {
    matches!(c, '·' | '|' | '–' | '—' | ',' | ';' | '(' | ')' | '[' | ']' | '•' | '→')
}

/// A word without its outer dashes, colons and full stops; those become separators of their own.
fn word_pieces<'a>(line: &'a str, from: usize, to: usize, found: &mut Vec<Piece<'a>>) {
    let word = &line[from..to];
    let edge = |c: char| matches!(c, '-' | ':' | '.' | '@');
    // A leading `-08:00` or `+01:00` is an offset and `@ines` a name: only a lone sign is a separator.
    if word.chars().all(edge) {
        found.push(Piece { text: word, start: from, end: to, separator: true });
        return;
    }
    let kept = word.trim_end_matches(['-', ':', '.']);
    let end = from + kept.len();
    found.push(Piece { text: kept, start: from, end, separator: false });
    if end < to {
        found.push(Piece { text: &line[end..to], start: end, end: to, separator: true });
    }
}

/// Reads a text that is a date, a time or both, and nothing else.
pub(super) fn read(text: &str, zone: Zone) -> Option<When> {
    let found = pieces(text);
    let words: Vec<&str> = found.iter().filter(|p| !p.separator).map(|p| p.text).collect();
    read_words(&words, zone)
}

/// The longest date and time that a text begins with, and where it ends in bytes.
pub(super) fn prefix(text: &str, zone: Zone) -> Option<(When, usize)> {
    let words: Vec<Piece<'_>> = pieces(text).into_iter().filter(|p| !p.separator).collect();
    (1..=words.len().min(MOST_WORDS)).rev().find_map(|n| {
        let typed: Vec<&str> = words[..n].iter().map(|p| p.text).collect();
        read_words(&typed, zone).map(|when| (when, words[n - 1].end))
    })
}

/// The longest date and time that a text ends with, and where it begins in bytes.
pub(super) fn suffix(text: &str, zone: Zone) -> Option<(When, usize)> {
    let words: Vec<Piece<'_>> = pieces(text).into_iter().filter(|p| !p.separator).collect();
    (words.len().saturating_sub(MOST_WORDS)..words.len()).find_map(|from| {
        let typed: Vec<&str> = words[from..].iter().map(|p| p.text).collect();
        read_words(&typed, zone).map(|when| (when, words[from].start))
    })
}

/// What has been read so far of a date and time.
#[derive(Default)]
struct Draft {
    full: Option<NaiveDate>,
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<NaiveTime>,
    offset: Option<FixedOffset>,
    weekday: bool,
}

fn read_words(words: &[&str], zone: Zone) -> Option<When> {
    if words.len() > MOST_WORDS || words.last().is_some_and(|w| is_filler(w)) {
        return None;
    }
    let mut draft = Draft::default();
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        let next = words.get(at + 1).copied().unwrap_or_default();
        if let Some(time) = clock_with_half(word, next) {
            set(&mut draft.time, time)?;
            at += 2;
            continue;
        }
        if !(at > 0 && is_filler(word)) {
            take(&mut draft, word, zone)?;
        }
        at += 1;
    }
    draft.finish()
}

fn is_filler(word: &str) -> bool {
    word.eq_ignore_ascii_case("at") || word.eq_ignore_ascii_case("on")
}

fn set<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.is_none().then(|| *slot = Some(value))
}

/// `9 am`, `9:05 PM`: the number and the half of the day as two words.
fn clock_with_half(word: &str, next: &str) -> Option<NaiveTime> {
    let half = next.to_ascii_lowercase();
    matches!(half.as_str(), "am" | "pm").then(|| clock(&format!("{word}{half}"))).flatten()
}

fn take(draft: &mut Draft, word: &str, zone: Zone) -> Option<()> {
    if let Some((date, rest)) = word.split_once(['T', 't']).filter(|(d, _)| d.len() >= 8) {
        set(&mut draft.full, date_of(date)?)?;
        return take_clock(draft, rest);
    }
    if let Some(date) = date_of(word) {
        return set(&mut draft.full, date);
    }
    if take_clock(draft, word).is_some() {
        return Some(());
    }
    if let Some(offset) = offset_of(word) {
        draft.time?;
        return set(&mut draft.offset, offset);
    }
    if let Some(month) = month_of(word) {
        return set(&mut draft.month, month);
    }
    if is_weekday(word) {
        draft.weekday = true;
        return Some(());
    }
    if let Ok(number) = word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']).parse::<i32>() {
        let is_year = number >= 1000 && word.len() == 4;
        return if is_year { set(&mut draft.year, number) } else { set(&mut draft.day, u32::try_from(number).ok()?) };
    }
    // The zone's own short name (`PST`) says what holds anyway.
    (draft.time.is_some() && is_name_of(zone, word)).then_some(())
}

fn take_clock(draft: &mut Draft, word: &str) -> Option<()> {
    let split = word.char_indices().skip(1).find(|(_, c)| matches!(c, 'Z' | 'z' | '+' | '-')).map(|(at, _)| at);
    let (time, offset) = split.map_or((word, ""), |at| word.split_at(at));
    let time = clock(time)?;
    let offset = if offset.is_empty() { None } else { Some(offset_of(offset)?) };
    set(&mut draft.time, time)?;
    offset.map_or(Some(()), |o| set(&mut draft.offset, o))
}

impl Draft {
    fn finish(self) -> Option<When> {
        let typed = self.year.is_some() || self.month.is_some() || self.day.is_some();
        let day = match (self.full, self.month, self.day) {
            (Some(date), None, None) if !typed => Some(Day::Full(date)),
            (None, Some(month), Some(day)) => Some(match self.year {
                Some(year) => Day::Full(NaiveDate::from_ymd_opt(year, month, day)?),
                // 2000 was a leap year: 29 February must pass here.
                None => NaiveDate::from_ymd_opt(2000, month, day).map(|_| Day::Yearless(month, day))?,
            }),
            (None, None, None) if !typed => None,
            _ => return None,
        };
        let bare_weekday = self.weekday && day.is_none();
        (!bare_weekday && (day.is_some() || self.time.is_some())).then_some(When {
            day,
            time: self.time,
            offset: self.offset,
        })
    }
}

/// `2026-11-23`, `2026/11/23`, `23.11.2026`.
fn date_of(word: &str) -> Option<NaiveDate> {
    let separator = word.chars().find(|c| !c.is_ascii_digit())?;
    let parts: Vec<&str> = word.split(separator).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let digits = |p: &str| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    if !(digits(a) && digits(b) && digits(c)) {
        return None;
    }
    let (year, month, day) = match separator {
        '-' | '/' if a.len() == 4 => (a, b, c),
        '.' if c.len() == 4 => (c, b, a),
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// `9:05`, `09:05:30`, `09:05:30.250`, `9am`, `9:05pm`, `09h05`.
fn clock(word: &str) -> Option<NaiveTime> {
    let lower = word.to_ascii_lowercase();
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(d), _) => (d, Some(0)),
        (_, Some(d)) => (d, Some(12)),
        _ => (lower.as_str(), None),
    };
    let parts: Vec<&str> = digits.split([':', 'h']).collect();
    if parts.len() > 3 || (parts.len() == 1 && half.is_none()) || !parts[0].bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let two = |p: &&str| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit());
    let hour: u32 = parts[0].parse().ok()?;
    let minute: u32 = parts.get(1).map_or(Some(0), |p| two(p).then(|| p.parse().ok()).flatten())?;
    let (second, milli) = parts.get(2).map_or(Some((0, 0)), |p| seconds(p))?;
    let hour = match half {
        Some(add) if (1..=12).contains(&hour) => hour % 12 + add,
        Some(_) => return None,
        None => hour,
    };
    NaiveTime::from_hms_milli_opt(hour, minute, second, milli)
}

fn seconds(part: &str) -> Option<(u32, u32)> {
    let (whole, fraction) = part.split_once('.').unwrap_or((part, "0"));
    let digits = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 2 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let milli: String = fraction.chars().chain("00".chars()).take(3).collect();
    Some((whole.parse().ok()?, milli.parse().ok()?))
}

/// `Z`, `UTC`, `GMT`, `+01:00`, `-0800`, `+1`, `GMT+0000`.
fn offset_of(word: &str) -> Option<FixedOffset> {
    let upper = word.to_ascii_uppercase();
    let rest = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper);
    if (rest.is_empty() && !upper.is_empty()) || rest == "Z" {
        return FixedOffset::east_opt(0);
    }
    // A typographic minus is a minus.
    let rest = rest.replace('−', "-");
    let (sign, digits) = match rest.split_at_checked(1)? {
        ("+", d) => (1, d.replace(':', "")),
        ("-", d) => (-1, d.replace(':', "")),
        _ => return None,
    };
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() > 2 { (number / 100, number % 100) } else { (number, 0) };
    (minutes < 60 && hours <= 18).then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))).flatten()
}

fn month_of(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = word.to_ascii_lowercase();
    let known = |m: &str| lower.len() >= 3 && (m.starts_with(&lower) || (lower == "sept" && m == "september"));
    MONTHS.iter().position(|m| known(m)).map(|at| at as u32 + 1)
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let lower = word.to_ascii_lowercase();
    lower.len() >= 3 && DAYS.iter().any(|d| d.starts_with(&lower))
}

/// Whether a word is the zone's short name in winter or in summer.
fn is_name_of(zone: Zone, word: &str) -> bool {
    ["2026-01-15", "2026-07-15"].iter().filter_map(|d| date_of(d)).any(|d| zone.abbreviation(zone.day_start(d)) == word)
}

impl When {
    /// The time, where nothing else was typed: neither a date nor an offset.
    pub(super) fn bare_time(&self) -> Option<NaiveTime> {
        self.time.filter(|_| self.day.is_none() && self.offset.is_none())
    }

    /// The date that is meant, read beside `near` where its year or the whole date is missing.
    pub(super) fn date(&self, near: Option<NaiveDate>) -> Option<NaiveDate> {
        match self.day {
            Some(Day::Full(date)) => Some(date),
            Some(Day::Yearless(month, day)) => {
                let near = near?;
                (near.year() - 1..=near.year() + 1)
                    .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
                    .min_by_key(|date| (*date - near).num_days().abs())
            }
            None => near,
        }
    }

    /// The moment that is meant; without a time, the beginning of the day. None where no date can be known.
    pub(super) fn moment(&self, near: Option<NaiveDate>, zone: Zone) -> Option<Moment> {
        self.on(self.date(near)?, zone)
    }

    /// The moment at which this time stands on a date.
    pub(super) fn on(&self, date: NaiveDate, zone: Zone) -> Option<Moment> {
        let local = date.and_time(self.time.unwrap_or(NaiveTime::MIN));
        match self.offset {
            Some(offset) => {
                let utc = local.checked_sub_signed(TimeDelta::seconds(i64::from(offset.local_minus_utc())))?;
                Some(Moment::from_ms(utc.and_utc().timestamp_millis()))
            }
            None => Some(zone.moment(local)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str)]) {
        let zone = Zone::parse("America/Los_Angeles").unwrap();
        let near = NaiveDate::from_ymd_opt(2026, 11, 23);
        for (typed, meant) in cases {
            let read = read(typed, zone).and_then(|w| w.moment(near, zone)).map_or("–".into(), Moment::rfc3339);
            assert_eq!(read, *meant, "{typed}");
        }
    }

    #[test]
    fn dates_are_read_in_the_shapes_that_people_type() {
        check(&[
            ("2026-11-23T09:05:00-08:00", "2026-11-23T17:05:00.000Z"),
            ("2023-06-06T12:45:00-00:00", "2023-06-06T12:45:00.000Z"),
            ("2026-11-23t17:05:00.25z", "2026-11-23T17:05:00.250Z"),
            ("2019-03-22 00:20:00", "2019-03-22T07:20:00.000Z"),
            ("2024-03-19T8:30:00-00:00", "2024-03-19T08:30:00.000Z"),
            ("2021-03-02 11:45:00 +02:00", "2021-03-02T09:45:00.000Z"),
            ("2026-11-23 09:05", "2026-11-23T17:05:00.000Z"),
            ("2026/11/23 9:05", "2026-11-23T17:05:00.000Z"),
            ("23.11.2026, 9:05", "2026-11-23T17:05:00.000Z"),
            ("2026-11-23", "2026-11-23T08:00:00.000Z"),
            ("09:05", "2026-11-23T17:05:00.000Z"),
            ("9:05 PST", "2026-11-23T17:05:00.000Z"),
            ("9:05 pm", "2026-11-24T05:05:00.000Z"),
            ("12am", "2026-11-23T08:00:00.000Z"),
            ("Monday 23 November 2026, 09:05", "2026-11-23T17:05:00.000Z"),
            ("Nov 23, 2026 at 9:05am", "2026-11-23T17:05:00.000Z"),
            ("5 Jan", "2027-01-05T08:00:00.000Z"),
            ("3rd Dec 10:00", "2026-12-03T18:00:00.000Z"),
            ("17:05 UTC", "2026-11-23T17:05:00.000Z"),
        ]);
    }

    #[test]
    fn what_is_no_date_is_none() {
        let none = [
            "2023-04-12:11:00:30:00",
            "2026-13-01",
            "25:00",
            "30 Feb",
            "23",
            "May",
            "2026",
            "Monday",
            "Monday 09:00",
            "soon",
            "9:5",
            "",
            "09:05 API",
            "09:05 09:06",
            "1.2.3",
        ];
        check(&none.map(|typed| (typed, "–")));
    }

    #[test]
    fn a_date_is_found_at_either_end() {
        let zone = Zone::UTC;
        assert_eq!(suffix("Fixed in 3 steps (10:40)", zone).map(|(_, at)| at), Some(18));
        assert_eq!(suffix("Release of 23 Nov, 10:40.", zone).map(|(_, at)| at), Some(11));
        assert_eq!(prefix("10:00 2 workers at noon", zone).map(|(_, at)| at), Some(5));
        assert_eq!(prefix("2026-11-23 – 09:00: down", zone).map(|(_, at)| at), Some("2026-11-23 – 09:00".len()));
        assert_eq!(prefix("ten o'clock", zone), None);
    }
}
