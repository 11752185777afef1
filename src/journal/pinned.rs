//! Days that were written anew in fewer bytes, held against the records that pin them.
//!
//! A compressed day proves itself line by line; its pin proves the rest of the file. What a roll-up says is proved by its
//! pin alone. The first file that is pinned for a day is the compressed one and the second the roll-up: so nobody can
//! pin another roll-up later and put it in the place of the first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::journal::JournalError;
use crate::journal::compact;
use crate::journal::files::Day;
use crate::journal::forms::{self, Form};
use crate::journal::rollup::{self, Unread};
use crate::journal::verify::{ChainRows, Found, Place, Row};
use crate::journal::wire::Names;
use crate::model::{Body, ChainName, Link, Moment, Pin};

/// A pin, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Pinned {
    pub(super) pin: Pin,
    /// The number of its record.
    pub(super) n: u64,
    pub(super) file: usize,
    pub(super) line: u32,
}

/// A file that stands for a day.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    /// Its place in the listing.
    pub(super) file: usize,
    pub(super) form: Form,
    /// Its own hash.
    sha256: String,
    /// The hash of the day's raw bytes.
    raw: String,
    /// The first and the last record in it; none where it holds none, or cannot be read.
    ends: Option<(Link, Link)>,
    /// The record that pins its roll-up.
    pub(super) rolled_by: Option<u64>,
}

/// Reads a roll-up as the records that are known of it: the first, the last, and those that stand verbatim.
pub(super) fn read_rolled(
    rows: &mut ChainRows,
    file: usize,
    day: Day,
    path: &Path,
    chain: &ChainName,
) -> Result<(), JournalError> {
    let sha256 = hash(path, true)?;
    let mut sealed = Sealed { file, form: Form::Rolled, sha256, raw: String::new(), ends: None, rolled_by: None };
    match rollup::read(path, chain, &mut Names::default()) {
        Err(Unread::Disk(error)) => return Err(error),
        Err(Unread::Damaged { line, text }) => rows.findings.push((file, line, text, true)),
        Ok(rolled) => {
            if Day::of_date(rolled.day) != Some(day) {
                let text = format!("it is the roll-up of {}, under another day's name", rolled.day);
                rows.findings.push((file, 1, text, true));
            }
            let held = rolled.last.n.saturating_sub(rolled.first.n).saturating_add(1);
            if held != rolled.summary.records {
                let text =
                    format!("it tells of {} records, but its first and last enclose {held}", rolled.summary.records);
                rows.findings.push((file, 1, text, true));
            }
            let before = rows.rows.len();
            let (from, _) = rolled.summary.span.unwrap_or_default();
            let to = rolled.summary.end.map_or(from, |(_, t)| t);
            block(rows, file, (&rolled.first, from), (&rolled.last, to), false);
            for record in rolled.others {
                if let Body::Pin(pin) = &record.body {
                    // Its line within the file says nothing to a reader: the file is a gzip.
                    rows.pins.push(Pinned { pin: pin.clone(), n: record.n, file, line: 0 });
                }
                if record.n <= rolled.first.n || record.n >= rolled.last.n {
                    continue;
                }
                let place = Place { after_gap: true, before_gap: true, absent: false };
                let (p, h) = (record.prev, record.head);
                rows.rows.push(Row { n: record.n, t: record.t, p, h, skip: None, join: None, file, line: 0, place });
            }
            rows.rows[before..].sort_by_key(|row| row.n);
            rows.unseen += held.saturating_sub((rows.rows.len() - before) as u64);
            rows.kept.extend(rolled.kept.into_iter().map(|r| (r.head, r.n)));
            (sealed.raw, sealed.ends) = (rolled.raw, Some((rolled.first, rolled.last)));
        }
    }
    rows.sealed.push(sealed);
    Ok(())
}

/// Lays out a day of which only the ends are known.
fn block(rows: &mut ChainRows, file: usize, first: (&Link, Moment), last: (&Link, Moment), absent: bool) {
    let one = first.0.n == last.0.n;
    let ends = [(first, absent, !one), (last, true, false)];
    for ((link, t), after_gap, before_gap) in ends.into_iter().take(if one { 1 } else { 2 }) {
        let place = Place { after_gap, before_gap, absent };
        let (p, h) = (link.prev.clone(), link.head.clone());
        rows.rows.push(Row { n: link.n, t, p, h, skip: None, join: None, file, line: 0, place });
    }
}

/// Takes the hashes of the compressed files, and of the raw ones that a pin names.
pub(super) fn seal(rows: &mut ChainRows) -> Result<(), JournalError> {
    let named: BTreeSet<Day> = rows.pins.iter().filter_map(|p| Day::of_date(p.pin.day)).collect();
    for (file, (day, path)) in rows.files.iter().enumerate() {
        let raw = forms::is_raw(path);
        if rows.sealed.iter().any(|sealed| sealed.file == file) || (raw && !named.contains(day)) {
            continue;
        }
        let here = || rows.rows.iter().filter(|row| row.file == file);
        let link = |row: &Row| Link { n: row.n, prev: row.p.clone(), head: row.h.clone() };
        let ends = here().min_by_key(|row| row.n).zip(here().max_by_key(|row| row.n));
        let content = match compact::hash(path, false) {
            Ok(hash) => hash,
            // The lines have told of it.
            Err(e) if forms::is_damage(path, &e) => String::new(),
            Err(e) => return Err(JournalError::io(path, "the day's file cannot be read", e)),
        };
        rows.sealed.push(Sealed {
            file,
            form: if raw { Form::Raw } else { Form::Zipped },
            sha256: hash(path, true)?,
            raw: content,
            ends: ends.map(|(first, last)| (link(first), link(last))),
            rolled_by: None,
        });
    }
    by_their_pins(rows);
    Ok(())
}

/// Notes by which record each roll-up is pinned.
fn by_their_pins(rows: &mut ChainRows) {
    let mut sealed = std::mem::take(&mut rows.sealed);
    let days = by_day(rows);
    for one in sealed.iter_mut().filter(|sealed| sealed.form == Form::Rolled) {
        let pins = rows.files[one.file].0.date().and_then(|day| days.get(&day));
        one.rolled_by = pins.and_then(|pins| pins.iter().find(|p| p.pin.file == one.sha256)).map(|p| p.n);
    }
    rows.sealed = sealed;
}

/// Remarks on what a compaction that was cut off left.
pub(super) fn beside(rows: &mut ChainRows, beside: &[(Day, Form, PathBuf)]) {
    for (day, form, path) in beside {
        let Some(file) = rows.files.iter().position(|(d, _)| d == day) else { continue };
        let what = if *form == Form::Rolled { "rolled up" } else { "compressed" };
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let text = format!(
            "the day also stands {what} ({name}), and is read as it is; the next compaction ends what one began"
        );
        rows.findings.push((file, 0, text, false));
    }
}

/// Lays out the days that only pins tell of. Where older days are here, such a one was removed; else it is not here, as
/// in a checkout that does not hold the beginning.
pub(super) fn absent(rows: &mut ChainRows, root: &Path, chain: &ChainName) {
    let here: BTreeSet<Day> = rows.files.iter().map(|(day, _)| *day).collect();
    let mut days: BTreeMap<Day, Pin> = BTreeMap::new();
    for pinned in &rows.pins {
        if let Some(day) = Day::of_date(pinned.pin.day).filter(|day| !here.contains(day)) {
            days.entry(day).or_insert_with(|| pinned.pin.clone());
        }
    }
    let oldest = here.first().copied();
    let folder = root.join(chain.as_str());
    let mut not_here: Vec<(usize, NaiveDate)> = Vec::new();
    for (day, pin) in days {
        let file = rows.files.len();
        rows.files.push((day, day.path(&folder)));
        rows.compacted.insert(day);
        let t = forms::start(pin.day);
        if !rows.rows.iter().any(|row| row.h == pin.last.head) {
            block(rows, file, (&pin.first, t), (&pin.last, t), true);
        }
        if oldest.is_some_and(|oldest| oldest < day) {
            let text = format!("{} is not here, though older days are: it was removed", pin.day);
            rows.findings.push((file, 0, text, true));
        } else {
            not_here.push((file, pin.day));
        }
    }
    if let Some(((file, first), (_, last))) = not_here.first().zip(not_here.last()) {
        let which = match not_here.len() {
            1 => format!("the day {first} is"),
            n => format!("{n} days, from {first} to {last}, are"),
        };
        let text = format!("{which} not here; later records pin what stood there");
        rows.findings.push((*file, 0, text, false));
    }
}

/// The pins by day, each day's in the order of their records.
fn by_day(rows: &ChainRows) -> BTreeMap<NaiveDate, Vec<&Pinned>> {
    let mut days: BTreeMap<NaiveDate, Vec<&Pinned>> = BTreeMap::new();
    for pinned in &rows.pins {
        days.entry(pinned.pin.day).or_default().push(pinned);
    }
    for pins in days.values_mut() {
        pins.sort_by_key(|p| p.n);
    }
    days
}

/// Everything that is wrong between the pins and the files.
pub(super) fn check(rows: &ChainRows) -> Vec<Found> {
    let mut found = Vec::new();
    let days = by_day(rows);
    for pins in days.values() {
        among(pins, &mut found);
    }
    for sealed in &rows.sealed {
        let pins = rows.files[sealed.file].0.date().and_then(|day| days.get(&day));
        let wrong = match pins {
            Some(pins) => against(sealed, pins),
            None => Some("no record pins it: it was not put here by a compaction".to_owned()),
        };
        found.extend(wrong.map(|text| (sealed.file, 0, text, true)));
    }
    found
}

/// The files that were pinned for a day, each once, with the record that did it first.
fn files<'a>(pins: &[&'a Pinned]) -> Vec<&'a Pinned> {
    let mut files: Vec<&Pinned> = Vec::new();
    for pinned in pins {
        if !files.iter().any(|f| f.pin.file == pinned.pin.file) {
            files.push(pinned);
        }
    }
    files
}

/// Whether the pins of one day agree.
fn among(pins: &[&Pinned], found: &mut Vec<Found>) {
    let Some(first) = pins.first() else { return };
    let same = |a: &Pin, b: &Pin| (&a.first, &a.last, &a.raw) == (&b.first, &b.last, &b.raw);
    for pinned in pins.iter().filter(|p| !same(&p.pin, &first.pin)) {
        let text = format!("record {} pins another {} than record {}", pinned.n, pinned.pin.day, first.n);
        found.push((pinned.file, pinned.line, text, true));
    }
    for pinned in files(pins).iter().skip(2) {
        let text = format!("record {} pins a third file for {}", pinned.n, pinned.pin.day);
        found.push((pinned.file, pinned.line, text, true));
    }
}

/// What is wrong with a file, seen from the pins of its day.
fn against(sealed: &Sealed, pins: &[&Pinned]) -> Option<String> {
    let first = pins.first()?;
    let n = first.n;
    if sealed.raw != first.pin.raw {
        return Some(format!("its lines are not those that record {n} pins: the day was changed"));
    }
    if sealed.ends.as_ref() != Some(&(first.pin.first.clone(), first.pin.last.clone())) {
        return Some(format!("its first and last record are not those that record {n} pins"));
    }
    let place = match sealed.form {
        Form::Raw => return None,
        Form::Zipped => 0,
        Form::Rolled => 1,
    };
    match files(pins).get(place) {
        Some(pinned) if pinned.pin.file == sealed.sha256 => None,
        Some(pinned) => Some(format!("its bytes are not those that record {} pins: the file was changed", pinned.n)),
        None => Some("no record pins it: it was not put here by a compaction".to_owned()),
    }
}

fn hash(path: &Path, whole: bool) -> Result<String, JournalError> {
    compact::hash(path, whole).map_err(|e| JournalError::io(path, "the day's file cannot be read", e))
}
