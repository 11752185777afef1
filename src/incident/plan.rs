//! Maintenance as it stands: what was announced, what people say of it, and what the clock says.

use std::collections::{BTreeMap, BTreeSet};

use crate::incident::Maintenance;
use crate::incident::book::Desk;
use crate::incident::ledger::WindowWords;
use crate::incident::windows::{self, Window};
use crate::model::{
    ComponentId, DeskMaintenance, IncidentStatus, MaintenanceStatus, Moment, Remark, Visibility, WriteUp, WriteUpKind,
};

/// Every window that the journal or a write-up knows at the moment, by beginning; and what could not be read.
pub(super) fn maintenances(
    desk: &Desk<'_>,
    journaled: &BTreeMap<&str, WindowWords<'_>>,
) -> (Vec<Maintenance>, Vec<Remark>) {
    let (declared, remarks) = windows::declared(desk.writeups, desk.settings, desk.graph, journaled, desk.moment);
    let mut starts: BTreeMap<&str, BTreeSet<Moment>> = BTreeMap::new();
    for (_, _, m) in journaled.values().filter_map(|words| words.last()).filter(|(_, _, m)| m.ends > m.starts) {
        starts.entry(windows::slug_of(&m.id)).or_default().insert(m.starts);
    }
    let mut all: Vec<Maintenance> = journaled
        .iter()
        .map(|(id, words)| {
            let words: Vec<(Moment, &DeskMaintenance)> = words.iter().map(|(t, _, m)| (*t, *m)).collect();
            let internal = journaled[id].iter().any(|(_, internal, _)| *internal);
            window(desk, internal, &words, &starts)
        })
        .collect();
    // What is not journaled yet is being announced now, unless somebody asks how it stood.
    let fresh =
        |w: &&Window| !desk.look_back && w.word.starts < w.word.ends && !journaled.contains_key(w.word.id.as_str());
    all.extend(declared.iter().filter(fresh).map(|w| window(desk, w.internal, &[(desk.moment, &w.word)], &starts)));
    all.sort_by(|a, b| (a.starts, &a.id).cmp(&(b.starts, &b.id)));
    (all, remarks)
}

/// One window, from the words about it, oldest first.
fn window(
    desk: &Desk<'_>,
    internal: bool,
    words: &[(Moment, &DeskMaintenance)],
    starts: &BTreeMap<&str, BTreeSet<Moment>>,
) -> Maintenance {
    let ((announced, first), (_, last)) = (words[0], words[words.len() - 1]);
    let of = |w: &&WriteUp| w.kind == WriteUpKind::Maintenance && !w.draft && w.slug == windows::slug_of(&last.id);
    let writeup = desk.writeups.iter().position(|w| of(&w));
    let w = writeup.map(|i| &desk.writeups[i]);
    let next = starts.get(windows::slug_of(&last.id)).and_then(|s| s.iter().find(|at| **at > last.starts)).copied();
    let cancelled = last.ends <= last.starts;
    let said = w.and_then(|w| latest_word(desk, w, last, next));
    let clock = if desk.moment < last.starts {
        MaintenanceStatus::Scheduled
    } else if desk.moment < last.ends {
        MaintenanceStatus::InProgress
    } else {
        MaintenanceStatus::Completed
    };
    let status = if cancelled {
        MaintenanceStatus::Completed
    } else {
        match said {
            // "Scheduled" is what the clock knows better.
            None | Some(MaintenanceStatus::Scheduled) => clock,
            Some(said) => said,
        }
    };
    // Past its end, and the last that people said is that they are still at it.
    let at_it = matches!(status, MaintenanceStatus::InProgress | MaintenanceStatus::Verifying);
    let late = announced > first.starts
        || words.windows(2).any(|pair| {
            let ((_, before), (t, after)) = (pair[0], pair[1]);
            after.ends > before.ends && t > before.ends
        });
    let public = !internal && w.is_none_or(|w| w.visibility == Visibility::Public);
    let shown = |id: &&ComponentId| !public || desk.facts.is_public(id);
    Maintenance {
        id: last.id.clone(),
        writeup,
        title: w.map_or_else(|| windows::slug_of(&last.id).to_owned(), |w| w.title.clone()),
        status,
        starts: last.starts,
        ends: last.ends,
        components: last.components.iter().filter(shown).cloned().collect(),
        overrun: !cancelled && at_it && desk.moment >= last.ends,
        declared_late: late,
        cancelled,
        announced,
        public,
    }
}

/// The latest word about this window by the moment. Of a recurring one, a word belongs to the occurrence that began
/// last before it.
fn latest_word(
    desk: &Desk<'_>,
    w: &WriteUp,
    window: &DeskMaintenance,
    next: Option<Moment>,
) -> Option<MaintenanceStatus> {
    let recurs = window.id.contains('@');
    let mut said: Vec<(Moment, MaintenanceStatus)> = Vec::new();
    for update in &w.updates {
        let over = matches!(update.status, Some(IncidentStatus::Resolved | IncidentStatus::Postmortem));
        let word = update.maintenance.or(over.then_some(MaintenanceStatus::Completed));
        let Some((word, (published, _))) = word.zip(desk.press.published(w, update)) else { continue };
        let at = update.at.unwrap_or(published);
        if at <= desk.moment && (!recurs || window.starts <= at && next.is_none_or(|n| at < n)) {
            said.push((at, word));
        }
    }
    said.sort_by_key(|(at, _)| *at); // stable: of two at one time, the later in the file
    said.last().map(|(_, word)| *word)
}
