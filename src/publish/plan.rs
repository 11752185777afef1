//! What a swap has to do, decided before anything is written.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::model::Moment;
use crate::publish::manifest::{Looks, Made, Manifest};
use crate::publish::standing::meta;
use crate::publish::wanted::{Wanted, sha256};
use crate::publish::{ASSET_STAYS, PublishError};
use crate::render::Class;

/// The staging folder's name where it has to be inside the public folder.
pub(super) const STAGING: &str = ".statuary-staging";
/// The longest part of a path that every file system takes, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// When a file appears. Pages that are new come before those that are already there: only the latter may name the
/// former, and pages name each other within a class too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// An asset.
    Asset,
    /// A page where none was.
    New(Class),
    /// A page instead of an older one.
    Instead(Class),
    /// The index.
    Index,
}

impl Turn {
    fn of(public: &Path, file: Wanted<'_>) -> Self {
        match file.class() {
            Class::Asset => Self::Asset,
            Class::Index => Self::Index,
            class if public.join(file.path()).symlink_metadata().is_ok() => Self::Instead(class),
            class => Self::New(class),
        }
    }
}

/// What a swap has to do.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    /// Files to put in place, in the order in which they must appear, each with its turn.
    pub(super) changed: Vec<(Wanted<'a>, Turn)>,
    /// How many are already so.
    pub(super) unchanged: usize,
    /// Old files of ours that stand where a folder must be, or in a folder where a file must be.
    pub(super) clear: BTreeSet<String>,
    /// Old files of ours to remove at the end.
    pub(super) stale: BTreeSet<String>,
    /// What is known of each file when the swap is done.
    pub(super) after: Manifest,
}

impl<'a> Plan<'a> {
    /// Compares the files with what is there. `kept` are the paths of files that stand as they would be made.
    pub(super) fn make(
        public: &Path,
        before: &Manifest,
        files: &[Wanted<'a>],
        kept: &[&'a str],
        now: Moment,
    ) -> Result<Self, PublishError> {
        let wanted = check_paths(files, kept)?;
        let mut plan = Self::default();
        for path in kept {
            let Some(made) = before.files.get(*path) else {
                return Err(PublishError::Path {
                    path: (*path).to_owned(),
                    why: "it is kept, and nothing stands there",
                });
            };
            plan.after.files.insert((*path).to_owned(), made.clone());
            plan.unchanged += 1;
        }
        for file in files {
            let sha256 = file.sha256();
            let looks = looks_if_same(public, before.files.get(file.path()), *file, &sha256)?;
            let asset = file.class() == Class::Asset;
            plan.after.files.insert(file.path().to_owned(), Made::new(sha256, looks, asset, file.print()));
            if looks.is_some() {
                plan.unchanged += 1;
            } else {
                plan.changed.push((*file, Turn::of(public, *file)));
            }
        }
        plan.changed.sort_by(|(a, a_turn), (b, b_turn)| (a_turn, a.path()).cmp(&(b_turn, b.path())));
        let old = before.files.iter().filter(|(path, _)| !wanted.contains(path.as_str()));
        for (path, made) in old {
            plan.retire(public, path, made, now)?;
        }
        plan.find_obstacles(public, before)?;
        plan.stale.retain(|path| !plan.clear.contains(path));
        Ok(plan)
    }

    /// Decides what becomes of an old file that is no longer wanted.
    fn retire(&mut self, public: &Path, path: &str, made: &Made, now: Moment) -> Result<(), PublishError> {
        let since = made.unused_since().unwrap_or(now);
        if made.asset && now - since < ASSET_STAYS {
            // A clock that went back begins the day anew rather than never ending it.
            self.after.files.insert(path.to_owned(), made.left_since(since.min(now)));
        } else if is_ours(public, path, made)? {
            self.stale.insert(path.to_owned());
        }
        Ok(())
    }

    /// Finds what stands in the way of the changed files: ours is cleared, a stranger's is an error.
    fn find_obstacles(&mut self, public: &Path, before: &Manifest) -> Result<(), PublishError> {
        let mut known = BTreeSet::new();
        for (file, _) in &self.changed {
            let mut way = PathBuf::from(public);
            let mut parts = file.path().split('/').peekable();
            while let Some(part) = parts.next() {
                way.push(part);
                let is_file = parts.peek().is_none();
                if !is_file && known.contains(&way) {
                    continue;
                }
                let Some(meta) = meta(&way)? else { break };
                let wrong = if is_file { meta.is_dir() } else { !meta.is_dir() };
                if wrong {
                    self.clear.extend(may_clear(public, &way, &meta, before, &self.after, file.path())?);
                    break;
                }
                known.insert(way.clone());
            }
        }
        for path in &self.clear {
            // What stands in the way cannot wait its day.
            self.after.files.remove(path);
        }
        Ok(())
    }

    /// What the manifest must say while the swap is under way: a kill may leave the old or the new.
    pub(super) fn under_way(&self, before: &Manifest) -> Manifest {
        let mut both = before.clone();
        for (path, made) in &self.after.files {
            both.files.insert(path.clone(), made.under_way(before.files.get(path)));
        }
        both
    }
}

/// The paths of ours that stand in the way and may be cleared; none of them may be a stranger's.
fn may_clear(
    public: &Path,
    way: &Path,
    meta: &Metadata,
    before: &Manifest,
    after: &Manifest,
    wanted: &str,
) -> Result<Vec<String>, PublishError> {
    let in_the_way = |path: &Path, what| PublishError::InTheWay {
        path: path.display().to_string(),
        wanted: wanted.to_owned(),
        what,
    };
    if meta.is_symlink() {
        return Err(in_the_way(way, "it is a symbolic link"));
    }
    let mut ours = Vec::new();
    for entry in walkdir::WalkDir::new(way).follow_links(false).sort_by_file_name() {
        let entry = entry.map_err(|e| PublishError::io(way, "the folder cannot be listed", e.into()))?;
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path();
        let name = path.strip_prefix(public).ok().and_then(Path::to_str).unwrap_or_default();
        let known = before.files.get(name).filter(|_| after.files.get(name).is_none_or(|m| m.unused.is_some()));
        match known {
            Some(made) if is_ours(public, name, made)? => ours.push(name.to_owned()),
            _ => return Err(in_the_way(path, "it was not made here")),
        }
    }
    Ok(ours)
}

/// How a file looks on the disk if it holds exactly the wanted bytes; none if it must be written.
fn looks_if_same(
    public: &Path,
    made: Option<&Made>,
    file: Wanted<'_>,
    sha256: &str,
) -> Result<Option<Looks>, PublishError> {
    let path = public.join(file.path());
    // A link on the way would make us read, and believe, a file elsewhere.
    if !is_plain_way(public, file.path())? {
        return Ok(None);
    }
    let Some(meta) = meta(&path)?.filter(Metadata::is_file) else { return Ok(None) };
    let looks = Looks::of(&meta);
    if made.is_some_and(|made| made.looks == Some(looks) && made.sha256 == [sha256]) {
        return Ok(Some(looks));
    }
    if meta.len() != file.len() {
        return Ok(None);
    }
    let same = file.stands_at(&path).map_err(|e| PublishError::io(&path, "the published file cannot be read", e))?;
    Ok(same.then_some(looks))
}

/// Whether every folder on the way to a file is a real one.
fn is_plain_way(public: &Path, path: &str) -> Result<bool, PublishError> {
    let mut way = PathBuf::from(public);
    let Some((folders, _)) = path.rsplit_once('/') else { return Ok(true) };
    for part in folders.split('/') {
        way.push(part);
        if !meta(&way)?.is_some_and(|m| m.is_dir()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether what stands at a path of ours is still what we put there.
fn is_ours(public: &Path, path: &str, made: &Made) -> Result<bool, PublishError> {
    if !is_plain_way(public, path)? {
        return Ok(false);
    }
    let path = public.join(path);
    let Some(meta) = meta(&path)?.filter(Metadata::is_file) else { return Ok(false) };
    if made.looks == Some(Looks::of(&meta)) {
        return Ok(true);
    }
    let bytes = fs::read(&path).map_err(|e| PublishError::io(&path, "the published file cannot be read", e))?;
    Ok(made.sha256.contains(&sha256(&bytes)))
}

/// Refuses paths that lead out of the public folder, or that cannot stand side by side.
fn check_paths<'a>(files: &[Wanted<'a>], kept: &[&'a str]) -> Result<BTreeSet<&'a str>, PublishError> {
    let refuse = |path: &str, why| Err(PublishError::Path { path: path.to_owned(), why });
    let mut wanted = BTreeSet::new();
    for path in files.iter().map(|f| f.path()).chain(kept.iter().copied()) {
        if path.starts_with('/') {
            return refuse(path, "it is not relative to the public folder");
        }
        if path.contains(['\\', '\0']) {
            return refuse(path, "it holds a character that is no part of a file's name everywhere");
        }
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return refuse(path, "each of its parts must be a name");
        }
        if path.split('/').any(|part| part.len() > MAX_NAME_BYTES) {
            return refuse(path, "one of its parts is longer than 255 bytes");
        }
        if path.split('/').next() == Some(STAGING) {
            return refuse(path, "this folder is where files are staged");
        }
        if !wanted.insert(path) {
            return refuse(path, "two files have this path");
        }
    }
    for path in &wanted {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        for folder in folders {
            if wanted.contains(folder) {
                return refuse(folder, "it is wanted as a file and as a folder");
            }
        }
    }
    Ok(wanted)
}
