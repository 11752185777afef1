//! Words: which updates are due to be journaled, and when each was first published.

use std::collections::BTreeMap;

use crate::incident::ledger::{self, Entry, FileWords};
use crate::incident::say::Clock;
use crate::incident::windows::remark;
use crate::incident::{Due, Event, Voice};
use crate::model::{Body, DeskWords, History, JournaledUpdate, Moment, Remark, Update, Visibility, WriteUp};

/// The words that are due: a file that is new or changed, with each update that is new or whose text changed.
/// Drafts say nothing; internal files go to the internal chain.
pub(super) fn due(writeups: &[WriteUp], entries: &[Entry<'_>]) -> Vec<Due> {
    let known = [ledger::words(entries, false), ledger::words(entries, true)];
    let mut due = Vec::new();
    for w in writeups.iter().filter(|w| !w.draft) {
        let internal = w.visibility == Visibility::Internal;
        let file = known[usize::from(internal)].get(&w.file);
        let said = |u: &&Update| file.and_then(|f| f.updates.get(&u.key)).is_some_and(|s| s.sha256 == u.sha256);
        let updates: Vec<JournaledUpdate> = w
            .updates
            .iter()
            .filter(|u| !said(u))
            .map(|u| JournaledUpdate { stamp: u.at, key: u.key.clone(), sha256: u.sha256.clone() })
            .collect();
        if !updates.is_empty() || file.is_none_or(|f| f.sha256 != w.sha256) {
            let body = Body::Words(DeskWords { file: w.file.clone(), sha256: w.sha256.clone(), updates });
            due.push(Due { internal, body });
        }
    }
    due
}

/// When words were published, as the record tells.
pub(super) struct Press {
    known: [BTreeMap<String, FileWords>; 2],
    /// The first record of all: what is stamped before it was said before there was a desk.
    began: Option<Moment>,
    moment: Moment,
    look_back: bool,
}

impl Press {
    /// Reads the record.
    pub(super) fn new(history: &History, entries: &[Entry<'_>], moment: Moment, look_back: bool) -> Self {
        Self {
            known: [ledger::words(entries, false), ledger::words(entries, true)],
            began: history.began(),
            moment,
            look_back,
        }
    }

    fn file(&self, w: &WriteUp) -> Option<&FileWords> {
        self.known[usize::from(w.visibility == Visibility::Internal)].get(&w.file)
    }

    /// When an update was first published, and last changed after that. None: not by the moment.
    /// What is stamped before the first record was said before there was a desk: its own stamp counts.
    pub(super) fn published(&self, w: &WriteUp, update: &Update) -> Option<(Moment, Option<Moment>)> {
        let before_desk = |stamp: Option<Moment>| stamp.filter(|at| self.began.is_none_or(|b| *at < b));
        match self.file(w).and_then(|f| f.updates.get(&update.key)) {
            Some(said) => {
                let edited = (said.last > said.first).then_some(said.last);
                Some((before_desk(said.stamp).unwrap_or(said.first), edited))
            }
            None if self.look_back => before_desk(update.at).filter(|at| *at <= self.moment).map(|at| (at, None)),
            // Not journaled yet, and nobody asks how it stood: it is being published now.
            None => Some((update.at.map_or(self.moment, |at| at.min(self.moment)), None)),
        }
    }

    /// When the file was first published; its last change. None: not by the moment.
    pub(super) fn file_moments(&self, w: &WriteUp) -> Option<(Moment, Moment)> {
        match self.file(w) {
            Some(f) => Some((f.first, f.changed)),
            None => (!self.look_back).then_some((self.moment, self.moment)),
        }
    }
}

/// The latest word of a person: its place in the write-up, and when it was first published.
pub(super) fn last(events: &[Event]) -> Option<(usize, Moment)> {
    events.iter().rev().find_map(|e| match e.voice {
        Voice::Person(i) => Some((i, e.published)),
        Voice::Machine(_) => None,
    })
}

/// Times of words that cannot be meant as typed, as their first publication tells.
pub(super) fn remarks(w: &WriteUp, events: &[Event], clock: &Clock) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |update: &Update, text: &str| {
        let mut told = remark(w, text);
        if let Some(origin) = &mut told.origin {
            origin.line = update.line;
        }
        remarks.push(told);
    };
    for e in events {
        let Voice::Person(i) = e.voice else { continue };
        let update = &w.updates[i];
        if let Some(typed) = update.at.filter(|_| update.is_ahead(e.published)) {
            let (typed, published) = (clock.at(typed), clock.at(e.published));
            say(
                update,
                &format!(
                    "this word says {typed}, which was still to come when it was published; it is shown at {published}"
                ),
            );
        }
    }
    // Beside a heading's time, the file alone tells, and its reader has said so.
    let promise = last(events).map(|(i, published)| (&w.updates[i], published));
    if let Some((update, published)) = promise.filter(|(u, published)| u.next.is_none() || u.is_ahead(*published))
        && let Some(time) = update.next_time
        && clock.zone.promised(update.shown_at(published), time).1
    {
        let (time, day) = (time.format("%H:%M"), clock.zone.date(published).succ_opt().unwrap_or_default());
        say(
            update,
            &format!(
                "`next {time}` had passed when this word was published, so it is overdue at once; for a later day write \
                 its date, as in `next {day} {time}`"
            ),
        );
    }
    remarks
}
