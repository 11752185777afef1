//! The published copy of the record: its public chains as they are, and beside them what a stranger needs.

use std::collections::BTreeSet;
use std::hash::Hash;

use chrono::NaiveDate;

use crate::app::{Folders, Stands, Trouble, picture};
use crate::journal::{self, Content, DayName, Index, Listed, WindowRule};
use crate::model::{Body, Component, ComponentId, History, Print, Settings, Visibility};
use crate::publish::{self, Copied, Standing};
use crate::render::{Class, Output};
use crate::timeline::WINDOWS;

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
pub fn files(at: &Folders, stands: &Stands, standing: &Standing, look_back: bool) -> Result<Copy, Trouble> {
    let settings = &stands.loaded.settings;
    let mut copy = Copy::default();
    if !settings.publish.journal || look_back {
        return Ok(copy);
    }
    let mut names: Vec<DayName> = Vec::new();
    let mut sources = Vec::new();
    for chain in journal::chains(&at.journal)? {
        if chain.is_public() && journal::is_chain(chain.as_str()) {
            for (name, path) in journal::shelf(&at.journal, &chain)? {
                sources.push((format!("journal/{name}"), path));
                names.push(name);
            }
        }
    }
    copy.days = publish::survey(standing, sources)?;
    let partial = partial(settings, &stands.history);
    copy.put(standing, "rules.json", &(settings, &partial), || journal::rules(settings, &windows(), &partial));
    copy.put(standing, "rules.schema.json", &(), journal::rules_schema);
    copy.put(standing, "index.schema.json", &(), journal::index_schema);
    let index = index(names, &copy.days, stands.moment.utc().date_naive());
    copy.put(standing, "index.json", &index, || index.json());
    Ok(copy)
}

impl Copy {
    /// Makes a file, unless it stands as it would be made from this.
    fn put<T: Hash + ?Sized>(&mut self, standing: &Standing, name: &str, from: &T, make: impl FnOnce() -> Vec<u8>) {
        // The index comes after the days that it lists.
        let class = if name == "index.json" { Class::Live } else { Class::Settled };
        let (path, print) = (format!("journal/{name}"), Print::of(&(picture::program(), from)));
        if standing.prints().get(&path) == Some(&print) {
            self.kept.push(path);
        } else {
            self.made.push(Output { print: Some(print), ..Output::new(path, make(), class) });
        }
    }
}

/// A day is closed when it is over; until then its file grows, and is pinned by the chain's head.
fn index(names: Vec<DayName>, copies: &[Copied], today: NaiveDate) -> Index {
    let listed = names.into_iter().zip(copies).map(|(name, copy)| {
        let closed = name.day < today;
        let content = closed.then(|| Content { bytes: copy.bytes(), sha256: copy.sha256().to_owned() });
        Listed { name, content }
    });
    Index { closed_before: today, files: listed.collect() }
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
