//! Joins the rooms in one direction; reads the clock once.
//!
//! - Takes: a site's folder and what the command wants.
//! - Gives: a report of what was seen, saved, shown and told; or the trouble that the operator must act on.
//! - Touches: the clock, and whatever the rooms it calls touch.
//! - Never: decides anything itself; after the first SAVED all that follows is a pure function of what was saved.

mod ask;
mod check;
mod clock;
mod compact;
mod conf;
mod copy;
mod drill;
mod history;
mod kept;
mod past;
mod picture;
mod proof;
mod said;
mod save;
mod stat;
mod tell;
mod trouble;

use std::path::{Path, PathBuf};

use crate::config::Purpose;
use crate::incident::{self, Book};
use crate::journal;
use crate::model::{Body, History, Moment, Remark, WriteUp};
use crate::probe;
use crate::publish::{self, Swapped};
use crate::timeline::{self, Timelines};
use crate::writeup;

use history::Past;

pub use ask::{
    append, chains, config_check, config_schema, declare, duration, export, heads, interval, kinds, moment, names_of,
    prove, public_folder, starter, time, told, verify, walk, word_remarks,
};
pub use check::{check, to_check};
pub use clock::now;
pub use compact::{ChainCompacted, Compacted, Compacting, compact};
pub use kept::{Kept, record};
pub use proof::{Agreement, Compared, Percent, Proof};
pub use said::say as say_remark;
pub use stat::{ChainStat, stat};
// The nouns that the questions and reports are answered with; the command line names them by this room.
pub use crate::config::{Loaded, Mistake};
pub use crate::exchange::{ExportFormat, Exported};
pub use crate::expr::Value;
pub use crate::incident::{Incident, Shown};
pub use crate::journal::{Finding, Range, Tell, Verification, Walked};
pub use crate::probe::{Checked, Look, Looked, Observation, Progress, Watch};
pub use crate::timeline::{Cadence, Fit};
pub use trouble::Trouble;

/// What a run wants. `run` wants all of it.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// Look at the targets; false: `run --no-look` (someone wrote a word).
    pub look: bool,
    /// Go on after the round is saved; false: `run --record-only` (a vantage).
    pub publish: bool,
    /// The moment; none: the clock's.
    pub at: Option<Moment>,
    /// The place that looks, where it is not the config's.
    pub vantage: Option<&'a str>,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// When it was.
    pub moment: Moment,
    /// What was seen.
    pub looked: Option<Looked>,
    /// What it means, where the run went so far.
    pub stands: Option<Stands>,
    /// What the swap did.
    pub swapped: Option<Swapped>,
    /// Notifications sent.
    pub told: usize,
    /// What was compacted after it, where that was asked for.
    pub compacted: Option<Compacted>,
    /// What the operator should know and has not been told before.
    pub warnings: Vec<String>,
    /// What went wrong after the facts were safe, worst code first.
    pub troubles: Vec<Trouble>,
}

/// Everything as it stands at a moment.
#[derive(Debug)]
pub struct Stands {
    /// The config.
    pub loaded: Loaded,
    /// What the record says.
    pub history: History,
    /// Where old hours of latency are that it lacks; they are brought where a page shows them.
    hours: Option<journal::Stamp>,
    /// Before this moment part of the public record is not here.
    not_here: Option<Moment>,
    /// What people wrote.
    pub words: writeup::Reading,
    /// What was measured.
    pub timelines: Timelines,
    /// What it means.
    pub book: Book,
    /// What is damaged or surprising, from every room.
    pub remarks: Vec<Remark>,
    /// The moment.
    pub moment: Moment,
}

/// The folders of a site.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The site's folder.
    pub site: PathBuf,
    /// The journal.
    pub journal: PathBuf,
    /// What people wrote.
    pub incidents: PathBuf,
    /// Lock, manifest, staging, last good config.
    pub state: PathBuf,
}

impl Folders {
    /// The folders under a site's folder.
    pub fn of(site: &Path) -> Self {
        Self {
            site: site.to_owned(),
            journal: site.join("journal"),
            incidents: site.join("incidents"),
            state: site.join(".statuary"),
        }
    }
}

/// The one way: look, save, think, save, show, tell.
pub fn run(site: &Path, want: Want<'_>) -> Result<Report, Trouble> {
    let at = Folders::of(site);
    let mut report = Report::default();
    let mut loaded = conf::load_or_last_good(&at, Purpose { looks: want.look, tells: want.publish }, &mut report)?;
    if let Some(name) = want.vantage {
        loaded.set_vantage(name).map_err(Trouble::Usage)?;
    }
    let _lock = journal::lock(&at.state, loaded.settings.run.interval)?;
    let now = want.at.unwrap_or_else(clock::now);
    report.moment = now;

    let mut read = history::Reader::open(&at, now)?;
    save::joins(&at, &loaded, read.forks(), want.publish, now)?;
    if want.look {
        let past = past::looks(read.history(), &loaded.settings.run.vantage);
        let looked = probe::round(&loaded.plans, &loaded.settings.run, &past, now, Watch::default());
        drill::point("looked");
        save::round(&at, &loaded, read.history(), &looked, now)?; // SAVED
        report.looked = Some(looked);
        drill::point("saved-round");
    } else {
        save::owed(&at, &loaded)?; // SAVED
    }
    read.read_on(&at, now)?;
    if !want.publish {
        read.keep(&at, now);
        return Ok(report);
    }

    let words = writeup::load(&at.incidents, loaded.settings.site.time_zone).map_err(|e| trouble::words(&at, &e))?;
    let mut timelines = timeline::fold(read.history(), &loaded.settings, now);
    let due = incident::due(&timelines, read.history(), &words.writeups, &loaded.settings, now);
    let said = save::desk(&at, &loaded, read.history(), due, now)?; // SAVED
    read.keep(&at, now);
    let mut past = read.into_past();
    let planned = said.iter().any(|r| matches!(r.body, Body::Maintenance(_)));
    past.history.declared.extend(said);
    if planned {
        // A window counts from the moment at which it is declared, so on this page already.
        timelines = timeline::fold(&past.history, &loaded.settings, now);
    }
    journal::settle(&at.journal, &history::ends(&past.history))?;
    drill::point("saved-desk");

    let mut stands = stand(loaded, past, words, timelines, now);
    said::gather(&at, &stands, &mut report);
    let public = public(&at, &stands);
    match picture::show(&at, &mut stands, (&public, &at.state), false, now) {
        // The record could not be read: nothing is known for certain, so nobody is told.
        Err(trouble) if trouble.code() == 3 => return Err(trouble),
        Err(trouble) => report.troubles.push(trouble),
        Ok(swapped) => {
            report.swapped = Some(swapped);
            drill::point("swapped");
            report.troubles.extend(after_swap(&at, &stands).err());
        }
    }
    tell::due(&at, &stands, &mut report);
    report.troubles.sort_by_key(Trouble::code);
    report.stands = Some(stands);
    Ok(report)
}

/// The pure part and the swap: writes no record and tells nobody. `at` looks back: records and words up to then.
pub fn build(site: &Path, at: Option<Moment>, out: Option<&Path>) -> Result<(Stands, Swapped), Trouble> {
    let folders = Folders::of(site);
    let now = clock::now();
    let loaded = conf::load(site, Purpose { looks: false, tells: false })?;
    // Before anything is read: a run that goes on meanwhile must not see its newer page replaced by an older one.
    let _lock = journal::lock(&folders.state, loaded.settings.run.interval)?;
    if out.is_none() && save::is_owed(&folders, &loaded) {
        let what = "the record holds what its save command has not taken, and was not published; `statuary run \
                    --no-look` saves it and publishes";
        return Err(Trouble::Save(what.to_owned()));
    }
    let mut stands = stands_by(&folders, loaded, at, now)?;
    let (public, state) = match out {
        Some(out) => (out.to_owned(), out.with_file_name(beside_name(out))),
        None => (public(&folders, &stands), folders.state.clone()),
    };
    let swapped = picture::show(&folders, &mut stands, (&public, &state), at.is_some(), now)?;
    Ok((stands, swapped))
}

/// Everything as it stands (or stood), without looking, saving or showing.
pub fn stands_at(site: &Path, at: Option<Moment>) -> Result<Stands, Trouble> {
    let loaded = conf::load(site, Purpose { looks: false, tells: false })?;
    stands_by(&Folders::of(site), loaded, at, clock::now())
}

fn stands_by(folders: &Folders, loaded: Loaded, at: Option<Moment>, now: Moment) -> Result<Stands, Trouble> {
    let moment = at.unwrap_or(now);
    let mut words =
        writeup::load(&folders.incidents, loaded.settings.site.time_zone).map_err(|e| trouble::words(folders, &e))?;
    let past = match at {
        Some(moment) => history::up_to(folders, moment)?,
        None => history::Reader::open(folders, now)?.into_past(),
    };
    journal::settle(&folders.journal, &history::ends(&past.history))?;
    if at.is_some() {
        incident::as_it_stood(&mut words.writeups, &past.history, &loaded.settings, moment);
    }
    let mut timelines = timeline::fold(&past.history, &loaded.settings, moment);
    if at.is_some() {
        // What the fold remarks of later records is no news to somebody who asks how it stood before them.
        timelines.remarks.clear();
    }
    Ok(stand(loaded, past, words, timelines, moment))
}

fn stand(loaded: Loaded, past: Past, words: writeup::Reading, timelines: Timelines, moment: Moment) -> Stands {
    let Past { history, remarks, hours, not_here } = past;
    let writeups: &[WriteUp] = &words.writeups;
    let book = incident::attach(&timelines, &history, writeups, &loaded.settings, moment);
    Stands { loaded, history, hours, not_here, words, timelines, book, remarks, moment }
}

/// Runs the publish command, where there is one; it may take as long as a round.
fn after_swap(at: &Folders, stands: &Stands) -> Result<(), Trouble> {
    let settings = &stands.loaded.settings;
    let Some(command) = &settings.publish.after else { return Ok(()) };
    Ok(publish::after(&at.site, command, settings.run.interval)?)
}

fn public(at: &Folders, stands: &Stands) -> PathBuf {
    at.site.join(&stands.loaded.settings.publish.folder)
}

/// Where a build into a folder of its own keeps its manifest: `.<name>.statuary` beside it.
fn beside_name(out: &Path) -> String {
    format!(".{}.statuary", out.file_name().and_then(|n| n.to_str()).unwrap_or("out"))
}
