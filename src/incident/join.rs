//! Which write-up tells of which of the journal's incidents.

use crate::incident::graph::Graph;
use crate::incident::ledger::{Case, Cases};
use crate::incident::windows::remark;
use crate::incident::words::Press;
use crate::model::{ComponentId, IncidentId, Moment, Remark, Settings, Span, Update, Visibility, WriteUp, WriteUpKind};

/// How far from an incident a write-up's time may lie.
const AROUND: Span = Span::from_mins(24 * 60);

/// What becomes one incident of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// Indices of the journal's cases; none: only people speak of it.
    pub(super) cases: Vec<usize>,
    pub(super) writeup: Option<usize>,
}

/// Joins them: first those that name their incident, then by components and time where that is unambiguous; those that
/// follow another come last, as they tell what came after.
pub(super) fn pairs(
    cases: &Cases,
    writeups: &[WriteUp],
    graph: &Graph<'_>,
    settings: &Settings,
    press: &Press,
    moment: Moment,
) -> (Vec<Pair>, Vec<Remark>) {
    let mut taken: Vec<Option<usize>> = vec![None; cases.len()];
    let (mut pairs, mut remarks) = (Vec::new(), Vec::new());
    let of_incidents = || writeups.iter().enumerate().filter(|(_, w)| w.kind == WriteUpKind::Incident && !w.draft);
    let named = |w: &WriteUp| !w.incident.is_empty() || cases.number(&w.slug).is_some_and(|c| known(&cases[c]));
    for (i, w) in of_incidents().filter(|(_, w)| named(w)) {
        let cases = by_name(i, w, cases, writeups, &mut taken, &mut remarks);
        pairs.push(Pair { cases, writeup: Some(i) });
    }
    for follower in [false, true] {
        for (i, w) in of_incidents().filter(|(_, w)| !named(w) && w.follows.is_some() == follower) {
            let mut candidates = candidates(w, cases, graph, settings, press, moment);
            if let Some(other) = candidates.iter().find_map(|c| taken[*c]).filter(|_| !follower) {
                let other = &writeups[other].file;
                remarks.push(remark(w, &format!("could tell of an incident that {other} already tells of; it stands alone. Name its incident with `incident = [\"…\"]`")));
            }
            candidates.retain(|c| taken[*c].is_none());
            let cases = match candidates[..] {
                [one] => {
                    taken[one] = Some(i);
                    vec![one]
                }
                [] => Vec::new(),
                _ => {
                    let ids: Vec<&str> = candidates.iter().map(|c| cases[*c].id.as_str()).collect();
                    remarks.push(remark(
                        w,
                        &format!("could tell of {}: it stands alone until `incident` names one", ids.join(" or ")),
                    ));
                    Vec::new()
                }
            };
            pairs.push(Pair { cases, writeup: Some(i) });
        }
    }
    pairs.extend(
        (0..cases.len())
            .filter(|c| taken[*c].is_none() && known(&cases[*c]))
            .map(|c| Pair { cases: vec![c], writeup: None }),
    );
    (pairs, remarks)
}

/// The cases that a write-up names, in the journal's order; each can be told by one write-up only.
fn by_name(
    i: usize,
    w: &WriteUp,
    cases: &Cases,
    writeups: &[WriteUp],
    taken: &mut [Option<usize>],
    remarks: &mut Vec<Remark>,
) -> Vec<usize> {
    let by_slug = w.incident.is_empty().then_some(w.slug.as_str());
    let mut found = Vec::new();
    for id in w.incident.iter().map(IncidentId::as_str).chain(by_slug) {
        let case = cases.number(id).filter(|c| known(&cases[*c]));
        match case.filter(|c| same_side(&cases[*c], w)) {
            // An internal word about a public incident stands apart; a public one must not learn that it exists.
            None if case.is_some_and(|c| !cases[c].internal) => {}
            None => {
                let near = nearest(id, cases.iter().filter(|c| known(c) && same_side(c, w)).map(|c| c.id.as_str()));
                remarks.push(remark(w, &format!("`incident` names {id}, which the journal does not know{near}")));
            }
            Some(c) => match taken[c] {
                None => {
                    taken[c] = Some(i);
                    found.push(c);
                }
                Some(other) if other == i => {}
                Some(other) => {
                    let other = &writeups[other].file;
                    remarks.push(remark(w, &format!("`incident` names {id}, which {other} already tells of")));
                }
            },
        }
    }
    found.sort_unstable();
    found
}

/// The cases that share a component with a write-up and lie at its time: around it, or, where one of them holds it, in
/// it. A write-up without any time speaks of what is open when it is first published; where it names no component
/// either, of whatever that is.
fn candidates(
    w: &WriteUp,
    cases: &Cases,
    graph: &Graph<'_>,
    settings: &Settings,
    press: &Press,
    moment: Moment,
) -> Vec<usize> {
    let ids: Vec<&ComponentId> =
        w.components.iter().map(|(id, _)| graph.number(id.as_str()).map_or(id, |i| &graph.component(i).id)).collect();
    let shares = |c: &Case| c.parts.iter().any(|p| ids.contains(&&p.component));
    let Some((from, to)) = time(w, settings, press) else {
        // What follows another, or says when it was over, tells of the past.
        let timeless = w.follows.is_none() && w.ended.is_none();
        let Some((first, _)) = press.file_moments(w).filter(|_| timeless) else { return Vec::new() };
        let fits = |c: &Case| known(c) && same_side(c, w) && open_at(c, first, moment) && (ids.is_empty() || shares(c));
        return (0..cases.len()).filter(|c| fits(&cases[*c])).collect();
    };
    let near = |around: Span| -> Vec<usize> {
        let fits = |c: &Case| {
            let (start, end) = span(c, moment);
            // A heading's time is exact to the minute only.
            known(c) && same_side(c, w) && shares(c) && from <= end + around && to >= start.minute() - around
        };
        (0..cases.len()).filter(|c| fits(&cases[*c])).collect()
    };
    let within = near(Span::ZERO);
    if within.len() == 1 {
        return within;
    }
    let mut around = near(AROUND);
    // Of several, the one that had begun when the words were first published: a later incident takes no words away.
    if let Some((first, _)) = press.file_moments(w).filter(|_| around.len() > 1) {
        let then: Vec<usize> = around.iter().copied().filter(|c| span(&cases[*c], moment).0 <= first).collect();
        if then.len() == 1 {
            around = then;
        }
    }
    around
}

/// Whether its opening was saved: a join alone is what a kill between two chains leaves.
fn known(case: &Case) -> bool {
    case.opened.is_some()
}

/// Public words join public incidents, internal ones internal incidents.
fn same_side(case: &Case, w: &WriteUp) -> bool {
    case.internal == (w.visibility == Visibility::Internal)
}

/// From its first failure to its last recovery, or the moment.
fn span(case: &Case, moment: Moment) -> (Moment, Moment) {
    let start = case.spells().map(|s| s.start.at).min().unwrap_or(moment);
    let end = case.spells().map(|s| s.end.map_or(moment, |e| e.at)).max().unwrap_or(moment);
    (start, end.max(start))
}

/// Whether it had begun and was not yet resolved.
fn open_at(case: &Case, at: Moment, moment: Moment) -> bool {
    span(case, moment).0.minute() <= at && case.resolved.is_none_or(|r| r.seen > at)
}

/// The time that a write-up speaks of: a moment, or the day in the file's name.
fn time(w: &WriteUp, settings: &Settings, press: &Press) -> Option<(Moment, Moment)> {
    let shown = |u: &Update| u.at.map(|at| press.published(w, u).map_or(at, |(published, _)| u.shown_at(published)));
    let first_word = || w.updates.iter().filter_map(shown).min();
    if let Some(at) = w.started.or_else(first_word) {
        return Some((at, at));
    }
    let zone = settings.site.time_zone;
    let day = file_date(w)?;
    let start = zone.day_start(day);
    Some((start, start + zone.day_length(day)))
}

/// The date that a file's name begins with.
pub(super) fn file_date(w: &WriteUp) -> Option<chrono::NaiveDate> {
    let name = w.file.rsplit('/').next()?;
    chrono::NaiveDate::parse_from_str(name.get(..10)?, "%Y-%m-%d").ok()
}

/// "; did you mean …?", where something is close enough.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    // One slip of the finger in a short name (`wbe`) is far by the share of letters, and near all the same.
    let slip = |k: &str| name.chars().count() > 2 && strsim::osa_distance(name, k) == 1;
    let best = known
        .map(|k| (strsim::jaro_winkler(name, k).max(if slip(k) { 0.9 } else { 0.0 }), k))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score >= 0.8);
    best.map_or_else(String::new, |(_, k)| format!("; did you mean {k}?"))
}
