//! The few things that are done to the disk, each so that a power cut leaves the old or the new.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use crate::publish::wanted::Wanted;

/// Files that are written at once: syncing waits for the disk, and the disk takes several together.
const WRITERS: usize = 8;

/// Writes a file and waits until it is on the disk.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes many files and waits until all are on the disk. Gives the first one that failed.
pub(super) fn write_all_synced(files: &[(PathBuf, Wanted<'_>)]) -> Result<(), (PathBuf, io::Error)> {
    let share = files.len().div_ceil(WRITERS).max(1);
    let write = |part: &[(PathBuf, Wanted<'_>)]| {
        part.iter().try_for_each(|(path, file)| file.write_synced(path).map_err(|e| (path.clone(), e)))
    };
    if files.len() < WRITERS {
        return write(files);
    }
    thread::scope(|scope| {
        let parts: Vec<_> = files.chunks(share).map(|part| scope.spawn(move || write(part))).collect();
        // A writer cannot panic: it only returns what the disk said.
        parts.into_iter().try_for_each(|part| part.join().unwrap_or(Ok(())))
    })
}

/// Makes renames and removals in a folder durable. A file system that cannot sync a folder need not.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|f| f.sync_all()) {
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// Syncs each folder once. One that is gone by now has nothing to keep.
pub(super) fn sync_folders(folders: &BTreeSet<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    for folder in folders {
        match sync_folder(folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err((folder.clone(), e)),
            _ => {}
        }
    }
    Ok(())
}

/// Removes a folder with all that is in it; one that is missing is well.
pub(super) fn remove_tree(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
