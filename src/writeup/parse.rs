//! One file's bytes into a write-up, and remarks on what could not be read as meant. Pure.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use chrono::{NaiveDate, NaiveTime};
use sha2::{Digest, Sha256};

use crate::model::{Moment, Origin, Remark, Section, Update, WriteUp, Zone};
use crate::writeup::body::{self, Body, Kind, Part};
use crate::writeup::heading::{self, Heading};
use crate::writeup::html::{Beside, Maker, Placed};
use crate::writeup::text::paragraphs;
use crate::writeup::when::When;
use crate::writeup::{fields, front, items, source};

/// A time that lies this much before the one above it belongs to the next day.
const PAST_MIDNIGHT_MS: i64 = 12 * 3_600_000;

/// A file, read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) writeup: WriteUp,
    /// Pictures that it shows, as paths under `incidents/`.
    pub(super) images: BTreeSet<String>,
    pub(super) remarks: Vec<Remark>,
}

/// Reads one file. `file` is its path under `incidents/`, `beside` what else lies there.
pub(super) fn read(file: &str, slug: &str, bytes: &[u8], zone: Zone, beside: &Beside) -> Read {
    let source = source::read(bytes);
    let mut remarks = source.remarks;
    let front = front::read(&source.text);
    remarks.extend(front.remarks);
    let mut writeup = empty(file, slug, bytes);
    let named = date_of_name(file);
    remarks.extend(fields::fill(&front.entries, named, zone, &mut writeup));
    let text = &source.text[front.body..];
    let body = body::cut(text, &writeup.title, zone);
    let line = |at: usize| source::line_of(&source.text, front.body + at);
    if writeup.title.is_empty() {
        let (title, from) = fallback_title(file, &body);
        remarks.push((1, format!("there is no `title`; {from} stands for it: `{title}`")));
        writeup.title = title;
    }
    remarks.extend(body.remarks.iter().map(|(at, text)| (line(*at), text.clone())));
    let mut reader = Reader {
        zone,
        named,
        source: text,
        maker: Maker {
            slug,
            folder: file.rsplit_once('/').map_or("", |(folder, _)| folder),
            events: &body.events,
            notes: body::notes(&body.events),
            beside,
            images: BTreeSet::new(),
            remarks: Vec::new(),
            tables: 0,
            numbers: Vec::new(),
            mentioned: HashSet::new(),
        },
        keys: HashSet::new(),
        anchors: HashSet::new(),
    };
    for part in &body.parts {
        match &part.kind {
            Kind::Update(heading) => {
                let update = reader.update(part, heading, &writeup, line(part.source.start));
                writeup.updates.push(update);
            }
            Kind::Section { title, holds_updates } => reader.section(part, title, *holds_updates, &mut writeup),
        }
    }
    reader.leftover(&mut writeup);
    remarks.extend(reader.maker.remarks.iter().map(|(at, text)| (line(*at), text.clone())));
    remarks.sort_by_key(|(line, _)| *line);
    let origin = |line| Some(Origin { file: PathBuf::from(file), line, column: 1 });
    let remarks = remarks.into_iter().map(|(line, text)| Remark { origin: origin(line), text }).collect();
    Read { writeup, images: reader.maker.images, remarks }
}

fn empty(file: &str, slug: &str, bytes: &[u8]) -> WriteUp {
    WriteUp { file: file.to_owned(), slug: slug.to_owned(), sha256: hex(bytes), ..WriteUp::default() }
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        put!(hex, "{byte:02x}");
    }
    hex
}

/// The date that a file's name begins with: `2026-11-23-morning-outage.md`.
fn date_of_name(file: &str) -> Option<NaiveDate> {
    let name = file.rsplit('/').next()?;
    NaiveDate::parse_from_str(name.get(..10)?, "%Y-%m-%d").ok()
}

fn fallback_title(file: &str, body: &Body<'_>) -> (String, &'static str) {
    if let Some(title) = body.first_heading.clone().filter(|t| !t.is_empty()) {
        return (title, "the first heading");
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.strip_suffix(".md").unwrap_or(name);
    let words = date_of_name(file).map_or(stem, |_| stem.get(10..).unwrap_or_default());
    let words = words.trim_matches(['-', '_', ' ']).replace(['-', '_'], " ");
    let mut letters = words.chars();
    let title = letters.next().map_or(stem.to_owned(), |c| c.to_uppercase().collect::<String>() + letters.as_str());
    (title, "the file's name")
}

/// Makes updates and sections of a body's parts.
struct Reader<'a, 'w> {
    zone: Zone,
    named: Option<NaiveDate>,
    source: &'w str,
    maker: Maker<'a, 'w>,
    keys: HashSet<String>,
    anchors: HashSet<String>,
}

impl<'a> Reader<'a, '_> {
    fn events(&self, part: &Part) -> Vec<Placed<'a>> {
        part.events.iter().flat_map(|range| self.maker.events[range.clone()].iter().cloned()).collect()
    }

    fn update(&mut self, part: &Part, heading: &Heading, writeup: &WriteUp, line: u32) -> Update {
        let start = part.source.start;
        let events = self.events(part);
        let source = self.source[part.source.clone()].trim();
        let say = |text: &String| (start, text.clone());
        self.maker.remarks.extend(heading.remarks.iter().map(say));
        let at = heading.when.and_then(|when| {
            let at = self.at(when, writeup);
            if at.is_none() {
                let what = "this time has no date; give the write-up `started`, or write it like `2026-11-23 09:05`";
                self.maker.remarks.push((start, what.to_owned()));
            }
            at
        });
        let key = self.key(heading, at);
        let (next, next_time) = self.next(heading, at, source, start, writeup);
        Update {
            key,
            status: heading.status,
            maintenance: heading.maintenance,
            word: heading.word.clone(),
            at,
            next,
            next_time,
            html: self.maker.blocks(&events),
            text: paragraphs(&events),
            sha256: hex(source.as_bytes()),
            line,
        }
    }

    /// The moment of an update's heading (DESIGN section 5, "Write-up").
    fn at(&self, when: When, writeup: &WriteUp) -> Option<Moment> {
        let before: Vec<Moment> = writeup.updates.iter().filter_map(|u| u.at).collect();
        let last = before.last().copied().or(writeup.started);
        let near = last.map(|m| self.zone.date(m)).or(self.named).or(writeup.starts.map(|m| self.zone.date(m)));
        let moment = when.moment(near, self.zone)?;
        let Some(last) = last else { return Some(moment) };
        if when.time.is_none() {
            // A date alone: on the day of the update above or of the beginning, not before it.
            return Some(if self.zone.date(last) == self.zone.date(moment) { last.max(moment) } else { moment });
        }
        let newest_first = before.len() > 1 && before[before.len() - 1] < before[before.len() - 2];
        if when.day.is_none() && !newest_first && (last - moment).ms() > PAST_MIDNIGHT_MS {
            return near.and_then(|d| d.succ_opt()).and_then(|d| when.on(d, self.zone)).or(Some(moment));
        }
        Some(moment)
    }

    /// A heading's time is its name in the file, else its word: neither changes with the text or with neighbours.
    fn key(&mut self, heading: &Heading, at: Option<Moment>) -> String {
        let wall = |format| at.map(|m| self.zone.local(m).format(format).to_string());
        let stem = match heading.when {
            Some(when) if when.time.is_some() => wall("%Y-%m-%dT%H:%M"),
            Some(_) => wall("%Y-%m-%d"),
            None => None,
        };
        let stem = stem.unwrap_or_else(|| {
            let word = super::slug(&heading.word);
            if heading.word.is_empty() { "update".to_owned() } else { word }
        });
        unique(&mut self.keys, &stem)
    }

    /// When the next word is due: the heading's own, else the last such line of the text. A time alone stands beside
    /// the heading's time; where that has none, it is counted from when the word is first published, which the file
    /// does not know.
    fn next(
        &mut self,
        heading: &Heading,
        at: Option<Moment>,
        source: &str,
        start: usize,
        writeup: &WriteUp,
    ) -> (Option<Moment>, Option<NaiveTime>) {
        let mut next = heading.next;
        for line in source.lines().skip(1) {
            match heading::next_line(line, self.zone) {
                Some(Ok(when)) => next = heading.next.or(Some(when)),
                Some(Err(line)) => {
                    let what = format!("`{line}` says no time that can be read; write it like `Next word: 09:30`");
                    self.maker.remarks.push((start, what));
                }
                None => {}
            }
        }
        let Some(next) = next else { return (None, None) };
        let dated = at.filter(|_| heading.when.is_some_and(|w| w.time.is_some()));
        match (next.bare_time(), dated) {
            (Some(time), Some(said)) => {
                let (moment, passed) = self.zone.promised(said, time);
                if passed {
                    self.maker.remarks.push((start, next_passed(self.zone.date(said), time)));
                }
                return (Some(moment), Some(time));
            }
            (Some(time), None) if at.is_none() => return (None, Some(time)),
            _ => {}
        }
        let above = at.or_else(|| writeup.updates.iter().rev().find_map(|u| u.at)).or(writeup.started);
        let near = above.map(|m| self.zone.date(m)).or(self.named);
        let moment = next.moment(near, self.zone);
        if moment.is_none() {
            let what = "the time of the next word has no date; give this update its own, as in `· 2026-11-23 09:05`";
            self.maker.remarks.push((start, what.to_owned()));
        }
        // "next 00:30", said at 23:50, is tomorrow's.
        let early = next.day.is_none() && at.zip(moment).is_some_and(|(at, next)| next < at);
        let moment = match near.and_then(|d| d.succ_opt()).filter(|_| early) {
            Some(tomorrow) => next.on(tomorrow, self.zone),
            None => moment,
        };
        (moment, None)
    }

    fn section(&mut self, part: &Part, title: &str, holds_updates: bool, writeup: &mut WriteUp) {
        let mut events = self.events(part);
        let name = title.to_lowercase();
        let day = |m: Moment| self.zone.date(m);
        let first = writeup.updates.iter().find_map(|u| u.at);
        if name.starts_with("timeline") {
            let near = writeup.started.or(first).map(day).or(self.named);
            writeup.timeline.extend(items::timeline(&events, &mut self.maker, near, self.zone));
        }
        let mut took = 0;
        if matches!(name.as_str(), "next steps" | "next step" | "action items" | "actions") {
            let near = writeup.ended.or(writeup.started).or(first).map(day).or(self.named);
            let actions = items::take_actions(&mut events, &mut self.maker, near, self.zone);
            took = actions.len();
            writeup.actions.extend(actions);
        }
        let html = self.maker.blocks(&events);
        if html.is_empty() && (title.is_empty() || holds_updates || took > 0) {
            return;
        }
        let stem = if title.is_empty() { "text".to_owned() } else { super::ascii(title) };
        let stem = if stem.is_empty() { "section".to_owned() } else { stem };
        writeup.sections.push(Section { title: title.to_owned(), anchor: unique(&mut self.anchors, &stem), html });
    }

    /// Notes that nothing mentions stand at the end.
    fn leftover(&mut self, writeup: &mut WriteUp) {
        let html = self.maker.unmentioned();
        if html.is_empty() {
            return;
        }
        match (writeup.sections.last_mut(), writeup.updates.last_mut()) {
            (Some(section), _) => section.html = format!("{}\n{html}", section.html),
            (None, Some(update)) => update.html = format!("{}\n{html}", update.html),
            (None, None) => {
                let anchor = unique(&mut self.anchors, "text");
                writeup.sections.push(Section { title: String::new(), anchor, html });
            }
        }
    }
}

/// A promise of 9:30 that is said at 10:00 is broken already.
fn next_passed(said: NaiveDate, time: NaiveTime) -> String {
    let (time, day) = (time.format("%H:%M"), said.succ_opt().unwrap_or_default());
    format!(
        "`next {time}` had passed when this word was said, so it is overdue at once; \
         for a later day write its date, as in `next {day} {time}`"
    )
}

/// A name that was not given before: with `-2`, `-3`, … where it was.
fn unique(given: &mut HashSet<String>, stem: &str) -> String {
    let mut name = stem.to_owned();
    let mut count = 1;
    while !given.insert(name.clone()) {
        count += 1;
        name = format!("{stem}-{count}");
    }
    name
}
