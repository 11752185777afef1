//! Folders of copies that hardly ever change: each has a list of its own, so that a run that finds one as it was left
//! neither looks at its files nor carries them along.
//!
//! Of such a folder the file system tells whether files came or went. A file that is changed in place is found when the
//! caller's mark is another one.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{Moment, Print, Span};
use crate::publish::manifest::{self, Looks, Manifest};
use crate::publish::standing::{Standing, meta};
use crate::publish::wanted::survey;
use crate::publish::{PublishError, disk, swap};

/// The one version that is written; another one is read as "no folder is known".
const VERSION: u32 = 1;
/// A folder that was changed this lately may be changed again within what a file system's clock can tell.
const FRESH: Span = Span::from_secs(10);

/// A copied file: its name in its folder, its size in bytes, its SHA-256 in hex.
pub type Held = (String, u64, String);
const NOTHING: [Held; 0] = [];

/// Every folder that has a list of its own, by its path under the public folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settled {
    v: u32,
    pub(super) folders: BTreeMap<String, Folder>,
}

/// What is noted of such a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Folder {
    /// How it and its source looked when both held the same (a [`Print`]); none: look again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stands: Option<String>,
    /// What it holds: the print of its files' names, sizes and hashes.
    holds: String,
    /// How many files.
    files: usize,
}

impl Default for Settled {
    fn default() -> Self {
        Self { v: VERSION, folders: BTreeMap::new() }
    }
}

impl Settled {
    /// One that is missing or cannot be read knows of no folder.
    pub(super) fn load(path: &Path) -> Self {
        let read = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        read.filter(|settled| settled.v == VERSION).unwrap_or_default()
    }

    /// Writes it beside and renames it.
    fn save(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("new");
        disk::write_synced(&beside, &serde_json::to_vec(self)?)?;
        fs::rename(&beside, path)?;
        disk::sync_folder(path.parent().unwrap_or(path))
    }
}

impl Standing {
    /// Makes a folder hold exactly copies of some files, by their names in it, and gives the print of what it holds.
    ///
    /// Where the file system tells that neither it nor the `source` folder changed since this was last done with the
    /// same `mark`, nothing else is looked at, and `files` is not asked. The swap keeps every folder that was settled
    /// since [`crate::publish::standing()`], and no other.
    pub fn settle<E: From<PublishError>>(
        &mut self,
        path: &str,
        source: &Path,
        (mark, now): (Print, Moment),
        files: impl FnOnce() -> Result<Vec<(String, PathBuf)>, E>,
    ) -> Result<Print, E> {
        let seen = looks(source)?;
        if let Some(holds) = self.stands(path, seen.as_ref(), mark)? {
            self.wanted.insert(path.to_owned());
            return Ok(holds);
        }
        let files = files()?;
        if files.is_empty() {
            return Ok(Print::of(&NOTHING));
        }
        let target = self.public.join(path);
        plain_way(&self.public, path)?;
        let inner = Self::find(&target, &self.state)?;
        let copies = survey(&inner, files)?;
        let mut all: Vec<Held> = copies.iter().map(|c| (c.path.clone(), c.bytes(), c.sha256().to_owned())).collect();
        all.sort_unstable();
        let holds = Print::of(all.as_slice());
        let done = swap(&inner, &[], &copies, &[], now)?;
        let above = target.ancestors().skip(1).take_while(|f| f.starts_with(&self.public)).map(PathBuf::from);
        disk::sync_folders(&above.collect())
            .map_err(|(path, e)| PublishError::io(&path, "the folder cannot be synced", e))?;
        self.apart.written += done.written;
        self.apart.removed += done.removed;
        self.apart.unchanged += done.unchanged;
        let fresh = seen.as_ref().is_none_or(|seen| now - changed(seen) < FRESH);
        let stands = looks(&target)?.filter(|_| !fresh).map(|here| print(seen.as_ref(), &here, mark).to_string());
        self.hand_over(path);
        let folder = Folder { stands, holds: holds.to_string(), files: copies.len() };
        self.settled.folders.insert(path.to_owned(), folder);
        self.wanted.insert(path.to_owned());
        Ok(holds)
    }

    /// What a settled folder holds, in the order of the names. None: its list is lost, and it has to be settled anew,
    /// which the next [`Standing::settle`] will do.
    pub fn holds(&mut self, path: &str) -> Option<Vec<Held>> {
        let Some(folder) = self.settled.folders.get_mut(path).filter(|_| self.wanted.contains(path)) else {
            return Some(Vec::new());
        };
        let list = manifest::path(&self.public.join(path), &self.state);
        let listed = Manifest::load(&list).files.into_iter();
        let all: Vec<Held> = listed
            .filter_map(|(name, made)| Some((name, made.looks?.size(), made.sha256.into_iter().next()?)))
            .collect();
        if Print::of(all.as_slice()).to_string() == folder.holds {
            return Some(all);
        }
        folder.stands = None;
        None
    }

    /// What a folder holds, if it stands.
    fn stands(&mut self, path: &str, seen: Option<&Metadata>, mark: Print) -> Result<Option<Print>, PublishError> {
        let Some(folder) = self.settled.folders.get(path) else { return Ok(None) };
        let Some(here) = self.ways.folder(&self.public.join(path))? else { return Ok(None) };
        if folder.stands.as_deref() != Some(&print(seen, &here, mark).to_string()) {
            return Ok(None);
        }
        self.apart.unchanged += folder.files;
        Ok(Print::parse(&folder.holds))
    }

    /// Leaves the files of a folder to the folder's own list.
    pub(super) fn hand_over(&mut self, folder: &str) {
        let inside = format!("{folder}/");
        let of = |path: &&String| path.starts_with(&inside);
        let paths = self.before.files.range(inside.clone()..).map(|(path, _)| path).take_while(of);
        let paths: Vec<String> = paths.cloned().collect();
        self.handed |= !paths.is_empty();
        for path in paths {
            self.before.files.remove(&path);
            self.prints.remove(&path);
        }
    }

    /// What was known before, with the files of the folders that are settled no more.
    pub(super) fn with_unsettled(&self) -> Manifest {
        let mut before = self.before.clone();
        for folder in self.unsettled() {
            for (name, made) in Manifest::load(&self.list(folder)).files {
                before.files.entry(format!("{folder}/{name}")).or_insert(made);
            }
        }
        before
    }

    /// Whether other folders are settled than was noted.
    pub(super) fn is_settling(&self) -> bool {
        self.settled != self.noted
    }

    /// Whether a folder is settled no more.
    pub(super) fn is_unsettling(&self) -> bool {
        self.unsettled().next().is_some()
    }

    /// Notes the settled folders; the others stay noted until the swap is done.
    pub(super) fn note_settled(&self) -> io::Result<()> {
        self.settled.save(&self.settled_note)
    }

    /// Forgets the folders that are settled no more: their files are in the one list now, or gone.
    pub(super) fn forget_unsettled(&self) -> io::Result<()> {
        let mut left = self.settled.clone();
        left.folders.retain(|folder, _| self.wanted.contains(folder));
        left.save(&self.settled_note)?;
        for folder in self.unsettled() {
            match fs::remove_file(self.list(folder)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        Ok(())
    }

    fn unsettled(&self) -> impl Iterator<Item = &str> {
        self.settled.folders.keys().filter(|folder| !self.wanted.contains(*folder)).map(String::as_str)
    }

    /// Where the list of a folder lies.
    fn list(&self, folder: &str) -> PathBuf {
        manifest::path(&self.public.join(folder), &self.state)
    }
}

/// How a folder and its source look, under a mark.
fn print(source: Option<&Metadata>, copy: &Metadata, mark: Print) -> Print {
    Print::of(&(source.map(Looks::of), Looks::of(copy), mark))
}

/// A folder as it lies there; none: it does not.
fn looks(folder: &Path) -> Result<Option<Metadata>, PublishError> {
    Ok(meta(folder)?.filter(Metadata::is_dir))
}

fn changed(meta: &Metadata) -> Moment {
    Moment::from_ms(meta.ctime() * 1000 + meta.ctime_nsec() / 1_000_000)
}

/// Nothing but folders may lie on the way to a folder: a link would have us write elsewhere.
fn plain_way(public: &Path, folder: &str) -> Result<(), PublishError> {
    let mut way = public.to_path_buf();
    for part in folder.split('/') {
        way.push(part);
        let Some(meta) = meta(&way)? else { return Ok(()) };
        if !meta.is_dir() {
            let what = if meta.is_symlink() { "it is a symbolic link" } else { "it is no folder" };
            return Err(PublishError::InTheWay { path: way.display().to_string(), wanted: folder.to_owned(), what });
        }
    }
    Ok(())
}
