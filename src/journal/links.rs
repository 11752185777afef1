//! How a chain's records hang together: numbers, predecessors, days, forks and what joins them.

use std::collections::{HashMap, HashSet};

use crate::journal::files::Day;
use crate::journal::verify::{ChainRows, Found, Row};
use crate::journal::write::root_of;
use crate::model::{ChainName, Head};

/// A chain's records seen as a tree: each names one before it.
struct Tree<'a> {
    chain: &'a ChainRows,
    by_hash: &'a HashMap<Head, usize>,
    root: Head,
    /// How many records name this one as the one before them.
    children: Vec<u32>,
    /// Records that a joining record names.
    joined: HashSet<usize>,
    /// The greatest number of a record whose predecessor is not here.
    orphan: Option<u64>,
    found: Vec<Found>,
    /// Places of fatal findings: one cause is told once.
    told: HashSet<(usize, u32)>,
}

/// Everything that is wrong with the numbers and links of a chain. `order` holds the rows in the order of `n`.
pub(super) fn check(
    chain: &ChainRows,
    by_hash: &HashMap<Head, usize>,
    order: &[usize],
    name: &ChainName,
) -> Vec<Found> {
    let mut tree = Tree {
        chain,
        by_hash,
        root: root_of(name),
        children: vec![0; chain.rows.len()],
        joined: HashSet::new(),
        orphan: None,
        found: Vec::new(),
        told: HashSet::new(),
    };
    let mut begins = 0;
    for &i in order {
        let row = &chain.rows[i];
        if let Some(first) = tree.copy_of(i) {
            let line = chain.rows[first].line;
            tree.fail(row, format!("record {} stands twice; its first copy is in line {line}", row.n));
        } else if row.p == tree.root {
            begins += 1;
            tree.begin(row, begins);
        } else {
            tree.link(row);
        }
    }
    tree.loose_ends(order);
    tree.order_in_files();
    tree.days();
    tree.found
}

impl Tree<'_> {
    fn fail(&mut self, row: &Row, text: String) {
        self.told.insert((row.file, row.line));
        self.found.push((row.file, row.line, text, true));
    }

    fn is_told(&self, row: &Row) -> bool {
        self.told.contains(&(row.file, row.line))
    }

    /// The record that this one repeats, hash and all.
    fn copy_of(&self, row: usize) -> Option<usize> {
        self.by_hash.get(&self.chain.rows[row].h).copied().filter(|first| *first != row)
    }

    /// A record that names the chain itself.
    fn begin(&mut self, row: &Row, begins: u32) {
        if row.n != 0 {
            self.fail(row, format!("record {} names the chain's beginning, as only record 0 may", row.n));
        } else if begins > 1 {
            self.found.push((row.file, row.line, "the chain forks at its beginning".to_owned(), false));
        }
    }

    /// A record that names another one.
    fn link(&mut self, row: &Row) {
        let chain = self.chain;
        let Some(&before) = self.by_hash.get(&row.p) else {
            if row.place.after_gap {
                return;
            }
            self.orphan = self.orphan.max(Some(row.n));
            let text = match row.n.checked_sub(1) {
                Some(n) => format!(
                    "record {} names a record before it that is not here: record {n} was removed or changed",
                    row.n
                ),
                None => "record 0 does not begin this chain: its `p` is not the SHA-256 of the chain's name".to_owned(),
            };
            self.fail(row, text);
            return;
        };
        self.children[before] += 1;
        if self.children[before] > 1 {
            let text = format!("the chain forks after record {}", chain.rows[before].n);
            self.found.push((row.file, row.line, text, false));
        }
        let mut expected = chain.rows[before].n.saturating_add(1);
        if let Some((a, b)) = &row.join {
            let both = [a, b].map(|h| self.by_hash.get(h).copied());
            let names_before = row.p == *a || row.p == *b;
            let ([Some(one), Some(other)], true) = (both, names_before) else {
                self.fail(row, format!("record {} joins two heads, but not two that are here", row.n));
                return;
            };
            self.joined.extend([one, other]);
            expected = chain.rows[one].n.max(chain.rows[other].n).saturating_add(1);
        }
        if row.n != expected {
            self.fail(row, format!("record {} should have the number {expected}", row.n));
        }
    }

    /// Branches of a fork that end and that no later record joins.
    fn loose_ends(&mut self, order: &[usize]) {
        let singles: Vec<_> = order.iter().copied().filter(|i| self.copy_of(*i).is_none()).collect();
        let Some((_head, rest)) = singles.split_last() else { return };
        for &i in rest {
            let row = &self.chain.rows[i];
            // Where a later record's predecessor is missing, that says it already.
            let told = self.orphan.is_some_and(|n| n > row.n) || self.is_told(row);
            if self.children[i] == 0 && !row.place.before_gap && !self.joined.contains(&i) && !told {
                self.fail(row, format!("record {} ends a branch: no record follows it and none joins it", row.n));
            }
        }
    }

    /// A file is written from top to bottom; only the branches of a fork may stand one after the other.
    fn order_in_files(&mut self) {
        for pair in self.chain.rows.windows(2) {
            let [above, row] = pair else { continue };
            let branch = self.by_hash.get(&row.p).is_some_and(|before| self.children[*before] > 1);
            let told = self.is_told(above) || self.is_told(row);
            if above.file == row.file && row.n <= above.n && !branch && !told {
                self.fail(row, format!("record {} stands below record {}", row.n, above.n));
            }
        }
    }

    /// A record stands in the file of its UTC day, or in a newer one where its day was already compacted.
    fn days(&mut self) {
        for row in &self.chain.rows {
            let file = self.chain.files[row.file].0;
            let day = Day::of(row.t);
            let moved = day.is_some_and(|day| self.chain.compacted.contains(&day) && file > day);
            if day != Some(file) && !moved {
                self.fail(row, format!("record {} is of {}, another day than its file's", row.n, row.t));
            }
        }
    }
}
