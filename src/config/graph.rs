//! What components say of each other: `depends_on`, its cycles, and `formerly`.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::model::{Component, ComponentId};

use super::components::Places;
use super::nearest::did_you_mean;
use super::reader::Reader;

/// Checks every reference between components.
pub(super) fn check(reader: &mut Reader<'_>, components: &[Component], places: &[Places]) {
    let mut index = Index::new();
    for (i, component) in components.iter().enumerate() {
        index.entry(&component.id).or_insert(i);
    }
    unknown(reader, components, places, &index);
    formerly(reader, components, places, &index);
    cycles(reader, components, places, &index);
}

/// Where in the config a component stands.
type Index<'a> = HashMap<&'a ComponentId, usize>;

fn unknown(reader: &mut Reader<'_>, components: &[Component], places: &[Places], index: &Index<'_>) {
    // With a syntax error in sight, the component may stand where nothing could be read.
    if reader.broken {
        return;
    }
    for (component, place) in components.iter().zip(places) {
        for (id, at) in component.depends_on.iter().zip(&place.depends_on) {
            if index.contains_key(id) {
                continue;
            }
            let renamed = components.iter().find(|c| c.formerly.contains(id));
            let help = renamed
                .map(|c| format!("it is called `{}` now", c.id))
                .or_else(|| did_you_mean(id.as_str(), components.iter().map(|c| c.id.as_str())));
            reader
                .found
                .error(*at, format!("there is no component `{id}`"))
                .expected(format!("`{}` depends on it", component.id))
                .help_maybe(help);
        }
    }
}

fn formerly(reader: &mut Reader<'_>, components: &[Component], places: &[Places], index: &Index<'_>) {
    let mut seen = Index::new();
    for (i, (component, place)) in components.iter().zip(places).enumerate() {
        for (id, at) in component.formerly.iter().zip(&place.formerly) {
            if let Some(live) = index.get(id) {
                reader
                    .found
                    .error(*at, format!("`{id}` is still the id of a component"))
                    .also(places[*live].id, "it stands here")
                    .help("a former id can belong to one component only: its records are that one's");
            } else if let Some(other) = seen.get(id).filter(|other| **other != i) {
                reader
                    .found
                    .error(
                        *at,
                        format!("`{id}` cannot have been both `{}` and `{}`", components[*other].id, component.id),
                    )
                    .also(places[*other].id, "this one claims it too");
            }
            seen.entry(id).or_insert(i);
        }
    }
}

/// Each cycle is told once, from the component in it that stands first.
fn cycles(reader: &mut Reader<'_>, components: &[Component], places: &[Places], index: &Index<'_>) {
    let edges = |c: &Component| c.depends_on.iter().filter_map(|id| index.get(id).copied()).collect();
    let edges: Vec<Vec<usize>> = components.iter().map(edges).collect();
    let mut done = BTreeSet::new();
    for start in 0..components.len() {
        if done.contains(&start) {
            continue;
        }
        if let Some(path) = way_back(start, &edges, &done) {
            let names: Vec<&str> = path.iter().chain([&start]).map(|i| components[*i].id.as_str()).collect();
            let next = path.get(1).unwrap_or(&start);
            let at = components[start].depends_on.iter().position(|id| *id == components[*next].id);
            let place = at.and_then(|i| places[start].depends_on.get(i)).unwrap_or(&places[start].id);
            let finding =
                reader.found.error(*place, format!("`depends_on` goes round in a circle: {}", names.join(" → ")));
            finding.help("of two that need each other, name only the one that fails first");
            done.extend(path);
        }
        done.insert(start);
    }
}

/// The shortest way from a component back to itself, over those that are not done.
fn way_back(start: usize, edges: &[Vec<usize>], done: &BTreeSet<usize>) -> Option<Vec<usize>> {
    let mut came_from = HashMap::<usize, usize>::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &next in &edges[at] {
            if next == start {
                let mut path = vec![at];
                while let Some(before) = came_from.get(&path[path.len() - 1]) {
                    path.push(*before);
                }
                path.reverse();
                return Some(path);
            }
            if !came_from.contains_key(&next) && !done.contains(&next) {
                came_from.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}
