//! What each page shows, as plain values made for the page.
//!
//! - Takes: settings, timelines, the book, write-ups, heads, remarks and the moment.
//! - Gives: one value per page, ready to be shown; banner, cards, bars, JSON, badge and feed come from the same.
//! - Touches: nothing.
//! - Never: decides what is an outage, or formats a byte of HTML.

pub mod api;
pub mod badge;
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
mod notice_page;
pub mod own_json;
mod parts;
pub mod plain;
mod planned;
mod recorded;
mod rows;
mod rules;
mod scene;
mod sentences;
mod situation;
#[cfg(test)]
pub(crate) mod small_world;
mod trouble;

pub use banner::Headline;
pub use clock::{Clock, datetime};
pub use component_page::ComponentPage;
pub use history::{HistoryPage, MonthPage};
pub use incident_page::IncidentPage;
pub use index::IndexPage;
pub use parts::{Frame, Line, Station};
pub use planned::PlannedPage;
pub use rules::TextPage;
pub use scene::{Card, Scene};
pub use sentences::short_status;

use crate::incident::Book;
use crate::model::{Moment, Record, Remark, Settings, Witness, WriteUp};
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
    /// The records (recorded values for charts, counts for captions).
    pub records: &'a [Record],
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
    /// Every page.
    pub pages: Vec<Page>,
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

/// Works out every page.
pub fn assemble(world: &World<'_>) -> Site {
    let scene = Scene::new(world);
    let situation = situation::judge(&scene);
    let headline = banner::headline(&scene, &situation);
    let mut pages = Vec::new();
    let index = index::index(&scene, &situation, &headline);
    pages.push(page("index.html", "the index", Stay::Live, View::Index(Box::new(index))));
    pages.extend(told(&scene));
    pages.extend(scene.cards.iter().map(|card| {
        let (path, what) = (card.link().href, format!("the component {}", card.component.id));
        let view = component_page::component(&scene, card);
        let stay = if component_page::is_live(card) { Stay::Live } else { Stay::Settled };
        page(path, what, stay, View::Component(Box::new(view)))
    }));
    let (list, months) = history::history(&scene);
    pages.push(page("history/index.html", "the history", Stay::Settled, View::History(Box::new(list))));
    pages.extend(months.into_iter().map(|view| {
        let what = format!("the history of {}", view.title);
        page(view.frame.path.clone(), what, Stay::Settled, View::Month(Box::new(view)))
    }));
    let planned = planned::planned(&scene);
    pages.push(page("maintenance/index.html", "planned work", Stay::Settled, View::Planned(Box::new(planned))));
    for (path, what, view) in [
        ("figures/index.html", "how the figures are made", rules::rules(&scene)),
        ("404.html", "the page for no address", rules::lost(&scene)),
    ] {
        pages.push(page(path, what, Stay::Settled, View::Text(Box::new(view))));
    }
    Site { headline, brand: world.settings.site.brand.clone(), pages }
}

fn page(path: impl Into<String>, what: impl Into<String>, stay: Stay, view: View) -> Page {
    Page { path: path.into(), what: what.into(), stay, view }
}

/// The pages of incidents, notices and planned work.
fn told(scene: &Scene<'_>) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut add = |slug: &str, what: String, stay: Stay, view: IncidentPage| {
        pages.push(page(entries::incident_href(slug), what, stay, View::Incident(Box::new(view))));
    };
    for i in scene.incidents() {
        let stay = if incident_page::is_settled(i) { Stay::Settled } else { Stay::Live };
        add(&i.slug, format!("the incident “{}”", i.title), stay, incident_page::incident(scene, i));
    }
    for w in scene.notices() {
        add(&w.slug, format!("the notice {}", w.file), Stay::Settled, notice_page::notice(scene, w));
    }
    for (index, w) in scene.world.writeups.iter().enumerate() {
        let windows: Vec<_> = scene.windows().filter(|m| m.writeup == Some(index)).collect();
        if scene.writeup(Some(index)).is_some() && !windows.is_empty() {
            let what = format!("the planned work {}", w.file);
            add(&w.slug, what, Stay::Settled, notice_page::planned(scene, w, &windows));
        }
    }
    pages
}
