//! What stands in the public folder as an earlier swap left it: it need not be made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Print;
use crate::publish::manifest::{self, Looks, Made, Manifest};
use crate::publish::settled::Settled;
use crate::publish::{PublishError, Swapped};

/// The public folder before a swap.
#[derive(Debug)]
pub struct Standing {
    pub(super) public: PathBuf,
    pub(super) state: PathBuf,
    /// Where the list of published files lies.
    pub(super) note: PathBuf,
    pub(super) before: Manifest,
    pub(super) prints: BTreeMap<String, Print>,
    /// Folders that have a list of their own, and where that is noted.
    pub(super) settled: Settled,
    pub(super) settled_note: PathBuf,
    /// What was noted before.
    pub(super) noted: Settled,
    /// Whether the one list gives files up to them.
    pub(super) handed: bool,
    /// Those that are to stay so.
    pub(super) wanted: BTreeSet<String>,
    /// What was done to them.
    pub(super) apart: Swapped,
    pub(super) ways: Ways,
}

impl Standing {
    /// Looks at every file that an earlier swap made and noted with a print: whether it is still the one that was put
    /// there, as far as the file system tells without reading it. Makes the folders where they are missing.
    pub(super) fn find(public: &Path, state: &Path) -> Result<Self, PublishError> {
        let (public, state) = (real_folder(public)?, real_folder(state)?);
        let note = manifest::path(&public, &state);
        let (before, settled_note) = (Manifest::load(&note), manifest::settled_path(&public, &state));
        let noted = Settled::load(&settled_note);
        let mut here = Self {
            ways: Ways::new(&public),
            public,
            state,
            note,
            before,
            prints: BTreeMap::new(),
            settled: noted.clone(),
            settled_note,
            noted,
            handed: false,
            wanted: BTreeSet::new(),
            apart: Swapped::default(),
        };
        let folders: Vec<String> = here.settled.folders.keys().cloned().collect();
        for folder in &folders {
            here.hand_over(folder);
        }
        for (path, made) in &here.before.files {
            let Some(print) = made.print() else { continue };
            if here.ways.stands(path, made)? {
                here.prints.insert(path.clone(), print);
            }
        }
        Ok(here)
    }

    /// What each file that stands is made from. One that is missing here has to be made.
    pub fn prints(&self) -> &BTreeMap<String, Print> {
        &self.prints
    }

    /// The SHA-256 of a file that stands and is made from this.
    pub(super) fn sha256(&self, path: &str, print: Print) -> Option<&str> {
        let made = self.before.files.get(path).filter(|_| self.prints.get(path) == Some(&print))?;
        made.sha256.first().map(String::as_str)
    }
}

/// The ways to files, each folder looked at once.
#[derive(Debug)]
pub(super) struct Ways {
    public: PathBuf,
    plain: BTreeSet<PathBuf>,
}

impl Ways {
    fn new(public: &Path) -> Self {
        Self { public: public.to_path_buf(), plain: BTreeSet::new() }
    }

    /// Whether a file stands as it was noted, on a way of real folders.
    fn stands(&mut self, path: &str, made: &Made) -> Result<bool, PublishError> {
        let Some(looks) = made.looks.filter(|_| made.sha256.len() == 1) else { return Ok(false) };
        let path = self.public.join(path);
        if !self.is_plain(path.parent().unwrap_or(&path))? {
            return Ok(false);
        }
        Ok(meta(&path)?.is_some_and(|m| m.is_file() && Looks::of(&m) == looks))
    }

    /// A real folder on a way of real folders.
    pub(super) fn folder(&mut self, path: &Path) -> Result<Option<Metadata>, PublishError> {
        if !self.is_plain(path.parent().unwrap_or(path))? {
            return Ok(None);
        }
        Ok(meta(path)?.filter(Metadata::is_dir))
    }

    fn is_plain(&mut self, folder: &Path) -> Result<bool, PublishError> {
        if folder == self.public || self.plain.contains(folder) {
            return Ok(true);
        }
        let above = folder.parent().filter(|above| above.starts_with(&self.public));
        let plain = match above {
            Some(above) => self.is_plain(above)? && meta(folder)?.is_some_and(|m| m.is_dir()),
            None => false,
        };
        if plain {
            self.plain.insert(folder.to_path_buf());
        }
        Ok(plain)
    }
}

/// What stands at a path, links not followed; none: nothing.
pub(super) fn meta(path: &Path) -> Result<Option<Metadata>, PublishError> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(PublishError::io(path, "it cannot be looked at", e)),
    }
}

/// Makes a folder where it is missing, and follows the links that lead to it: the operator may have put it elsewhere.
fn real_folder(folder: &Path) -> Result<PathBuf, PublishError> {
    fs::create_dir_all(folder).map_err(|e| PublishError::io(folder, "the folder cannot be made", e))?;
    folder.canonicalize().map_err(|e| PublishError::io(folder, "the folder cannot be found", e))
}
