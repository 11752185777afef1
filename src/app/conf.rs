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
            None => without_secrets(at, purpose, mistakes, report),
        },
    }
}

/// A secret that is not set spoils one target or one channel, not the whole round: what needs it is left out, today's
/// file before the last good one, and the mistakes stay in the report.
fn without_secrets(
    at: &Folders,
    purpose: Purpose,
    mistakes: config::Mistakes,
    report: &mut Report,
) -> Result<Loaded, Trouble> {
    let bare = Purpose { looks: false, tells: false };
    if bare == purpose {
        return Err(mistakes.into());
    }
    let Some(loaded) = config::load(&at.site, bare).ok().or_else(|| config::load_last_good(&at.site, bare)) else {
        return Err(mistakes.into());
    };
    report.warnings.push("a secret of the config is not set; this run went on without what needs it".to_owned());
    report.troubles.push(mistakes.into());
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[site]\ntitle = \"S\"\nurl = \"https://status.example.com/\"\n\
        [[component]]\nid = \"web\"\nname = \"Web\"\n\
        [[component.probe]]\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n";
    const CHANNEL: &str = "[[notify]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"${STATUARY_TEST_NEVER_SET}\"\n";
    const PROBE: &str =
        "[[component.probe]]\nkind = \"http\"\nurl = \"https://a:${STATUARY_TEST_NEVER_SET}@b.example/\"\n";

    /// What is kept of a config: probes looked at, channels told; and the exit codes of what was wrong.
    fn check(configs: &[&str]) -> Option<(usize, usize, Vec<u8>)> {
        let site = tempfile::tempdir().unwrap();
        let at = Folders::of(site.path());
        let mut last = None;
        for text in configs {
            std::fs::write(site.path().join("statuary.toml"), text).unwrap();
            let mut report = Report::default();
            let loaded = load_or_last_good(&at, Purpose { looks: true, tells: true }, &mut report);
            let codes = report.troubles.iter().map(Trouble::code).collect();
            last = loaded.ok().map(|l| (l.plans.len(), l.channels.len(), codes));
        }
        last
    }

    #[test]
    fn a_secret_that_is_not_set_never_blinds_the_monitor() {
        let (channel, probe) = (format!("{GOOD}{CHANNEL}"), format!("{GOOD}{PROBE}"));
        assert_eq!(check(&[GOOD]), Some((1, 0, vec![])));
        assert_eq!(check(&[&channel]), Some((1, 0, vec![2])));
        assert_eq!(check(&[&probe]), Some((1, 0, vec![2])));
        // What was good as a whole comes before what is good in part.
        assert_eq!(check(&[GOOD, &channel]), Some((1, 0, vec![2])));
        assert_eq!(check(&["nonsense"]), None);
        assert_eq!(check(&[&format!("{channel}nonsense = 1\n")]), None);
    }
}
