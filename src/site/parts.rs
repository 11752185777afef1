//! The pieces that several pages show: plain values, made for the templates.

use serde::Serialize;

use crate::model::{Moment, Status};
use crate::site::clock::datetime;

/// What every page carries around its own content.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// BCP 47 language tag.
    pub language: String,
    /// The language is written from right to left.
    pub rtl: bool,
    /// What is watched.
    pub site: String,
    /// The way from this page to the site's root: empty, `../` or `../../`.
    pub root: String,
    /// The page's own path under the root.
    pub path: String,
    /// The tab's words.
    pub tab: String,
    /// For search engines and previews.
    pub description: String,
    /// The page's own address; none where it should not be kept (404).
    pub address: Option<String>,
    /// The favicon's shape: a state letter.
    pub icon: char,
    /// What stands at the right of the head.
    pub stamp: String,
    /// The sentences at the foot.
    pub foot: Vec<String>,
    /// An address to write to or read more.
    pub contact: Option<Contact>,
    /// Search engines should not keep it.
    pub noindex: bool,
    /// The page counts: towards the next word, and towards its own old age. A look back counts nothing.
    pub counts: bool,
    /// What the page turns into when nobody replaces it in time; none on pages that do not age.
    pub old: Option<Old>,
}

/// Where a visitor may write to.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// As configured.
    pub text: String,
    /// As a link.
    pub href: String,
}

/// What the page says when it is old (law 7).
#[derive(Clone, Debug, Serialize)]
pub struct Old {
    /// From this moment on, in ms since 1970.
    pub after_ms: i64,
    /// The last look, in ms since 1970.
    pub look_ms: i64,
    /// The zone that the visitor's clock is shown in.
    pub zone: String,
    /// The tab's words.
    pub tab: String,
    /// The sentence.
    pub sentence: String,
    /// The lead.
    pub lead: String,
    /// The line.
    pub line: Line,
}

/// The line: stations in order of time.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The state left of the first station: a state letter, `f` for the future, or a blank for nothing.
    pub before: char,
    /// Three to five.
    pub stations: Vec<Station>,
}

/// A station of the line.
#[derive(Clone, Debug, Serialize)]
pub struct Station {
    /// Over the figure.
    pub label: String,
    /// The big figure.
    pub figure: String,
    /// The figure's moment, for machines.
    pub datetime: Option<String>,
    /// Under the figure.
    pub note: String,
    /// The state from here to the next station: a state letter, or `f` for the future.
    pub after: char,
    /// The state does not change here: the tick is cut out of the bar.
    pub within: bool,
    /// What the script fills in: `age` (since the last look), `clock`, `until` (to the moment); none: nothing.
    pub live: Option<&'static str>,
}

impl Station {
    /// A station at a moment.
    pub fn at(label: &str, at: Moment, figure: String, note: impl Into<String>, after: char) -> Self {
        Self {
            label: label.to_owned(),
            figure,
            datetime: Some(datetime(at)),
            note: note.into(),
            after,
            within: false,
            live: None,
        }
    }

    /// Marks a station inside a stretch of one state.
    #[must_use]
    pub fn within(mut self) -> Self {
        self.within = true;
        self
    }
}

/// A strip of bars: runs of one state, and not days.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Strip {
    /// Its width in its own units.
    pub width: i64,
    /// What it shows, in words.
    pub label: String,
    /// One entry per state that occurs, plainly up first.
    pub strokes: Vec<Stroke>,
    /// Blips: where their ticks stand, in tenths of a unit, as a decimal.
    pub ticks: Vec<String>,
}

/// All runs of one state.
#[derive(Clone, Debug, Serialize)]
pub struct Stroke {
    /// The state letter.
    pub state: char,
    /// Beginning and length of each run.
    pub runs: Vec<Run>,
}

/// A run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Beginning.
    pub x: i64,
    /// Length.
    pub w: i64,
}

/// A label on an axis.
#[derive(Clone, Debug, Serialize)]
pub struct AxisLabel {
    /// Where, in percent of the width.
    pub percent: String,
    /// Its words.
    pub text: String,
    /// A moment's letter, set bold before the words.
    pub letter: String,
    /// Goes first where there is no room.
    pub minor: bool,
    /// How it stands to its place: `l` starts there, `s` starts beside its line, `m` is centred on it, `e` ends there.
    pub anchor: char,
}

/// Something that happened, in a list by date.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The gutter's words.
    pub date: String,
    /// For machines.
    pub datetime: String,
    /// Its title.
    pub title: String,
    /// Where it is told, from the root; none: nowhere.
    pub href: Option<String>,
    /// A person wrote the title.
    pub written: bool,
    /// One line more.
    pub note: String,
    /// For ordering.
    #[serde(skip)]
    pub at: Moment,
}

/// Something that was said or measured, in a list by time.
#[derive(Clone, Debug, Serialize)]
pub struct Word {
    /// `a`, `b`, …; empty where words are not lettered.
    pub letter: String,
    /// The gutter's words.
    pub time: String,
    /// For machines.
    pub datetime: String,
    /// The heading: "Identified".
    pub heading: String,
    /// A person's words, as safe HTML; empty for a measured item.
    pub html: String,
    /// "edited 14:02".
    pub edited: String,
    /// What the machine says.
    pub measured: Vec<Measured>,
}

/// A measured fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// The state's glyph.
    pub state: char,
    /// The fact.
    pub text: String,
    /// A component's page, from the root; with its name, which opens the text.
    pub link: Option<Link>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its words.
    pub text: String,
    /// From the root.
    pub href: String,
}

/// A figure with its name and a note.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The figure.
    pub value: String,
    /// Where a person wrote another one, or what it is measured by.
    pub note: String,
}

/// The letter that stands for a status in classes, glyphs and favicons.
pub const fn letter(status: Status) -> char {
    match status {
        Status::Operational => 'u',
        Status::Degraded => 'g',
        Status::Partial => 'p',
        Status::Major => 'd',
        Status::Maintenance => 'm',
        Status::NoData => 'n',
    }
}
