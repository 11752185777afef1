//! What each component shows: the worst of what is measured and what people declare.

use std::collections::BTreeMap;

use crate::incident::book::Desk;
use crate::incident::ledger::{WindowWords, in_window};
use crate::incident::{Incident, Shown};
use crate::model::{Component, Impact, Moment, Status, Visibility};
use crate::timeline::ComponentTimeline;

/// Every component's shown status, in config order.
pub(super) fn shown(desk: &Desk<'_>, incidents: &[Incident], windows: &BTreeMap<&str, WindowWords<'_>>) -> Vec<Shown> {
    let one = |(i, c): (usize, &Component)| {
        let line = desk.facts.lines[i];
        let measured = line.map(|l| (l.status(), since(l)));
        let mut best = measured.unwrap_or_else(|| reported(c, windows, desk.moment));
        let mut declared = line.is_none() && c.probes.is_empty();
        for (status, from) in words(desk, incidents, c) {
            if status > best.0 {
                best = (status, Some(from));
                declared = true;
            } else if declared && status == best.0 {
                best.1 = best.1.map_or(Some(from), |b| Some(b.min(from)));
            }
        }
        let checking = line.and_then(|l| l.pending.as_ref()).map(|p| p.from);
        Shown { component: c.id.clone(), status: best.0, since: best.1, declared, checking }
    };
    desk.settings.components.iter().enumerate().map(one).collect()
}

/// A component without a timeline. One without a probe lives by what people declare, and is well while they say
/// nothing; one with a probe that nobody has looked at yet has no data.
fn reported(c: &Component, windows: &BTreeMap<&str, WindowWords<'_>>, moment: Moment) -> (Status, Option<Moment>) {
    if !c.probes.is_empty() {
        return (Status::NoData, None);
    }
    if !in_window(windows, &c.id, moment) {
        return (Status::Operational, None);
    }
    let begun = windows
        .values()
        .filter_map(|words| words.iter().rev().find(|(t, _, _)| *t <= moment))
        .filter(|(_, _, m)| m.starts <= moment && moment < m.ends && m.components.contains(&c.id));
    (Status::Maintenance, begun.map(|(_, _, m)| m.starts).min())
}

/// Since when the last status has been shown without a break.
fn since(line: &ComponentTimeline) -> Option<Moment> {
    let status = line.status();
    line.stretches.iter().rev().take_while(|s| s.status == status).last().map(|s| s.from)
}

/// What unresolved write-ups declare of a component, and from when. An internal write-up declares nothing of a public
/// component. A component without a probe that is named without an impact is degraded: nobody has measured better.
fn words(desk: &Desk<'_>, incidents: &[Incident], c: &Component) -> Vec<(Status, Moment)> {
    let mut words = Vec::new();
    for i in incidents.iter().filter(|i| !i.status.is_over()) {
        let Some(w) = i.writeup.map(|w| &desk.writeups[w]) else { continue };
        if w.visibility == Visibility::Internal && c.visibility == Visibility::Public {
            continue;
        }
        let names = |id: &str| desk.graph.number(id).is_some_and(|n| desk.graph.component(n).id == c.id);
        for (_, impact) in w.components.iter().filter(|(id, _)| names(id.as_str())) {
            let otherwise = c.probes.is_empty().then_some(Impact::Minor);
            if let Some(impact) = impact.or(w.impact).or(otherwise) {
                words.push((impact.status(), i.started.min(desk.moment)));
            }
        }
    }
    words
}
