//! The published copy of the record: its public chains as they are, and beside them what a stranger needs.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;

use crate::app::{Folders, Stands, Trouble};
use crate::journal::{self, Content, DayName, Index, Listed, WindowRule};
use crate::model::{Body, Component, ComponentId, Record, Settings, Visibility};
use crate::publish::{self, Copied};
use crate::render::{Class, Output};
use crate::timeline::WINDOWS;

/// What is published of the record, where the config wants it: files made here, and day files as they are. A look back
/// publishes none: the record would tell what came after.
pub fn files(
    at: &Folders,
    stands: &Stands,
    (public, state): (&Path, &Path),
    look_back: bool,
) -> Result<(Vec<Output>, Vec<Copied>), Trouble> {
    let settings = &stands.loaded.settings;
    if !settings.publish.journal || look_back {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut days = Vec::new();
    for chain in journal::chains(&at.journal)? {
        if chain.is_public() && journal::is_chain(chain.as_str()) {
            days.extend(journal::shelf(&at.journal, &chain)?);
        }
    }
    let names: Vec<DayName> = days.iter().map(|(name, _)| name.clone()).collect();
    let sources = days.into_iter().map(|(name, path)| (format!("journal/{name}"), path)).collect();
    let copies = publish::survey(public, state, sources)?;
    let index = index(names, &copies, stands.moment.utc().date_naive());
    let partial = partial(settings, &stands.records);
    let file = |name: &str, class, bytes| Output { path: format!("journal/{name}"), bytes, class };
    let made = vec![
        file("rules.json", Class::Settled, journal::rules(settings, &windows(), &partial)),
        file("rules.schema.json", Class::Settled, journal::rules_schema()),
        // After the days that it lists.
        file("index.json", Class::Live, index.json()),
        file("index.schema.json", Class::Settled, journal::index_schema()),
    ];
    Ok((made, copies))
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
fn partial(settings: &Settings, records: &[Record]) -> BTreeSet<ComponentId> {
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
    for record in records.iter().filter(|r| !r.chain.is_public()) {
        match &record.body {
            Body::Round(round) => {
                let keys = round.up.iter().map(|(key, _)| key).chain(round.not.iter().map(|seen| &seen.id));
                keys.for_each(|key| note(key.component(), Some(key.name())));
            }
            Body::Maintenance(window) => window.components.iter().for_each(|id| note(id.as_str(), None)),
            _ => {}
        }
    }
    found
}
