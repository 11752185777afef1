//! The two moments at which something becomes a fact.
//!
//! Where a `save` command is configured, a mark stands in the state folder from before the append until the command
//! has taken what was appended. While it stands, nothing is published that no save precedes: a run that was killed, or
//! whose save failed, must not be completed by one that has nothing to append.

use std::fs::{self, File};
use std::path::PathBuf;

use crate::app::{Folders, Trouble};
use crate::config::Loaded;
use crate::incident::Due;
use crate::journal;
use crate::model::{Body, ChainName, Moment, Record};
use crate::probe::{self, Looked};

/// Appends the round: what may be published first, then what may not. Saved when this returns.
pub fn round(at: &Folders, loaded: &Loaded, looked: &Looked, now: Moment) -> Result<(), Trouble> {
    let run = &loaded.settings.run;
    let (public, internal, details) = probe::records(looked, &loaded.plans, run);
    let mut inside: Vec<(Moment, Body)> = internal.map(|r| (now, Body::Round(r))).into_iter().collect();
    if !details.is_empty() {
        inside.push((now, Body::Details(details)));
    }
    owe(at, loaded);
    // The details go first: a round without them is whole, details without their round are only words.
    if !inside.is_empty() {
        journal::append(&at.journal, &ChainName::of_vantage(&run.vantage, true), &inside)?;
    }
    journal::append(&at.journal, &ChainName::of_vantage(&run.vantage, false), &[(now, Body::Round(public))])?;
    save(at, loaded)
}

/// Saves what an earlier run appended and did not save; there is nothing to do where that is not so.
pub fn owed(at: &Folders, loaded: &Loaded) -> Result<(), Trouble> {
    if is_owed(at, loaded) { save(at, loaded) } else { Ok(()) }
}

/// Whether the record holds what its `save` command has not taken.
pub fn is_owed(at: &Folders, loaded: &Loaded) -> bool {
    loaded.settings.journal.save.is_some() && mark(at).exists()
}

fn mark(at: &Folders) -> PathBuf {
    at.state.join("unsaved")
}

/// Sets the mark, durably. One that cannot be set costs no round: it is needed only if the save then fails too.
fn owe(at: &Folders, loaded: &Loaded) {
    let mark = mark(at);
    if loaded.settings.journal.save.is_some() && !mark.exists() {
        let _ = File::create(&mark).and_then(|_| File::open(&at.state)).and_then(|state| state.sync_all());
    }
}

/// Runs the `save` command, where there is one, and takes the mark away when it returned well.
fn save(at: &Folders, loaded: &Loaded) -> Result<(), Trouble> {
    journal::save(&at.site, &loaded.settings.journal)?;
    // A mark that stays costs one more save.
    let _ = fs::remove_file(mark(at));
    Ok(())
}

/// Appends what the desk declares. Returns the records as they now stand. Saved when this returns.
pub fn desk(at: &Folders, loaded: &Loaded, due: Vec<Due>, now: Moment) -> Result<Vec<Record>, Trouble> {
    let (inside, outside): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|d| d.internal);
    bodies(
        at,
        loaded,
        [(true, inside), (false, outside)].map(|(i, d)| (i, d.into_iter().map(|d| d.body).collect())),
        now,
    )
}

/// Appends bodies to the desk's chains.
pub fn bodies(
    at: &Folders,
    loaded: &Loaded,
    parts: [(bool, Vec<Body>); 2],
    now: Moment,
) -> Result<Vec<Record>, Trouble> {
    let mut records = Vec::new();
    if parts.iter().any(|(_, bodies)| !bodies.is_empty()) {
        owe(at, loaded);
    }
    for (internal, bodies) in parts {
        let bodies: Vec<(Moment, Body)> = bodies.into_iter().map(|b| (now, b)).collect();
        if !bodies.is_empty() {
            records.extend(journal::append(&at.journal, &ChainName::desk(internal), &bodies)?);
        }
    }
    if !records.is_empty() {
        save(at, loaded)?;
    }
    Ok(records)
}

/// Appends what pins compacted days to their own chain. Saved when this returns; also what a compaction that was cut off
/// had appended.
pub fn pins(at: &Folders, loaded: &Loaded, chain: &ChainName, pins: Vec<Body>, now: Moment) -> Result<(), Trouble> {
    let bodies: Vec<(Moment, Body)> = pins.into_iter().map(|pin| (now, pin)).collect();
    journal::append(&at.journal, chain, &bodies)?;
    Ok(journal::save(&at.site, &loaded.settings.journal)?)
}
