//! Finds a field by its dotted name, and the nearest right one.

use super::tree::{Path, Step};
use super::value::{Field, Type};

/// How like two names must be for "did you mean", from 0 to 1: `stauts` and `status` are 0.83.
const ALIKE: f64 = 0.6;
/// How many names a help lists.
const LISTED: usize = 12;

/// What a path names.
pub(super) enum Found {
    /// A field, by so many of the path's steps.
    Field(Type, usize),
    /// The common beginning of several fields.
    Group,
    /// Nothing: the name that was looked for.
    Nothing(String),
}

/// Looks a path up; of several fields that it begins with, the longest.
pub(super) fn resolve(path: &Path, fields: &[Field]) -> Found {
    let keys = keys(path);
    for steps in (1..=keys.len()).rev() {
        let name = keys[..steps].join(".");
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            return Found::Field(field.ty, steps);
        }
    }
    let name = keys.join(".");
    if keys.len() == path.0.len() && begins_a_field(&name, fields) { Found::Group } else { Found::Nothing(name) }
}

/// Whether a name is a field or the beginning of one.
pub(super) fn begins_a_field(name: &str, fields: &[Field]) -> bool {
    fields
        .iter()
        .any(|field| field.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// "name one of …" for the beginning of several fields.
pub(super) fn inside(path: &Path, fields: &[Field]) -> Option<String> {
    let start = format!("{}.", keys(path).join("."));
    let names: Vec<&str> = fields.iter().map(|field| field.name).filter(|name| name.starts_with(&start)).collect();
    listed("name one: ", &names)
}

/// "did you mean …", or the fields that there are.
pub(super) fn nearest(name: &str, fields: &[Field], more: &[&str]) -> Option<String> {
    let names = fields.iter().map(|field| field.name).chain(more.iter().copied());
    // A path into an open field is misspelt in its first part; the whole would be unlike every name.
    let root = name.split('.').next().unwrap_or(name);
    let likeness = |candidate: &str| like(name, candidate).max(like(root, candidate));
    let best = names.map(|candidate| (likeness(candidate), candidate)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((alike, candidate)) if alike >= ALIKE => Some(format!("did you mean `{candidate}`?")),
        _ => list(fields),
    }
}

/// How like two names are, from 0 to 1, capitals aside.
pub(super) fn like(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(&a.to_ascii_lowercase(), &b.to_ascii_lowercase())
}

/// The fields that there are.
pub(super) fn list(fields: &[Field]) -> Option<String> {
    listed("the fields are ", &fields.iter().map(|field| field.name).collect::<Vec<_>>())
}

fn listed(start: &str, names: &[&str]) -> Option<String> {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > LISTED { ", …" } else { "" };
    (!shown.is_empty()).then(|| format!("{start}{}{more}", shown.join(", ")))
}

/// The names that a path begins with.
fn keys(path: &Path) -> Vec<&str> {
    path.0.iter().map_while(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None }).collect()
}
