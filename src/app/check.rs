//! `check`: looks at what was picked, and saves nothing.

use std::path::Path;

use crate::app::{Folders, Trouble, clock, conf, history, past};
use crate::config::{Loaded, Purpose};
use crate::probe::{self, Looked, Watch};

/// The config, with the plans of the probes that the patterns name; of all where there is no pattern.
pub fn to_check(site: &Path, only: &[String]) -> Result<Loaded, Trouble> {
    let whole = conf::load(site, Purpose { looks: true, tells: false });
    if only.is_empty() {
        return whole;
    }
    let (mut loaded, broken) = match whole {
        Ok(loaded) => (loaded, None),
        // A secret that is not set here, on an engineer's laptop, may be one of a probe that nobody picked.
        Err(broken) => match conf::load(site, Purpose { looks: false, tells: false }) {
            Ok(loaded) => (loaded, Some(broken)),
            Err(_) => return Err(broken),
        },
    };
    let named = loaded.pick(only).map_err(Trouble::Usage)?;
    match broken {
        Some(broken) if loaded.plans.len() < named => Err(broken),
        _ => Ok(loaded),
    }
}

/// Looks and saves nothing.
pub fn check(site: &Path, loaded: &Loaded, watch: Watch<'_>) -> Looked {
    let now = clock::now();
    let read = history::Reader::open(&Folders::of(site), now).unwrap_or_default();
    let past = past::looks(read.history(), &loaded.settings.run.vantage);
    probe::round(&loaded.plans, &loaded.settings.run, &past::all_due(past), now, watch)
}
