//! Rule 8's windows: what counted as maintenance, by the last word journaled at each instant.

use std::collections::BTreeMap;

use crate::model::{Body, Component, DeskMaintenance, Record, Settings};

/// Half-open, in ms, ascending, never touching.
pub(super) type Spans = Vec<(i64, i64)>;

/// A desk's word about a window, and from when it holds.
struct Word<'r> {
    from: i64,
    says: &'r DeskMaintenance,
}

/// All words about windows, per chain and id, in the order in which they came to hold.
pub(super) struct Words<'r>(BTreeMap<(&'r str, &'r str), Vec<Word<'r>>>);

/// Reads the desk's words. `records` are one desk chain's, in the order of `n`.
///
/// A record that claims a time after the moment, but stands before one that does not, counts as at the moment; the
/// ones after that are later than the moment and are not folded.
pub(super) fn listen<'r>(words: &mut Words<'r>, records: &[&'r Record], moment: i64) {
    let Some(last) = records.iter().rposition(|r| r.t.ms() <= moment) else { return };
    for record in &records[..=last] {
        let Body::Maintenance(says) = &record.body else { continue };
        let said = words.0.entry((record.chain.as_str(), &says.id)).or_default();
        let from = record.t.ms().min(moment);
        // Where the desk's clock went back, the later record is the last word from its own time on.
        while said.last().is_some_and(|earlier| earlier.from >= from) {
            said.pop();
        }
        said.push(Word { from, says });
    }
}

impl Words<'_> {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The instants at which a component was in maintenance.
    pub(super) fn windows(&self, settings: &Settings, component: &Component) -> Spans {
        let mut spans: Spans = Vec::new();
        for said in self.0.values() {
            // `ahead`: the part of the current word that was declared before it began.
            let mut ahead: Spans = Vec::new();
            let mut before = (0, 0);
            for (i, word) in said.iter().enumerate() {
                let concerns = word
                    .says
                    .components
                    .iter()
                    .any(|c| settings.component(c.as_str()).is_some_and(|c| c.id == component.id));
                let now = if concerns { (word.says.starts.ms(), word.says.ends.ms()) } else { (0, 0) };
                ahead = declared_ahead(&ahead, before, now, word.from);
                before = now;
                let until = said.get(i + 1).map_or(i64::MAX, |next| next.from);
                spans.extend(ahead.iter().filter_map(|s| cut(*s, (word.from, until))));
            }
        }
        union(spans)
    }
}

/// What a new word keeps of the old one, and those of its new parts that begin at or after the moment it was said.
fn declared_ahead(ahead: &[(i64, i64)], before: (i64, i64), now: (i64, i64), said: i64) -> Spans {
    let mut spans: Spans = ahead.iter().filter_map(|s| cut(*s, now)).collect();
    let news =
        if before.0 < before.1 { [(now.0, now.1.min(before.0)), (now.0.max(before.1), now.1)] } else { [now, (0, 0)] };
    spans.extend(news.into_iter().filter(|(from, to)| from < to && *from >= said));
    union(spans)
}

fn cut(a: (i64, i64), b: (i64, i64)) -> Option<(i64, i64)> {
    let both = (a.0.max(b.0), a.1.min(b.1));
    (both.0 < both.1).then_some(both)
}

/// Sorted and merged.
pub(super) fn union(mut spans: Spans) -> Spans {
    spans.sort_unstable();
    let mut out: Spans = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// What is left of `spans` without `cuts`; both ascending.
pub(super) fn without(spans: Spans, cuts: &[(i64, i64)]) -> Spans {
    if cuts.is_empty() {
        return spans;
    }
    let mut out = Vec::with_capacity(spans.len());
    let mut first = 0;
    for (mut from, to) in spans {
        while cuts.get(first).is_some_and(|c| c.1 <= from) {
            first += 1;
        }
        for cut in cuts[first..].iter().take_while(|c| c.0 < to) {
            if from < cut.0 {
                out.push((from, cut.0));
            }
            from = from.max(cut.1);
        }
        if from < to {
            out.push((from, to));
        }
    }
    out
}
