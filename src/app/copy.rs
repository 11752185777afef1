//! The published copy of the record: its public chains as they are, and beside them what a stranger needs.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::hash::Hash;
use std::path::{Path, PathBuf};

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::app::{Folders, Stands, Trouble, history, picture};
use crate::journal::{self, Content, DayName, Index, Listed, MonthName, WindowRule};
use crate::model::{Body, Component, ComponentId, History, Moment, Print, Settings, Visibility};
use crate::publish::{self, Copied, Held, Standing};
use crate::render::{Class, Output};
use crate::timeline::WINDOWS;

/// How long after a month records of it may still come: clocks differ, and a place may be late.
const STRAGGLERS: Days = Days::new(2);

/// What is published of the record beside the pages.
#[derive(Debug, Default)]
pub struct Copy {
    /// Files that are made here.
    pub made: Vec<Output>,
    /// The paths of such files that stand as they would be made.
    pub kept: Vec<String>,
    /// Day files as they are.
    pub days: Vec<Copied>,
}

/// What is published of the record, where the config wants it. A look back publishes none: the record would tell what
/// came after.
pub fn files(
    at: &Folders,
    stands: &Stands,
    standing: &mut Standing,
    look_back: bool,
    now: Moment,
) -> Result<Copy, Trouble> {
    let settings = &stands.loaded.settings;
    let mut copy = Copy::default();
    if !settings.publish.journal || look_back {
        return Ok(copy);
    }
    let partial = partial(settings, &stands.history);
    copy.put(standing, "rules.json", &(settings, &partial), || journal::rules(settings, &windows(), &partial));
    copy.put(standing, "rules.schema.json", &(), journal::rules_schema);
    copy.put(standing, "index.schema.json", &(), journal::index_schema);
    let today = stands.moment.utc().date_naive();
    let ends = history::ends(&stands.history);
    let (mut months, mut days) = (Vec::new(), Vec::new());
    for chain in journal::chains(&at.journal)?.into_iter().filter(|c| c.is_public() && journal::is_chain(c.as_str())) {
        let end = ends.iter().find(|(of, _)| *of == chain).map(|(_, t)| *t);
        for (name, source) in journal::months(&at.journal, &chain)? {
            if is_over(name.first, today) {
                // Where a wrong clock writes into an old month, that is looked into with every record.
                let end = end.filter(|t| t.utc().date_naive().with_day(1) == Some(name.first));
                let mark = Print::of(&(picture::program(), today, end));
                let month = Month { root: &at.journal, name, source, mark, now };
                months.push((month.settle(standing)?, month));
            } else {
                days.extend(journal::days_of(&at.journal, &source)?);
            }
        }
    }
    let sources = days.iter().map(|(name, path)| (format!("journal/{name}"), path.clone())).collect();
    copy.days = publish::survey(standing, sources)?;
    let grown = listed(days.into_iter().map(|(name, _)| name), &copy.days, today);
    let from = (today, months.iter().map(|(holds, month)| (month.path(), *holds)).collect::<Vec<_>>(), &grown);
    if !copy.keeps(standing, "index.json", &from) {
        let mut files = Vec::new();
        for (_, month) in &months {
            files.extend(month.listed(standing)?);
        }
        files.extend(grown.iter().cloned());
        files.sort_by(|a, b| (&a.name.chain, a.name.day).cmp(&(&b.name.chain, b.name.day)));
        copy.put(standing, "index.json", &from, || Index { closed_before: today, files }.json());
    }
    Ok(copy)
}

impl Copy {
    /// Makes a file, unless it stands as it would be made from this.
    fn put<T: Hash + ?Sized>(&mut self, standing: &Standing, name: &str, from: &T, make: impl FnOnce() -> Vec<u8>) {
        if !self.keeps(standing, name, from) {
            // The index comes after the days that it lists.
            let class = if name == "index.json" { Class::Live } else { Class::Settled };
            let print = Some(print(from));
            self.made.push(Output { print, ..Output::new(format!("journal/{name}"), make(), class) });
        }
    }

    /// Keeps a file if it stands so.
    fn keeps<T: Hash + ?Sized>(&mut self, standing: &Standing, name: &str, from: &T) -> bool {
        let path = format!("journal/{name}");
        let stands = standing.prints().get(&path) == Some(&print(from));
        if stands {
            self.kept.push(path);
        }
        stands
    }
}

fn print<T: Hash + ?Sized>(from: &T) -> Print {
    Print::of(&(picture::program(), from))
}

/// Whether a month is so long over that nobody who looks at the right time still writes into it.
fn is_over(first: NaiveDate, today: NaiveDate) -> bool {
    first.checked_add_months(Months::new(1)).is_some_and(|next| next + STRAGGLERS <= today)
}

/// A month of the record that is over: its copy is looked into once a day, and where days came or went.
struct Month<'a> {
    root: &'a Path,
    name: MonthName,
    source: PathBuf,
    mark: Print,
    now: Moment,
}

impl Month<'_> {
    fn path(&self) -> String {
        format!("journal/{}", self.name)
    }

    fn settle(&self, standing: &mut Standing) -> Result<Print, Trouble> {
        standing.settle(&self.path(), &self.source, (self.mark, self.now), || {
            let days = journal::days_of(self.root, &self.source)?.into_iter();
            let file = |path: &Path| path.file_name().and_then(OsStr::to_str).map(str::to_owned);
            Ok::<_, Trouble>(days.filter_map(|(_, path)| Some((file(&path)?, path))).collect())
        })
    }

    fn listed(&self, standing: &mut Standing) -> Result<Vec<Listed>, Trouble> {
        let path = self.path();
        let mut held = standing.holds(&path);
        if held.is_none() {
            self.settle(standing)?;
            held = standing.holds(&path);
        }
        let listed = |(file, bytes, sha256): Held| {
            let name = DayName::parse(&format!("{}/{file}", self.name))?;
            Some(Listed { name, content: Some(Content { bytes, sha256 }) })
        };
        Ok(held.unwrap_or_default().into_iter().filter_map(listed).collect())
    }
}

/// A day is closed when it is over; until then its file grows, and is pinned by the chain's head.
fn listed(names: impl Iterator<Item = DayName>, copies: &[Copied], today: NaiveDate) -> Vec<Listed> {
    let one = |(name, copy): (DayName, &Copied)| {
        let closed = name.day < today;
        let content = closed.then(|| Content { bytes: copy.bytes(), sha256: copy.sha256().to_owned() });
        Listed { name, content }
    };
    names.zip(copies).map(one).collect()
}

/// The windows that figures are given for.
pub fn windows() -> Vec<WindowRule> {
    WINDOWS.iter().map(|w| (w.name.to_owned(), w.days)).collect()
}

/// Public components whose figures rest on more than what is published: a probe is internal, or was (its looks then
/// stand in an internal chain), or a window of maintenance was declared internally.
fn partial(settings: &Settings, history: &History) -> BTreeSet<ComponentId> {
    let public = |c: &&Component| c.visibility == Visibility::Public;
    let hidden = |c: &&Component| c.probes.iter().any(|p| p.visibility == Visibility::Internal);
    let mut found: BTreeSet<ComponentId> =
        settings.components.iter().filter(public).filter(hidden).map(|c| c.id.clone()).collect();
    let mut note = |id: &str, probe: Option<&str>| {
        let counts = |c: &&Component| probe.is_none_or(|name| c.probes.iter().any(|p| p.key.name() == name));
        if let Some(component) = settings.component(id).filter(public).filter(counts) {
            found.insert(component.id.clone());
        }
    };
    for chain in history.chains.iter().filter(|c| !c.chain.is_public()) {
        chain.strips.iter().filter(|s| !s.runs.is_empty()).for_each(|s| note(s.key.component(), Some(s.key.name())));
    }
    for record in history.declared.iter().filter(|r| !r.chain.is_public()) {
        if let Body::Maintenance(window) = &record.body {
            window.components.iter().for_each(|id| note(id.as_str(), None));
        }
    }
    found
}
