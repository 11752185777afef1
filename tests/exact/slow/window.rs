//! Rule 8's windows, asked instant by instant: what was the last word by then, and was that part of it said ahead?

use std::collections::BTreeMap;

use statuary::model::{Body, Component, Moment, Record, Settings};

/// A word about a window and when it was said.
#[derive(Clone, Copy)]
struct Word {
    said: i64,
    starts: i64,
    ends: i64,
}

/// Everything the desk said about one component's windows: one list per chain and id, in the order of the chain.
pub struct Windows(Vec<Vec<Word>>);

/// "Desk records fold in chain order; one that claims a later time counts as at the moment." Those at the end of a
/// chain that all claim a later time are later than the moment, and not folded.
pub fn windows(
    chains: &BTreeMap<String, Vec<&Record>>,
    settings: &Settings,
    component: &Component,
    moment: Moment,
) -> Windows {
    let mut lists: BTreeMap<(&str, &str), Vec<Word>> = BTreeMap::new();
    for (name, chain) in chains.iter().filter(|(name, _)| name.starts_with("_desk")) {
        let folded = chain.iter().rposition(|r| r.t <= moment).map_or(0, |last| last + 1);
        for record in &chain[..folded] {
            let Body::Maintenance(says) = &record.body else { continue };
            let mine = says.components.iter().any(|id| owner(settings, id.as_str()) == Some(component.id.as_str()));
            let (starts, ends) = if mine { (says.starts.ms(), says.ends.ms()) } else { (0, 0) };
            let said = record.t.min(moment).ms();
            lists.entry((name, says.id.as_str())).or_default().push(Word { said, starts, ends });
        }
    }
    Windows(lists.values().map(|words| forget(words)).collect())
}

/// Whose records and windows an id's are today.
fn owner<'s>(settings: &'s Settings, id: &str) -> Option<&'s str> {
    let now = settings.components.iter().find(|c| c.id.as_str() == id);
    let then = || settings.components.iter().find(|c| c.formerly.iter().any(|f| f.as_str() == id));
    now.or_else(then).map(|c| c.id.as_str())
}

/// A word that a later record replaced from the same or an earlier time on was never the last word at any instant.
fn forget(words: &[Word]) -> Vec<Word> {
    let later_says = |i: usize| words[i + 1..].iter().any(|later| later.said <= words[i].said);
    (0..words.len()).filter(|i| !later_says(*i)).map(|i| words[i]).collect()
}

impl Windows {
    /// Whether the component is in maintenance at an instant.
    pub fn hold(&self, s: i64) -> bool {
        self.0.iter().any(|words| {
            let last = words.iter().rposition(|w| w.said <= s);
            last.is_some_and(|last| said_ahead(&words[..=last], s))
        })
    }

    /// Every instant at which that may change.
    pub fn edges(&self) -> impl Iterator<Item = i64> {
        self.0.iter().flatten().flat_map(|w| [w.said, w.starts, w.ends])
    }
}

/// Whether the last word holds an instant, and said so before that part of the window began: "a window, or its
/// extension, declared afterwards is shown as such and subtracts nothing".
fn said_ahead(words: &[Word], s: i64) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    if s < last.starts || last.ends <= s {
        return false;
    }
    let Some(old) = before.last().filter(|w| w.starts < w.ends) else { return last.said <= last.starts };
    if old.starts <= s && s < old.ends {
        return said_ahead(before, s);
    }
    // The part that is new: before the old window, or after it.
    let part = if s < old.starts { last.starts } else { last.starts.max(old.ends) };
    last.said <= part
}
