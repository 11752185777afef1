//! Nobody lowers a measured status: while a member still measures badly, no word ends its incident.
//!
//! A word that says monitoring, resolved or postmortem is shown like every word. But as long as a member's last measured
//! outage in the incident has no end, it does not count: the status is the latest one that ends nothing, at least
//! investigating, there is no end (a written `ended` is not taken either), and the operator is told. As soon as the
//! member is measured well, the word counts again.

use crate::incident::facts::{Facts, Measured};
use crate::incident::say::{self, Clock};
use crate::incident::windows::remark;
use crate::incident::{Event, Voice};
use crate::model::{IncidentStatus, Moment, Remark, Status, WriteUp};

/// What still fails of an incident.
#[derive(Debug)]
pub(super) struct Failing {
    /// Names on the page, as the page lists them.
    names: Vec<String>,
    /// The first of the outages that have no end.
    since: Moment,
    worst: Status,
}

/// The members whose last measured outage has no end. What no timeline tells (the component is gone, the record does
/// not reach back) is declared, not measured: people may end it.
pub(super) fn failing(measured: &[Measured], facts: &Facts<'_>) -> Option<Failing> {
    let mut open: Vec<(usize, Moment, Status, String)> = measured
        .iter()
        .filter_map(|m| {
            let id = &m.member.component;
            let (from, None) = *m.member.outages.last()? else { return None };
            let line = facts.line(id)?;
            line.outages.iter().any(|o| o.from == from && o.end.is_none()).then_some(())?;
            let place = facts.graph.number(id.as_str())?;
            let now = Some(line.status()).filter(|s| s.is_bad()).unwrap_or(m.member.worst);
            Some((place, from, now, facts.name(id)))
        })
        .collect();
    open.sort_by_key(|(place, ..)| *place);
    let since = open.iter().map(|(_, from, ..)| *from).min()?;
    let worst = open.iter().map(|(_, _, worst, _)| *worst).max()?;
    Some(Failing { names: open.into_iter().map(|(.., name)| name).collect(), since, worst })
}

/// Whether a status says that nothing fails any more.
pub(super) const fn says_well(status: IncidentStatus) -> bool {
    matches!(status, IncidentStatus::Monitoring | IncidentStatus::Resolved | IncidentStatus::Postmortem)
}

/// What the operator should know: a write-up says that it is over, and it is not.
pub(super) fn remarks(failing: &Failing, w: &WriteUp, events: &[Event], clock: &Clock, moment: Moment) -> Vec<Remark> {
    let what = match failing.worst {
        Status::Major => "down",
        Status::Partial => "partly down",
        Status::Degraded | Status::Operational | Status::Maintenance | Status::NoData => "degraded",
    };
    let verb = if failing.names.len() == 1 { "measures" } else { "measure" };
    let (names, since) = (say::list(&failing.names), clock.at(failing.since));
    let but = format!("but {names} still {verb} {what} since {since}; the page shows it as open until that is over");
    let last = events.iter().rev().find_map(|e| match e.voice {
        Voice::Person(i) => e.status.map(|s| (i, s, e.at)),
        Voice::Machine(_) => None,
    });
    let mut remarks = Vec::new();
    if let Some((i, status, at)) = last.filter(|(_, s, _)| says_well(*s)) {
        let mut told = remark(w, &format!("the word of {} says {}, {but}", clock.at(at), status.word()));
        if let Some(origin) = &mut told.origin {
            origin.line = w.updates[i].line;
        }
        remarks.push(told);
    }
    if let Some(status) = w.status.filter(|s| says_well(*s)) {
        remarks.push(remark(w, &format!("`status` says {}, {but}", status.word())));
    } else if w.ended.is_some_and(|e| e <= moment) {
        remarks.push(remark(w, &format!("`ended` says that it is over, {but}")));
    }
    remarks
}
