//! Which pages there are, and which of them have to be made: decided before a page is made or a round is read.

use std::collections::BTreeMap;

use crate::incident::{Incident, Maintenance};
use crate::model::{Moment, Print, WriteUp};
use crate::site::history::{self, Month, Months};
use crate::site::prints::Prints;
use crate::site::scene::{Card, Scene};
use crate::site::{
    Kept, Page, Site, Stay, View, banner, component_page, entries, incident_page, index, notice_page, planned, rules,
    situation,
};

/// Every page of the site, each with whether it has to be made.
pub struct Plan<'a> {
    sheets: Vec<Sheet<'a>>,
    months: Months,
}

/// A page before it is made.
struct Sheet<'a> {
    path: String,
    seed: Seed<'a>,
    stay: Stay,
    print: Option<Print>,
    /// It stands as it would be made.
    kept: bool,
}

/// What a page is made of.
enum Seed<'a> {
    Index,
    Incident(&'a Incident),
    Notice(&'a WriteUp),
    Work(&'a WriteUp, Vec<&'a Maintenance>),
    Component(Card<'a>),
    History,
    Month(Month),
    Planned,
    Rules,
    Lost,
}

impl Seed<'_> {
    /// What it is, for an operator.
    fn what(&self) -> String {
        match self {
            Self::Index => "the index".to_owned(),
            Self::Incident(i) => format!("the incident “{}”", i.title),
            Self::Notice(w) => format!("the notice {}", w.file),
            Self::Work(w, _) => format!("the planned work {}", w.file),
            Self::Component(card) => format!("the component {}", card.component.id),
            Self::History => "the history".to_owned(),
            Self::Month(m) => format!("the history of {}", m.link().text),
            Self::Planned => "planned work".to_owned(),
            Self::Rules => "how the figures are made".to_owned(),
            Self::Lost => "the page for no address".to_owned(),
        }
    }
}

/// Lays out every page. One whose path `stands` with the print that it would have is kept: neither assembled nor
/// rendered. `base` is what all pages are made with besides the world: the program and the theme.
pub fn plan<'a>(scene: &Scene<'a>, base: Print, stands: &BTreeMap<String, Print>) -> Plan<'a> {
    let prints = Prints::new(scene, base);
    let months = history::months(scene);
    let mut plan = Plan { sheets: Vec::new(), months };
    let mut add = |path: String, stay: Stay, seed: Seed<'a>, print: Option<Print>| {
        let kept = print.is_some() && stands.get(&path).copied() == print;
        plan.sheets.push(Sheet { path, seed, stay, print, kept });
    };
    add("index.html".to_owned(), Stay::Live, Seed::Index, None);
    for i in scene.incidents() {
        let stay = if incident_page::is_settled(i) { Stay::Settled } else { Stay::Live };
        add(entries::incident_href(&i.slug), stay, Seed::Incident(i), prints.incident(i));
    }
    for w in scene.notices() {
        add(entries::incident_href(&w.slug), Stay::Settled, Seed::Notice(w), Some(prints.notice(w)));
    }
    for (w, windows) in works(scene) {
        let print = Some(prints.work(w, &windows));
        add(entries::incident_href(&w.slug), Stay::Settled, Seed::Work(w, windows), print);
    }
    for card in &scene.cards {
        let stay = if component_page::is_live(card) { Stay::Live } else { Stay::Settled };
        add(card.link().href, stay, Seed::Component(*card), prints.component(card));
    }
    let by_month: Vec<Print> = plan.months.list.iter().map(|m| prints.month(m, &plan.months)).collect();
    let history = prints.history(&plan.months, &by_month);
    add("history/index.html".to_owned(), Stay::Settled, Seed::History, Some(history));
    for (m, print) in plan.months.list.iter().zip(by_month) {
        add(m.link().href, Stay::Settled, Seed::Month(*m), Some(print));
    }
    let print = prints.planned(planned::until(scene));
    add("maintenance/index.html".to_owned(), Stay::Settled, Seed::Planned, Some(print));
    for (path, seed) in [("figures/index.html", Seed::Rules), ("404.html", Seed::Lost)] {
        add(path.to_owned(), Stay::Settled, seed, Some(prints.text(path)));
    }
    plan
}

/// Write-ups of planned work that may be shown, each with its windows.
fn works<'a>(scene: &Scene<'a>) -> Vec<(&'a WriteUp, Vec<&'a Maintenance>)> {
    let mut windows: BTreeMap<usize, Vec<&Maintenance>> = BTreeMap::new();
    for m in scene.windows() {
        m.writeup.into_iter().for_each(|w| windows.entry(w).or_default().push(m));
    }
    windows.into_iter().filter_map(|(w, windows)| Some((scene.writeup(Some(w))?, windows))).collect()
}

impl Plan<'_> {
    /// Whether a page that has to be made shows how long answers took.
    pub fn wants_latency(&self) -> bool {
        self.sheets.iter().any(|s| !s.kept && matches!(s.seed, Seed::Component(_)))
    }

    /// From when until when the pages that have to be made look at rounds: in order, none touching the next. Nothing
    /// else of the site looks at a round.
    pub fn wants(&self, scene: &Scene<'_>) -> Vec<(Moment, Moment)> {
        let mut windows: Vec<(Moment, Moment)> = Vec::new();
        let made = self.sheets.iter().filter(|s| !s.kept);
        let mut all: Vec<(Moment, Moment)> = made
            .filter_map(|s| match s.seed {
                Seed::Incident(i) => Some(incident_page::heard(scene, i)),
                _ => None,
            })
            .collect();
        all.sort_unstable();
        for (from, to) in all {
            match windows.last_mut().filter(|(_, end)| from <= *end) {
                Some((_, end)) => *end = to.max(*end),
                None => windows.push((from, to)),
            }
        }
        windows
    }
}

/// Works out every page that has to be made, and names those that are kept.
pub fn assemble(scene: &Scene<'_>, plan: &Plan<'_>) -> Site {
    let situation = situation::judge(scene);
    let headline = banner::headline(scene, &situation);
    let view = |seed: &Seed<'_>| match seed {
        Seed::Index => View::Index(Box::new(index::index(scene, &situation, &headline))),
        Seed::Incident(i) => View::Incident(Box::new(incident_page::incident(scene, i))),
        Seed::Notice(w) => View::Incident(Box::new(notice_page::notice(scene, w))),
        Seed::Work(w, windows) => View::Incident(Box::new(notice_page::planned(scene, w, windows))),
        Seed::Component(card) => View::Component(Box::new(component_page::component(scene, card))),
        Seed::History => View::History(Box::new(history::list(scene, &plan.months))),
        Seed::Month(m) => View::Month(Box::new(history::page(scene, *m, &plan.months))),
        Seed::Planned => View::Planned(Box::new(planned::planned(scene))),
        Seed::Rules => View::Text(Box::new(rules::rules(scene))),
        Seed::Lost => View::Text(Box::new(rules::lost(scene))),
    };
    let (mut pages, mut kept) = (Vec::new(), Vec::new());
    for Sheet { path, seed, stay, print, kept: stands } in &plan.sheets {
        let (path, what) = (path.clone(), seed.what());
        if *stands {
            kept.push(Kept { path, what });
        } else {
            pages.push(Page { path, what, stay: *stay, print: *print, view: view(seed) });
        }
    }
    let brand = scene.world.settings.site.brand.clone();
    Site { headline: headline.clone(), brand, pages, kept }
}
