//! What earlier swaps made, so that the next one knows its own files from a stranger's and need not read them all.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Moment, Print};
use crate::publish::disk;

/// The one version that is written; another one is read as "nothing is known".
const VERSION: u32 = 1;

/// Every file that we made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    v: u32,
    pub(super) files: BTreeMap<String, Made>,
}

/// One file that we made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made {
    /// SHA-256 of what we put there. More than one while a swap is under way: it may be killed before or after.
    pub(super) sha256: Vec<String>,
    /// How the file looked when it was last known to be so; none: read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) looks: Option<Looks>,
    /// Whether it is an asset.
    pub(super) asset: bool,
    /// An asset that no page names: since when, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unused: Option<i64>,
    /// What it is made from (a [`Print`]); none: it is made each round, or a swap is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
}

/// What the file system tells of a file without reading it. A file changed by hand differs in one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Looks {
    size: u64,
    inode: u64,
    changed: (i64, i64),
    modified: (i64, i64),
}

impl Looks {
    /// In bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn of(meta: &Metadata) -> Self {
        Self {
            size: meta.len(),
            inode: meta.ino(),
            changed: (meta.ctime(), meta.ctime_nsec()),
            modified: (meta.mtime(), meta.mtime_nsec()),
        }
    }
}

impl Made {
    /// A file with these bytes, made from this.
    pub(super) fn new(sha256: String, looks: Option<Looks>, asset: bool, print: Option<Print>) -> Self {
        Self { sha256: vec![sha256], looks, asset, unused: None, from: print.map(|p| p.to_string()) }
    }

    /// What it is made from. What cannot be read is not known.
    pub(super) fn print(&self) -> Option<Print> {
        self.from.as_deref().and_then(Print::parse)
    }

    /// The same while a swap is under way: it may be killed before or after this file.
    pub(super) fn under_way(&self, old: Option<&Self>) -> Self {
        let others = old.into_iter().flat_map(|old| &old.sha256).filter(|sha| !self.sha256.contains(sha));
        let sha256 = self.sha256.iter().chain(others).cloned().collect();
        Self { sha256, from: self.from.clone().filter(|_| self.looks.is_some()), ..self.clone() }
    }

    /// The same asset, which no page names since a moment.
    pub(super) fn left_since(&self, since: Moment) -> Self {
        Self { unused: Some(since.ms()), ..self.clone() }
    }

    /// An asset's first moment without use.
    pub(super) fn unused_since(&self) -> Option<Moment> {
        self.unused.map(Moment::from_ms)
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Self { v: VERSION, files: BTreeMap::new() }
    }
}

impl Manifest {
    /// The manifest of one public folder. One that is missing or cannot be read knows of no file.
    pub(super) fn load(path: &Path) -> Self {
        let read = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        read.filter(|manifest| manifest.v == VERSION).unwrap_or_default()
    }

    /// Writes it beside and renames it, so that it is the old one or the new one whenever we are killed.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        let bytes = serde_json::to_vec(self)?;
        let beside = path.with_extension("new");
        disk::write_synced(&beside, &bytes)?;
        fs::rename(&beside, path)?;
        disk::sync_folder(path.parent().unwrap_or(path))
    }
}

/// Where the manifest of this public folder is kept. A site may be built into several folders; a site that is moved
/// keeps its own, as the name follows from the way between the two.
pub(super) fn path(public: &Path, state: &Path) -> PathBuf {
    state.join(name("published", public, state))
}

/// Where it is noted which folders inside have a manifest of their own.
pub(super) fn settled_path(public: &Path, state: &Path) -> PathBuf {
    state.join(name("settled", public, state))
}

fn name(kind: &str, public: &Path, state: &Path) -> String {
    let site = state.parent().unwrap_or(state);
    let way = public.strip_prefix(site).unwrap_or(public);
    let hash = Sha256::digest(way.as_os_str().as_encoded_bytes());
    hash[..8].iter().fold(format!("{kind}-"), |name, byte| format!("{name}{byte:02x}")) + ".json"
}
