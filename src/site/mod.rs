//! What each page shows, as plain values made for the page.
//!
//! - Takes: settings, timelines, the book, write-ups, heads, remarks and the moment.
//! - Gives: one value per page, ready to be shown; banner, cards, bars, JSON, badge and feed come from the same.
//! - Touches: nothing.
//! - Never: decides what is an outage, or formats a byte of HTML.

pub mod api;
pub mod badge;
mod band;
mod banner;
mod bars;
mod chart;
mod clock;
mod component_page;
mod entries;
pub mod feed;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod fixture_words;
#[cfg(test)]
pub(crate) mod fixture_worlds;
mod frame;
mod history;
mod how;
mod incident_line;
mod incident_page;
mod index;
mod know;
mod latency;
pub mod machine;
mod making;
mod notice_page;
pub mod own_json;
mod parts;
mod pins;
pub mod plain;
mod planned;
mod prints;
mod recorded;
mod rows;
mod rules;
mod scene;
mod sentences;
mod situation;
#[cfg(test)]
pub(crate) mod small_world;
mod trouble;
mod values;

pub use banner::Headline;
pub use clock::{Clock, datetime};
pub use component_page::ComponentPage;
pub use history::{HistoryPage, MonthPage};
pub use incident_page::IncidentPage;
pub use index::IndexPage;
pub use making::{Plan, assemble, plan};
pub use parts::{Frame, Line, Station};
pub use planned::PlannedPage;
pub use rules::TextPage;
pub use scene::{Card, Scene};
pub use sentences::short_status;

use crate::incident::Book;
use crate::model::{Moment, Print, Record, Remark, Settings, Summary, Witness, WriteUp};
use crate::timeline::Timelines;

/// Everything a site is made from.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The config.
    pub settings: &'a Settings,
    /// What was measured.
    pub timelines: &'a Timelines,
    /// What it means.
    pub book: &'a Book,
    /// What people wrote.
    pub writeups: &'a [WriteUp],
    /// The records. No page looks at the rounds among them: [`Scene::hear`] brings those that are wanted.
    pub records: &'a [Record],
    /// What the chains say, condensed: what was recorded is taken from it where a page shows it.
    pub chains: &'a [Summary],
    /// Where every public chain ends.
    pub heads: &'a [Witness],
    /// What a visitor should be told of the record (damage), already in public words.
    pub remarks: &'a [Remark],
    /// The moment that the site speaks of.
    pub moment: Moment,
    /// `build --at`: the page says that it is a look back.
    pub look_back: bool,
}

/// The whole site.
#[derive(Clone, Debug)]
pub struct Site {
    /// What is said first of all, wherever it is said: page, badge, notification.
    pub headline: Headline,
    /// A CSS colour for the name and underlines.
    pub brand: Option<String>,
    /// Every page that has to be made.
    pub pages: Vec<Page>,
    /// Every other page: it stands as it would be made.
    pub kept: Vec<Kept>,
}

/// A page that is not made again.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its path under the site's root.
    pub path: String,
    /// What it is, for an operator.
    pub what: String,
}

/// A page with its address.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path under the site's root.
    pub path: String,
    /// What it is, for an operator: "the page of component web".
    pub what: String,
    /// How long it stays as it is.
    pub stay: Stay,
    /// What it is made from; none: it is made each round.
    pub print: Option<Print>,
    /// What it shows.
    pub view: View,
}

/// How long a page stays as it is (DESIGN "What is rewritten when").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// Made each round.
    Live,
    /// Changes only when what it tells of changes.
    Settled,
}

/// What a page shows.
#[derive(Clone, Debug)]
pub enum View {
    /// The index.
    Index(Box<IndexPage>),
    /// An incident, a notice or planned work.
    Incident(Box<IncidentPage>),
    /// A component.
    Component(Box<ComponentPage>),
    /// The list of months.
    History(Box<HistoryPage>),
    /// A month.
    Month(Box<MonthPage>),
    /// Planned work.
    Planned(Box<PlannedPage>),
    /// Rules, or no such page.
    Text(Box<TextPage>),
}

/// The whole site of a world, with nothing kept.
#[cfg(test)]
pub(crate) fn whole(world: &World<'_>) -> Site {
    let scene = Scene::new(world);
    let plan = plan(&scene, Print::of(""), &std::collections::BTreeMap::new());
    let windows = plan.wants(&scene);
    assemble(&scene.hear(world.records, &windows), &plan)
}
