//! Rule 1's clock that went back, read along `p` from every end of a chain.

use std::collections::BTreeSet;

use statuary::model::{Body, Record};

const DAY_MS: i64 = 86_400_000;

/// Which records of one chain (in the order of `n`) are set aside, by their place in it.
pub fn aside(chain: &[&Record]) -> BTreeSet<usize> {
    let parents: Vec<Option<usize>> = (0..chain.len()).map(|i| parent(chain, i)).collect();
    let ends = (0..chain.len()).filter(|i| !parents.contains(&Some(*i)));
    ends.flat_map(|end| aside_along(chain, &path(&parents, end))).collect()
}

/// The record that `p` names; where that is not here, the one before it.
fn parent(chain: &[&Record], i: usize) -> Option<usize> {
    chain[..i].iter().position(|r| r.head == chain[i].prev).or(i.checked_sub(1))
}

/// From the first record to this one.
fn path(parents: &[Option<usize>], end: usize) -> Vec<usize> {
    let mut path = vec![end];
    while let Some(before) = parents[path[path.len() - 1]] {
        path.push(before);
    }
    path.reverse();
    path
}

/// "The step is measured from the last round not set aside. At most `gap`: nothing happens. Otherwise the round sets
/// aside those before it that claim the same or a later time; if the step is over a day and no hole that long lies
/// directly before those, it is set aside itself."
fn aside_along(chain: &[&Record], path: &[usize]) -> BTreeSet<usize> {
    let mut aside = BTreeSet::new();
    let mut standing: Vec<usize> = Vec::new();
    for i in path {
        let Body::Round(round) = &chain[*i].body else { continue };
        let t = |i: usize| chain[i].t.ms();
        let step = standing.last().map_or(0, |last| t(*last) - t(*i));
        if step > round.gap.ms() {
            let first = standing.iter().position(|s| t(*s) >= t(*i)).expect("the last one is later");
            let before = standing[..first].iter().map(|s| t(*s)).max();
            // The rounds before the first one of the chain are no hole: nothing tells that nobody looked.
            let hole = before.map_or(0, |before| t(standing[first]) - before);
            if step > DAY_MS && hole < step {
                aside.insert(*i);
                continue;
            }
            aside.extend(standing.iter().filter(|s| t(**s) >= t(*i)));
            standing.retain(|s| t(*s) < t(*i));
        }
        standing.push(*i);
    }
    aside
}
