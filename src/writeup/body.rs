//! Cuts the body at its headings: updates, and the sections of the postmortem.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

use crate::model::Zone;
use crate::writeup::heading::{self, Heading};
use crate::writeup::html::{Notes, Placed};
use crate::writeup::text::{length, line_of};

/// A body, parsed once and cut.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    pub(super) events: Vec<Placed<'a>>,
    /// The first heading that is no update, as a title to fall back on.
    pub(super) first_heading: Option<String>,
    pub(super) parts: Vec<Part>,
    /// Place in the source, and what to say.
    pub(super) remarks: Vec<(usize, String)>,
}

/// A part of the body.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    /// Its events, without its heading; a section may be interrupted by updates.
    pub(super) events: Vec<Range<usize>>,
    /// Its source with its heading, in bytes.
    pub(super) source: Range<usize>,
}

/// What a part is.
#[derive(Debug)]
pub(super) enum Kind {
    Update(Box<Heading>),
    /// A section with its title; `holds_updates` where updates stand below it.
    Section {
        title: String,
        holds_updates: bool,
    },
}

/// A heading at the top level of the document.
struct Top {
    level: HeadingLevel,
    text: String,
    /// Its events, from its `Start` to past its `End`.
    events: Range<usize>,
    start: usize,
}

/// Parses Markdown with the extensions of GitHub, and definition lists.
pub(super) fn parse(source: &str) -> Vec<Placed<'_>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST;
    Parser::new_ext(source, options).into_offset_iter().collect()
}

/// Cuts a body. `title` is the front matter's; an `h1` that only repeats it, or stands in for it, is left out.
pub(super) fn cut<'a>(source: &'a str, title: &str, zone: Zone) -> Body<'a> {
    let events = parse(source);
    let tops = headings(&events);
    let mut body = Body { parts: vec![section(String::new(), 0, 0)], ..Body::default() };
    let read: Vec<Option<Heading>> = tops.iter().map(|top| update(top, zone)).collect();
    let stand_in = tops.iter().zip(&read).find(|(_, update)| update.is_none()).map(|(top, _)| top);
    body.first_heading = stand_in.map(|top| top.text.clone());
    let named = |top: &Top| {
        let first = stand_in.is_some_and(|s| s.start == top.start) && title.is_empty();
        top.level == HeadingLevel::H1 && (first || same_words(&top.text, title))
    };
    let cut_at = level_of_sections(&tops, &read, &named);
    let mut inside: Option<HeadingLevel> = None;
    let mut done = 0;
    for (top, update) in tops.iter().zip(read) {
        let deeper = inside.is_some_and(|level| top.level > level);
        let is_section = update.is_none() && !deeper && top.level <= cut_at;
        if update.is_none() && deeper {
            continue;
        }
        take(&mut body, done..top.events.start, top.start);
        done = top.events.start;
        if let Some(update) = update {
            inside = Some(top.level);
            hold_updates(&mut body);
            done = top.events.end;
            let kind = Kind::Update(Box::new(update));
            body.parts.push(Part { kind, events: Vec::new(), source: top.start..top.start });
            continue;
        }
        body.remarks.extend(heading::nearly(&top.text, zone).map(|remark| (top.start, remark)));
        let was_inside = inside.take().is_some();
        if named(top) {
            done = top.events.end;
            body.parts.push(section(String::new(), top.start, 0));
        } else if is_section {
            done = top.events.end;
            body.parts.push(section(top.text.clone(), top.start, 0));
        } else if was_inside {
            // An ordinary heading ends an update and goes on with the section that was open before it.
            resume(&mut body, top.start);
        }
    }
    take(&mut body, done..events.len(), source.len());
    body.events = events;
    body
}

fn section(title: String, start: usize, end: usize) -> Part {
    let kind = Kind::Section { title, holds_updates: false };
    Part { kind, events: Vec::new(), source: start..end.max(start) }
}

/// The events up to here belong to the last part.
fn take(body: &mut Body<'_>, events: Range<usize>, end: usize) {
    if let Some(part) = body.parts.last_mut() {
        if !events.is_empty() {
            part.events.push(events);
        }
        part.source.end = end.max(part.source.start);
    }
}

fn hold_updates(body: &mut Body<'_>) {
    if let Some(Part { kind: Kind::Section { holds_updates, .. }, .. }) = body.parts.last_mut() {
        *holds_updates = true;
    }
}

fn resume(body: &mut Body<'_>, start: usize) {
    let last = body.parts.iter().rposition(|p| matches!(p.kind, Kind::Section { .. }));
    match last {
        // Only the last part takes events: the section moves to the end, its title and words with it.
        Some(at) => {
            let open = body.parts.remove(at);
            body.parts.push(open);
        }
        None => body.parts.push(section(String::new(), start, 0)),
    }
}

/// Headings that stand in no list, quote or note.
fn headings(events: &[Placed<'_>]) -> Vec<Top> {
    let mut tops = Vec::new();
    let mut at = 0;
    while at < events.len() {
        let took = length(&events[at..]);
        if let Event::Start(Tag::Heading { level, .. }) = events[at].0 {
            let text = line_of(&events[at..at + took]);
            tops.push(Top { level, text, events: at..at + took, start: events[at].1.start });
        }
        at += took;
    }
    tops
}

/// An `h1` is a title or a section, never an update.
fn update(top: &Top, zone: Zone) -> Option<Heading> {
    if top.level == HeadingLevel::H1 { None } else { heading::read(&top.text, zone) }
}

/// Sections begin at `h2`, or at the shallowest level that stands outside the updates.
fn level_of_sections(tops: &[Top], read: &[Option<Heading>], named: &dyn Fn(&Top) -> bool) -> HeadingLevel {
    let mut inside: Option<HeadingLevel> = None;
    let mut shallowest = HeadingLevel::H6;
    for (top, update) in tops.iter().zip(read) {
        if update.is_some() {
            inside = Some(top.level);
        } else if inside.is_none_or(|level| top.level <= level) {
            inside = None;
            if !named(top) {
                shallowest = shallowest.min(top.level);
            }
        }
    }
    shallowest.max(HeadingLevel::H2)
}

fn same_words(a: &str, b: &str) -> bool {
    let plain = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    plain(a) == plain(b)
}

/// Where the footnotes are defined. Of two with one name the first holds.
pub(super) fn notes<'a>(events: &[Placed<'a>]) -> Notes<'a> {
    let mut notes = HashMap::new();
    for (at, (event, _)) in events.iter().enumerate() {
        if let Event::Start(Tag::FootnoteDefinition(name)) = event {
            notes.entry(name.clone()).or_insert(at..at + length(&events[at..]));
        }
    }
    notes
}
