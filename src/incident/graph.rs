//! Who depends on whom, and who else is close: a group, a host.

use std::collections::HashMap;

use crate::model::{Component, Settings, Visibility};

/// The components by number (their place in the config), and the lines of `depends_on` between them.
pub(super) struct Graph<'a> {
    settings: &'a Settings,
    index: HashMap<&'a str, usize>,
    deps: Vec<Vec<usize>>,
    rank: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// Numbers the components. Ids that a component had before name it too.
    pub(super) fn new(settings: &'a Settings) -> Self {
        let mut index = HashMap::new();
        for (i, c) in settings.components.iter().enumerate() {
            for old in &c.formerly {
                index.entry(old.as_str()).or_insert(i);
            }
        }
        // An id of today wins over one of yesterday.
        for (i, c) in settings.components.iter().enumerate() {
            index.insert(c.id.as_str(), i);
        }
        let deps: Vec<Vec<usize>> = settings
            .components
            .iter()
            .map(|c| c.depends_on.iter().filter_map(|d| index.get(d.as_str()).copied()).collect())
            .collect();
        let rank = ranks(&deps);
        Self { settings, index, deps, rank }
    }

    /// A component's number, by an id of today or before.
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// A component by its number.
    pub(super) fn component(&self, i: usize) -> &'a Component {
        &self.settings.components[i]
    }

    /// Its place in an order that has dependencies first and else follows the config.
    pub(super) fn rank(&self, i: usize) -> usize {
        self.rank[i]
    }

    /// Whether the public may know of it.
    pub(super) fn is_public(&self, i: usize) -> bool {
        self.component(i).visibility == Visibility::Public
    }

    /// The longest way down from `from` to every component it depends on, in steps; none where it does not.
    pub(super) fn depths(&self, from: usize) -> Vec<Option<usize>> {
        let mut depth = vec![None; self.deps.len()];
        depth[from] = Some(0);
        let mut order: Vec<usize> = (0..self.deps.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(self.rank[*i]));
        for i in order {
            let Some(steps) = depth[i] else { continue };
            for &d in self.deps[i].iter().filter(|d| self.rank[**d] < self.rank[i]) {
                depth[d] = depth[d].max(Some(steps + 1));
            }
        }
        depth
    }

    /// Whether one depends on the other, through any number of steps, whether those fail or not.
    pub(super) fn linked(&self, a: usize, b: usize) -> bool {
        a != b && (self.depths(a)[b].is_some() || self.depths(b)[a].is_some())
    }

    /// Whether two share a group (no group counts as one) or a target's host.
    pub(super) fn neighbours(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.component(a), self.component(b));
        let host = |c: &'a Component| c.probes.iter().filter_map(|p| p.host.as_deref());
        a.group == b.group || host(a).any(|h| host(b).any(|other| h.eq_ignore_ascii_case(other)))
    }
}

/// Depth first, in the order of the config: a component stands after all that it depends on.
fn ranks(deps: &[Vec<usize>]) -> Vec<usize> {
    fn visit(i: usize, deps: &[Vec<usize>], rank: &mut [usize], seen: &mut [bool], next: &mut usize) {
        if std::mem::replace(&mut seen[i], true) {
            return;
        }
        for &d in &deps[i] {
            visit(d, deps, rank, seen, next);
        }
        rank[i] = *next;
        *next += 1;
    }
    let (mut rank, mut seen, mut next) = (vec![0; deps.len()], vec![false; deps.len()], 0);
    for i in 0..deps.len() {
        visit(i, deps, &mut rank, &mut seen, &mut next);
    }
    rank
}
