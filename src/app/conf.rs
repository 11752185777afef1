//! The config, or the last good one: a broken file must not blind the monitor.

use std::path::Path;

use crate::app::{Folders, Report, Trouble};
use crate::config::{self, Loaded, Purpose};

/// The config as it stands.
pub fn load(site: &Path, purpose: Purpose) -> Result<Loaded, Trouble> {
    Ok(config::load(site, purpose)?)
}

/// The config, kept as the last good one; where it is broken, the last good one, with the trouble in the report.
pub fn load_or_last_good(at: &Folders, purpose: Purpose, report: &mut Report) -> Result<Loaded, Trouble> {
    match config::load(&at.site, purpose) {
        Ok(loaded) => {
            if let Err(e) = config::keep_last_good(&at.site, &loaded.sources) {
                report.warnings.push(format!("the last good config could not be kept: {e}"));
            }
            Ok(loaded)
        }
        Err(mistakes) => match config::load_last_good(&at.site, purpose) {
            Some(loaded) => {
                report.warnings.push("the config is broken; this run used the last good one".to_owned());
                report.troubles.push(mistakes.into());
                Ok(loaded)
            }
            None => Err(mistakes.into()),
        },
    }
}
