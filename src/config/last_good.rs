//! The last good config: kept after a load that succeeded, used when the operator's file is broken.
//!
//! A broken config must not blind the monitor. The raw texts are kept, not what they meant: secrets are filled in
//! again from the environment of the day, and nothing secret that was not in the files is written anywhere.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::source::{Source, Sources, shown};

/// The folder below the site's.
const FOLDER: &str = ".statuary/last-good";
/// The one file in it: all texts together, so that a half-written set cannot exist.
const FILE: &str = "config.json";

#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    files: Vec<KeptFile>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct KeptFile {
    name: String,
    text: String,
}

/// Keeps the files. Writes nothing where they are already kept.
pub(super) fn keep(site: &Path, sources: &Sources) -> io::Result<()> {
    let files = sources.0.iter().map(|s| KeptFile { name: s.name.clone(), text: s.text.clone() });
    let bytes = serde_json::to_vec_pretty(&Kept { files: files.collect() })?;
    let folder = site.join(FOLDER);
    let path = folder.join(FILE);
    if std::fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    // Only the owner may read it: a config may hold a secret that a person typed into it.
    let mut beside = tempfile::NamedTempFile::new_in(&folder)?;
    beside.write_all(&bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(&path)?;
    Ok(())
}

/// What was kept; none where nothing was, or where it cannot be read as what was kept.
pub(super) fn kept(site: &Path) -> Option<Sources> {
    let bytes = std::fs::read(site.join(FOLDER).join(FILE)).ok()?;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    let path = |name: &str| -> PathBuf { shown(site, name) };
    let files = kept.files.into_iter().map(|f| Source { path: path(&f.name), name: f.name, text: f.text });
    Some(Sources(files.collect())).filter(|s| !s.0.is_empty())
}
