//! One run at a time per site, and one append at a time per chain.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::JournalError;
use crate::model::Span;

/// How often a held lock is tried again.
const TRY_EVERY: Duration = Duration::from_millis(50);
/// The most that is read of a lock file for its holder's number.
const MAX_HOLDER_BYTES: u64 = 64;

/// The site's lock; released when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The file's closing releases it too; this only does not wait for a child that inherited it.
        let _ = self.file.unlock();
    }
}

/// Takes the site's lock, `lock` in its state folder, waiting up to `wait` for another run to end.
pub fn lock(state: &Path, wait: Span) -> Result<Lock, JournalError> {
    fs::create_dir_all(state).map_err(|e| JournalError::io(state, "the folder cannot be made", e))?;
    let path = state.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| JournalError::io(&path, "the lock cannot be opened", e))?;
    if !hold(&file, wait).map_err(|e| JournalError::io(&path, "the lock cannot be taken", e))? {
        let mut holder = String::new();
        let _ = file.take(MAX_HOLDER_BYTES).read_to_string(&mut holder);
        let holder = holder.trim();
        let who = if holder.is_empty() { "another process".to_owned() } else { format!("process {holder}") };
        return Err(JournalError::Locked { path: path.display().to_string(), who, waited: wait });
    }
    // The number is a help for the operator; a lock without it holds as well.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(Lock { file })
}

/// Keeps other appends out of a chain's folder while the file lives. Two sites, or a tool beside a run, may share a
/// journal; the site's lock does not keep those apart.
pub(super) fn hold_folder(folder: &Path, wait: Span) -> Result<File, JournalError> {
    let file = File::open(folder).map_err(|e| JournalError::io(folder, "the chain's folder cannot be opened", e))?;
    match hold(&file, wait) {
        Ok(true) => Ok(file),
        Ok(false) => {
            let path = folder.display().to_string();
            Err(JournalError::Locked { path, who: "another append".to_owned(), waited: wait })
        }
        // A file system without locks: the site's lock and the recipe (one job at a time) must do.
        Err(e) if e.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(e) => Err(JournalError::io(folder, "the chain's folder cannot be locked", e)),
    }
}

/// Tries to lock until `wait` has passed. False: someone else holds it.
fn hold(file: &File, wait: Span) -> std::io::Result<bool> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {
                let left = wait.std().saturating_sub(begun.elapsed());
                if left.is_zero() {
                    return Ok(false);
                }
                thread::sleep(TRY_EVERY.min(left));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_waits_and_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let held = lock(&state, Span::ZERO).unwrap();
        let error = lock(&state, Span::from_ms(120)).unwrap_err().to_string();
        let want = format!("/lock: process {} holds it; waited 120 ms", std::process::id());
        assert!(error.contains(&want), "{error}");
        let later = thread::spawn({
            let state = state.clone();
            move || lock(&state, Span::from_secs(20)).map(drop)
        });
        thread::sleep(Duration::from_millis(80));
        drop(held);
        later.join().unwrap().unwrap();
        lock(&state, Span::ZERO).unwrap();
    }
}
