//! What stands in the public folder as an earlier swap left it: it need not be made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Print;
use crate::publish::PublishError;
use crate::publish::manifest::{self, Looks, Made, Manifest};

/// The public folder before a swap.
#[derive(Debug)]
pub struct Standing {
    pub(super) public: PathBuf,
    pub(super) state: PathBuf,
    /// Where the list of published files lies.
    pub(super) note: PathBuf,
    pub(super) before: Manifest,
    prints: BTreeMap<String, Print>,
}

impl Standing {
    /// Looks at every file that an earlier swap made and noted with a print: whether it is still the one that was put
    /// there, as far as the file system tells without reading it. Makes the folders where they are missing.
    pub(super) fn find(public: &Path, state: &Path) -> Result<Self, PublishError> {
        let (public, state) = (real_folder(public)?, real_folder(state)?);
        let note = manifest::path(&public, &state);
        let before = Manifest::load(&note);
        let mut prints = BTreeMap::new();
        let mut ways = Ways::new(&public);
        for (path, made) in &before.files {
            let Some(print) = made.print() else { continue };
            if ways.stands(path, made)? {
                prints.insert(path.clone(), print);
            }
        }
        Ok(Self { public, state, note, before, prints })
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
struct Ways<'p> {
    public: &'p Path,
    plain: BTreeSet<PathBuf>,
}

impl<'p> Ways<'p> {
    fn new(public: &'p Path) -> Self {
        Self { public, plain: BTreeSet::new() }
    }

    /// Whether a file stands as it was noted, on a way of real folders.
    fn stands(&mut self, path: &str, made: &Made) -> Result<bool, PublishError> {
        let Some(looks) = made.looks.filter(|_| made.sha256.len() == 1) else { return Ok(false) };
        let path = Path::new(path);
        let mut way = self.public.to_path_buf();
        for part in path.parent().into_iter().flat_map(Path::components) {
            way.push(part);
            if !self.plain.contains(&way) {
                if !meta(&way)?.is_some_and(|m| m.is_dir()) {
                    return Ok(false);
                }
                self.plain.insert(way.clone());
            }
        }
        Ok(meta(&self.public.join(path))?.is_some_and(|m| m.is_file() && Looks::of(&m) == looks))
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
