//! Where a record lies: a site's own, a copy in another folder, or a published one that is fetched first.

use std::path::{Path, PathBuf};

use crate::app::{Folders, Trouble};
use crate::config::{self, Loaded, Purpose};
use crate::journal::{self, Part, Tell, Verification};
use crate::model::{ChainName, Settings, Zone};

/// A record that can be read. What was fetched for it is thrown away with it.
#[derive(Debug)]
pub struct Kept {
    /// The folder of its chains.
    pub root: PathBuf,
    /// The site's settings, as far as they are known: from its config, or from the rules beside a published copy.
    pub settings: Option<Settings>,
    /// What was fetched, and from where.
    fetched: Option<(tempfile::TempDir, String)>,
}

impl Kept {
    /// The zone that its times are shown in.
    pub fn zone(&self) -> Zone {
        self.settings.as_ref().map_or(Zone::UTC, |s| s.site.time_zone)
    }

    /// How a file of it is called for a person: one that was fetched, by its address.
    pub fn name(&self, path: &Path) -> PathBuf {
        let Some((folder, address)) = &self.fetched else { return path.to_path_buf() };
        let real = folder.path().canonicalize();
        let inside =
            path.strip_prefix(folder.path()).ok().or(real.as_ref().ok().and_then(|f| path.strip_prefix(f).ok()));
        let site = address.trim_end_matches('/').trim_end_matches("/journal");
        inside.map_or(path.to_path_buf(), |inside| PathBuf::from(format!("{site}/{}", inside.display())))
    }

    /// Calls every file of a proof so.
    pub fn rename(&self, proof: &mut Verification) {
        let of_chains = proof.chains.iter_mut().flat_map(|c| &mut c.findings);
        for finding in proof.findings.iter_mut().chain(of_chains) {
            finding.file = self.name(&finding.file);
        }
    }

    /// The folder that the copy stands in, with `status.json`.
    pub fn beside(&self) -> &Path {
        self.root.parent().unwrap_or(&self.root)
    }
}

/// Finds a record. `from` names another's: a folder or an address.
pub fn record(site: &Path, from: Option<&str>, tell: Tell<'_>) -> Result<Kept, Trouble> {
    match from {
        None => own(site),
        Some(from) => copy(from, Part::Record, tell),
    }
}

/// Finds a published copy.
pub fn published(from: &str, tell: Tell<'_>) -> Result<Kept, Trouble> {
    copy(from, Part::All, tell)
}

/// A site's own record. A wrong folder must not look like an empty record that holds.
fn own(site: &Path) -> Result<Kept, Trouble> {
    let root = Folders::of(site).journal;
    if root.exists() || site.join("statuary.toml").exists() {
        return Ok(Kept { root, settings: settings(site), fetched: None });
    }
    Err(Trouble::Usage(format!(
        "{} holds neither a journal nor a statuary.toml; name the site's folder with --site",
        site.display()
    )))
}

/// A broken config takes nobody's record away: the last good one names zone and components too.
fn settings(site: &Path) -> Option<Settings> {
    let purpose = Purpose { looks: false, tells: false };
    let loaded: Option<Loaded> = config::load(site, purpose).ok().or_else(|| config::load_last_good(site, purpose));
    loaded.map(|loaded| loaded.settings)
}

fn copy(from: &str, part: Part, tell: Tell<'_>) -> Result<Kept, Trouble> {
    if !from.contains("://") {
        return folder(Path::new(from));
    }
    let fetched = tempfile::tempdir().map_err(|e| Trouble::Usage(format!("no temporary folder can be made: {e}")))?;
    journal::fetch(from, part, fetched.path(), tell).map_err(|e| Trouble::Usage(e.to_string()))?;
    let mut kept = folder(fetched.path())?;
    kept.fetched = Some((fetched, from.to_owned()));
    Ok(kept)
}

/// A folder with a `journal/` in it, or the journal itself.
fn folder(path: &Path) -> Result<Kept, Trouble> {
    // Its own name is wanted where it is called by another: `.` has no parent that could hold status.json.
    let path = path.canonicalize().map_err(|e| Trouble::Usage(format!("{}: {e}", path.display())))?;
    let inside = path.join("journal");
    let root = if inside.is_dir() { inside } else { path.clone() };
    let chains = journal::chains(&root)?;
    let holds =
        |c: &ChainName| journal::is_chain(c.as_str()) && journal::shelf(&root, c).is_ok_and(|days| !days.is_empty());
    if root == path && !chains.iter().any(holds) && !root.join("index.json").is_file() {
        let text = format!("{} holds no journal: no folder `journal`, and no chain", path.display());
        return Err(Trouble::Usage(text));
    }
    let rules = std::fs::read(root.join("rules.json")).ok().and_then(|bytes| journal::read_rules(&bytes).ok());
    let settings = rules.map(|rules| rules.settings).or_else(|| settings(&path));
    Ok(Kept { root, settings, fetched: None })
}
