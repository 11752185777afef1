//! When an incident was at its worst.

use crate::incident::Incident;
use crate::model::{Moment, Status};
use crate::timeline::{ComponentTimeline, Timelines};

/// The first of the moments at which most members stood worst, as known then: an outage counts from the look that
/// confirmed it.
pub(super) fn moment(incident: &Incident, timelines: &Timelines) -> Moment {
    let lines: Vec<&ComponentTimeline> =
        incident.members.iter().filter_map(|m| timelines.components.iter().find(|l| l.id == m.component)).collect();
    let mut candidates: Vec<Moment> = Vec::new();
    for member in &incident.members {
        let Some(line) = lines.iter().find(|l| l.id == member.component) else { continue };
        for outage in line.outages.iter().filter(|o| member.outages.iter().any(|(from, _)| *from == o.from)) {
            let end = outage.end.map(|e| e.at);
            let inside = |at: &Moment| *at >= outage.seen && end.is_none_or(|e| *at < e);
            candidates.push(outage.seen);
            candidates.extend(line.stretches.iter().map(|s| s.from).filter(inside));
        }
    }
    candidates.retain(|at| *at <= timelines.moment);
    candidates.sort_unstable();
    candidates.dedup();
    // The first of the worst: only a worse one replaces it.
    let mut best: Option<([usize; 3], Moment)> = None;
    for at in candidates {
        let score = score(&lines, at);
        if best.is_none_or(|(b, _)| score > b) {
            best = Some((score, at));
        }
    }
    best.map_or(incident.started, |(_, at)| at)
}

/// How many stand in each status, worst first.
fn score(lines: &[&ComponentTimeline], at: Moment) -> [usize; 3] {
    let mut score = [0; 3];
    for line in lines {
        let confirmed = line.outages.iter().any(|o| o.seen <= at && o.end.is_none_or(|e| at < e.at));
        let end = line.stretches.last().is_none_or(|s| at >= s.to);
        let status = if end { line.status() } else { line.status_at(at) };
        match status {
            Status::Major if confirmed => score[0] += 1,
            Status::Partial if confirmed => score[1] += 1,
            Status::Degraded if confirmed => score[2] += 1,
            _ => {}
        }
    }
    score
}
