//! The status words that an update may begin with, and the nearest one to a slip of the thumb.

use crate::model::{IncidentStatus, MaintenanceStatus};

/// A word that an update may begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// An incident's status.
    Incident(IncidentStatus),
    /// A maintenance's status.
    Maintenance(MaintenanceStatus),
    /// "Update": says something, changes nothing.
    Update,
}

const WORDS: [(&str, Word); 10] = [
    ("investigating", Word::Incident(IncidentStatus::Investigating)),
    ("identified", Word::Incident(IncidentStatus::Identified)),
    ("monitoring", Word::Incident(IncidentStatus::Monitoring)),
    ("resolved", Word::Incident(IncidentStatus::Resolved)),
    ("postmortem", Word::Incident(IncidentStatus::Postmortem)),
    ("scheduled", Word::Maintenance(MaintenanceStatus::Scheduled)),
    ("in progress", Word::Maintenance(MaintenanceStatus::InProgress)),
    ("verifying", Word::Maintenance(MaintenanceStatus::Verifying)),
    ("completed", Word::Maintenance(MaintenanceStatus::Completed)),
    ("update", Word::Update),
];

/// English words that stand near a status word and mean something else: no slip, so no remark.
const OTHERS: [&str; 9] =
    ["updates", "updated", "schedule", "schedules", "complete", "completes", "resolve", "resolves", "post-mortems"];

/// How a text begins.
pub(super) enum Beginning {
    /// With a status word, and what follows it.
    Word(Word),
    /// With something that is nearly one: the typed word, the right one.
    Nearly(String, &'static str),
    /// With something else.
    Other,
}

/// Looks whether a text begins with a status word.
pub(super) fn beginning(text: &str) -> Beginning {
    let typed: Vec<&str> = super::when::pieces(text).iter().filter(|p| !p.separator).map(|p| p.text).collect();
    let Some(first) = typed.first() else { return Beginning::Other };
    let pair = typed.get(1).map(|second| plain(&format!("{first} {second}")));
    let first_plain = plain(first);
    let exact = |w: &&(&str, Word)| w.0 == first_plain || pair.as_deref() == Some(w.0) || joined(w.0) == first_plain;
    if let Some((_, word)) = WORDS.iter().find(exact) {
        return Beginning::Word(*word);
    }
    match nearest(&first_plain) {
        Some(right) if !OTHERS.contains(&first_plain.as_str()) => Beginning::Nearly((*first).to_owned(), right),
        _ => Beginning::Other,
    }
}

/// The status word nearest to a typed one; one slip in a short word, two in a longer one.
fn nearest(typed: &str) -> Option<&'static str> {
    close(typed, WORDS.iter().map(|(w, _)| *w).filter(|w| *w != "in progress"))
}

/// The one of `known` that is at most one slip (up to six letters) or two slips away.
pub(super) fn close<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if typed.chars().count() <= 6 { 1 } else { 2 };
    known
        .map(|k| (strsim::damerau_levenshtein(typed, k), k))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

fn plain(word: &str) -> String {
    word.to_lowercase().replace(['_', '-'], " ")
}

/// `post-mortem` and `post mortem` are the same word.
fn joined(word: &str) -> String {
    if word == "postmortem" { "post mortem".to_owned() } else { word.to_owned() }
}
