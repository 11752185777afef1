//! Maintenance windows: what write-ups declare, and which of it is due to be journaled.

use std::collections::BTreeMap;

use crate::incident::Due;
use crate::incident::graph::Graph;
use crate::incident::ledger::WindowWords;
use crate::incident::recur;
use crate::model::{
    Body, ComponentId, DeskMaintenance, Moment, Remark, Settings, Span, Visibility, WriteUp, WriteUpKind,
};

/// How far ahead occurrences of a recurring window are journaled.
const AHEAD: Span = Span::from_mins(60 * 24 * 60);

/// What stands behind the id of the internal components of a public write-up: its own window, in its own chain.
const INTERNAL: &str = "+internal";

/// A window that a write-up declares now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Window {
    pub(super) writeup: usize,
    pub(super) internal: bool,
    pub(super) word: DeskMaintenance,
}

/// The slug that a window's id was made from.
pub(super) fn slug_of(id: &str) -> &str {
    let id = id.strip_suffix(INTERNAL).unwrap_or(id);
    id.split_once('@').map_or(id, |(slug, _)| slug)
}

/// Every window that write-ups declare now, and what could not be read. Drafts declare nothing.
pub(super) fn declared(
    writeups: &[WriteUp],
    settings: &Settings,
    graph: &Graph<'_>,
    journaled: &BTreeMap<&str, WindowWords<'_>>,
    now: Moment,
) -> (Vec<Window>, Vec<Remark>) {
    let (mut windows, mut remarks) = (Vec::new(), Vec::new());
    for (writeup, w) in writeups.iter().enumerate() {
        if w.kind != WriteUpKind::Maintenance || w.draft {
            continue;
        }
        let times = match (w.starts, w.ends) {
            (Some(starts), Some(ends)) if starts <= ends => (starts, ends),
            (Some(_), Some(_)) => {
                remarks.push(remark(w, "`ends` lies before `starts`: correct one of them; no window is announced"));
                continue;
            }
            _ => {
                let missing = if w.starts.is_none() { "`starts`" } else { "`ends`" };
                remarks.push(remark(w, &format!("a maintenance needs {missing}: no window is announced without it")));
                continue;
            }
        };
        let spans = match &w.recurs {
            None => vec![(String::new(), times.0, times.1)],
            Some(rule) => match occurrences(rule, &w.slug, times, settings, journaled, now) {
                Ok(spans) => spans,
                Err(why) => {
                    remarks.push(remark(w, &format!("`recurs = \"{rule}\"` cannot be read: {why}")));
                    continue;
                }
            },
        };
        for (suffix, starts, ends) in spans {
            windows.extend(sides(w, writeup, graph, &suffix, starts, ends));
        }
    }
    (windows, remarks)
}

/// The public and the internal side of one window. A write-up that is internal has only that one.
fn sides(w: &WriteUp, writeup: usize, graph: &Graph<'_>, suffix: &str, starts: Moment, ends: Moment) -> Vec<Window> {
    let all_internal = w.visibility == Visibility::Internal;
    let known = |want_internal: bool| -> Vec<ComponentId> {
        let mut ids: Vec<ComponentId> = Vec::new();
        for i in w.components.iter().filter_map(|(id, _)| graph.number(id.as_str())) {
            let id = &graph.component(i).id;
            if (all_internal || !graph.is_public(i)) == want_internal && !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    };
    let id = format!("{}{suffix}", w.slug);
    let window = |internal: bool, id: String, components| Window {
        writeup,
        internal,
        word: DeskMaintenance { id, starts, ends, components },
    };
    if all_internal {
        return vec![window(true, id, known(true))];
    }
    let hidden = known(true);
    let mut windows = vec![window(false, id.clone(), known(false))];
    if !hidden.is_empty() {
        windows.push(window(true, format!("{id}{INTERNAL}"), hidden));
    }
    windows
}

/// Occurrences within the next 60 days and those begun: not over, or journaled as not over.
fn occurrences(
    rule: &str,
    slug: &str,
    (starts, ends): (Moment, Moment),
    settings: &Settings,
    journaled: &BTreeMap<&str, WindowWords<'_>>,
    now: Moment,
) -> Result<Vec<(String, Moment, Moment)>, String> {
    let zone = settings.site.time_zone;
    let first = zone.local(starts);
    let lasts = ends - starts;
    let running = |id: &str| journaled.get(id).and_then(|w| w.last()).filter(|(_, _, m)| m.ends > now).map(|w| w.2);
    let begun: Vec<Moment> = journaled
        .keys()
        .filter(|id| slug_of(id) == slug)
        .filter_map(|id| running(id))
        .map(|m| m.starts)
        .chain([now - (ends - starts)])
        .collect();
    // A day to spare on both sides: local times move against each other where clocks change.
    let day = chrono::TimeDelta::days(1);
    let from = zone.local(begun.into_iter().min().unwrap_or(now)) - day;
    let locals = recur::occurrences(rule, first, zone, from, zone.local(now + AHEAD) + day)?;
    if ends == starts {
        return Ok(Vec::new()); // the whole series is called off
    }
    let mut spans = Vec::new();
    for local in locals {
        let suffix = format!("@{}", local.format("%Y-%m-%dT%H:%M"));
        // Every occurrence lasts exactly as long as the first (RFC 5545, 3.8.5.3), also where the clocks change.
        let starts = zone.moment(local);
        let ends = starts + lasts;
        let id = format!("{slug}{suffix}");
        if starts <= now + AHEAD && (ends > now || running(&id).is_some()) {
            spans.push((suffix, starts, ends));
        }
    }
    Ok(spans)
}

/// The windows that are due to be journaled: new, changed, or called off by a change of their write-up.
pub(super) fn due(
    writeups: &[WriteUp],
    settings: &Settings,
    graph: &Graph<'_>,
    journaled: &BTreeMap<&str, WindowWords<'_>>,
    now: Moment,
) -> Vec<Due> {
    let (declared, _) = declared(writeups, settings, graph, journaled, now);
    let mut due = Vec::new();
    let mut say = |internal: bool, word: DeskMaintenance| due.push(Due { internal, body: Body::Maintenance(word) });
    for w in &declared {
        match journaled.get(w.word.id.as_str()).and_then(|words| words.last()) {
            Some((_, internal, last)) if **last == w.word && *internal == w.internal => {}
            None if w.word.starts == w.word.ends => {} // called off before anybody heard of it
            Some(_) | None => say(w.internal, w.word.clone()),
        }
    }
    for (id, words) in journaled {
        let Some((_, internal, last)) = words.last() else { continue };
        let ahead = last.starts > now && last.ends > last.starts;
        if ahead && !declared.iter().any(|w| w.word.id == **id) && called_off(id, writeups, settings, graph, now) {
            say(*internal, DeskMaintenance { ends: last.starts, ..(*last).clone() });
        }
    }
    due
}

/// Whether the write-up of a window still stands, can be read, and no longer has it. A file that is gone calls nothing
/// off: it may only be missing from this copy.
fn called_off(id: &str, writeups: &[WriteUp], settings: &Settings, graph: &Graph<'_>, now: Moment) -> bool {
    let maintenance = |w: &&WriteUp| w.kind == WriteUpKind::Maintenance && !w.draft && w.slug == slug_of(id);
    writeups
        .iter()
        .find(maintenance)
        .is_some_and(|w| declared(std::slice::from_ref(w), settings, graph, &BTreeMap::new(), now).1.is_empty())
}

/// A remark that names its file.
pub(super) fn remark(w: &WriteUp, text: &str) -> Remark {
    let file = std::path::Path::new("incidents").join(&w.file);
    Remark { origin: Some(crate::model::Origin { file, line: 1, column: 1 }), text: text.to_owned() }
}
