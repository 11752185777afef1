//! Picks probes by the names and patterns that a person types.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use crate::model::ProbeKey;

use super::Loaded;
use super::nearest::nearest;

/// How many names a message lists.
const LISTED: usize = 12;

impl Loaded {
    /// Keeps the plans of the probes that are named by a component's id (`web`), a probe's key (`web/http`), or a
    /// pattern over either (`w*`, `web/*`, `*/http`; a `*` stays on its side of the `/`). Gives how many probes are
    /// named: more than plans are kept where a secret is not set.
    ///
    /// The error names each pattern that matches nothing, the nearest right name, and what there is.
    pub fn pick(&mut self, patterns: &[String]) -> Result<usize, String> {
        let (mut picked, mut wrong) = (BTreeSet::new(), Vec::new());
        for pattern in patterns {
            match self.named(pattern) {
                Ok(keys) => picked.extend(keys),
                Err(why) => wrong.push(why),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong.join("\n") + "\n" + &self.listed());
        }
        self.plans.retain(|plan| picked.contains(&plan.key));
        Ok(picked.len())
    }

    fn named(&self, pattern: &str) -> Result<Vec<ProbeKey>, String> {
        let glob = matcher(pattern)?;
        let mut keys = Vec::new();
        for component in &self.settings.components {
            let whole = glob.is_match(component.id.as_str());
            let probes = component.probes.iter().filter(|probe| whole || glob.is_match(probe.key.as_str()));
            keys.extend(probes.map(|probe| probe.key.clone()));
            if whole && component.probes.is_empty() && component.id.as_str() == pattern {
                return Err(format!("`{pattern}` has no probe to look with"));
            }
        }
        if keys.is_empty() {
            let near = nearest(pattern, self.names());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!("`{pattern}` names no component and no probe{near}"));
        }
        Ok(keys)
    }

    /// Every component that is looked at, each followed by its probes.
    fn names(&self) -> impl Iterator<Item = &str> {
        let looked_at = self.settings.components.iter().filter(|component| !component.probes.is_empty());
        looked_at.flat_map(|component| {
            std::iter::once(component.id.as_str()).chain(component.probes.iter().map(|probe| probe.key.as_str()))
        })
    }

    fn listed(&self) -> String {
        let all: Vec<_> = self.names().filter(|name| name.contains('/')).collect();
        let more = all.len().saturating_sub(LISTED);
        let names = all[..all.len() - more].iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match (all.len(), more) {
            (0, _) => "there is no probe yet".to_owned(),
            (_, 0) => format!("there are {names}"),
            _ => format!("there are {names} and {more} more"),
        }
    }
}

fn matcher(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|e| format!("`{pattern}` is no pattern: {}", e.kind()))
}
